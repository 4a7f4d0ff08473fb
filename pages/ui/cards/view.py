"""One card on screen: its sides, and the way to its place in a paper."""

import streamlit as st

from core import labels
from core.cards import drawable
from core.lab import Lab
from core.types import Card
from pages.ui.library import markdown, page_image
from pages.ui.shared.highlighted_text import Mark, passage

AROUND = 600  # characters shown before and behind the place in a text


def front(card: Card) -> None:
    """Title and question."""
    with st.container(key="card-front"):
        if card.title:
            st.markdown(text(card.title))
        with st.container(key="card-question"):
            st.markdown(text(card.question))


def back(card: Card) -> None:
    """Background and answer."""
    with st.container(key="card-back"):
        if card.background:
            with st.container(key="card-background"):
                st.markdown(text(card.background))
        with st.container(key="card-answer"):
            st.markdown(text(card.answer))


def text(side: str) -> str:
    """What to give to st.markdown for a text of a card."""
    return markdown.rendered(drawable(side))


def where(card: Card) -> str:
    """Deck, chapter and tags, for a caption."""
    tags = [f"#{tag}" for tag in card.tags]
    parts = [card.deck, card.chapter, " ".join(tags)]
    return labels.escaped(" · ".join(part for part in parts if part))


def source(lab: Lab, card: Card, key: str) -> None:
    """The button that opens the place in the paper; nothing for a card that has none."""
    if card.span and st.button(
        "Show the place in the paper", key=key, icon=":material/article:", type="tertiary"
    ):
        place(lab, card)


@st.dialog("Where the card is from", width="large")
def place(lab: Lab, card: Card) -> None:
    span = card.span
    if span is None or lab.papers.row(span.paper_id) is None:
        words = lab.papers.left([span]) if span else {}
        if span in words:
            st.info("Its paper was read again, and these words stand no more in its text:")
            passage("card-place", words[span], [])
        else:
            st.info("Its paper is not in the library (any more); the card stays as it is.")
        return
    paper = lab.papers.get(span.paper_id)
    pages = paper.pages_of(span.start, span.end)
    which = f", p. {pages[0]}" if paper.pages > 1 else ""
    ocr = f" ({labels.BY_OCR})" if paper.is_ocr(span.start, span.end) else ""
    st.markdown(f"**{labels.escaped(paper.title)}**{which}{ocr}")
    st.page_link(
        "pages/library.py",
        label="Open the paper",
        icon=":material/menu_book:",
        query_params={"paper": paper.id, "at": f"{span.start}-{span.end}"},
    )
    if paper.kind == "pdf":
        for page in pages:
            page_image.place(lab, paper, page, span)
        return
    start, end = max(0, span.start - AROUND), min(len(paper.text), span.end + AROUND)
    mark = Mark(start=span.start - start, end=span.end - start, kind="found")
    passage("card-place", paper.text[start:end], [mark])
