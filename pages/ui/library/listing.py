"""The papers of the library: looked for, a page of them listed, some selected and then tagged or
removed together. What is looked for stands in the address, as `?papers=`."""

from collections.abc import Callable, Sequence

import streamlit as st

from core import labels
from core.lab import Lab
from core.papers import PaperRow, pages_sentence
from core.types import PaperFilter, filter_from_link, filter_to_link
from pages.ui.library import reading_again, removing
from pages.ui.shared import paper_search

KEY, SELECTED, SAID, TURN = "library.papers", "library.selected", "library.link", "library.tagging"


def draw(lab: Lab, everything: int, opened: PaperRow | None) -> PaperFilter:
    """The list beside the paper that is opened, if one is; returns what is looked for."""
    wanted = _wanted(lab)
    count = lab.papers.count(wanted) if wanted != PaperFilter() else everything
    paper_search.heading(KEY, count, everything)
    _selection(lab, wanted, count)
    rows = paper_search.page(lab, KEY, wanted, count)
    tried = lab.papers.ocr_pages(row.id for row in rows)
    with st.container(key="library-list", gap=None):
        for row in rows:
            _row(row, tried.get(row.id, ()), opened=opened is not None and row.id == opened.id)
    if not count:
        st.caption("No paper fits. Clear what is looked for, or change it.")
    paper_search.pager(KEY, count)
    return wanted


def _wanted(lab: Lab) -> PaperFilter:
    """What the address says, until a person changes it: then the address says that."""
    state, query = st.session_state, st.query_params
    if f"{KEY}.text" not in state or state.get(SAID) != query.get("papers", ""):
        paper_search.fill(KEY, filter_from_link(query.get("papers", "")))
    wanted = paper_search.draw(lab, KEY)
    state[SAID] = filter_to_link(wanted)
    if state[SAID]:
        query["papers"] = state[SAID]
    else:
        query.pop("papers", None)
    return wanted


def _selection(lab: Lab, wanted: PaperFilter, count: int) -> None:
    """How many are selected, and what can be done with them. One that is gone is none of them."""
    state = st.session_state
    if state.setdefault(SELECTED, frozenset()):
        state[SELECTED] &= frozenset(lab.papers.ids(PaperFilter()))
    selected: frozenset[str] = state[SELECTED]
    with st.container(
        key="library-selection", horizontal=True, gap="small", vertical_alignment="center"
    ):
        if selected:
            st.markdown(f"**{len(selected):,} selected**", width="content")
        if count:
            found = wanted != PaperFilter()
            label = paper_search.all_found("Select", count) if found else f"Select all {count:,}"
            _act(label, "all", lambda: paper_search.tick_all(lab, SELECTED, wanted))
        if selected:
            _act("Select none", "none", lambda: paper_search.tick_none(SELECTED))
            _tags(lab, selected)
            label = f"Read {len(selected):,} again"
            reading_again.button(lab, sorted(selected), label, "library.again")
            reading_again.ocr_button(lab, lab.papers.rows(sorted(selected)), "library.again.ocr")
            if st.button(
                f"Remove {len(selected):,}",
                icon=":material/delete:",
                type="tertiary",
                help=removing.WHAT_GOES,
                key="library.remove",
            ):
                removing.remove(lab, sorted(selected), labels.counted(len(selected), "paper"))


def _act(label: str, name: str, act: Callable[[], None]) -> None:
    st.button(label, type="tertiary", key=f"library.select.{name}", on_click=act)


def _tags(lab: Lab, selected: frozenset[str]) -> None:
    turn = st.session_state.setdefault(TURN, 0)
    with st.popover(
        "Tag", icon=":material/sell:", type="tertiary", key=f"library.tagging.{turn}.menu"
    ):
        tags = st.multiselect(
            f"Add to {labels.counted(len(selected), 'paper')}",
            list(lab.papers.choices().tags)[: paper_search.MOST_TAGS],
            key=f"library.tags.{turn}",
            placeholder="Choose or type",
            accept_new_options=True,
        )
        if st.button("Add tags", type="primary", key="library.tags.add", disabled=not tags):
            tagged = lab.papers.add_tags(selected, tags)
            st.toast(f"{labels.counted(tagged, 'paper')} tagged.")
            st.session_state[TURN] += 1  # closes the menu
            st.rerun()


def _row(row: PaperRow, tried: Sequence[int], *, opened: bool) -> None:
    title = labels.escaped(row.title)
    with st.container(key=f"{'opened' if opened else 'paper'}-{row.id[:12]}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall"):
            paper_search.tick(row, SELECTED, f"Select {title}", named=False)
            label = f"**{title}**" if opened else title
            key = f"library.open.{row.id}"
            if st.button(label, type="tertiary", key=key, width="stretch", wrap=True):
                st.query_params["paper"] = row.id
                st.query_params.pop("at", None)
                st.rerun()
        lines = (paper_search.facts(row), about(row), unread(row, tried))
        st.caption("  \n".join(filter(None, lines)))


def unread(row: PaperRow, tried: Sequence[int]) -> str:
    """Which pages have no text of their own, and of which OCR made one; `tried` are all those
    that it was asked for."""
    said = pages_sentence(row.blank_pages, tried)
    icon = ":material/visibility_off:" if row.blank_pages else reading_again.OCR_ICON
    return f"{icon} {said}" if said else ""


def about(row: PaperRow) -> str:
    """What kind of file it was, in one line."""
    return (
        f"{paper_search.KINDS[row.kind]} · {row.language or 'language unknown'}"
        f" · {labels.counted(row.pages, 'page')}"
        f" · {labels.counted(row.characters, 'character')} · {labels.escaped(row.source)}"
    )
