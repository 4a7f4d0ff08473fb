"""Papers looked for: words, filters and an order as widgets, what fits a page at a time, and boxes
to tick. The Library and every choice of papers ask with these.

`key` is what the keys of the widgets begin with; `chosen` is where the session keeps which papers
are ticked, a frozenset of ids that outlives a visit to another page.
"""

import math
from typing import Literal

import streamlit as st

from core import labels
from core.lab import Lab
from core.papers import PaperChoices, PaperRow
from core.types import UNKNOWN, PaperFilter, PaperSort

PER_PAGE = 50
MOST_TAGS = 200  # offered to choose from; others can be typed
LARGEST = 999_999_999  # as in the address
KINDS = {
    "pdf": "PDF",
    "text": "text",
    "markdown": "Markdown",
    "docx": "Word",
    "pptx": "PowerPoint",
    "html": "web page",
    "epub": "EPUB",
}
SORTS: dict[PaperSort, str] = {
    "added": "Order added",
    "title": "By title",
    "year": "Newest first",
    "pages": "Longest first",
}
ListName = Literal["kinds", "languages", "tags"]
NumberName = Literal["since", "until", "pages_from", "pages_to"]
LISTS: dict[ListName, str] = {"kinds": "Kind", "languages": "Language", "tags": "Tags"}
RANGES: dict[str, tuple[NumberName, NumberName]] = {
    "Year": ("since", "until"),
    "Pages": ("pages_from", "pages_to"),
}


def fill(key: str, wanted: PaperFilter) -> None:
    """The widgets say this, until a person changes them. Before they are drawn."""
    state = st.session_state
    state[f"{key}.text"] = wanted.text
    for name in LISTS:
        state[f"{key}.{name}"] = list(getattr(wanted, name))
    for ends in RANGES.values():
        for end in ends:
            state[f"{key}.{end}"] = getattr(wanted, end)


