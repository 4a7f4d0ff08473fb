"""What is known of the opened paper besides its text, and the ways to change it or take the paper
away."""

from collections.abc import Sequence

import streamlit as st

from core.errors import TriptychError
from core.lab import Lab
from core.papers import PaperRow, split_authors
from pages.ui.library import listing, reading_again, removing
from pages.ui.shared import frame, paper_search

TURN = "library.facts.turn"


def draw(lab: Lab, row: PaperRow) -> None:
    with st.container(
        key="library-facts", horizontal=True, vertical_alignment="center", gap="small"
    ):
        tried = lab.papers.ocr_pages([row.id]).get(row.id, ())
        known = (paper_search.facts(row), listing.about(row), listing.unread(row, tried))
        st.caption("  \n".join(filter(None, known)))
        _edit(lab, row)
        reading_again.button(lab, [row.id], "Read again", f"library.again.{row.id}")
        reading_again.ocr_button(lab, [row], f"library.ocr.{row.id}")
        if st.button(
            "Remove",
            icon=":material/delete:",
            type="tertiary",
            help=removing.WHAT_GOES,
            key=f"library.remove.{row.id}",
        ):
            removing.remove(lab, [row.id], row.title)


def _edit(lab: Lab, row: PaperRow) -> None:
    turn = st.session_state.setdefault(TURN, 0)
    key = f"library.facts.{row.id}.{turn}"  # another turn closes the menu, and empties its fields
    with (
        st.popover("Edit facts", icon=":material/edit:", type="tertiary", key=f"{key}.menu"),
        st.form(key, border=False),
    ):
        authors = st.text_area("Authors, one a line", "\n".join(row.authors), key=f"{key}.authors")
        year = st.number_input("Year", None, None, row.year, 1, key=f"{key}.year")
        tags = st.multiselect(
            "Tags",
            _offered(lab, row),
            row.tags,
            key=f"{key}.tags",
            placeholder="Choose or type",
            accept_new_options=True,
        )
        if st.form_submit_button("Keep", type="primary", key=f"{key}.keep"):
            try:
                lab.papers.keep_facts(row.id, authors=split_authors(authors), year=year, tags=tags)
            except TriptychError as error:
                frame.show(error)
            else:
                st.session_state[TURN] += 1
                st.rerun()


def _offered(lab: Lab, row: PaperRow) -> Sequence[str]:
    """The tags of this paper, and the commonest of the others."""
    commonest = list(lab.papers.choices().tags)[: paper_search.MOST_TAGS]
    return list(dict.fromkeys([*row.tags, *commonest]))
