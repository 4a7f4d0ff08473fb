"""From every question under every setting to what a choice needs: means with intervals, who ties
with the best, and the cheapest of them. Pure.

Settings are compared by the recall of gold characters, on the questions that have gold; what a
setting costs stands beside it, for more text always recalls more.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.labels import counted
from core.metrics import statistics
from core.metrics.retrieval import Overlap, Ranking, never_seen
from core.metrics.statistics import Difference, Interval

# Recalls that differ by less are counted as a tie: between two chunks, white space of the gold is
# lost, and that is no loss.
ALIKE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuestion:
    """One question under one setting. `ranking` is None where no chunk of that cutting holds
    enough of the gold. `found_characters` is the length of all candidates, `read_characters` how
    much of that the embedder read, None where there was none."""

    overlap: Overlap
    ranking: Ranking | None
    context_tokens: int
    context_characters: int
    found_characters: int
    read_characters: int | None
    seconds: float  # of the search and the reranking


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Means of the rank measures; their `n` is of the questions where they are defined."""

    hit: Interval
    recall: Interval
    mrr: Interval
    ndcg: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingOutcome:
    """One setting. `context_tokens` and `context_characters` are means a question, `seconds` is the
    median, since the first search of a session also loads what it needs. `never_seen` is the share
    of the candidates' text behind the embedder's window, None without an embedder. `difference` is
    to the base setting, None for itself and without one. `tied`: it cannot be told from the best.
    """

    label: str
    recall: Interval
    precision: Interval
    iou: Interval
    ranks: Ranks | None
    context_tokens: float
    context_characters: float
    seconds: float
    never_seen: float | None
    difference: Difference | None
    tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All settings in their order; the others are numbers of settings. `winner` is None as long as
    several tie. Then the question is whether the best is worth more than its `rival`, the cheapest
    of them in tokens, or the next best one where it is the cheapest itself: about `more` questions
    like these would tell. Both are None where all that tie are alike."""

    outcomes: tuple[SettingOutcome, ...]
    base: int | None
    best: int
    tied: tuple[int, ...]
    winner: int | None
    cheapest_by_tokens: int
    cheapest_by_seconds: int
    rival: int | None
    more: int | None

    @property
    def verdict(self) -> str:
        """The choice in one sentence."""
        if len(self.outcomes) == 1:
            return "One setting alone has nothing to be compared with."
        best = self.outcomes[self.best].label
        if self.winner is not None:
            return f"“{best}” is better than every other setting."
        if self.rival is None:
            tail = "on these questions they are alike"
        else:
            rival = self.outcomes[self.rival].label
            cheapest = "the cheapest of them, " if self.rival == self.cheapest_by_tokens else ""
            tail = f"“{best}” and “{rival}” would be told apart if they stood alone"
            if self.more:
                tail = f"about {counted(self.more, 'more question')} would tell “{best}” from"
                tail += f" {cheapest}“{rival}”"
        return f"No winner yet: {len(self.tied)} settings cannot be told from the best; {tail}."


def summarise(
    labels: Sequence[str], measured: Sequence[Sequence[MeasuredQuestion]], base: int | None = None
) -> Summary:
    """`measured`: for each label a row with every question, all in one order.

    Errors: ValueError without settings or questions, or with rows of unlike length.
    """
    rows = [tuple(row) for row in measured]
    if not rows or not rows[0] or len(rows) != len(labels) or len(set(map(len, rows))) != 1:
        raise ValueError("a summary needs settings, and all questions under each")
    recall = _column(rows, lambda each: each.overlap.recall)
    ties = statistics.tied_with_best(recall)
    tokens = _column(rows, lambda each: each.context_tokens).mean(axis=0)
    seconds = np.median(_column(rows, lambda each: each.seconds), axis=0)
    cheapest = statistics.cheapest(ties.settings, tokens.tolist())
    rival = _rival(recall, ties, cheapest)
    differences = {} if base is None else _differences(recall, base)
    precision = _column(rows, lambda each: each.overlap.precision)
    iou = _column(rows, lambda each: each.overlap.iou)
    intervals = statistics.means(np.hstack([recall, precision, iou]))  # the same resamples for all
    columns = zip(
        labels,
        *_batched(intervals, len(rows)),
        _ranks(rows),
        _column(rows, lambda each: each.context_characters).mean(axis=0),
        strict=True,
    )
    return Summary(
        outcomes=tuple(
            SettingOutcome(
                label=label,
                recall=mean_recall,
                precision=mean_precision,
                iou=mean_iou,
                ranks=ranks,
                context_tokens=float(tokens[number]),
                context_characters=float(characters),
                seconds=float(seconds[number]),
                never_seen=_never_seen(rows[number]),
                difference=differences.get(number),
                tied=number in ties.settings,
            )
            for number, (label, mean_recall, mean_precision, mean_iou, ranks, characters) in (
                enumerate(columns)
            )
        ),
        base=base,
        best=ties.best,
        tied=ties.settings,
        winner=ties.winner,
        cheapest_by_tokens=cheapest,
        cheapest_by_seconds=statistics.cheapest(ties.settings, seconds.tolist()),
        rival=rival,
        more=None
        if rival is None
        else statistics.more_questions(recall[:, ties.best] - recall[:, rival]),
    )


def _never_seen(row: Sequence[MeasuredQuestion]) -> float | None:
    reads = [each.read_characters for each in row if each.read_characters is not None]
    if len(reads) < len(row):
        return None
    return never_seen([each.found_characters for each in row], reads)


def _rival(recall: statistics.Table, ties: statistics.Ties, cheapest: int) -> int | None:
    """The setting of those that tie which the best must be told from; None if all are as good."""
    means = recall.mean(axis=0)
    behind = [each for each in ties.settings if means[ties.best] - means[each] > statistics.SAME]
    if cheapest in behind:
        return cheapest
    return max(behind, key=lambda each: means[each], default=None)


def _differences(recall: statistics.Table, base: int) -> dict[int, Difference]:
    return {each.setting: each for each in statistics.differences(recall, base, ALIKE)}


def _column(
    rows: Sequence[Sequence[MeasuredQuestion]], value: Callable[[MeasuredQuestion], float]
) -> statistics.Table:
    """Shape (questions, settings)."""
    return np.array([[value(each) for each in row] for row in rows], float).T


def _ranks(rows: Sequence[Sequence[MeasuredQuestion]]) -> list[Ranks | None]:
    """For each setting. Those with ranks for the same questions share the resamples, which is what
    makes fifty of them quick."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        alike[bytes(each.ranking is not None for each in row)].append(number)
    found: list[Ranks | None] = [None] * len(rows)
    for numbers in alike.values():
        table = np.hstack([_rank_table(rows[number]) for number in numbers])
        if len(table):
            for number, means in zip(numbers, _batched(statistics.means(table), 4), strict=True):
                hit, recall, mrr, ndcg = means
                found[number] = Ranks(hit=hit, recall=recall, mrr=mrr, ndcg=ndcg)
    return found


def _rank_table(row: Sequence[MeasuredQuestion]) -> statistics.Table:
    """Shape (questions with ranks, 4)."""
    ranked = [each.ranking for each in row if each.ranking]
    values = [(each.hit, each.recall, each.reciprocal_rank, each.ndcg) for each in ranked]
    return np.array(values, float).reshape(-1, 4)


def _batched(intervals: Sequence[Interval], size: int) -> list[Sequence[Interval]]:
    return [intervals[start : start + size] for start in range(0, len(intervals), size)]
