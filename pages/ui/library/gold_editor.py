"""The gold of an opened paper: questions that a person types to passages of its text, marked in it
and listed beside it. Questions of the test set are counted, and shown only to who asks for them."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core import labels
from core.errors import BadInput, TriptychError
from core.gold import Change, KeptQuestion
from core.lab import Lab
from core.metrics import within
from core.types import Paper, Span
from pages.ui.shared import frame
from pages.ui.shared.highlighted_text import (
    Asked,
    Mark,
    doubtful,
    golden,
    page_text,
    searched,
    trimmed,
)

SAID, FAILED, TURNED = "library.gold.said", "library.gold.failed", "library.gold.turned"
STEPS = 20  # that can be undone
MOST, PIXELS = 12, 460  # more questions than this are scrolled, in a list so many pixels high


@st.fragment
@frame.bounded
def draw(
    paper: Paper,
    start: int,
    end: int,
    found: Sequence[tuple[int, int]],
    turn: Callable[[int], None],
    *,
    beside: bool,
) -> None:
    """`paper.text[start:end]` with what a search found in it, to mark gold in, and the list of
    what is marked in the whole paper: beside the text, or folded below it, so that nothing above
    the text moves when a question is kept. `turn` leads to a place.

    A fragment: after a question only this is drawn again, and not the page's image.
    """
    if st.session_state.pop(TURNED, False):
        st.rerun()
    lab = frame.open_lab()
    questions = _shown(lab, paper)
    if beside:
        text, listed = st.columns([7, 4], gap="large")
    else:
        text, listed = st.container(), st.container()
    with text:
        _status(lab)
        with st.container(key="paper-text"):
            _text(lab, paper, start, end, found, questions)
    with listed:
        _notes(lab, paper)
        _listing(lab, paper, questions, turn, beside=beside)


def chosen(lab: Lab, paper: Paper) -> tuple[Span, ...]:
    """The gold that a click in the list led to, for the page's image."""
    place = st.session_state.get(f"library.match.{paper.id}")
    kept = [] if place is None else _shown(lab, paper)
    return tuple(span for span in _places(kept, paper) if span.start == place)


def _text(
    lab: Lab,
    paper: Paper,
    start: int,
    end: int,
    found: Sequence[tuple[int, int]],
    questions: Sequence[KeptQuestion],
) -> None:
    text = paper.text[start:end]
    if not text.strip():
        st.text("This page holds no text to search.")
        return
    place = st.session_state.get(f"library.match.{paper.id}")
    spans = _places(questions, paper)
    marks = golden(within(spans, Span(paper_id=paper.id, start=start, end=end)))
    marks += [
        Mark(start=span.start - start, end=min(span.end, end) - start, kind="here")
        for span in spans
        if start <= span.start < end and span.start == place
    ]
    page_text(
        f"library.passage.{paper.id}.{start}",
        text,
        marks
        + doubtful(paper, start, end)
        + searched(found, None if place is None else place - start),
        partial(_keep, lab, paper, start),
        st.session_state.get(_another(paper), ""),
    )


def _keep(lab: Lab, paper: Paper, offset: int, asked: Asked) -> None:
    """Keep what was typed to a passage; what comes of it is said where the list stands."""
    start, end = offset + asked.start, offset + asked.end
    try:
        if paper.text[start:end] != asked.quote:
            raise BadInput("The text on screen is not the paper's; reload the page and try again.")
        start, end = trimmed(paper.text, start, end)
        span = Span(paper_id=paper.id, start=start, end=end)
        change = lab.questions.mark(
            asked.question,
            [span],
            asked.reference,
            held_out=asked.held_out,
            each_answers=asked.each_answers,
        )
    except TriptychError as error:
        st.session_state[FAILED] = error
        return
    assert change.after
    st.session_state[_another(paper)] = change.after.question.text
    aside = ", for the test set" if change.after.held_out else ""
    if change.before is None:
        _tell(f"Kept{aside}", change)
    elif change.before == change.after:
        _tell(f"Known with this passage{aside}", change)
    else:
        question = change.after.question
        passages = labels.counted(len(question.gold), "passage")
        several = len(question.alternatives)
        ways = f", in {several} alternatives" if several > 1 else ""
        _tell(f"Asked here already{aside}, so it has {passages} now{ways}", change)


def _status(lab: Lab) -> None:
    """One line, as high whatever it says: what was done last, or what can be done."""
    with st.container(key="gold-status", gap=None):
        if failed := st.session_state.pop(FAILED, None):
            frame.show(failed)
        if not _undo(lab):
            st.caption("Select a passage of the text and type the question that it answers.")


def _notes(lab: Lab, paper: Paper) -> None:
    """What is not among the questions shown: those of the test set, and passages that are lost."""
    held_out = len(lab.questions.in_paper(paper.id, held_out=True))
    if held_out:
        st.toggle(
            f"Show the {labels.counted(held_out, 'question')} of the test set",
            key="library.gold.held_out",
            help="Kept for the test set: who has seen them chooses settings for them.",
        )
    for question, words in lab.questions.left_in(paper.id):
        st.caption(
            ":material/help: A passage of an earlier reading stands no more in this text:"
            f" “{labels.escaped(words)}”, for *{labels.escaped(question)}*. Select where it stands"
            " now and type the question once more."
        )


def _listing(
    lab: Lab,
    paper: Paper,
    questions: Sequence[KeptQuestion],
    turn: Callable[[int], None],
    *,
    beside: bool,
) -> None:
    """The questions with gold in this paper."""
    if not questions:
        st.caption(
            "No question has gold in this paper yet. Such test questions tell which setting finds"
            " their gold passages."
        )
        return
    said = f"**{labels.counted(len(questions), 'question')}** with gold in this paper"
    if beside:
        st.caption(said)
        around = st.container()
    else:
        around = st.expander(said, key=f"library.gold.list.{paper.id}")
    height = PIXELS if len(questions) > MOST else "content"
    with around, st.container(key="gold-list", gap=None, height=height, border=False):
        for kept in questions:
            _row(lab, paper, kept, turn)


