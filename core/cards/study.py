"""Studying: which card comes now, what each answer would mean, and the way back.

Brings the schedule and the store together. Every moment is an argument, so that a day can be
played through in a test; pages pass the time it is.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.cards import days, schedule
from core.errors import BadInput
from core.store import Counts, Learner, Scope, Store, Studied
from core.types import Card, Memory, Review

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The card that is studied now, and how long until it would come again for each rating."""

    card: Card
    memory: Memory | None
    intervals: dict[int, timedelta]


class Study:
    """Learners by the name they chose, each with a log of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store.studies

    # learners

    def learners(self) -> list[Learner]:
        return self._store.learners()

    def learner(self, name: str, zone: str = "UTC") -> Learner:
        """The learner of that name; a new one counts days in `zone`. Errors: BadInput for a name
        that is empty or too long, or an unknown zone."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise BadInput(f"Choose a name of 1 to {LONGEST_NAME} characters.")
        learner = self._store.learner(name)
        if learner is None:
            learner = Learner(name=name, zone=zone)
            self.keep(learner)
        return learner

    def keep(self, learner: Learner) -> None:
        """Keep a learner's settings. Errors: BadInput for invalid ones."""
        days.zone(learner.zone)
        schedule.check_retention(learner.retention)
        if not 0 <= learner.new_a_day <= 9_999:
            raise BadInput(
                f"{learner.new_a_day} new cards a day are not possible; choose 0 to 9,999."
            )
        self._store.keep_learner(learner)

    # studying

    def counts(self, learner: Learner, scope: Scope, at: datetime) -> Counts:
        """What waits today."""
        _, end = days.bounds(at, days.zone(learner.zone))
        left = self._new_left(learner, at)
        return self._store.counts(learner.name, scope, end.isoformat(), left)

    def turn(
        self,
        learner: Learner,
        scope: Scope,
        at: datetime,
        held: tuple[str, int] | None = None,
    ) -> Turn | None:
        """The card to study now; None when today is done. `held` is the card that is looked at,
        by its id and its reviews so far: whatever falls due meanwhile, it stays until it is
        answered or left out."""
        _, end = days.bounds(at, days.zone(learner.zone))
        at = at.astimezone(UTC)
        ahead = at + schedule.AHEAD
        found = held and self._store.held(learner.name, scope, *held)
        found = found or self._store.next(
            learner.name,
            scope,
            at.isoformat(),
            ahead.isoformat(),
            end.isoformat(),
            self._new_left(learner, at),
        )
        if found is None:
            return None
        intervals = schedule.intervals(found.memory, at, learner.retention)
        return Turn(card=found.card, memory=found.memory, intervals=intervals)

    def answer(self, learner: Learner, turn: Turn, rating: int, at: datetime) -> Memory | None:
        """Log a review of the turn's card; it is on the disk when this returns. None, and nothing
        logged, if the card was answered elsewhere meanwhile. Errors: BadInput for no rating."""
        review = Review(
            card_id=turn.card.id,
            learner=learner.name,
            rating=rating,
            at=at.astimezone(UTC).isoformat(),
            retention=learner.retention,
        )
        seen = turn.memory.reviews if turn.memory else 0
        return self._store.review(review, seen, schedule.remember)

    def take_back(self, learner: Learner) -> Card:
        """Undo the learner's latest review; returns its card. Errors: BadInput if there is none."""
        review = self._store.take_back(learner.name, schedule.remember)
        return self._store.studied(learner.name, review.card_id).card

    def suspend(self, learner: Learner, card_id: str, suspended: bool = True) -> None:
        """Leave a card out of this learner's studies, or take it in again."""
        self._store.suspend(learner.name, card_id, suspended)

    def studied(self, learner: Learner, card_id: str) -> Studied:
        """One card with what the learner remembers of it. Errors: BadInput if it is not here."""
        return self._store.studied(learner.name, card_id)

    def memories(self, learner: Learner, scope: Scope) -> list[Studied]:
        """Every card in scope that the learner has ever answered."""
        return self._store.memories(learner.name, scope)

    def reviews(self, learner: Learner) -> list[Review]:
        """All reviews that count, oldest first."""
        return self._store.reviews(learner.name)

    # looking back and ahead

    def today(self, learner: Learner, at: datetime) -> date:
        """The learner's day that holds a moment."""
        return days.day_of(at, days.zone(learner.zone))

    def days(self, learner: Learner) -> Counter[date]:
        """How many reviews there were on each of the learner's days."""
        where = days.zone(learner.zone)
        return Counter(
            days.day_of(datetime.fromisoformat(review.at), where)
            for review in self.reviews(learner)
        )

    def forecast(self, learner: Learner, scope: Scope, at: datetime) -> Counter[int]:
        """How many cards come again in how many days; what is overdue comes in 0. Cards left out
        of the studies do not come."""
        where = days.zone(learner.zone)
        today = days.day_of(at, where)
        return Counter(
            max(0, (days.day_of(datetime.fromisoformat(each.memory.due), where) - today).days)
            for each in self.memories(learner, scope)
            if each.memory and not each.suspended
        )

    def recalls(self, learner: Learner) -> list[tuple[float, bool]]:
        """For each review of a card that was answered before: the days since then, and whether it
        was known."""
        before: dict[str, datetime] = {}
        found = []
        for review in self.reviews(learner):
            at = datetime.fromisoformat(review.at)
            if review.card_id in before:
                days_since = (at - before[review.card_id]) / timedelta(days=1)
                found.append((days_since, review.rating > 1))
            before[review.card_id] = at
        return found

    def _new_left(self, learner: Learner, at: datetime) -> int:
        """How many new cards today still allows."""
        start, end = days.bounds(at, days.zone(learner.zone))
        begun = self._store.begun(learner.name, start.isoformat(), end.isoformat())
        return learner.new_a_day - begun
