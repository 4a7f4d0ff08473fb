"""Widgets that several pages ask with: which papers, and how they are cut.

They are drawn where they are called. Their values outlive a visit to another page.
"""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core import chunkers, labels
from core.lab import Lab
from core.types import Chunking, PaperFilter
from pages.ui.shared import frame, paper_search

KEEP: Literal["session"] = "session"


def papers(lab: Lab, key: str, gold: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Ask which papers are searched: all, or those with `gold` where these are given, unless some
    are chosen. One that is no longer in the library is taken out."""
    here = lab.papers.ids(PaperFilter())
    chosen = st.session_state.get(key, frozenset())
    kept = tuple(paper_id for paper_id in here if paper_id in chosen)
    st.session_state[key] = frozenset(kept)
    all_papers = labels.counted(len(here), "paper")
    if kept:
        label = f"{len(kept):,} of {all_papers}"
    elif gold is None:
        label = f"All {all_papers}"
    else:
        label = f"The {labels.counted(len(gold), 'paper')} with gold passages, of {len(here):,}"
    if st.button(label, icon=":material/menu_book:", key=f"{key}.open"):
        _choose(key, "all papers" if gold is None else "the papers with gold passages")
    return kept or (here if gold is None else gold)


@st.dialog("Which papers are searched?", width="medium", on_dismiss="rerun")
@frame.bounded
def _choose(key: str, usual: str) -> None:
    """Look papers up and tick them; `usual` are searched where none is. The page behind is drawn
    again when this is closed."""
    lab, search = frame.open_lab(), f"{key}.search"
    wanted = paper_search.draw(lab, search)
    everything, count = lab.papers.count(PaperFilter()), lab.papers.count(wanted)
    paper_search.heading(search, count, everything)
    chosen = len(st.session_state[key])
    with st.container(horizontal=True, vertical_alignment="center", key="picker-said"):
        said = labels.counted(chosen, "paper") if chosen else usual
        st.markdown(f"Searched: **{said}**", width="content")
        if 0 < count < everything:
            st.button(
                paper_search.all_found("Choose", count),
                type="tertiary",
                key=f"{key}.all",
                on_click=paper_search.tick_all,
                args=(lab, key, wanted),
            )
        if chosen:
            st.button(
                f"Search {usual}",
                type="tertiary",
                key=f"{key}.none",
                on_click=paper_search.tick_none,
                args=(key,),
            )
        st.space("stretch")
        if st.button("Done", type="primary", key=f"{key}.done"):
            st.rerun()
    with st.container(key="picker-list", gap=None):
        for row in paper_search.page(lab, search, wanted, count):
            facts = paper_search.facts(row)
            title = labels.escaped(row.title)
            label = f"{title} :gray[· {facts}]" if facts else title
            paper_search.tick(row, key, label, named=True)
    paper_search.pager(search, count)
    st.page_link("pages/library.py", label="Add papers in the Library")


def paper(
    lab: Lab, label: str, key: str, *, placeholder: str | None = None, keep: bool = False
) -> str | None:
    """Ask for one paper; with a `placeholder` for one or none. Where there are many, words narrow
    down which ones are offered: None also where no paper fits. `keep`: the choice outlives a visit
    to another page."""
    everything, words = lab.papers.count(PaperFilter()), ""
    if everything > paper_search.PER_PAGE:
        words = st.text_input(
            f"{label}: search",
            key=f"{key}.words",
            placeholder=f"Search {everything:,} papers",
            icon=":material/search:",
            width=260,
            persist_state=KEEP if keep else None,
        )
    wanted = PaperFilter(text=(words or "").strip())
    titles = {
        row.id: row.title for row in lab.papers.page(wanted, "added", 0, paper_search.PER_PAGE)
    }
    chosen = st.session_state.get(key)
    if chosen and chosen not in titles:
        row = lab.papers.row(chosen)
        if row or placeholder:
            titles = {chosen: row.title if row else "a paper that is not here"} | titles
    if not titles:
        st.caption("No paper fits these words.")
        return None
    found: str | None = st.selectbox(
        label,
        list(titles),
        index=0 if placeholder is None else None,
        format_func=lambda paper_id: labels.shortened(titles[paper_id], 80),
        placeholder=placeholder,
        key=key,
        width=420,
        persist_state=KEEP if keep else None,
    )
    return found


def chosen_chunking(key: str) -> Chunking:
    """What `chunking` says under this key, without drawing it."""
    state = st.session_state
    chunker = state[f"{key}.chunker"]
    if chunkers.unit(chunker) == "page":
        return Chunking(chunker=chunker, size=0, overlap=0)
    return Chunking(chunker=chunker, size=state[f"{key}.size"], overlap=state[f"{key}.overlap"])


def chunking(
    key: str, by: str, size: str, *, above: Callable[[str], None] | None = None
) -> Chunking:
    """Ask how papers are cut; the session state holds a first value for each of the three.

    `by` and `size` are labels. `above` draws what stands above the size, given the chunker.
    """
    chunker = st.selectbox(
        by,
        chunkers.names(),
        key=f"{key}.chunker",
        on_change=_set_usual_size,
        args=(key,),
        persist_state=KEEP,
    )
    unit = chunkers.unit(chunker)
    if unit != "page":
        if above:
            above(chunker)
        st.number_input(f"{size} in {unit}s", step=100, key=f"{key}.size", persist_state=KEEP)
        st.number_input(f"Overlap in {unit}s", step=50, key=f"{key}.overlap", persist_state=KEEP)
    return chosen_chunking(key)


def set_size(key: str, size: int, overlap: int) -> None:
    """For a callback: another size and overlap."""
    st.session_state[f"{key}.size"], st.session_state[f"{key}.overlap"] = size, overlap


def _set_usual_size(key: str) -> None:
    set_size(key, *chunkers.usual(st.session_state[f"{key}.chunker"])[0])
