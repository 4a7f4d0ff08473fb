"""A student's phone: join, one tap to vote, the result, and questions of one's own.

Who comes by the door has joined there already (`core.classroom.entrance`); the form here is for the
others. The address keeps who one is (`?code=…&me=…`), so a phone that drops off comes back as the
same student. One fragment follows the class by itself; it reads the state in one go.
"""

import time

import streamlit as st

from core import labels
from core.classroom import rules
from core.errors import TriptychError
from core.lab import Lab
from core.types import Round, Screen
from pages.ui.classroom import board
from pages.ui.classroom.wall import EVERY_SECONDS, score
from pages.ui.compare import chunk
from pages.ui.compare.rank_flow import rank_flow
from pages.ui.shared import frame

VOTE, ASK = "Vote", "Ask"
READ_SECONDS = 8.0  # that a refusal stays; the page is drawn anew every second


def draw(lab: Lab, code: str) -> None:
    """For a phone that knows the code."""
    screen = lab.classes.screen(code, st.query_params.get("me", ""))
    with st.container(key="class-phone"):
        if screen.student and screen.classroom.open:
            follow(screen.classroom.code, screen.student.token)
        elif screen.classroom.open:
            join(lab, screen.classroom.code)
        else:
            with st.container(key="class-over"):
                st.subheader("This class has ended.", anchor=False)
                st.write(score(lab, screen.classroom.id) or "Thank you for coming.")


def ask_code() -> None:
    """For someone who came without the QR code."""
    with st.container(key="class-phone"), st.form("class.code.form", border=False):
        code = st.text_input("Code on the wall", key="class.code", max_chars=12)
        if st.form_submit_button("Join the class", key="class.code.go", type="primary"):
            st.query_params["code"] = rules.typed_code(code or "")
            st.rerun()


def join(lab: Lab, code: str) -> None:
    st.subheader(f"Class {code}", anchor=False)
    with st.form("class.join.form", border=False):
        name = st.text_input(
            "Your name",
            key="class.name",
            max_chars=rules.LONGEST_NAME,
            placeholder="Any name; only you see it",
        )
        if st.form_submit_button("Join the class", key="class.join", type="primary"):
            student = lab.classes.join(code, name or "")
            st.query_params["me"] = student.token
            st.rerun()


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def follow(code: str, token: str) -> None:
    """Everything that may change by itself."""
    lab = frame.open_lab()
    screen = lab.classes.screen(code, token)
    if screen.student is None or not screen.classroom.open:
        st.rerun()
    assert screen.student
    shown = screen.round
    with st.container(horizontal=True, vertical_alignment="center", key="class-phone-head"):
        place = st.segmented_control(
            "Show",
            (VOTE, ASK),
            default=VOTE,
            required=True,
            key="class.place",
            label_visibility="collapsed",
        )
        st.space("stretch")
        st.page_link("pages/cards.py", label="Cards", query_params={"code": code, "me": token})
    waits = shown is not None and not shown.revealed and not screen.mine
    if place == ASK:
        with st.container():  # always there: a round may begin while a question is being typed
            if waits:
                st.info("A round waits for your vote.", icon=":material/how_to_vote:")
        own(lab, screen)
        return
    say_refused()
    if shown is None:
        st.subheader(f"Hello, {labels.escaped(screen.student.name)}", anchor=False)
        others = labels.counted(screen.students - 1, "other")
        st.write(f"You are in, with {others}. The first round comes by itself.")
    elif shown.revealed:
        result(lab, screen)
    else:
        vote(lab, screen)


def refuse(error: TriptychError) -> None:
    st.session_state["class.refused"] = (time.monotonic() + READ_SECONDS, error)


def say_refused() -> None:
    """What was refused last, for as long as it takes to read."""
    until, error = st.session_state.get("class.refused", (0.0, None))
    if error and time.monotonic() < until:
        frame.show(error)


