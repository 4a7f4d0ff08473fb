"""Which past runs are looked at: filters that write themselves into the address, as one link."""

from dataclasses import replace
from datetime import date

import streamlit as st

from core import labels
from core.history import GRID_ID
from core.lab import Lab
from core.types import CHOICES, Choice, View, from_link, to_link
from pages.ui.shared import pickers

NAMES: dict[Choice, str] = {
    "origin": "From",
    "arm": "Mode",
    "generator": "Answer model",
    "reranker": "Reranker",
    "size": "Chunk size",
    "top_k": "Top-k",
    "candidates": "Candidates",
    "finish": "Finish reason",
    "chunker": "Chunking method",
    "overlap": "Overlap",
    "retriever": "Retrieval method",
    "embedder": "Embedder",
    "index": "Index",
}
FIRST: tuple[Choice, ...] = ("origin", "arm", "size", "top_k", "reranker", "generator", "finish")
RECORDED = View(sweep=GRID_ID)
ANY = "all"  # in the address: no filter at all
SAID = {
    "no_context": labels.ARM_NAMES["no_context"],
    "lab": "this lab",
    "recorded": "recorded with the samples",
    **labels.FINISH_REASONS,
}


def draw(lab: Lab) -> View:
    """Draw the filters; returns the view they say, which is also that of the address."""
    adopt()
    asked = _asked()
    counts = lab.runs.values(asked)
    with st.container(
        key="runs-filters", horizontal=True, gap="xsmall", vertical_alignment="bottom"
    ):
        st.text_input(
            "Words in questions and answers",
            key="runs.text",
            placeholder="Search questions and answers",
            label_visibility="collapsed",
            width=300,
        )
        _sweep(lab)
        for choice in FIRST:
            _choice(choice, counts[choice], asked.values(choice))
        with st.popover("More", key="runs.more"):
            for choice in CHOICES:
                if choice not in FIRST:
                    _values(choice, counts[choice], asked.values(choice))
            _question(lab, asked)
            pickers.paper(lab, "Drew on", "runs.paper", placeholder="any paper")
            st.date_input("From day", value=None, key="runs.since")
            st.date_input("To day", value=None, key="runs.until")
        if st.button("Show all runs", type="tertiary", key="runs.all", disabled=asked == View()):
            st.query_params["view"] = ANY
            st.rerun()
    if asked != _addressed():
        st.query_params["view"] = to_link(asked) or ANY
    st.session_state["runs.viewed"] = st.query_params.get("view", "")
    return asked


def adopt() -> None:
    """The filters say what the address says, until a person changes them. Those of a page that
    was left are forgotten with their widgets, and begin anew."""
    state = st.session_state
    if "runs.text" in state and state.get("runs.viewed") == st.query_params.get("view", ""):
        return
    view = _addressed()
    state["runs.text"], state["runs.question"] = view.text, view.question or None
    state["runs.paper"], state["runs.sweep"] = view.paper or None, view.sweep or None
    state["runs.since"] = date.fromisoformat(view.since) if view.since else None
    state["runs.until"] = date.fromisoformat(view.until) if view.until else None
    for choice in CHOICES:
        state[f"runs.{choice}"] = list(view.values(choice))


def _addressed() -> View:
    link = st.query_params.get("view")
    if link is None:
        return RECORDED
    return View() if link == ANY else from_link(link)


def _asked() -> View:
    """What the widgets say, also those that are not drawn yet."""
    state = st.session_state
    view = View(
        text=(state.get("runs.text") or "").strip(),
        question=state.get("runs.question") or "",
        paper=state.get("runs.paper") or "",
        sweep=state.get("runs.sweep") or "",
        since=state["runs.since"].isoformat() if state.get("runs.since") else "",
        until=state["runs.until"].isoformat() if state.get("runs.until") else "",
    )
    for choice in CHOICES:
        view = view.choosing(choice, tuple(state.get(f"runs.{choice}") or ()))
    return view


def _choice(choice: Choice, counts: list[tuple[str, int]], chosen: tuple[str, ...]) -> None:
    label = NAMES[choice]
    if chosen:
        label += f": {labels.shortened(', '.join(said(value) for value in chosen), 28)}"
    with st.popover(labels.escaped(label), key=f"runs.{choice}.menu"):
        _values(choice, counts, chosen)


def _values(choice: Choice, counts: list[tuple[str, int]], chosen: tuple[str, ...]) -> None:
    """A value that is chosen and does not occur any more can still be taken away."""
    runs = dict(counts)
    values = [*runs, *(value for value in chosen if value not in runs)]
    st.multiselect(
        NAMES[choice],
        values,
        format_func=lambda value: f"{said(value)} · {runs.get(value, 0):,}",
        placeholder="any",
        key=f"runs.{choice}",
    )


def said(value: str) -> str:
    """A value of a setting as people read it."""
    return SAID.get(value, value.removeprefix("import:"))


def _sweep(lab: Lab) -> None:
    names = {row.id: f"{row.name} · {row.at[:10]}" for row in lab.runs.sweeps()}
    chosen = st.session_state.get("runs.sweep")
    ids = [*names, *([chosen] if chosen and chosen not in names else [])]
    label = f"Sweep: {labels.shortened(names.get(chosen, 'not here'), 28)}" if chosen else "Sweep"
    with st.popover(labels.escaped(label), key="runs.sweep.menu"):
        st.selectbox(
            "Sweep",
            ids,
            index=None,
            format_func=lambda sweep_id: names.get(sweep_id, "a sweep that is not here"),
            placeholder="any, and what belongs to none",
            key="runs.sweep",
        )


def _question(lab: Lab, asked: View) -> None:
    # Whatever words are searched for: counting questions anew for each search takes longer than it.
    found = [question for question, _ in lab.runs.questions(replace(asked, text="", question=""))]
    if asked.question and asked.question not in found:
        found.append(asked.question)
    st.selectbox("Question", found, index=None, placeholder="any", key="runs.question")
