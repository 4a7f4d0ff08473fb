"""Asking from any place on the page: the address then leads to what is being answered."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.errors import TriptychError
from core.lab import Lab
from core.types import Recipe, Retrieval, Run, Span, Whole, three_ways
from pages.ui.shared import frame


def line(name: str, placeholder: str, *, kept: bool) -> tuple[bool, str]:
    """The question and its button, the hero of a page called `name`: whether it was pressed, and
    what stands in it. `kept`: it stands there still when a person comes back."""
    with (
        st.container(key=f"question-line-{name}"),
        st.form(f"{name}.form", border=False),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        question = st.text_input(
            "Question",
            key=f"{name}.question",
            label_visibility="collapsed",
            placeholder=placeholder,
            persist_state="session" if kept else None,
        )
        asked = st.form_submit_button("Ask live", type="primary", key=f"{name}.ask")
    return asked, question or ""


def no_papers() -> None:
    """Instead of a choice of papers: the way to some."""
    st.page_link(
        "pages/library.py", label="No papers yet: open the Library", icon=":material/menu_book:"
    )


def three_recipes(recipe: Recipe) -> tuple[Recipe, Recipe, Recipe]:
    """No context | retrieved | reranked, of the recipe that the chips say."""
    assert isinstance(recipe.evidence, Retrieval)
    return three_ways(recipe, recipe.evidence.reranker or "")


def whole_recipe(recipe: Recipe) -> Recipe:
    """All of the papers, of the recipe that the chips say."""
    return replace(recipe, evidence=Whole())


def start(lab: Lab, question: str, recipes: Sequence[Recipe], paper_ids: tuple[str, ...]) -> None:
    """Start answering and go there; papers that were read again since are searched as they are
    now. What is refused is said, and the page stays as it is."""
    since = lab.papers.read_since(paper_ids)
    paper_ids = tuple(since[each].id if each in since else each for each in paper_ids)
    try:
        live = lab.answering.start(question, recipes, paper_ids, asker=frame.session())
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
