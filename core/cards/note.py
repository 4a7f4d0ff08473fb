"""What a file of cards holds: its cards, and what was done about its lines."""

from dataclasses import dataclass

from core.types import Card, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of a file (from 1) and what was done about it: a sentence without a full stop."""

    line: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file of cards holds.

    `repaired` says for each card that was not written as it should be what was mended; `dropped`
    names everything that became no card. A card stands in `repaired` once at most.
    """

    cards: tuple[Card, ...]
    repaired: tuple[Note, ...] = ()
    dropped: tuple[Note, ...] = ()


def card_id(file: str, title: str, question: str, position: int) -> str:
    """The id of a card read from a file: equal whenever the same file is read again.

    `position` counts the cards of that title and question in the file, from 0, so that a card
    keeps its id when others are written before it.
    """
    return digest([file, title, question, position])
