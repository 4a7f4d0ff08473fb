"""What the settings of an evaluation differ in. Pure."""

from core.labels import rare
from core.types import Recipe, Retrieval, Setting, Sweep

CHUNKS, CANDIDATES, TOP_K, BUDGET = (
    "chunk size and overlap",
    "number of candidates",
    "top k",
    "context budget",
)
MUCH = (BUDGET, TOP_K)  # what else than the chunks' size decides how much a setting takes
APART = {CHUNKS, CANDIDATES, TOP_K, BUDGET, "reranker"}  # told in the panel, the point or the end


def varied(sweep: Sweep) -> dict[str, list[str]]:
    """The values that each setting of a retrieval took in this sweep. What is rarely chosen is
    left out where all have it as usual."""
    recipes = [setting.recipe for setting in sweep.settings]
    told = {name for recipe in recipes for name in rare(searched(recipe))}
    values: dict[str, dict[str, None]] = {}
    for recipe in recipes:
        every = rare(searched(recipe), usual=True)
        named = _often_chosen(recipe) | {name: every[name] for name in every if name in told}
        for name, value in named.items():
            if value:
                values.setdefault(name, {})[value] = None
    return {name: list(some) for name, some in values.items()}


def series(sweep: Sweep) -> list[tuple[str, str, str]]:
    """For each setting its panel in a chart, what it has in common with those that differ in how
    much they take alone, and how much it takes: its budget, its k, or where all have the same, its
    chunks' size."""
    several = {name for name, values in varied(sweep).items() if len(values) > 1}
    much = next((name for name in MUCH if name in several), CHUNKS)
    return [_place(setting, several, much) for setting in sweep.settings]


def searched(recipe: Recipe) -> Retrieval:
    """How it searches; for settings that do."""
    assert isinstance(recipe.evidence, Retrieval)
    return recipe.evidence


def _place(setting: Setting, several: set[str], much: str) -> tuple[str, str, str]:
    evidence, chunking = searched(setting.recipe), setting.recipe.chunking
    named = _often_chosen(setting.recipe) | rare(evidence)
    words = [
        f"{value} index" if name == "index" else value
        for name, value in named.items()
        if value and name in several - APART
    ]
    reranked = f"reranked from {evidence.candidates}" if evidence.reranker else "not reranked"
    panel = f"chunks of {named[CHUNKS]}" if much != CHUNKS and CHUNKS in several else ""
    takes = {
        BUDGET: f"{evidence.budget:,} tokens" if evidence.budget else "no budget",
        TOP_K: f"k {evidence.top_k}",
        CHUNKS: f"{chunking.size:,}",
    }
    return panel, " · ".join([*words, reranked]), takes[much]


def _often_chosen(recipe: Recipe) -> dict[str, str]:
    """By name; what the setting does not use is empty."""
    evidence, chunking = searched(recipe), recipe.chunking
    return {
        "chunker": chunking.chunker,
        CHUNKS: f"{chunking.size}/{chunking.overlap}",
        "retriever": evidence.retriever,
        "embedder": evidence.embedder if evidence.uses_embedder else "",
        "index": evidence.index if evidence.uses_embedder else "",
        "reranker": evidence.reranker or "no reranker",
        CANDIDATES: str(evidence.candidates),
        TOP_K: str(evidence.top_k),
    }
