"""Questions with their gold spans, as they are kept. Knows no papers and no chunks."""

from dataclasses import dataclass

from core.codec import from_json, to_json
from core.store.database import Database, now
from core.types import Question, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuestion:
    """`held_out`: set aside, and not shown while settings are chosen."""

    id: str
    question: Question
    held_out: bool
    at: str


def question_id(question: Question) -> str:
    """The same text with the same gold is the same question, whatever file it came from."""
    return digest([question.text, sorted(map(str, _places(question)))])


class Questions:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, question: Question, *, held_out: bool = False) -> bool:
        """Keep a question; False if it is there already, which then stays as it was."""
        with self._database.writing() as connection:
            written = connection.execute(
                "INSERT OR IGNORE INTO questions VALUES (?, ?, ?, ?)",
                (question_id(question), held_out, now(), to_json(question)),
            )
        return written.rowcount == 1

    def all(self, *, held_out: bool = False) -> list[KeptQuestion]:
        """Those to choose settings with, or those set aside; in the order they were added."""
        rows = self._database.rows(
            "SELECT * FROM questions WHERE held_out = ? ORDER BY rowid", held_out
        )
        return [
            KeptQuestion(
                id=row["id"],
                question=from_json(Question, row["body"]),
                held_out=bool(row["held_out"]),
                at=row["at"],
            )
            for row in rows
        ]

    def remove(self, question_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM questions WHERE id = ?", (question_id,))


def _places(question: Question) -> list[tuple[str, int, int]]:
    return [(span.paper_id, span.start, span.end) for span in question.gold]
