"""The settings of the next question that are rarely changed, behind one chip. Those that are not as
usual stand beside it, and lead to it."""

from typing import Any

import streamlit as st

from core import choices, labels
from core.choices import Axis
from core.lab import Lab

KEEP = "session"
OPEN = "compare.rarely"


def draw(lab: Lab) -> dict[str, Any]:
    """Draw the chips; the fields of the search and of the answer that they say."""
    chosen = {axis.name: _chosen(axis) for axis in choices.RARE}
    unusual = [axis for axis in choices.RARE if chosen[axis.name] != axis.usual]
    with st.popover(
        "More settings", icon=":material/tune:", type="tertiary", key=OPEN, on_change="rerun"
    ):
        headings = choices.HEADINGS
        for heading, column in zip(headings, st.columns(len(headings), gap="medium"), strict=True):
            with column, st.container(gap="xsmall"):
                st.markdown(f"**{heading}**")
                for axis in choices.RARE:
                    if axis.under == heading:
                        _widget(lab, axis)
        if unusual:
            st.button("Back to the usual", key="compare.usual", on_click=_reset)
    # Behind the popover, which keeps its place, and so stays open, when one is added.
    for axis in unusual:
        said = labels.shortened(axis.words(chosen[axis.name]), 40)
        st.button(labels.escaped(said), key=f"compare.rarely.{axis.name}", on_click=_open)
    return chosen


def _open() -> None:
    st.session_state[OPEN] = True


def _reset() -> None:
    for axis in choices.RARE:
        st.session_state[_key(axis)] = axis.usual


def _key(axis: Axis) -> str:
    return f"compare.{axis.name}"


def _matters(axis: Axis) -> bool:
    """Whether it decides anything beside what else is chosen."""
    if not axis.only_with:
        return True
    other = next(each for each in choices.ALL if each.name == axis.only_with)
    return bool(st.session_state[_key(other)] != other.usual)


def _chosen(axis: Axis) -> Any:
    """What its widget says; what decides nothing is as usual."""
    return st.session_state[_key(axis)] if _matters(axis) else axis.usual


def _widget(lab: Lab, axis: Axis) -> None:
    key, idle = _key(axis), not _matters(axis)
    if axis.kind is bool:
        st.checkbox(axis.label, key=key, help=axis.help, persist_state=KEEP)
    elif axis.kind in (int, float):
        st.number_input(
            axis.label,
            step=0.1 if axis.kind is float else min(filter(None, axis.values), default=1),
            key=key,
            help=axis.help,
            disabled=idle,
            persist_state=KEEP,
        )
    elif axis.family or axis.values:
        models = [each.name for each in lab.models.all() if each.family == axis.family]
        st.selectbox(
            axis.label,
            list(dict.fromkeys([axis.usual, *axis.values, *models, st.session_state[key]])),
            format_func=lambda value: value or "as Settings says",
            key=key,
            accept_new_options=axis.open,
            help=axis.help,
            disabled=idle,
            persist_state=KEEP,
        )
    else:
        st.text_input(axis.label, key=key, help=axis.help, persist_state=KEEP)
