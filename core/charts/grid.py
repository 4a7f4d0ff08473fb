"""The heat map of a sweep: questions down, settings across, a square for each cell.

Squares are scatter marks, because Plotly's own heat maps cannot be clicked in Streamlit. Pure:
knows no store and no page. Texts are escaped, since Plotly reads HTML.
"""

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from core import labels
from core.charts.palette import ARM_COLOURS, FAILURE, INK, SCALE, UNUSED, Theme
from core.charts.style import SANS, safe
from core.types import Cell, CellStatus, Setting

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Shown = Literal["how it ended", "tokens", "seconds", "similarity"]
SHOWN: tuple[Shown, ...] = ("how it ended", "tokens", "seconds", "similarity")

SQUARE = 24  # pixels from one cell to the next
LETTER = 6.3  # pixels a letter of the labels takes
LEGEND = 76  # pixels above the names of the settings
BELOW = 12  # pixels below the squares
LEAST_WIDTH = 720  # for the legend
BAR: dict[str, object] = {  # what the shades mean, above the squares however few they are
    "orientation": "h",
    "thickness": 10,
    "lenmode": "pixels",
    "len": 260,
    "xref": "container",
    "x": 0,
    "xanchor": "left",
    "yref": "container",
    "y": 1,
    "yanchor": "top",
    "nticks": 5,
}


def heat_map(
    questions: Sequence[str],
    settings: Sequence[Setting],
    cells: Sequence[Cell],
    shown: Shown,
    theme: Theme,
    *,
    first: int = 0,
) -> "Figure":
    """The cells of `questions`, the first of which is number `first` (from 0) of the sweep.

    A mark's `customdata` is its run's id, empty where there is none yet. A number that a cell does
    not have is drawn as an open square.
    """
    from core.charts.drawing import Figure

    figure = Figure()
    here = [cell for cell in cells if first <= cell.question < first + len(questions)]
    done = [cell for cell in here if cell.status == "done"]
    if shown == "how it ended":
        for arm, name in labels.ARM_NAMES.items():
            of_arm = [cell for cell in done if settings[cell.setting].recipe.arm == arm]
            cut = [cell for cell in of_arm if cell.finish_reason == "length"]
            whole = [cell for cell in of_arm if cell.finish_reason != "length"]
            colour = ARM_COLOURS[arm][theme]
            _add(figure, questions, settings, whole, first, name, _filled(colour))
            _add(figure, questions, settings, cut, first, f"{name}, cut off", _cut_off(colour))
    else:
        value = VALUES[shown]
        known = [cell for cell in done if value(cell) is not None]
        unknown = [cell for cell in done if value(cell) is None]
        scale: dict[str, object] = {
            "symbol": "square",
            "color": [value(cell) for cell in known],
            "colorscale": SCALE[theme],
            "colorbar": BAR | {"ticksuffix": " s" if shown == "seconds" else ""},
            "line": {"width": 0},
        }
        _add(figure, questions, settings, known, first, shown, scale)
        _add(figure, questions, settings, unknown, first, f"no {shown}", _open(INK[theme]))
    others: tuple[tuple[CellStatus, str, dict[str, object]], ...] = (
        ("failed", "failed", {"symbol": "x", "color": FAILURE[theme], "line": {"width": 0}}),
        ("running", "under way", {**_open(INK[theme]), "symbol": "square-open-dot"}),
        ("queued", "waiting", _open(UNUSED[theme])),
    )
    for status, name, mark in others:
        some = [cell for cell in here if cell.status == status]
        _add(figure, questions, settings, some, first, name, mark)
    rows = [_short(question) for question in questions]
    left = 20 + LETTER * max(map(len, rows), default=0)
    above = LEGEND + 20 + LETTER * max((len(setting.label) for setting in settings), default=0)
    least = (LEAST_WIDTH - left - 24) / SQUARE  # columns that a small grid leaves empty
    figure.update_layout(
        width=max(LEAST_WIDTH, int(left) + 24 + SQUARE * len(settings)),
        height=int(above) + SQUARE * max(len(questions), 1) + BELOW,
        margin={"l": left, "r": 24, "t": above, "b": BELOW, "autoexpand": False},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK[theme], "size": 12, "family": SANS},
        legend={
            "orientation": "h",
            "xref": "container",
            "x": 0 if shown == "how it ended" else 0.5,  # beside the bar
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        xaxis={
            "side": "top",  # names first: a map of many questions ends below the screen
            "tickmode": "array",
            "tickvals": list(range(len(settings))),
            "ticktext": [safe(setting.label) for setting in settings],
            "tickangle": -90,
            "range": [-0.5, max(len(settings), least) - 0.5],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis={
            "tickmode": "array",
            "tickvals": list(range(len(questions))),
            "ticktext": [safe(row) for row in rows],
            "range": [len(questions) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        hoverlabel={"align": "left"},
        dragmode=False,
        clickmode="event+select",
    )
    return figure


VALUES: dict[Shown, Callable[[Cell], float | None]] = {
    "tokens": lambda cell: cell.answer_tokens,
    "seconds": lambda cell: cell.seconds,
    "similarity": lambda cell: cell.similarity,
}


def _add(
    figure: "Figure",
    questions: Sequence[str],
    settings: Sequence[Setting],
    cells: Sequence[Cell],
    first: int,
    name: str,
    mark: dict[str, object],
) -> None:
    if not cells:
        return
    figure.add_scatter(
        x=[cell.setting for cell in cells],
        y=[cell.question - first for cell in cells],
        mode="markers",
        name=name,
        showlegend="colorbar" not in mark,  # also one alone: while all wait, it says so
        marker={"size": SQUARE - 7, **mark},
        customdata=[cell.run_id or "" for cell in cells],
        text=[
            _told(questions[cell.question - first], settings[cell.setting], cell) for cell in cells
        ],
        hovertemplate="%{text}<extra></extra>",
        # Plotly fades what is not selected; a click leads away, and nothing stays selected.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def _filled(colour: str) -> dict[str, object]:
    return {"symbol": "square", "color": colour, "line": {"width": 0}}


def _open(colour: str) -> dict[str, object]:
    return {"symbol": "square-open", "color": colour, "line": {"width": 1.2}}


def _cut_off(colour: str) -> dict[str, object]:
    return {"symbol": "square-open-dot", "color": colour, "line": {"width": 2.5}}


def _told(question: str, setting: Setting, cell: Cell) -> str:
    lines = [*textwrap.wrap(question, 60)[:3], f"<b>{safe(setting.label)}</b>"]
    lines[:-1] = [safe(line) for line in lines[:-1]]
    if cell.finish_reason == "length":
        lines.append(f"cut off at {cell.answer_tokens or 0:,} tokens")
    elif cell.answer_tokens is not None:
        lines.append(f"{cell.answer_tokens:,} tokens")
    elif cell.status == "done":
        lines.append("evidence alone, no answer")
    else:
        lines.append({"queued": "waiting", "running": "under way"}.get(cell.status, cell.status))
    if cell.seconds is not None:
        lines.append(f"{cell.seconds:.1f} s with all that was answered beside it")
    if cell.similarity is not None:
        lines.append(f"best similarity {cell.similarity:.3f}")
    lines += [safe(line) for line in textwrap.wrap(cell.sentence, 60)]
    return "<br>".join(lines)


def _short(question: str, most: int = 42) -> str:
    text = " ".join(question.split())
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"
