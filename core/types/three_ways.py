"""The three recipes of a comparison, from one. Pure."""

from dataclasses import replace

from core.types.recipes import Recipe, Retrieval


def three_ways(recipe: Recipe, reranker: str) -> tuple[Recipe, Recipe, Recipe]:
    """No context | retrieved | retrieved and reranked, alike in everything else.

    Errors: `recipe.evidence` must be a Retrieval (ValueError).
    """
    if not isinstance(recipe.evidence, Retrieval):
        raise ValueError("three ways start from a retrieval")
    return (
        replace(recipe, evidence=None),
        replace(recipe, evidence=replace(recipe.evidence, reranker=None)),
        replace(recipe, evidence=replace(recipe.evidence, reranker=reranker)),
    )
