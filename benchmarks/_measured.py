"""What a benchmark measures, and how it is written into the table."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

Demand = tuple[Literal["at most", "at least"], float, str]  # the last is the unit


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the wall and of all processors, this process and its children together. Others
    on the machine lengthen the first alone."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{_short(self.wall)} (CPU {_short(self.cpu)})"


class Clock:
    """`with Clock() as clock: ...`, then `clock.took`."""

    took: Took

    def __enter__(self) -> Self:
        self._begun = time.perf_counter(), _cpu()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.took = Took(time.perf_counter() - self._begun[0], _cpu() - self._begun[1])


def least(measured: list[Took]) -> Took:
    """The fastest of several goes, by either clock: a busy machine only ever adds."""
    return Took(min(each.wall for each in measured), min(each.cpu for each in measured))


def row(
    what: str,
    ours: object,
    plain: object = "",
    value: float | None = None,
    demand: Demand | None = None,
) -> dict[str, str]:
    """A row that says whether its demand is met. `value`: what is demanded of, often a ratio, in
    the unit that `demand` names last."""
    said = ""
    if demand and value is not None:
        way, bound, unit = demand
        met = value <= bound if way == "at most" else value >= bound
        said = f"{way} {bound:g}{unit}: {'met' if met else 'NOT MET'}"
    return {
        "what": what,
        "ours_seconds": str(ours),
        "plain_seconds": str(plain),
        "ratio": "" if value is None else f"{value:.4g}{demand[2] if demand else ''}",
        "demand": said,
    }


def _cpu() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _short(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def resident() -> float:
    """Megabytes of this process that are in memory, with what is mapped of files."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
