"""One paper, opened: its pages beside its text, its notes with their formulas, searched within."""

import re
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import labels
from core.lab import Lab
from core.papers import PaperRow, TextMatch
from core.types import Paper, Span
from pages.ui.library import chunk_ruler, facts, finding, gold_editor, markdown, page_image

LIST = "library.list"  # whether the list of papers stands beside one that is read
READ, TEXT, CHUNKS = "Read", "Text that is searched", "Chunks"
PAGED = ("pdf", "pptx")
LISTED = 100  # matches shown at once
PLACE = re.compile(r"(\d{1,12})-(\d{1,12})")  # as in the address


def draw(lab: Lab, row: PaperRow) -> None:
    paper = lab.papers.get(row.id)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.subheader(labels.escaped(row.title), anchor=False)
        st.space("stretch")
        st.toggle("List", key=LIST, help="Show the list of papers beside this one.")
        if st.button("Close", key="library.close", type="tertiary", icon=":material/close:"):
            for name in ("paper", "at"):
                st.query_params.pop(name, None)
            st.rerun()
    facts.draw(lab, row)
    if lost := paper.text.count("\ufffd"):
        could = labels.counted(lost, "character")
        st.caption(f":material/visibility_off: {could} could not be read; \ufffd stands there")
    found = _search(lab, paper, row)
    parts = _parts(paper)
    key = f"library.page.{row.id}"
    place = _place(paper)
    if place and st.session_state.get("library.arrived") != place:
        st.session_state["library.arrived"] = place
        _turn(paper, parts, place.start)
    st.session_state.setdefault(f"library.view.{paper.kind}", READ)
    with st.container(horizontal=True, vertical_alignment="center", key="library-bar"):
        view = st.segmented_control(
            "View",
            (READ, TEXT, CHUNKS) if paper.is_markdown else (READ, CHUNKS),
            required=True,
            key=f"library.view.{paper.kind}",
            label_visibility="collapsed",
        )
        st.space("stretch")
        number = _pick(paper, parts, key)
    part = parts[number - 1]
    start, end = part.start, part.end
    wanted = [(each.start, each.end) for each in found]
    if place and not found:
        wanted = [(place.start, place.end)]
    marks = [
        (max(a, start) - start, min(b, end) - start) for a, b in wanted if a < end and start < b
    ]
    if view == CHUNKS:
        chunk_ruler.draw(lab, paper, start, end, _called(paper, number))
    elif paper.kind == "pdf":
        spans = [span for span in wanted if number in paper.pages_of(*span)]
        _page(lab, paper, parts, number, marks, spans)
    elif view == READ and paper.is_markdown:
        with st.container(key="note"):
            st.markdown(markdown.rendered(paper.text[start:end]), anchors=False)
    else:
        turn = partial(_turn, paper, parts)
        gold_editor.draw(paper, start, end, marks, turn, beside=True)


def _parts(paper: Paper) -> list[markdown.Part]:
    """What is shown at once: a page, a slide, or some sections of a text."""
    if paper.kind in PAGED:
        spans = map(paper.page_span, range(1, paper.pages + 1))
        return [markdown.Part(title="", start=start, end=end) for start, end in spans]
    return markdown.parts(paper.text)


def _place(paper: Paper) -> Span | None:
    """The place in the text that the address names (`?at=120-180`), if it lies in this paper."""
    numbers = PLACE.fullmatch(st.query_params.get("at", ""))
    if numbers is None:
        return None
    start, end = int(numbers[1]), int(numbers[2])
    if not start < end <= len(paper.text):
        st.info("The place that this link names does not lie in this paper.")
        return None
    return Span(paper_id=paper.id, start=start, end=end)


def _called(paper: Paper, number: int) -> str:
    return f"{'page' if paper.kind in PAGED else 'part'} {number}"


def _pick(paper: Paper, parts: Sequence[markdown.Part], key: str) -> int:
    """Which page or part is shown, from 1."""
    if len(parts) == 1:
        return 1
    if paper.kind in PAGED:
        page: int = st.number_input(
            "Page", 1, len(parts), key=key, width=130, label_visibility="collapsed"
        )
        st.caption(f"of {len(parts):,}", width="content")
        return page

    def called(number: int) -> str:
        title = labels.shortened(parts[number - 1].title, 60)
        return f"{number} of {len(parts)}" + (f" · {title}" if title else "")

    numbers = range(1, len(parts) + 1)
    return st.selectbox(
        "Part", numbers, format_func=called, key=key, width=340, label_visibility="collapsed"
    )


