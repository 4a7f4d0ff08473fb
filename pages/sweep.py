"""Sweep: a whole grid of questions and settings, planned before it starts and watched while it
runs."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.sweeps import Preset, SweepPlan, SweepRow
from pages.ui.shared import frame, planning
from pages.ui.sweep import form as sweep_form
from pages.ui.sweep import watch

GRID = sweep_form.GridForm(page="sweep", usual="demo")


def main(lab: Lab) -> None:
    wanted = st.query_params.get("sweep")
    if wanted:
        watch.draw(lab, wanted)
        return
    rows = lab.sweeps.all()
    with st.container():  # always there, as in `GridForm.choose`
        for row in reversed(rows):  # in the order in which they are done
            if row.status in ("queued", "running"):
                line(row, ":material/pending:")
    st.markdown("Every question by every setting, each piece of work once. **What will it cost?**")
    GRID.choose(lab)
    asked, price = st.columns([3, 2], gap="large")
    with st.container():
        form(lab, asked, price)
    listed(rows)


def form(lab: Lab, asked: DeltaGenerator, price: DeltaGenerator) -> None:
    """The questions beside what they cost, and the values below; started from there."""
    made: Preset | None = None
    planned: SweepPlan | None = None
    told = price.container()  # as many lines as there are, the menu below stays where it is
    try:
        made = GRID.preset(lab)
        with asked:
            questions, paper_ids = sweep_form.questions(lab), sweep_form.papers(lab)
        with told:
            if questions:
                said = made
                planned = planning.planned(
                    "sweep.plan",
                    (said, questions, paper_ids),
                    lambda: lab.sweeps.plan(said, questions, paper_ids),
                )
                if planned:
                    sweep_form.cost(planned, len(questions))
            else:
                st.caption("Type a question, or take the sample questions, to see what it costs.")
    except TriptychError as error:
        with told:
            frame.show(error)
    with price, st.container(horizontal=True, vertical_alignment="center", key="sweep-start"):
        label = f"Start {labels.counted(planned.cells, 'run')}" if planned else "Start"
        if st.button(label, type="primary", disabled=planned is None, key="sweep.start"):
            assert planned
            watch.open_sweep(lab.sweeps.start(planned))
        if made:
            GRID.saving(lab, made)


def listed(rows: Sequence[SweepRow]) -> None:
    """The sweeps that are not under way; those stand above the form."""
    ended = [row for row in rows if row.status not in ("queued", "running")]
    if ended or not rows:
        st.subheader("Sweeps", anchor=False)
    if not rows:
        st.caption("None yet. Take the sample questions, start the demo, and watch it here.")
    for row in ended:
        line(row)


def line(row: SweepRow, icon: str | None = None) -> None:
    """A sweep in one line, with the way to it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"sweep-row-{row.id}"):
        label, key = labels.escaped(row.name), f"sweep.open.{row.id}"
        if st.button(label, icon=icon, type="tertiary", key=key):
            watch.open_sweep(row.id)
        st.caption(
            f"{labels.counted(row.questions, 'question')} ×"
            f" {labels.counted(row.settings, 'setting')} · {watch.summary(row)}"
            f" · {labels.moment(row.at)}"
        )


with frame.page("Sweep") as lab:
    main(lab)
