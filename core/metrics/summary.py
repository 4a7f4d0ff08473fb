"""From every question under every setting to what a choice needs: means with intervals, the leader,
and the cheapest setting that is shown to be no worse. Pure.

Settings are compared by the recall of gold characters, on the questions that have gold; what a
setting costs stands beside it, for more text always recalls more.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.labels import counted
from core.metrics import statistics
from core.metrics.choice import MARGIN, TOO_FEW, Standing, choose
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
    to the base setting, None for itself and without one. `tied`: it cannot be told from the leader.
    `at_worst` is how far its recall lies from the leader's at worst, and of the leader how far from
    the others', `needed` about how many questions in all would show it to be no worse than the
    margin allows, None where it lies further behind (statistics.Bounds).
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
    standing: Standing
    at_worst: float
    needed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All settings in their order; the others are numbers of settings, as core.metrics.choice says
    them. `margin` is how far what is recommended may be behind."""

    outcomes: tuple[SettingOutcome, ...]
    base: int | None
    leader: int
    tied: tuple[int, ...]
    winner: int | None
    margin: float
    recommended: int | None

    @property
    def questions(self) -> int:
        return self.outcomes[0].recall.n

    @property
    def too_few(self) -> bool:
        return self.questions < TOO_FEW

    @property
    def cheaper_undecided(self) -> list[int]:
        """What would be recommended instead if it were shown to be no worse, the cheapest first."""
        if self.recommended is None:
            return []
        limit = self.outcomes[self.recommended].context_tokens
        undecided = [
            number
            for number, each in enumerate(self.outcomes)
            if each.standing == "undecided" and each.needed and each.context_tokens < limit
        ]
        return sorted(undecided, key=lambda number: self.outcomes[number].context_tokens)

    @property
    def more(self) -> int:
        """About how many more questions are needed: for any choice, then for a recommendation,
        then to decide the first of what is cheaper; 0 where nothing cheaper is undecided."""
        if self.too_few:
            return TOO_FEW - self.questions
        undecided = [self.leader] if self.recommended is None else self.cheaper_undecided
        needed = [self.outcomes[each].needed or 0 for each in undecided]
        return max(1, min(needed) - self.questions) if needed else 0

    @property
    def verdict(self) -> str:
        """The choice in a few sentences."""
        if len(self.outcomes) == 1:
            return "One setting alone has nothing to be compared with."
        if self.too_few:
            return (
                f"Too few questions to decide: {self.questions}, where {TOO_FEW} are needed at"
                f" least. Add {self.more} or more, and compare again."
            )
        return " ".join([self._led, self._choice, *self._undecided])

    @property
    def _led(self) -> str:
        leader = self.outcomes[self.leader]
        alike = sum(each.recall.mean == leader.recall.mean for each in self.outcomes) - 1
        also = f", as did {counted(alike, 'other setting')}" if alike else ""
        tail = "."
        if self.winner is not None:
            tail = ", more than every other setting."
        elif len(self.tied) > 1:
            others = counted(len(self.tied) - 1, "other setting")
            tail = f"; no significant difference from {others}."
        return (
            f"“{leader.label}” found most of the gold text, {_percent(leader.recall)}{also}{tail}"
        )

    @property
    def _choice(self) -> str:
        allowed = f"{100 * self.margin:g} points"
        leader = self.outcomes[self.leader]
        if self.recommended is None:
            return (
                f"Nothing is recommended yet: it may still be more than {allowed} behind another"
                f" setting; about {counted(self.more, 'more question')} would tell."
            )
        if self.recommended == self.leader:
            cheaper = any(each.context_tokens < leader.context_tokens for each in self.outcomes)
            why = f"no cheaper one is shown to be within {allowed} of it"
            return f"It is recommended: {why if cheaper else 'none costs less to read'}."
        chosen = self.outcomes[self.recommended]
        return (
            f"Recommended: “{chosen.label}”, {chosen.context_tokens:,.0f} tokens instead of"
            f" {leader.context_tokens:,.0f}, shown to be no worse by more than {allowed} (at worst"
            f" {100 * chosen.at_worst:+.1f})."
        )

    @property
    def _undecided(self) -> list[str]:
        """What more questions could still change."""
        undecided = self.cheaper_undecided
        if not undecided:
            return []
        are = "is" if len(undecided) == 1 else "are"
        return [
            f"{counted(len(undecided), 'cheaper setting')} {are} undecided: about"
            f" {counted(self.more, 'more question')} would decide one of them."
        ]


def _percent(interval: Interval) -> str:
    """81.0 % (95 % CI 70.1 to 93.4)."""
    mean, low, high = (100 * each for each in (interval.mean, interval.low, interval.high))
    return f"{mean:.1f} % (95 % CI {low:.1f} to {high:.1f})"


def summarise(
    labels: Sequence[str],
    measured: Sequence[Sequence[MeasuredQuestion]],
    base: int | None = None,
    margin: float = MARGIN,
) -> Summary:
    """`measured`: for each label a row with every question, all in one order. `margin` is how far a
    cheaper setting's recall may lie behind the leader's and still be recommended.

    Errors: ValueError without settings or questions, or with rows of unlike length.
    """
    rows = [tuple(row) for row in measured]
    if not rows or not rows[0] or len(rows) != len(labels) or len(set(map(len, rows))) != 1:
        raise ValueError("a summary needs settings, and all questions under each")
    recall = _column(rows, lambda each: each.overlap.recall)
    tokens = _column(rows, lambda each: each.context_tokens).mean(axis=0)
    seconds = np.median(_column(rows, lambda each: each.seconds), axis=0)
    choice = choose(recall, tokens, margin)
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
                tied=number in choice.tied,
                standing=choice.standings[number],
                at_worst=choice.at_worst[number],
                needed=choice.needed[number],
            )
            for number, (label, mean_recall, mean_precision, mean_iou, ranks, characters) in (
                enumerate(columns)
            )
        ),
        base=base,
        leader=choice.leader,
        tied=choice.tied,
        winner=choice.winner,
        margin=margin,
        recommended=choice.recommended,
    )


def _never_seen(row: Sequence[MeasuredQuestion]) -> float | None:
    reads = [each.read_characters for each in row if each.read_characters is not None]
    if len(reads) < len(row):
        return None
    return never_seen([each.found_characters for each in row], reads)


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
