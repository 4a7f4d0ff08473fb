"""Sets of papers, each kept once under its digest: what is kept for each run would otherwise grow
with the papers.

Outside the store `paper_ids` is a tuple, as ever; in a row its place is empty, and a column beside
the body names the set.
"""

import json
import sqlite3
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from core.codec import from_json, to_json
from core.errors import Damaged
from core.store.database import Database
from core.types import Run, Sweep, digest

Searching = TypeVar("Searching", Run, Sweep)

SETS_KEPT = 64  # in memory


class PaperSets:
    """Runs and sweeps to rows and back. Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def packed(self, connection: sqlite3.Connection, value: Searching) -> tuple[str, str | None]:
        """The body without the papers, and the digest of their set, which is kept in this
        transaction; None where there are none."""
        if not value.paper_ids:
            return to_json(value), None
        name, ids = _written(value.paper_ids)
        connection.execute("INSERT OR IGNORE INTO paper_sets VALUES (?, ?)", (name, ids))
        return to_json(replace(value, paper_ids=())), name

    def opened(self, kind: type[Searching], row: sqlite3.Row) -> Searching:
        """What `packed` made, of a row with `body` and `paper_set`. Equal sets are one tuple."""
        value = from_json(kind, row["body"])
        ids = self.ids(row["paper_set"])
        return replace(value, paper_ids=ids) if ids else value

    def drop(self, connection: sqlite3.Connection, name: str | None) -> None:
        """Let a set go that no run and no sweep names any more."""
        connection.execute(
            "DELETE FROM paper_sets WHERE digest = :name"
            " AND NOT EXISTS (SELECT 1 FROM runs WHERE paper_set = :name)"
            " AND NOT EXISTS (SELECT 1 FROM sweeps WHERE paper_set = :name)",
            {"name": name},
        )

    def ids(self, name: str | None) -> tuple[str, ...]:
        """The papers of a set; none for None. Errors: Damaged if it is not there."""
        if name is None:
            return ()
        ids = self._sets.get(name)
        if ids is None:
            rows = self._database.rows("SELECT ids FROM paper_sets WHERE digest = ?", name)
            if not rows:
                raise Damaged(
                    "The set of papers of a run is not there; put back the last backup on the"
                    " Settings page.",
                    name,
                )
            ids = self._sets[name] = tuple(json.loads(rows[0]["ids"]))
            if len(self._sets) > SETS_KEPT:
                self._sets.popitem(last=False)
        return ids


@lru_cache(maxsize=SETS_KEPT)
def _written(ids: tuple[str, ...]) -> tuple[str, str]:
    """A set's digest, and its ids as JSON."""
    return digest(ids), json.dumps(ids)
