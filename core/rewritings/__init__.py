"""A question -> what is searched for instead of it. One file = one way, a `Rewriting`.

A model writes; what it is asked, and what is taken of what it wrote, stands here. Knows no model
and no search. A way is named by its file, with a number behind it where it takes one: "several:3".
"""

import re
from collections.abc import Sequence
from typing import Protocol

from core.errors import BadInput
from core.models import modules
from core.types import Message

__all__ = ["NONE", "USUAL", "Rewriting", "check", "lines", "messages", "named", "queries"]

NONE = "none"
USUAL = (NONE, "hyde", "several:3", "steps")
MOST = 9  # queries that a model is asked for
LONGEST = 300  # characters of a query that is one line
MARK = re.compile(r"\s*(?:[-*•]|\(?\d{1,2}[.):]|[A-Za-z][.)])?\s*")


class Rewriting(Protocol):
    """A file here."""

    VERSION: str  # another one whenever what it asks or takes changes
    COUNTED: bool  # whether a number stands behind its name
    PASSAGE: bool  # whether it is searched for as a passage, and not as a question

    def asks(self, question: str, count: int, /) -> str:
        """What the model is asked to write."""
        ...

    def takes(self, question: str, written: str, count: int, /) -> Sequence[str]:
        """What is searched for, of what it wrote; nothing where it cannot be used."""
        ...


def named(rewrite: str) -> tuple[Rewriting, int]:
    """The way of that name and its number, 0 where it takes none. Errors: BadInput."""
    known: dict[str, Rewriting] = modules(__name__)  # type: ignore[assignment]
    name, _, number = rewrite.partition(":")
    way = known.get(name)
    counts = number.isdecimal() and 1 <= int(number) <= MOST and number.isascii()
    if way is None or (not counts if way.COUNTED else bool(number) or ":" in rewrite):
        ways = [f"{each}:N" if found.COUNTED else each for each, found in known.items()]
        raise BadInput(
            f"There is no rewriting called {rewrite!r}; known are: {', '.join([NONE, *ways])},"
            f" with N from 1 to {MOST}."
        )
    return way, int(number or 0)


def check(rewrite: str) -> None:
    """Errors: BadInput for a rewriting that there is not."""
    if rewrite != NONE:
        named(rewrite)


def messages(rewrite: str, question: str) -> tuple[Message, ...]:
    """What a model is sent."""
    way, count = named(rewrite)
    return (Message(role="user", content=way.asks(question, count)),)


def queries(rewrite: str, question: str, written: str) -> tuple[str, ...]:
    """What is searched for, each once; nothing where what was written cannot be used."""
    way, count = named(rewrite)
    return tuple(dict.fromkeys(filter(None, map(str.strip, way.takes(question, written, count)))))


def lines(written: str, most: int) -> list[str]:
    """The first lines of what a model wrote, without what numbers them."""
    found = (line[MARK.match(line).end() :] for line in written.splitlines())  # type: ignore[union-attr]
    return [line.strip().strip('"“”') for line in found if line.strip()][:most]
