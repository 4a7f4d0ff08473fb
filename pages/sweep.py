"""Sweep: a whole grid of questions and settings, planned before it starts and watched while it
runs."""

import streamlit as st

from core import words
from core.errors import TriptychError
from core.lab import Lab
from core.sweeps.plan import Plan
from core.sweeps.presets import Preset
from pages.ui import frame, sweep_form, sweep_watch


def main(lab: Lab) -> None:
    wanted = st.query_params.get("sweep")
    if wanted:
        sweep_watch.draw(lab, wanted)
        return
    st.markdown("Every question by every setting, each piece of work once. **What will it cost?**")
    sweep_form.choose(lab)
    made, planned = form(lab)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-start"):
        label = f"Start {words.counted(planned.cells, 'cell')}" if planned else "Start"
        if st.button(label, type="primary", disabled=planned is None, key="sweep.start"):
            assert planned
            sweep_watch.open_sweep(lab.sweeps.start(planned))
        if made:
            sweep_form.saving(lab, made)
    listed(lab)


def form(lab: Lab) -> tuple[Preset | None, Plan | None]:
    """The values and the questions; what they come to, None where they cannot be meant."""
    made: Preset | None = None
    try:
        made = sweep_form.preset(lab)
        asked, searched = st.columns([2, 1], gap="medium")
        with asked:
            questions = sweep_form.questions(lab)
        with searched:
            st.markdown("**Papers**")
            paper_ids = sweep_form.papers(lab)
        if not questions:
            st.caption("Type a question, or take the sample questions.")
            return made, None
        planned = lab.sweeps.plan(made, questions, paper_ids)
    except TriptychError as error:
        frame.show(error)
        return made, None
    sweep_form.cost(planned)
    return made, planned


def listed(lab: Lab) -> None:
    rows = lab.sweeps.all()
    st.subheader("Sweeps", anchor=False)
    if not rows:
        st.caption("None yet. The demo above takes about two minutes; start it, and watch it here.")
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"sweep-{row.id}"):
            if st.button(words.escaped(row.name), type="tertiary", key=f"sweep.open.{row.id}"):
                sweep_watch.open_sweep(row.id)
            st.caption(
                f"{words.counted(row.questions, 'question')} ×"
                f" {words.counted(row.settings, 'setting')} · {sweep_watch.summary(row)}"
                f" · {row.at[:16].replace('T', ' ')}"
            )


with frame.page("Sweep") as lab:
    main(lab)
