"""Charts of one measure: by chunk size and k, by question and setting, against what it costs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from core import labels
from core.charts.chart import Chart
from core.charts.level_names import CELL, WIDEST, Below, cell
from core.charts.palette import GROUND, INK, SCALE, Theme
from core.charts.style import dressed, safe, short, ticks
from core.charts.tidy import Point

NARROWEST = 860  # pixels, what a title needs
NUMBERED = 26  # pixels of the smallest mark that has room for its number
MOST_QUESTIONS = 40  # rows that can still be read


# Values by question and setting -> how many settings cannot be told from the best.
TiedWithBest = Callable[[list[list[float]]], int]
# For each setting its values by question -> for each the 95 % interval of its mean over questions;
# None where there is a single question.
Intervals = Callable[[Sequence[Mapping[str, float]]], list[tuple[float, float] | None]]


def counted(points: Sequence[Point]) -> str:
    """n, in words."""
    runs, questions = len(points), len({point.question for point in points})
    return f"n = {labels.counted(runs, 'run')} of {labels.counted(questions, 'question')}"


def per_question(points: Iterable[Point], measure: str) -> dict[str, float]:
    """The measure's mean for each question, so that a question counts once in the mean of all."""
    values: dict[str, list[float]] = defaultdict(list)
    for point in points:
        values[point.question].append(point.values[measure])
    return {question: fmean(some) for question, some in values.items()}


def _tied(by_question: Sequence[Mapping[str, float]], tied_with_best: TiedWithBest) -> int:
    """How many cells cannot be told from the best at 95 %, paired over the questions that all of
    them answer; 0 where there are too few of these to say."""
    common = sorted(set.intersection(*(set(each) for each in by_question)))
    if len(common) < 2:
        return 0
    return tied_with_best([[each[question] for each in by_question] for question in common])


def by_size_and_k(
    points: Sequence[Point],
    measure: str,
    theme: Theme,
    tied_with_best: TiedWithBest,
    intervals: Intervals,
) -> Chart:
    """The mean of a measure over questions for each chunk size and k, with its interval, a panel
    for each reranking."""
    name = f"{measure} by chunk size and k"
    held = [point for point in points if measure in point.values and point.size and point.top_k]
    if not held:
        why = lacking(points, measure, "retrievals with a chunk size and a k")
        return Chart(name=name, title=heading(name), missing=why)
    cells: dict[tuple[str, int, int], list[Point]] = defaultdict(list)
    for point in held:
        assert point.size and point.top_k
        cells[point.reranking, point.size, point.top_k].append(point)
    panels = sorted({key[0] for key in cells}, key=lambda text: (len(text), text))
    by_question = [per_question(cell, measure) for cell in cells.values()]
    means = {key: fmean(each.values()) for key, each in zip(cells, by_question, strict=True)}
    ranges = dict(zip(cells, intervals(by_question), strict=True))
    best = max(means, key=lambda key: means[key])
    tied = _tied(by_question, tied_with_best)
    title = f"The share of {measure} is highest at size {best[1]:,}, top {best[2]}, {best[0]}"
    if len(means) == 1:
        title = f"{heading(measure)}: one setting only, {means[best]:.2f} at size {best[1]:,}"
    elif tied != 1:
        some = f"{tied} of {len(means)}" if tied else f"these {len(means)}"
        title = f"No significant difference in the share of {measure} between {some} settings"
        title += f": at most {means[best]:.2f}"
    from core.charts.drawing import make_subplots

    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, subplot_titles=[safe(panel) for panel in panels]
    )
    for column, panel in enumerate(panels, start=1):
        keys = sorted(key for key in cells if key[0] == panel)
        figure.add_scatter(
            x=[f"top {key[2]}" for key in keys],
            y=[f"{key[1]:,}" for key in keys],
            text=[f"{means[key]:.2f}{_small(ranges[key])}" for key in keys],
            customdata=[[said(means[key], ranges[key]), len(cells[key])] for key in keys],
            hovertemplate="size %{y}, %{x}: %{customdata[0]}<br>%{customdata[1]} runs"
            "<extra></extra>",
            **squares([means[key] for key in keys], theme, size=CELL + 22),
            row=1,
            col=column,
        )
    sizes = [f"{size:,}" for size in sorted({key[1] for key in cells})]
    ks = [f"top {k}" for k in sorted({key[2] for key in cells})]
    n = f"{counted(held)}; below each mean its 95 % interval"
    dressed(figure, title, n, theme, height=110 + 72 * len(sizes))
    figure.update_layout(showlegend=False)
    figure.update_layout(width=as_wide_as(len(panels) * (len(ks) + 1), 70, 110))
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=ks, showgrid=False)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=sizes, showgrid=False)
    figure.update_yaxes(title_text="chunk size", col=1)
    rows = [
        {
            "reranking": key[0],
            "size": key[1],
            "top k": key[2],
            measure: means[key],
            **ends(ranges[key]),
            "n": len(cell),
        }
        for key, cell in sorted(cells.items())
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows, wide=True)


