"""Projector mode: one key, and the page is type that the last row reads, and nothing else."""

from pathlib import Path

import streamlit as st

STATE = "compare.projected"


def switch() -> None:
    """The button that the key P presses, in both directions; and the look, while it is on."""
    on = st.session_state.get(STATE, False)
    st.button(
        "",
        key="compare.projector",
        icon=":material/close_fullscreen:" if on else ":material/fullscreen:",
        help="Back to the settings (P)" if on else "Larger type for the projector (P)",
        type="tertiary",
        shortcut="P",
        on_click=_turn,
    )
    if on:
        st.html(Path(__file__).with_name("projector.css"))


def _turn() -> None:
    st.session_state[STATE] = not st.session_state.get(STATE, False)
