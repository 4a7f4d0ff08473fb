"""The teacher's side of a class, in Compare: start, ask, reveal, end.

Between a question and its reveal nothing on the page tells what the panels are.
"""

import streamlit as st

from core import labels
from core.classroom import rules
from core.errors import TriptychError
from core.lab import Lab
from core.types import Classroom, Comparison, Round, Screen
from pages.ui.classroom import board, serving
from pages.ui.classroom.wall import EVERY_SECONDS, score
from pages.ui.compare import asking, settings
from pages.ui.shared import frame

HIDDEN = "References such as [1] are left out until the reveal."
SHOWN_RUNS = 30  # of the history, to pick a round from


def entry(lab: Lab, comparison: Comparison | None) -> None:
    """In Compare's headline: the way to the class, and this comparison as its next round."""
    current = lab.classes.now()
    name = f"Class {current.code}" if current else "Class"
    votable = comparison.id if current and comparison and len(comparison.runs) > 1 else ""
    if votable and st.button("Ask the class", key="class.this", icon=":material/how_to_vote:"):
        begin(lab, votable)
    if st.button(name, type="tertiary", key="class.enter"):
        lead()


def lead() -> None:
    """Go to the class."""
    st.query_params.clear()
    st.query_params["class"] = "1"
    st.rerun()


def begin(lab: Lab, comparison_id: str) -> None:
    """The next round. What is refused is said, and the page stays as it is."""
    try:
        lab.classes.begin(comparison_id)
    except TriptychError as error:
        frame.show(error)
    else:
        lead()


def draw(lab: Lab) -> bool:
    """The class; True where Compare has nothing to add: all but a round that is revealed."""
    current = lab.classes.now()
    screen = lab.classes.screen(current.code) if current else None
    if screen and not screen.classroom.open:  # another teacher ended it just now
        st.session_state["class.ended"] = screen.classroom.id
    if current is None or screen is None or not screen.classroom.open:
        with st.container(key="class-page"):
            if "class.ended" in st.session_state:
                ended(lab)
            else:
                opening(lab)
        return True
    bar(lab, screen)
    with st.container():  # always there: a question that is being typed below must not move
        if lab.classes.door_shut(serving.here()):
            door(lab)
        if failed := st.session_state.pop("class.failed", None):
            frame.show(failed)
    if asked := st.session_state.get("class.asking"):
        answering(asked)
    elif screen.round is None or st.session_state.get("class.next") == screen.round.id:
        lobby(lab, current)
    elif screen.round.revealed:
        revealed(lab, screen.round)
        return False
    else:
        predicting(lab, current.code, screen.round)
    return True


# before and after


def opening(lab: Lab) -> None:
    st.subheader("Start a class", anchor=False)
    st.write(
        "Students join with their phones, guess which answer comes from a model that read the"
        " paper, and see it revealed. They choose a name; you see counts, never names."
    )
    st.write(
        "Starting opens this server to the network of this machine, until you end the class."
        " Students can then vote, search and study cards; everything else asks for a PIN."
    )
    if st.button("Start a class", type="primary", key="class.start"):
        started, pin = lab.classes.start(serving.here())
        frame.become_teacher(started.id)
        st.session_state.pop("class.ended", None)
        st.session_state["class.pin"] = pin
        st.rerun()


def ended(lab: Lab) -> None:
    class_id = st.session_state["class.ended"]
    kept: bytes | None = None
    with st.container(key="class-over"):
        st.subheader("The class has ended.", anchor=False)
        st.write("This server listens to this machine alone again, and the names are forgotten.")
        try:
            kept = lab.classes.capsule(class_id)
        except TriptychError as error:
            st.write(labels.escaped(error.sentence))
        else:
            st.write("Its file holds the comparisons with the votes; Runs opens it, anywhere.")
        if said := score(lab, class_id):
            st.markdown(f"**{said}**.")
    with st.container(horizontal=True):
        if kept:
            name = f"triptych-class-{class_id}.capsule"
            st.download_button(
                "Keep the class as a file",
                kept,
                name,
                type="primary",
                key="class.capsule",
                on_click="ignore",
            )
        if st.button("Back to Compare", key="class.back"):
            del st.session_state["class.ended"]
            leave()


