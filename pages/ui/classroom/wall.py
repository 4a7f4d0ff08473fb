"""The wall: what the projector shows of a class. It follows the teacher by itself."""

from pathlib import Path

import streamlit as st

from core import labels
from core.classroom import rules
from core.errors import TriptychError
from core.lab import Lab
from core.types import Screen
from pages.ui.classroom import board, serving
from pages.ui.shared import frame

EVERY_SECONDS = 1.0
STEPS = "Scan, or open the address and type the code. Choose any name: nobody else sees it."


def draw(code: str) -> None:
    st.html(Path(__file__).with_name("wall.css"))
    _follow(code)


@st.fragment(run_every=EVERY_SECONDS)
@frame.bounded
def _follow(code: str) -> None:
    lab = frame.open_lab()
    try:
        screen = lab.classes.screen(code)
    except TriptychError as error:  # in the type of a wall
        board.board("class.wall", "wall", title=error.sentence)
        return
    if not screen.classroom.open:
        _ended(lab, screen)
        return
    address = next(iter(lab.classes.addresses(serving.here())), "")
    said = f"{labels.counted(screen.students, 'student')} joined"
    join = board.invitation(address, screen.classroom.code, said)
    shown = screen.round
    if shown is None:
        board.board("class.wall", "wall", join=join, now=STEPS)
        return
    tally = lab.classes.tally(shown) if shown.revealed else {}
    board.board(
        "class.wall",
        "wall",
        board.panels_of(shown, lab.classes.answers(shown), tally),
        title=shown.question,
        asked=rules.QUESTIONS[shown.asked],
        join=join,
        now=_score(lab, screen) if shown.revealed else _voted(screen),
        note=f"Round {shown.number} · whole answers on your phone",
    )


def _voted(screen: Screen) -> str:
    return f"{screen.voted} of {screen.students} have voted"


def _score(lab: Lab, screen: Screen) -> str:
    return score(lab, screen.classroom.id) or "Revealed"


def score(lab: Lab, class_id: str) -> str:
    """The score of the class in words; empty before there is one."""
    found, total = lab.classes.score(class_id)
    if not total:
        return ""
    return f"Score of the class: {found} of {total} knew who read the paper"


def _ended(lab: Lab, screen: Screen) -> None:
    with st.container(key="class-over"):
        board.board(
            "class.wall",
            "wall",
            title="This class has ended.",
            asked=score(lab, screen.classroom.id) or "Thank you for coming.",
        )
