"""Sweeps and their cells. Knows no recipe's meaning and no plan.

A sweep's body is kept whole and never changes; its cells change as they are done.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.store.database import Database
from core.store.paper_sets import PaperSets
from core.store.runs import RunStore
from core.types import Cell, CellStatus, Run, Sweep, SweepStatus

COUNTS = ", ".join(
    f"(SELECT count(*) FROM cells WHERE sweep_id = sweeps.id AND status = '{status}') AS {status}"
    for status in ("queued", "running", "done", "failed", "dropped")
)
COLUMNS = (
    "question, setting, status, run_id, sentence, finish_reason, answer_tokens, seconds, similarity"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRow:
    """A sweep without its questions and settings, for lists: how many cells of each kind it has.
    `sentence` says what ended it early, if something did."""

    id: str
    name: str
    at: str
    origin: str
    status: SweepStatus
    sentence: str
    questions: int
    settings: int
    queued: int
    running: int
    done: int
    failed: int
    dropped: int

    @property
    def cells(self) -> int:
        """All cells that are to be answered."""
        return self.queued + self.running + self.done + self.failed


class SweepStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database, runs: RunStore, sets: PaperSets) -> None:
        self._database = database
        self._runs = runs
        self._sets = sets

    def keep(self, sweep: Sweep, key: str, status: SweepStatus, cells: Sequence[Cell]) -> None:
        """Keep a sweep with all its cells; `key` says what it asks, whenever that was asked."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO sweeps VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)",
                (
                    sweep.id,
                    key,
                    sweep.name,
                    sweep.at,
                    sweep.origin,
                    status,
                    len(sweep.questions),
                    len(sweep.settings),
                    *self._sets.packed(connection, sweep),
                ),
            )
            connection.executemany(
                f"INSERT INTO cells (sweep_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(sweep.id, *_values(cell)) for cell in cells],
            )

    def sweep(self, sweep_id: str) -> Sweep | None:
        rows = self._database.rows("SELECT body, paper_set FROM sweeps WHERE id = ?", sweep_id)
        return self._sets.opened(Sweep, rows[0]) if rows else None

    def row(self, sweep_id: str) -> SweepRow | None:
        found = self._rows("WHERE id = ?", sweep_id)
        return found[0] if found else None

    def rows(self, limit: int = 50) -> list[SweepRow]:
        """The latest sweeps, newest first."""
        return self._rows("ORDER BY at DESC LIMIT ?", limit)

    def under_way(self) -> list[SweepRow]:
        """Those that have not ended, oldest first."""
        return self._rows("WHERE status IN ('queued', 'running') ORDER BY at")

    def _rows(self, rest: str, *values: object) -> list[SweepRow]:
        rows = self._database.rows(
            "SELECT id, name, at, origin, status, sentence, questions, settings,"
            f" {COUNTS} FROM sweeps {rest}",
            *values,
        )
        return [SweepRow(**dict(row)) for row in rows]

    def unfinished(self, key: str) -> str | None:
        """The latest sweep of this lab with that key that still has open cells."""
        rows = self._database.rows(
            "SELECT id FROM sweeps WHERE key = ? AND origin = 'lab' AND EXISTS (SELECT 1 FROM cells"
            " WHERE sweep_id = sweeps.id AND status IN ('queued', 'running'))"
            " ORDER BY at DESC LIMIT 1",
            key,
        )
        return rows[0]["id"] if rows else None

    def status(self, sweep_id: str) -> SweepStatus:
        (row,) = self._database.rows("SELECT status FROM sweeps WHERE id = ?", sweep_id)
        status: SweepStatus = row["status"]
        return status

    def set_status(self, sweep_id: str, status: SweepStatus, sentence: str = "") -> None:
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE sweeps SET status = ?, sentence = ? WHERE id = ?",
                (status, sentence, sweep_id),
            )

    def take_up(self, sweep_id: str) -> bool:
        """Mark a queued sweep as running; False if it was stopped in the meantime."""
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE sweeps SET status = 'running' WHERE id = ? AND status = 'queued'",
                (sweep_id,),
            )
            return changed.rowcount == 1

    def remove(self, sweep_id: str) -> None:
        """Take a sweep away; its runs stay."""
        with self._database.writing() as connection:
            removed = connection.execute(
                "DELETE FROM sweeps WHERE id = ? RETURNING paper_set", (sweep_id,)
            ).fetchall()
            for row in removed:
                self._sets.drop(connection, row["paper_set"])

    # cells

    def cells(
        self, sweep_id: str, *statuses: CellStatus, first: int = 0, count: int | None = None
    ) -> list[Cell]:
        """Its cells, question by question: of all statuses or some, of `count` questions from
        number `first` (from 0) on or of all."""
        some = " AND status IN (SELECT value FROM json_each(?))" if statuses else ""
        rows = self._database.rows(
            f"SELECT {COLUMNS} FROM cells WHERE sweep_id = ? AND question >= ? AND question < ?"
            f"{some} ORDER BY question, setting",
            sweep_id,
            first,
            2**31 if count is None else first + count,
            *([json.dumps(statuses)] if statuses else []),
        )
        return [Cell(**dict(row)) for row in rows]

    def failures(self, sweep_id: str) -> dict[str, int]:
        """Why cells failed, and how many for that reason."""
        rows = self._database.rows(
            "SELECT sentence, count(*) AS number FROM cells WHERE sweep_id = ?"
            " AND status = 'failed' GROUP BY sentence ORDER BY number DESC",
            sweep_id,
        )
        return {row["sentence"]: row["number"] for row in rows}

    def keep_cells(self, sweep_id: str, cells: Sequence[tuple[Cell, Run | None]]) -> None:
        """What became of cells, and the runs of those that have a new one: all or nothing."""
        with self._database.writing() as connection:
            self._runs.keep_all(run for _, run in cells if run)  # a part of this transaction
            connection.executemany(
                "UPDATE cells SET status = ?, run_id = ?, sentence = ?, finish_reason = ?,"
                " answer_tokens = ?, seconds = ?, similarity = ?"
                " WHERE sweep_id = ? AND question = ? AND setting = ?",
                [
                    (*values, sweep_id, question, setting)
                    for question, setting, *values in (_values(cell) for cell, _ in cells)
                ],
            )

    def begin(self, sweep_id: str, cells: Iterable[tuple[int, int]]) -> None:
        """Mark queued cells, pairs (question, setting), as running."""
        with self._database.writing() as connection:
            connection.executemany(
                "UPDATE cells SET status = 'running'"
                " WHERE sweep_id = ? AND question = ? AND setting = ? AND status = 'queued'",
                [(sweep_id, *cell) for cell in cells],
            )

    def requeue(self, sweep_id: str, status: CellStatus) -> None:
        """Put the cells of this status in line again."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE cells SET status = 'queued', sentence = ''"
                " WHERE sweep_id = ? AND status = ?",
                (sweep_id, status),
            )


def _values(cell: Cell) -> tuple[object, ...]:
    return (
        cell.question,
        cell.setting,
        cell.status,
        cell.run_id,
        cell.sentence,
        cell.finish_reason,
        cell.answer_tokens,
        cell.seconds,
        cell.similarity,
    )
