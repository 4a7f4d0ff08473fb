"""The line above the question: what is on screen, and the ways to other comparisons."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.history import exports
from core.lab import Lab
from core.types import Comparison, Retrieval, View, to_link
from pages.ui.classroom import teacher
from pages.ui.compare import projector
from pages.ui.shared import script

EXPORTS = {"Markdown": "md", "JSON": "json", "HTML": "html"}


def headline(lab: Lab, comparison: Comparison | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="compare-headline"):
        sweep_id = st.query_params.get("sweep")
        if sweep_id:  # a square of its map was clicked
            st.page_link(
                "pages/sweep.py",
                label="The sweep",
                icon=":material/arrow_back:",
                query_params={"sweep": sweep_id},
            )
        st.markdown("Same question, same model. **What changes?**")
        if comparison and comparison.runs and comparison.runs[0].origin == "recorded":
            run = comparison.runs[0]
            model = run.recipe.generation.generator if run.recipe.generation else ""
            st.badge(
                labels.escaped(f"recorded with {model} on {run.at[:10]}"),
                icon=":material/history:",
                color="gray",
            )
        st.space("stretch")
        recorded = [(kept.id, kept.question, "") for kept in lab.comparisons.recorded()]
        asked = [(row.id, row.question, f" · {row.at[:10]}") for row in lab.comparisons.history()]
        links("Examples", recorded, "No recorded runs are shipped with this copy.")
        links("History", asked, "Nothing asked yet. Ask, and it is kept here.")
        teacher.entry(lab, comparison)
        if comparison:
            st.page_link("pages/cards.py", label="Make cards", query_params={"run": comparison.id})
            its = to_link(View(question=comparison.question))
            st.page_link(
                "pages/runs.py", label="Grade", query_params={"view": its, "show": "grade"}
            )
            download(lab, comparison)
        projector.switch()


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
            label = labels.escaped(labels.shortened(question, 80) + when)
            if st.button(label, type="tertiary", key=f"{key}.{comparison_id}"):
                st.query_params["run"] = comparison_id
                st.rerun()


def download(lab: Lab, comparison: Comparison) -> None:
    """The comparison as a file. The address of the page is its link."""
    with st.popover("Export", type="tertiary", key="compare.export"):
        st.caption("Question, answers, chunks with their scores, settings and exact messages.")
        for name, suffix in EXPORTS.items():
            st.download_button(
                name,
                exports.FORMATS[suffix](comparison),
                f"triptych-{comparison.id}.{suffix}",
                key=f"compare.export.{suffix}",
                on_click="ignore",
            )
        found = [
            run.recipe for run in comparison.runs if isinstance(run.recipe.evidence, Retrieval)
        ]
        if found:
            st.caption("How the last panel with retrieval finds its chunks:")
            script.download(lab, found[-1], f"triptych-{comparison.id}", "compare.export.script")
