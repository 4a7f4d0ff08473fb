"""Library: papers in, papers found, papers read, papers out."""

import streamlit as st

from core.lab import Lab
from core.types import PaperFilter
from pages.ui.library import adding, chunk_ruler, listing, paper, questions, reading_again, removing
from pages.ui.shared import frame, jobs


def main(lab: Lab) -> None:
    everything = lab.papers.count(PaperFilter())
    if not everything:
        empty(lab)
        return
    wanted = st.query_params.get("paper")
    opened = lab.papers.row(wanted) if wanted else None
    if wanted and not opened and (since := lab.papers.read_since([wanted])):
        opened = since[wanted]
        st.query_params["paper"] = opened.id
        st.query_params.pop("at", None)  # a place in the text before
    # A paper that is read needs the width; else the list does.
    if opened and not st.session_state.get(paper.LIST):
        with st.container():  # always there, as below
            reading_again.draw()
        paper.draw(lab, opened)
        return
    listed, shown = st.columns([3, 8] if opened else [6, 5], gap="large")
    with listed:
        with st.container():  # always there: what is being typed below must not move
            adding.draw(lab)
            removing.undo(lab)
            reading_again.offer(lab)
            reading_again.draw()
            jobs.getting_ready(lab)
        found = listing.draw(lab, everything, opened)
    with shown:
        if opened:
            paper.draw(lab, opened)
            return
        with st.container():
            if wanted:
                st.info("That paper is not in the library (any more).")
        questions.draw(lab)
        chunk_ruler.overview(lab, found)


def empty(lab: Lab) -> None:
    under_way = adding.draw(lab)
    removing.undo(lab)
    if under_way:
        return
    st.info("No papers yet. Drop some above, or start with the sample corpus.")
    if st.button("Add the sample corpus", type="primary", key="library.samples"):
        lab.papers.add_samples()
        st.rerun()


with frame.page("Library") as lab:
    main(lab)
