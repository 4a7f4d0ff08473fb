"""The frame around every page: its door, its look, who may see it, its one error boundary.

While a class is open, a session is the teacher's if it opened the class or typed its PIN. All
others are students, who see the pages that say so. Without a class nobody needs anything, but
whoever came in by the door of a class stays a student also in the moments after its end.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import Literal, ParamSpec, TypeVar

import streamlit as st
from streamlit import net_util

from core import labels
from core.charts import Theme, palette
from core.classroom import MARK
from core.errors import TriptychError
from core.lab import Lab
from core.settings import from_environment

FOLDER = Path(__file__).parent
Visibility = Literal["visible", "hidden"]
P = ParamSpec("P")
R = TypeVar("R")


_opening = Lock()


def open_lab() -> Lab:
    """The one lab of this server; it goes on with what was under way when the last one ended.

    Not in Streamlit's cache: any browser may have that cleared, and a second lab would know nothing
    of the door that the first one opened.
    """
    with _opening:
        return _lab()


@cache
def _lab() -> Lab:
    # Streamlit would ask a server on the internet for this machine's address when a page of
    # elsewhere tries to reach it, and answer nobody meanwhile.
    net_util.get_external_ip = lambda: None
    lab = Lab(from_environment())
    lab.sweeps.wake()
    lab.classes.questions.wake()
    lab.readiness.begin()
    return lab


def from_outside() -> bool:
    """Whether this session's browser came in by the door of a class. Of a browser that is gone
    before anything was known of it, what it asked last may still be under way: it may have."""
    if headers := st.context.headers:
        st.session_state["frame.outside"] = MARK in headers
    return bool(st.session_state.get("frame.outside", True))


def is_teacher(lab: Lab) -> bool:
    """Whether this session may see and do everything."""
    current = lab.classes.now()
    if current is None:
        return not from_outside()
    return bool(st.session_state.get("frame.teaches") == current.id)


def become_teacher(class_id: str) -> None:
    """This session opened the class, or knows its PIN."""
    st.session_state["frame.teaches"] = class_id


def student() -> dict[str, str]:
    """What in the address says which student of which class this session is; empty for others."""
    known: dict[str, str] = st.session_state.get("frame.student", {})
    return known


def session() -> str:
    """A name for this browser tab, by which it takes turns with the others."""
    name: str = st.session_state.setdefault("frame.session", uuid.uuid4().hex)
    return name


def visibilities() -> tuple[Visibility, Visibility]:
    """For app.py: whether the navigation shows the pages that are for teachers, and those that
    are for students alone."""
    try:
        teacher = is_teacher(open_lab())
    except TriptychError:
        teacher = True  # the page says what is wrong
    return ("visible", "hidden") if teacher else ("hidden", "visible")


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
def page(title: str, *, students: bool = False) -> Iterator[Lab]:
    """The surroundings of one page; yields the lab. `students` may see it while a class is open;
    on all other pages whoever is no teacher gets a sentence and nothing else.

    On a fresh server a deep link runs the page without app.py; then this goes through the front
    door first and comes back with the query kept.
    """
    if not st.session_state.get("frame.entered"):
        st.session_state["frame.wanted"] = (title.lower(), dict(st.query_params))
        st.switch_page("app.py")
    if {"code", "me"} <= set(st.query_params):  # a student, also on the pages beside the class
        mine = {name: st.query_params[name] for name in ("code", "me")}
        st.session_state["frame.student"] = mine
    st.set_page_config(
        page_title=f"{title} · Triptych", page_icon=FOLDER / "icon.svg", layout="wide"
    )
    st.html(_style(theme()))
    try:
        lab = open_lab()
        if not students and not is_teacher(lab):
            _guard(lab)
            st.stop()
        yield lab
    except TriptychError as error:
        show(error)


@cache
def _style(theme: Theme) -> str:
    """The look of every page, with the colours that it and the components name. Menus and dialogs
    stand beside the app in the document, and would not know its theme."""
    css = (FOLDER / "style.css").read_text("utf-8")
    scheme = f":root {{ color-scheme: {theme}; }}"
    return f"<style>{palette.custom_properties()}\n{scheme}\n{css}</style>"


def theme() -> Theme:
    """The theme that this session's browser shows, for what is drawn on the server."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _guard(lab: Lab) -> None:
    """What a student finds on a page of the teacher."""
    if lab.classes.now() is None:
        st.subheader("This class has ended.", anchor=False)
        return
    with st.container(key="guard"):
        st.subheader("A class is open", anchor=False)
        st.write("This page is the teacher's while the class lasts.")
        st.page_link("pages/classroom.py", label="Join the class", icon=":material/group_add:")
        with st.form("frame.guard", border=False), st.container(horizontal=True):
            pin = st.text_input(
                "PIN",
                key="frame.pin",
                label_visibility="collapsed",
                placeholder="PIN of the teacher",
                type="password",
                max_chars=12,
            )
            if st.form_submit_button("I am the teacher", key="frame.pin.go"):
                try:
                    become_teacher(lab.classes.admit(pin or "").id)
                except TriptychError as error:
                    show(error)
                else:
                    st.rerun()
        st.caption(
            "The PIN was shown when the class began. Forgotten? Where Triptych runs, type"
            " `python -m core class end`, which ends the class."
        )


def show(error: TriptychError) -> None:
    """One sentence; the detail is one click away."""
    st.error(labels.escaped(error.sentence), icon=":material/error:")
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
