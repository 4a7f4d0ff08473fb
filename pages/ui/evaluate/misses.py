"""Questions that a search did not answer from the right passage, as cards to learn: proposed with
one click, and added only when the learner accepts them, as every proposal."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.types import Question
from pages.ui.shared import frame


def button(lab: Lab, missed: Sequence[Question], key: str) -> None:
    """Proposes a card for each of these questions with gold, and then says where they wait to be
    judged.

    For any page: Compare offers one question, an evaluation's list those that a setting missed.
    """
    state = f"misses.{key}"
    label = "Make a card of it" if len(missed) == 1 else f"Make cards of these {len(missed):,}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"misses-{key}"):
        done: list[bool] | TriptychError | None = st.session_state.get(state)
        if done is None:
            st.button(
                label,
                type="tertiary",
                key=f"button-{key}",
                on_click=_propose,
                args=(lab, missed, state),
            )
        elif isinstance(done, TriptychError):
            frame.show(done)
        else:
            _proposed(lab, missed, done)


def _propose(lab: Lab, missed: Sequence[Question], state: str) -> None:
    try:
        st.session_state[state] = [lab.proposals.propose(each) for each in missed]
    except TriptychError as error:
        st.session_state[state] = error


def _proposed(lab: Lab, missed: Sequence[Question], done: Sequence[bool]) -> None:
    """What became of them, and the way to each paper's proposals."""
    new = sum(done)
    said = [f"{labels.counted(new, 'card')} proposed"] if new else []
    said += [f"{len(done) - new:,} proposed before"] if new < len(done) else []
    st.caption(f":material/check: {', '.join(said)}", width="content")
    firsts = {each.gold[0].paper_id: each.gold[0] for each in reversed(missed)}
    titles = {row.id: row.title for row in lab.papers.rows(firsts)}
    for paper_id, span in firsts.items():
        title = labels.escaped(labels.shortened(titles.get(paper_id, ""), 30))
        st.page_link(
            "pages/cards.py",
            label="Judge under Cards" if len(firsts) == 1 else f"Judge those of “{title}”",
            query_params={"span": f"{span.paper_id}:{span.start}-{span.end}"},
        )
