"""The settings of the next question, as a sentence of chips that open."""

from typing import get_args

import streamlit as st

from core import chunkers, labels
from core.lab import Lab
from core.retrieval import INDEXES, RETRIEVERS
from core.types import (
    FAMILIES,
    Chunking,
    Family,
    Generation,
    PaperFilter,
    PassageOrder,
    Recipe,
    Retrieval,
    Style,
)
from pages.ui.compare import asking
from pages.ui.shared import pickers

STYLES = {"chat": "chat: with the model's chat template", "completion": "completion: without it"}
SIZES = ("Small", "Medium", "Large")
KEEP = "session"
OF_ANSWER = (
    "generator", "max_tokens", "temperature", "top_p", "top_tokens", "seed", "style", "passages",
)  # fmt: skip


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
        names = ("retriever", "candidates", "top_k", "embedder", "index")
        values |= {name: getattr(evidence, name) for name in names}
        if evidence.reranker:
            values["reranker"] = evidence.reranker
    if generation:
        values |= {name: getattr(generation, name) for name in OF_ANSWER}
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
    return Recipe(chunking=chunking, evidence=retrieval, generation=generation), paper_ids


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


def _retrieval(lab: Lab) -> Retrieval:
    state = st.session_state
    how = f"{state['compare.retriever']} · top {state['compare.top_k']}"
    label = f"{how} of {state['compare.candidates']} · reranked"
    if state["compare.index"] != Retrieval().index:
        label += f" · {state['compare.index']}"
    with st.popover(labels.escaped(label), key="compare.retrieval"):
        st.caption(
            "The candidates are the chunks most similar to the question (dense), those that hold"
            " its rarest words (bm25), or the best of both lists (hybrid). “Retrieved” uses the"
            " first top-k of them; “reranked” uses the top-k after a cross-encoder has read each"
            " one together with the question."
        )
        retriever = st.selectbox(
            "Retrieval method", RETRIEVERS, key="compare.retriever", persist_state=KEEP
        )
        top_k = st.number_input("Top-k", step=1, key="compare.top_k", persist_state=KEEP)
        candidates = st.number_input(
            "Candidates", step=5, key="compare.candidates", persist_state=KEEP
        )
        embedder = _model(lab, "embedder")
        index = st.selectbox(
            "Index",
            INDEXES,
            key="compare.index",
            persist_state=KEEP,
            help=labels.INDEX_HELP,
        )
        reranker = _model(lab, "reranker")
    return Retrieval(
        retriever=retriever,
        embedder=embedder,
        index=index,
        candidates=candidates,
        top_k=top_k,
        reranker=reranker,
    )


def _generation(lab: Lab) -> Generation:
    state = st.session_state
    label = f"{state['compare.generator']} · at most {state['compare.max_tokens']} tokens"
    if state["compare.style"] != Generation().style:
        label += f" · {state['compare.style']}"
    with st.popover(labels.escaped(label), key="compare.generation"):
        generator = _model(lab, "generator")
        honest = small_model_sentence(lab, generator)
        if honest:
            st.caption(honest)
        max_tokens = st.number_input(
            "Max output tokens", step=32, key="compare.max_tokens", persist_state=KEEP
        )
        temperature = st.number_input(
            "Temperature (0: the likeliest word, always)",
            step=0.1,
            key="compare.temperature",
            persist_state=KEEP,
        )
        top_p, top_tokens = _drawn_from() if temperature > 0 else (1.0, 0)
        seed = st.number_input("Seed", step=1, key="compare.seed", persist_state=KEEP)
        style: Style = st.selectbox(
            "Style",
            list(STYLES),
            format_func=STYLES.__getitem__,
            key="compare.style",
            persist_state=KEEP,
            help="A chat model is trained on conversations. Without its template it only goes on"
            " with the text: ask both ways and see what the template does.",
        )
        passages: PassageOrder = st.selectbox(
            "Passage order",
            list(get_args(PassageOrder)),
            key="compare.passages",
            persist_state=KEEP,
            help="Small models lean on what they read last, next to the question. With the best"
            " first, a sweep reads together what prompts of 3 and of 5 passages begin with.",
        )
    return Generation(
        generator=generator,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        top_tokens=top_tokens,
        seed=seed,
        style=style,
        passages=passages,
    )


def _drawn_from() -> tuple[float, int]:
    top_p = st.number_input(
        "Top-p (1: all words)", step=0.05, key="compare.top_p", persist_state=KEEP
    )
    top_tokens = st.number_input(
        "Top tokens (0: all)",
        step=10,
        key="compare.top_tokens",
        persist_state=KEEP,
        help="A word is drawn from so many of the likeliest tokens; servers call this top-k.",
    )
    return top_p, top_tokens


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
