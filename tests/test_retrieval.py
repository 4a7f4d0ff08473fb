"""Ranking by hand: both ranks, ties, the cut, and chunks that are switched off."""

import pytest

from core.errors import BadInput
from core.retrieval.ranking import candidates as candidates_of
from core.retrieval.ranking import check, rank
from core.types import Chunk, Chunking, Paper, Retrieval, Span

PAPER = Paper(
    id="p" * 64,
    title="On pages",
    text="aaaa bbbb cccc dddd eeee",
    page_starts=(0, 10),
    source="pages.txt",
    kind="text",
)
PAPERS = {PAPER.id: PAPER}


def chunk(start: int, end: int) -> Chunk:
    return Chunk(paper_id=PAPER.id, start=start, end=end, text=PAPER.text[start:end])


A, B, C, D = chunk(0, 4), chunk(5, 9), chunk(5, 14), chunk(15, 19)
FOUND = [(A, 0.9), (B, 0.8), (C, 0.7), (D, 0.6)]
SIMILAR = candidates_of(FOUND, None, 20)


def test_without_scores_the_order_by_similarity_stays() -> None:
    candidates, hits = rank(SIMILAR, None, Retrieval(top_k=2), PAPERS)
    assert [hit.chunk for hit in candidates] == [A, B, C, D]
    assert [hit.similarity for hit in candidates] == [0.9, 0.8, 0.7, 0.6]
    assert [(hit.rank_before, hit.rank) for hit in candidates] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert {hit.rerank_score for hit in candidates} == {None}
    assert hits == candidates[:2]


def test_scores_decide_and_both_ranks_are_kept() -> None:
    candidates, hits = rank(SIMILAR, [0.1, 0.0, 0.7, 0.2], Retrieval(top_k=3), PAPERS)
    assert [hit.chunk for hit in candidates] == [C, D, A, B]
    assert [hit.rank_before for hit in candidates] == [3, 4, 1, 2]
    assert [hit.rank for hit in candidates] == [1, 2, 3, 4]
    assert [hit.rerank_score for hit in candidates] == [0.7, 0.2, 0.1, 0.0]
    assert [hit.similarity for hit in candidates] == [0.7, 0.6, 0.9, 0.8]
    assert hits == candidates[:3]


def test_equal_scores_keep_the_order_by_similarity() -> None:
    candidates, _ = rank(SIMILAR, [0.5, 0.9, 0.5, 0.9], Retrieval(), PAPERS)
    assert [hit.chunk for hit in candidates] == [B, D, A, C]


def test_nothing_moves_up_for_what_is_switched_off() -> None:
    off = Retrieval(top_k=3, switched_off=(B.span, D.span))
    candidates, hits = rank(SIMILAR, None, off, PAPERS)
    assert [hit.chunk for hit in candidates] == [A, B, C, D]
    assert [hit.chunk for hit in hits] == [A, C]
    assert [hit.rank for hit in hits] == [1, 3]


def test_switching_off_means_exactly_that_span() -> None:
    near = Retrieval(top_k=4, switched_off=(Span(paper_id=PAPER.id, start=5, end=10),))
    assert len(rank(SIMILAR, None, near, PAPERS)[1]) == 4


def test_hits_carry_title_pages_and_what_was_read() -> None:
    candidates, _ = rank(
        SIMILAR,
        [0.1, 0.2, 0.3, 0.4],
        Retrieval(),
        PAPERS,
        embedder_reads=[4, 3, 9, 4],
        reranker_reads=[4, 4, 8, 4],
    )
    assert [hit.chunk for hit in candidates] == [D, C, B, A]
    assert {hit.title for hit in candidates} == {"On pages"}
    assert [hit.pages for hit in candidates] == [(2,), (1, 2), (1,), (1,)]
    assert [hit.embedder_reads for hit in candidates] == [4, 9, 3, 4]
    assert [hit.reranker_reads for hit in candidates] == [4, 8, 4, 4]


