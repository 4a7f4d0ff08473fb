"""Runs, kept whole. They are history: one that is there is never overwritten."""

import json
from collections.abc import Iterable

from core.store.database import Database
from core.store.paper_sets import PaperSets
from core.types import Run


class RunStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database, sets: PaperSets) -> None:
        self._database = database
        self._sets = sets

    def keep(self, run: Run) -> None:
        """Append a run, unless it is there."""
        self.keep_all([run])

    def keep_all(self, runs: Iterable[Run]) -> None:
        """Append many at once: all of them or none."""
        with self._database.writing() as connection:
            for run in runs:
                facts = (run.id, run.key, run.question, run.at, run.finished, run.origin)
                connection.execute(
                    "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (*facts, *self._sets.packed(connection, run)),
                )

    def get(self, run_id: str) -> Run | None:
        rows = self._database.rows("SELECT body, paper_set FROM runs WHERE id = ?", run_id)
        return self._sets.opened(Run, rows[0]) if rows else None

    def for_key(self, key: str) -> Run | None:
        """The latest finished run of this lab with that key; stopped, failed and imported ones
        never answer a question."""
        rows = self._database.rows(
            "SELECT body, paper_set FROM runs WHERE key = ? AND finished AND origin = 'lab'"
            " ORDER BY at DESC LIMIT 1",
            key,
        )
        return self._sets.opened(Run, rows[0]) if rows else None

    def known(self, keys: Iterable[str]) -> dict[str, str]:
        """For each key that was answered in this lab, the id of the latest finished run."""
        rows = self._database.rows(
            "SELECT key, id FROM runs WHERE key IN (SELECT value FROM json_each(?)) AND finished"
            " AND origin = 'lab' ORDER BY at",
            json.dumps(list(keys)),
        )
        return {row["key"]: row["id"] for row in rows}
