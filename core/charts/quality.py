"""Charts of one measure: by chunk size and k, by question and setting, against what it costs."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from core.charts import Chart
from core.charts.style import (
    ARM_COLOURS,
    ARM_MARKS,
    ARM_NAMES,
    GROUND,
    INK,
    SCALE,
    Theme,
    dressed,
    safe,
    short,
    ticks,
)
from core.charts.tidy import Point

CELL = 34  # pixels of a square mark
BELOW = 240  # pixels that the names of settings take below a heat map
NARROWEST, WIDEST = 860, 1_150  # pixels: what a title needs, and what a projector has
NUMBERED = 26  # pixels of the smallest mark that has room for its number
MOST_QUESTIONS = 40  # rows that can still be read


# Values by question and setting -> how many settings cannot be told from the best.
TiedWithBest = Callable[[list[list[float]]], int]


def counted(points: Sequence[Point]) -> str:
    """n, in words."""
    runs, questions = len(points), len({point.question for point in points})
    return f"n = {runs:,} {'run' if runs == 1 else 'runs'} of {questions:,} " + (
        "question" if questions == 1 else "questions"
    )


def _tied(
    cells: Mapping[tuple[str, int, int], Sequence[Point]],
    measure: str,
    tied_with_best: TiedWithBest,
) -> int:
    """How many cells cannot be told from the best at 95 %, paired over the questions that all of
    them answer; 0 where there are too few of these to say."""
    by_question: list[dict[str, list[float]]] = []
    for cell_points in cells.values():
        values: dict[str, list[float]] = defaultdict(list)
        for point in cell_points:
            values[point.question].append(point.values[measure])
        by_question.append(values)
    common = sorted(set.intersection(*(set(each) for each in by_question)))
    if len(common) < 2:
        return 0
    table = [[fmean(each[question]) for each in by_question] for question in common]
    return tied_with_best(table)


def by_size_and_k(
    points: Sequence[Point], measure: str, theme: Theme, tied_with_best: TiedWithBest
) -> Chart:
    """The mean of a measure for each chunk size and k, a panel for each reranking."""
    name = f"{measure} by chunk size and k"
    held = [point for point in points if measure in point.values and point.size and point.top_k]
    if not held:
        missing = _missing(points, measure, "retrievals with a chunk size and a k")
        return Chart(name=name, title=_heading(name), missing=missing)
    cells: dict[tuple[str, int, int], list[Point]] = defaultdict(list)
    for point in held:
        assert point.size and point.top_k
        cells[point.reranking, point.size, point.top_k].append(point)
    panels = sorted({key[0] for key in cells}, key=lambda text: (len(text), text))
    means = {key: fmean(each.values[measure] for each in cell) for key, cell in cells.items()}
    best = max(means, key=lambda key: means[key])
    tied = _tied(cells, measure, tied_with_best)
    title = f"The share of {measure} is highest at size {best[1]:,}, top {best[2]}, {best[0]}"
    if len(means) == 1:
        title = f"{_heading(measure)}: one cell only, {means[best]:.2f} at size {best[1]:,}"
    elif tied != 1:
        some = f"{tied} of {len(means)} cells" if tied else f"these {len(means)} cells"
        title = f"The share of {measure} does not tell {some} apart"
        title += f": at most {means[best]:.2f}"
    from plotly.subplots import make_subplots

    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, subplot_titles=[safe(panel) for panel in panels]
    )
    for column, panel in enumerate(panels, start=1):
        keys = sorted(key for key in cells if key[0] == panel)
        figure.add_scatter(
            x=[f"top {key[2]}" for key in keys],
            y=[f"{key[1]:,}" for key in keys],
            text=[f"{means[key]:.2f}" for key in keys],
            customdata=[len(cells[key]) for key in keys],
            hovertemplate="size %{y}, %{x}: %{text}<br>%{customdata} runs<extra></extra>",
            **squares([means[key] for key in keys], theme, size=CELL + 12),
            row=1,
            col=column,
        )
    sizes = [f"{size:,}" for size in sorted({key[1] for key in cells})]
    ks = [f"top {k}" for k in sorted({key[2] for key in cells})]
    dressed(figure, title, counted(held), theme, height=110 + 64 * len(sizes))
    figure.update_layout(showlegend=False)
    figure.update_layout(width=as_wide_as(len(panels) * (len(ks) + 1), 62, 110))
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=ks, showgrid=False)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=sizes, showgrid=False)
    figure.update_yaxes(title_text="chunk size", col=1)
    rows = [
        {"reranking": key[0], "size": key[1], "top k": key[2], measure: means[key], "n": len(cell)}
        for key, cell in sorted(cells.items())
    ]
    return Chart(name=name, title=title, counted=counted(held), figure=figure, rows=rows, wide=True)


def by_question(points: Sequence[Point], measure: str, theme: Theme) -> Chart:
    """The mean of a measure for each question and setting, the hardest question on top."""
    name = f"{measure} by question and setting"
    held = [point for point in points if measure in point.values]
    if not held:
        missing = _missing(points, measure, "answers")
        return Chart(name=name, title=_heading(name), missing=missing)
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for point in held:
        cells[point.question, point.setting].append(point.values[measure])
    means = {key: fmean(values) for key, values in cells.items()}
    questions = _ordered(means, 0)
    settings = _ordered(means, 1)
    shown = questions[:MOST_QUESTIONS]
    title = f"“{short(questions[0], 60)}” is the hardest question: {_heading(measure).lower()} "
    title += f"{fmean(value for key, value in means.items() if key[0] == questions[0]):.2f}"
    if len(questions) == 1:
        title = f"{_heading(measure)} of one question under {len(settings)} settings"
    n = counted(held)
    if len(shown) < len(questions):
        n += f"; the {len(shown)} hardest are drawn, the table holds all"
    import plotly.graph_objects as go

    keys = [key for key in means if key[0] in set(shown)]
    figure = go.Figure()
    figure.add_scatter(
        x=[settings.index(key[1]) for key in keys],
        y=[shown.index(key[0]) for key in keys],
        text=[f"{means[key]:.2f}" for key in keys],
        customdata=[[safe(key[0]), safe(key[1]), len(cells[key])] for key in keys],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{text}, %{customdata[2]} runs"
        "<extra></extra>",
        **squares([means[key] for key in keys], theme, size=cell(len(settings))),
    )
    dressed(figure, title, n, theme, height=BELOW + CELL * len(shown))
    figure.update_layout(showlegend=False, width=as_wide_as(len(settings), 84, 360))
    figure.update_yaxes(**ticks(shown, 44))
    figure.update_yaxes(range=[len(shown) - 0.4, -0.6])
    figure.update_xaxes(**ticks(settings), tickangle=-40)
    rows = [
        {"question": key[0], "setting": key[1], measure: value, "n": len(cells[key])}
        for key, value in means.items()
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows, wide=True)


def against_seconds(points: Sequence[Point], measure: str, theme: Theme) -> Chart:
    """A measure against the seconds of all stages together."""
    return _against(
        points,
        measure,
        theme,
        cost="seconds",
        unit="seconds a question, search to last word",
        paid=lambda point: sum(point.seconds.values()) if "answer" in point.seconds else None,
    )


def against_context(points: Sequence[Point], measure: str, theme: Theme) -> Chart:
    """A measure against the tokens read, so that settings of equal budget stand above each other:
    more context nearly always looks better."""
    return _against(
        points,
        measure,
        theme,
        cost="prompt tokens",
        unit="tokens of the prompt, counted by the generator",
        paid=lambda point: point.prompt_tokens,
    )


def front(costs: Sequence[float], values: Sequence[float]) -> list[int]:
    """The indexes of the points that no other one beats in cost and value, by rising cost (the
    Pareto front: nothing is at least as cheap and at least as good, and better in one)."""
    best, found = float("-inf"), []
    for index in sorted(range(len(costs)), key=lambda index: (costs[index], -values[index])):
        if values[index] > best:
            best = values[index]
            found.append(index)
    return found


def _against(
    points: Sequence[Point],
    measure: str,
    theme: Theme,
    *,
    cost: str,
    unit: str,
    paid: Callable[[Point], float | None],
) -> Chart:
    name = f"{measure} against {cost}"
    by_setting: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if measure in point.values and paid(point) is not None:
            by_setting[point.setting].append(point)
    if not by_setting:
        missing = _missing(points, measure, f"answers whose {cost} were measured")
        return Chart(name=name, title=_heading(name), missing=missing)
    settings = list(by_setting)
    costs = [fmean(paid(point) or 0 for point in by_setting[name]) for name in settings]
    values = [fmean(point.values[measure] for point in by_setting[name]) for name in settings]
    worth = front(costs, values)
    title = f"{len(worth)} of {len(settings)} settings {'is' if len(worth) == 1 else 'are'} worth"
    title += f" the {cost}: no other is both cheaper and better in {measure}"
    if len(settings) == 1:
        title = f"One setting: {values[0]:.2f} {measure} for {costs[0]:,.1f} {cost}"
    import plotly.graph_objects as go

    figure = go.Figure()
    if len(worth) > 1:
        figure.add_scatter(
            x=[costs[index] for index in worth],
            y=[values[index] for index in worth],
            mode="lines",
            line={"shape": "hv", "dash": "dot", "color": INK[theme], "width": 1},
            name="nothing is cheaper and better",
            hoverinfo="skip",
        )
    for arm in dict.fromkeys(by_setting[name][0].arm for name in settings):
        mine = [
            index for index in range(len(settings)) if by_setting[settings[index]][0].arm == arm
        ]
        figure.add_scatter(
            x=[costs[index] for index in mine],
            y=[values[index] for index in mine],
            mode="markers",
            name=ARM_NAMES[arm],
            customdata=[
                [safe(settings[index]), len(by_setting[settings[index]])] for index in mine
            ],
            hovertemplate="%{customdata[0]}<br>%{y:.2f} for %{x:,.1f}, %{customdata[1]} runs"
            "<extra></extra>",
            marker={
                "symbol": ARM_MARKS[arm],
                "color": ARM_COLOURS[theme][arm],
                "size": [15 if index in worth else 9 for index in mine],
                "line": {
                    "width": [2 if index in worth else 0 for index in mine],
                    "color": INK[theme],
                },
            },
        )
    n = counted([point for each in by_setting.values() for point in each])
    dressed(figure, title, n, theme)
    figure.update_xaxes(title_text=unit, rangemode="tozero")
    figure.update_yaxes(title_text=f"{measure} (mean share)", range=_range(values))
    rows = [
        {
            "setting": settings[index],
            cost: costs[index],
            measure: values[index],
            "n": len(by_setting[settings[index]]),
            "on the front": index in worth,
        }
        for index in sorted(range(len(settings)), key=lambda index: costs[index])
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows)


def squares(
    shares: Sequence[float], theme: Theme, *, size: int, low: float = 0, high: float = 1
) -> dict[str, Any]:
    """A heat map as square marks, which can be clicked; the scale is that of a share, 0 to 1, so
    that a small difference looks small."""
    middle = (low + high) / 2
    above = GROUND[theme]  # the words on a strong mark
    return {
        "mode": "markers+text" if size >= NUMBERED else "markers",
        "textfont": {"size": 12, "color": [above if s > middle else INK[theme] for s in shares]},
        "marker": {
            "symbol": "square",
            "size": size,
            "color": list(shares),
            "colorscale": SCALE[theme],
            "cmin": low,
            "cmax": high,
        },
    }


def _range(shares: Sequence[float]) -> list[float]:
    """An axis that spans the shares, and a fifth of all at least: small differences look small."""
    middle, half = (min(shares) + max(shares)) / 2, max(0.1, (max(shares) - min(shares)) * 0.6)
    return [max(-0.02, middle - half), min(1.02, middle + half)]


def as_wide_as(columns: int, each: int, labels: int) -> int | None:
    """Pixels for a heat map: marks that stand far apart cannot be compared. None: the page's."""
    wanted = max(NARROWEST, labels + columns * each)
    return wanted if wanted <= WIDEST else None


def cell(columns: int) -> int:
    """Pixels of a mark where so many stand side by side."""
    return max(14, min(CELL - 2, 900 // columns - 2))


def _ordered(means: dict[tuple[str, str], float], part: int) -> list[str]:
    """The questions (part 0) or settings (1), lowest mean first."""
    values: dict[str, list[float]] = defaultdict(list)
    for key, value in means.items():
        values[key[part]].append(value)
    return sorted(values, key=lambda name: (fmean(values[name]), name))


def _missing(points: Sequence[Point], measure: str, needed: str) -> str:
    return (
        f"{none_of(points)} what this chart needs: {needed}, and {measure}. Imported logs hold no"
        " hits, no tokens and no times."
    )


def none_of(points: Sequence[Point]) -> str:
    """ "None of these 24 runs holds" """
    if len(points) == 1:
        return "This run does not hold"
    return f"None of these {len(points):,} runs holds"


def _heading(text: str) -> str:
    return text[:1].upper() + text[1:]
