"""How papers are cut, kept so that nobody has to cut them again. Derived: it can go at any time,
and goes with its paper. Knows neither what cuts nor what the bytes mean."""

import json
from collections.abc import Collection, Mapping

from core.store.database import Database


class CutStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, way: str, revision: str, paper_ids: Collection[str]) -> dict[str, bytes]:
        """Of these papers what was kept for this way of cutting, as it is now (`revision`)."""
        rows = self._database.rows(
            "SELECT paper_id, body FROM cuts WHERE way = ? AND revision = ?"
            " AND paper_id IN (SELECT value FROM json_each(?))",
            way,
            revision,
            json.dumps(list(paper_ids)),
        )
        return {row["paper_id"]: row["body"] for row in rows}

    def keep(self, way: str, revision: str, cuts: Mapping[str, bytes]) -> None:
        """Keep what papers are cut into, in place of what another revision made of them; nothing
        of a paper that is gone."""
        with self._database.writing() as connection:
            connection.executemany(
                "REPLACE INTO cuts SELECT ?, id, ?, ? FROM papers WHERE id = ?",
                [(way, revision, body, paper_id) for paper_id, body in cuts.items()],
            )

    def clear(self) -> None:
        """Drop all of it."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM cuts")
