"""The exact messages that a model was sent, and what was counted and timed."""

import streamlit as st

from core import labels
from core.types import Run

ROLES = {"system": "System", "user": "User", "assistant": "Assistant"}


@st.dialog("The prompt", width="large")
def messages_dialog(run: Run) -> None:
    for sentence in labels.budget(run):
        st.caption(labels.escaped(sentence))
    generation = run.recipe.generation
    if generation and generation.style == "completion":
        st.caption(
            "Style “completion”: this text was sent as it is, without the model's chat template."
        )
    for message in run.messages:
        st.markdown(f"**{ROLES[message.role]}**")
        with st.container(key=f"sent-{message.role}", border=True):
            st.text(message.content)
    if not run.messages:
        st.info("The messages of this run were not kept.")
