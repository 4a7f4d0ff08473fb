"""Where a question's gold is in what a search found: for people who look at one question. Pure.

What counts as found is what an evaluation counts (`retrieval.relevant`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.labels import counted
from core.metrics import retrieval
from core.metrics.retrieval import Place
from core.types import Alternatives, Chunk, Evidence, Span, spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one chunk holds of it: the share (above 0, at most 1) of the gold's characters, and how
    many of the `passages` lie in the chunk from end to end."""

    share: float
    whole: int
    passages: int

    def __str__(self) -> str:
        """holds the gold passage; 63 % of the gold"""
        if self.whole == self.passages:
            one = self.passages == 1
            return f"holds {'the gold passage' if one else f'all {self.passages} gold passages'}"
        if self.whole:
            return f"holds {self.whole} of {self.passages} gold passages"
        return f"{_per_cent(self.share)} of the gold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What became of it. `rank`: of the best candidate that counts as found, and `used`: of the
    best one that the answer was given; None where there is none. `share` (0..1) is what lies of
    the gold's characters in all that the answer was given; with several `alternatives`, of the one
    of which most does."""

    passages: int
    alternatives: int = 1
    rank: int | None
    used: int | None
    share: float

    @property
    def missed(self) -> bool:
        """Whether the answer was given nothing that counts as found."""
        return self.used is None

    def said(self, candidates: int, top_k: int) -> str:
        """In a sentence without a full stop; `candidates` were found, `top_k` asked for."""
        one = self.passages == 1
        what = "The gold passage" if one else f"Gold ({self.passages} passages)"
        part = "of it is" if one else "of it in all is"
        if self.alternatives > 1:
            what = f"Gold ({self.alternatives} alternatives, any one counts)"
            part = "of one is"
        share = f"{_per_cent(self.share)} {part} in the chunks used"
        if self.used is not None:
            said = f"{what} was found, rank {self.used}"
            return said if self.share == 1 else f"{said}; {share}"
        if self.rank is None:
            said = f"{what} is not among the {counted(candidates, 'candidate')}"
            return f"{said}; only {share}" if self.share else said
        said = f"{what} is among the candidates, rank {self.rank}"
        if self.rank > top_k:
            return f"{said}, cut off at top {top_k}"
        return f"{said}, but was left out of the prompt"


def held(gold: Alternatives, chunk: Place) -> Held | None:
    """What a chunk holds of the alternative of which it holds most. None where nothing of the gold
    lies in the chunk, or there is none."""
    found = [each for spans in gold if (each := _held(spans, chunk))]
    return max(found, key=lambda each: each.share, default=None)


def _held(gold: Sequence[Span], chunk: Place) -> Held | None:
    common = retrieval.overlap(gold, [chunk])
    if common is None or not common.recall:
        return None
    whole = [
        span
        for span in gold
        if span.paper_id == chunk.paper_id and chunk.start <= span.start and span.end <= chunk.end
    ]
    return Held(share=common.recall, whole=len(whole), passages=len(gold))


def sought(gold: Alternatives, evidence: Evidence) -> Sought | None:
    """What became of the gold in a search. None without gold."""
    common = retrieval.best_overlap(gold, [hit.passage for hit in evidence.passages])
    if common is None:
        return None
    every = spans_of(gold)
    return Sought(
        passages=len(every),
        alternatives=len(gold),
        rank=_best(every, [(hit.rank, hit.chunk) for hit in evidence.candidates]),
        used=_best(every, [(hit.rank, hit.passage) for hit in evidence.hits]),
        share=common.recall,
    )


def within(gold: Sequence[Span], chunk: Place) -> list[tuple[int, int]]:
    """The parts of the chunk's text that are gold, as offsets into that text, ascending; those
    that touch or overlap are one."""
    parts: list[tuple[int, int]] = []
    for span in sorted(gold, key=lambda each: each.start):
        start, end = max(span.start, chunk.start), min(span.end, chunk.end)
        if span.paper_id != chunk.paper_id or start >= end:
            continue
        start, end = start - chunk.start, end - chunk.start
        if parts and start <= parts[-1][1]:
            parts[-1] = parts[-1][0], max(parts[-1][1], end)
        else:
            parts.append((start, end))
    return parts


def _best(gold: Sequence[Span], places: Sequence[tuple[int, Chunk]]) -> int | None:
    """The best rank of those that count as found."""
    return min((rank for rank, place in places if retrieval.relevant(place, gold)), default=None)


def _per_cent(share: float) -> str:
    """63 %; never rounded to nothing or to all."""
    if share < 0.01:
        return "less than 1 %"
    return f"{min(round(100 * share), 99)} %"
