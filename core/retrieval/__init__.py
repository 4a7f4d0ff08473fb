"""From a question to its evidence: chunks found, fused, reranked and cut to the best."""

from core.retrieval import bm25, ranking, reading, script
from core.retrieval.coverage import Coverage, Cut, Ruler
from core.retrieval.finder import Finder, RerankScores, Searched

__all__ = [
    "Coverage",
    "Cut",
    "Finder",
    "RerankScores",
    "Ruler",
    "Searched",
    "bm25",
    "ranking",
    "reading",
    "script",
]
