"""Charts of the answers: how long they are and how many were cut off, and where the time went."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median

from core.charts.chart import Chart
from core.charts.palette import ARM_COLOURS, FAILURE, UNUSED, Theme
from core.charts.quality import counted, none_of
from core.charts.style import dressed, safe, ticks
from core.charts.tidy import Point

MOST_SETTINGS = 40  # rows that can still be read
CUT_OFF = "cut off"  # the measure (0 or 1) that says so
STAGES = ("search", "rerank", "answer")


def lengths(points: Sequence[Point], theme: Theme) -> Chart:
    """The length of the answers of each setting, and which share of them was cut off."""
    name = "answer length and cut-off share"
    held = [point for point in points if point.answer_words is not None and CUT_OFF in point.values]
    if not held:
        missing = f"{none_of(points)} an answer; a search writes none."
        return Chart(name=name, title="Answer length and cut-off share", missing=missing)
    by_setting: dict[str, list[Point]] = defaultdict(list)
    for point in held:
        by_setting[point.setting].append(point)
    cut = {name: fmean(p.values[CUT_OFF] for p in each) for name, each in by_setting.items()}
    words = {name: [p.answer_words or 0 for p in each] for name, each in by_setting.items()}
    settings = sorted(by_setting, key=lambda name: (-cut[name], name))[:MOST_SETTINGS]
    lost = sum(int(point.values[CUT_OFF]) for point in held)
    title = f"{lost:,} of {len(held):,} answers were cut off ({100 * lost / len(held):.0f} %);"
    title += f" half of all have {median(p.answer_words or 0 for p in held):.0f} words or more"
    n = counted(held)
    if len(settings) < len(by_setting):
        n += f"; the {len(settings)} settings most often cut off are drawn, the table holds all"
    from core.charts.drawing import make_subplots

    figure = make_subplots(
        cols=2, shared_yaxes=True, column_widths=[0.68, 0.32], horizontal_spacing=0.03
    )
    for place, setting in enumerate(settings):
        arm = by_setting[setting][0].arm
        figure.add_box(
            x=words[setting],
            y=[place] * len(words[setting]),
            orientation="h",
            marker={"color": ARM_COLOURS[arm][theme], "size": 4},
            line={"width": 1.5},
            hovertemplate=f"{safe(setting)}<br>%{{x}} words<extra></extra>",
            row=1,
            col=1,
        )
    figure.add_bar(
        x=[100 * cut[setting] for setting in settings],
        y=list(range(len(settings))),
        orientation="h",
        width=0.55,
        marker={"color": FAILURE[theme]},
        text=[f"{100 * cut[setting]:.0f} %" for setting in settings],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x:.0f} % cut off<extra></extra>",
        row=1,
        col=2,
    )
    dressed(figure, title, n, theme, height=90 + 30 * len(settings))
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title_text="words of the answer", rangemode="tozero", row=1, col=1)
    figure.update_xaxes(title_text="% cut off", range=[0, 125], tickvals=[0, 50, 100], row=1, col=2)
    figure.update_yaxes(**ticks(settings))
    figure.update_yaxes(range=[len(settings) - 0.4, -0.6])
    rows = [
        {
            "setting": each,
            "n": len(words[each]),
            "median words": median(words[each]),
            "fewest": min(words[each]),
            "most": max(words[each]),
            "share cut off": cut[each],
        }
        for each in sorted(by_setting, key=lambda name: (-cut[name], name))
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows, wide=True)


def stages(points: Sequence[Point], theme: Theme) -> Chart:
    """The mean seconds of each stage, a bar for each setting."""
    name = "seconds by stage"
    by_setting: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if point.seconds:
            by_setting[point.setting].append(point)
    if not by_setting:
        missing = f"{none_of(points)} its times; imported logs hold none."
        return Chart(name=name, title="Seconds by stage", missing=missing)
    means = {
        setting: {stage: fmean(point.seconds.get(stage, 0.0) for point in each) for stage in STAGES}
        for setting, each in by_setting.items()
    }
    settings = sorted(means, key=lambda each: -sum(means[each].values()))[:MOST_SETTINGS]
    total = {stage: sum(means[each][stage] for each in means) for stage in STAGES}
    longest = max(total, key=lambda stage: total[stage])
    share = 100 * total[longest] / (sum(total.values()) or 1)
    words = {"search": "Searching", "rerank": "Reranking", "answer": "Writing the answer"}
    title = f"{words[longest]} takes {share:.0f} % of the time"
    held = [point for each in by_setting.values() for point in each]
    n = counted(held)
    if len(settings) < len(means):
        n += f"; the {len(settings)} slowest settings are drawn, the table holds all"
    from core.charts.drawing import Figure

    figure = Figure()
    looks = {
        "search": ARM_COLOURS["retrieved"][theme],
        "rerank": ARM_COLOURS["reranked"][theme],
        "answer": UNUSED[theme],
    }
    for stage, colour in looks.items():
        figure.add_bar(
            x=[means[each][stage] for each in settings],
            y=list(range(len(settings))),
            orientation="h",
            width=0.6,
            name=stage,
            customdata=[safe(each) for each in settings],
            hovertemplate=f"%{{customdata}}<br>{stage} %{{x:.2f}} s<extra></extra>",
            marker={"color": colour},
        )
    dressed(figure, title, n, theme, height=110 + 32 * len(settings), barmode="stack")
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(title_text="seconds a question (mean)", rangemode="tozero")
    figure.update_yaxes(**ticks(settings))
    figure.update_yaxes(range=[len(settings) - 0.4, -0.6])
    rows = [
        {"setting": each, **{f"{stage} seconds": means[each][stage] for stage in STAGES}}
        | {"n": len(by_setting[each])}
        for each in sorted(means, key=lambda each: -sum(means[each].values()))
    ]
    return Chart(name=name, title=title, counted=n, figure=figure, rows=rows, wide=True)
