"""How far several people agree: Krippendorff's alpha. Pure.

Source: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): 1 less the observed over
the expected disagreement, both from the coincidences of values within units. The interval resamples
units (Zapf, Castell, Morawietz and Karch, "Measuring inter-rater reliability for nominal data:
which coefficients and confidence intervals are appropriate?", 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.metrics.statistics import LEVEL, RESAMPLES, Table

Scale = Literal["nominal", "ordinal", "interval"]
ENOUGH_UNITS = 10  # fewer have no interval worth the name


@dataclass(frozen=True, slots=True, kw_only=True)
class Alpha:
    """1: all agree; 0: as chance would; below 0: worse than chance. With its 95 % interval over
    `units`, those that at least two people graded."""

    alpha: float
    low: float
    high: float
    units: int


def alpha(units: Sequence[Sequence[float | None]], scale: Scale) -> Alpha:
    """Krippendorff's alpha of `units`: of each what each grader said, None where nothing. Names
    (left, tie, right) are numbered by who calls, in their order where the scale is ordinal.

    Errors: ValueError where fewer than 10 units have two grades, and where all grades are equal:
    without differences nobody can be seen to agree.
    """
    said = [[value for value in unit if value is not None] for unit in units]
    paired = [unit for unit in said if len(unit) > 1]
    if len(paired) < ENOUGH_UNITS:
        raise ValueError(
            f"agreement needs {ENOUGH_UNITS} answers that two people graded, not {len(paired)}"
        )
    values = np.unique([value for unit in paired for value in unit])
    if not np.isfinite(values).all():
        raise ValueError("a grade is a number; leave out what is none")
    if len(values) < 2:
        raise ValueError("all grades are equal, so agreement cannot be told from habit")
    counts = np.array([[unit.count(value) for value in values] for unit in paired], float)
    apart = counts.sum(axis=1, keepdims=True) - 1
    found = float(_alphas(np.ones((1, len(counts))), counts, apart, values, scale)[0])
    chance = np.random.default_rng(0)
    drawn = chance.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLES)
    spread = _alphas(drawn.astype(float), counts, apart, values, scale)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(spread, [tail, 1 - tail])
    return Alpha(
        alpha=found, low=min(float(low), found), high=max(float(high), found), units=len(counts)
    )


def _alphas(drawn: Table, counts: Table, apart: Table, values: Table, scale: Scale) -> Table:
    """Alpha of each draw of units, shape (draws,), from how often each unit is in it, shape
    (draws, units). A draw whose grades are all equal counts as 1: nobody differs in it."""
    totals = drawn @ counts
    outer = counts[:, :, None] * counts[:, None, :] / apart[:, :, None]
    coincidences = np.einsum("du,uab->dab", drawn, outer)
    distance = _distance(totals, values, scale)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    expected /= totals.sum(axis=1) - 1
    return 1 - np.divide(observed, expected, out=np.zeros_like(observed), where=expected > 0)


def _distance(totals: Table, values: Table, scale: Scale) -> Table:
    """Squared distances of values, shape (draws, values, values); 0 of a value with itself, so the
    pairs of a grade with itself need not be taken out."""
    if scale == "nominal":
        return np.broadcast_to(1 - np.eye(len(values)), (len(totals), len(values), len(values)))
    # Ordinal: how many grades lie between two values, half of those at either end.
    place = np.cumsum(totals, axis=1) - totals / 2 if scale == "ordinal" else values[None, :]
    return np.asarray((place[:, :, None] - place[:, None, :]) ** 2)
