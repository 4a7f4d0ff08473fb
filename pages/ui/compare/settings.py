"""The settings of the next question, as a sentence of chips that open."""

from typing import Any

import streamlit as st

from core import choices, chunkers, labels
from core.choices import Axis
from core.lab import Lab
from core.types import (
    FAMILIES,
    RETRIEVERS,
    Chunking,
    Family,
    Generation,
    PaperFilter,
    Recipe,
    Retrieval,
)
from pages.ui.compare import asking, rarely
from pages.ui.shared import pickers

SIZES = ("Small", "Medium", "Large")
KEEP = "session"


def restore(recipe: Recipe) -> None:
    """Set the chips to what a comparison was asked with. Before any chip is drawn."""
    for name, value in _values(recipe).items():
        st.session_state[f"compare.{name}"] = value


def _values(recipe: Recipe) -> dict[str, object]:
    """What a recipe says of each chip; nothing of those it leaves open."""
    chunking, evidence, generation = recipe.chunking, recipe.evidence, recipe.generation
    values: dict[str, object] = {
        "chunker": chunking.chunker,
        "size": chunking.size,
        "overlap": chunking.overlap,
    }
    if isinstance(evidence, Retrieval):
        values |= {axis.name: getattr(evidence, axis.name) for axis in choices.RETRIEVAL}
        if evidence.reranker is None:
            del values["reranker"]
    if generation:
        values |= {axis.name: getattr(generation, axis.name) for axis in choices.GENERATION}
    return values


def choose_best(lab: Lab) -> None:
    """Set the models to the best that are here."""
    for family in FAMILIES:
        st.session_state[f"compare.{family}"] = lab.models.default(family)


def draw(lab: Lab) -> tuple[Recipe, tuple[str, ...]]:
    """Draw the chips; returns the recipe they say (its evidence is a reranked retrieval) and the
    papers to search."""
    # At the first visit, and for what the comparison on screen leaves open.
    best = {family: lab.models.default(family) for family in FAMILIES}
    for name, value in (_values(Recipe(evidence=Retrieval())) | best).items():
        st.session_state.setdefault(f"compare.{name}", value)
    chunking = _chunking()
    retrieval = _retrieval(lab)
    generation = _generation(lab)
    paper_ids = _papers(lab)
    chosen = rarely.draw(lab)
    recipe = Recipe(
        chunking=chunking,
        evidence=Retrieval(**retrieval, **_of(choices.RETRIEVAL, chosen)),
        generation=Generation(**generation, **_of(choices.GENERATION, chosen)),
    )
    return recipe, paper_ids


def _chunking() -> Chunking:
    with st.popover(labels.chunking(pickers.chosen_chunking("compare")), key="compare.chunking"):
        return pickers.chunking("compare", "Chunking method", "Chunk size", above=_usual_sizes)


def _usual_sizes(chunker: str) -> None:
    st.caption(f"Chunks have at most this many {chunkers.unit(chunker)}s and end with the page.")
    with st.container(horizontal=True, gap="xsmall"):
        for name, (size, overlap) in zip(SIZES, chunkers.usual(chunker), strict=True):
            st.button(
                f"{name} {size}/{overlap}",
                key=f"compare.{size}",
                on_click=pickers.set_size,
                args=("compare", size, overlap),
            )


def _of(axes: tuple[Axis, ...], chosen: dict[str, Any]) -> dict[str, Any]:
    return {axis.name: chosen[axis.name] for axis in axes if axis.name in chosen}


def _retrieval(lab: Lab) -> dict[str, Any]:
    state = st.session_state
    how = f"{state['compare.retriever']} · top {state['compare.top_k']}"
    label = f"{how} of {state['compare.candidates']} · reranked"
    with st.popover(labels.escaped(label), key="compare.retrieval"):
        st.caption(
            "The candidates are the chunks most similar to the question (dense), those that hold"
            " its rarest words (bm25), or the best of both lists (hybrid). “Retrieved” uses the"
            " first top-k of them; “reranked” uses the top-k after a cross-encoder has read each"
            " one together with the question."
        )
        return {
            "retriever": st.selectbox(
                "Retrieval method", RETRIEVERS, key="compare.retriever", persist_state=KEEP
            ),
            "top_k": st.number_input("Top-k", step=1, key="compare.top_k", persist_state=KEEP),
            "candidates": st.number_input(
                "Candidates", step=5, key="compare.candidates", persist_state=KEEP
            ),
            "embedder": _model(lab, "embedder"),
            "reranker": _model(lab, "reranker"),
        }


def _generation(lab: Lab) -> dict[str, Any]:
    state = st.session_state
    label = f"{state['compare.generator']} · {state['compare.max_tokens']} tokens"
    with st.popover(labels.escaped(label), key="compare.generation"):
        generator = _model(lab, "generator")
        honest = small_model_sentence(lab, generator)
        with st.container():  # always there: the number below must not move
            if honest:
                st.caption(honest)
        max_tokens = st.number_input(
            "Max output tokens", step=32, key="compare.max_tokens", persist_state=KEEP
        )
    return {"generator": generator, "max_tokens": max_tokens}


def _model(lab: Lab, family: Family) -> str:
    known = [model for model in lab.models.all() if model.family == family]
    name = st.selectbox(
        family.capitalize(),
        [model.name for model in known],
        key=f"compare.{family}",
        persist_state=KEEP,
    )
    for model in known:
        if model.name == name and not model.available:
            st.caption(f":red[Not here: {labels.escaped(model.reason)}]")
    return name


def small_model_sentence(lab: Lab, generator: str) -> str:
    """What a small model's answers are good for; empty for others."""
    for model in lab.models.all():
        if model.name == generator and model.parameters.endswith("million"):
            return (
                f"{generator} has {model.parameters} parameters: it shows what context changes,"
                " not what a good model knows."
            )
    return ""


def _papers(lab: Lab) -> tuple[str, ...]:
    if not lab.papers.count(PaperFilter()):
        asking.no_papers()
        return ()
    return pickers.papers(lab, "compare.papers")
