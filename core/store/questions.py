"""Questions with their gold spans, as they are kept. Knows no papers and no chunks."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from core.codec import from_json, to_json
from core.store.database import Database, now
from core.types import Question, Span, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuestion:
    """`held_out`: set aside, and not shown while settings are chosen."""

    id: str
    question: Question
    held_out: bool
    at: str


def question_id(question: Question) -> str:
    """The same text with the same gold, grouped alike, is the same question, whatever file it came
    from."""
    parts: list[object] = [question.text, sorted(map(str, _places(question.gold)))]
    if question.alternative_of:
        parts.append(sorted(sorted(map(str, _places(each))) for each in question.alternatives))
    return digest(parts)


class QuestionStore:
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
        return self._found("held_out = ?", held_out)

    def asking(self, text: str) -> list[KeptQuestion]:
        """Those that ask in exactly these words, set aside or not."""
        return self._found("json_extract(body, '$.text') = ?", text)

    def in_paper(self, paper_id: str) -> list[KeptQuestion]:
        """Those with gold in a paper, set aside or not."""
        return self._found(
            "EXISTS (SELECT 1 FROM json_each(body, '$.gold')"
            " WHERE json_extract(value, '$.paper_id') = ?)",
            paper_id,
        )

    def _found(self, where: str, value: object) -> list[KeptQuestion]:
        rows = self._database.rows(f"SELECT * FROM questions WHERE {where} ORDER BY rowid", value)
        return list(map(_kept, rows))

    def change(self, old: KeptQuestion | None, new: KeptQuestion | None) -> bool:
        """Put `new` where `old` stands; None is nothing, so a question comes or goes. False, and
        nothing is done, where `old` is not as it was (any more) or `new` is there already."""
        with self._database.writing() as connection:
            ids = [each.id for each in (old, new) if each]
            there = connection.execute(
                f"SELECT * FROM questions WHERE id IN ({', '.join('?' for _ in ids)})", ids
            )
            if [_kept(row) for row in there] != ([old] if old else []):
                return False
            if old and new:
                connection.execute(
                    "UPDATE questions SET id = ?, held_out = ?, body = ? WHERE id = ?",
                    (new.id, new.held_out, to_json(new.question), old.id),
                )
            elif old:
                connection.execute("DELETE FROM questions WHERE id = ?", (old.id,))
            elif new:
                connection.execute(
                    "INSERT INTO questions VALUES (?, ?, ?, ?)",
                    (new.id, new.held_out, new.at, to_json(new.question)),
                )
        return True


def _kept(row: sqlite3.Row) -> KeptQuestion:
    return KeptQuestion(
        id=row["id"],
        question=from_json(Question, row["body"]),
        held_out=bool(row["held_out"]),
        at=row["at"],
    )


def _places(gold: Iterable[Span]) -> list[tuple[str, int, int]]:
    return [(span.paper_id, span.start, span.end) for span in gold]
