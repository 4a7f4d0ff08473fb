"""What a log holds."""

from dataclasses import dataclass

from core.logs._lines import DroppedLine
from core.types import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read: runs in the order of the file, and every line that became none of them."""

    runs: tuple[Run, ...]
    dropped: tuple[DroppedLine, ...] = ()
