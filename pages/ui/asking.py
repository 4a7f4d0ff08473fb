"""Asking from any place on the page: the address then leads to what is being answered."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.errors import TriptychError
from core.lab import Lab
from core.types import Recipe, Retrieval, Run, Span, three_ways
from pages.ui import frame


def three_recipes(recipe: Recipe) -> tuple[Recipe, Recipe, Recipe]:
    """No context | retrieved | reranked, of the recipe that the chips say."""
    assert isinstance(recipe.evidence, Retrieval)
    return three_ways(recipe, recipe.evidence.reranker or "")


def start(lab: Lab, question: str, recipes: Sequence[Recipe], paper_ids: tuple[str, ...]) -> None:
    """Start answering and go there. What is refused is said, and the page stays as it is."""
    try:
        live = lab.bench.start(question, recipes, paper_ids, asker=frame.session())
    except TriptychError as error:
        frame.show(error)
    else:
        st.query_params["run"] = live.id
        st.rerun()


def with_switched_off(lab: Lab, run: Run, switched_off: tuple[Span, ...]) -> None:
    """Ask a retrieval's question again twice: with all its chunks, and without these."""
    assert isinstance(run.recipe.evidence, Retrieval)
    evidences = [replace(run.recipe.evidence, switched_off=off) for off in ((), switched_off)]
    recipes = [replace(run.recipe, evidence=evidence) for evidence in dict.fromkeys(evidences)]
    start(lab, run.question, recipes, run.paper_ids)
