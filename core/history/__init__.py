"""Past runs and comparisons: found, judged, imported, exported and told."""

from core.history import capsules, exports
from core.history.capsules import Capsule
from core.history.comparisons import Comparisons
from core.history.runs import MEASURES, PAGE, ImportedLog, PastRuns, Selection, charts_of

__all__ = [
    "MEASURES",
    "PAGE",
    "Capsule",
    "Comparisons",
    "ImportedLog",
    "PastRuns",
    "Selection",
    "capsules",
    "charts_of",
    "exports",
]
