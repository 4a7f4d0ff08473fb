"""Charts of one measure against what it costs: text read, seconds waited."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from core import labels
from core.charts.chart import Chart
from core.charts.palette import ARM_COLOURS, INK, Theme
from core.charts.quality import Intervals, counted, ends, heading, lacking, per_question, said
from core.charts.style import ARM_MARKS, dressed, safe
from core.charts.tidy import Point
from core.settings import Endpoint
from core.types import passages_of


def against_seconds(
    points: Sequence[Point], measure: str, theme: Theme, intervals: Intervals
) -> Chart:
    """A measure against the seconds of all stages together."""
    return _against(
        points,
        measure,
        theme,
        intervals,
        cost="seconds",
        unit="seconds a question, search to last word",
        paid=lambda point: sum(point.seconds.values()) if "answer" in point.seconds else None,
    )


def against_context(
    points: Sequence[Point], measure: str, theme: Theme, intervals: Intervals
) -> Chart:
    """A measure against the text read, so that settings of equal budget stand above each other:
    more context nearly always looks better. In tokens of the prompt; searches alone have none, and
    are drawn against the characters of their passages."""
    held = [point for point in points if measure in point.values]
    asked = any(point.prompt_tokens is not None for point in held)
    if not asked and any(_characters(point) for point in held):
        return _against(
            points,
            measure,
            theme,
            intervals,
            cost="characters of context",
            unit="characters of the passages that were used",
            paid=_characters,
        )
    return _against(
        points,
        measure,
        theme,
        intervals,
        cost="prompt tokens",
        unit="tokens of the prompt, counted by the generator",
        paid=lambda point: point.prompt_tokens,
    )


def against_dollars(
    points: Sequence[Point],
    measure: str,
    theme: Theme,
    intervals: Intervals,
    prices: Mapping[str, Endpoint],
) -> Chart:
    """A measure against what the answers cost at these prices, by generator, for the tokens that
    the server counted."""

    def paid(point: Point) -> float | None:
        price = prices.get(point.generator)
        cost = price.dollars(point.prompt_tokens, point.answer_tokens) if price else None
        return None if cost is None else 1_000 * cost

    return _against(
        points,
        measure,
        theme,
        intervals,
        cost="dollars a thousand questions",
        unit="dollars a thousand questions, at the prices in Settings now",
        paid=paid,
        worth="the money",
    )


def _characters(point: Point) -> int | None:
    """How much text its passages are; None without any, and where only their beginnings are."""
    if not point.hits or any(hit.preview for hit in point.hits):
        return None
    return sum(len(hit.passage.text) for hit in passages_of(point.hits))


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
    intervals: Intervals,
    *,
    cost: str,
    unit: str,
    paid: Callable[[Point], float | None],
    worth: str = "",
) -> Chart:
    name = f"{measure} against {cost}"
    by_setting: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if measure in point.values and paid(point) is not None:
            by_setting[point.setting].append(point)
    if not by_setting:
        why = lacking(points, measure, f"answers whose {cost} were measured")
        return Chart(name=name, title=heading(name), missing=why)
    settings = list(by_setting)
    costs = [fmean(paid(point) or 0 for point in by_setting[name]) for name in settings]
    by_question = [per_question(by_setting[name], measure) for name in settings]
    values = [fmean(each.values()) for each in by_question]
    ranges = intervals(by_question)
    best = front(costs, values)
    title = f"{len(best)} of {len(settings)} settings {'is' if len(best) == 1 else 'are'} worth"
    title += f" {worth or f'the {cost}'}: no other is both cheaper and better in {measure}"
    if len(settings) == 1:
        title = f"One setting: {values[0]:.2f} {measure} for {costs[0]:,.2f} {cost}"
    from core.charts.drawing import Figure

    figure = Figure()
    if len(best) > 1:
        figure.add_scatter(
            x=[costs[index] for index in best],
            y=[values[index] for index in best],
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
            name=labels.ARM_NAMES[arm],
            error_y={
                "symmetric": False,
                "array": [
                    (ranges[index] or (0, values[index]))[1] - values[index] for index in mine
                ],
                "arrayminus": [
                    values[index] - (ranges[index] or (values[index], 0))[0] for index in mine
                ],
                "thickness": 1,
                "width": 4,
            },
            customdata=[
                [
                    safe(settings[index]),
                    said(values[index], ranges[index]),
                    len(by_setting[settings[index]]),
                ]
                for index in mine
            ],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} for %{x:,.2f}, %{customdata[2]}"
            " runs<extra></extra>",
            marker={
                "symbol": ARM_MARKS[arm],
                "color": ARM_COLOURS[arm][theme],
                "size": [15 if index in best else 9 for index in mine],
                "line": {
                    "width": [2 if index in best else 0 for index in mine],
                    "color": INK[theme],
                },
            },
        )
    n = counted([point for each in by_setting.values() for point in each])
    n += "; bars: 95 % intervals"
    dressed(figure, title, n, theme, named=True)
    figure.update_xaxes(title_text=unit, rangemode="tozero")
    figure.update_yaxes(
        title_text=f"{measure} (mean share)", range=_range([*values, *_all(ranges)])
    )
    rows = [
        {
            "setting": settings[index],
            cost: costs[index],
            measure: values[index],
            **ends(ranges[index]),
            "n": len(by_setting[settings[index]]),
            "on the front": index in best,
        }
        for index in sorted(range(len(settings)), key=lambda index: costs[index])
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows)


def _all(ranges: Iterable[tuple[float, float] | None]) -> list[float]:
    return [end for ends in ranges if ends for end in ends]


def _range(shares: Sequence[float]) -> list[float]:
    """An axis that spans the shares, and a fifth of all at least: small differences look small."""
    middle, half = (min(shares) + max(shares)) / 2, max(0.1, (max(shares) - min(shares)) * 0.6)
    return [max(-0.02, middle - half), min(1.02, middle + half)]
