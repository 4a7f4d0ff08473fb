"""One style for all charts: marks of the arms, ground, lines, type. Knows no data."""

import html
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.charts.palette import GROUND, HAIRLINE, INK, Theme
from core.types import Arm

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE_WIDTH = 44  # characters of a line: half a projector, or a telephone
LABEL_WIDTH = 34
TELEPHONE = 320  # pixels of a plot there
SERIF = "Source Serif, Georgia, serif"
SANS = "Source Sans, system-ui, sans-serif"

# For those who do not tell the colours.
ARM_MARKS: dict[Arm, str] = {
    "no_context": "circle",
    "retrieved": "square",
    "reranked": "diamond",
    "whole": "hexagon",
    "given": "triangle-up",
}


def safe(text: object) -> str:
    """Text as Plotly shows it, with nothing in it that it could take for a tag."""
    return html.escape(" ".join(str(text).split()), quote=False)


def short(text: object, width: int = LABEL_WIDTH) -> str:
    """A label that fits beside an axis; the whole text is in the hover and in the table."""
    return safe(textwrap.shorten(str(text), width, placeholder=" …") or str(text)[:width])


def ticks(labels: Sequence[object], width: int = LABEL_WIDTH) -> dict[str, Any]:
    """An axis whose places 0, 1, 2 … carry these labels: two that are cut to the same words stay
    two."""
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": [short(label, width) for label in labels],
        "range": [-0.6, len(labels) - 0.4],
        "showgrid": False,
        "ticklabeloverflow": "allow",  # otherwise the last label is dropped
    }


def _legend_lines(figure: "Figure") -> int:
    """The lines of the legend on a telephone; it grows upwards, to where the title stands."""
    lines, left = 1, TELEPHONE
    for trace in figure.data:
        if trace.name and trace.showlegend is not False:
            wanted = 45 + 8 * len(trace.name)  # its mark, and its letters
            if wanted > left:
                lines, left = lines + 1, TELEPHONE
            left -= wanted
    return lines


def dressed(
    figure: "Figure",
    title: str,
    counted: str,
    theme: Theme,
    *,
    height: int = 420,
    wide: bool = False,
    named: bool = False,
    **layout: Any,
) -> "Figure":
    """The figure in the look of all charts. `title` says what is seen, `counted` its n. `named`:
    its legend stands above it, and needs room there."""
    width = TITLE_WIDTH * 3 // 2 if wide else TITLE_WIDTH
    even = len(title) // len(textwrap.wrap(title, width)) + 8  # no word alone in the last line
    lines = [safe(line) for line in textwrap.wrap(title, min(even, width))]
    small = [safe(line) for line in textwrap.wrap(counted, width * 8 // 5)]
    below = f'<span style="font-size:0.72em;font-family:{SANS}">{"<br>".join(small)}</span>'
    above = 30 + 24 * (len(lines) + max(1, len(small)))
    above += 20 * (_legend_lines(figure) - 1) if named else 0
    figure.update_layout(
        template="none",
        title={
            "text": "<br>".join([*lines, below]),
            "font": {"size": 19, "family": SERIF},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14, "l": 6},
        },
        font={"family": SANS, "size": 14, "color": INK[theme]},
        paper_bgcolor=GROUND[theme],
        plot_bgcolor=GROUND[theme],
        height=height + above,
        margin={"l": 8, "r": 24, "t": above + 18, "b": 8},
        hoverlabel={"font": {"size": 13}},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        **layout,
    )
    axes = {
        "gridcolor": HAIRLINE[theme],
        "linecolor": HAIRLINE[theme],
        "zeroline": False,
        "automargin": True,
        "title_standoff": 10,
    }
    figure.update_xaxes(**axes)
    figure.update_yaxes(**axes)
    return figure
