"""Compare: one question, answered side by side."""

from collections.abc import Sequence

import streamlit as st

from core.errors import TriptychError
from core.lab import Lab
from core.lab.live import Live
from core.types import Comparison, Recipe, Retrieval, three_ways
from pages.ui import chips, frame, panels, words

POLL_SECONDS = 0.4  # how often the panels are redrawn while they stream


def main(lab: Lab) -> None:
    wanted = st.query_params.get("run")
    live = lab.bench.live(wanted) if wanted else None
    comparison = None if live else shown(lab, wanted)
    adopt(live or comparison)
    headline(lab, comparison)
    asked, question = hero()
    recipe, paper_ids = chips.draw(lab)
    if asked:
        ask(lab, question, recipe, paper_ids)
    if live and not live.over:
        follow(live.id)
    elif live:
        kept(lab, live)
    elif comparison:
        panels.draw(lab, panels.of(comparison), comparison.id)
        panels.candidates_table(panels.of(comparison))
    honest = chips.small_model_sentence(lab, st.session_state["compare.generator"])
    if honest:
        st.caption(honest)


def ask(lab: Lab, question: str, recipe: Recipe, paper_ids: tuple[str, ...]) -> None:
    """Start answering and go there. What is refused is said, and the panels stay on screen."""
    assert isinstance(recipe.evidence, Retrieval)
    try:
        recipes = three_ways(recipe, recipe.evidence.reranker or "")
        st.query_params["run"] = lab.bench.start(question, recipes, paper_ids).id
    except TriptychError as error:
        frame.show(error)
    else:
        st.rerun()


def shown(lab: Lab, wanted: str | None) -> Comparison | None:
    """The comparison of the address, or the recorded one of the first screen."""
    if wanted:
        return lab.runs.comparison(wanted)
    recorded = lab.runs.recorded()
    return recorded[0] if recorded else None


def adopt(viewed: Live | Comparison | None) -> None:
    """Question and chips say what is on screen, until a person changes them."""
    if viewed is None or st.session_state.get("compare.viewed") == viewed.id:
        return
    st.session_state["compare.viewed"] = viewed.id
    st.session_state["compare.question"] = viewed.question
    recipes = [part.recipe for part in (viewed.panels if isinstance(viewed, Live) else viewed.runs)]
    if recipes:
        chips.restore(recipes[-1])


def headline(lab: Lab, comparison: Comparison | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="compare-headline"):
        st.markdown("Same question, same model. **What changes?**")
        if comparison and comparison.runs and comparison.runs[0].origin == "recorded":
            run = comparison.runs[0]
            model = run.recipe.generation.generator if run.recipe.generation else ""
            st.badge(
                f"recorded with {model} on {run.at[:10]}, {words.escaped(run.engine)}",
                icon=":material/history:",
                color="gray",
            )
        st.space("stretch")
        recorded = [(kept.id, kept.question, "") for kept in lab.runs.recorded()]
        asked = [(row.id, row.question, f" · {row.at[:10]}") for row in lab.runs.history()]
        links("Recorded", recorded, "No recorded runs are shipped with this copy.")
        links("History", asked, "Nothing asked yet. Ask, and it is kept here.")


def links(name: str, entries: Sequence[tuple[str, str, str]], empty: str) -> None:
    """A menu of comparisons. Its key holds what is viewed, so that it closes when one is chosen.

    Buttons, because a page link to the page it stands on leaves the address as it was.
    """
    key = f"compare.{name.lower()}"
    viewed = st.session_state.get("compare.viewed")
    with st.popover(name, type="tertiary", key=f"{key}.menu.{viewed}"):
        if not entries:
            st.caption(empty)
        for comparison_id, question, when in entries:
            label = words.escaped(words.shortened(question, 80) + when)
            if st.button(label, type="tertiary", key=f"{key}.{comparison_id}"):
                st.query_params["run"] = comparison_id
                st.rerun()


def hero() -> tuple[bool, str]:
    with (
        st.container(key="compare-hero"),
        st.form("compare.form", border=False),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        question = st.text_input(
            "Question",
            key="compare.question",
            label_visibility="collapsed",
            placeholder="Ask your papers a question",
            persist_state="session",
        )
        asked = st.form_submit_button("Ask live", type="primary", key="compare.ask")
    return asked, question or ""


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def follow(live_id: str) -> None:
    """The panels while they are answered; the whole page is drawn again at the end."""
    lab = frame.open_lab()
    live = lab.bench.live(live_id)
    if live is None or live.over:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="compare-progress"):
        if st.button("Stop", key="compare.stop", icon=":material/stop:"):
            live.stop()
        doing = live.doing
        said = words.escaped(doing.sentence) if doing else "Answering …"
        st.caption(f"{said} · {live.seconds:.0f} s")
        if doing and doing.share is not None:
            st.progress(doing.share, width=240)
    panels.draw(lab, live.panels, live.id, over=False)


def kept(lab: Lab, live: Live) -> None:
    """A comparison that has just ended: well, stopped or failed."""
    if live.error:
        frame.show(live.error)
    panels.draw(lab, live.panels, live.id)
    panels.candidates_table(live.panels)


with frame.page("Compare") as lab:
    main(lab)
