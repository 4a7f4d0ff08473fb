"""The passage for a question that a person has already: the places that hold its telling words, to
pick one or several as its gold. No retriever has a hand in what is listed."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.gold import Change, FoundPlace, Looked
from core.lab import Lab
from core.papers import PaperRow
from core.types import Question, Span
from pages.ui.shared import frame
from pages.ui.shared.highlighted_text import Mark, golden, passage

KEY = "library.finding"
QUESTION, LOOKED = f"{KEY}.question", f"{KEY}.looked"
SAID, FAILED = f"{KEY}.said", f"{KEY}.failed"
ANY, TOGETHER = "Any one of them answers", "They are needed together"


def button(paper: PaperRow | None = None) -> None:
    """Opens the search, in one paper or in all."""
    if st.button(
        "Find a passage",
        type="tertiary",
        icon=":material/manage_search:",
        help="Type a question and see the places that hold its words.",
        key=f"{KEY}.open",
    ):
        for name in (LOOKED, SAID, FAILED):
            st.session_state.pop(name, None)
        st.dialog("Find the passage for a question", width="large")(search)(paper)


@frame.bounded
def search(paper: PaperRow | None) -> None:
    """What the dialog shows."""
    lab = frame.open_lab()
    with st.container():  # always there: the next question may be under way
        _said(lab)
    asked = st.text_input("Question", key=QUESTION, placeholder="Which question is it?").strip()
    here = paper is not None and st.toggle(
        f"Only in “{labels.escaped(labels.shortened(paper.title, 60))}”", True, key=f"{KEY}.here"
    )
    if not asked:
        st.caption(
            "Listed are the places that hold most of its telling words, found without embedder,"
            " index or reranker, so that none of them is judged by what it found itself."
        )
        return
    looked = _looked(lab, asked, paper.id if paper and here else None)
    if not looked.places:
        why = f"No place holds any of: {', '.join(looked.words)}."
        if not looked.words:
            why = "None of its words tells of a subject."
        st.info(labels.escaped(f"{why} Ask in the words that the paper uses."))
        return
    st.caption(_summary(looked))
    rows = {row.id: row for row in lab.papers.rows({each.span.paper_id for each in looked.places})}
    known = lab.questions.asking(asked) or Question(text=asked)
    with st.container(height=300, key="finding-places", border=False):
        picked = [
            each.span
            for number, each in enumerate(looked.places)
            if each.span.paper_id in rows and _place(lab, looked, number, rows, known)
        ]
    _form(lab, asked, picked, known)


def _looked(lab: Lab, asked: str, paper_id: str | None) -> Looked:
    """What was found, found once: each tick draws the list again."""
    kept = st.session_state.get(LOOKED)
    if kept is None or kept[0] != (asked, paper_id):
        for name in [each for each in st.session_state if str(each).startswith(f"{KEY}.pick.")]:
            del st.session_state[name]
        kept = ((asked, paper_id), lab.questions.look_for(asked, paper_id))
        st.session_state[LOOKED] = kept
    found: Looked = kept[1]
    return found


def _summary(looked: Looked) -> str:
    said = (
        f"{labels.counted(len(looked.places), 'place')} with most of:"
        f" {labels.escaped(', '.join(looked.words))}."
    )
    if looked.left_out:
        left = labels.counted(looked.left_out, "paper")
        said += f" {left} with fewer of them were not read."
    return f"{said} A passage that says it in other words is not among them: look for it yourself."


def _place(
    lab: Lab, looked: Looked, number: int, rows: Mapping[str, PaperRow], known: Question
) -> bool:
    """One place, and whether it is picked."""
    found = looked.places[number]
    paper = lab.papers.get(found.span.paper_id)
    missing = [word for word in looked.words if word not in found.held]
    said = f"{len(found.held)} of {labels.counted(len(looked.words), 'word')}"
    if paper.pages > 1:
        said = f"p. {paper.pages_of(found.span.start, found.span.end)[0]} · {said}"
    if missing:
        said += f", without {labels.escaped(', '.join(missing))}"
    with st.container(key=f"finding-place-{number}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            picked = st.checkbox(
                f"**{labels.escaped(labels.shortened(rows[paper.id].title, 60))}**",
                key=f"{KEY}.pick.{found.span}",
            )
            st.caption(said, width="content")
            st.page_link(
                "pages/library.py",
                label="Open",
                query_params={
                    "paper": paper.id,
                    "at": f"{found.span.start}-{found.span.end}",
                },
            )
        text = paper.text[found.span.start : found.span.end]
        passage(f"{KEY}.text.{number}", text, _marks(found, known.gold))
    return picked


def _marks(found: FoundPlace, gold: Sequence[Span]) -> list[Mark]:
    """The question's words, and what is its gold already."""
    span = found.span
    already = [
        (max(each.start, span.start) - span.start, min(each.end, span.end) - span.start)
        for each in gold
        if each.paper_id == span.paper_id and each.start < span.end and span.start < each.end
    ]
    words = [Mark(start=start, end=end, kind="match") for start, end in found.marks]
    return [*words, *golden(already)]


def _form(lab: Lab, asked: str, picked: Sequence[Span], known: Question) -> None:
    """What is kept of the picked places, and how."""
    several = len(picked) + len(known.gold) > 1
    how = ANY
    with st.container():  # always there: the answer below must not move
        if several and picked:
            how = st.radio(
                "Several passages",
                (ANY, TOGETHER),
                horizontal=True,
                key=f"{KEY}.how",
                label_visibility="collapsed",
            )
    reference = st.text_input(
        "The answer in short, if you like", key=f"{KEY}.reference", value=known.reference
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        held_out = st.checkbox("Keep it for the test set", key=f"{KEY}.held_out")
        st.space("stretch")
        st.button(
            f"Keep with {labels.counted(len(picked), 'passage')}" if picked else "Keep",
            type="primary",
            disabled=not picked,
            key=f"{KEY}.keep",
            on_click=_keep,
            args=(lab, asked, picked, reference, held_out, several and how == ANY),
        )


def _keep(
    lab: Lab,
    asked: str,
    picked: Sequence[Span],
    reference: str,
    held_out: bool,
    each_answers: bool,
) -> None:
    """Keep it, and make room for the next question."""
    try:
        change = lab.questions.mark(
            asked,
            picked,
            reference,
            held_out=held_out,
            each_answers=each_answers,
            origin="found by its words",
        )
    except TriptychError as error:
        st.session_state[FAILED] = error
        return
    st.session_state[SAID] = change
    st.session_state.pop(LOOKED, None)
    st.session_state[QUESTION] = st.session_state[f"{KEY}.reference"] = ""


def _said(lab: Lab) -> None:
    if failed := st.session_state.pop(FAILED, None):
        frame.show(failed)
    change: Change | None = st.session_state.get(SAID)
    if change is None or change.after is None:
        return
    question = change.after.question
    ways = len(question.alternatives)
    passages = labels.counted(len(question.gold), "passage")
    how = f", any of {ways} alternatives" if ways > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="finding-said"):
        text = labels.escaped(labels.shortened(question.text, 60))
        st.markdown(f":material/check: Kept with {passages}{how}: {text}", width="content")
        st.button("Undo", type="tertiary", key=f"{KEY}.undo", on_click=partial(_back, lab, change))


def _back(lab: Lab, change: Change) -> None:
    st.session_state.pop(SAID, None)
    try:
        lab.questions.undo(change)
    except TriptychError as error:
        st.session_state[FAILED] = error