def by_question(points: Sequence[Point], measure: str, theme: Theme) -> Chart:
    """The mean of a measure for each question and setting, the hardest question on top."""
    name = f"{measure} by question and setting"
    held = [point for point in points if measure in point.values]
    if not held:
        why = lacking(points, measure, "answers")
        return Chart(name=name, title=heading(name), missing=why)
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for point in held:
        cells[point.question, point.setting].append(point.values[measure])
    means = {key: fmean(values) for key, values in cells.items()}
    questions = _ordered(means, 0)
    settings = _ordered(means, 1)
    shown = questions[:MOST_QUESTIONS]
    title = f"“{short(questions[0], 60)}” is the hardest question: {heading(measure).lower()} "
    title += f"{fmean(value for key, value in means.items() if key[0] == questions[0]):.2f}"
    if len(questions) == 1:
        title = f"{heading(measure)} of one question under {len(settings)} settings"
    n = counted(held)
    if len(shown) < len(questions):
        n += f"; the {len(shown)} hardest are drawn, the table holds all"
    below = Below(settings)
    if below.words:
        n += f"; {below.words}"
    from core.charts.drawing import Figure

    keys = [key for key in means if key[0] in set(shown)]
    figure = Figure()
    figure.add_scatter(
        x=[settings.index(key[1]) for key in keys],
        y=[shown.index(key[0]) for key in keys],
        text=[f"{means[key]:.2f}" for key in keys],
        customdata=[[safe(key[0]), safe(key[1]), len(cells[key])] for key in keys],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{text}, %{customdata[2]} runs"
        "<extra></extra>",
        **squares([means[key] for key in keys], theme, size=cell(len(settings))),
    )
    dressed(figure, title, n, theme, height=below.height + CELL * len(shown))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(**ticks(shown, 44))
    figure.update_yaxes(range=[len(shown) - 0.4, -0.6])
    figure.update_xaxes(**below.ticks)
    rows = [
        {"question": key[0], "setting": key[1], measure: value, "n": len(cells[key])}
        for key, value in means.items()
    ]
    return Chart(
        name=name, title=title, counted=n, figure=figure, rows=rows, wide=True, least=below.least
    )


def said(mean: float, between: tuple[float, float] | None) -> str:
    """0.42 (0.31 to 0.55)"""
    return f"{mean:.2f}" + (f" ({between[0]:.2f} to {between[1]:.2f})" if between else "")


def _small(ends: tuple[float, float] | None) -> str:
    """The interval as a second, smaller line."""
    if ends is None:
        return ""
    return f'<br><span style="font-size:0.75em">{ends[0]:.2f}–{ends[1]:.2f}</span>'


def ends(between: tuple[float, float] | None) -> dict[str, float | None]:
    """The interval as two columns of a table."""
    return {"low": between and between[0], "high": between and between[1]}


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


def as_wide_as(columns: int, each: int, labels: int) -> int | None:
    """Pixels for a heat map: marks that stand far apart cannot be compared. None: the page's."""
    wanted = max(NARROWEST, labels + columns * each)
    return wanted if wanted <= WIDEST else None


def _ordered(means: dict[tuple[str, str], float], part: int) -> list[str]:
    """The questions (part 0) or settings (1), lowest mean first."""
    values: dict[str, list[float]] = defaultdict(list)
    for key, value in means.items():
        values[key[part]].append(value)
    return sorted(values, key=lambda name: (fmean(values[name]), name))


def lacking(points: Sequence[Point], measure: str, needed: str) -> str:
    return (
        f"{none_of(points)} what this chart needs: {needed}, and {measure}. Imported logs hold no"
        " hits, no tokens and no times."
    )


def none_of(points: Sequence[Point]) -> str:
    """ "None of these 24 runs holds" """
    if len(points) == 1:
        return "This run does not hold"
    return f"None of these {len(points):,} runs holds"


def heading(text: str) -> str:
    return text[:1].upper() + text[1:]
