"""Past runs: found, judged, drawn from, brought in from logs and sent out. Knows no page.

Runs that were brought in never answer a question (core.store); they are there to be looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core import logs
from core.errors import BadInput
from core.lab.runs import Runs
from core.logs import experiments, retrievals
from core.metrics.diagnosis import Diagnosis, diagnose_all, repeated_share
from core.metrics.support import supported_share
from core.store import RunRow, Store, now
from core.types import Run
from core.views import Choice, View

AT_ONCE = 2_000  # runs that are read whole for charts and diagnosis
PAGE = 100  # rows of the table
IMPORTED = "import:"
MEASURES = ("supported sentences", "said once", "ends by itself")
CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of one file: how many runs and hits it holds, how many of the runs were here
    already, how many lines were mended, and which were dropped."""

    file: str
    runs: int
    hits: int
    known: int
    repaired: int
    dropped: tuple[logs.Dropped, ...]
    run_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Whole runs, with what can be judged of them; computed when first asked for."""

    runs: tuple[Run, ...]
    left_out: int = 0  # runs that fit the view as well, but were not read

    @cached_property
    def diagnoses(self) -> dict[str, Diagnosis]:
        return diagnose_all(self.runs)

    @cached_property
    def measures(self) -> dict[str, Mapping[str, float]]:
        """For each run what was measured of it, by name: shares from 0 to 1."""
        return {run.id: _measured(run, self.diagnoses[run.id]) for run in self.runs}


class Past:
    """All runs of this lab, recorded and imported ones too. Errors of every method: as Store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take_in_recorded(self) -> None:
        """Put the runs that are shipped with the samples beside the others, once."""
        recorded = [run for comparison in Runs.recorded() for run in comparison.runs]
        known = self._store.facts.known(tuple(run.id for run in recorded))
        missing = [run for run in recorded if run.id not in known]
        if missing:
            self._store.keep_runs(missing)

    def count(self, view: View) -> int:
        return self._store.facts.count(view)

    def rows(self, view: View, page: int = 0) -> list[RunRow]:
        """One page of the table, newest first."""
        return self._store.facts.rows(view, PAGE, page * PAGE)

    def values(self, view: View) -> dict[Choice, list[tuple[str, int]]]:
        """What can be chosen for each setting, and how many runs that is."""
        return self._store.facts.values(view)

    def questions(self, view: View, limit: int = 500) -> list[tuple[str, int]]:
        """The questions of these runs, those asked most first."""
        return self._store.facts.questions(view, limit)

    def runs(self, run_ids: Sequence[str]) -> list[Run]:
        """Whole runs, in this order; those that are not here are left out."""
        return self._store.facts.runs(tuple(run_ids))

    def select(self, view: View) -> Selection:
        """The newest whole runs that fit, at most 2,000."""
        rows = self._store.facts.rows(view, AT_ONCE)
        left_out = self.count(view) - len(rows)
        return Selection(runs=tuple(self.runs([row.id for row in rows])), left_out=left_out)

    def import_log(self, name: str, content: bytes) -> Imported:
        """An experiment log, by its bytes; `name` is only shown. Errors: BadInput if there is
        nothing of one in it."""
        return self._import(name, content, experiments.read, "experiment log")

    def import_retrieval_log(self, name: str, content: bytes) -> Imported:
        """A retrieval log, in the same way."""
        return self._import(name, content, retrievals.read, "retrieval log")

    def _import(self, name: str, content: bytes, read: logs.Reader, kind: str) -> Imported:
        text = content.decode("utf-8", errors="replace")
        log = read(text, origin=IMPORTED + Path(name).name, at=now())
        if not log.runs:
            raise BadInput(f"{name} holds nothing of a {kind}; nothing was imported.")
        run_ids = tuple(run.id for run in log.runs)
        known = self._store.facts.known(run_ids)
        self._store.keep_runs(log.runs)
        return Imported(
            file=name,
            runs=len(log.runs),
            hits=sum(len(run.candidates) for run in log.runs),
            known=len(known),
            repaired=sum("\ufffd" in line for line in text.split("\n")),
            dropped=log.dropped,
            run_ids=run_ids,
        )


def _measured(run: Run, diagnosis: Diagnosis) -> dict[str, float]:
    """The measures of one run; those it holds nothing for are left out."""
    found: dict[str, float] = {}
    if run.answer and run.answer.text:
        found["said once"] = 1 - repeated_share(run.answer.text)
        if run.hits and not any(hit.preview for hit in run.hits):
            share = supported_share(run.answer.text, [hit.chunk.text for hit in run.hits])
            if share is not None:
                found["supported sentences"] = share
    if CUT_OFF in diagnosis.judged:
        found[CUT_OFF] = float(diagnosis.found("cut off") is not None)
        found["ends by itself"] = 1 - found[CUT_OFF]
    return found
