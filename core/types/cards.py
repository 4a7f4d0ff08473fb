"""Flashcards and what is learned of them. Knows no database, no model and no page.

Times are ISO 8601 in UTC.
"""

from dataclasses import dataclass
from typing import Literal

from core.types.papers import Span

PROPOSED = "proposed"  # the tag of a card that a model wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A flashcard. Its texts are Markdown with formulas.

    A card read from a file has a hash of where it came from as its id (`core.cards.card_id`), so
    that reading the file again finds it. `span` is the place in a paper that a card was made from.
    """

    id: str
    deck: str
    chapter: str = ""
    title: str = ""  # cards of one title belong together
    background: str = ""
    question: str
    answer: str
    tags: tuple[str, ...] = ()  # without white space
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One answer to a card by one learner.

    `rating` is 1 again, 2 hard, 3 good, 4 easy. `retention` is the wished share (0..1) of cards
    still known when they come again, as it was set then, so that the log alone tells every date.
    """

    card_id: str
    learner: str
    rating: int
    at: str  # when, ISO 8601 in UTC
    retention: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a learner's reviews of one card come to (`core.cards.schedule`). Times are ISO 8601 in
    UTC; `stability` is in days, `difficulty` 1..10, as FSRS defines them."""

    state: Literal["learning", "review", "relearning"]
    step: int | None  # which of the learning steps it is at; None in review
    stability: float
    difficulty: float
    due: str
    last_review: str
    first_review: str
    reviews: int
    lapses: int  # how often it was forgotten after it had been learned
