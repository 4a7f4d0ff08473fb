"""The frame around every page: its door, its look and its one error boundary."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from core import words
from core.errors import TriptychError
from core.lab import Lab
from core.settings import from_environment

FOLDER = Path(__file__).parent
P = ParamSpec("P")
R = TypeVar("R")


@st.cache_resource(show_spinner=False)
def open_lab() -> Lab:
    """The one lab of this server; it goes on with what was under way when the last one ended."""
    lab = Lab(from_environment())
    lab.sweeps.wake()
    return lab


def enter(pages: Sequence[st.Page]) -> st.Page:
    """For app.py: the navigation, and back to the page that a deep link asked for."""
    st.logo(FOLDER / "logo.svg", size="medium")
    chosen = st.navigation(pages, position="top")
    st.session_state["frame.entered"] = True
    wanted = st.session_state.pop("frame.wanted", None)
    if wanted:
        slug, query = wanted
        fitting = [page for page in pages if Path(str(page.url_path or "compare")).name == slug]
        if fitting:
            st.switch_page(fitting[0], query_params=query)
    return chosen


@contextmanager
def page(title: str) -> Iterator[Lab]:
    """The surroundings of one page; yields the lab.

    On a fresh server a deep link runs the page without app.py; then this goes through the front
    door first and comes back with the query kept.
    """
    if not st.session_state.get("frame.entered"):
        st.session_state["frame.wanted"] = (title.lower(), dict(st.query_params))
        st.switch_page("app.py")
    st.set_page_config(
        page_title=f"{title} · Triptych", page_icon=FOLDER / "icon.svg", layout="wide"
    )
    st.html(FOLDER / "style.css")
    try:
        yield open_lab()
    except TriptychError as error:
        show(error)


def show(error: TriptychError) -> None:
    """One sentence; the detail is one click away."""
    st.error(words.escaped(error.sentence), icon=":material/error:")
    if error.detail:
        with st.expander("Detail"):
            st.text(error.detail)


def bounded(function: Callable[P, R]) -> Callable[P, R | None]:
    """The error boundary for a fragment, which reruns outside of its page."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except TriptychError as error:
            show(error)
            return None

    return run
