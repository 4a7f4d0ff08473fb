"""Classes: who joined, what was shown, and one vote for each student, round and question asked.

Knows SQL; what a vote means is the business of `core.classroom.rules`.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.store.database import Database, now
from core.types import (
    Asked,
    AskedQuestion,
    AskedState,
    Classroom,
    PlayedRound,
    Round,
    Screen,
    Student,
)

CLASS = "classes.id, classes.code, classes.opened_at, classes.ended_at, classes.paused"
QUESTION = "id, student, question, state, comparison_id, sentence"
# A screen in one read: the class, its latest round, and this student's part in it.
SCREEN = f"""
    SELECT {CLASS},
        rounds.id AS round_id, rounds.number, rounds.comparison_id, rounds.question,
        rounds.run_ids, rounds.readers, rounds.asked, rounds.state, rounds.at,
        (SELECT count(*) FROM students WHERE class_id = classes.id) AS students,
        (SELECT name FROM students WHERE token = :token AND class_id = classes.id) AS name,
        (SELECT run_id FROM votes WHERE round_id = rounds.id AND votes.asked = rounds.asked
            AND student = :token) AS mine,
        (SELECT count(*) FROM votes WHERE round_id = rounds.id AND votes.asked = rounds.asked)
            AS voted
    FROM classes LEFT JOIN rounds ON rounds.class_id = classes.id AND rounds.number =
        (SELECT max(number) FROM rounds WHERE class_id = classes.id)
    WHERE classes.code = :code ORDER BY classes.ended_at = '' DESC, opened_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Of a PIN or of codes: how many were wrong, and when the last was, in seconds since 1970."""

    wrong: int
    at: float


class ClassStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # classes

    def open(self, classroom: Classroom, salt: str, pin_hash: str) -> None:
        """Errors: BadInput while another class is open."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT OR IGNORE INTO classes (id, code, opened_at, salt, pin_hash)"
                " VALUES (?, ?, ?, ?, ?)",
                (classroom.id, classroom.code, classroom.opened_at, salt, pin_hash),
            )
        if written.rowcount != 1:
            raise BadInput("A class is open already; end it before you start another one.")

    def current(self) -> Classroom | None:
        """The class that is open, if there is one."""
        rows = self.database.rows(f"SELECT {CLASS} FROM classes WHERE ended_at = ''")
        return _classroom(rows[0]) if rows else None

    def secret(self, class_id: str) -> tuple[str, str]:
        """The salt and the hash of its PIN."""
        (row,) = self.database.rows("SELECT salt, pin_hash FROM classes WHERE id = ?", class_id)
        return row["salt"], row["pin_hash"]

    def guess(self, class_id: str, what: str) -> Guesses:
        """Count a guess of the "pin" or a "code" as wrong, before it is looked at, so that many
        at once gain nothing; returns those before it."""
        with self.database.writing() as connection:
            row = connection.execute(
                f"SELECT wrong_{what}s AS wrong, {what}_at AS at FROM classes WHERE id = ?",
                (class_id,),
            ).fetchone()
            connection.execute(
                f"UPDATE classes SET wrong_{what}s = wrong_{what}s + 1, {what}_at = ? WHERE id = ?",
                (time.time(), class_id),
            )
        return Guesses(**dict(row))

    def forgive(self, class_id: str, what: str, before: Guesses | None = None) -> None:
        """It was right, or not looked at: the count is as it was before, or 0."""
        values = (before.wrong, before.at) if before else (0, 0.0)
        with self.database.writing() as connection:
            connection.execute(
                f"UPDATE classes SET wrong_{what}s = ?, {what}_at = ? WHERE id = ?",
                (*values, class_id),
            )

    def pause(self, class_id: str, paused: bool) -> None:
        with self.database.writing() as connection:
            connection.execute("UPDATE classes SET paused = ? WHERE id = ?", (paused, class_id))

    def end(self, class_id: str) -> None:
        """End a class and forget the names; what they voted stays."""
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE classes SET ended_at = ?, salt = '', pin_hash = ''"
                " WHERE id = ? AND ended_at = ''",
                (now(), class_id),
            )
            connection.execute("UPDATE students SET name = '' WHERE class_id = ?", (class_id,))

    def reset(self, class_id: str) -> None:
        """Take away all that a class did; it stays open under its code."""
        with self.database.writing() as connection:
            connection.execute(
                "DELETE FROM votes WHERE round_id IN (SELECT id FROM rounds WHERE class_id = ?)",
                (class_id,),
            )
            for table in ("rounds", "students", "class_questions"):
                connection.execute(f"DELETE FROM {table} WHERE class_id = ?", (class_id,))
            connection.execute("UPDATE classes SET paused = 0 WHERE id = ?", (class_id,))

    # students and their screens

    def join(self, class_id: str, student: Student, most: int) -> bool:
        """False if that many are in the class already."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT INTO students SELECT ?, ?, ?, ?"
                " WHERE (SELECT count(*) FROM students WHERE class_id = ?) < ?",
                (student.token, class_id, student.name, now(), class_id, most),
            )
        return written.rowcount == 1

    def screen(self, code: str, token: str) -> Screen | None:
        """The latest class of that code, as one screen shows it; None if there never was one."""
        rows = self.database.rows(SCREEN, code=code, token=token)
        if not rows:
            return None
        row = rows[0]
        student = None if row["name"] is None else Student(token=token, name=row["name"])
        return Screen(
            classroom=_classroom(row),
            students=row["students"],
            student=student,
            round=_round({**dict(row), "class_id": row["id"], "id": row["round_id"]}),
            mine=row["mine"] or "",
            voted=row["voted"],
        )

    # rounds and votes

    def begin(self, played: Round) -> Round:
        """Keep a new round; returns it with its id. Errors: BadInput if its number is taken."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT OR IGNORE INTO rounds (class_id, number, comparison_id, question, run_ids,"
                " readers, asked, state, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    played.class_id,
                    played.number,
                    played.comparison_id,
                    played.question,
                    json.dumps(played.run_ids),
                    json.dumps(played.readers),
                    played.asked,
                    played.state,
                    played.at,
                ),
            )
        if written.rowcount != 1:
            raise BadInput("Another round began in this moment; look at it first.")
        return self.rounds(played.class_id)[-1]

    def rounds(self, class_id: str) -> list[Round]:
        """The rounds of a class, oldest first."""
        rows = self.database.rows(
            "SELECT * FROM rounds WHERE class_id = ? ORDER BY number", class_id
        )
        return [found for row in rows if (found := _round(dict(row)))]

    def ask(self, round_id: int, asked: Asked) -> bool:
        """Ask something else in a round; False once it is revealed."""
        return self._change(round_id, "asked", asked)

    def reveal(self, round_id: int) -> bool:
        """False if it was revealed before."""
        return self._change(round_id, "state", "revealed")

    def _change(self, round_id: int, column: str, value: str) -> bool:
        with self.database.writing() as connection:
            written = connection.execute(
                f"UPDATE rounds SET {column} = ? WHERE id = ? AND state = 'predicting'",
                (value, round_id),
            )
        return written.rowcount == 1

    def vote(self, round_id: int, asked: Asked, token: str, run_id: str) -> bool:
        """Count a student's vote; another one in its place replaces it. False, and nothing
        counted, if the round is revealed, asks something else, does not show that run, is not the
        latest of an open class, or the student is not of its class."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT OR REPLACE INTO votes SELECT rounds.id, asked, token, ?, ? FROM rounds"
                " JOIN students USING (class_id) JOIN classes ON classes.id = class_id"
                " WHERE rounds.id = ? AND asked = ? AND state = 'predicting' AND token = ?"
                " AND ended_at = ''"
                " AND number = (SELECT max(number) FROM rounds WHERE class_id = classes.id)"
                " AND EXISTS (SELECT 1 FROM json_each(run_ids) WHERE value = ?)",
                (run_id, now(), round_id, asked, token, run_id),
            )
        return written.rowcount == 1

    def tallies(self, round_ids: Iterable[int]) -> dict[int, dict[Asked, dict[str, int]]]:
        """For each round how many voted for each run, by what was asked; never who."""
        rows = self.database.rows(
            "SELECT round_id, asked, run_id, count(*) AS votes FROM votes"
            " WHERE round_id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3",
            json.dumps(list(round_ids)),
        )
        found: dict[int, dict[Asked, dict[str, int]]] = {}
        for row in rows:
            found.setdefault(row["round_id"], {}).setdefault(row["asked"], {})[row["run_id"]] = row[
                "votes"
            ]
        return found

    def voted_rounds(self) -> list[PlayedRound]:
        """All rounds of all classes that are revealed, and the votes in them."""
        rows = self.database.rows("SELECT * FROM rounds WHERE state = 'revealed' ORDER BY id")
        rounds = [found for row in rows if (found := _round(dict(row)))]
        tallies = self.tallies(each.id for each in rounds)
        return [played(each, tallies.get(each.id, {})) for each in rounds]

    def take_in(self, class_id: str, at: str, rounds: Sequence[PlayedRound]) -> None:
        """Keep the rounds and votes of a class that was held elsewhere, as one that has ended.
        A class that is here already stays as it was."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT OR IGNORE INTO classes (id, code, opened_at, ended_at, salt, pin_hash)"
                " VALUES (?, '', ?, ?, '', '')",
                (class_id, at, at),
            )
            for number, each in enumerate(rounds if written.rowcount == 1 else (), start=1):
                kept = connection.execute(
                    "INSERT INTO rounds (class_id, number, comparison_id, question, run_ids,"
                    " readers, asked, state, at) VALUES (?, ?, '', ?, ?, ?, 'read', 'revealed', ?)",
                    (
                        class_id,
                        number,
                        each.question,
                        json.dumps(each.run_ids),
                        json.dumps(each.readers),
                        at,
                    ),
                )
                # Nobody knows any more which votes were of one student, and nothing asks.
                votes = [
                    (kept.lastrowid, asked, f"{class_id}.{number}.{run_id}.{one}", run_id, at)
                    for asked, tally in each.votes.items()
                    for run_id, count in tally.items()
                    for one in range(count)
                ]
                connection.executemany("INSERT INTO votes VALUES (?, ?, ?, ?, ?)", votes)

    # questions of students

    def put_question(self, class_id: str, token: str, question: str, most: int) -> bool:
        """False if so many of the student's questions wait already."""
        with self.database.writing() as connection:
            written = connection.execute(
                "INSERT INTO class_questions (class_id, student, question, at)"
                " SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM class_questions"
                " WHERE class_id = ? AND student = ? AND state = 'waiting') < ?",
                (class_id, token, question, now(), class_id, token, most),
            )
        return written.rowcount == 1

    def questions(self, class_id: str) -> list[AskedQuestion]:
        """In the order in which they came."""
        rows = self.database.rows(
            f"SELECT {QUESTION} FROM class_questions WHERE class_id = ? ORDER BY id", class_id
        )
        return [AskedQuestion(**dict(row)) for row in rows]

    def mark_question(
        self, question_id: int, state: AskedState, *, comparison_id: str = "", sentence: str = ""
    ) -> None:
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE class_questions SET state = ?, comparison_id = ?, sentence = ?"
                " WHERE id = ?",
                (state, comparison_id, sentence, question_id),
            )


def played(shown: Round, votes: dict[Asked, dict[str, int]]) -> PlayedRound:
    """A round as a file holds it."""
    return PlayedRound(
        question=shown.question, run_ids=shown.run_ids, readers=shown.readers, votes=votes
    )


def _classroom(row: sqlite3.Row) -> Classroom:
    return Classroom(
        id=row["id"],
        code=row["code"],
        opened_at=row["opened_at"],
        ended_at=row["ended_at"],
        paused=bool(row["paused"]),
    )


def _round(row: dict[str, object]) -> Round | None:
    """The round of a joined row; None where the class has none yet."""
    if row["number"] is None:
        return None
    wanted = {name: row[name] for name in Round.__slots__}
    for name in ("run_ids", "readers"):
        wanted[name] = tuple(json.loads(str(row[name])))
    return Round(**wanted)  # type: ignore[arg-type]
