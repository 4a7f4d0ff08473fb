"""Two notes in a lab, and what is asked of it."""

import io
from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Any

from core.lab import Lab
from core.papers import Added
from core.tasks import result_of
from core.types import Chunking, Comparison, Generation, Recipe, Retrieval, three_ways

NOTES = {
    "lamp.md": "# The lamp\n\nThe lamp of Varn was lit in 1874 and burns whale oil to this day.\n",
    "tide.txt": "The tide at Varn\n\nThe tide rises four metres and falls twice a day.\n",
}
RECIPE = Recipe(
    chunking=Chunking(size=200, overlap=20),
    evidence=Retrieval(embedder="hashing", candidates=2, top_k=1, reranker="word-overlap"),
    generation=Generation(generator="echo", max_tokens=40),
)
THREE = three_ways(RECIPE, "word-overlap")
QUESTION = "When was the lamp of Varn lit?"


def everything(lab: Lab) -> tuple[str, ...]:
    return lab.papers.resolve(())


def asked(lab: Lab, recipes: Sequence[Recipe] = THREE, question: str = QUESTION) -> Comparison:
    return result_of(lab.answering.ask(question, recipes, everything(lab)))


def by(retriever: str, **fields: Any) -> Recipe:
    assert isinstance(RECIPE.evidence, Retrieval)
    return replace(RECIPE, evidence=replace(RECIPE.evidence, retriever=retriever, **fields))


def uploaded(lab: Lab, name: str, content: bytes) -> Added:
    """What becomes of one file that a browser hands over."""
    return result_of(lab.papers.add_all([(name, io.BytesIO(content))], Event()))[0]
