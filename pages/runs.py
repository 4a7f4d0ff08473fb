"""Runs: past answers looked through, drawn and judged."""

import streamlit as st

from core import labels
from core.lab import Lab
from core.types import View
from pages.ui.runs import charts, diagnosis, exchange, filters, found, grade, table
from pages.ui.shared import frame

GRADE, FOUND = "Grade", "What people found"
SECTIONS = ("Runs", "Charts", "What went wrong", GRADE, FOUND)


def main(lab: Lab) -> None:
    lab.runs.take_in_recorded()
    lab.grades.take_in_recorded()
    if st.query_params.get("show") == "grade":  # from Compare
        del st.query_params["show"]
        st.session_state["runs.section"] = GRADE
    with st.container(horizontal=True, vertical_alignment="center", key="runs-headline"):
        section = st.segmented_control(
            "Show",
            SECTIONS,
            default=SECTIONS[0],
            required=True,
            label_visibility="collapsed",
            key="runs.section",
        )
        st.space("stretch")
        exchange.bring_in(lab)
        menu = st.container(width="content")
    view = filters.draw(lab)
    with menu:
        exchange.send_out(lab, view)
    with st.container():  # always there: a name that is being typed below must not move
        if made := st.session_state.get("runs.imported"):
            exchange.said(made)
        if view.sweep:
            overview(lab, view.sweep)
    count = lab.runs.count(view)
    if not count:
        nothing(view)
    elif section == FOUND:
        found.draw(lab, view)
    elif section == GRADE:
        grade.draw(view)
    elif section == SECTIONS[0]:
        table.draw(lab, view, count)
    else:
        judged(lab, view, section)


def overview(lab: Lab, sweep_id: str) -> None:
    """What the sweep was, and how much of it is there."""
    row = next((row for row in lab.runs.sweeps() if row.id == sweep_id), None)
    if row is None:
        st.info("This sweep is not here; its link may belong to another data folder.")
        return
    parts = [
        f"**{labels.escaped(row.name)}**",
        f"{labels.counted(row.questions, 'question')} × {labels.counted(row.settings, 'setting')}",
        f"{row.done:,} of {row.cells:,} answered",
    ]
    parts += [f"{row.failed:,} failed"] if row.failed else []
    parts += [f"{row.dropped:,} dropped"] if row.dropped else []
    st.markdown(" · ".join(parts))


def nothing(view: View) -> None:
    """An empty list says what to do next."""
    st.info("No run fits these filters." if view != View() else "Nothing was asked here yet.")
    if view != View() and st.button("Show all runs", type="primary", key="runs.reset"):
        st.query_params["view"] = filters.ANY
        st.rerun()


def judged(lab: Lab, view: View, section: str | None) -> None:
    """Charts or diagnosis, which read the runs whole."""
    with st.spinner("Reading the runs …"):
        selection = lab.runs.select(view)
    if selection.left_out:
        st.caption(
            f":material/info: The newest {labels.counted(len(selection.runs), 'run')} are read;"
            f" {selection.left_out:,} older ones fit as well. Filter to see those."
        )
    if section == SECTIONS[1]:
        charts.draw(selection, lab.endpoints.prices())
    else:
        diagnosis.draw(selection)


with frame.page("Runs") as lab:
    main(lab)
