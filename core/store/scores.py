"""Rerank scores by their keys. Knows neither questions nor chunks."""

import json
from collections.abc import Iterable

from core.store.database import Database


class ScoreStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, keys: Iterable[str]) -> dict[str, float]:
        """The known scores among `keys`."""
        rows = self._database.rows(
            "SELECT key, score FROM rerank_scores WHERE key IN (SELECT value FROM json_each(?))",
            json.dumps(list(keys)),
        )
        return {row["key"]: row["score"] for row in rows}

    def keep(self, scores: dict[str, float]) -> None:
        with self._database.writing() as connection:
            connection.executemany("REPLACE INTO rerank_scores VALUES (?, ?)", scores.items())
