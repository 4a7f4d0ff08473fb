"""Cards: studied, found, brought in, made from papers."""

import streamlit as st

from core import labels
from core.cards import Learner, Scope
from core.lab import Lab
from pages.ui.cards import browse, charts, decks, making, study
from pages.ui.shared import frame

VIEWS = ("Study", "Browse", "Make", "Charts")
OF_STUDENTS = ("Study", "Charts")  # while a class is open: nothing that changes cards


def main(lab: Lab) -> None:
    teacher = frame.is_teacher(lab)
    views = VIEWS if teacher else OF_STUDENTS
    with st.container(horizontal=True, vertical_alignment="center", key="cards-head"):
        if (student := frame.student()) and not teacher:
            back = ":material/arrow_back:"
            st.page_link("pages/classroom.py", label="Class", icon=back, query_params=student)
        view = st.segmented_control(
            "View",
            views,
            default=named_view() if teacher else views[0],
            required=True,
            key="cards.view",
            label_visibility="collapsed",
            persist_state="session",
        )
        deck = choose_deck(lab)
        st.space("stretch")
        learner = who(lab, teacher=teacher)
        if teacher:
            decks.bring_in(lab)
            decks.take_out(lab, deck)
    with st.container():  # always there: a name or a card that is being typed below must not move
        decks.report()
    if view == "Make":
        making.draw(lab, deck)
    elif not lab.cards.decks():
        empty(lab, teacher=teacher)
    elif view == "Browse":
        browse.draw(lab, deck, learner)
    elif learner is None:
        introduce(lab)
    elif view == "Charts":
        charts.draw(lab, learner, deck)
    else:
        study.draw(learner.name, Scope(deck=deck))


def named_view() -> str:
    """What the address asks for first: a card, or passages to make cards from."""
    asked = st.query_params
    if "card" in asked:
        return "Browse"
    return "Make" if "span" in asked or "run" in asked else "Study"


def choose_deck(lab: Lab) -> str:
    """The deck of the address; all decks where there is none."""
    rows = {row.name: row.cards for row in lab.cards.decks()}
    wanted = st.query_params.get("deck", "")
    wanted = wanted if wanted in rows else ""

    def called(name: str) -> str:
        return f"{labels.shortened(name, 60)} · {rows[name]:,}" if name else "All decks"

    def chosen() -> None:
        picked = st.session_state["cards.deck"]
        st.query_params.pop("card", None)
        if picked:
            st.query_params["deck"] = picked
        else:
            st.query_params.pop("deck", None)

    if st.session_state.get("cards.deck") != wanted:
        st.session_state["cards.deck"] = wanted
    return st.selectbox(
        "Deck",
        ["", *rows],
        format_func=called,
        key="cards.deck",
        on_change=chosen,
        label_visibility="collapsed",
        width=300,
    )


def who(lab: Lab, *, teacher: bool) -> Learner | None:
    """Who studies here, with their settings; None until a name is chosen. A student of a class is
    shown no other names."""
    known = lab.study.learners()
    state = st.session_state
    if teacher and "cards.learner" not in state and len(known) == 1:
        state["cards.learner"] = known[0].name
    learner = next((each for each in known if each.name == state.get("cards.learner")), None)
    label = labels.escaped(learner.name) if learner else "Who studies?"
    with st.popover(label, icon=":material/person:", type="tertiary", key="cards.who"):
        with st.container():
            for number, each in enumerate(known):
                same = learner is not None and each.name == learner.name
                key = f"cards.be.{number}"
                if (
                    teacher
                    and not same
                    and st.button(labels.escaped(each.name), key=key, type="tertiary")
                ):
                    state["cards.learner"] = each.name
                    st.rerun()
        name_form(lab, "cards.name.menu", "Somebody else")
        if learner:
            study.wishes(lab, learner)
    return learner


def introduce(lab: Lab) -> None:
    with st.container(key="study-stage"):
        st.subheader("Who studies?", anchor=False)
        st.write("Choose a name. Your reviews are kept under it, apart from everybody else's.")
        name_form(lab, "cards.name", "Your name")


def name_form(lab: Lab, key: str, label: str) -> None:
    with st.form(f"{key}.form", border=False), st.container(horizontal=True):
        name = st.text_input(label, key=key, label_visibility="collapsed", placeholder=label)
        if st.form_submit_button("Begin", key=f"{key}.go"):
            zone = st.context.timezone or "UTC"
            st.session_state["cards.learner"] = lab.study.learner(name or "", zone).name
            st.rerun()


def empty(lab: Lab, *, teacher: bool) -> None:
    with st.container(key="study-stage"):
        st.subheader("No cards yet", anchor=False)
        if not teacher:
            st.write("Your teacher can bring some in.")
            return
        st.write(
            "Bring in a deck with *Import* above: Markdown, CSV, an Anki package, or a zip file of"
            " decks. Or let a paper propose some under *Make*."
        )
        if st.button("Add the sample decks", type="primary", key="cards.samples"):
            decks.add_samples(lab)
            st.rerun()


with frame.page("Cards", students=True) as lab:
    main(lab)
