"""A plan on screen: it is made in the background, and the page answers meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core import labels
from core.sweeps import Planning, SweepPlan
from core.tasks import Progress, Task
from pages.ui.shared import frame

AT_ONCE_SECONDS = 0.5  # most plans take less; then nothing else is drawn first
POLL_SECONDS = 0.5


@dataclass(kw_only=True)
class PlanInTheMaking(Task[Progress, SweepPlan]):
    """The plan of what a form says. `last` is the one of the same form before it, if there was
    one, with what was known then."""

    name: str = "plan"
    form: object
    last: SweepPlan | None
    doing: Progress | None = None
    drawn: bool = False

    def show(self, step: Progress) -> None:
        if self.stopping.is_set():
            self._steps.close()
        else:
            self.doing = step


def planned(key: str, form: object, begin: Callable[[], Planning]) -> SweepPlan | None:
    """The plan of what this form says, made anew each time the page is drawn, for what is known
    may have changed; None while there is none of this form yet, and then how far it is is drawn.
    `key` is where the session keeps it. Errors: as planning's own."""
    making: PlanInTheMaking | None = st.session_state.get(key)
    same = making is not None and making.form == form
    if making is None or not same or (making.over and making.drawn):
        last = (making.result or making.last) if making and same else None
        steps = begin()
        if making:
            making.stop()
        making = PlanInTheMaking(form=form, last=last)
        st.session_state[key] = making
        making.follow(steps)
        making.join(AT_ONCE_SECONDS)
    if not making.over:
        _follow(key)
        return making.last
    making.drawn = True
    if making.error:
        raise making.error
    return making.result


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def _follow(key: str) -> None:
    """How far it is; the whole page is drawn again at its end."""
    making: PlanInTheMaking = st.session_state[key]
    if making.over:
        st.rerun()
    if making.last is None:
        doing = making.doing or Progress(sentence="Counting …", share=0.0)
        st.progress(doing.share or 0.0, labels.escaped(doing.sentence))
