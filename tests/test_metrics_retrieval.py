"""Gold against what was retrieved: by hand, at the edges, and what must hold always."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.metrics.retrieval import (
    Graded,
    Overlap,
    Ranking,
    best_overlap,
    best_ranking,
    characters,
    graded,
    never_seen,
    overlap,
    precision_omega,
    ranking,
    relevant,
)
from core.types import Span


def span(start: int, end: int, paper: str = "p") -> Span:
    return Span(paper_id=paper, start=start, end=end)


def values(found: Ranking | None) -> tuple[float, ...]:
    assert found is not None
    return found.hit, found.recall, found.reciprocal_rank, found.ndcg


def test_overlap_by_hand() -> None:
    # Gold is 0-10 and 30-40. Retrieved: 5-15 (5 of gold), 30-50 (10 of gold); 15 of 20 and of 30.
    found = overlap([span(0, 10), span(30, 40)], [span(5, 15), span(30, 50)])
    assert found == Overlap(recall=15 / 20, precision=15 / 30, iou=15 / (30 + 5))


def test_text_retrieved_twice_is_read_twice_but_found_once() -> None:
    found = overlap([span(0, 10)], [span(0, 10), span(0, 10), span(5, 15)])
    assert found == Overlap(recall=1.0, precision=10 / 30, iou=10 / 30)


def test_gold_that_is_named_twice_counts_once() -> None:
    found = overlap([span(0, 10), span(5, 10), span(0, 10)], [span(0, 5)])
    assert found == Overlap(recall=0.5, precision=1.0, iou=0.5)


def test_the_same_offsets_in_another_paper_are_other_text() -> None:
    assert overlap([span(0, 10)], [span(0, 10, "other")]) == Overlap(recall=0, precision=0, iou=0)
    assert overlap([span(0, 4), span(0, 4, "other")], [span(0, 4, "other")]) == Overlap(
        recall=0.5, precision=1.0, iou=0.5
    )


def test_without_gold_nothing_is_defined() -> None:
    chunks = [span(0, 10)]
    assert overlap([], chunks) is None
    assert overlap([span(3, 3)], chunks) is None
    assert precision_omega([], chunks) is None
    assert ranking([], chunks, chunks, 3) is None


def test_nothing_retrieved_is_nothing_found() -> None:
    assert overlap([span(0, 10)], []) == Overlap(recall=0.0, precision=0.0, iou=0.0)
    assert precision_omega([span(0, 10)], []) == 0.0
    assert ranking([span(0, 10)], [], [span(0, 10)], 3) == Ranking(
        hit=0.0, recall=0.0, reciprocal_rank=0.0, ndcg=0.0
    )


def test_the_best_alternative_counts() -> None:
    # Together 0-10 and 30-40, or 100-120 alone. Retrieved: 0-20 (half of the first) and 115-125
    # (a quarter of the second).
    either = [[span(0, 10), span(30, 40)], [span(100, 120)]]
    found = best_overlap(either, [span(0, 20), span(115, 125)])
    assert found == Overlap(recall=10 / 20, precision=15 / 30, iou=15 / (30 + 10))
    assert best_overlap(either, [span(100, 120)]) == Overlap(recall=1, precision=1, iou=1)
    assert best_overlap(either, []) == Overlap(recall=0, precision=0, iou=0)
    assert best_overlap([], [span(0, 9)]) is best_overlap([[span(3, 3)]], [span(0, 9)]) is None


def test_ranks_are_those_of_the_best_alternative() -> None:
    chunks = [span(start, start + 10) for start in range(0, 60, 10)]
    either = [[span(0, 10), span(10, 20)], [span(50, 60)]]
    # The first alternative: one of its two chunks at rank 3; the second: its chunk at rank 2.
    ranked = [chunks[3], chunks[5], chunks[0], chunks[4]]
    assert values(best_ranking(either, ranked, chunks, 3)) == pytest.approx(
        (1, 1, 1 / 2, 1 / math.log2(3))
    )
    assert best_ranking([[span(70, 80)]], ranked, chunks, 3) is None


SPANS = st.lists(
    st.builds(
        lambda start, size: span(start, start + size), st.integers(0, 40), st.integers(1, 20)
    ),
    max_size=4,
)


@given(SPANS, SPANS)
def test_one_alternative_is_what_is_needed_together(gold: list[Span], got: list[Span]) -> None:
    one = overlap(gold, got)
    assert best_overlap([gold], got) == one
    more = best_overlap([gold, [span(200, 210)]], got)
    assert more is not None
    assert more.recall == (one.recall if one else 0)


def test_omega_by_hand() -> None:
    chunks = [span(0, 20), span(20, 40), span(45, 60), span(60, 80)]
    # Gold 15-25 lies in the first two chunks, which hold 40 characters.
    assert precision_omega([span(15, 25)], chunks) == 10 / 40
    # Gold 38-50: two of it in a chunk of 20, five in none, five in a chunk of 15.
    assert precision_omega([span(38, 50)], chunks) == 7 / (35 + 5)
    # A chunk that ends where gold begins touches it.
    assert precision_omega([span(20, 30)], chunks[:2]) == 10 / 40
    # Overlapping chunks are one stretch of text.
    assert precision_omega([span(10, 20)], [span(0, 20), span(10, 30)]) == 10 / 30


def test_what_is_relevant() -> None:
    gold = [span(100, 120)]
    assert relevant(span(0, 110), gold)  # covers half of it
    assert not relevant(span(0, 109), gold)
    assert relevant(span(105, 107), gold)  # lies in it
    assert not relevant(span(100, 120, "other"), gold)
    assert not relevant(span(120, 140), gold)
    assert not relevant(span(110, 110), gold)


def test_gold_across_chunks_makes_each_relevant_that_holds_enough() -> None:
    gold = [span(10, 40)]
    chunks = [span(0, 20), span(20, 30), span(30, 50)]  # a third each; the middle lies in it
    assert [relevant(chunk, gold) for chunk in chunks] == [False, True, False]
    found = ranking(gold, chunks, chunks, 2)
    assert values(found) == pytest.approx((1.0, 1.0, 0.5, 1 / math.log2(3)))


def test_graded_by_hand() -> None:
    relevance = {"a": 2, "b": 1, "c": 0}
    found = graded(relevance, ["x", "b", "a"])
    dcg, ideal = 1 / math.log2(3) + 2 / math.log2(4), 2 + 1 / math.log2(3)
    assert (found.ndcg, found.recall) == pytest.approx((dcg / ideal, 1.0))
    assert graded(relevance, []) == Graded(ndcg=0.0, recall=0.0)
    others = [f"x{n}" for n in range(99)]
    late = graded(relevance, [*others[:10], "a", *others[10:], "b"])
    assert (late.ndcg, late.recall) == (0.0, 0.5), "the first 10 and the first 100 count"


def test_ranking_by_hand() -> None:
    chunks = [span(10 * n, 10 * n + 10) for n in range(6)]
    gold = [chunks[1], chunks[3], chunks[5]]
    ranked = [chunks[0], chunks[3], chunks[2], chunks[1]]
    found = ranking(gold, ranked, chunks, 3)
    # Relevant: three chunks; the second place is one, the fourth is behind the cut.
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert values(found) == pytest.approx((1.0, 1 / 3, 0.5, (1 / math.log2(3)) / ideal))
    behind = ranking([chunks[1]], ranked, chunks, 3)
    assert behind == Ranking(hit=0.0, recall=0.0, reciprocal_rank=0.25, ndcg=0.0)


def test_fewer_hits_than_k_and_the_same_hit_twice() -> None:
    chunks = [span(0, 10), span(10, 20), span(20, 30)]
    few = ranking([chunks[0]], [chunks[0]], chunks, 10)
    assert few == Ranking(hit=1.0, recall=1.0, reciprocal_rank=1.0, ndcg=1.0)
    twice = ranking([chunks[1]], [chunks[0], chunks[0], chunks[1]], chunks, 2)
    assert values(twice) == pytest.approx((1.0, 1.0, 0.5, 1 / math.log2(3)))


def test_a_tie_is_broken_by_the_order_alone() -> None:
    """trec_eval would put the greater name first among equal scores."""
    chunks = [span(0, 10), span(20, 30)]
    for first, second in (chunks, reversed(chunks)):
        found = ranking([first], [first, second], chunks, 1)
        assert found is not None
        assert (found.hit, found.reciprocal_rank) == (1.0, 1.0)


def test_what_it_costs_and_what_was_never_seen() -> None:
    assert characters([span(0, 10), span(5, 20), span(0, 10)]) == 35
    assert never_seen([100, 300], [100, 200]) == 0.25
    assert never_seen([100], [250]) == 0.0
    assert never_seen([], []) is None


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20), st.sampled_from("ab")).map(
        lambda parts: span(parts[0], parts[0] + parts[1], parts[2])
    ),
    max_size=6,
)


def letters(places: list[Span]) -> set[tuple[str, int]]:
    return {(each.paper_id, at) for each in places for at in range(each.start, each.end)}


@given(gold=spans, retrieved=spans)
def test_overlap_counts_characters(gold: list[Span], retrieved: list[Span]) -> None:
    found = overlap(gold, retrieved)
    wanted, read = letters(gold), characters(retrieved)
    if not wanted:
        assert found is None
        return
    assert found is not None
    common = len(wanted & letters(retrieved))
    assert found.recall == common / len(wanted)
    assert found.precision == (common / read if read else 0)
    assert found.iou == common / (read + len(wanted) - common)
    assert 0 <= found.iou <= min(found.recall, found.precision) <= 1


@given(gold=spans, retrieved=spans, more=spans)
def test_more_text_never_recalls_less(
    gold: list[Span], retrieved: list[Span], more: list[Span]
) -> None:
    before, after = overlap(gold, retrieved), overlap(gold, [*more, *retrieved])
    if before and after:
        assert after.recall >= before.recall


@given(gold=spans, chunks=spans)
def test_omega_is_what_the_best_choice_of_chunks_gives(
    gold: list[Span], chunks: list[Span]
) -> None:
    found = precision_omega(gold, chunks)
    wanted = letters(gold)
    if not wanted:
        assert found is None
        return
    edges = wanted | {(paper, at + 1) for paper, at in wanted}
    touching = [c for c in chunks if edges & (letters([c]) | {(c.paper_id, c.end)})]
    union = letters(touching)
    assert found == len(union & wanted) / len(union | wanted)


@settings(deadline=None)
@given(gold=spans, chunks=spans)
def test_ranks_stay_in_their_bounds(gold: list[Span], chunks: list[Span]) -> None:
    found = ranking(gold, chunks, chunks, 3)
    good = {str(chunk) for chunk in chunks if relevant(chunk, gold)}
    if not good:
        assert found is None
        return
    assert found is not None
    order = list(dict.fromkeys(map(str, chunks)))
    places = [place for place, chunk in enumerate(order, start=1) if chunk in good]
    first = [place for place in places if place <= 3]
    assert found.hit == float(bool(first))
    assert found.recall == pytest.approx(len(first) / len(good))
    assert found.reciprocal_rank == pytest.approx(1 / places[0])
    gain = sum(1 / math.log2(place + 1) for place in first)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(3, len(good)) + 1))
    assert found.ndcg == pytest.approx(gain / best)
