"""Compare: one question, answered side by side."""

import streamlit as st

from core import labels
from core.answering import RunningComparison
from core.lab import Lab
from core.types import Comparison, Question, Recipe, Retrieval, Whole
from pages.ui.classroom import teacher
from pages.ui.compare import asking, candidates, headline, panels, settings
from pages.ui.shared import frame, gold

POLL_SECONDS = 0.4  # how often the panels are redrawn while they stream
MOST_PANELS = 6
WHOLE = "Whole papers"  # the fourth panel, chosen like a chip


def main(lab: Lab) -> None:
    teaching = "class" in st.query_params
    if teaching and teacher.draw(lab):
        return
    wanted = st.query_params.get("run")
    live = lab.answering.live(wanted) if wanted else None
    comparison = None if live else shown(lab, wanted)
    if not teaching:
        adopt(lab, live or comparison)
        ask(lab, comparison)
    if viewed := live or comparison:
        stage(lab, viewed)
    if not teaching:
        honest = settings.small_model_sentence(lab, st.session_state["compare.generator"])
        if honest:
            with st.container(key="compare-small"):
                st.caption(honest)


def ask(lab: Lab, comparison: Comparison | None) -> None:
    """The question and its settings; above them the ways to other comparisons."""
    headline.headline(lab, comparison)
    asked, question = asking.line("compare", "Ask your papers a question", kept=True)
    with st.container(
        key="compare-settings", horizontal=True, vertical_alignment="center", gap="xsmall"
    ):
        recipe, paper_ids = settings.draw(lab)
        whole = st.pills(
            WHOLE,
            [WHOLE],
            selection_mode="multi",
            key="compare.whole",
            persist_state="session",
            label_visibility="collapsed",
            width="content",
        )
        if comparison and not any(run.imported for run in comparison.runs):
            more(lab, comparison, recipe, paper_ids)
    if asked:
        recipes = [*asking.three_recipes(recipe), *([asking.whole_recipe(recipe)] if whole else [])]
        asking.start(lab, question, recipes, paper_ids)


def shown(lab: Lab, wanted: str | None) -> Comparison | None:
    """The comparison of the address, or the recorded one of the first screen."""
    if wanted:
        return lab.comparisons.comparison(wanted)
    front = lab.comparisons.front()
    return lab.comparisons.comparison(front.id) if front else None


def adopt(lab: Lab, viewed: RunningComparison | Comparison | None) -> None:
    """Question and chips say what is on screen, until a person changes them. A recorded run's
    models are those of another machine: the next question goes to the best that are here."""
    if viewed is None or st.session_state.get("compare.viewed") == viewed.id:
        return
    st.session_state["compare.viewed"] = viewed.id
    st.session_state["compare.question"] = viewed.question
    if isinstance(viewed, Comparison) and any(run.imported for run in viewed.runs):
        return  # its settings have gaps
    parts = viewed.panels if isinstance(viewed, RunningComparison) else viewed.runs
    recipes = [part.recipe for part in parts]
    for recipe in recipes[-1:] + [each for each in recipes if isinstance(each.evidence, Retrieval)]:
        settings.restore(recipe)  # the last that searched says most
    whole = any(isinstance(recipe.evidence, Whole) for recipe in recipes)
    st.session_state["compare.whole"] = [WHOLE] if whole else []
    if isinstance(viewed, Comparison) and any(run.origin != "lab" for run in viewed.runs):
        settings.choose_best(lab)


def more(lab: Lab, comparison: Comparison, recipe: Recipe, paper_ids: tuple[str, ...]) -> None:
    """The question on screen, answered with the settings of the chips as well."""
    here = [run.recipe for run in comparison.runs]
    viewed = st.session_state["compare.viewed"]  # another comparison closes the menu
    with st.popover(
        "Variant", icon=":material/add:", type="tertiary", key=f"compare.more.{viewed}"
    ):
        st.caption("The question on screen once more, with the settings above, beside the panels.")
        for each in (*asking.three_recipes(recipe), asking.whole_recipe(recipe)):
            name = labels.FULL_ARM_NAMES[each.arm].capitalize()
            full = len(here) >= MOST_PANELS
            if st.button(name, key=f"compare.add.{each.arm}", disabled=full):
                papers = panels.searched(panels.of(comparison)) or paper_ids
                asking.start(lab, comparison.question, [*here, each], papers)


def stage(lab: Lab, viewed: RunningComparison | Comparison) -> None:
    """All there is to see of a comparison. While it is answered, and after, the panels keep their
    place among the page's elements: where that changes, the browser builds them anew, and what a
    person has scrolled to, or is just clicking, is gone."""
    asked = gold.known(lab, viewed.question)
    with st.container(key="stage"):
        if isinstance(viewed, RunningComparison) and not viewed.over:
            follow(viewed.id, asked)
            return
        parts = viewed.panels if isinstance(viewed, RunningComparison) else panels.of(viewed)
        with st.container():  # as a fragment has one around it
            with st.container():
                if isinstance(viewed, RunningComparison) and viewed.error:
                    frame.show(viewed.error)
            panels.draw(lab, viewed.question, parts, viewed.id, asked)
        candidates.draw(lab, parts, viewed.id, asked)


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def follow(live_id: str, asked: Question | None) -> None:
    """The panels while they are answered; the whole page is drawn again at the end."""
    lab = frame.open_lab()
    live = lab.answering.live(live_id)
    if live is None or live.over:
        st.rerun()
    assert live
    with st.container(horizontal=True, vertical_alignment="center", key="compare-progress"):
        if st.button("Stop", key="compare.stop", icon=":material/stop:"):
            live.stop()
        doing = live.doing
        said = labels.escaped(doing.sentence) if doing else "Answering …"
        st.caption(f"{said} · {live.seconds:.0f} s")
        if doing and doing.share is not None:
            st.progress(doing.share, width=240)
    panels.draw(lab, live.question, live.panels, live.id, asked, over=False)


with frame.page("Compare") as lab:
    main(lab)
