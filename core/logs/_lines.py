"""Lines of a log: numbered, and safe from texts that look like a marker."""

from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern

UNKNOWN = "unknown"
NAMED = "log:"  # how the paper of a chunk begins that a log names, and no paper holds
SHOWN = 60  # characters of a dropped line


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedLine:
    """A line (from 1) that was not understood, and why."""

    line: int
    why: str


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Every line with its number, without a byte-order mark and the line ends of any system."""
    return enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), start=1)


def guarded(text: str, marker: Pattern[str]) -> str:
    """Text for a log: a line that would be read as a marker gets a backslash before it."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\\" + line if marker.match(line.lstrip("\\")) else line for line in lines)


def plain(line: str, marker: Pattern[str]) -> str:
    """The line as it was before `guarded`."""
    return line[1:] if line.startswith("\\") and marker.match(line.lstrip("\\")) else line


def one_line(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())
