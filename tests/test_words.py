"""Numbers and texts as people read them, by hand."""

from dataclasses import replace

import pytest

from core import labels
from core.types import (
    Answer,
    Chunk,
    Chunking,
    FinishReason,
    Generation,
    Hit,
    Recipe,
    Retrieval,
    Run,
    three_ways,
)

HIT = Hit(
    chunk=Chunk(paper_id="a", start=0, end=10, text="ten digits"),
    title="T",
    pages=(3,),
    similarity=0.5,
    rank_before=6,
    rerank_score=0.9,
    rank=1,
    embedder_reads=10,
    reranker_reads=7,
)


def test_markup_in_names_is_only_text() -> None:
    assert labels.escaped("a *b* [c](d) $e$ :red[f] <g>\nh") == (
        r"a \*b\* \[c\]\(d\) \$e\$ \:red\[f\] \<g\> h"
    )
    assert labels.escaped("größe 3") == "größe 3"


def test_shortened_at_a_word() -> None:
    assert labels.shortened("short", 9) == "short"
    assert labels.shortened("one two three", 9) == "one two…"


def test_counted() -> None:
    assert [labels.counted(number, "page") for number in (0, 1, 1200)] == [
        "0 pages",
        "1 page",
        "1,200 pages",
    ]


def test_where_a_hit_stands() -> None:
    assert labels.pages_of(HIT) == "p. 3"
    assert labels.pages_of(replace(HIT, pages=(3, 4))) == "pp. 3–4"
    assert labels.movement(HIT) == "6 → 1"
    assert labels.movement(replace(HIT, rank_before=1)) == "stays 1"
    assert labels.movement(replace(HIT, rerank_score=None)) == ""


def test_what_was_not_read() -> None:
    assert labels.unseen(HIT) == ["the reranker read 7 of 10 characters"]
    assert labels.unseen_together((HIT, replace(HIT, reranker_reads=10))) == (
        "the reranker never saw 3 characters at the end of 1 of 2 chunks"
    )
    assert labels.unseen_together((replace(HIT, reranker_reads=None),)) == ""


@pytest.mark.parametrize(
    ("finish", "said"),
    [
        ("stop", "9 output tokens"),
        ("length", "cut off at 9 output tokens"),
        ("stopped", "stopped by hand after 9 output tokens"),
        ("error", "failed"),
        ("unknown", "it is not known how it ended"),
    ],
)
def test_how_it_ended(finish: FinishReason, said: str) -> None:
    answer = Answer(text="x", finish_reason=finish, answer_tokens=9, prompt_tokens=40, seconds=1.25)
    assert labels.outcome(answer) == said
    assert labels.measured(answer) == "40 prompt tokens · 1.2 s"


RECIPE = Recipe(evidence=Retrieval(reranker="r"), generation=Generation(generator="g"))


def test_settings_say_what_is_used_and_no_more() -> None:
    assert labels.settings(replace(RECIPE, evidence=None)) == {
        "generator": "g",
        "tokens": "at most 256 tokens",
        "temperature": "temperature 0",
        "seed": "seed 0",
        "style": "style chat",
    }
    found = labels.settings(RECIPE)
    assert found["chunks"] == "800 characters, overlap 100"
    assert found["top-k"] == "top 3"
    bm25 = replace(RECIPE, evidence=Retrieval(retriever="bm25"))
    assert "embedder" not in labels.settings(bm25)
    assert "reranker" not in labels.settings(bm25)


def test_apart_names_what_differs() -> None:
    assert labels.apart(three_ways(RECIPE, "r")) == [[], [], []]
    larger = replace(RECIPE, chunking=Chunking(size=1200, overlap=100))
    assert labels.apart([replace(RECIPE, evidence=None), RECIPE, larger]) == [
        [],
        ["800 characters, overlap 100"],
        ["1,200 characters, overlap 100"],
    ]


def test_a_panel_names_the_chunks_that_are_switched_off() -> None:
    off = replace(RECIPE, evidence=Retrieval(switched_off=(HIT.chunk.span,)))
    assert labels.panel_name(RECIPE) == "Retrieved and reranked"
    assert labels.panel_name(off, [HIT]) == "Retrieved, without [1]"
    assert labels.panel_name(off) == "Retrieved, without 1 chunk"


def moved(*before: int) -> list[Hit]:
    return [replace(HIT, rank_before=old, rank=new) for new, old in enumerate(before, 1)]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ((1, 2, 3, 4), "Reranking left the first 3 as they were."),
        ((2, 1, 3, 4), "Reranking kept the same 3 passages in another order."),
        ((6, 3, 1, 2, 4, 5), "Reranking exchanged 1 of the 3 passages used; one rose from 6 to 1."),
    ],
)
def test_the_flow_in_a_sentence(before: tuple[int, ...], said: str) -> None:
    assert labels.flow(moved(*before), 3) == said


def test_the_budget_of_a_prompt() -> None:
    run = Run(
        id="1",
        key="k",
        question="q",
        paper_ids=(),
        recipe=RECIPE,
        answer=Answer(text="a", finish_reason="stop", prompt_tokens=1200, seconds=2.5),
        engine="e 1 on cpu",
        precision="float32",
        window=2048,
        at="",
    )
    assert labels.budget(run) == [
        "The prompt has 1,200 tokens and the answer may have 256; this model has room for 2,048"
        " together.",
        "Computed by e 1 on cpu in float32.",
        "It took: whole answer 2.50 s.",
    ]
    assert "is not known" in labels.budget(replace(run, window=None))[0]


def test_sizes_and_moments() -> None:
    assert [labels.size(each) for each in (0, 0.04, 0.44, 12, 134.2, 999, 1000, 8060)] == [
        "0 MB",
        "0 MB",
        "0.4 MB",
        "12 MB",
        "134 MB",
        "999 MB",
        "1.00 GB",
        "8.06 GB",
    ]
    assert labels.moment("2026-11-21T13:05:59.123+00:00") == "2026-11-21 13:05 UTC"
