"""The image of a paper's page with spans marked on it, and a word where that was not possible."""

import streamlit as st

from core import labels
from core.lab import Lab
from core.papers import PageImage
from core.types import Paper, Span


def whole(lab: Lab, paper: Paper, page: int, spans: tuple[Span, ...]) -> None:
    """The page in full."""
    st.image(_drawn(lab, paper, page, spans).png)


def place(lab: Lab, paper: Paper, page: int, span: Span) -> None:
    """The place on the page at once, without scrolling; the page in full is one click away."""
    drawn = _drawn(lab, paper, page, (span,))
    if not drawn.band:
        st.image(drawn.png)
        return
    st.image(drawn.band)
    with st.expander(f"The whole page {page}" if paper.pages > 1 else "The whole page"):
        st.image(drawn.png)


def _drawn(lab: Lab, paper: Paper, page: int, spans: tuple[Span, ...]) -> PageImage:
    drawn = lab.papers.page_image(paper, page, spans)
    if drawn.unmarked:
        st.caption(f":material/visibility_off: {labels.UNMARKED}")
    return drawn
