"""Whether a judge may be believed: held against people, and against rules that need no reading.

A pair of answers is judged in both orders. Intervals of shares are Clopper and Pearson's, which is
what `statistics.means` gives for hits and misses.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.metrics.statistics import Interval, means

Preference = Literal["left", "right", "tie"]
ENOUGH_SHARED = 50  # graded by people and judged: below, a judge is not calibrated
ALWAYS_LONGER = 0.9  # of a judge's preferences, where no person says that they are right


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two answers as a judge saw them: `first`, which it preferred with the left one shown first,
    and `second`, with the right one shown first; both name the answer, not its place. The lengths
    are in one unit, any. `people`: what people prefer, None where nobody graded."""

    first: Preference
    second: Preference
    left_length: int
    right_length: int
    people: Preference | None = None

    @property
    def flipped(self) -> bool:
        """Whether the order decided."""
        return self.first != self.second

    @property
    def verdict(self) -> Preference:
        """A tie where the order decided."""
        return "tie" if self.flipped else self.first

    @property
    def longer(self) -> Preference:
        if self.left_length == self.right_length:
            return "tie"
        return "left" if self.left_length > self.right_length else "right"

    @property
    def by_place(self) -> str | None:
        """The place, A or B, that was preferred in both orders."""
        return {("left", "right"): "A", ("right", "left"): "B"}.get((self.first, self.second))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A judge of `pairs`. `agreement` with people over those they graded, and `base`, what always
    giving people's most frequent preference would reach there; None without any. `flips`: pairs
    whose order decided. `refusals`: a sentence for each reason not to believe it; `caution`: what
    is missing for believing it, or "". Calibrated: neither."""

    pairs: int
    shared: int
    agreement: Interval | None
    base: float | None
    flips: int
    refusals: tuple[str, ...]
    caution: str

    @property
    def calibrated(self) -> bool:
        return not self.refusals and not self.caution


def calibrate(pairs: Sequence[JudgedPair]) -> Calibration:
    """Errors: ValueError without a pair."""
    if not pairs:
        raise ValueError("a judge that has judged nothing cannot be calibrated")
    shared = [each for each in pairs if each.people is not None]
    few = len(shared) < ENOUGH_SHARED
    caution = f"Not calibrated: {len(shared)} shared grades, {ENOUGH_SHARED} are needed."
    agreed = [each.verdict == each.people for each in shared]
    common = Counter(each.people for each in shared).most_common(1)
    found = (_position(pairs), _length(pairs), None if few else _coin(shared))
    return Calibration(
        pairs=len(pairs),
        shared=len(shared),
        agreement=_share(agreed),
        base=common[0][1] / len(shared) if common else None,
        flips=sum(each.flipped for each in pairs),
        refusals=tuple(each for each in found if each),
        caution=caution if few else "",
    )


def _position(pairs: Sequence[JudgedPair]) -> str | None:
    """Refused where it prefers one place in both orders in more than half of all pairs. A coin does
    so in a quarter."""
    for place in ("A", "B"):
        share = _share([each.by_place == place for each in pairs])
        if share and share.low > 0.5:
            return (
                f"This judge follows the place: {place} wins in both orders in"
                f" {share.mean:.0%} of {share.n} pairs."
            )
    return None


def _length(pairs: Sequence[JudgedPair]) -> str | None:
    """Refused where it prefers the longer in more than half of the pairs of which people prefer the
    shorter; where people prefer none so, if it prefers the longer nearly always."""
    preferred = [each for each in pairs if "tie" not in (each.verdict, each.longer)]
    against = [each for each in preferred if each.people not in (None, "tie", each.longer)]
    share = _share([each.verdict == each.longer for each in against])
    if share and share.low > 0.5:
        return (
            f"This judge follows length: the longer wins in {share.mean:.0%} of {share.n} pairs"
            " of which people prefer the shorter."
        )
    share = _share([each.verdict == each.longer for each in preferred])
    if not against and share and share.low > ALWAYS_LONGER:
        return f"This judge follows length: the longer wins in {share.mean:.0%} of {share.n} pairs."
    return None


def _coin(shared: Sequence[JudgedPair]) -> str | None:
    """Refused where it is not shown to agree more often than the most frequent preference would, by
    the interval of the paired difference."""
    common = Counter(each.people for each in shared).most_common(1)[0][0]
    ahead = [(each.verdict == each.people) - (each.people == common) for each in shared]
    if means(ahead, -1, 1)[0].low > 0:
        return None
    agreed = sum(each.verdict == each.people for each in shared)
    base = sum(each.people == common for each in shared)
    return (
        f"This judge is not shown to be better than a coin: it agrees with people in {agreed} of"
        f" {len(shared)} pairs, and always saying “{common}” would in {base}."
    )


def _share(true: Sequence[bool]) -> Interval | None:
    return means([float(each) for each in true])[0] if true else None
