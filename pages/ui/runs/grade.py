"""Answers graded by people: without their settings, by keyboard, one after the other."""

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.evaluation import Grading, Sheet
from core.lab import Lab
from core.types import MARKS, PREFERENCES, Said, View
from pages.ui.shared import frame, gold
from pages.ui.shared.highlighted_text import passage

KEEP = "session"
WAYS = {"marks": "One by one", "pairs": "Two side by side"}
GUIDE = {
    "marks": "How right is the answer, by what the papers say? Style and length do not count.",
    "pairs": "Which answer is better, by what the papers say? Style and length do not count.",
}
KEYS = {"left": "A", "tie": "T", "right": "B"}  # arrows move what has just been chosen with them


def draw(view: View) -> None:
    """The answers of the runs that fit the view."""
    grader: str = st.session_state.get("runs.grader", "")
    if not grader.strip():
        _ask_name()
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs-grade-who"):
        way = st.segmented_control(
            "Answers",
            list(WAYS),
            format_func=WAYS.__getitem__,
            default="marks",
            required=True,
            key="runs.grade.way",
            persist_state=KEEP,
            label_visibility="collapsed",
        )
        st.caption(f"Grading as {labels.escaped(grader)}", width="content")
        st.button("Change", key="runs.grader.change", type="tertiary", on_click=_name, args=("",))
    sheet(view, grader, way)


def _ask_name() -> None:
    """Once; beside the answers the field would swallow the keys that grade them."""
    with st.form("runs.grader.form", border=False, width=420):
        name = st.text_input("Your name", key="runs.grader.name", placeholder="Ada")
        st.caption(
            "The answers come one after the other, mixed and without their settings. What you say"
            " of them is kept under your name, and goes on where you left."
        )
        if st.form_submit_button("Begin", type="primary", key="runs.grader.begin"):
            _name(name)
            st.rerun()


def _name(name: str) -> None:
    st.session_state["runs.grader"] = name


@st.fragment
@frame.bounded
def sheet(view: View, grader: str, way: str) -> None:
    """What is graded now. A fragment: only this is drawn again for the next one."""
    lab = frame.open_lab()
    if failed := st.session_state.pop("runs.grade.failed", None):
        frame.show(failed)
    grading = lab.grades.next(
        lab.runs.select(view).runs, grader, "pairs" if way == "pairs" else "marks"
    )
    _line(lab, grader, grading)
    now = grading.sheet
    if now is None:
        if grading.count:
            st.success("All of these are graded.", icon=":material/check:")
        else:
            st.info("Too few answers fit the filters to be graded this way.")
        return
    key = f"{grading.done}.{'-'.join(now.run_ids)}"
    with st.container(key="runs-grade-sheet"):
        st.subheader(labels.escaped(now.question), anchor=False)
        _gold(lab, now, key)
        columns = st.columns(len(now.answers), gap="large")
        for number, (column, text) in enumerate(zip(columns, now.answers, strict=True)):
            with column:
                if len(now.answers) > 1:
                    st.caption("AB"[number])
                passage(f"runs-grade-{key}-{number}", text)
    with st.container(key="runs-grade-buttons", horizontal=True, horizontal_alignment="center"):
        for said, label, shortcut in _choices(now):
            st.button(
                label,
                key=f"runs.grade.{said}.{key}",
                shortcut=shortcut,
                on_click=_say,
                args=(lab, grader, now, said),
            )
    st.caption(GUIDE[way], text_alignment="center")


def _line(lab: Lab, grader: str, grading: Grading) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="runs-grade-line"):
        st.caption(f"**{grading.done:,}** of {grading.count:,} graded", width="content")
        st.space("stretch")
        st.button(
            "Undo",
            key="runs.grade.undo",
            type="tertiary",
            shortcut="Z",
            on_click=_take_back,
            args=(lab, grader),
        )


def _choices(now: Sheet) -> list[tuple[Said, str, str]]:
    """What may be said, with its label and key."""
    if len(now.answers) == 1:
        return [(said, what.capitalize(), said) for said, what in MARKS.items()]
    return [(said, what.capitalize(), KEYS[said]) for said, what in PREFERENCES.items()]


def _gold(lab: Lab, now: Sheet, key: str) -> None:
    """What the papers say, for whoever wants to see it."""
    asked = gold.known(lab, now.question)
    if asked is None:
        st.caption(
            "No passage is kept for this question; the Library is where questions get theirs, also"
            " those of the samples."
        )
        return
    with st.popover("What the papers say", type="tertiary", key=f"runs.gold.{key}"):
        if asked.reference:
            st.markdown(f"Reference answer: {labels.escaped(asked.reference)}")
        here = {row.id for row in lab.papers.rows({span.paper_id for span in asked.gold})}
        for number, span in enumerate(asked.gold):
            if span.paper_id in here:
                paper = lab.papers.get(span.paper_id)
                st.caption(labels.escaped(paper.title))
                passage(f"runs-gold-{key}-{number}", paper.text[span.start : span.end])
        if not asked.gold:
            st.caption("Kept as a question that the papers do not answer.")


def _say(lab: Lab, grader: str, now: Sheet, said: Said) -> None:
    try:
        lab.grades.grade(grader, now, said)
    except TriptychError as error:
        st.session_state["runs.grade.failed"] = error


def _take_back(lab: Lab, grader: str) -> None:
    try:
        if lab.grades.take_back(grader) is None:
            st.toast("Nothing is left to undo.")
    except TriptychError as error:
        st.session_state["runs.grade.failed"] = error
