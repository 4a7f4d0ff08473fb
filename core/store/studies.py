"""What learners answered, and what that comes to.

The reviews are a log that only grows: taking one back is another entry. A learner's memory of a
card is written beside each new entry and computed from the whole log of that card, so that both
always agree. Knows SQL, not how memory is computed.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields

from core.errors import BadInput
from core.store.cards import COLUMNS, EVERY, Scope, card_of, condition
from core.store.database import Database, now
from core.types import Card, Memory, Review

MEMORY = ", ".join(f"memories.{field.name}" for field in fields(Memory))
SUSPENDED = "cards.id IN (SELECT card_id FROM suspensions WHERE learner = :learner)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Someone who studies here, under a name of their choice."""

    name: str
    zone: str = "UTC"  # IANA name of the time zone their days are counted in
    retention: float = 0.9  # the share (0..1) of cards they wish to know when these come again
    new_a_day: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Cards that wait today: never seen (as many as today allows), being learned, and
    to be reviewed."""

    new: int
    learning: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A card and a learner's memory of it."""

    card: Card
    memory: Memory | None
    suspended: bool = False


class StudyStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # learners

    def learners(self) -> list[Learner]:
        return [
            Learner(**dict(row))
            for row in self.database.rows("SELECT * FROM learners ORDER BY name")
        ]

    def learner(self, name: str) -> Learner | None:
        rows = self.database.rows("SELECT * FROM learners WHERE name = ?", name)
        return Learner(**dict(rows[0])) if rows else None

    def keep_learner(self, learner: Learner) -> None:
        with self.database.writing() as connection:
            connection.execute("REPLACE INTO learners VALUES (?, ?, ?, ?)", astuple(learner))

    def suspend(self, learner: str, card_id: str, suspended: bool) -> None:
        """Leave a card out of this learner's studies, or take it in again."""
        with self.database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO suspensions VALUES (?, ?)"
                if suspended
                else "DELETE FROM suspensions WHERE learner = ? AND card_id = ?",
                (learner, card_id),
            )

    # studying

    def review(
        self, review: Review, seen: int, remember: Callable[[Sequence[Review]], Memory | None]
    ) -> Memory | None:
        """Append a review and write down what the card's reviews come to now. None, and nothing
        written, if the card has not `seen` reviews: it was answered elsewhere meanwhile."""
        with self.database.writing() as connection:
            before = _log(connection, review.learner, review.card_id)
            if len(before) != seen:
                return None
            connection.execute(
                "INSERT INTO reviews (learner, card_id, rating, at, retention)"
                " VALUES (?, ?, ?, ?, ?)",
                (review.learner, review.card_id, review.rating, review.at, review.retention),
            )
            memory = remember([*before, review])
            _write_memory(connection, review.learner, review.card_id, memory)
        return memory

    def take_back(
        self, learner: str, remember: Callable[[Sequence[Review]], Memory | None]
    ) -> Review:
        """Undo a learner's latest review that still counts: everything is as it was before it.

        Errors: BadInput if there is none."""
        with self.database.writing() as connection:
            row = connection.execute(
                "SELECT * FROM reviews AS latest WHERE learner = ? AND takes_back IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM reviews WHERE takes_back = latest.number)"
                " ORDER BY number DESC LIMIT 1",
                (learner,),
            ).fetchone()
            if row is None:
                raise BadInput("There is no review to take back.")
            connection.execute(
                "INSERT INTO reviews (learner, card_id, rating, at, retention, takes_back)"
                " VALUES (?, ?, 0, ?, 0, ?)",
                (learner, row["card_id"], now(), row["number"]),
            )
            memory = remember(_log(connection, learner, row["card_id"]))
            _write_memory(connection, learner, row["card_id"], memory)
        return _review(row)

    def reviews(self, learner: str) -> list[Review]:
        """All reviews of a learner that count, oldest first."""
        rows = self.database.rows(f"{COUNTING} AND log.learner = ? ORDER BY log.number", learner)
        return [_review(row) for row in rows]

    def memories(self, learner: str, scope: Scope = EVERY) -> list[Studied]:
        """Every card the learner has ever answered, with what is remembered of it."""
        where, values = condition(scope)
        rows = self.database.rows(
            f"SELECT {COLUMNS}, {MEMORY}, {SUSPENDED} AS suspended FROM cards JOIN memories"
            f" ON card_id = id WHERE learner = :learner AND {where}",
            **values,
            learner=learner,
        )
        return [_studied(row) for row in rows]

    def studied(self, learner: str, card_id: str) -> Studied:
        """One card with what is remembered of it. Errors: BadInput if it is not here."""
        rows = self.database.rows(
            f"SELECT {COLUMNS}, {MEMORY}, {SUSPENDED} AS suspended FROM cards LEFT JOIN memories"
            " ON card_id = id AND learner = :learner WHERE id = :id AND NOT deleted",
            learner=learner,
            id=card_id,
        )
        if not rows:
            raise BadInput("That card is not here (any more).")
        return _studied(rows[0])

    def held(self, learner: str, scope: Scope, card_id: str, seen: int) -> Studied | None:
        """That card, if it is in scope, is studied and has `seen` reviews."""
        where, values = condition(scope)
        rows = self.database.rows(
            f"SELECT {COLUMNS}, {MEMORY}, 0 AS suspended FROM cards LEFT JOIN memories"
            f" ON card_id = id AND learner = :learner WHERE id = :id AND {where}"
            f" AND NOT {SUSPENDED} AND coalesce(memories.reviews, 0) = :seen",
            **values,
            learner=learner,
            id=card_id,
            seen=seen,
        )
        return _studied(rows[0]) if rows else None

    def next(
        self, learner: str, scope: Scope, at: str, ahead: str, day_end: str, new_left: int
    ) -> Studied | None:
        """The card to study at a moment: one being learned that is due, one to be reviewed today,
        a new one if any is left for today, or one being learned that is due until `ahead`."""
        where, values = condition(scope)
        values |= {"learner": learner, "at": at, "ahead": ahead, "day_end": day_end}
        known = (
            f"SELECT {COLUMNS}, {MEMORY}, 0 AS suspended FROM memories JOIN cards ON id = card_id"
            f" WHERE learner = :learner AND {where} AND NOT {SUSPENDED} AND "
        )
        new = (
            f"SELECT {COLUMNS}, {MEMORY}, 0 AS suspended FROM cards LEFT JOIN memories"
            f" ON card_id = id AND learner = :learner WHERE {where} AND NOT {SUSPENDED}"
            " AND card_id IS NULL ORDER BY number LIMIT 1"
        )
        for sql in (
            f"{known} state != 'review' AND due <= :at ORDER BY due LIMIT 1",
            f"{known} state = 'review' AND due < :day_end ORDER BY due LIMIT 1",
            new if new_left > 0 else "",
            f"{known} state != 'review' AND due <= :ahead ORDER BY due LIMIT 1",
        ):
            rows = self.database.rows(sql, **values) if sql else []
            if rows:
                return _studied(rows[0])
        return None

    def counts(self, learner: str, scope: Scope, day_end: str, new_left: int) -> Counts:
        where, values = condition(scope)
        values |= {"learner": learner, "day_end": day_end, "new_left": max(0, new_left)}
        (row,) = self.database.rows(
            f"SELECT count(*) FILTER (WHERE state = 'review') AS due,"
            f" count(*) FILTER (WHERE state != 'review') AS learning"
            f" FROM memories JOIN cards ON id = card_id WHERE learner = :learner"
            f" AND due < :day_end AND {where} AND NOT {SUSPENDED}",
            **values,
        )
        (new,) = self.database.rows(
            f"SELECT count(*) AS new FROM (SELECT 1 FROM cards LEFT JOIN memories"
            f" ON card_id = id AND learner = :learner WHERE {where} AND NOT {SUSPENDED}"
            f" AND card_id IS NULL LIMIT :new_left)",
            **values,
        )
        return Counts(new=new["new"], learning=row["learning"], due=row["due"])

    def begun(self, learner: str, start: str, end: str) -> int:
        """How many cards the learner answered for the first time between two moments."""
        rows = self.database.rows(
            "SELECT count(*) FROM memories WHERE learner = ? AND first_review >= ?"
            " AND first_review < ?",
            learner,
            start,
            end,
        )
        count: int = rows[0][0]
        return count


