"""How good a retrieval is: gold spans against retrieved ones, in characters and in ranks. Pure.

Gold is always characters of a paper, never a chunk, so a number survives another way of cutting.
Each character of gold counts once, however many gold spans hold it. What is not defined (recall
without gold, ranks without a relevant chunk) is None, never 0 and never NaN.

Sources: the character measures are those of Chroma's report "Evaluating Chunking Strategies for
Retrieval" (Smith and Troynikov, 2024); the rank measures are trec_eval's, computed by ir-measures.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.types import Chunk, Span, file_id_of

if TYPE_CHECKING:
    from ir_measures import Measure

GRADED_NDCG, GRADED_RECALL = 10, 100  # where BEIR's two measures are cut
COVERED = 0.5  # a chunk that covers this share of a gold span is relevant

Place = Span | Chunk
Ranges = dict[str, list[tuple[int, int]]]  # for each paper: ascending, apart from each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Shares (0..1) of characters. `recall`: of the gold, what was retrieved. `precision`: of what
    was retrieved, repeated text counted each time, what is gold. `iou`: of both together, what is
    both."""

    recall: float
    precision: float
    iou: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """trec_eval's measures (0..1) of a ranked list of chunks, cut at k but for the reciprocal rank:
    `hit` whether a relevant chunk is among the first k, `recall` how many of all relevant ones
    are, `reciprocal_rank` 1 / the place of the first one anywhere in the list (its mean over
    questions is the MRR), `ndcg` with a gain of 1 for each."""

    hit: float
    recall: float
    reciprocal_rank: float
    ndcg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """trec_eval's measures (0..1) of ranked documents whose relevance is graded: `ndcg` of the
    first 10, with a document's grade as its gain; `recall` how many of all relevant documents
    (grade 1 or more) are among the first 100."""

    ndcg: float
    recall: float


def overlap(gold: Sequence[Place], retrieved: Sequence[Place]) -> Overlap | None:
    """None without gold. Nothing retrieved: all three are 0.

    With U the gold characters that were retrieved: recall = |U| / |gold|, precision =
    |U| / sum of the lengths retrieved, iou = |U| / (that sum + the gold that was missed).
    """
    return best_overlap([gold], retrieved)


def best_overlap(
    alternatives: Sequence[Sequence[Place]], retrieved: Sequence[Place]
) -> Overlap | None:
    """As `overlap`, where each alternative answers alone: recall and what was missed are those of
    the alternative of which most was retrieved, and the text of every alternative is gold."""
    found = [each for gold in alternatives if (each := _held(gold, retrieved))]
    if not found:
        return None
    common, size = max(found, key=lambda each: (each[0] / each[1], -each[1]))
    every = [span for gold in alternatives for span in gold]
    hit = _length(_common(_merged(every), _merged(retrieved)))
    read = characters(retrieved)
    return Overlap(
        recall=common / size,
        precision=hit / read if read else 0.0,
        iou=hit / (read + size - common),
    )


def _held(gold: Sequence[Place], retrieved: Sequence[Place]) -> tuple[int, int] | None:
    """How many characters of gold were retrieved, and how many there are; None without gold."""
    wanted = _merged(gold)
    size = _length(wanted)
    return (_length(_common(wanted, _merged(retrieved))), size) if size else None


def precision_omega(gold: Sequence[Place], chunks: Iterable[Place]) -> float | None:
    """The precision (0..1) of a perfect search over these chunks, all that there are: it takes
    every chunk that touches gold and no other. Checks a way of cutting without an embedder.

    |gold in those chunks| / (|their union| + gold that lies in no chunk). None without gold.
    """
    wanted = _merged(gold)
    size = _length(wanted)
    if not size:
        return None
    union = _merged(chunk for chunk in chunks if _touches(chunk, wanted))
    common = _length(_common(wanted, union))
    return common / (_length(union) + size - common)


def of_other_readings(gold: Iterable[Place], paper_ids: Collection[str]) -> bool:
    """Whether some of the gold stands in papers that are among these in another reading alone."""
    away = {file_id_of(span.paper_id) for span in gold if span.paper_id not in paper_ids}
    return bool(away) and any(file_id_of(each) in away for each in paper_ids)


def relevant(chunk: Place, gold: Iterable[Place]) -> bool:
    """Whether the chunk covers at least half of a gold span, or lies in one."""
    for span in gold:
        if span.paper_id == chunk.paper_id:
            shared = min(chunk.end, span.end) - max(chunk.start, span.start)
            if shared > 0 and shared >= min(
                COVERED * (span.end - span.start), chunk.end - chunk.start
            ):
                return True
    return False


