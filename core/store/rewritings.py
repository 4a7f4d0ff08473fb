"""What models wrote to be searched for, by their keys. Knows neither questions nor models."""

from core.codec import from_json, to_json
from core.store.database import Database
from core.types import Rewritten


class RewritingStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, key: str) -> Rewritten | None:
        rows = self._database.rows("SELECT body FROM rewritings WHERE key = ?", key)
        return from_json(Rewritten, rows[0]["body"]) if rows else None

    def keep(self, key: str, rewritten: Rewritten) -> None:
        with self._database.writing() as connection:
            connection.execute("REPLACE INTO rewritings VALUES (?, ?)", (key, to_json(rewritten)))
