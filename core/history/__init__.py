"""Past runs and comparisons: found, judged, imported, exported and told."""

from core.history import capsules, exports
from core.history.capsules import Capsule
from core.history.comparisons import GRID_ID, Comparisons
from core.history.runs import MEASURES, PAGE, ImportedLog, PastRuns, Selection, charts_of
from core.store import RunRow

__all__ = [
    "GRID_ID",
    "MEASURES",
    "PAGE",
    "Capsule",
    "Comparisons",
    "ImportedLog",
    "PastRuns",
    "RunRow",
    "Selection",
    "capsules",
    "charts_of",
    "exports",
]
