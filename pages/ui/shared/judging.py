"""What a model proposes, on screen: how far it is, what the filters refused, and the buttons and
keys by which a person judges it."""

from collections import Counter
from collections.abc import Callable
from typing import Literal

import streamlit as st

from core import labels
from core.errors import TriptychError
from pages.ui.shared import frame

Verdict = Literal["accept", "edit", "reject"]
POLL_SECONDS = 1.0
KEYS: dict[Verdict, str] = {"accept": "1", "edit": "2", "reject": "3"}
FAILED = "judging.failed"


def progress(
    said: str,
    done: int,
    passages: int,
    proposed: str,
    seconds: float,
    stop: Callable[[], None],
    key: str,
) -> None:
    """A line that says how many passages are read and what is proposed, with a stop."""
    with st.container(horizontal=True, vertical_alignment="center", key=key.replace(".", "-")):
        if st.button("Stop", key=f"{key}.stop", icon=":material/stop:"):
            stop()
        st.caption(
            f"{labels.escaped(said)}: passage {min(done + 1, passages)} of {passages:,} ·"
            f" {proposed} proposed · {seconds:.0f} s",
            width="content",
        )
        st.progress(done / passages, width=240)


def ended(
    kept: int, what: str, done: int, passages: int, seconds: float, refused: Counter[str]
) -> None:
    """What came of it; `what` is proposed, in the singular."""
    said = f"{labels.counted(kept, what)} proposed" if kept else f"No {what} proposed"
    stopped = "Stopped: " if done < passages else ""
    st.markdown(
        f"**{said}** · {stopped}{labels.counted(done, 'passage')} of {passages:,} read in"
        f" {seconds:.0f} s"
    )
    if refused:
        counts = "; ".join(f"{count} × {why}" for why, count in refused.most_common())
        st.caption(f"Not let through: {labels.escaped(counts)}.")
    if done and not kept:
        st.caption("A larger model writes more that can be let through; Settings lists them.")


def buttons(key: str, act: Callable[[Verdict], None], *, editing: bool, by_key: bool) -> None:
    """What may be said of a proposal, `by_key` also with the keys 1, 2 and 3; what fails is shown
    by `failed` when the page is drawn again."""

    def said(verdict: Verdict) -> None:
        try:
            act(verdict)
        except TriptychError as error:
            st.session_state[FAILED] = error

    change = ("Leave as it was", ":material/undo:") if editing else ("Edit", ":material/edit:")
    looks: dict[Verdict, tuple[str, str]] = {
        "accept": ("Accept", ":material/check:"),
        "edit": change,
        "reject": ("Reject", ":material/close:"),
    }
    for verdict, (label, icon) in looks.items():
        st.button(
            label,
            key=f"{key}.{verdict}",
            icon=icon,
            type="secondary" if verdict == "accept" else "tertiary",
            shortcut=KEYS[verdict] if by_key else None,
            on_click=said,
            args=(verdict,),
        )


def failed() -> None:
    """Why the last verdict could not be kept, said once."""
    if error := st.session_state.pop(FAILED, None):
        frame.show(error)
