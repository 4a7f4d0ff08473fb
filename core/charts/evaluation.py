"""Charts of a study with gold: what a setting finds for the text it costs, and which questions each
setting wins and loses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core import labels
from core.charts.chart import Chart
from core.charts.level_names import CELL, Below, cell
from core.charts.palette import GROUND, NEUTRAL, SETTINGS, Theme
from core.charts.quality import MOST_QUESTIONS, squares
from core.charts.style import dressed, safe, short, ticks

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# A colour and a shape a series; both begin anew at different places, so that twenty stay apart.
MARKS = ("circle", "square", "diamond", "triangle-up", "cross")
RIBBON = 0.14  # how much of its colour a ribbon has
MOST_RIBBONS = 3  # more of them hide each other; then each mark has a bar
PANEL = 270  # pixels of one of several, one below the other
LEGEND = 24  # pixels of one of its lines, which holds two series


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedSetting:
    """A setting in a study. `series` are settings to be joined by a line, those that differ in how
    much they take alone, which `point` says; those of another `panel` are drawn below. `recall`,
    `low` and `high` are shares: the mean and its 95 % interval; `tokens` the mean length of a
    question's context. `tied`: not to be told from the leader."""

    label: str
    panel: str = ""
    series: str
    point: str = ""
    tokens: float
    recall: float
    low: float
    high: float
    tied: bool
    recommended: bool = False