def draw(lab: Lab, key: str) -> PaperFilter:
    """Draw the widgets; returns the filter they say. A filter that could tell no papers apart is
    not shown, unless it is in force."""
    if f"{key}.text" not in st.session_state:
        fill(key, PaperFilter())
    wanted, choices = _asked(key), lab.papers.choices()
    st.text_input(
        "Words in titles and texts",
        key=f"{key}.text",
        placeholder="Search titles and texts",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    with st.container(
        key=f"paperfilters-{key}", horizontal=True, gap="xsmall", vertical_alignment="center"
    ):
        for name in LISTS:
            _some(key, name, choices, getattr(wanted, name))
        for label, ends in RANGES.items():
            has = choices.years if label == "Year" else choices.pages
            _between(key, label, ends, has, wanted)
        if wanted != PaperFilter():
            st.button(
                "Clear filters",
                icon=":material/close:",
                type="tertiary",
                key=f"{key}.clear",
                on_click=fill,
                args=(key, PaperFilter()),
            )
    return wanted


def _asked(key: str) -> PaperFilter:
    """What the widgets say, also those that are not drawn."""
    state = st.session_state
    lists = {name: tuple(state.get(f"{key}.{name}") or ()) for name in LISTS}
    return PaperFilter(
        text=(state.get(f"{key}.text") or "").strip(),
        kinds=lists["kinds"],
        languages=lists["languages"],
        tags=lists["tags"],
        since=state.get(f"{key}.since"),
        until=state.get(f"{key}.until"),
        pages_from=state.get(f"{key}.pages_from"),
        pages_to=state.get(f"{key}.pages_to"),
    )


def _some(key: str, name: ListName, choices: PaperChoices, chosen: tuple[str, ...]) -> None:
    """Names to choose among. Of many tags the commonest are offered; the others are typed."""
    papers: dict[str, int] = getattr(choices, name)
    if len(papers) < (1 if name == "tags" else 2) and not chosen:
        return
    label = LISTS[name]
    if chosen:
        label += f": {labels.shortened(', '.join(map(said, chosen)), 24)}"
    offered = list(dict.fromkeys([*list(papers)[:MOST_TAGS], *chosen]))
    with st.popover(labels.escaped(label), key=f"{key}.{name}.menu"):
        st.multiselect(
            LISTS[name],
            offered,
            format_func=lambda value: f"{said(value)} · {papers.get(value, 0):,}",
            placeholder="any",
            key=f"{key}.{name}",
            accept_new_options=len(papers) > MOST_TAGS,
        )


def said(value: str) -> str:
    """A kind, a language or a tag as people read it."""
    return "language unknown" if value == UNKNOWN else KINDS.get(value, value)


def _between(
    key: str,
    label: str,
    ends: tuple[NumberName, NumberName],
    has: tuple[int, int] | None,
    wanted: PaperFilter,
) -> None:
    """A smallest and a largest number, both inclusive."""
    least, most = (getattr(wanted, end) for end in ends)
    if (has is None or has[0] == has[1]) and least is None and most is None:
        return
    shown = label
    if least is not None or most is not None:
        shown += f": {'' if least is None else least}–{'' if most is None else most}"
    with st.popover(shown, key=f"{key}.{ends[0]}.menu"):
        if has:
            st.caption(f"{label} of the papers here: {has[0]} to {has[1]}.")
        for end, which in zip(ends, ("From", "To"), strict=True):
            st.number_input(which, 0, LARGEST, None, 1, key=f"{key}.{end}", placeholder="any")


def all_found(verb: str, count: int) -> str:
    """What takes all papers that were found."""
    return f"{verb} the one found" if count == 1 else f"{verb} all {count:,} found"


def heading(key: str, count: int, everything: int) -> None:
    """How many papers there are, or how many of them were found, and in which order."""
    papers = labels.counted(everything, "paper")
    with st.container(key=f"paperheading-{key}", horizontal=True, vertical_alignment="center"):
        said = papers if count == everything else f"{count:,} of {papers}"
        st.subheader(said, anchor=False, width="content")
        st.space("stretch")
        st.selectbox(
            "Order",
            list(SORTS),
            format_func=SORTS.__getitem__,
            key=f"{key}.sort",
            label_visibility="collapsed",
            width=150,
        )


def page(lab: Lab, key: str, wanted: PaperFilter, count: int) -> list[PaperRow]:
    """What is on the page of the `count` papers found that `pager` stands at: the first one,
    once something else is looked for."""
    state = st.session_state
    looked = (wanted, state[f"{key}.sort"])
    number = state.get(f"{key}.page", 1) if state.get(f"{key}.looked") == looked else 1
    state[f"{key}.looked"] = looked
    state[f"{key}.page"] = min(number, _pages(count))
    return lab.papers.page(*looked, (state[f"{key}.page"] - 1) * PER_PAGE, PER_PAGE)


def pager(key: str, count: int) -> None:
    if count > PER_PAGE:
        st.pagination(_pages(count), key=f"{key}.page", max_visible_pages=5)


def _pages(count: int) -> int:
    return max(1, math.ceil(count / PER_PAGE))


def tick(row: PaperRow, chosen: str, label: str, *, named: bool) -> None:
    """A box beside a paper; its label is read out, and shown if it is `named`."""
    key = f"{chosen}.tick.{row.id}"
    st.session_state[key] = row.id in st.session_state[chosen]
    st.checkbox(
        label,
        key=key,
        label_visibility="visible" if named else "collapsed",
        on_change=_toggle,
        args=(chosen, row.id),
    )


def _toggle(chosen: str, paper_id: str) -> None:
    st.session_state[chosen] ^= {paper_id}


def tick_all(lab: Lab, chosen: str, wanted: PaperFilter) -> None:
    """For a callback: tick all that fit, besides what is ticked already."""
    st.session_state[chosen] |= frozenset(lab.papers.ids(wanted))


def tick_none(chosen: str) -> None:
    """For a callback."""
    st.session_state[chosen] = frozenset()


def facts(row: PaperRow) -> str:
    """Authors, year and tags in one line; empty where none is known."""
    names = ", ".join(row.authors[:3]) + (" and others" if len(row.authors) > 3 else "")
    parts = [names, str(row.year or ""), ", ".join(row.tags)]
    return labels.escaped(" · ".join(filter(None, parts)))
