"""From a question to its evidence: chunks found, fused, reranked and cut to the best."""

from core.retrieval import bm25, ranking
from core.retrieval.coverage import Coverage, Cut, Ruler
from core.retrieval.finder import Finder, RerankScores, Searched
from core.retrieval.ranking import RETRIEVERS

__all__ = [
    "RETRIEVERS",
    "Coverage",
    "Cut",
    "Finder",
    "RerankScores",
    "Ruler",
    "Searched",
    "bm25",
    "ranking",
]
