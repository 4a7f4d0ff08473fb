"""What people said of answers: a log that only grows; taking one back is another entry. Knows SQL.

Of what one person said of the same answers the last counts.
"""

import json
from collections.abc import Iterable
from sqlite3 import Row

from core.store.database import Database, now
from core.types import Grade, digest

# Entries that were not taken back; of each person and each thing graded, the last.
COUNTING = """
    FROM grades WHERE said != '' AND NOT EXISTS (
        SELECT 1 FROM grades AS later WHERE later.takes_back = grades.number
    ) AND number = (
        SELECT max(same.number) FROM grades AS same
        WHERE same.grader = grades.grader AND same.graded = grades.graded AND same.said != ''
        AND NOT EXISTS (SELECT 1 FROM grades AS later WHERE later.takes_back = same.number)
    )
"""


class GradeStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, grades: Iterable[Grade]) -> int:
        """Append what was said; how much of it is new: what the person said before is not."""
        written = 0
        with self._database.writing() as connection:
            for grade in grades:
                same = connection.execute(
                    f"SELECT said {COUNTING} AND grader = ? AND graded = ?",
                    (grade.grader, _graded(grade)),
                ).fetchone()
                if same and same["said"] == grade.said:
                    continue
                written += 1
                connection.execute(
                    "INSERT INTO grades (grader, graded, question, answers, run_ids, said, at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        grade.grader,
                        _graded(grade),
                        grade.question,
                        json.dumps(grade.answers, ensure_ascii=False),
                        json.dumps(grade.run_ids),
                        grade.said,
                        grade.at or now(),
                    ),
                )
        return written

    def take_back(self, grader: str) -> Grade | None:
        """Undo this person's latest entry that still counts; None if there is none."""
        with self._database.writing() as connection:
            row = connection.execute(
                f"SELECT * {COUNTING} AND grader = ? ORDER BY number DESC LIMIT 1", (grader,)
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "INSERT INTO grades (grader, graded, question, answers, run_ids, said, at,"
                " takes_back) VALUES (?, '', '', '[]', '[]', '', ?, ?)",
                (grader, now(), row["number"]),
            )
        return _grade(row)

    def all(self) -> list[Grade]:
        """All that counts, oldest first."""
        return [_grade(row) for row in self._database.rows(f"SELECT * {COUNTING} ORDER BY number")]

    def newest(self) -> int:
        """Changes with every entry."""
        return int(self._database.rows("SELECT coalesce(max(number), 0) AS n FROM grades")[0]["n"])


def _graded(grade: Grade) -> str:
    """What was graded, on whichever side an answer stood: a preference is about the same two."""
    question, answers = grade.thing
    return digest([question, list(answers)])


def _grade(row: Row) -> Grade:
    return Grade(
        grader=row["grader"],
        question=row["question"],
        answers=tuple(json.loads(row["answers"])),
        run_ids=tuple(json.loads(row["run_ids"])),
        said=row["said"],
        at=row["at"],
    )
