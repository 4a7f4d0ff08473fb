"""The words of the domain: keys and pages, by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import from_json, to_json
from core.errors import Damaged
from core.types import (
    Answer,
    Chunk,
    Chunking,
    Generation,
    Given,
    Hit,
    Message,
    Paper,
    Recipe,
    Retrieval,
    Run,
    Span,
    Whole,
    digest,
    passages_of,
    recipes,
    run_key,
    three_ways,
)

PAPER = Paper(
    id="a" * 64,
    title="T",
    text="one\n\ntwo\n\nthree",
    page_starts=(0, 5, 10),
    source="t.pdf",
    kind="pdf",
)
SPAN = Span(paper_id="a" * 64, start=5, end=8)


def test_pages_of_spans() -> None:
    assert PAPER.pages == 3
    assert PAPER.page_span(1) == (0, 5)
    assert PAPER.page_span(3) == (10, 15)
    assert PAPER.pages_of(0, 3) == (1,)
    assert PAPER.pages_of(0, 5) == (1,)  # the end is not part of it
    assert PAPER.pages_of(4, 11) == (1, 2, 3)
    assert PAPER.pages_of(12, 12) == (3,)


@given(question=st.text(), papers=st.lists(st.text(max_size=4), max_size=4))
def test_a_run_s_key_is_the_digest_of_question_recipe_and_papers(
    question: str, papers: list[str]
) -> None:
    """However it is put together, so that what was answered before is found."""
    searching = Recipe(evidence=Retrieval())
    for recipe, searched in ((searching, sorted(papers)), (Recipe(), [])):
        whole = digest([question.strip(), recipe.key, searched])
        assert run_key(question, recipe, tuple(papers)) == whole


def test_the_papers_are_written_once_for_all_cells_of_a_grid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[object] = []
    canonical = recipes.canonical

    def counted(value: object) -> str:
        written.append(value)
        return canonical(value)

    monkeypatch.setattr(recipes, "canonical", counted)
    papers = tuple(f"{n:064x}" for n in range(100))
    for question in range(20):
        run_key(f"{question}?", Recipe(evidence=Retrieval()), papers)
    assert written.count(sorted(papers)) == 1


def test_the_baseline_does_not_depend_on_chunks_or_papers() -> None:
    small = Recipe(chunking=Chunking(size=800))
    large = Recipe(chunking=Chunking(size=1600))
    assert small.key == large.key
    assert run_key("q", small, ("a",)) == run_key(" q ", large, ("b", "c"))


def test_an_embedder_that_is_not_used_changes_nothing() -> None:
    def key(retriever: str, embedder: str) -> str:
        return Recipe(evidence=Retrieval(retriever=retriever, embedder=embedder)).key

    assert key("bm25", "a") == key("bm25", "b")
    assert key("hybrid", "a") != key("hybrid", "b")


@pytest.mark.parametrize(
    "other",
    [
        Recipe(evidence=Retrieval(), chunking=Chunking(size=900)),
        Recipe(evidence=Retrieval(top_k=4)),
        Recipe(evidence=Retrieval(embedder="e")),
        Recipe(evidence=Retrieval(retriever="bm25")),
        Recipe(evidence=Retrieval(retriever="hybrid")),
        Recipe(evidence=Retrieval(), chunking=Chunking(tokenizer="t")),
        Recipe(evidence=Retrieval(reranker="r")),
        Recipe(evidence=Retrieval(switched_off=(SPAN,))),
        Recipe(evidence=Retrieval(), generation=Generation(max_tokens=5)),
        Recipe(evidence=Retrieval(), generation=Generation(style="completion")),
        Recipe(evidence=Retrieval(), generation=None),
        Recipe(evidence=Retrieval(), revisions=(("prompt", "2"),)),
        Recipe(evidence=Given(spans=(SPAN,))),
        Recipe(),
    ],
)
def test_all_that_can_change_an_answer_changes_the_key(other: Recipe) -> None:
    assert other.key != Recipe(evidence=Retrieval()).key


def test_a_key_is_the_same_on_every_machine() -> None:
    assert run_key("What?", Recipe(evidence=Retrieval()), ("b", "a")) == run_key(
        "What?", Recipe(evidence=Retrieval()), ("a", "b")
    )
    assert Recipe().key == "0e696e3652e48554"


def test_three_ways_differ_in_their_evidence_alone() -> None:
    recipes = three_ways(Recipe(evidence=Retrieval(top_k=5)), "judge")
    assert [recipe.arm for recipe in recipes] == ["no_context", "retrieved", "reranked"]
    assert {replace(recipe, evidence=None) for recipe in recipes} == {recipes[0]}
    with pytest.raises(ValueError, match="retrieval"):
        three_ways(Recipe(), "judge")


@pytest.mark.parametrize(
    "evidence", [None, Retrieval(switched_off=(SPAN,)), Given(spans=(SPAN,)), Given(spans=())]
)
def test_a_run_survives_json(evidence: Retrieval | Given | None) -> None:
    chunk = Chunk(paper_id="a" * 64, start=5, end=8, text="two")
    hit = Hit(chunk=chunk, title="T", pages=(2,), similarity=0.1 + 0.2, rank_before=6, rank=1)
    run = Run(
        id="1",
        key="2",
        question="Why? “é” 𝛼",
        paper_ids=("a" * 64,),
        recipe=Recipe(evidence=evidence, revisions=(("m", "r"),)),
        candidates=(hit,),
        hits=(hit,),
        messages=(Message(role="user", content="x\n"),),
        answer=Answer(text="", finish_reason="stop"),
        at="2026-01-01",
    )
    assert from_json(Run, to_json(run)) == run


def test_what_is_no_run_is_said_to_be_none() -> None:
    with pytest.raises(Damaged, match="not a stored Run"):
        from_json(Run, "{}")


def test_keys_made_before_passages_could_be_ordered_stay_valid() -> None:
    reranked = Retrieval(reranker="r")
    assert Recipe().key == "0e696e3652e48554"
    warm = Recipe(evidence=reranked, generation=Generation(temperature=0.7))
    assert warm.key == "1b4829954db70cef"
    best_first = Recipe(evidence=reranked, generation=Generation(passages="best-first"))
    assert best_first.key != Recipe(evidence=reranked).key


def test_a_key_does_not_depend_on_how_a_number_is_written() -> None:
    whole = Recipe(generation=Generation(temperature=1, seed=7))
    assert whole.key == Recipe(generation=Generation(temperature=1.0, seed=7)).key
    assert whole.key != Recipe(generation=Generation(temperature=0, seed=7)).key


LATER = (
    Retrieval(read="window:1"),
    Retrieval(prefix="title"),
    Retrieval(rewrite="hyde"),
    Retrieval(variety=0.3),
    Retrieval(at_most=2),
    Retrieval(budget=500),
    Retrieval(where="tag:survey"),
)


def test_a_choice_that_came_later_changes_the_key_where_it_is_not_as_usual() -> None:
    keys = [Recipe(evidence=evidence).key for evidence in (Retrieval(), *LATER)]
    assert keys[0] == "62fe086466820cd5", "the key before there was any of them"
    assert len(set(keys)) == len(keys)


def test_who_would_rewrite_changes_no_key_where_nothing_is_rewritten() -> None:
    one, other = (Recipe(evidence=Retrieval(rewriter=name)) for name in ("", "Qwen"))
    assert one.key == other.key
    one, other = (Recipe(evidence=Retrieval(rewrite="hyde", rewriter=n)) for n in ("", "Qwen"))
    assert one.key != other.key


@pytest.mark.parametrize("asked", [Generation(unanswerable=True), Generation(cite=True)])
def test_what_the_prompt_allows_or_asks_changes_the_key(asked: Generation) -> None:
    assert Recipe(generation=asked).key != Recipe().key


def test_the_whole_paper_depends_on_the_papers_but_on_no_chunks() -> None:
    small, large = (Recipe(evidence=Whole(), chunking=Chunking(size=n)) for n in (800, 1600))
    assert small.arm == "whole"
    assert small.key == large.key
    assert run_key("What?", small, ("a",)) != run_key("What?", small, ("b",))


def test_hits_that_are_read_as_one_passage_are_read_once() -> None:
    texts = [Chunk(paper_id="p", start=at, end=at + 2, text="ab") for at in (0, 4, 8)]
    both = Chunk(paper_id="p", start=0, end=6, text="ab--ab")
    one, two, three = (
        Hit(chunk=chunk, title="T", pages=(1,), similarity=None, rank_before=None, rank=rank)
        for rank, chunk in enumerate(texts, 1)
    )
    read = (replace(one, read=both), three, replace(two, read=both))
    assert [hit.rank for hit in passages_of(read)] == [1, 3]
    assert [hit.passage for hit in passages_of(read)] == [both, texts[2]]
