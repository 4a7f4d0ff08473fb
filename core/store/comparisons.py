"""Comparisons: which runs were made together, for which question."""

import json
from dataclasses import dataclass

from core.store.database import Database
from core.store.runs import RunStore
from core.types import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """A comparison without its runs, for the history."""

    id: str
    question: str
    at: str


class ComparisonStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database, runs: RunStore) -> None:
        self._database = database
        self._runs = runs

    def keep(self, comparison: Comparison) -> None:
        """Keep which runs belong together; the runs themselves are kept apart."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO comparisons VALUES (?, ?, ?, ?)",
                (
                    comparison.id,
                    comparison.question,
                    comparison.at,
                    json.dumps([run.id for run in comparison.runs]),
                ),
            )

    def get(self, comparison_id: str) -> Comparison | None:
        """The comparison of that id; a run's id gives a comparison of that run alone."""
        with self._database.reading():
            rows = self._database.rows("SELECT * FROM comparisons WHERE id = ?", comparison_id)
            if not rows:
                run = self._runs.get(comparison_id)
                if not run:
                    return None
                return Comparison(id=run.id, question=run.question, runs=(run,), at=run.at)
            runs = (self._runs.get(run_id) for run_id in json.loads(rows[0]["run_ids"]))
            return Comparison(
                id=rows[0]["id"],
                question=rows[0]["question"],
                runs=tuple(run for run in runs if run),
                at=rows[0]["at"],
            )

    def latest(self, limit: int = 50) -> list[ComparisonRow]:
        """The latest comparisons, newest first."""
        rows = self._database.rows(
            "SELECT id, question, at FROM comparisons ORDER BY at DESC LIMIT ?", limit
        )
        return [ComparisonRow(**dict(row)) for row in rows]
