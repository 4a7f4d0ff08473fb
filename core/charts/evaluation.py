"""Charts of a study with gold: what a setting finds for the text it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.charts import Chart
from core.charts.style import (
    ARM_COLOURS,
    ARM_MARKS,
    ARM_NAMES,
    GROUND,
    Theme,
    dressed,
    safe,
    short,
)
from core.types import Arm

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
RIBBON = 0.14  # how much of its colour a ribbon has


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A setting in a study. `series` are settings to be joined by a line, those that differ in how
    much they take alone. `recall`, `low` and `high` are shares: the mean and its 95 % interval;
    `tokens` the mean length of a question's context. `tied`: not to be told from the best."""

    label: str
    series: str
    arm: Arm
    tokens: float
    recall: float
    low: float
    high: float
    tied: bool


def recall_against_tokens(
    settings: Sequence[Judged], questions: int, tokens_of: str, theme: Theme
) -> Chart:
    """Recall for the text it costs, in ribbons of 95 %; what ties with the best is solid. Settings
    of equal budget stand above each other."""
    name = "recall against context"
    tied = [each for each in settings if each.tied]
    cheapest = min(tied, key=lambda each: each.tokens)
    if len(settings) == 1:
        title = f"One setting finds {cheapest.recall:.0%} of the gold text"
    elif len(tied) == 1:
        title = f"“{cheapest.label}” finds more of the gold text than every other setting"
    else:
        title = (
            f"No winner yet: {len(tied)} of {len(settings)} settings tie with the best; the least"
            f" to read of them is “{cheapest.label}”"
        )
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, series in enumerate(dict.fromkeys(each.series for each in settings)):
        members = [each for each in settings if each.series == series]
        members.sort(key=lambda each: each.tokens)
        _ribbon(figure, members, number, theme)
    n = f"n = {questions:,} {'question' if questions == 1 else 'questions'} with gold"
    n += "; filled: ties with the best (model confidence set, 95 %); ribbons: 95 % intervals"
    dressed(figure, title, n, theme)
    figure.update_xaxes(title_text=f"context, tokens of {safe(tokens_of)}", rangemode="tozero")
    figure.update_yaxes(title_text="gold text found", tickformat=".0%", range=_range(settings))
    rows = [
        {
            "setting": each.label,
            "tokens": each.tokens,
            "recall": each.recall,
            "low": each.low,
            "high": each.high,
            "ties with the best": each.tied,
        }
        for each in sorted(settings, key=lambda each: each.tokens)
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows)


def _ribbon(figure: "Figure", members: Sequence[Judged], number: int, theme: Theme) -> None:
    """One series: its intervals as a ribbon, or as a bar where it is a single setting, and its
    settings on a line."""
    arm = members[0].arm
    colour = ARM_COLOURS[theme][arm]
    tokens = [each.tokens for each in members]
    if len(members) > 1:
        figure.add_scatter(
            x=[*tokens, *reversed(tokens)],
            y=[*(each.high for each in members), *(each.low for each in reversed(members))],
            mode="lines",
            fill="toself",
            fillcolor=_faint(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=tokens,
        y=[each.recall for each in members],
        error_y={
            "visible": len(members) == 1,
            "symmetric": False,
            "array": [each.high - each.recall for each in members],
            "arrayminus": [each.recall - each.low for each in members],
        },
        mode="lines+markers",
        name=short(members[0].series) or ARM_NAMES[arm],
        line={"color": colour, "width": 1.5, "dash": DASHES[number % len(DASHES)]},
        marker={
            "symbol": ARM_MARKS[arm],
            "size": 12,
            "color": [colour if each.tied else GROUND[theme] for each in members],
            "line": {"color": colour, "width": 2},
        },
        customdata=[[safe(each.label), each.low, each.high] for each in members],
        hovertemplate="%{customdata[0]}<br>%{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})"
        " for %{x:,.0f} tokens<extra></extra>",
    )


def _range(settings: Sequence[Judged]) -> list[float]:
    """From the lowest end of an interval to the highest, with some air."""
    low, high = min(each.low for each in settings), max(each.high for each in settings)
    air = 0.05 * max(0.2, high - low)
    return [max(-0.02, low - air), min(1.02, high + air)]


def _faint(colour: str) -> str:
    """A colour written #rrggbb, so thin that ribbons may overlap."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{RIBBON})"
