"""When a card comes again: FSRS, over nothing but the log of reviews.

What a learner remembers of a card is computed from its reviews, oldest first, so taking a review
back is leaving it out. Dates are not scattered at random, so the same log always gives the same
dates. Knows no database and no clock: every time is an argument, in UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.types import Memory, Review

if TYPE_CHECKING:
    import fsrs

RATINGS = {1: "Again", 2: "Hard", 3: "Good", 4: "Easy"}
LEECH = 8  # lapses from which a card is called a leech, as in Anki
AHEAD = timedelta(minutes=20)  # a card being learned may come this much too early, if nothing else
RETENTIONS = (0.7, 0.97)  # the wished shares that FSRS is fitted for
STATES = ("learning", "review", "relearning")  # as fsrs.State counts them, from 1


def remember(reviews: Sequence[Review]) -> Memory | None:
    """What the reviews of one card by one learner, oldest first, come to; None without any."""
    memory = None
    for review in reviews:
        memory = after(memory, review.rating, datetime.fromisoformat(review.at), review.retention)
    return memory


def after(memory: Memory | None, rating: int, at: datetime, retention: float) -> Memory:
    """The memory after one more review. `retention` is the wished share (0..1).

    Errors: BadInput for a rating that is not 1 to 4, or a retention out of bounds.
    """
    import fsrs

    if rating not in RATINGS:
        raise BadInput(f"The rating is {rating}; it must be 1, 2, 3 or 4.")
    check_retention(retention)
    at = _moment(memory, at)
    card = _card(memory)
    card, _ = _scheduler(retention).review_card(card, fsrs.Rating(rating), at.astimezone(UTC))
    assert card.stability is not None
    assert card.difficulty is not None
    forgotten = memory is not None and memory.state == "review" and rating == 1
    return Memory(
        state=STATES[card.state - 1],  # type: ignore[arg-type]
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.due.isoformat(),
        last_review=at.astimezone(UTC).isoformat(),
        first_review=memory.first_review if memory else at.astimezone(UTC).isoformat(),
        reviews=(memory.reviews if memory else 0) + 1,
        lapses=(memory.lapses if memory else 0) + forgotten,
    )


def intervals(memory: Memory | None, at: datetime, retention: float) -> dict[int, timedelta]:
    """How long until the card comes again, for each of the four ratings."""
    at = _moment(memory, at)
    return {
        rating: datetime.fromisoformat(after(memory, rating, at, retention).due) - at
        for rating in RATINGS
    }


def _moment(memory: Memory | None, at: datetime) -> datetime:
    """Never before the last review: a clock that was set back and then right again would make of
    an hour years in which the card was known."""
    return max(at, datetime.fromisoformat(memory.last_review)) if memory else at


def recall(memory: Memory, at: datetime) -> float:
    """The probability (0..1) that the card is known at a moment, as FSRS estimates it."""
    return _scheduler(0.9).get_card_retrievability(_card(memory), at.astimezone(UTC))


def check_retention(retention: float) -> None:
    """Errors: BadInput for a share that FSRS is not made for."""
    low, high = RETENTIONS
    if not low <= retention <= high:
        raise BadInput(
            f"The wished retention is {retention:.0%}; it must lie between {low:.0%} and"
            f" {high:.0%}."
        )


def _card(memory: Memory | None) -> "fsrs.Card":
    import fsrs

    if memory is None:
        # An id and a date of its own would make it wait and look at the clock.
        return fsrs.Card(card_id=0, due=datetime.min.replace(tzinfo=UTC))
    return fsrs.Card(
        card_id=0,
        state=fsrs.State(STATES.index(memory.state) + 1),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=datetime.fromisoformat(memory.due),
        last_review=datetime.fromisoformat(memory.last_review),
    )


@lru_cache
def _scheduler(retention: float) -> "fsrs.Scheduler":
    import fsrs

    return fsrs.Scheduler(desired_retention=retention, enable_fuzzing=False)