def leave() -> None:
    st.query_params.clear()
    st.rerun()


def pin_once(pin: str) -> None:
    """Behind a click, since this page may be on the projector."""
    with st.popover("Show my PIN", icon=":material/key:", key="class.pin.menu"):
        st.markdown(
            f"Your PIN is **{pin}**. Write it down: it opens everything on another"
            " screen, except bringing in files."
        )
        if st.button("I have it", key="class.pin.gone"):
            del st.session_state["class.pin"]
            st.rerun()


def door(lab: Lab) -> None:
    """After the program was started anew while a class was open."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning("No phone can reach this server just now.", icon=":material/door_front:")
        if st.button("Let the class in again", key="class.door", type="primary"):
            lab.classes.open_door(serving.here())
            st.rerun()


# the line on top


def bar(lab: Lab, screen: Screen) -> None:
    current = screen.classroom
    with st.container(horizontal=True, vertical_alignment="center", key="class-bar"):
        counts(current.code, screen.round)
        if pin := st.session_state.get("class.pin"):
            pin_once(pin)
        wall = f"/class?view=wall&class={current.code}"
        st.link_button("Wall", wall, icon=":material/present_to_all:", type="tertiary")
        with st.popover("Questions", type="tertiary", key="class.questions"):
            waiting(current.code)
        reset(lab)
        if st.button("Compare", type="tertiary", key="class.leave"):
            leave()
        if st.button("End the class", key="class.end"):
            st.session_state["class.ended"] = lab.classes.end().id
            for name in ("class.asking", "class.next", "class.pin"):
                st.session_state.pop(name, None)
            st.rerun()


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def counts(code: str, shown: Round | None) -> None:
    """How many there are and what they reached; the page follows what another teacher does."""
    lab = frame.open_lab()
    screen = lab.classes.screen(code)
    if not screen.classroom.open or screen.round != shown:
        st.rerun()
    parts = [f"**Class {code}**", labels.counted(screen.students, "student")]
    if said := score(lab, screen.classroom.id):
        parts.append(said)
    if line := lab.classes.questions.line(screen.classroom.id):
        parts.append(f"{labels.counted(len(line), 'question')} waiting")
    st.markdown(" · ".join(parts))


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def waiting(code: str) -> None:
    """What students have asked, as it comes; another teacher may hold it back as well."""
    lab = frame.open_lab()
    current = lab.classes.screen(code).classroom
    st.caption("Students take turns. What you ask goes first.")

    def turned() -> None:
        lab.classes.questions.pause(current.id, st.session_state["class.pause"])

    st.session_state["class.pause"] = current.paused
    st.toggle("Hold them back", key="class.pause", on_change=turned)
    line = lab.classes.questions.line(current.id)
    for each in line:
        st.text(each.question)
    if not line:
        st.caption("No question waits.")


def reset(lab: Lab) -> None:
    turn = st.session_state.get("class.resets", 0)
    with st.popover("Reset", type="tertiary", key=f"class.reset.menu.{turn}"):
        st.write("Students, rounds and votes of this class are taken away; it stays open.")
        if st.button("Take them away", key="class.reset", type="primary"):
            lab.classes.reset()
            st.session_state["class.resets"] = turn + 1
            lead()


# a round


def lobby(lab: Lab, current: Classroom) -> None:
    """How to join, and what the next round shows."""
    addresses = lab.classes.addresses(serving.here())
    join = board.invitation(next(iter(addresses), ""), current.code, "")
    with st.container(key="class-lobby"):
        board.board("class.invite", "page", join=join)
        st.caption("Show the wall on the projector. Students scan, or open the address.")
        if len(addresses) > 1:
            others = ", ".join(each.removeprefix("http://") for each in addresses[1:])
            st.caption(f"If no phone gets there, this machine is also {others}.")
    placeholder = "Ask your papers a question, and let the class guess"
    live, question = asking.line("class", placeholder, kept=False)
    with st.container(key="compare-settings", horizontal=True, gap="xsmall"):
        recipe, paper_ids = settings.draw(lab)
    if live:
        try:
            recipes = asking.three_recipes(recipe)
            started = lab.answering.start(question, recipes, paper_ids, asker=frame.session())
        except TriptychError as error:
            frame.show(error)
        else:
            st.session_state["class.asking"] = started.id
            st.rerun()
    pick(lab)


def pick(lab: Lab) -> None:
    """Comparisons that are there already, by their questions alone."""
    st.markdown("**Or show answers that are there already**")
    recorded = [(each.id, each.question) for each in lab.comparisons.recorded()]
    asked = [(row.id, row.question) for row in lab.comparisons.history(SHOWN_RUNS)]
    with st.container(key="class-pick", height=320, border=False, gap=None):
        for comparison_id, question in [*recorded, *asked]:
            label = labels.escaped(labels.shortened(question, 100))
            if st.button(label, type="tertiary", key=f"class.pick.{comparison_id}"):
                st.session_state.pop("class.next", None)
                begin(lab, comparison_id)


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def answering(live_id: str) -> None:
    """While the answers of a live round are written; nothing of them is shown yet."""
    lab = frame.open_lab()
    live = lab.answering.live(live_id)
    if live is None or live.over:
        st.session_state.pop("class.asking", None)
        st.session_state.pop("class.next", None)
        try:
            if live and live.error:
                raise live.error
            lab.classes.begin(live_id)
        except TriptychError as error:
            st.session_state["class.failed"] = error
        st.rerun()
    assert live
    with st.container(horizontal=True, vertical_alignment="center", key="compare-progress"):
        if st.button("Stop", key="class.stop", icon=":material/stop:"):
            live.stop()
        doing = labels.escaped(live.doing.sentence) if live.doing else "Answering …"
        st.caption(f"{doing} · {live.seconds:.0f} s")
    st.subheader(labels.escaped(live.question), anchor=False)


def predicting(lab: Lab, code: str, shown: Round) -> None:
    st.subheader(labels.escaped(shown.question), anchor=False)
    key = f"class.asked.{shown.id}"

    def chosen() -> None:
        # On a slow machine the browser may hand back, with the click on Reveal, what is asked now.
        if st.session_state[key] == shown.asked:
            return
        try:
            lab.classes.ask(shown, st.session_state[key])
        except TriptychError as error:
            st.session_state["class.failed"] = error

    st.session_state[key] = shown.asked  # another teacher may have chosen
    with st.container(horizontal=True, vertical_alignment="center", key="class-round"):
        st.segmented_control(
            "Asked",
            list(rules.QUESTIONS),
            format_func=rules.QUESTIONS.__getitem__,
            required=True,
            key=key,
            on_change=chosen,
            label_visibility="collapsed",
        )
        # Before anything is drawn: thirty screens wait for it.
        st.button(
            "Reveal",
            type="primary",
            key="class.reveal",
            on_click=lab.classes.reveal,
            args=(shown,),
        )
    count_votes(code, shown)


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def count_votes(code: str, shown: Round) -> None:
    lab = frame.open_lab()
    screen = lab.classes.screen(code)
    if screen.round != shown:
        st.rerun()
    panels = board.panels_of(
        shown, lab.classes.answers(shown), lab.classes.tally(shown), counted=True
    )
    now = f"{screen.voted} of {screen.students} have voted"
    board.board("class.board", "page", panels, now=now, note=HIDDEN)


def revealed(lab: Lab, shown: Round) -> None:
    """The votes as bars; below them Compare shows the panels with all there is to them."""
    panels = board.panels_of(shown, lab.classes.answers(shown), lab.classes.tally(shown))
    for panel in panels:
        panel["text"] = ""  # it stands below
    panels = board.in_order(panels, shown, lab.classes.comparison(shown).runs)
    with st.container(horizontal=True, vertical_alignment="center", key="class-round"):
        st.subheader(labels.escaped(shown.question), anchor=False, width="stretch")
        if st.button("Next round", type="primary", key="class.next.round"):
            st.session_state["class.next"] = shown.id
            lead()
    board.board("class.board", "page", panels)
    viewed = st.session_state.get("class.viewed")
    if "run" not in st.query_params or viewed not in (None, shown.id):  # another teacher went on
        st.query_params["run"] = shown.comparison_id
    st.session_state["class.viewed"] = shown.id
