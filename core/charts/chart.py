"""A chart: a figure, the sentence that reads it out, and its data."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure with the sentence that reads it out, what it counts, and its data.

    `figure` is a plotly Figure, None where there is nothing to draw; `missing` then says why.
    `rows` are the data of the figure as a table. A `wide` one wants the whole width of a page.
    `least` pixels wide it must be drawn: a narrower screen scrolls it.
    """

    name: str  # "quality by size and k", also of its files
    title: str
    counted: str = ""  # "n = 48 runs of 24 questions"
    figure: Any = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    missing: str = ""
    wide: bool = False
    least: int = 0
