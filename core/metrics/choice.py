"""Which setting a study recommends: the cheapest that is shown to be no worse than the best. Pure.

Not shown to be worse is not shown to be no worse: a setting that merely ties with the leader is
recommended only where the study rules out that it loses more than the margin, and so is the leader
itself, which may lead by chance. See docs/decisions/0024-no-worse.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.metrics import statistics

MARGIN = 0.05  # of recall, which a cheaper setting may be behind the leader, unless said otherwise
TOO_FEW = 20  # questions; from fewer no choice is drawn

# What a study says of a setting: it found most; it is shown to be no worse than the leader by more
# than the margin; it is shown to be worse; or neither is shown.
Standing = Literal["leader", "no worse", "worse", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Settings by their numbers. `tied` have no significant difference from the leader; `winner` is
    the leader if nothing ties with it, else None; `recommended` costs least of the leader and what
    is no worse, None where the leader is no winner and may be behind by more than the margin. Of
    few questions both are None. `at_worst` and `needed` as in core.metrics.statistics.Bounds."""

    leader: int
    tied: tuple[int, ...]
    winner: int | None
    recommended: int | None
    standings: tuple[Standing, ...]
    at_worst: tuple[float, ...]
    needed: tuple[int | None, ...]


def choose(values: ArrayLike, costs: Sequence[float], margin: float = MARGIN) -> Choice:
    """`values` as in core.metrics.statistics, from 0 to 1; `costs`: one for each setting."""
    table = np.asarray(values, float)
    ties = statistics.tied_with_best(table)
    bounds = statistics.bounds(table, ties.best, margin)
    standings = tuple(
        _standing(number, ties, bound, margin) for number, bound in enumerate(bounds.at_worst)
    )
    fit = [number for number, each in enumerate(standings) if each == "no worse"]
    enough = len(table) >= TOO_FEW
    sure = enough and (ties.winner is not None or bounds.at_worst[ties.best] > -margin)
    return Choice(
        leader=ties.best,
        tied=ties.settings,
        winner=ties.winner if enough else None,
        recommended=min([ties.best, *fit], key=lambda each: costs[each]) if sure else None,
        standings=standings,
        at_worst=bounds.at_worst,
        needed=bounds.needed,
    )


def _standing(number: int, ties: statistics.Ties, at_worst: float, margin: float) -> Standing:
    if number == ties.best:
        return "leader"
    if at_worst > -margin:
        return "no worse"
    return "undecided" if number in ties.settings else "worse"
