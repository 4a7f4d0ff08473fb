"""What a log holds, or a capsule."""

from dataclasses import dataclass
from typing import Literal

from core.logs._lines import DroppedLine
from core.types import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read: runs in the order of the file, and every line that became none of them."""

    kind: Literal["log", "retrieval-log", "capsule"]
    runs: tuple[Run, ...]
    dropped: tuple[DroppedLine, ...] = ()
