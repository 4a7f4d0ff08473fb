"""Means over many answers that a judge judged, corrected by the few that people graded. Pure.

Source: prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, "Prediction-
powered inference", 2023) with the weight of PPI++ (Angelopoulos, Duchi and Zrnic, "PPI++: efficient
prediction-powered inference", 2023). Of n graded answers (grade y, judge's f) and N that were only
judged, the mean is estimated by

    weight * mean of the N judged + mean of (y - weight * f) over the n graded.

Their interval is the normal one and covers far too seldom with few grades near the ends of the
scale. Here both means get Gaffke's interval (see core/metrics/statistics.py), which holds there,
and their chance is added: docs/decisions/0040-grades-and-a-judge.md. That this covers is shown by
simulation (benchmarks/judges.py), not proved: the weight is found in the same grades, and the
narrower of two intervals is taken.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.metrics.statistics import LEVEL, SAME, Interval, Table, reweighted

GRADES, JUDGED = 0, 1  # seeds: the two means were measured on different answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A mean that a judge helped to find, `interval` (its n: the grades). `weight`: how much the
    judge counts, 0 (not at all) to 1. `alone`: the same kind of interval with the grades alone.
    `worth`: how many grades alone would give an interval as narrow, never less than there are.
    `uncorrected`: the judge's own mean over all that it judged."""

    interval: Interval
    alone: Interval
    weight: float
    worth: int
    judged: int
    uncorrected: float

    @property
    def sentence(self) -> str:
        if self.worth <= self.interval.n:
            return f"This judge adds nothing to {self.interval.n} grades."
        return f"{self.interval.n} grades and this judge are worth {self.worth} grades."


def weights(grades: ArrayLike, guesses: ArrayLike, judged: ArrayLike) -> Table:
    """The weight of the judge that makes the variance smallest, shape (columns,): of PPI++ for a
    mean, cov(y, f) / ((1 + n / N) var(f)), var(f) over all that was judged, kept within 0 and 1.
    0 where the judge or the grades do not vary, and where the two run against each other. Shapes
    as for `corrected`."""
    y, f, others = _columns(grades), _columns(guesses), _columns(judged)
    both = ((y - y.mean(axis=0)) * (f - f.mean(axis=0))).mean(axis=0)
    spread = np.concatenate([f, others]).var(axis=0, ddof=1)
    found = both / np.where(spread > SAME, (1 + len(y) / len(others)) * spread, np.inf)
    return np.clip(found, 0.0, 1.0)


def corrected(
    grades: ArrayLike,
    guesses: ArrayLike,
    judged: ArrayLike,
    least: float = 0.0,
    most: float = 1.0,
) -> list[Corrected]:
    """Each column's mean with its 95 % interval. `grades` and `guesses` (the judge of the same
    answers), shape (n,) or (n, columns); `judged`, shape (N,) or (N, columns), answers that were
    only judged; all lie from `least` to `most`. The graded answers must be a random part of all.

    A paired difference is a mean too: give differences, from -1 to 1.
    Errors: ValueError for fewer than two grades, nothing judged, values beyond the ends or NaN, and
    shapes that do not fit.
    """
    y, f, others = _columns(grades), _columns(guesses), _columns(judged)
    _check(y, f, others, least, most)
    weight = weights(y, f, others)
    seen, unseen = reweighted(y, GRADES)
    low, high = _ends(seen + least * unseen, seen + most * unseen)
    # An unseen answer is as bad as can be where its grade is lowest and the judge's highest.
    seen_guesses, _ = reweighted(f, GRADES)
    rest, rest_unseen = reweighted(others, JUDGED)
    middle = seen + weight * (rest - seen_guesses)
    powered_low, powered_high = _ends(
        middle + (least - weight * most) * unseen + weight * least * rest_unseen,
        middle + (most - weight * least) * unseen + weight * most * rest_unseen,
    )
    mean = y.mean(axis=0) + weight * (others.mean(axis=0) - f.mean(axis=0))
    powered_low, powered_high = np.maximum(powered_low, least), np.minimum(powered_high, most)
    helps = powered_high - powered_low < high - low
    worth = len(y) * ((high - low) / (powered_high - powered_low)) ** 2
    return [
        Corrected(
            interval=_interval(mean[i], powered_low[i], powered_high[i], len(y))
            if helps[i]
            else _interval(y[:, i].mean(), low[i], high[i], len(y)),
            alone=_interval(y[:, i].mean(), low[i], high[i], len(y)),
            weight=float(weight[i]) if helps[i] else 0.0,
            worth=int(worth[i]) if helps[i] else len(y),
            judged=len(others),
            uncorrected=float(np.concatenate([f[:, i], others[:, i]]).mean()),
        )
        for i in range(y.shape[1])
    ]


def _ends(lower: Table, upper: Table) -> tuple[Table, Table]:
    tail = (1 - LEVEL) / 2
    return np.quantile(lower, tail, axis=0), np.quantile(upper, 1 - tail, axis=0)


def _interval(mean: float, low: float, high: float, n: int) -> Interval:
    """The estimate may lie beyond the ends of the scale, and so beside the interval, by chance."""
    return Interval(mean=float(np.clip(mean, low, high)), low=float(low), high=float(high), n=n)


def _columns(values: ArrayLike) -> Table:
    table = np.asarray(values, float)
    return table[:, None] if table.ndim == 1 else table


def _check(y: Table, f: Table, others: Table, least: float, most: float) -> None:
    if len(y) < 2:
        raise ValueError("a judge is corrected by two grades at least")
    if not len(others):
        raise ValueError("there is no answer that was only judged")
    if y.shape != f.shape or y.shape[1:] != others.shape[1:]:
        raise ValueError("each grade stands beside the judge's of the same answer")
    for each in (y, f, others):
        if not np.isfinite(each).all():
            raise ValueError("an answer without a grade or a judgement cannot count; leave it out")
        if each.min() < least - SAME or each.max() > most + SAME:
            raise ValueError(f"grades and judgements are said to lie from {least:g} to {most:g}")
