"""Flashcards: read, write, schedule. Pure: knows no database, no model and no clock.

markdown.py  decks in Markdown, as people and programs have written them (lines.py, fences.py)
write.py     decks in Markdown that read back to the same cards (normal.py)
tables.py    CSV that a spreadsheet can open without running anything
anki.py      what an Anki package holds
archives.py  zip files and folders of decks, within limits
proposals.py what a generator proposes, and what is let through
schedule.py  when a card comes again (FSRS)
days.py      a learner's day
"""

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
