"""Cards in a list, found by deck, tag and words; the one that is open beside it."""

from dataclasses import replace

import streamlit as st

from core import labels
from core.cards import LEECH, Learner, Scope
from core.lab import Lab
from core.types import Card
from pages.ui.cards import view
from pages.ui.library import markdown

PAGE = 25  # cards in the list at once
LEFT_OUT, LEECHES = "Left out", "Leeches"
WHICH = ("All cards", LEFT_OUT, LEECHES)


def draw(lab: Lab, deck: str, learner: Learner | None) -> None:
    with st.container():  # always there: what is being typed below must not move
        undo(lab)
    with st.container(key="browse"):
        listed, opened = st.columns([2, 3], gap="large")
    with listed:
        scope = search(lab, deck, learner)
        listing(lab, scope)
    with opened:
        wanted = st.query_params.get("card")
        if wanted:
            show(lab, lab.cards.get(wanted), learner)
        else:
            st.caption("Choose a card to read, edit, leave out or delete it.")


def search(lab: Lab, deck: str, learner: Learner | None) -> Scope:
    with st.container(horizontal=True):
        found = st.text_input(
            "Search",
            key="cards.words",
            label_visibility="collapsed",
            placeholder="Search",
            icon=":material/search:",
        )
        tag = st.selectbox(
            "Tag",
            ["", *lab.cards.tags(deck)],
            format_func=lambda tag: f"#{tag}" if tag else "Any tag",
            key=f"cards.tag.{deck}",
            label_visibility="collapsed",
            width=140,
        )
        scope = Scope(deck=deck, tag=tag, words=found or "")
        if learner is None:
            return scope
        which = st.selectbox(
            "Which", WHICH, key="cards.which", label_visibility="collapsed", width=130
        )
    if which == LEFT_OUT:
        return replace(scope, left_out_by=learner.name)
    if which == LEECHES:
        return replace(scope, forgotten_by=learner.name, lapses=LEECH)
    return scope


def listing(lab: Lab, scope: Scope) -> None:
    count = lab.cards.count(scope)
    pages = max(1, -(-count // PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(labels.counted(count, "card"), width="content")
        st.space("stretch")
        page = 1
        if pages > 1:
            page = st.number_input(
                "Page",
                1,
                pages,
                key=f"cards.page.{scope}",
                width=120,
                label_visibility="collapsed",
            )
            st.caption(f"of {pages:,}", width="content")
    if not count:
        st.info("No card is all of this. Search with fewer words, or another deck, tag or kind.")
    with st.container(key="cards-list", gap=None):
        for card in lab.cards.find(scope, PAGE, (page - 1) * PAGE):
            opened = st.query_params.get("card") == card.id
            short = labels.shortened(card.question, 110)
            label = markdown.rendered(f"**{short}**" if opened else short)
            key = f"cards.open.{card.id}"
            if st.button(label, type="tertiary", key=key, width="stretch"):
                st.query_params["card"] = card.id
                st.rerun()


def show(lab: Lab, card: Card, learner: Learner | None) -> None:
    if st.session_state.get("cards.editing") == card.id:
        edit(lab, card)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="card-bar"):
        if st.button("Edit", key="cards.edit", icon=":material/edit:", type="tertiary"):
            st.session_state["cards.editing"] = card.id
            st.rerun()
        if learner:
            suspended = lab.study.studied(learner, card.id).suspended
            label = "Take it in again" if suspended else "Leave it out"
            icon = ":material/play_arrow:" if suspended else ":material/pause:"
            if st.button(label, key="cards.out", icon=icon, type="tertiary"):
                lab.study.suspend(learner, card.id, not suspended)
                st.rerun()
        if st.button("Delete", key="cards.delete", icon=":material/delete:", type="tertiary"):
            number = lab.cards.delete(card.id)
            st.session_state["cards.undo"] = (number, "Deleted", card.question)
            st.query_params.pop("card", None)
            st.rerun()
        view.source(lab, card, "cards.source")
    st.caption(view.where(card))
    with st.container(key="card-open"):
        view.front(card)
        view.back(card)


def edit(lab: Lab, card: Card) -> None:
    with st.form("cards.form", border=False):
        deck = st.text_input("Deck", card.deck, key=f"cards.edit.deck.{card.id}")
        title = st.text_input("Title", card.title, key=f"cards.edit.title.{card.id}")
        question = st.text_area("Question", card.question, key=f"cards.edit.question.{card.id}")
        background = st.text_area(
            "Background", card.background, key=f"cards.edit.background.{card.id}"
        )
        answer = st.text_area("Answer", card.answer, height=240, key=f"cards.edit.answer.{card.id}")
        tags = st.text_input("Tags", " ".join(card.tags), key=f"cards.edit.tags.{card.id}")
        with st.container(horizontal=True):
            kept = st.form_submit_button("Keep", type="primary", key="cards.edit.keep")
            left = st.form_submit_button("Leave as it was", key="cards.edit.leave")
    if kept:
        changed = replace(
            card, deck=deck, title=title, question=question, background=background, answer=answer,
            tags=tuple(tags.replace(",", " ").split()),
        )  # fmt: skip
        number = lab.cards.change(changed)
        st.session_state["cards.undo"] = (number, "Edited", card.question)
    if kept or left:
        del st.session_state["cards.editing"]
        st.rerun()


def undo(lab: Lab) -> None:
    """The latest change of this visit, and its way back."""
    if "cards.undo" not in st.session_state:
        return
    number, what, question = st.session_state["cards.undo"]
    with st.container(horizontal=True, vertical_alignment="center", key="cards-undo"):
        said = labels.escaped(labels.shortened(question, 60))
        st.markdown(f":material/check: {what}: {said}", width="content")
        if st.button("Undo", key="cards.undo.go", type="tertiary"):
            del st.session_state["cards.undo"]
            st.query_params["card"] = lab.cards.undo(number).id
            st.rerun()
