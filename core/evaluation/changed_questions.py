"""Questions that one setting answers better than another, and the other way round."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedQuestion:
    """A question whose value (0..1) differs between two settings, and the link that shows their
    runs side by side."""

    question: str
    before: float
    after: float
    link: str

    @property
    def lost(self) -> bool:
        return self.after < self.before


def turned(rows: Iterable[ChangedQuestion], alike: float) -> list[ChangedQuestion]:
    """Those that differ by more than `alike`: what was lost, and behind it what was won, most
    first."""
    apart = [each for each in rows if abs(each.after - each.before) > alike]
    return sorted(apart, key=lambda each: (not each.lost, -abs(each.after - each.before)))
