"""A class that predicts and votes. Knows no database, no network and no page.

Times are ISO 8601 in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Asked = Literal["read", "right"]  # Which one read the paper? | Which one is right?
RoundState = Literal["predicting", "revealed"]
AskedState = Literal["waiting", "answering", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classroom:
    """A class. `code` is what students type to join; `paused` holds back their questions."""

    id: str
    code: str
    opened_at: str
    ended_at: str = ""  # empty while it is open
    paused: bool = False

    @property
    def open(self) -> bool:
        return not self.ended_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """Someone who joined. `token` is a secret that their address keeps, so that a phone that
    drops off comes back as the same student; two students may have the same name."""

    token: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One comparison, shown to a class without the names of its panels.

    `run_ids` are its runs in the order of the letters A, B, C, the same on every screen;
    `readers` those of them that read a paper. `asked` is what is voted on now.
    """

    id: int
    class_id: str
    number: int  # from 1
    comparison_id: str
    question: str
    run_ids: tuple[str, ...]
    readers: tuple[str, ...]
    asked: Asked
    state: RoundState
    at: str

    @property
    def revealed(self) -> bool:
        return self.state == "revealed"


# How many voted for each run, by what was asked. Runs without a vote are absent.
Tally = Mapping[Asked, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Everything that one screen of a class shows at a moment, except for the texts of the runs.

    `mine` is the run that this student voted for, in what is asked now; `voted` how many did.
    `student` is None on the wall, and for a token that is not of this class.
    """

    classroom: Classroom
    students: int
    student: Student | None = None
    round: Round | None = None
    mine: str = ""
    voted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A student's question that waits for an answer, or has one."""

    id: int
    student: str  # the token
    question: str
    state: AskedState
    comparison_id: str = ""  # once it is answered
    sentence: str = ""  # why it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRound:
    """A round as a file holds it: what was shown, and how many voted for which run."""

    question: str
    run_ids: tuple[str, ...]
    readers: tuple[str, ...]
    votes: dict[Asked, dict[str, int]]
