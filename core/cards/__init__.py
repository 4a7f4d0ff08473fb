"""Flashcards: read, write, schedule, propose and study.

markdown.py  decks in Markdown, as people and programs have written them (lines.py, fences.py)
write.py     decks in Markdown that read back to the same cards (normal.py)
tables.py    CSV that a spreadsheet can open without running anything
anki.py      what an Anki package holds (foreign.py: notes that were not written here; cloze.py:
             their gaps; html.py: their texts)
archives.py  zip files and folders of decks, within limits
proposals.py what a generator proposes, and what is let through
schedule.py  when a card comes again (FSRS)
days.py      a learner's day
"""

from core.cards import proposals
from core.cards.archives import KINDS
from core.cards.decks import Cards, ImportedDeck
from core.cards.proposing import Proposals, Proposing
from core.cards.schedule import LEECH, RATINGS, RETENTIONS
from core.cards.sides import drawable
from core.cards.study import Study, Turn
from core.store import EVERY, Counts, DeckRow, Learner, Scope

__all__ = [
    "EVERY",
    "KINDS",
    "LEECH",
    "RATINGS",
    "RETENTIONS",
    "Cards",
    "Counts",
    "DeckRow",
    "ImportedDeck",
    "Learner",
    "Proposals",
    "Proposing",
    "Scope",
    "Study",
    "Turn",
    "drawable",
    "proposals",
]