def recall_against_tokens(
    settings: Sequence[PlottedSetting],
    questions: int,
    tokens_of: str,
    theme: Theme,
    *,
    decided: bool = True,
) -> Chart:
    """Recall for the text it costs, with its 95 % as ribbons, or as bars where there are many
    series; what ties with the leader is solid, and a line joins the settings that find most for
    what they cost. Settings of equal budget stand above each other, also those of different
    panels. Not `decided`, for too few questions: no leader is named, and none is drawn."""
    name = "recall against context"
    leader = max(settings, key=lambda each: each.recall)
    title = f"{leader.recall:.0%} of the gold text found for {leader.tokens:,.0f} tokens"
    if (chosen := next((each for each in settings if each.recommended), leader)) is not leader:
        title += f"; recommended: {chosen.recall:.0%} for {chosen.tokens:,.0f}"
    if not decided:
        lowest = min(each.recall for each in settings)
        title = f"Too few questions to tell settings apart: {lowest:.0%} to {leader.recall:.0%} of"
        title += " the gold text found"
        settings = [replace(each, tied=True) for each in settings]
    from core.charts.drawing import make_subplots

    panels = list(dict.fromkeys(each.panel for each in settings))
    figure = make_subplots(
        rows=len(panels),
        shared_xaxes=True,
        vertical_spacing=0.2 / len(panels),
        subplot_titles=[short(panel) for panel in panels] if len(panels) > 1 else None,
    )
    names = list(dict.fromkeys(each.series for each in settings))
    ribbons = len(names) <= MOST_RIBBONS
    for row, panel in enumerate(panels, start=1):
        if decided:
            _front(figure, [each for each in settings if each.panel == panel], row)
    for number, series in enumerate(names):
        for row, panel in enumerate(panels, start=1):
            members = [
                (at, each)
                for at, each in enumerate(settings)
                if (each.series, each.panel) == (series, panel)
            ]
            members.sort(key=lambda pair: pair[1].tokens)
            if members:
                _line(figure, members, number, row, theme, ribbon=ribbons and len(members) > 1)
    n = f"n = {labels.counted(questions, 'question')}; "
    n += "filled: no significant difference from the leader; " if decided else ""
    n += f"{'ribbons' if ribbons else 'bars'}: 95 % intervals"
    height = 440 if len(panels) == 1 else PANEL * len(panels)
    dressed(figure, title, n, theme, height=height + LEGEND * (len(names) // 2))
    figure.update_layout(legend={"y": -0.2 / len(panels), "yanchor": "top"})
    figure.update_annotations(x=0, xanchor="left", font={"size": 14})
    figure.update_xaxes(rangemode="tozero")
    figure.update_xaxes(title_text=f"context, tokens of {safe(tokens_of)}", row=len(panels))
    figure.update_yaxes(tickformat=".0%", range=_range(settings))
    figure.update_yaxes(title_text="gold text found", row=(len(panels) + 1) // 2)
    rows = [
        {
            "setting": each.label,
            "tokens": each.tokens,
            "recall": each.recall,
            "low": each.low,
            "high": each.high,
            **({"ties with the leader": each.tied} if decided else {}),
            **({"recommended": each.recommended} if decided else {}),
        }
        for each in sorted(settings, key=lambda each: each.tokens)
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows)


def _line(
    figure: "Figure",
    numbered: Sequence[tuple[int, PlottedSetting]],
    number: int,
    row: int,
    theme: Theme,
    *,
    ribbon: bool,
) -> None:
    """One series in the panel of this row, from 1: its settings on a line, with their intervals as
    a ribbon or as bars. A mark's `customdata` ends with the setting's number."""
    members = [each for _, each in numbered]
    colour = SETTINGS[number % len(SETTINGS)]
    tokens = [each.tokens for each in members]
    if ribbon:
        figure.add_scatter(
            x=[*tokens, *reversed(tokens)],
            y=[*(each.high for each in members), *(each.low for each in reversed(members))],
            mode="lines",
            fill="toself",
            fillcolor=_faint(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            row=row,
            col=1,
        )
    named = {trace.name for trace in figure.data}
    name = short(members[0].series)
    figure.add_scatter(
        row=row,
        col=1,
        x=tokens,
        y=[each.recall for each in members],
        error_y={
            "visible": not ribbon,
            "symmetric": False,
            "width": 4,
            "thickness": 1,
            "array": [each.high - each.recall for each in members],
            "arrayminus": [each.recall - each.low for each in members],
        },
        mode="lines+markers+text",
        text=[safe(each.point) for each in members],
        textposition="top center",
        textfont={"size": 12, "color": colour},
        name=name,
        legendgroup=name,
        showlegend=name not in named,
        line={"color": colour, "width": 1.5},
        marker={
            "symbol": MARKS[number % len(MARKS)],
            "size": 12,
            "color": [colour if each.tied else GROUND[theme] for each in members],
            "line": {"color": colour, "width": 2},
        },
        customdata=[[safe(each.label), each.low, each.high, at] for at, each in numbered],
        # Plotly fades what is not selected, and here faint means behind the leader.
        unselected={"marker": {"opacity": 1}, "textfont": {"color": colour}},
        hovertemplate="%{customdata[0]}<br>%{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})"
        " for %{x:,.0f} tokens<extra></extra>",
    )


def _front(figure: "Figure", settings: Sequence[PlottedSetting], row: int) -> None:
    """The Pareto front: no other setting finds as much for as little. It goes on to the right end,
    so that a single one is seen, too."""
    front: list[PlottedSetting] = []
    for each in sorted(settings, key=lambda each: (each.tokens, -each.recall)):
        if not front or each.recall > front[-1].recall:
            front.append(each)
    figure.add_scatter(
        row=row,
        col=1,
        x=[*(each.tokens for each in front), max(each.tokens for each in settings)],
        y=[*(each.recall for each in front), front[-1].recall],
        mode="lines",
        name="most for its cost (Pareto front)",
        showlegend=row == 1,
        legendgroup="front",
        hoverinfo="skip",
        line={"color": NEUTRAL, "width": 6, "shape": "hv"},
        opacity=0.35,
    )


def won_and_lost(
    questions: Sequence[str],
    settings: Sequence[str],
    recalls: Sequence[Sequence[float]],
    base: int,
    alike: float,
    theme: Theme,
    *,
    measure: str = "recall",
) -> Chart:
    """Every question under every setting: how much of its gold was found, + where that is more than
    under the base setting, − where it is less; the questions that divide the settings on top.

    `recalls`: for each setting a row with every question, 0..1; they may be another `measure`.
    Differences up to `alike` are none. A mark's `customdata` ends with the numbers of its question
    and its setting.
    """
    name = "questions won and lost"
    apart = [max(column) - min(column) for column in zip(*recalls, strict=True)]
    order = sorted(range(len(questions)), key=lambda at: (-apart[at], questions[at]))
    divided = sum(each > alike for each in apart)
    title = f"{divided} of {len(questions)} questions are answered better by some settings"
    title += " than by others"
    n = f"n = {len(questions):,} questions under {len(settings):,} settings;"
    n += f" strong: much {measure}; +\u00a0more, −\u00a0less than “{settings[base]}”"
    shown = order[:MOST_QUESTIONS]
    if len(shown) < len(order):
        n += f"; the {len(shown)} that divide most are drawn, the table holds all"
    below = Below(settings)
    if below.words:
        n += f"; {below.words}"
    from core.charts.drawing import Figure

    signs = {
        (at, number): _sign(row[at] - recalls[base][at], alike)
        for number, row in enumerate(recalls)
        for at in order
    }
    places = [(at, number) for at in shown for number in range(len(settings))]
    figure = Figure()
    figure.add_scatter(
        x=[number for _, number in places],
        y=[shown.index(at) for at, _ in places],
        text=[signs[place] for place in places],
        customdata=[
            [safe(questions[at]), safe(settings[number]), recalls[number][at], at, number]
            for at, number in places
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}: "
        f"{measure} %{{customdata[2]:.0%}}<extra></extra>",
        **squares([recalls[number][at] for at, number in places], theme, size=cell(len(settings))),
    )
    dressed(figure, title, n, theme, height=below.height + CELL * len(shown))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(**ticks([questions[at] for at in shown], 44))
    figure.update_yaxes(range=[len(shown) - 0.4, -0.6])
    figure.update_xaxes(**below.ticks)
    rows: list[dict[str, Any]] = [
        {
            "question": questions[at],
            "setting": settings[number],
            measure: recalls[number][at],
            "to the base": {"+": "won", "−": "lost", "": "tied"}[signs[at, number]],
        }
        for at in order
        for number in range(len(settings))
    ]
    return Chart(
        name=name, title=title, counted=n, figure=figure, rows=rows, wide=True, least=below.least
    )


def _sign(change: float, alike: float) -> str:
    if abs(change) <= alike:
        return ""
    return "+" if change > 0 else "−"


def _range(settings: Sequence[PlottedSetting]) -> list[float]:
    """From the lowest end of an interval to the highest, with some air; a fifth of all at least, so
    that small differences look small."""
    low, high = min(each.low for each in settings), max(each.high for each in settings)
    air = max(0.05 * (high - low), (0.2 - (high - low)) / 2)
    return [max(-0.02, low - air), min(1.02, high + air)]


def _faint(colour: str) -> str:
    """A colour written #rrggbb, so thin that ribbons may overlap."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{RIBBON})"
