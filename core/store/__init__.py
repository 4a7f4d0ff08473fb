"""What people must not lose, in one SQLite file: papers, runs, comparisons, rerank scores.

The only room that speaks SQL. Knows no model, no page, and nothing of vectors.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from core.codec import from_json, to_json
from core.store.cards import EVERY, CardStore, DeckRow, Scope
from core.store.classes import ClassStore
from core.store.database import Database, now
from core.store.facts import RunFacts, RunRow
from core.store.studies import Counts, Learner, Studied, StudyStore
from core.types import Comparison, Paper, PaperKind, Run

__all__ = [
    "EVERY",
    "CardStore",
    "ClassStore",
    "ComparisonRow",
    "Counts",
    "Database",
    "DeckRow",
    "Learner",
    "PaperRow",
    "Refusal",
    "RunRow",
    "Scope",
    "Store",
    "Studied",
    "StudyStore",
    "insert_run",
    "now",
]


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


def insert_run(connection: Connection, run: Run) -> None:
    """Append a run within a transaction, together with what belongs to it."""
    connection.execute(
        "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run.id, run.key, run.question, run.at, run.finished, run.origin, to_json(run)),
    )


class Store:
    """Papers, runs and what is derived from neither. Errors of every method: as Database."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.facts = RunFacts(self.database)
        self.cards = CardStore(self.database)
        self.studies = StudyStore(self.database)
        self.classes = ClassStore(self.database)

    # papers

    def keep_paper(self, paper: Paper) -> None:
        """Keep a paper; one that is there already stays as it was."""
        with self.database.writing() as connection:
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
        rows = self.database.rows("SELECT body FROM papers WHERE id = ?", paper_id)
        return from_json(Paper, rows[0]["body"]) if rows else None

    def papers(self) -> list[PaperRow]:
        """All papers, in the order they were added."""
        rows = self.database.rows(
            "SELECT id, title, source, kind, pages, characters, blank_pages, added_at"
            " FROM papers ORDER BY added_at, id"
        )
        return [
            PaperRow(**{**dict(row), "blank_pages": tuple(json.loads(row["blank_pages"]))})
            for row in rows
        ]

    def remove_paper(self, paper_id: str) -> None:
        with self.database.writing() as connection:
            connection.execute("DELETE FROM papers WHERE id = ?", (paper_id,))

    def keep_refusal(self, name: str, reason: str) -> None:
        with self.database.writing() as connection:
            connection.execute("REPLACE INTO refusals VALUES (?, ?, ?)", (name, reason, now()))

    def refusals(self) -> list[Refusal]:
        return [
            Refusal(**dict(row)) for row in self.database.rows("SELECT * FROM refusals ORDER BY at")
        ]

    def forget_refusal(self, name: str) -> None:
        with self.database.writing() as connection:
            connection.execute("DELETE FROM refusals WHERE name = ?", (name,))

    # runs

    def keep_run(self, run: Run) -> None:
        """Append a run. Runs are history: one that is there is never overwritten."""
        self.keep_runs([run])

    def keep_runs(self, runs: Iterable[Run]) -> None:
        """Append many at once: all of them or none."""
        with self.database.writing() as connection:
            for run in runs:
                insert_run(connection, run)

    def run(self, run_id: str) -> Run | None:
        rows = self.database.rows("SELECT body FROM runs WHERE id = ?", run_id)
        return from_json(Run, rows[0]["body"]) if rows else None

    def run_for_key(self, key: str) -> Run | None:
        """The latest finished run of this lab with that key; stopped, failed and imported ones
        never answer a question."""
        rows = self.database.rows(
            "SELECT body FROM runs WHERE key = ? AND finished AND origin = 'lab'"
            " ORDER BY at DESC LIMIT 1",
            key,
        )
        return from_json(Run, rows[0]["body"]) if rows else None

    def keep_comparison(self, comparison: Comparison) -> None:
        with self.database.writing() as connection:
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
        with self.database.reading():
            rows = self.database.rows("SELECT * FROM comparisons WHERE id = ?", comparison_id)
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
        rows = self.database.rows(
            "SELECT id, question, at FROM comparisons ORDER BY at DESC LIMIT ?", limit
        )
        return [ComparisonRow(**dict(row)) for row in rows]

    # rerank scores

    def rerank_scores(self, keys: Iterable[str]) -> dict[str, float]:
        """The known scores among `keys`."""
        rows = self.database.rows(
            "SELECT key, score FROM rerank_scores WHERE key IN (SELECT value FROM json_each(?))",
            json.dumps(list(keys)),
        )
        return {row["key"]: row["score"] for row in rows}

    def keep_rerank_scores(self, scores: dict[str, float]) -> None:
        with self.database.writing() as connection:
            connection.executemany("REPLACE INTO rerank_scores VALUES (?, ?)", scores.items())
