"""Where gold is in what a search found, by hand; and the words for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import retrieval
from core.metrics.gold import Held, Sought, held, sought, within
from core.types import Chunk, Evidence, Hit, Span


def span(start: int, end: int, paper: str = "a") -> Span:
    return Span(paper_id=paper, start=start, end=end)


def chunk(start: int, end: int, paper: str = "a") -> Chunk:
    return Chunk(paper_id=paper, start=start, end=end, text="x" * (end - start))


def hit(rank: int, start: int, end: int, paper: str = "a") -> Hit:
    return Hit(
        chunk=chunk(start, end, paper), title="T", pages=(1,), similarity=0.5, rank_before=rank,
        rank=rank,
    )  # fmt: skip


def test_what_a_chunk_holds() -> None:
    gold = ((span(10, 20), span(30, 60), span(0, 5, "b")),)
    assert held(gold, chunk(0, 25)) == Held(share=10 / 45, whole=1, passages=3)
    assert held(gold, chunk(15, 40)) == Held(share=15 / 45, whole=0, passages=3)
    assert held(gold, chunk(10, 60)) == Held(share=40 / 45, whole=2, passages=3)
    assert held(gold, chunk(20, 30)) is None
    assert held(gold, chunk(10, 20, "c")) is None
    assert held((), chunk(0, 9)) is None


def found(candidates: list[Hit], used: int) -> Evidence:
    return Evidence(candidates=tuple(candidates), hits=tuple(candidates[:used]))


def test_what_became_of_it() -> None:
    gold = ((span(10, 30),),)
    candidates = [hit(1, 40, 60), hit(2, 0, 16), hit(3, 5, 25), hit(4, 10, 30)]
    # The second holds 6 of 20 characters, less than half; the third 15.
    assert sought(gold, found(candidates, 1)) == Sought(passages=1, rank=3, used=None, share=0)
    assert sought(gold, found(candidates, 2)) == Sought(passages=1, rank=3, used=None, share=0.3)
    assert sought(gold, found(candidates, 3)) == Sought(passages=1, rank=3, used=3, share=0.75)
    assert sought(gold, found(candidates[:2], 2)) == Sought(
        passages=1, rank=None, used=None, share=0.3
    )
    assert sought((), found(candidates, 4)) is None


def test_of_alternatives_the_one_that_is_held_best_counts() -> None:
    gold = ((span(10, 20), span(30, 60)), (span(100, 120),))
    # 10 of the 40 characters of the first; 15 of the 20 of the second; both.
    assert held(gold, chunk(0, 25)) == Held(share=10 / 40, whole=1, passages=2)
    assert held(gold, chunk(105, 130)) == Held(share=15 / 20, whole=0, passages=1)
    assert str(held(gold, chunk(0, 120))) == "holds all 2 gold passages"
    assert held(gold, chunk(60, 100)) is None
    candidates = [hit(1, 95, 115), hit(2, 10, 20)]
    became = sought(gold, found(candidates, 2))
    assert became == Sought(passages=3, alternatives=2, rank=1, used=1, share=15 / 20)
    assert became.said(2, 2) == (
        "Gold (2 alternatives, any one counts) was found, rank 1; 75 % of one is in the chunks used"
    )


def test_parts_that_touch_are_one() -> None:
    gold = [span(30, 40), span(8, 14), span(12, 16), span(16, 18), span(0, 50, "b")]
    assert within(gold, chunk(10, 35)) == [(0, 8), (20, 25)]
    assert within(gold, chunk(40, 50)) == []


@pytest.mark.parametrize(
    ("share", "whole", "passages", "said"),
    [
        (1, 1, 1, "holds the gold passage"),
        (1, 3, 3, "holds all 3 gold passages"),
        (0.4, 1, 2, "holds 1 of 2 gold passages"),
        (0.634, 0, 1, "63 % of the gold"),
        (0.999, 0, 1, "99 % of the gold"),
        (0.001, 0, 1, "less than 1 % of the gold"),
    ],
)
def test_words_for_a_chunk(share: float, whole: int, passages: int, said: str) -> None:
    assert str(Held(share=share, whole=whole, passages=passages)) == said


@pytest.mark.parametrize(
    ("passages", "rank", "used", "share", "said"),
    [
        (1, 2, 2, 1, "The gold passage was found, rank 2"),
        (1, 2, 2, 0.6, "The gold passage was found, rank 2; 60 % of it is in the chunks used"),
        (
            2, 1, 1, 0.5,
            "Gold (2 passages) was found, rank 1; 50 % of it in all is in the chunks used",
        ),
        (1, 7, None, 0, "The gold passage is among the candidates, rank 7, cut off at top 3"),
        (
            1, 2, None, 0,
            "The gold passage is among the candidates, rank 2, but was left out of the prompt",
        ),
        (1, None, None, 0, "The gold passage is not among the 20 candidates"),
        (
            1, None, None, 0.2,
            "The gold passage is not among the 20 candidates; only 20 % of it is in the chunks"
            " used",
        ),
    ],
)  # fmt: skip
def test_words_for_a_search(
    passages: int, rank: int | None, used: int | None, share: float, said: str
) -> None:
    found = Sought(passages=passages, rank=rank, used=used, share=share)
    assert found.said(20, 3) == said


spans = st.builds(
    lambda a, n, p: span(a, a + n, p), st.integers(0, 60), st.integers(1, 30), st.sampled_from("ab")
)


@given(st.lists(spans, max_size=5), spans)
def test_the_parts_are_the_share(gold: list[Span], place: Span) -> None:
    parts = within(gold, place)
    size = sum(end - start for start, end in parts)
    common = retrieval.overlap(gold, [place])
    assert all(0 <= start < end <= place.end - place.start for start, end in parts)
    assert size == (round(common.precision * (place.end - place.start)) if common else 0)
