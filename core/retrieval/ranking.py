"""From what was found to hits: two lists fused, reranked if there are scores, cut to the best, some
switched off.

Pure: knows no model, no index and no store.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from core import chunkers, indexes, rewritings
from core.errors import BadInput
from core.retrieval import reading
from core.types import (
    RETRIEVERS,
    Chunk,
    Chunking,
    Hit,
    Paper,
    Prefix,
    Retrieval,
    digest,
    filter_from_link,
)

if TYPE_CHECKING:
    import numpy as np

FUSION = 60  # how little the first places count more than the next, as Cormack et al. found best
FUSED_FIRST = "8b0220f0000d0f7c"  # `revision` when no recipe held it yet: those keys stay valid


Found = tuple[Chunk, float]


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
    if retrieval.prefix not in get_args(Prefix):
        raise BadInput(
            f"The prefix is {retrieval.prefix!r}; known are: {', '.join(get_args(Prefix))}."
        )
    filter_from_link(retrieval.where)
    rewritings.check(retrieval.rewrite)
    if not 0 <= retrieval.variety <= 1:
        raise BadInput(f"The variety is {retrieval.variety:g}; it must be from 0 to 1.")
    if retrieval.variety and not retrieval.uses_embedder:
        raise BadInput(
            "Variety compares vectors, and bm25 alone has none; choose dense or hybrid, or variety"
            " 0."
        )
    if retrieval.at_most < 0:
        raise BadInput(
            f"At most {retrieval.at_most} passages a paper cannot be used; 0 is any number."
        )
    if retrieval.budget < 0:
        raise BadInput(
            f"The context budget is {retrieval.budget} tokens; it must be at least 0, which is"
            " without a limit."
        )


def joined(lists: Sequence[Sequence[Found]]) -> list[Found] | None:
    """What several queries found in one list, by reciprocal rank fusion as in `candidates`, each
    chunk with its best score; a single list as it is, None without any."""
    if len(lists) < 2:
        return list(lists[0]) if lists else None
    fused: dict[Chunk, float] = {}
    best: dict[Chunk, float] = {}
    for found in lists:
        for place, (chunk, score) in enumerate(found, start=1):
            fused[chunk] = fused.get(chunk, 0) + 1 / (FUSION + place)
            best[chunk] = max(score, best.get(chunk, score))
    return [(chunk, best[chunk]) for chunk in sorted(fused, key=lambda chunk: -fused[chunk])]


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


def varied(
    order: Sequence[int],
    relevance: Sequence[float],
    likeness: "np.ndarray",
    variety: float,
) -> list[int]:
    """The same candidates, each time the one that is relevant and unlike those taken before:
    maximal marginal relevance, (1 - variety) * relevance - variety * its largest likeness to any of
    these; equal ones as they stood. `likeness` are cosines, shape (candidates, candidates).
    Source: Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking" (SIGIR 1998).
    """
    left, taken = list(order), list[int]()
    closest = dict.fromkeys(order, 0.0)
    while left:
        best = max(left, key=lambda at: (1 - variety) * relevance[at] - variety * closest[at])
        left.remove(best)
        taken.append(best)
        for at in left:
            like = float(likeness[at, best])
            closest[at] = like if len(taken) == 1 else max(closest[at], like)
    return taken


def spread(order: Sequence[int], papers: Sequence[str], at_most: int) -> tuple[list[int], int]:
    """The order with the first `at_most` of each paper before the others (0: as it is), and how
    many these are. `papers`: whose each candidate is."""
    if not at_most:
        return list(order), len(order)
    counts: Counter[str] = Counter()
    first, behind = list[int](), list[int]()
    for at in order:
        counts[papers[at]] += 1
        (first if counts[papers[at]] <= at_most else behind).append(at)
    return first + behind, len(first)


def relevance(found: Sequence[Candidate], scores: Sequence[float] | None) -> list[float]:
    """How relevant each candidate is, comparable with cosines: the reranker's score (0..1), else
    the fused score as a share of the best one, else the similarity."""
    if scores is not None:
        return list(scores)
    fused = [candidate.fused_score or 0.0 for candidate in found]
    if best := max(fused, default=0.0):
        return [score / best for score in fused]
    return [candidate.similarity or 0.0 for candidate in found]


def rank(
    found: Sequence[Candidate],
    scores: Sequence[float] | None,
    retrieval: Retrieval,
    papers: Mapping[str, Paper],
    *,
    embedder_reads: Sequence[int] | None = None,
    reranker_reads: Sequence[int] | None = None,
    likeness: "np.ndarray | None" = None,
) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """All candidates in their final order, and the hits: the first `top_k` of them without those
    that are switched off. Nothing moves up in their place.

    `found` holds the candidates, best first; scores and characters read stand in the same order.
    Without scores that order stays, and equal scores keep it. `likeness` as that of `varied`, where
    variety is wanted.
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
    places = order(len(hits), scores)
    if likeness is not None:
        places = varied(places, relevance(found, scores), likeness, retrieval.variety)
    whose = [candidate.chunk.paper_id for candidate in found]
    places, allowed = spread(places, whose, retrieval.at_most)
    ranked = tuple(replace(hits[at], rank=place) for place, at in enumerate(places, start=1))
    used = ranked[: min(retrieval.top_k, allowed)]
    return ranked, tuple(hit for hit in used if hit.chunk.span not in retrieval.switched_off)