def _row(lab: Lab, paper: Paper, kept: KeptQuestion, turn: Callable[[int], None]) -> None:
    first, *others = _places([kept], paper)
    with (
        st.container(key=f"gold-row-{kept.id}", gap=None),
        st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall"),
    ):
        aside = " :gray-badge[test set]" if kept.held_out else ""
        aside += " :violet-badge[generated]" if kept.question.generated_by else ""
        asked = labels.escaped(labels.shortened(kept.question.text, 110))
        st.button(
            f"{_page_of(paper, first)}{asked}{aside}",
            type="tertiary",
            width="stretch",
            wrap=True,
            help=labels.escaped(kept.question.reference) or None,
            key=f"library.gold.go.{kept.id}",
            on_click=_turned,
            args=(paper, kept, turn, first.start),
        )
        for number, span in enumerate(others, start=2):
            st.button(
                f"{number}.",
                type="tertiary",
                help=f"Its passage {number}: {_page_of(paper, span)}"
                f"{labels.escaped(labels.shortened(paper.text[span.start : span.end], 80))}",
                key=f"library.gold.go.{kept.id}.{number}",
                on_click=_turned,
                args=(paper, kept, turn, span.start),
            )
        if len(kept.question.gold) > 1:
            _grouping(lab, kept)
        st.button(
            "",
            icon=":material/lock_open:" if kept.held_out else ":material/lock:",
            type="tertiary",
            help="Take it in again" if kept.held_out else "Keep it for the test set",
            key=f"library.gold.aside.{kept.id}",
            on_click=_changed,
            args=(
                "Taken in again" if kept.held_out else "Kept for the test set",
                partial(lab.questions.set_aside, kept, not kept.held_out),
            ),
        )
        st.button(
            "",
            icon=":material/delete:",
            type="tertiary",
            help="Delete it",
            key=f"library.gold.delete.{kept.id}",
            on_click=_changed,
            args=("Deleted", partial(lab.questions.remove, kept)),
        )


def _grouping(lab: Lab, kept: KeptQuestion) -> None:
    """Whether any one of a question's passages answers it, and a click that changes that."""
    ways = len(kept.question.alternatives)
    each = ways == len(kept.question.gold)
    label = "any one" if each else f"any of {ways} ways" if ways > 1 else "together"
    st.button(
        label,
        type="tertiary",
        help="Any one of its passages answers it. Click: they are needed together."
        if ways > 1
        else "Its passages are needed together. Click: any one of them answers it.",
        key=f"library.gold.group.{kept.id}",
        on_click=_changed,
        args=(
            "Needed together" if ways > 1 else "Any one answers",
            partial(lab.questions.regroup, kept, each_answers=ways == 1),
        ),
    )


def _undo(lab: Lab) -> bool:
    """What was done last, and the way back, step by step; False if nothing was."""
    said: list[tuple[str, Change]] = st.session_state.get(SAID, [])
    if not said:
        return False
    what, change = said[-1]
    can_be_undone = [each for _, each in said if each.before != each.after]
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="gold-said"):
        st.markdown(f":material/check: {_done(what, change)}", width="content")
        if can_be_undone:
            st.button(
                "Undo" if can_be_undone[-1] is change else "Undo the one before",
                type="tertiary",
                key="library.gold.undo",
                on_click=_back,
                args=(lab, can_be_undone[-1]),
            )
        if len(said) > 1:
            st.caption(f"before that: {_done(*said[-2])}", width="content")
    return True


def _done(what: str, change: Change) -> str:
    kept = change.after or change.before
    assert kept
    return f"{what}: {labels.escaped(labels.shortened(kept.question.text, 60))}"


def _back(lab: Lab, change: Change) -> None:
    st.session_state[SAID] = [each for each in st.session_state[SAID] if each[1] is not change]
    try:
        lab.questions.undo(change)
    except TriptychError as error:
        st.session_state[FAILED] = error


def _changed(what: str, act: Callable[[], Change]) -> None:
    try:
        _tell(what, act())
    except TriptychError as error:
        st.session_state[FAILED] = error


def _tell(what: str, change: Change) -> None:
    """On top of what may still be undone; what changed nothing is said once."""
    said = [each for each in st.session_state.get(SAID, []) if each[1].before != each[1].after]
    st.session_state[SAID] = [*said, (what, change)][-STEPS:]


def _turned(paper: Paper, kept: KeptQuestion, turn: Callable[[int], None], place: int) -> None:
    """Another passage may be added to the question that was turned to."""
    st.session_state[_another(paper)] = kept.question.text
    st.session_state[TURNED] = True
    turn(place)


def _another(paper: Paper) -> str:
    return f"library.gold.another.{paper.id}"


def _shown(lab: Lab, paper: Paper) -> list[KeptQuestion]:
    kept = lab.questions.in_paper(paper.id)
    if st.session_state.get("library.gold.held_out"):
        kept += lab.questions.in_paper(paper.id, held_out=True)
    return sorted(kept, key=lambda each: _places([each], paper)[0].start)


def _places(questions: Sequence[KeptQuestion], paper: Paper) -> list[Span]:
    spans = (span for kept in questions for span in kept.question.gold)
    return [span for span in spans if span.paper_id == paper.id]


def _page_of(paper: Paper, span: Span) -> str:
    return f"p. {paper.pages_of(span.start, span.end)[0]} · " if paper.pages > 1 else ""
