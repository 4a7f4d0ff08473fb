"""Evaluate: choose a setting with evidence, see what context does, compute a published table
again."""

import streamlit as st

from core.lab import Lab
from pages.ui.evaluate import contexts, form, published, result
from pages.ui.shared import frame

SETTINGS, CONTEXTS, PUBLISHED = "settings", "helped", "reproduce"  # as the address says it
VIEWS = {
    SETTINGS: "Compare settings",
    CONTEXTS: "Effect of context",
    PUBLISHED: "Benchmark",
}


def main(lab: Lab) -> None:
    view = chosen()
    wanted = st.query_params.get("evaluation")
    if view == CONTEXTS:
        contexts.draw(lab)
    elif view == PUBLISHED:
        published.draw(lab)
    elif wanted:
        result.draw(lab, wanted)
    else:
        form.draw(lab)


def chosen() -> str:
    """The view that the address names."""
    wanted = st.query_params.get("view", SETTINGS)
    st.session_state["evaluate.view"] = wanted if wanted in VIEWS else SETTINGS
    st.segmented_control(
        "Show",
        VIEWS,
        format_func=lambda view: VIEWS[view],
        required=True,
        label_visibility="collapsed",
        key="evaluate.view",
        on_change=go,
    )
    view: str = st.session_state["evaluate.view"]
    return view


def go() -> None:
    """Another view: the address leads to it alone."""
    st.query_params.from_dict({"view": st.session_state["evaluate.view"]})


with frame.page("Evaluate") as lab:
    main(lab)
