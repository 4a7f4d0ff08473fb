"""What people must not lose, in one SQLite file: papers, runs, questions, cards, classes.

The only room that speaks SQL. Knows no model, no page, and nothing of vectors.
"""

from core.store import anki, backup
from core.store.anki import AnkiNote
from core.store.cards import EVERY, DeckRow, Scope
from core.store.classes import played
from core.store.comparisons import ComparisonRow
from core.store.database import Database, now
from core.store.facts import RunRow
from core.store.papers import PaperChoices, PaperFacts, PaperRow, PaperStore, Refusal
from core.store.questions import KeptQuestion, question_id
from core.store.store import Store
from core.store.studies import Counts, Learner, Studied
from core.store.sweeps import SweepRow

__all__ = [
    "EVERY",
    "AnkiNote",
    "ComparisonRow",
    "Counts",
    "Database",
    "DeckRow",
    "KeptQuestion",
    "Learner",
    "PaperChoices",
    "PaperFacts",
    "PaperRow",
    "PaperStore",
    "Refusal",
    "RunRow",
    "Scope",
    "Store",
    "Studied",
    "SweepRow",
    "anki",
    "backup",
    "now",
    "played",
    "question_id",
]
