"""The charts of a selection, each with its data as a table and as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import streamlit as st

from core import labels
from core.charts import Chart
from core.history import MEASURES, Selection, charts_of
from core.settings import Endpoint
from core.text import escape_formula
from pages.ui.shared import frame

TOOLBAR = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}


def draw(selection: Selection, prices: Mapping[str, Endpoint]) -> None:
    """All charts of one group of runs that may be compared, and which group that is."""
    groups = selection.groups
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs-charts-of"):
        names = [f"{group.name} ({labels.counted(len(group.points), 'run')})" for group in groups]
        number = st.selectbox(
            "Runs of", range(len(groups)), format_func=lambda n: names[n], key="runs.group"
        )
        measure = st.selectbox(
            "Quality means the share of", selection.held or MEASURES, key="runs.measure"
        )
    if len(groups) > 1:
        st.caption(
            f":material/call_split: These runs are of {len(groups)} kinds that differ in papers,"
            " model or revision. They are drawn apart, and never averaged together."
        )
    points = groups[number or 0].points
    noise = selection.noise(points, measure)
    if noise:
        st.caption(
            f":material/casino: Sampling is on: between seeds alone, “{measure}” varies by"
            f" {noise.deviation:.2f} (standard deviation; n ="
            f" {labels.counted(noise.repeated, 'question')} under a setting, {noise.times} seeds"
            " each). A smaller difference between two answers is chance."
        )
    theme = frame.theme()
    charts = charts_of(points, measure, theme, prices)
    beside: list[Any] = []  # the free half of a row that has begun
    for index, chart in enumerate(charts):
        if chart.figure is None:
            continue
        if not chart.wide and not beside:
            beside = list(st.columns(2, gap="medium"))
        place = st.container() if chart.wide else beside.pop(0)
        with place, st.container(key=f"runs-chart-{index}"):
            draw_chart(chart, f"runs.{index}-{number}-{measure}")
    missing = [chart for chart in charts if chart.figure is None]
    if missing:
        st.subheader("Not drawn", anchor=False)
    for chart in missing:
        st.caption(f"**{labels.escaped(chart.title)}**: {labels.escaped(chart.missing)}")


@contextmanager
def roomy(least: int, key: str) -> Iterator[None]:
    """Room of that many pixels or more: a narrower screen scrolls it, and squeezes nothing."""
    with st.container(key=f"scrolled-{key}"), st.container(width=least, key=f"roomy-{key}"):
        yield


def draw_chart(chart: Chart, key: str, *, select: bool = False) -> Sequence[Any] | None:
    """A chart with its data; with `select` the `customdata` of the mark that was clicked."""
    image = {"format": "png", "scale": 2, "filename": chart.name.replace(" ", "-")}
    with roomy(chart.least, key) if chart.least else nullcontext():
        drawn = st.plotly_chart(
            chart.figure,
            theme=None,
            width="content" if chart.figure.layout.width else "stretch",
            key=f"{key}.chart",
            on_select="rerun" if select else "ignore",
            selection_mode="points",
            config=TOOLBAR | {"toImageButtonOptions": image},
        )
    with st.expander(f"Data: {labels.counted(len(chart.rows), 'row')}"):
        st.dataframe(chart.rows, hide_index=True)
        st.download_button(
            "CSV",
            as_csv(chart.rows),
            f"{chart.name.replace(' ', '-')}.csv",
            "text/csv",
            key=f"{key}.csv",
            on_click="ignore",
        )
    points = drawn["selection"]["points"] if select else []
    return points[0].get("customdata") if points else None


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as CSV; see core.text.escape_formula."""
    written = io.StringIO()
    table = csv.writer(written)
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        table.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in cells])
    return written.getvalue()
