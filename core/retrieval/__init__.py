"""From a question to its evidence: chunks found, fused, reranked and cut to the best."""

from core.retrieval import bm25, ranking, script
from core.retrieval.coverage import Coverage, Cut, Ruler
from core.retrieval.finder import Finder, RerankScores, Searched
from core.retrieval.ranking import INDEXES, RETRIEVERS

__all__ = [
    "INDEXES",
    "RETRIEVERS",
    "Coverage",
    "Cut",
    "Finder",
    "RerankScores",
    "Ruler",
    "Searched",
    "bm25",
    "ranking",
    "script",
]
