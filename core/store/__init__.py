"""What people must not lose, in one SQLite file: papers, runs, comparisons, rerank scores.

The only room that speaks SQL. Knows no model, no page, and nothing of vectors.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.codec import from_json, to_json
from core.errors import Damaged, OutOfSpace, TriptychError
from core.store.migrations import STEPS
from core.types import Comparison, Paper, PaperKind, Run

BUSY_SECONDS = 10.0


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond, so that history sorts as it happened."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """A comparison without its runs, for the history."""

    id: str
    question: str
    at: str


class Store:
    """One database file; one connection a thread; may be used by several processes at once.

    Errors of every method: OutOfSpace when the disk is full, TriptychError when the file is
    locked or read-only, Damaged when it is no database or newer than this program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        with _said(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with _said(self.path):
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled back by itself
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with _said(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _migrate(self) -> None:
        self._connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
        with self._writing() as connection:
            done = {row["name"] for row in connection.execute("SELECT name FROM migrations")}
            unknown = done - {name for name, _ in STEPS}
            if unknown:
                raise Damaged(
                    f"{self.path} was written by a newer Triptych (it knows "
                    f"{', '.join(sorted(unknown))}); update this one or choose another data folder."
                )
            for name, script in STEPS:
                if name not in done:
                    for statement in script.split(";"):
                        connection.execute(statement)
                    connection.execute("INSERT INTO migrations VALUES (?)", (name,))

    # papers

    def keep_paper(self, paper: Paper) -> None:
        """Keep a paper; one that is there already stays as it was."""
        with self._writing() as connection:
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

    def paper(self, paper_id: str) -> Paper | None:
        rows = self._rows("SELECT body FROM papers WHERE id = ?", paper_id)
        return from_json(Paper, rows[0]["body"]) if rows else None

    def papers(self) -> list[PaperRow]:
        """All papers, in the order they were added."""
        rows = self._rows(
            "SELECT id, title, source, kind, pages, characters, blank_pages, added_at"
            " FROM papers ORDER BY added_at, id"
        )
        return [
            PaperRow(**{**dict(row), "blank_pages": tuple(json.loads(row["blank_pages"]))})
            for row in rows
        ]

    def remove_paper(self, paper_id: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM papers WHERE id = ?", (paper_id,))

    def keep_refusal(self, name: str, reason: str) -> None:
        with self._writing() as connection:
            connection.execute("REPLACE INTO refusals VALUES (?, ?, ?)", (name, reason, now()))

    def refusals(self) -> list[Refusal]:
        return [Refusal(**dict(row)) for row in self._rows("SELECT * FROM refusals ORDER BY at")]

    def forget_refusal(self, name: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM refusals WHERE name = ?", (name,))

    # runs

    def keep_run(self, run: Run) -> None:
        """Append a run. Runs are history: one that is there is never overwritten."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.id, run.key, run.question, run.at, run.finished, run.origin, to_json(run)),
            )

    def run(self, run_id: str) -> Run | None:
        rows = self._rows("SELECT body FROM runs WHERE id = ?", run_id)
        return from_json(Run, rows[0]["body"]) if rows else None

    def run_for_key(self, key: str) -> Run | None:
        """The latest finished run of this lab with that key; stopped, failed and imported ones
        never answer a question."""
        rows = self._rows(
            "SELECT body FROM runs WHERE key = ? AND finished AND origin = 'lab'"
            " ORDER BY at DESC LIMIT 1",
            key,
        )
        return from_json(Run, rows[0]["body"]) if rows else None

    def keep_comparison(self, comparison: Comparison) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO comparisons VALUES (?, ?, ?, ?)",
                (
                    comparison.id,
                    comparison.question,
                    comparison.at,
                    json.dumps([run.id for run in comparison.runs]),
                ),
            )

    def comparison(self, comparison_id: str) -> Comparison | None:
        """The comparison of that id; a run's id gives a comparison of that run alone."""
        rows = self._rows("SELECT * FROM comparisons WHERE id = ?", comparison_id)
        if not rows:
            run = self.run(comparison_id)
            if not run:
                return None
            return Comparison(id=run.id, question=run.question, runs=(run,), at=run.at)
        runs = (self.run(run_id) for run_id in json.loads(rows[0]["run_ids"]))
        return Comparison(
            id=rows[0]["id"],
            question=rows[0]["question"],
            runs=tuple(run for run in runs if run),
            at=rows[0]["at"],
        )

    def comparisons(self, limit: int = 50) -> list[ComparisonRow]:
        """The latest comparisons, newest first."""
        rows = self._rows(
            "SELECT id, question, at FROM comparisons ORDER BY at DESC LIMIT ?", limit
        )
        return [ComparisonRow(**dict(row)) for row in rows]

    # rerank scores

    def rerank_scores(self, keys: Iterable[str]) -> dict[str, float]:
        """The known scores among `keys`."""
        rows = self._rows(
            "SELECT key, score FROM rerank_scores WHERE key IN (SELECT value FROM json_each(?))",
            json.dumps(list(keys)),
        )
        return {row["key"]: row["score"] for row in rows}

    def keep_rerank_scores(self, scores: dict[str, float]) -> None:
        with self._writing() as connection:
            connection.executemany("REPLACE INTO rerank_scores VALUES (?, ?)", scores.items())

    # health

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when it is whole."""
        found = [row[0] for row in self._rows("PRAGMA quick_check")]
        return [] if found == ["ok"] else found


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """SQLite's and the file system's errors in the user's words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _sentence(path, error) from error
    except OSError as error:
        raise TriptychError(f"{path.parent} cannot be used for data: {error.strerror}.") from error


def _sentence(path: Path, error: sqlite3.DatabaseError) -> TriptychError:
    match getattr(error, "sqlite_errorname", "").split("_")[1:2]:
        case ["FULL"]:
            return OutOfSpace(
                "The disk is full: nothing was saved just now, and all that was saved before is"
                " safe; free some space and try again."
            )
        case ["BUSY" | "LOCKED"]:
            return TriptychError(
                "Another program keeps the database locked; close it and try again.", str(error)
            )
        case ["READONLY" | "CANTOPEN" | "PERM"]:
            return TriptychError(f"{path} cannot be written; check its folder's permissions.")
        case ["NOTADB" | "CORRUPT"]:
            return Damaged(
                f"{path} is damaged; run `python -m core doctor` and restore a backup.", str(error)
            )
        case _:
            return TriptychError(f"The database refused: {error}.", str(error))
