"""Widgets that several pages ask with: which papers, and how they are cut.

They are drawn where they are called. Their values outlive a visit to another page.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import streamlit as st

from core import chunkers
from core.types import Chunking

KEEP: Literal["session"] = "session"


def chosen_papers(key: str, titles: Mapping[str, str]) -> list[str]:
    """The papers chosen before; one that is no longer in the library is taken out."""
    known = [each for each in st.session_state.get(key, []) if each in titles]
    st.session_state[key] = known
    return known


def papers(
    label: str, key: str, titles: Mapping[str, str], *, placeholder: str, named: bool = True
) -> tuple[str, ...]:
    """Ask which of these papers are searched: all, unless some are chosen."""
    chosen_papers(key, titles)
    chosen = st.multiselect(
        label,
        list(titles),
        format_func=titles.__getitem__,
        placeholder=placeholder,
        key=key,
        label_visibility="visible" if named else "collapsed",
        persist_state=KEEP,
    )
    return tuple(chosen) or tuple(titles)


def chosen_chunking(key: str) -> Chunking:
    """What `chunking` says under this key, without drawing it."""
    state = st.session_state
    chunker = state[f"{key}.chunker"]
    if chunkers.unit(chunker) == "page":
        return Chunking(chunker=chunker, size=0, overlap=0)
    return Chunking(chunker=chunker, size=state[f"{key}.size"], overlap=state[f"{key}.overlap"])


def chunking(
    key: str, by: str, size: str, *, above: Callable[[str], None] | None = None
) -> Chunking:
    """Ask how papers are cut; the session state holds a first value for each of the three.

    `by` and `size` are labels. `above` draws what stands above the size, given the chunker.
    """
    chunker = st.selectbox(
        by,
        chunkers.names(),
        key=f"{key}.chunker",
        on_change=_set_usual_size,
        args=(key,),
        persist_state=KEEP,
    )
    unit = chunkers.unit(chunker)
    if unit != "page":
        if above:
            above(chunker)
        st.number_input(f"{size} in {unit}s", step=100, key=f"{key}.size", persist_state=KEEP)
        st.number_input(f"Overlap in {unit}s", step=50, key=f"{key}.overlap", persist_state=KEEP)
    return chosen_chunking(key)


def set_size(key: str, size: int, overlap: int) -> None:
    """For a callback: another size and overlap."""
    st.session_state[f"{key}.size"], st.session_state[f"{key}.overlap"] = size, overlap


def _set_usual_size(key: str) -> None:
    set_size(key, *chunkers.usual(st.session_state[f"{key}.chunker"])[0])