# The entries of the log that count: no takings back, and nothing that was taken back.
COUNTING = (
    "SELECT log.* FROM reviews AS log LEFT JOIN reviews AS undo ON undo.takes_back = log.number"
    " WHERE log.takes_back IS NULL AND undo.number IS NULL"
)


def _log(connection: sqlite3.Connection, learner: str, card_id: str) -> list[Review]:
    """The reviews of a card that count, oldest first."""
    rows = connection.execute(
        f"{COUNTING} AND log.learner = ? AND log.card_id = ? ORDER BY log.number",
        (learner, card_id),
    )
    return [_review(row) for row in rows]


def _review(row: sqlite3.Row) -> Review:
    return Review(**{field.name: row[field.name] for field in fields(Review)})


def _write_memory(
    connection: sqlite3.Connection, learner: str, card_id: str, memory: Memory | None
) -> None:
    if memory is None:
        connection.execute(
            "DELETE FROM memories WHERE learner = ? AND card_id = ?", (learner, card_id)
        )
    else:
        marks = ", ".join("?" * (2 + len(fields(Memory))))
        connection.execute(
            f"REPLACE INTO memories VALUES ({marks})", (learner, card_id, *astuple(memory))
        )


def _studied(row: sqlite3.Row) -> Studied:
    memory = None
    if row["state"]:
        memory = Memory(**{field.name: row[field.name] for field in fields(Memory)})
    return Studied(card=card_of(row), memory=memory, suspended=bool(row["suspended"]))
