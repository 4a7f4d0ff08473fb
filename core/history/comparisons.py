"""Past runs: what was asked here, and the comparisons recorded for the first screen."""

from dataclasses import replace
from functools import cache

from core.codec import from_json
from core.errors import BadInput
from core.history import capsules, readings
from core.history.capsules import Capsule
from core.settings import SAMPLES
from core.store import ComparisonRow, Store
from core.types import Comparison

GRID = SAMPLES / "runs" / "grid.capsule"
INDEXES = SAMPLES / "runs" / "indexes.capsule"
GRID_ID = "recorded-grid"  # of the sweep in it
FRONT_ID = "recorded-17"  # wrong without context, muddled when retrieved, right when reranked


class Comparisons:
    """Comparisons by id, and the history."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def comparison(self, comparison_id: str) -> Comparison:
        """A comparison of this lab, a single run, or a recorded one; several ids with commas
        between them stand side by side. Runs of papers that were read again say so in their notes.
        Errors: BadInput, also for those of several questions."""
        parts = [self._part(each) for each in comparison_id.split(",")]
        if len({part.question for part in parts}) > 1:
            raise BadInput("This link names answers to several questions; compare those of one.")
        runs = {run.id: run for part in parts for run in part.runs}
        noted = readings.noted(list(runs.values()), self._store)
        return replace(parts[0], id=comparison_id, runs=noted)

    def _part(self, comparison_id: str) -> Comparison:
        recorded = {comparison.id: comparison for comparison in self.recorded()}
        found = recorded.get(comparison_id) or self._store.comparisons.get(comparison_id)
        if found is None:
            raise BadInput(
                "This link leads to a comparison that is not in this lab; it may have been"
                " interrupted before anything was kept, or belong to another data folder."
            )
        return found

    def history(self, limit: int = 50) -> list[ComparisonRow]:
        """The latest comparisons, newest first."""
        return self._store.comparisons.latest(limit)

    @staticmethod
    @cache
    def recorded() -> tuple[Comparison, ...]:
        """The comparisons shipped with the sample corpus."""
        files = sorted((SAMPLES / "runs").glob("*.json"))
        return tuple(from_json(Comparison, file.read_bytes()) for file in files)

    def front(self) -> Comparison | None:
        """What the first screen shows; None where no recorded comparisons are shipped."""
        return next((each for each in self.recorded() if each.id == FRONT_ID), None)

    @staticmethod
    @cache
    def recorded_sweeps() -> tuple[Capsule, ...]:
        """The sweeps shipped with the sample corpus, with all their runs: the grid, among whose
        runs are those of the recorded comparisons, and exact beside approximate search."""
        grid = capsules.read(GRID.read_bytes())
        runs = [run for comparison in Comparisons.recorded() for run in comparison.runs]
        return replace(grid, runs=(*runs, *grid.runs)), capsules.read(INDEXES.read_bytes())
