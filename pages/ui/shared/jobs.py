"""Work in the background on screen: a line of progress with a stop, then what came of it."""

from collections.abc import Callable

import streamlit as st

from core import labels
from core.answering import readiness
from core.errors import TriptychError
from core.lab import Lab
from core.tasks import Job
from pages.ui.shared import frame

POLL_SECONDS = 0.5  # how often the line is redrawn


def begin(start: Callable[[], Job]) -> None:
    """Start work and show it; what is refused is said where the button stands."""
    try:
        start()
    except TriptychError as error:
        frame.show(error)
    else:
        st.rerun()


def sure(key: str, label: str, start: Callable[[], Job]) -> None:
    """A button for what cannot be undone: it wants a tick first, and closes its popover, if the
    key of that holds `turn`."""
    ticked = st.checkbox("Yes, I am sure", key=f"{key}.sure.{turn()}")
    if st.button(label, type="primary", key=key, disabled=not ticked):
        next_turn()
        begin(start)


def turn() -> int:
    """A number that is another one after something was done, for keys of widgets to be emptied."""
    number: int = st.session_state.setdefault("jobs.turn", 0)
    return number


def next_turn() -> None:
    st.session_state["jobs.turn"] = turn() + 1


def busy(lab: Lab, kind: str) -> bool:
    job = lab.jobs.get(kind)
    return job is not None and not job.over


def line(lab: Lab, kind: str, name: str | None = None) -> None:
    """The work of this kind, if there is or was one; of this name alone, if one is given."""
    job = lab.jobs.get(kind)
    if job is None or name not in (None, job.name):
        return
    if job.over:
        _ended(job)
    else:
        _follow(kind)


def getting_ready(lab: Lab) -> None:
    """What is done with new papers while nobody asks anything, if it is under way."""
    lab.readiness.begin()
    if lab.readiness.job:
        _follow(readiness.KIND)


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def _follow(kind: str) -> None:
    """The work under way; the whole page is drawn again at its end."""
    job = frame.open_lab().jobs.get(kind)
    if job is None or job.over:
        st.rerun()
    assert job
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{kind}"):
        if st.button("Stop", key=f"stop.{kind}", icon=":material/stop:"):
            job.stop()
        st.caption(f"{labels.escaped(job.doing.sentence)} · {job.seconds:.0f} s", width="content")
        if job.doing.share is not None:
            st.progress(job.doing.share, width=240)


def _ended(job: Job) -> None:
    if job.error:
        st.caption(f":red[:material/error: {labels.escaped(job.error.sentence)}]")
    elif job.outcome:
        st.caption(f":material/check: {labels.escaped(job.outcome.sentence)}")
        if job.outcome.quote:
            st.caption(f"“{labels.escaped(job.outcome.quote)}”")
