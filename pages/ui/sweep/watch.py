"""A sweep on screen: how far it is, its heat map, and what can be done with it."""

from typing import cast

import streamlit as st

from core import labels
from core.charts import grid
from core.lab import Lab
from core.sweeps import SweepRow
from core.tasks import Progress
from core.types import Sweep
from pages.ui.runs.charts import roomy
from pages.ui.shared import frame
from pages.ui.sweep.form import duration

POLL_SECONDS = 1.0
ROWS = 40  # questions on screen at once
STATUSES = {
    "queued": "in line",
    "running": "under way",
    "stopped": "stopped",
    "done": "done",
}


def summary(row: SweepRow) -> str:
    """done · 185 of 185 runs · 2 failed"""
    parts = [STATUSES[row.status], f"{row.done:,} of {labels.counted(row.cells, 'run')}"]
    if row.failed:
        parts.append(f"{row.failed:,} failed")
    return " · ".join(parts)


def open_sweep(sweep_id: str) -> None:
    st.query_params["sweep"] = sweep_id
    st.rerun()


def draw(lab: Lab, sweep_id: str) -> None:
    """The whole of one sweep; it draws itself anew while it is under way."""
    row, sweep = lab.sweeps.row(sweep_id), lab.sweeps.sweep(sweep_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All sweeps", icon=":material/arrow_back:", type="tertiary", key="sweep.back"):
            del st.query_params["sweep"]
            st.rerun()
        st.subheader(labels.escaped(row.name), anchor=False, width="content")
        st.caption(
            f"{labels.counted(row.questions, 'question')} ×"
            f" {labels.counted(row.settings, 'setting')} · {labels.moment(row.at)}"
        )
    if at_work(lab, row):
        following(sweep_id)
    else:
        state(lab, row)
        picture(lab, sweep, live=False)


def at_work(lab: Lab, row: SweepRow) -> bool:
    """Whether it is under way or in line, or was stopped and still ends what it is at."""
    return row.status in ("queued", "running") or lab.sweeps.progress(row.id) is not None


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def following(sweep_id: str) -> None:
    """Progress and picture while it is under way; the whole page is drawn again at the end."""
    lab = frame.open_lab()
    row = lab.sweeps.row(sweep_id)
    if not at_work(lab, row):
        st.rerun()
    state(lab, row)
    picture(lab, lab.sweeps.sweep(sweep_id), live=True)


def state(lab: Lab, row: SweepRow) -> None:
    """How far it is, what it is doing, and the buttons for what can be done now."""
    progress = lab.sweeps.progress(row.id)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-state"):
        st.markdown(f"**{summary(row)}**", width="content")
        open_still = row.status in ("queued", "running")
        if open_still and _button("Stop", "stop", "sweep.stop"):
            lab.sweeps.stop(row.id)
            st.rerun()
        over = row.origin == "lab" and not at_work(lab, row)
        if over and row.queued and _button("Resume", "play_arrow", "sweep.resume"):
            lab.sweeps.resume(row.id)
            st.rerun()
        if over and row.failed and _button("Retry the failed", "replay", "sweep.retry"):
            lab.sweeps.retry_failed(row.id)
            st.rerun()
        if row.done and _button("Its runs and charts", "monitoring", "sweep.runs"):
            st.switch_page("pages/runs.py", query_params={"view": f"sweep:{row.id}"})
        if progress:
            st.caption(duration(progress.seconds), width="content")
            if row.status == "running" and progress.ahead:
                st.caption("a question goes first", width="content")
        elif open_still:
            st.caption("run by another program, or about to start")
    if progress:
        # What is done piece by piece, with a bar for each; the cells are counted above it.
        doing = progress.doing or Progress(sentence="Starting …")
        if progress.stopping.is_set():
            doing = Progress(sentence="Stopping: it ends what it is at; what is done is kept.")
        st.progress(doing.share or 0.0, labels.escaped(doing.sentence))
    if progress and progress.counted.distinct_prompts is not None:
        pairs, prompts = progress.counted.rerank_pairs, progress.counted.distinct_prompts
        st.caption(
            f"Counted after the search: {labels.counted(pairs or 0, 'pair')} to rerank,"
            f" {labels.counted(prompts, 'different prompt')} for the runs that were open."
        )
    if row.sentence:
        st.error(labels.escaped(row.sentence), icon=":material/error:")


def _button(label: str, icon: str, key: str) -> bool:
    return st.button(label, icon=f":material/{icon}:", key=key)


def picture(lab: Lab, sweep: Sweep, *, live: bool) -> None:
    """The heat map; a click on a cell leads to its answer."""
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.segmented_control(
            "Squares show",
            grid.SHOWN,
            default=grid.SHOWN[0],
            required=True,
            key="sweep.shown",
            label_visibility="collapsed",
        )
        first = 0
        if len(sweep.questions) > ROWS:
            starts = range(0, len(sweep.questions), ROWS)
            first = st.selectbox(
                "Questions",
                starts,
                format_func=lambda at: (
                    f"{at + 1}–{min(at + ROWS, len(sweep.questions))} of {len(sweep.questions):,}"
                ),
                key="sweep.rows",
                label_visibility="collapsed",
                width=200,
            )
        st.caption(
            "Squares fill as runs end; a click on one opens it in Compare."
            if live
            else "Click a filled square: it opens in Compare."
        )
    cells = lab.sweeps.cells(sweep.id, first, ROWS)
    figure = grid.heat_map(
        sweep.questions[first : first + ROWS],
        sweep.settings,
        cells,
        cast(grid.Shown, shown),
        frame.theme(),
        first=first,
    )
    with roomy(int(figure.layout.width), f"sweep.map.{sweep.id}"):
        chosen = st.plotly_chart(
            figure,
            key=f"sweep.map.{sweep.id}",
            width="content",
            theme=None,
            on_select="rerun",
            selection_mode="points",
            config={"displayModeBar": False},
        )
    for point in chosen["selection"]["points"]:
        if point.get("customdata"):
            came = {"run": point["customdata"], "sweep": sweep.id}
            st.switch_page("pages/compare.py", query_params=came)
    if not live:
        for sentence, count in lab.sweeps.failures(sweep.id).items():
            failed = f":red[:material/error: {labels.counted(count, 'run')} failed:]"
            st.caption(f"{failed} {labels.escaped(sentence)}")