def vote(lab: Lab, screen: Screen) -> None:
    shown = screen.round
    assert shown
    asks(shown)

    # A choice and no three buttons: of two quick taps the last one counts, also when the server
    # sees both at once, and a tap that was lost on the way is told again by the next second.
    key = f"class.vote.{shown.id}.{shown.asked}"
    letters = rules.LETTERS[: len(shown.run_ids)]
    if screen.mine:
        st.session_state.setdefault(key, letters[shown.run_ids.index(screen.mine)])

    def tapped() -> None:
        st.session_state.pop("class.refused", None)
        try:
            lab.classes.vote(screen, shown.run_ids[letters.index(st.session_state[key])])
        except TriptychError as error:
            refuse(error)

    st.segmented_control(
        rules.QUESTIONS[shown.asked],
        list(letters),
        required=True,
        key=key,
        on_change=tapped,
        label_visibility="collapsed",
        width="stretch",
    )
    if screen.mine:
        chosen = rules.LETTERS[shown.run_ids.index(screen.mine)]
        st.caption(f"You said **{chosen}**. Until the reveal you may change it.")
    else:
        st.caption("Tap one. Until the reveal you may change it.")
    panels = board.panels_of(shown, lab.classes.answers(shown), {}, mine=screen.mine)
    board.board("class.board", "phone", panels)


def asks(shown: Round) -> None:
    with st.container(key="class-asks", gap=None):
        st.markdown(labels.escaped(shown.question))
        st.markdown(f"**{rules.QUESTIONS[shown.asked]}**")


def result(lab: Lab, screen: Screen) -> None:
    shown = screen.round
    assert shown
    if shown.asked == "read" and screen.mine:
        chosen = rules.LETTERS[shown.run_ids.index(screen.mine)]
        right = screen.mine in shown.readers
        said = "read the paper" if right else "read no paper"
        st.subheader(f"{chosen} {said}", anchor=False)
    else:
        st.subheader("Revealed", anchor=False)
    st.caption(score(lab, screen.classroom.id) or "Nobody has voted on who read the paper yet.")
    panels = board.panels_of(
        shown, lab.classes.answers(shown), lab.classes.tally(shown), mine=screen.mine
    )
    bars = [panel | {"text": ""} for panel in panels]
    board.board("class.bars", "phone", bars)
    with st.expander("The answers", key="class.answers"):
        texts = [panel | {"votes": [], "said": ""} for panel in panels]
        board.board("class.board", "phone", texts)


def own(lab: Lab, screen: Screen) -> None:
    """A question of one's own: looked up at once, or put in line for an answer."""
    assert screen.student
    token, questions = screen.student.token, lab.classes.questions
    with st.form("class.own.form", border=False):
        question = st.text_input(
            "Your question to the papers", key="class.own", placeholder="What do you want to know?"
        )
        with st.container(horizontal=True):
            searched = st.form_submit_button("Find passages", key="class.search", type="primary")
            asked = st.form_submit_button("Answer this too", key="class.ask")
    if searched or asked:
        st.session_state.pop("class.refused", None)
    try:
        if searched:
            questions.search(token, question or "")
        if asked:
            questions.put(screen, question or "")
    except TriptychError as error:
        refuse(error)
    say_refused()
    line(lab, screen)
    found(lab, token)


def line(lab: Lab, screen: Screen) -> None:
    """What became of one's questions."""
    assert screen.student
    for asked, place in lab.classes.questions.of(screen.classroom.id, screen.student.token):
        st.markdown(f"**{labels.escaped(asked.question)}**")
        match asked.state:
            case "waiting" if screen.classroom.paused:
                st.caption(f"Number {place} in line; the teacher has paused it.")
            case "waiting":
                st.caption(f"Number {place} in line.")
            case "answering":
                st.caption("Being answered …")
            case "failed":
                st.caption(f":material/error: {labels.escaped(asked.sentence)}")
            case "done":
                (run,) = lab.comparisons.comparison(asked.comparison_id).runs
                st.text(run.answer.text if run.answer else "")


def found(lab: Lab, token: str) -> None:
    """The latest search: the passages that would be used, and soon what reranking did to them."""
    search = lab.classes.questions.searched(token)
    if search is None:
        return
    st.markdown(f"**{labels.escaped(search.question)}**")
    if search.error:
        frame.show(search.error)
    if search.run is None:
        if not search.over:
            st.caption("Searching …")
        return
    run = search.run
    for hit in run.hits:
        key = f"class-{hit.chunk.paper_id}-{hit.chunk.start}"  # an open one stays open in its place
        with st.expander(
            f"**{hit.rank}** · {labels.escaped(hit.title)}, {labels.pages_of(hit)}",
            key=f"{key}-hit",
        ):
            st.caption(" · ".join(labels.standing(hit)))
            chunk.passage_of(lab, hit, run.question, (), key)
    if not search.over:
        st.caption("These are the most similar. The reranker reads them next …")
    elif run.candidates and not search.error:
        st.caption(labels.flow(run.candidates, len(run.hits)))
        found_by = labels.found_by(run.candidates[0])
        rank_flow("class.flow", run.evidence, len(run.hits), found_by)
