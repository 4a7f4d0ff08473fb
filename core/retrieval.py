"""From similar chunks to hits: reranked if there are scores, cut to the best, some switched off.

Pure: knows no model, no index and no store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core import chunkers
from core.errors import BadInput
from core.types import Chunk, Chunking, Hit, Paper, Retrieval


def check(retrieval: Retrieval, chunking: Chunking) -> None:
    """Errors: BadInput for a retrieval or a chunking that cannot be meant."""
    chunkers.check(chunking)
    if retrieval.retriever != "dense":
        raise BadInput(f"There is no retriever called {retrieval.retriever!r}; known is: dense.")
    if retrieval.candidates < 1:
        raise BadInput(f"Candidates are {retrieval.candidates}; there must be at least 1.")
    if retrieval.top_k < 1:
        raise BadInput(f"Top k is {retrieval.top_k}; it must be at least 1.")
    if retrieval.top_k > retrieval.candidates:
        raise BadInput(
            f"Top k is {retrieval.top_k}, but only {retrieval.candidates} candidates are fetched; "
            "lower top k or fetch more candidates."
        )


def rank(
    similar: Sequence[tuple[Chunk, float]],
    scores: Sequence[float] | None,
    retrieval: Retrieval,
    papers: Mapping[str, Paper],
    *,
    embedder_reads: Sequence[int] | None = None,
    reranker_reads: Sequence[int] | None = None,
) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """All candidates in their final order, and the hits: the first `top_k` of them without those
    that are switched off. Nothing moves up in their place.

    `similar` holds the candidates with their similarities, best first; scores and characters read
    stand in the same order. Without scores that order stays, and equal scores keep it.
    """
    nothing = [None] * len(similar)
    columns = zip(
        similar,
        nothing if scores is None else scores,
        nothing if embedder_reads is None else embedder_reads,
        nothing if reranker_reads is None else reranker_reads,
        strict=True,
    )
    found = [
        Hit(
            chunk=chunk,
            title=papers[chunk.paper_id].title,
            pages=papers[chunk.paper_id].pages_of(chunk.start, chunk.end),
            similarity=similarity,
            rank_before=place,
            rerank_score=score,
            rank=place,
            embedder_reads=embedder_read,
            reranker_reads=reranker_read,
        )
        for place, ((chunk, similarity), score, embedder_read, reranker_read) in enumerate(
            columns, start=1
        )
    ]
    found.sort(key=lambda hit: -(hit.rerank_score or 0))
    candidates = tuple(replace(hit, rank=place) for place, hit in enumerate(found, start=1))
    hits = tuple(
        hit for hit in candidates[: retrieval.top_k] if hit.chunk.span not in retrieval.switched_off
    )
    return candidates, hits
