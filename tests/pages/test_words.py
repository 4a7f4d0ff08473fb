"""Numbers and texts as people read them, by hand."""

from dataclasses import replace

import pytest

from core.types import Answer, Chunk, FinishReason, Hit
from pages.ui import words

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
    assert words.escaped("a *b* [c](d) $e$ :red[f] <g>\nh") == (
        r"a \*b\* \[c\]\(d\) \$e\$ \:red\[f\] \<g\> h"
    )
    assert words.escaped("größe 3") == "größe 3"


def test_shortened_at_a_word() -> None:
    assert words.shortened("short", 9) == "short"
    assert words.shortened("one two three", 9) == "one two…"


def test_counted() -> None:
    assert [words.counted(number, "page") for number in (0, 1, 1200)] == [
        "0 pages",
        "1 page",
        "1,200 pages",
    ]


def test_where_a_hit_stands() -> None:
    assert words.pages_of(HIT) == "p. 3"
    assert words.pages_of(replace(HIT, pages=(3, 4))) == "pp. 3–4"
    assert words.movement(HIT) == "6 → 1"
    assert words.movement(replace(HIT, rank_before=1)) == "stays 1"
    assert words.movement(replace(HIT, rerank_score=None)) == ""


def test_what_was_not_read() -> None:
    assert words.unseen(HIT) == ["the reranker read 7 of 10 characters"]
    assert words.unseen_together((HIT, replace(HIT, reranker_reads=10))) == (
        "the reranker never saw 3 characters at the end of 1 of 2 chunks"
    )
    assert words.unseen_together((replace(HIT, reranker_reads=None),)) == ""


@pytest.mark.parametrize(
    ("finish", "said"),
    [
        ("stop", "ended after 9 tokens"),
        ("length", "cut off at 9 tokens"),
        ("stopped", "stopped by hand after 9 tokens"),
        ("error", "failed"),
        ("unknown", "it is not known how it ended"),
    ],
)
def test_how_it_ended(finish: FinishReason, said: str) -> None:
    answer = Answer(text="x", finish_reason=finish, answer_tokens=9, prompt_tokens=40, seconds=1.25)
    assert words.outcome(answer) == said
    assert words.measured(answer) == "prompt 40 · 1.2 s"
