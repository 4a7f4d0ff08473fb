"""What the embedder reads before a chunk, which papers are searched, and how passages are kept
apart: settings of a search that nothing else sees."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.lab import Lab
from core.retrieval import prefixes, ranking
from core.sweeps.presets import Preset
from core.tasks import result_of
from core.types import Chunk, Chunking, Paper, Prefix, Recipe, Retrieval
from tests.support.labs import QUESTION, RECIPE, asked, by, everything

NOTES = "Intro.\n\n# The lamp\n\nIt burns oil.\n\n## Its keeper ##\n\nVarn lit it."


def of(**fields: object) -> Recipe:
    assert isinstance(RECIPE.evidence, Retrieval)
    evidence = replace(RECIPE.evidence, **fields)  # type: ignore[arg-type]
    return replace(RECIPE, chunking=Chunking(size=40, overlap=0), evidence=evidence)


@pytest.mark.parametrize(
    ("prefix", "quote", "line"),
    [
        ("none", "It burns", ""),
        ("title", "It burns", "Notes of Varn\n"),
        ("title+heading", "It burns", "Notes of Varn › The lamp\n"),
        ("title+heading", "Varn lit", "Notes of Varn › Its keeper\n"),
        ("title+heading", "Intro", "Notes of Varn\n"),
    ],
)
def test_the_line_before_a_chunk(prefix: Prefix, quote: str, line: str) -> None:
    paper = Paper(id="p", title="Notes\nof Varn", text=NOTES, source="n.md", kind="markdown")
    found = prefixes.headings_of(paper)
    assert [words for _, words in found] == ["The lamp", "Its keeper"]
    assert prefixes.line(prefix, paper.title, found, NOTES.index(quote)) == line


def test_a_paper_whose_headings_cannot_be_told_has_its_title_alone() -> None:
    paper = Paper(id="p", title="T", text=NOTES, source="n.pdf", kind="pdf")
    assert prefixes.headings_of(paper) == ()
    assert prefixes.line("title+heading", "T", (), 30) == "T\n"


def test_the_prefix_changes_what_is_found_and_not_what_is_read(lab: Lab) -> None:
    (lab.settings.data / "x.md").write_text("# Zebra crossing\n\nNothing here names it at all.\n")
    lab.papers.add(lab.settings.data / "x.md")
    papers = everything(lab)
    bm25 = of(retriever="bm25", candidates=4, top_k=1, reranker=None)
    prefixed = replace(bm25, evidence=replace(bm25.evidence, prefix="title"))  # type: ignore[type-var]
    plain, named = (
        result_of(lab.answering.ask("What of the zebra crossing?", [each], papers)).runs[0]
        for each in (bm25, prefixed)
    )
    assert named.hits
    assert "Zebra" not in named.hits[-1].chunk.text or plain.hits
    found = {hit.chunk.text for hit in named.candidates}
    assert any("Nothing here names it" in text for text in found)
    for chunk in (hit.chunk for hit in named.hits):
        assert chunk.text == lab.papers.get(chunk.paper_id).text[chunk.start : chunk.end]
    assert plain.key != named.key


def test_a_prefix_is_embedded_once_beside_the_texts_without_it(lab: Lab) -> None:
    def planned(*prefix: Prefix) -> tuple[int, int]:
        preset = Preset(
            name="p", chunks=((40, 0),), embedder=("hashing",), reranker=("word-overlap",),
            candidates=(4,), top_k=(2,), prefix=prefix,
        )  # fmt: skip
        plan = result_of(lab.sweeps.plan(preset, [QUESTION], everything(lab)))
        sweep = lab.sweeps.start(plan)
        assert lab.sweeps.wait(sweep, 20)
        assert {cell.status for cell in lab.sweeps.cells(sweep)} == {"done"}
        return plan.embedded_texts - 1, plan.rerank_pairs

    texts, pairs = planned("none")
    both, twice = planned("none", "title")
    assert both == 2 * texts
    assert twice == 2 * pairs, "at most; the texts are the same"


def test_what_the_embedder_reads_of_a_chunk_is_counted_behind_its_prefix(lab: Lab) -> None:
    plain, named = asked(lab, [of(prefix="none"), of(prefix="title")]).runs
    for run in (plain, named):
        assert all((hit.embedder_reads or 0) <= len(hit.chunk.text) for hit in run.candidates)


def test_only_papers_that_fit_are_searched_and_named(lab: Lab) -> None:
    run = asked(lab, [of(where="text:tide")]).runs[0]
    (paper_id,) = run.paper_ids
    assert "tide" in lab.papers.get(paper_id).text
    assert {hit.chunk.paper_id for hit in run.candidates} == {paper_id}
    with pytest.raises(BadInput, match="None of the chosen papers fits 'text:zebra'"):
        asked(lab, [of(where="text:zebra")])
    with pytest.raises(BadInput):
        asked(lab, [of(where="nonsense")])


def test_a_filter_that_fits_nothing_is_left_out_of_a_sweep_with_its_reason(lab: Lab) -> None:
    preset = Preset(
        name="w", embedder=("hashing",), top_k=(1,), candidates=(2,),
        where=("", "text:tide", "text:zebra"),
    )  # fmt: skip
    plan = result_of(lab.sweeps.plan(preset, [QUESTION], everything(lab)))
    assert len(plan.settings) == 2
    assert [each.why for each in plan.dropped] == ["None of the chosen papers fits 'text:zebra'."]
    sweep = lab.sweeps.start(plan)
    assert lab.sweeps.wait(sweep, 20)
    runs = lab.runs.runs([cell.run_id or "" for cell in lab.sweeps.cells(sweep)])
    assert sorted(len(run.paper_ids) for run in runs) == [1, 2]
    again = result_of(lab.sweeps.plan(preset, [QUESTION], everything(lab)))
    assert again.known == 2


def test_variety_takes_what_is_relevant_and_unlike_what_was_taken() -> None:
    like = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]])
    relevant = [0.9, 0.8, 0.5]
    # 0: 0.45; then 1: 0.4 - 0.45 = -0.05, 2: 0.25 - 0.05 = 0.20
    assert ranking.varied([0, 1, 2], relevant, like, 0.5) == [0, 2, 1]
    # then 1: 0.72 - 0.09 = 0.63, 2: 0.45 - 0.01 = 0.44
    assert ranking.varied([0, 1, 2], relevant, like, 0.1) == [0, 1, 2]


@given(st.permutations(range(6)), st.integers(0, 5))
def test_without_variety_the_order_stays(order: list[int], at_most: int) -> None:
    relevant = [0.0] * 6
    for place, at in enumerate(order):
        relevant[at] = 1 - place / 10
    assert ranking.varied(order, relevant, np.eye(6), 0.0) == order
    papers = ["a", "b", "a", "b", "a", "c"]
    spread, allowed = ranking.spread(order, papers, at_most)
    assert sorted(spread) == list(range(6))
    first = [papers[at] for at in spread[:allowed]]
    assert not at_most or all(first.count(each) <= at_most for each in "abc")


def test_of_each_paper_at_most_so_many_come_first() -> None:
    assert ranking.spread([0, 1, 2, 3], ["a", "a", "b", "a"], 1) == ([0, 2, 1, 3], 2)
    assert ranking.spread([0, 1, 2, 3], ["a", "a", "b", "a"], 0) == ([0, 1, 2, 3], 4)


def test_relevance_is_comparable_with_cosines() -> None:
    def candidate(**scores: float) -> ranking.Candidate:
        return ranking.Candidate(chunk=Chunk(paper_id="p", start=0, end=1, text="a"), **scores)

    dense = [candidate(similarity=0.7), candidate(similarity=0.2)]
    fused = [candidate(fused_score=0.03), candidate(fused_score=0.015)]
    assert ranking.relevance(dense, None) == [0.7, 0.2]
    assert ranking.relevance(fused, None) == [1.0, 0.5]
    assert ranking.relevance(dense, [0.1, 0.9]) == [0.1, 0.9]


def test_variety_and_passages_a_paper_reach_the_answer(lab: Lab) -> None:
    plain, one_each = asked(
        lab, [of(candidates=6, top_k=4), of(candidates=6, top_k=4, at_most=1)]
    ).runs
    papers = [hit.chunk.paper_id for hit in one_each.hits]
    assert len(papers) == len(set(papers)) == 2
    assert len(plain.hits) > len(one_each.hits)
    various = asked(lab, [of(candidates=6, top_k=4, variety=1.0)]).runs[0]
    assert {hit.chunk for hit in various.candidates} == {hit.chunk for hit in plain.candidates}
    assert [hit.rank for hit in various.candidates] == list(range(1, 1 + len(plain.candidates)))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"variety": 1.5}, "from 0 to 1"),
        ({"variety": -0.1}, "from 0 to 1"),
        ({"at_most": -1}, "0 is any number"),
        ({"variety": 0.5, "retriever": "bm25"}, "bm25 alone has none"),
        ({"prefix": "author"}, "The prefix is 'author'"),
    ],
)
def test_what_makes_no_sense_is_refused(lab: Lab, fields: dict[str, object], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        lab.answering.check(QUESTION, of(**fields))


def test_fusion_is_found_as_before(lab: Lab) -> None:
    assert asked(lab, [by("hybrid")]).runs[0].hits
