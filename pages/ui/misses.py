"""Questions that a search did not answer from the right passage, as cards to learn: proposed with
one click, and added only when the learner accepts them, as every proposal."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.errors import TriptychError
from core.lab import Lab
from core.types import Question, Span
from pages.ui import frame


def button(lab: Lab, missed: Sequence[Question], key: str) -> None:
    """Proposes a card for each of these questions with gold; says where they wait to be judged.

    For any page: Compare offers one question, an evaluation's list those that a setting missed.
    """
    state = f"misses.{key}"
    label = "Make a card of it" if len(missed) == 1 else f"Make cards of these {len(missed):,}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"misses-{key}"):
        if st.button(label, type="tertiary", key=f"button-{key}"):
            try:
                st.session_state[state] = [lab.proposals.propose(each) for each in missed]
            except TriptychError as error:
                frame.show(error)
        if state not in st.session_state:
            return
        new = sum(st.session_state[state])
        known = len(st.session_state[state]) - new
        said = f"{words.counted(new, 'card')} proposed" if new else ""
        said += f"{', ' if new else ''}{known:,} proposed before" if known else ""
        st.caption(f":material/check: {said}", width="content")
        span: Span = missed[0].gold[0]
        st.page_link(
            "pages/cards.py",
            label="Judge under Cards",
            query_params={"span": f"{span.paper_id}:{span.start}-{span.end}"},
        )