def test_one_list_stays_as_it_is() -> None:
    assert [each.chunk for each in SIMILAR] == [A, B, C, D]
    assert {each.fused_score for each in SIMILAR} == {each.lexical_score for each in SIMILAR}
    by_words = candidates_of(None, [(C, 7.5), (A, 1.0)], 20)
    assert [(each.chunk, each.lexical_score) for each in by_words] == [(C, 7.5), (A, 1.0)]
    assert {each.similarity for each in by_words} == {each.fused_score for each in by_words}
    assert candidates_of(None, [(C, 7.5), (A, 1.0)], 1) == by_words[:1]
    assert candidates_of(None, [], 5) == []


def test_fusion_by_hand() -> None:
    # B: 1/62 + 1/61, A: 1/61 + 1/63, D: 1/64 + 1/62, C: 1/63 alone
    fused = candidates_of(FOUND, [(B, 9.0), (D, 5.0), (A, 2.0)], 20)
    assert [each.chunk for each in fused] == [B, A, D, C]
    assert [each.fused_score for each in fused] == pytest.approx(
        [0.0325224749, 0.0322664585, 0.0317540323, 0.0158730159], abs=1e-10
    )
    assert [each.lexical_score for each in fused] == [9.0, 2.0, 5.0, None]
    assert [each.similarity for each in fused] == [0.8, 0.9, 0.6, 0.7]
    assert candidates_of(FOUND, [(B, 9.0), (D, 5.0), (A, 2.0)], 2) == fused[:2]


def test_equal_fusion_keeps_the_order_by_similarity() -> None:
    fused = candidates_of([(B, 0.9), (A, 0.8)], [(A, 3.0), (B, 2.0)], 5)
    assert [each.chunk for each in fused] == [B, A]
    apart = candidates_of([(B, 0.9)], [(A, 3.0)], 5)
    assert [each.chunk for each in apart] == [B, A]
    nothing_found = candidates_of([(B, 0.9)], [], 5)
    assert [(each.chunk, each.fused_score) for each in nothing_found] == [(B, 1 / 61)]


def test_the_rank_before_is_the_fused_one() -> None:
    found = candidates_of([(A, 0.9), (B, 0.8)], [(B, 3.0), (C, 2.0)], 5)
    hits, _ = rank(found, [0.1, 0.2, 0.3], Retrieval(retriever="hybrid"), PAPERS)
    assert [(hit.chunk, hit.rank_before, hit.rank) for hit in hits] == [
        (C, 3, 1),
        (A, 2, 2),
        (B, 1, 3),
    ]
    assert [(hit.similarity, hit.lexical_score) for hit in hits] == [
        (None, 2.0),
        (0.9, None),
        (0.8, 3.0),
    ]


def test_fewer_candidates_than_wanted_and_none() -> None:
    assert len(rank(SIMILAR[:1], None, Retrieval(top_k=3), PAPERS)[1]) == 1
    assert rank([], [], Retrieval(), PAPERS) == ((), ())


def test_scores_for_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        rank(SIMILAR, [0.1], Retrieval(), PAPERS)


@pytest.mark.parametrize(
    ("retrieval", "sentence"),
    [
        (Retrieval(retriever="axe"), r"no retriever called 'axe'; known are: dense, bm25, hybrid"),
        (Retrieval(candidates=0), r"Candidates are 0; .* at least 1"),
        (Retrieval(top_k=0), r"Top k is 0; .* at least 1"),
        (Retrieval(candidates=5, top_k=6), r"Top k is 6, but only 5 candidates"),
    ],
)
def test_numbers_that_cannot_be_meant(retrieval: Retrieval, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check(retrieval, Chunking())


def test_the_chunking_is_checked_as_well() -> None:
    check(Retrieval(candidates=3, top_k=3), Chunking())
    with pytest.raises(BadInput, match="overlap is 900"):
        check(Retrieval(), Chunking(overlap=900))
