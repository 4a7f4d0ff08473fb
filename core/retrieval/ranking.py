"""From what was found to hits: two lists fused, reranked if there are scores, cut to the best, some
switched off.

Pure: knows no model, no index and no store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core import chunkers, indexes
from core.errors import BadInput
from core.retrieval import reading
from core.types import RETRIEVERS, Chunk, Chunking, Hit, Paper, Retrieval, digest

FUSION = 60  # how little the first places count more than the next, as Cormack et al. found best
FUSED_FIRST = "8b0220f0000d0f7c"  # `revision` when no recipe held it yet: those keys stay valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A chunk with the scores that found it: see core.types.Hit."""

    chunk: Chunk
    similarity: float | None = None
    lexical_score: float | None = None
    fused_score: float | None = None


def check(retrieval: Retrieval, chunking: Chunking) -> None:
    """Errors: BadInput for an invalid retrieval or chunking."""
    chunkers.check(chunking)
    if retrieval.retriever not in RETRIEVERS:
        raise BadInput(
            f"There is no retriever called {retrieval.retriever!r}; "
            f"known are: {', '.join(RETRIEVERS)}."
        )
    if retrieval.uses_embedder:
        indexes.check(retrieval.index)
    if retrieval.candidates < 1:
        raise BadInput(f"Candidates are {retrieval.candidates}; there must be at least 1.")
    if retrieval.top_k < 1:
        raise BadInput(f"Top k is {retrieval.top_k}; it must be at least 1.")
    if retrieval.top_k > retrieval.candidates:
        raise BadInput(
            f"Top k is {retrieval.top_k}, but only {retrieval.candidates} candidates are fetched; "
            "lower top k or fetch more candidates."
        )
    reading.check(retrieval.read)
    if retrieval.budget < 0:
        raise BadInput(
            f"The context budget is {retrieval.budget} tokens; it must be at least 0, which is"
            " without a limit."
        )


def candidates(
    similar: Sequence[tuple[Chunk, float]] | None,
    lexical: Sequence[tuple[Chunk, float]] | None,
    count: int,
) -> list[Candidate]:
    """The `count` best of what was found by similarity and by words, best first in each list;
    None for a search that was not made.

    Two lists are fused by rank: a chunk's score is the sum of 1 / (60 + its rank) over the lists
    that hold it; equal scores stand in the order of similarity. Source: Cormack, Clarke and
    Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods"
    (SIGIR 2009).
    """
    cosines, matches = dict(similar or ()), dict(lexical or ())
    fused: dict[Chunk, float] = {}
    for found in (cosines, matches):
        for place, chunk in enumerate(found, start=1):
            fused[chunk] = fused.get(chunk, 0) + 1 / (FUSION + place)
    both = similar is not None and lexical is not None
    return [
        Candidate(
            chunk=chunk,
            similarity=cosines.get(chunk),
            lexical_score=matches.get(chunk),
            fused_score=fused[chunk] if both else None,
        )
        for chunk in sorted(fused, key=lambda chunk: -fused[chunk])[:count]
    ]


def revision() -> str | None:
    """What rank fusion does, as a hash of what it makes of two fixed lists; None where that is
    what it did before recipes held it."""
    chunks = [Chunk(paper_id="probe", start=at, end=at + 1, text=str(at)) for at in range(30)]
    similar = [(chunk, 0.9) for chunk in chunks[:20]]
    lexical = [(chunk, 7.0) for chunk in chunks[:9:-1]]
    made = [
        [(found.chunk.start, found.fused_score) for found in candidates(similar, lexical, count)]
        for count in (5, 30)
    ]
    does = digest(made)
    return None if does == FUSED_FIRST else does


def order(found: int, scores: Sequence[float] | None) -> list[int]:
    """Which of `found` candidates stands first, second, ...: by score, equal ones as they were."""
    return sorted(range(found), key=lambda at: 0 if scores is None else -scores[at])


def rank(
    found: Sequence[Candidate],
    scores: Sequence[float] | None,
    retrieval: Retrieval,
    papers: Mapping[str, Paper],
    *,
    embedder_reads: Sequence[int] | None = None,
    reranker_reads: Sequence[int] | None = None,
) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """All candidates in their final order, and the hits: the first `top_k` of them without those
    that are switched off. Nothing moves up in their place.

    `found` holds the candidates, best first; scores and characters read stand in the same order.
    Without scores that order stays, and equal scores keep it.
    """
    nothing = [None] * len(found)
    columns = zip(
        found,
        nothing if scores is None else scores,
        nothing if embedder_reads is None else embedder_reads,
        nothing if reranker_reads is None else reranker_reads,
        strict=True,
    )
    hits = [
        Hit(
            chunk=candidate.chunk,
            title=papers[candidate.chunk.paper_id].title,
            pages=papers[candidate.chunk.paper_id].pages_of(
                candidate.chunk.start, candidate.chunk.end
            ),
            ocr=papers[candidate.chunk.paper_id].is_ocr(candidate.chunk.start, candidate.chunk.end),
            similarity=candidate.similarity,
            lexical_score=candidate.lexical_score,
            fused_score=candidate.fused_score,
            rank_before=place,
            rerank_score=score,
            rank=place,
            embedder_reads=embedder_read,
            reranker_reads=reranker_read,
        )
        for place, (candidate, score, embedder_read, reranker_read) in enumerate(columns, start=1)
    ]
    ranked = tuple(
        replace(hits[at], rank=place) for place, at in enumerate(order(len(hits), scores), start=1)
    )
    used = ranked[: retrieval.top_k]
    return ranked, tuple(hit for hit in used if hit.chunk.span not in retrieval.switched_off)
