"""Papers as they were read, and the files that could not be. Knows no folder of files."""

import json
from dataclasses import dataclass

from core.codec import from_json, to_json
from core.store.database import Database, now
from core.types import Paper, PaperKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A paper without its text, for lists."""

    id: str
    title: str
    source: str
    kind: PaperKind
    pages: int
    characters: int
    blank_pages: tuple[int, ...]
    added_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that could not be added, and why."""

    name: str
    reason: str
    at: str


class PaperStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, paper: Paper) -> None:
        """Keep a paper; one that is there already stays as it was."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO papers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    paper.id,
                    paper.title,
                    paper.source,
                    paper.kind,
                    paper.pages,
                    len(paper.text),
                    json.dumps(paper.blank_pages),
                    now(),
                    to_json(paper),
                ),
            )

    def get(self, paper_id: str) -> Paper | None:
        rows = self._database.rows("SELECT body FROM papers WHERE id = ?", paper_id)
        return from_json(Paper, rows[0]["body"]) if rows else None

    def all(self) -> list[PaperRow]:
        """All papers, in the order they were added."""
        rows = self._database.rows(
            "SELECT id, title, source, kind, pages, characters, blank_pages, added_at"
            " FROM papers ORDER BY added_at, id"
        )
        return [
            PaperRow(**{**dict(row), "blank_pages": tuple(json.loads(row["blank_pages"]))})
            for row in rows
        ]

    def mark(self) -> tuple[int, int]:
        """Two numbers that are others once a paper has come or gone."""
        (row,) = self._database.rows("SELECT count(*), coalesce(max(rowid), 0) FROM papers")
        return row[0], row[1]

    def remove(self, paper_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM papers WHERE id = ?", (paper_id,))

    # files that could not be added

    def keep_refusal(self, name: str, reason: str) -> None:
        with self._database.writing() as connection:
            connection.execute("REPLACE INTO refusals VALUES (?, ?, ?)", (name, reason, now()))

    def refusals(self) -> list[Refusal]:
        rows = self._database.rows("SELECT * FROM refusals ORDER BY at")
        return [Refusal(**dict(row)) for row in rows]

    def forget_refusal(self, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM refusals WHERE name = ?", (name,))