def ranking(
    gold: Sequence[Place], ranked: Sequence[Place], chunks: Iterable[Place], k: int
) -> Ranking | None:
    """`ranked`: what was found, best first; a chunk that comes twice counts where it comes first.
    `chunks`: all chunks that could have been found. None if no chunk of all is relevant (there is
    no gold, or no chunk holds enough of any)."""
    from ir_measures import RR, R, Success, nDCG

    wanted = {_name(chunk) for chunk in chunks if relevant(chunk, gold)}
    if not wanted:
        return None
    order = list(dict.fromkeys(map(_name, ranked)))
    hit, recall, first, ndcg = _measured(
        [Success @ k, R @ k, RR, nDCG @ k], dict.fromkeys(wanted, 1), order
    )
    return Ranking(hit=hit, recall=recall, reciprocal_rank=first, ndcg=ndcg)


def best_ranking(
    alternatives: Sequence[Sequence[Place]],
    ranked: Sequence[Place],
    chunks: Sequence[Place],
    k: int,
) -> Ranking | None:
    """As `ranking`, where each alternative answers alone: each measure is that of the alternative
    for which it is highest. None if no chunk is relevant to any."""
    found = [each for gold in alternatives if (each := ranking(gold, ranked, chunks, k))]
    if not found:
        return None
    return Ranking(
        hit=max(each.hit for each in found),
        recall=max(each.recall for each in found),
        reciprocal_rank=max(each.reciprocal_rank for each in found),
        ndcg=max(each.ndcg for each in found),
    )


def graded(relevance: Mapping[str, int], ranked: Sequence[str]) -> Graded:
    """`relevance`: the grades of documents by their id, one at least above 0; `ranked`: the ids of
    what was found, best first, each once."""
    from ir_measures import R, nDCG

    ndcg, recall = _measured([nDCG @ GRADED_NDCG, R @ GRADED_RECALL], relevance, ranked)
    return Graded(ndcg=ndcg, recall=recall)


def characters(retrieved: Iterable[Place]) -> int:
    """How much text that is, overlaps counted each time: the price of a better recall."""
    return sum(place.end - place.start for place in retrieved)


def never_seen(lengths: Sequence[int], reads: Sequence[int]) -> float | None:
    """The share (0..1) of all chunks that a model never read: `lengths` of the chunks and how much
    of each the model reads, both in tokens or both in characters. None without text."""
    whole = sum(lengths)
    if not whole:
        return None
    unread = (max(0, length - read) for length, read in zip(lengths, reads, strict=True))
    return sum(unread) / whole


def _measured(
    measures: Sequence["Measure"], relevance: Mapping[str, int], order: Sequence[str]
) -> list[float]:
    """Each measure of these names, best first, for one question."""
    import ir_measures

    # The scores only say the order, so that no two of them are equal: trec_eval would break such
    # a tie by the names.
    found = {name: float(len(order) - place) for place, name in enumerate(order)}
    measured = ir_measures.calc_aggregate(
        measures,
        {"question": dict(relevance)},
        {"question": found or {"nothing found": 0.0}},
    )
    return [measured[measure] for measure in measures]


def _name(place: Place) -> str:
    return f"{place.paper_id}:{place.start}-{place.end}"


def _merged(places: Iterable[Place]) -> Ranges:
    """The characters of these places, each once."""
    ranges: Ranges = {}
    for place in sorted(places, key=lambda each: (each.start, each.end)):
        if place.end > place.start:
            known = ranges.setdefault(place.paper_id, [])
            if known and place.start <= known[-1][1]:
                known[-1] = known[-1][0], max(known[-1][1], place.end)
            else:
                known.append((place.start, place.end))
    return ranges


def _touches(place: Place, ranges: Ranges) -> bool:
    known = ranges.get(place.paper_id, ())
    return any(start <= place.end and place.start <= end for start, end in known)


def _common(one: Ranges, other: Ranges) -> Ranges:
    """The characters of both."""
    found: Ranges = {}
    for paper_id in one.keys() & other.keys():
        shared = [
            (max(start, first), min(end, last))
            for start, end in one[paper_id]
            for first, last in other[paper_id]
            if max(start, first) < min(end, last)
        ]
        if shared:
            found[paper_id] = shared
    return found


def _length(ranges: Ranges) -> int:
    return sum(end - start for some in ranges.values() for start, end in some)
