"""What is matched and what is read: windows, sections and pages around a chunk, as one passage
where they meet, and as many as a budget allows."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import chunkers
from core.__main__ import main
from core.errors import BadInput
from core.lab import Lab
from core.retrieval import reading
from core.sweeps.presets import Preset
from core.tasks import result_of
from core.types import (
    Chunk,
    Chunking,
    Hit,
    Paper,
    PaperKind,
    Recipe,
    Retrieval,
    Run,
    passages_of,
)
from tests.support.labs import QUESTION, RECIPE, asked, everything

TEXT = "Before.\n\n# One\n\nAlpha beta.\n\nGamma delta.\n\n# Two\n\nEpsilon zeta.\n\nEta theta."
WORDS = Chunking(size=14, overlap=0)


def paper(text: str = TEXT, pages: tuple[int, ...] = (0,), kind: PaperKind = "markdown") -> Paper:
    return Paper(id="p", title="Greek", text=text, page_starts=pages, source="p.md", kind=kind)


def hits_of(one: Paper, *texts: str) -> tuple[Hit, ...]:
    found = []
    for rank, text in enumerate(texts, 1):
        start = one.text.index(text)
        chunk = Chunk(paper_id=one.id, start=start, end=start + len(text), text=text)
        found.append(
            Hit(
                chunk=chunk, title=one.title, pages=one.pages_of(chunk.start, chunk.end),
                similarity=0.5, rank_before=rank, rank=rank,
            )
        )  # fmt: skip
    return tuple(found)


def read(
    one: Paper, how: str, *texts: str, chunking: Chunking = WORDS
) -> tuple[list[str], tuple[str, ...]]:
    """The texts of the passages, and the notes."""
    places = [(chunk.start, chunk.end) for chunk in chunkers.cut(one, chunking)]
    found, notes = reading.around(hits_of(one, *texts), how, {"p": one}, {"p": places})
    return [hit.passage.text for hit in passages_of(found)], notes


def test_a_chunk_is_read_as_it_was_matched() -> None:
    hits = hits_of(paper(), "Alpha beta.")
    assert reading.around(hits, "chunk", {}, {}) == (hits, ())
    assert hits[0].passage == hits[0].chunk


def test_a_window_takes_neighbours_and_ends_with_the_paper() -> None:
    assert read(paper(), "window:1", "Gamma delta.")[0] == ["Alpha beta.\n\nGamma delta.\n\n# Two"]
    assert read(paper(), "window:9", "Eta theta.")[0] == [TEXT]


def test_a_section_goes_from_its_heading_to_the_next() -> None:
    assert read(paper(), "section", "Gamma delta.")[0] == ["# One\n\nAlpha beta.\n\nGamma delta."]
    assert read(paper(), "section", "Eta theta.")[0] == ["# Two\n\nEpsilon zeta.\n\nEta theta."]
    assert read(paper(), "section", "Before.")[0] == ["Before."]


def test_a_paper_without_headings_is_read_by_pages_and_says_so() -> None:
    plain = paper("First page.\n\nSecond page.", pages=(0, 13), kind="pdf")
    passages, notes = read(plain, "section", "Second page.")
    assert passages == ["Second page."]
    assert notes == (
        "“Greek” has no headings that can be told, so pages of it are read instead of sections.",
    )


def test_a_page_is_read_whole_and_a_chunk_of_two_pages_reads_both() -> None:
    two = paper("One two three.\n\nFour five six.\n\nSeven.", pages=(0, 16), kind="pdf")
    assert read(two, "page", "Seven.")[0] == ["Four five six.\n\nSeven."]
    assert read(two, "page", "three.\n\nFour")[0] == [two.text]


def test_passages_that_meet_are_one_with_the_number_of_its_best_hit() -> None:
    one = paper()
    places = [(chunk.start, chunk.end) for chunk in chunkers.cut(one, WORDS)]
    hits = hits_of(one, "Epsilon zeta.", "Gamma delta.", "Before.\n\n# One")
    found, _ = reading.around(hits, "window:1", {"p": one}, {"p": places})
    assert [hit.rank for hit in passages_of(found)] == [1]
    found, _ = reading.around(hits[:2], "section", {"p": one}, {"p": places})
    assert [hit.passage.text for hit in passages_of(found)] == [
        "# One\n\nAlpha beta.\n\nGamma delta.\n\n# Two\n\nEpsilon zeta.\n\nEta theta."
    ]
    apart, _ = reading.around(hits_of(one, "Eta theta.", "Before."), "section", {"p": one}, {})
    assert [hit.rank for hit in passages_of(apart)] == [1, 2]


@given(
    text=st.text(alphabet="ab .\n#", min_size=1, max_size=200),
    size=st.integers(5, 40),
    how=st.sampled_from(["window:1", "window:3", "section", "page"]),
    chosen=st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True),
    pages=st.lists(st.integers(1, 199), max_size=3, unique=True),
    kind=st.sampled_from(["markdown", "pdf"]),
)
def test_what_is_read_holds_what_was_matched_and_no_two_passages_overlap(
    text: str, size: int, how: str, chosen: Sequence[int], pages: list[int], kind: PaperKind
) -> None:
    starts = (0, *sorted(each for each in pages if each < len(text)))
    one = paper(text, starts, kind)
    chunks = list(dict.fromkeys(chunkers.cut(one, Chunking(size=size, overlap=size // 3))))
    hits = tuple(
        Hit(chunk=chunks[at], title="T", pages=(1,), similarity=0.1, rank_before=rank, rank=rank)
        for rank, at in enumerate([at for at in chosen if at < len(chunks)], 1)
    )
    places = [(chunk.start, chunk.end) for chunk in chunks]
    found, _ = reading.around(hits, how, {"p": one}, {"p": places})
    assert [hit.chunk for hit in found] == [hit.chunk for hit in hits]
    for hit in found:
        whole = hit.passage
        assert whole.start <= hit.chunk.start <= hit.chunk.end <= whole.end
        assert whole.text == one.text[whole.start : whole.end] == whole.text.strip()
        assert hit.pages == one.pages_of(whole.start, whole.end)
    ends = sorted((hit.passage.start, hit.passage.end) for hit in passages_of(found))
    assert all(last <= first for (_, last), (first, _) in pairwise(ends))


def words(text: str) -> int:
    return len(text.split())


def test_a_budget_takes_passages_best_first_as_long_as_they_fit() -> None:
    hits = hits_of(paper("a b c.\n\nd e f g.\n\nh i."), "a b c.", "d e f g.", "h i.")
    assert reading.within(hits, 9, words, tuple) == (hits, ())
    few, notes = reading.within(hits, 6, words, tuple)
    assert [hit.rank for hit in few] == [1, 3]
    assert notes == ("1 of 3 passages was left out: the context budget is 6 tokens.",)
    none, notes = reading.within(hits, 1, words, tuple)
    assert none == ()
    assert notes == (
        "No passage was used: each of them alone is longer than the budget of 1 tokens.",
    )


def test_hits_whose_stretches_meet_fill_a_budget_one_by_one() -> None:
    """As one passage of all of them they would be too long for it, and nothing would be read."""
    one = paper("a b.\n\nc d.\n\ne f.\n\ng h.\n\ni j.\n\nk l.", kind="pdf")
    places = [(start, start + 4) for start in range(0, len(one.text), 6)]
    hits = hits_of(one, "c d.", "i j.", "e f.")

    def around(some: Sequence[Hit]) -> tuple[Hit, ...]:
        return reading.around(some, "window:1", {"p": one}, {"p": places})[0]

    assert [hit.passage.text for hit in passages_of(around(hits))] == [one.text]
    taken, notes = reading.within(hits, 8, words, around)
    assert [hit.passage.text for hit in passages_of(taken)] == ["a b.\n\nc d.\n\ne f.\n\ng h."]
    assert [hit.rank for hit in taken] == [1, 3]
    assert notes == ("1 of 3 passages was left out: the context budget is 8 tokens.",)


@pytest.mark.parametrize("wrong", ["", "window", "window:0", "window:100", "pages", "window:-1"])
def test_what_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="it must be chunk, section, page, or window:N"):
        reading.check(wrong)


def reads(how: str, budget: int = 0) -> Recipe:
    assert isinstance(RECIPE.evidence, Retrieval)
    return replace(
        RECIPE,
        chunking=Chunking(size=30, overlap=0),
        evidence=replace(RECIPE.evidence, read=how, candidates=4, top_k=2, budget=budget),
    )


def test_a_run_keeps_both_and_the_prompt_holds_what_is_read(lab: Lab) -> None:
    run, plain = asked(lab, [reads("page"), reads("chunk")]).runs
    hit, *_ = run.hits
    assert hit.read
    assert hit.chunk.text in hit.read.text
    assert hit.read.text in run.messages[-1].content
    assert [each.chunk for each in run.hits] == [each.chunk for each in plain.hits]
    assert run.key != plain.key
    assert [each.read for each in plain.candidates] == [None] * len(plain.candidates)
    assert {each.rank: each for each in run.candidates}[hit.rank] == hit
    assert lab.runs.runs([run.id]) == [run]


def test_a_budget_counts_what_is_read_and_names_whose_tokens(lab: Lab) -> None:
    run = asked(lab, [reads("page", budget=10_000)]).runs[0]
    assert run.hits
    assert dict(run.recipe.revisions)["budget"].startswith("hashing")
    tight = asked(lab, [reads("page", budget=1)]).runs[0]
    assert not tight.hits
    assert "each of them alone is longer than the budget" in tight.notes[0]
    with pytest.raises(BadInput, match="at least 0"):
        asked(lab, [reads("page", budget=-1)])


def test_a_sweep_over_what_is_read_embeds_and_reranks_nothing_twice(lab: Lab) -> None:
    def plan(*read: str) -> object:
        preset = Preset(
            name="read", chunks=((30, 0),), embedder=("hashing",), reranker=("word-overlap",),
            candidates=(4,), top_k=(2,), read=read, budget=(0, 500),
        )  # fmt: skip
        return result_of(lab.sweeps.plan(preset, [QUESTION], everything(lab)))

    alone, all_ways = plan("chunk"), plan("chunk", "window:1", "section", "page")
    for counted in ("searches", "embedded_texts", "rerank_pairs"):
        assert getattr(alone, counted) == getattr(all_ways, counted)
    sweep = lab.sweeps.start(all_ways)  # type: ignore[arg-type]
    assert lab.sweeps.wait(sweep, 20)
    cells = lab.sweeps.cells(sweep)
    assert len(cells) == 8
    runs: list[Run] = lab.runs.runs([cell.run_id or "" for cell in cells])
    assert len({run.key for run in runs}) == 8
    assert len({tuple(hit.chunk.span for hit in run.hits) for run in runs}) == 1


def test_the_command_line_shows_both_spans(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    options = ["--embedder", "hashing", "--reranker", "none", "--generator", "echo"]
    assert (
        main(["search", QUESTION, "--size", "30", "--overlap", "0", "--read", "page", *options])
        == 0
    )
    (hit, *_) = json.loads(capsys.readouterr().out)["hits"]
    assert hit["chunk"]["text"] in hit["read"]["text"]
    assert len(hit["read"]["text"]) > len(hit["chunk"]["text"])
    assert main(["search", QUESTION, "--read", "everything", *options]) == 2
