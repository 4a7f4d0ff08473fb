"""Papers taken away, and their one way back."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from pages.ui.shared import frame

REMOVED = "library.removed"
WHAT_GOES = (
    "Text, file, vectors and place in the index go. Answers made with it stay readable. You can"
    " undo it until something else is removed or Triptych starts anew."
)


def remove(lab: Lab, paper_ids: Sequence[str], called: str) -> None:
    """Remove them, say so, and draw the page again without them."""
    st.session_state[REMOVED] = (called, lab.papers.remove_many(paper_ids))
    st.session_state.pop("library.upload", None)
    st.query_params.pop("paper", None)
    st.query_params.pop("at", None)
    st.rerun()


def undo(lab: Lab) -> None:
    """What was removed last, and its way back."""
    if REMOVED not in st.session_state:
        return
    called, removal = st.session_state[REMOVED]
    with st.container(horizontal=True, vertical_alignment="center", key="library-removed"):
        said = f":material/check: Removed: **{labels.escaped(called)}**"
        st.markdown(said, width="content")
        if st.button("Undo", type="tertiary", icon=":material/undo:", key="library.undo"):
            del st.session_state[REMOVED]
            try:
                lab.papers.undo(removal.id)
            except TriptychError as error:
                frame.show(error)
            else:
                st.rerun()
