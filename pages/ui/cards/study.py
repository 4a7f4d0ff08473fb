"""Studying: one card in the middle of the screen, turned and rated with the keyboard."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from core import labels
from core.cards import LEECH, RATINGS, RETENTIONS, Counts, Learner, Scope, Turn
from core.errors import TriptychError
from core.lab import Lab
from pages.ui.cards import view
from pages.ui.shared import frame

MOST_CRAMMED = 500  # cards in one round
TURNED = "cards.turned"  # whose card shows its answer: a name, the card's id, and a number


@st.fragment
@frame.bounded
def draw(learner_name: str, scope: Scope) -> None:
    """The card that comes now. A fragment: only this is drawn again for the next one."""
    lab = frame.open_lab()
    if failed := st.session_state.pop("cards.failed", None):
        frame.show(failed)
    with st.container(key="study-stage"):
        if st.session_state.get("cards.cram"):
            cram(lab, st.session_state["cards.cram"])
        else:
            study(lab, lab.study.learner(learner_name), scope)


def study(lab: Lab, learner: Learner, scope: Scope) -> None:
    at = datetime.now(UTC)
    line(lab, learner, lab.study.counts(learner, scope, at), scope)
    whose, card_id, reviews = st.session_state.get(TURNED, ("", "", 0))
    held = (card_id, reviews) if whose == learner.name else None
    turn = lab.study.turn(learner, scope, at, held)
    if turn is None:
        st.subheader("Done for today", anchor=False)
        st.write("Nothing waits. Come back tomorrow, or cram what you like without scheduling.")
    else:
        card(lab, learner, turn)


def line(lab: Lab, learner: Learner, counts: Counts, scope: Scope) -> None:
    """How much waits, and what may be done besides rating."""
    with st.container(horizontal=True, vertical_alignment="center", key="study-line"):
        st.caption(
            f"**{counts.new}** new · **{counts.learning}** being learned · **{counts.due}** due",
            width="content",
        )
        st.space("stretch")
        button("Undo", "cards.back", take_back, lab, learner, type="tertiary", shortcut="Z")
        button("Cram", "cards.cram.begin", begin_cram, lab, scope, type="tertiary")


def card(lab: Lab, learner: Learner, turn: Turn) -> None:
    reviews = turn.memory.reviews if turn.memory else 0
    key, held = f"{turn.card.id}.{reviews}", (learner.name, turn.card.id, reviews)
    turned = st.session_state.get(TURNED) == held
    with st.container(key="study-card"):
        st.caption(view.where(turn.card))
        if turn.memory and turn.memory.lapses >= LEECH:
            st.caption(
                f":material/healing: A leech: forgotten {turn.memory.lapses} times. Other words"
                " would help more than another review: edit it under Browse, or leave it out."
            )
        view.front(turn.card)
        if turned:
            view.back(turn.card)
    with st.container(key="study-buttons", horizontal=True, horizontal_alignment="center"):
        if turned:
            for rating, name in RATINGS.items():
                label = f"{name} · {until(turn.intervals[rating])}"
                place = f"cards.rate.{rating}.{key}"
                button(label, place, rate, lab, learner, turn, rating, shortcut=str(rating))
        else:
            turn_button(f"cards.turn.{key}", held)
    with st.container(key="study-more", horizontal=True, horizontal_alignment="center"):
        button("Leave it out", "cards.suspend", leave_out, lab, learner, turn, type="tertiary")
        if turned:
            view.source(lab, turn.card, "cards.source")


def cram(lab: Lab, left: list[str]) -> None:
    """Cards in a random order, again until they are known. Nothing is logged or scheduled."""
    with st.container(horizontal=True, vertical_alignment="center", key="study-line"):
        st.caption(f"Cramming: **{len(left)}** left, nothing is scheduled", width="content")
        st.space("stretch")
        button("End", "cards.cram.end", crammed, [], type="tertiary")
    shown = lab.cards.get(left[0])
    held = ("", shown.id, len(left))
    turned = st.session_state.get(TURNED) == held
    with st.container(key="study-card"):
        st.caption(view.where(shown))
        view.front(shown)
        if turned:
            view.back(shown)
    with st.container(key="study-buttons", horizontal=True, horizontal_alignment="center"):
        if turned:
            again = [*left[1:], shown.id]
            button("Again", "cards.cram.again", crammed, again, shortcut="1")
            button("Known", "cards.cram.known", crammed, left[1:], shortcut="3")
        else:
            turn_button("cards.cram.turn", held)


def button(label: str, key: str, act: Callable[..., None], *values: object, **looks: Any) -> None:
    """A button that acts before the card is drawn again. What fails is said there."""

    def acted() -> None:
        try:
            act(*values)
        except TriptychError as error:
            st.session_state["cards.failed"] = error
        st.session_state.pop(TURNED, None)

    st.button(label, key=key, on_click=acted, **looks)


def turn_button(button_key: str, held: tuple[str, str, int]) -> None:
    st.button(
        "Show the answer",
        type="primary",
        shortcut="Space",
        key=button_key,
        on_click=st.session_state.update,
        args=({TURNED: held},),
    )


def rate(lab: Lab, learner: Learner, turn: Turn, rating: int) -> None:
    if lab.study.answer(learner, turn, rating, datetime.now(UTC)) is None:
        st.toast("This card was answered in another window meanwhile.")


def take_back(lab: Lab, learner: Learner) -> None:
    lab.study.take_back(learner)


def leave_out(lab: Lab, learner: Learner, turn: Turn) -> None:
    lab.study.suspend(learner, turn.card.id)
    st.toast("Left out of your studies; Browse takes it in again.")


def begin_cram(lab: Lab, scope: Scope) -> None:
    found = [each.id for each in lab.cards.find(scope, MOST_CRAMMED)]
    crammed(random.sample(found, len(found)))


def crammed(left: list[str]) -> None:
    st.session_state["cards.cram"] = left


def wishes(lab: Lab, learner: Learner) -> None:
    """The learner's settings."""
    low, high = RETENTIONS
    with st.form("cards.wishes"):
        retention = st.slider(
            "Cards you wish to know when they come again, %",
            round(low * 100),
            round(high * 100),
            round(learner.retention * 100),
            key="cards.retention",
            help="More means more reviews. FSRS chooses the dates by it.",
        )
        new = st.number_input("New cards a day", 0, 9_999, learner.new_a_day, key="cards.new")
        zone = st.text_input("Time zone", learner.zone, key="cards.zone")
        st.caption("A day begins at four in the morning there.")
        if st.form_submit_button("Keep", key="cards.wishes.keep"):
            changed = replace(learner, retention=retention / 100, new_a_day=new, zone=zone)
            lab.study.keep(changed)
            st.rerun()


def until(interval: timedelta) -> str:
    """10 min, 8 days, 4 months: as short as a button needs it."""
    minutes = interval.total_seconds() / 60
    if minutes < 60:
        return f"{minutes:.0f} min"
    if minutes < 24 * 60:
        return f"{minutes / 60:.0f} h"
    days = interval.days
    if days < 60:
        return labels.counted(days, "day")
    if days < 365 * 2:
        return f"{days / 30.4:.0f} months"
    return f"{days / 365:.1f} years"