def _page(
    lab: Lab,
    paper: Paper,
    parts: Sequence[markdown.Part],
    page: int,
    marks: Sequence[tuple[int, int]],
    spans: Sequence[tuple[int, int]],
) -> None:
    """The image of a page with `spans` of the paper on it, beside its text with its `marks`."""
    start, end = paper.page_span(page)
    found = [Span(paper_id=paper.id, start=a, end=b) for a, b in spans]
    image, text = st.columns(2, gap="medium")
    with image:
        page_image.whole(lab, paper, page, (*found, *gold_editor.chosen(lab, paper)))
    with text:
        said = f"{TEXT}, {labels.counted(len(paper.text[start:end].strip()), 'character')}"
        if paper.is_ocr(start, end):
            said += f" · {labels.by_ocr(paper, start, end)}"
        st.caption(said)
        gold_editor.draw(paper, start, end, marks, partial(_turn, paper, parts), beside=False)
        margins = paper.text[slice(*paper.margin_span(page))].split("\n")
        if said := " · ".join(labels.escaped(line) for line in margins if line):
            st.caption(f"In the margin, searched but in no chunk: {said}")


def _search(lab: Lab, paper: Paper, row: PaperRow) -> list[TextMatch]:
    """The search field, and the matches as a list that leads to their pages. The list has its
    place also where it is empty: else all that follows moves by one, and is built anew."""
    with st.container(horizontal=True, vertical_alignment="center"):
        phrase = st.text_input(
            "Search in this paper",
            key=f"library.find.{paper.id}",
            placeholder="Search in this paper",
            label_visibility="collapsed",
            icon=":material/search:",
        )
        finding.button(row)
    with st.container():
        return _matches(lab, paper, phrase) if phrase and phrase.strip() else []


def _matches(lab: Lab, paper: Paper, phrase: str) -> list[TextMatch]:
    found = lab.papers.find(paper, phrase)
    if not found:
        st.caption(f"“{labels.escaped(phrase)}” does not stand in its text.")
        return []
    said = labels.counted(len(found), "match", "matches")
    if len(found) > LISTED:
        said += f"; the first {LISTED} are listed, all are marked"
    st.caption(f"{said}.")
    parts = _parts(paper)
    with st.container(key="library-matches", height=190 if len(found) > 3 else "content", gap=None):
        for each in found[:LISTED]:
            place = _called(paper, _part_of(paper, parts, each.start)).replace("page", "p.")
            label = f"{place} · {_in_bold(each)}"
            st.button(
                label,
                type="tertiary",
                key=f"library.match.{paper.id}.{each.start}",
                on_click=_turn,
                args=(paper, parts, each.start),
            )
    return found


def _in_bold(found: TextMatch) -> str:
    """The match within its surroundings, as Markdown."""
    before, after = labels.escaped(found.before), labels.escaped(found.after)
    behind = " " if found.before[-1:].isspace() else ""
    ahead = " " if found.after[:1].isspace() else ""
    return f"{before}{behind}**{labels.escaped(found.words)}**{ahead}{after}"


def _part_of(paper: Paper, parts: Sequence[markdown.Part], place: int) -> int:
    """The number, from 1, of the page or part that holds a place; empty pages hold none."""
    if paper.kind in PAGED:
        return paper.pages_of(place, place + 1)[0]
    return next(number for number, part in enumerate(parts, 1) if place < part.end)


def _turn(paper: Paper, parts: Sequence[markdown.Part], place: int) -> None:
    """Turn to the page or part of a match or of gold, which is then scrolled to."""
    st.session_state[f"library.page.{paper.id}"] = _part_of(paper, parts, place)
    st.session_state[f"library.match.{paper.id}"] = place
    view = TEXT if paper.is_markdown else READ
    st.session_state[f"library.view.{paper.kind}"] = view
