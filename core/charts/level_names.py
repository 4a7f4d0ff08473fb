"""Names of settings that stand level below the columns of a heat map, short enough to fit a screen
of 1,280 pixels beside its questions."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from core.charts.style import safe, ticks

CELL = 34  # pixels of a square mark
WIDEST = 1_150  # pixels that a projector has
LABELS, GAP = 330, 4  # pixels beside a heat map for its questions, and between its marks
LETTER, LINE = 6.5, 17  # pixels of a name below a column: its letters' width, its lines' height
NARROW = 7  # letters in a line of it where columns are many


class Below:
    """The names below a heat map's columns. `words` says what their short words mean, `ticks` is
    for its axis; `height` and `least` are pixels: what the names take, and what the map needs."""

    def __init__(self, settings: Sequence[str]) -> None:
        width = max(cell(len(settings)), round((WIDEST - LABELS) / len(settings)))
        below, groups, self.words = _named(settings, max(NARROW, int(width / LETTER)))
        lines = [text.split("<br>") for text in below]
        most = max(
            len(each) for each in [*lines, *(text.split("<br>") for text in groups.values())]
        )
        self.height = 40 + LINE * most
        self.ticks: dict[str, Any] = ticks(list(settings)) | {
            "tickvals": [*range(len(settings)), *groups],
            "ticktext": [*below, *groups.values()],
            "tickangle": 0,
            "tickfont": {"size": 12},
        }
        widest = max(len(line) for each in lines for line in each)
        self.least = LABELS + max(
            (cell(len(settings)) + GAP) * len(settings),
            round((widest * LETTER + 4) * len(settings)),
        )


def cell(columns: int) -> int:
    """Pixels of a mark where so many stand side by side."""
    return max(14, min(CELL - 2, 900 // columns - 2))


def _named(settings: Sequence[str], width: int) -> tuple[list[str], dict[float, str], str]:
    """Names that stand level below their columns, each part of a setting's on lines of `width`
    letters; what neighbours begin with alike, in bold below them, by the middle of their columns;
    and what the short words mean."""
    candidates = {each for name in settings for each in re.findall(r" of (\d+)", name)}
    parts = []
    for name in settings:
        brief = re.sub(r"\btop (\d+)", "k\u00a0\\1", name)
        brief = re.sub(r" of (\d+)", "" if len(candidates) < 2 else " · of\u00a0\\1", brief)
        parts.append(re.sub(r"(?<=\d), reranked( by)?", " · rr", brief).split(" · "))
    known = {"k\u00a0": "k: top-k", "rr": "rr: reranked"}
    said = ", ".join(
        what
        for word, what in known.items()
        if any(part.startswith(word) for each in parts for part in each)
    )
    groups: dict[float, str] = {}
    together = [list(some) for _, some in groupby(range(len(parts)), lambda at: parts[at][0])]
    if len(together) < len(parts) and all(len(each) > 1 for each in parts):
        longest = max(len(_lines(each[1:], width)) for each in parts)
        for some in together:
            middle = (some[0] + some[-1]) / 2
            fitting = max(width, width * len(some))
            head = _lines(parts[some[0]][:1], fitting)
            # Plotly takes ticks for one where they are less than 1/10,000 of the axis apart.
            groups[middle + 0.009] = "<br>" * longest + "<br>".join(f"<b>{x}</b>" for x in head)
        parts = [each[1:] for each in parts]
    return ["<br>".join(_lines(each, width)) for each in parts], groups, said


def _lines(parts: Sequence[str], width: int) -> list[str]:
    """Each part on lines of its own, broken at blanks and hyphens alone."""
    lines: list[str] = []
    for part in parts:
        first = True
        for piece in re.findall(r"[^ -]+[ -]*|[ -]+", part):
            if not first and len(lines[-1] + piece.rstrip()) <= width:
                lines[-1] += piece
            else:
                lines.append(piece)
            first = False
    return [safe(line.rstrip()) for line in lines]
