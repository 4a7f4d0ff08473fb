"""The lab as pages and the command line use it, over small real backends and real files."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from core import chunkers
from core.answering.running import EvidenceFound, Finished, Step, TextDelta
from core.errors import BadInput, MissingModel, TriptychError
from core.lab import Lab
from core.models.windows import offsets
from core.settings import Settings
from core.store import PaperRow
from core.tasks import Progress, result_of
from core.types import (
    RETRIEVERS,
    Chunking,
    Delta,
    Generation,
    Given,
    Recipe,
    Request,
    Retrieval,
    Span,
)
from tests.backends import in_memory
from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.generators.echo import Echo
from tests.backends.words import tokenizer
from tests.support.labs import NOTES, QUESTION, RECIPE, THREE, asked, by, everything


def kinds(steps: Sequence[Step], panel: int) -> list[type]:
    mine = [type(step) for step in steps if getattr(step, "panel", None) == panel]
    return list(dict.fromkeys(mine))


def test_three_ways(lab: Lab) -> None:
    steps: list[Step] = []
    comparison = result_of(lab.answering.ask(QUESTION, THREE, everything(lab)), steps.append)
    for panel in range(3):
        assert kinds(steps, panel) == [EvidenceFound, TextDelta, Finished]
    no_context, retrieved, reranked = comparison.runs
    assert no_context.hits == no_context.candidates == no_context.paper_ids == ()
    assert [len(run.candidates) for run in (retrieved, reranked)] == [2, 2]
    assert [len(run.hits) for run in (retrieved, reranked)] == [1, 1]
    assert "1874" in reranked.hits[0].chunk.text
    assert reranked.hits[0].rerank_score is not None
    assert retrieved.hits[0].rerank_score is None
    for run in comparison.runs:
        assert run.answer and run.answer.finish_reason in ("stop", "length")
        assert run.answer.text
        assert dict(run.recipe.revisions).keys() >= {"prompt", "echo"}
        for hit in run.candidates:
            paper = lab.papers.get(hit.chunk.paper_id)
            assert hit.chunk.text == paper.text[hit.chunk.start : hit.chunk.end]
            assert hit.pages == (1,)
    assert no_context.messages[0] == reranked.messages[0]  # the same system rules


def test_what_was_answered_is_not_computed_again(lab: Lab) -> None:
    first = asked(lab)
    steps: list[Step] = []
    again = result_of(lab.answering.ask(QUESTION, THREE, everything(lab)), steps.append)
    assert all(step.again for step in steps if isinstance(step, Finished))
    assert not any(isinstance(step, TextDelta) for step in steps)
    assert again.runs == first.runs
    assert again.id != first.id
    assert [row.id for row in lab.comparisons.history()] == [again.id, first.id]


def test_nothing_is_embedded_or_scored_twice(lab: Lab) -> None:
    asked(lab)
    embedder = in_memory(lab, "embedder")
    reranker = in_memory(lab, "reranker")
    assert len(embedder.embedded) == len(set(embedder.embedded)) == 2
    assert len(reranker.scored) == 2
    other = replace(RECIPE, chunking=Chunking(size=300, overlap=0))  # cuts these notes alike
    asked(lab, [other])
    assert len(embedder.embedded) == 2
    assert len(reranker.scored) == 2
    asked(lab, question="And the tide?")
    assert len(embedder.embedded) == 2
    assert len(reranker.scored) == 4


def test_a_comparison_outlives_the_lab(lab: Lab) -> None:
    comparison = asked(lab)
    reopened = Lab(lab.settings)
    assert reopened.comparisons.comparison(comparison.id) == comparison
    assert reopened.comparisons.comparison(comparison.runs[1].id).runs == comparison.runs[1:2]
    with pytest.raises(BadInput, match="not in this lab"):
        reopened.comparisons.comparison("nothing")


def test_stopping_keeps_what_was_said(lab: Lab) -> None:
    stop = Event()
    for step in lab.answering.ask(QUESTION, THREE, everything(lab), stop=stop):
        if isinstance(step, TextDelta):
            stop.set()
    (row,) = lab.comparisons.history()
    runs = lab.comparisons.comparison(row.id).runs
    assert len(runs) == 3
    assert {run.answer.finish_reason for run in runs if run.answer} >= {"stopped"}
    assert any(run.answer and run.answer.text for run in runs)
    again = asked(lab)  # a stopped run never answers a question
    assert all(run.answer and run.answer.finish_reason != "stopped" for run in again.runs)


def test_the_panel_without_context_does_not_wait_for_the_search(lab: Lab) -> None:
    steps: list[Step] = []
    asked_together = result_of(lab.answering.ask(QUESTION, THREE, everything(lab)), steps.append)
    spoke = [i for i, step in enumerate(steps) if isinstance(step, TextDelta) and step.panel == 0]
    found = [i for i, step in enumerate(steps) if isinstance(step, EvidenceFound) and step.panel]
    assert spoke[0] < found[0]
    # and together or alone they say the same, under the same keys
    other = Lab(replace(lab.settings, data=lab.settings.data.with_name("other")))
    for name in NOTES:
        other.papers.add(lab.settings.data.parent / name)
    alone = [asked(other, [recipe]).runs[0] for recipe in THREE]
    assert [(run.key, run.answer and run.answer.text) for run in asked_together.runs] == [
        (run.key, run.answer and run.answer.text) for run in alone
    ]


def test_a_search_that_fails_lets_the_panel_without_context_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> Iterator[Progress]:
        yield Progress(sentence="Searching …")
        raise BadInput("The search is broken.")

    monkeypatch.setattr("core.retrieval.Finder.search", none)
    with pytest.raises(BadInput, match="broken"):
        asked(lab)
    (row,) = lab.comparisons.history()
    (run,) = lab.comparisons.comparison(row.id).runs
    assert (run.recipe.evidence, run.finished) == (None, True)


def test_walking_away_keeps_what_was_said(lab: Lab) -> None:
    steps = lab.answering.ask(QUESTION, THREE, everything(lab))
    for step in steps:
        if isinstance(step, TextDelta):
            break
    steps.close()
    asked(lab, question="Another one, so that the worker is known to be through?")
    (row,) = [row for row in lab.comparisons.history() if row.question == QUESTION]
    (run,) = lab.comparisons.comparison(row.id).runs  # the others had not found what they need
    assert (run.question, run.recipe.evidence) == (QUESTION, None)


def test_watching_from_elsewhere(lab: Lab) -> None:
    live = lab.answering.start(QUESTION, THREE, everything(lab))
    assert lab.answering.live(live.id) is live
    live.join()
    assert lab.answering.live(live.id) is None  # over, and kept whole
    comparison = lab.comparisons.comparison(live.id)
    assert [panel.run for panel in live.panels] == list(comparison.runs)


@pytest.mark.parametrize("chunker", chunkers.names())
def test_every_chunker_serves_a_search(lab: Lab, chunker: str) -> None:
    size, overlap = chunkers.usual(chunker)[0]
    chunking = Chunking(chunker=chunker, size=size, overlap=overlap)
    run = lab.answering.search(QUESTION, replace(RECIPE, chunking=chunking), everything(lab))
    assert "1874" in run.hits[0].chunk.text
    for hit in run.candidates:
        paper = lab.papers.get(hit.chunk.paper_id)
        assert hit.chunk.text == paper.text[hit.chunk.start : hit.chunk.end]


def test_tokens_are_the_embedders_unless_named(lab: Lab) -> None:
    by_tokens = replace(RECIPE, chunking=Chunking(chunker="tokens", size=5, overlap=0))
    run = lab.answering.search(QUESTION, by_tokens, everything(lab))
    assert run.recipe.chunking.tokenizer == "hashing"
    assert [name for name, _ in run.recipe.revisions] == ["hashing", "word-overlap"]
    named = replace(run.recipe, chunking=replace(by_tokens.chunking, tokenizer="oracle"))
    with pytest.raises(BadInput, match="no embedder called 'oracle'"):
        lab.answering.search(QUESTION, named, everything(lab))


def test_a_size_that_does_not_apply_makes_no_other_recipe(lab: Lab) -> None:
    runs = [
        lab.answering.search(QUESTION, replace(RECIPE, chunking=chunking), everything(lab))
        for chunking in (Chunking(chunker="pages"), Chunking(chunker="pages", size=1600))
    ]
    assert runs[0].key == runs[1].key


def test_searching_by_words_needs_no_embedder(lab: Lab) -> None:
    (run,) = asked(lab, [by("bm25", embedder="nowhere to be found")]).runs
    assert in_memory(lab, "embedder") is None
    assert [name for name, _ in run.recipe.revisions] == ["word-overlap", "echo", "bm25", "prompt"]
    assert "1874" in run.hits[0].chunk.text
    for hit in run.candidates:
        assert hit.similarity is hit.fused_score is hit.embedder_reads is None
        assert hit.lexical_score is not None and hit.lexical_score > 0
        assert hit.reranker_reads == len(hit.chunk.text)
    again = asked(lab, [by("bm25", embedder="another one")])
    assert again.runs == (run,)


def test_words_that_no_chunk_holds_find_nothing(lab: Lab) -> None:
    (run,) = asked(lab, [by("bm25")], question="Quantum zebra?").runs
    assert run.candidates == run.hits == ()
    (note,) = run.notes
    assert "nothing was found" in note
    assert run.answer and run.answer.finish_reason in ("stop", "length")


def test_hybrid_fuses_both(lab: Lab) -> None:
    question = "whale oil"
    run = lab.answering.search(question, by("hybrid", reranker=None), everything(lab))
    dense = lab.answering.search(question, by("dense", reranker=None), everything(lab))
    words = lab.answering.search(question, by("bm25", reranker=None), everything(lab))
    assert len(words.candidates) == 1  # the tide knows no whales
    assert len(run.candidates) == 2
    similarities = {hit.chunk: hit.similarity for hit in dense.candidates}
    for hit in run.candidates:
        places = [
            found.rank
            for other in (dense, words)
            for found in other.candidates
            if found.chunk == hit.chunk
        ]
        assert hit.fused_score == pytest.approx(sum(1 / (60 + place) for place in places))
        assert hit.similarity == similarities[hit.chunk]
        assert hit.rank_before == hit.rank
    assert run.candidates[0].lexical_score == words.candidates[0].lexical_score
    assert run.candidates[1].lexical_score is None


def test_how_rare_a_word_is_depends_on_the_papers_searched_alone(lab: Lab) -> None:
    (lamp,) = (row.id for row in lab.papers.all() if row.source == "lamp.md")
    alone = lab.answering.search("whale oil", by("bm25"), (lamp,))
    lab.answering.search("whale oil", by("bm25"), everything(lab))
    assert lab.answering.search("whale oil", by("bm25"), (lamp,)).candidates == alone.candidates


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_ties_are_broken_alike_whatever_the_order_of_the_papers(
    lab: Lab, tmp_path: Path, retriever: str
) -> None:
    for copy in range(4):  # equal chunks in different papers
        (tmp_path / f"copy-{copy}.txt").write_text("A copied lamp.\n" + "\n" * copy)
        assert lab.papers.add(tmp_path / f"copy-{copy}.txt").status == "added"
    papers = everything(lab)
    recipe = by(retriever, reranker=None, candidates=3)
    runs = [
        lab.answering.search("a copied lamp", recipe, order)
        for order in (papers, papers[::-1], papers + papers[:1])
    ]
    assert runs[0].candidates == runs[1].candidates == runs[2].candidates
    assert runs[0].key == runs[1].key == runs[2].key
    assert len({hit.similarity for hit in runs[0].candidates}) == 1
    ids = [hit.chunk.paper_id for hit in runs[0].candidates]
    assert ids == sorted(ids)


def test_given_passages(lab: Lab) -> None:
    (paper_id,) = (row.id for row in lab.papers.all() if row.source == "lamp.md")
    start = lab.papers.get(paper_id).text.index("whale oil")
    span = Span(paper_id=paper_id, start=start, end=start + 9)
    given = replace(RECIPE, evidence=Given(spans=(span,)))
    (run,) = asked(lab, [given]).runs
    assert [hit.chunk.text for hit in run.hits] == ["whale oil"]
    assert run.recipe.arm == "given"
    outside = replace(RECIPE, evidence=Given(spans=(replace(span, end=10_000),)))
    with pytest.raises(BadInput, match="no text from"):
        asked(lab, [outside])


def test_a_chunk_switched_off(lab: Lab) -> None:
    assert isinstance(RECIPE.evidence, Retrieval)
    (run,) = asked(lab, [RECIPE]).runs
    (hit,) = run.hits
    without = replace(RECIPE, evidence=replace(RECIPE.evidence, switched_off=(hit.chunk.span,)))
    (other,) = asked(lab, [without]).runs
    assert other.hits == ()
    assert len(other.candidates) == 2
    assert other.key != run.key


def test_searching_writes_no_answer(lab: Lab) -> None:
    run = lab.answering.search(QUESTION, RECIPE, everything(lab))
    assert run.answer is None
    assert [hit.rank for hit in run.candidates] == [1, 2]
    assert lab.comparisons.history() == []


def test_a_removed_paper_is_found_no_more_and_can_come_back(lab: Lab, tmp_path: Path) -> None:
    before = asked(lab)
    (lamp,) = (row.id for row in lab.papers.all() if row.source == "lamp.md")
    lab.papers.remove(lamp[:10])
    assert not lab.papers.file(lamp).exists()
    run = lab.answering.search(QUESTION, RECIPE, everything(lab))
    assert lamp not in {hit.chunk.paper_id for hit in run.candidates}
    assert "1874" in lab.comparisons.comparison(before.id).runs[2].hits[0].chunk.text
    assert lab.papers.add(tmp_path / "lamp.md").status == "added"
    run = lab.answering.search(QUESTION, RECIPE, everything(lab))
    assert lamp in {hit.chunk.paper_id for hit in run.candidates}


def kept_vectors(lab: Lab) -> list[str]:
    """The sha256 of each text that has a vector on disk."""
    (file,) = (lab.settings.data / "vectors").glob("*.vectors")
    content, size = file.read_bytes(), 32 + 4 * 64 + 4
    return [content[at : at + 32].hex() for at in range(0, len(content), size)]


def sha256(texts: Sequence[str]) -> set[str]:
    return {hashlib.sha256(text.encode()).hexdigest() for text in texts}


def test_the_vectors_of_a_removed_paper_go_with_it(lab: Lab, tmp_path: Path) -> None:
    """However it was cut; those that another paper shares stay, and so does what it finds."""
    shared = "The lamp and the tide are both of Varn."
    for name, own in (("north.txt", "A bell rings in fog."), ("south.txt", "A buoy lies south.")):
        (tmp_path / name).write_text(f"{own}\n\n{shared}\n")
        assert lab.papers.add(tmp_path / name).status == "added"
    north, south = (r.id for r in lab.papers.all() if r.source in ("north.txt", "south.txt"))
    recipes = [
        replace(RECIPE, chunking=Chunking(chunker=chunker, size=size, overlap=0))
        for chunker, size in (("recursive", 45), ("tokens", 3), ("pages", 0))
    ]
    for recipe in recipes:
        lab.answering.search(QUESTION, recipe, everything(lab))
    texts: dict[str, set[str]] = {}
    for recipe in recipes:
        chunking = chunkers.completed(recipe.chunking, "hashing")
        tokens = partial(offsets, tokenizer())
        for row in lab.papers.all():
            cut = chunkers.cut(lab.papers.get(row.id), chunking, tokens)
            texts.setdefault(row.id, set()).update(chunk.text for chunk in cut)
    assert shared in texts[north] & texts[south]
    assert set(kept_vectors(lab)) == sha256([text for own in texts.values() for text in own])
    rest = tuple(each for each in everything(lab) if each != north)
    before = [lab.answering.search(QUESTION, recipe, rest).candidates for recipe in recipes]
    embedder = in_memory(lab, "embedder")
    embedded = len(embedder.embedded)

    lab.papers.remove(north)
    left = [text for paper, own in texts.items() if paper != north for text in own]
    assert len(kept_vectors(lab)) == len(set(left))
    assert set(kept_vectors(lab)) == sha256(left)
    assert [lab.answering.search(QUESTION, recipe, rest).candidates for recipe in recipes] == before
    other = Lab(lab.settings)  # which has nothing in memory
    assert [
        other.answering.search(QUESTION, recipe, rest).candidates for recipe in recipes
    ] == before
    assert in_memory(other, "embedder").embedded == []

    assert lab.papers.add(tmp_path / "north.txt").status == "added"
    for recipe in recipes:
        run = lab.answering.search(QUESTION, recipe, everything(lab))
    assert set(embedder.embedded[embedded:]) == texts[north] - set(left)
    assert set(kept_vectors(lab)) == sha256([text for own in texts.values() for text in own])
    assert len(run.candidates) == 2


def test_a_paper_that_goes_while_it_is_read_leaves_nothing(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "long.txt").write_text("\n\n".join(f"Fog number {n}." for n in range(100)))
    long = lab.papers.add(tmp_path / "long.txt").paper
    assert long
    everyone = everything(lab)
    recipe = replace(RECIPE, chunking=Chunking(size=20, overlap=0))
    embed = HashingEmbedder.embed
    went: list[PaperRow] = []

    def remove(self: HashingEmbedder, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        if not went:
            went.extend(lab.papers.remove(long.id))
        return embed(self, texts, query=query)

    monkeypatch.setattr(HashingEmbedder, "embed", remove)
    with pytest.raises(BadInput, match="no paper"):
        lab.answering.search(QUESTION, recipe, everyone)
    assert went
    assert not sha256([f"Fog number {n}." for n in range(100)]) & set(kept_vectors(lab))
    lab.answering.search(QUESTION, recipe, everything(lab))
    embedded = list(in_memory(lab, "embedder").embedded)
    with pytest.raises(BadInput, match="no paper"):
        lab.answering.search(QUESTION, recipe, everyone)
    assert in_memory(lab, "embedder").embedded == embedded
    assert not sha256([f"Fog number {n}." for n in range(100)]) & set(kept_vectors(lab))


def test_known_failed_and_dismissed(lab: Lab, tmp_path: Path) -> None:
    known = lab.papers.add(tmp_path / "lamp.md")
    assert (known.status, known.reason) == ("known", "already here as “The lamp”")
    other = tmp_path / "b.pdf"
    other.write_bytes(b"this is no PDF")
    failed = lab.papers.add(other)
    assert failed.status == "failed"
    assert [(r.name, r.reason) for r in lab.papers.refusals()] == [("b.pdf", failed.reason)]
    assert lab.papers.add(tmp_path / "nowhere.txt").status == "failed"
    lab.papers.dismiss("b.pdf")
    assert lab.papers.refusals() == []
    assert {p.name for p in (lab.settings.data / "papers").iterdir()} == {
        row.id for row in lab.papers.all()
    }


def test_same_name_other_bytes_are_two_papers(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "lamp.md").write_text("# The lamp\n\nAnother text under the same name.\n")
    assert lab.papers.add(tmp_path / "lamp.md").status == "added"
    assert len(lab.papers.all()) == 3


@pytest.mark.parametrize(
    ("question", "recipe", "sentence"),
    [
        ("  ", RECIPE, "question is empty"),
        ("x" * 300_000, RECIPE, "300,000 characters"),
        ("q", replace(RECIPE, chunking=Chunking(size=100, overlap=100)), "overlap is 100"),
        ("q", replace(RECIPE, chunking=Chunking(size=0, overlap=0)), "size is 0"),
        ("q", replace(RECIPE, chunking=Chunking(chunker="axe")), "no chunker called 'axe'"),
        ("q", replace(RECIPE, evidence=Retrieval(embedder="hashing", top_k=30)), "30"),
        ("q", replace(RECIPE, evidence=Retrieval(retriever="oracle")), "no retriever .*'oracle'"),
        (
            "q",
            replace(RECIPE, evidence=Retrieval(embedder="oracle")),
            "no embedder called 'oracle'",
        ),
        ("q", replace(RECIPE, generation=Generation(generator="echo", max_tokens=0)), "0 tokens"),
        ("q", replace(RECIPE, generation=Generation(generator="echo", temperature=-1)), "-1"),
        ("q", replace(RECIPE, generation=Generation(generator="echo", seed=-1)), "seed is -1"),
        (
            "q",
            replace(RECIPE, generation=Generation(generator="sage")),
            "no generator called 'sage'",
        ),
    ],
)
def test_bad_input_is_one_sentence_at_once(
    lab: Lab, question: str, recipe: Recipe, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        lab.answering.ask(question, [recipe], everything(lab))
    assert lab.comparisons.history() == []


def test_no_papers_is_one_sentence(tmp_path: Path, fakes: None) -> None:
    empty = Lab(Settings(data=tmp_path, models=tmp_path))
    with pytest.raises(BadInput, match="no paper to search"):
        empty.answering.ask(QUESTION, [RECIPE], ())
    assert asked(empty, [THREE[0]]).runs[0].answer  # the baseline needs none


def test_a_model_that_is_not_here_is_named_with_its_command(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("core.models.packages.find_spec", lambda _name: None)
    with pytest.raises(MissingModel, match="requirements-models"):
        lab.answering.ask(QUESTION, [Recipe()], ())


def test_an_id_that_fits_nothing_or_several(lab: Lab) -> None:
    with pytest.raises(BadInput, match="fits no paper"):
        lab.papers.resolve(("zzzz",))
    with pytest.raises(BadInput, match="fits no paper"):
        lab.papers.resolve(("",))


def test_doctor_finds_what_is_missing(lab: Lab) -> None:
    assert all(check.ok for check in lab.doctor() if check.check != "disk")
    (paper, _) = lab.papers.all()
    lab.papers.file(paper.id).write_text("other bytes")
    (bad,) = (check for check in lab.doctor() if not check.ok and check.check != "disk")
    assert "is damaged" in bad.sentence


def test_an_inner_failure_ends_the_watching(lab: Lab) -> None:
    live = lab.answering.start(QUESTION, THREE, ("no such paper",))
    live.join()
    assert isinstance(live.error, TriptychError)
    assert lab.answering.live(live.id) is live


def test_a_full_disk_is_one_sentence_and_leaves_no_trace(lab: Lab, tmp_path: Path) -> None:
    before = lab.papers.all()
    connection = lab._store.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    (tmp_path / "long.txt").write_text("A long note.\n" * 20_000)
    added = lab.papers.add(tmp_path / "long.txt")
    assert added.status == "failed"
    assert "disk is full" in added.reason
    assert lab.papers.all() == before
    assert len(list((lab.settings.data / "papers").iterdir())) == len(before)


def test_seconds_count_from_where_the_model_began_to_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Echo):
        """Its second prompt waits ten seconds for the first."""

        def generate(self, requests: Iterable[Request | None], _stop: Event) -> Iterator[Delta]:
            for index, _ in enumerate(filter(None, requests)):
                at[0] += 10
                yield Delta(index=index, text="", begins=True)
                at[0] += 2
                yield Delta(index=index, text="lit")
                at[0] += 3
                yield Delta(index=index, text="", finish="stop")

    at = [0.0]
    monkeypatch.setattr("core.answering.writing.time.perf_counter", lambda: at[0])
    monkeypatch.setattr("tests.backends.generators.echo.load", lambda *_: Slow())
    answers = [run.answer for run in asked(lab).runs]
    assert [each and each.seconds_to_first_token for each in answers] == [2, 2, 2]
    assert [each and each.seconds for each in answers] == [5, 5, 5]


def test_several_runs_of_a_question_stand_side_by_side(lab: Lab) -> None:
    first, second = (
        asked(lab, question=question) for question in (QUESTION, "How high is the tide?")
    )
    ids = ",".join([first.runs[2].id, first.runs[0].id, first.runs[2].id])
    beside = lab.comparisons.comparison(ids)
    assert (beside.id, beside.runs) == (ids, (first.runs[2], first.runs[0]))
    with pytest.raises(BadInput, match="several questions"):
        lab.comparisons.comparison(f"{first.id},{second.id}")
    with pytest.raises(BadInput, match="not in this lab"):
        lab.comparisons.comparison(f"{first.id},nothing")
