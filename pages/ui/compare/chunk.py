"""One chunk: where it stands, what was read of it, its text with marks, its page."""

import streamlit as st

from core import labels
from core.lab import Lab
from core.metrics import instructions
from core.types import Hit, Retrieval, Run
from pages.ui.compare import asking
from pages.ui.library import page_image
from pages.ui.shared import gold
from pages.ui.shared.highlighted_text import doubtful, matched, matches, passage, unseen

LONGEST_QUOTE = 90  # characters


def card(lab: Lab, hit: Hit, question: str, spans: gold.Gold, key: str) -> None:
    """For a popover: scores, text with the question's words and gold, and the way to the page."""
    st.markdown(f"**{labels.escaped(hit.title)}**, {labels.pages_of(hit)}")
    st.caption(" · ".join(labels.standing(hit)) or "given by hand")
    _holds(spans, hit)
    for sentence in labels.unseen(hit):
        st.caption(f":material/visibility_off: {sentence[0].upper()}{sentence[1:]}.")
    if to_model := instructions(hit.passage.text):
        start, end = to_model[0]
        said = labels.escaped(labels.shortened(hit.passage.text[start:end], LONGEST_QUOTE))
        st.caption(
            f":material/campaign: This passage reads like an instruction to the model: “{said}”. It"
            " can change what the answer says, and nothing else."
        )
    passage_of(lab, hit, question, spans, key)
    span = hit.chunk.span
    st.page_link(
        "pages/cards.py",
        label="Make cards from it",
        icon=":material/style:",
        query_params={"span": f"{span.paper_id}:{span.start}-{span.end}"},
    )
    if st.button("Show the page", key=f"page-{key}", icon=":material/article:"):
        page_dialog(lab, hit, spans)


def _holds(spans: gold.Gold, hit: Hit) -> None:
    said = gold.said(spans, hit)
    if said:
        st.markdown(f":yellow-badge[gold] {said[0].upper()}{said[1:]}.")


def passage_of(lab: Lab, hit: Hit, question: str, spans: gold.Gold, key: str) -> None:
    """What is read of it, with the words of the question, its gold, what the embedder never saw,
    and what OCR may have misread marked; where that is more than was matched, what was."""
    with st.container(key=f"chunk-text-{key}"):
        text, span = hit.passage.text, hit.passage.span
        found = [*matches(text, question), *unseen(hit), *gold.marks(spans, hit), *matched(hit)]
        if hit.read:
            st.caption(f":material/select_all: {labels.read_of(hit)}")
        if hit.ocr and lab.papers.row(span.paper_id):
            paper = lab.papers.get(span.paper_id)
            found += doubtful(paper, span.start, span.end)
            said = labels.by_ocr(paper, span.start, span.end)
            st.caption(f":material/document_scanner: {said[0].upper()}{said[1:]}.")
        passage(f"passage-{key}", text, found)


def switch(lab: Lab, run: Run, hit: Hit, key: str) -> None:
    """Switch the chunk off, or on again, and ask once more. For retrievals alone."""
    if not isinstance(run.recipe.evidence, Retrieval) or run.imported:
        return
    if lab.papers.read_since([hit.chunk.paper_id]):  # it is cut in other places now
        return
    off = run.recipe.evidence.switched_off
    if hit.chunk.span in off:
        left = tuple(span for span in off if span != hit.chunk.span)
        if st.button("Switch it on again", key=f"on-{key}", icon=":material/toggle_on:"):
            asking.with_switched_off(lab, run, left)
    elif st.button("Ask again without it", key=f"off-{key}", icon=":material/toggle_off:"):
        asking.with_switched_off(lab, run, (*off, hit.chunk.span))


@st.dialog("The page", width="large")
def page_dialog(lab: Lab, hit: Hit, spans: gold.Gold) -> None:
    st.markdown(f"**{labels.escaped(hit.title)}**, {labels.pages_of(hit)}")
    st.caption(" · ".join(labels.standing(hit)) or "given by hand")
    _holds(spans, hit)
    if lab.papers.row(hit.chunk.paper_id) is None:
        since = lab.papers.read_since([hit.chunk.paper_id])
        what = "was read again since" if since else "is not in the library"
        st.info(f"This paper {what}; the chunk's text is kept with the run.")
        with st.container(key="chunk-text-alone"):
            st.text(hit.passage.text)
        return
    paper = lab.papers.get(hit.chunk.paper_id)
    if paper.kind != "pdf":
        _in_context(paper.text, hit, spans)
        return
    for page in hit.pages:
        page_image.place(lab, paper, page, hit.passage.span)


def _in_context(text: str, hit: Hit, spans: gold.Gold) -> None:
    """Text papers have no page image: the chunk stands between what surrounds it."""
    around, read = 400, hit.passage
    with st.container(key="chunk-text-context"):
        st.text("…" + text[max(0, read.start - around) : read.start])
        with st.container(border=True):
            marks = [*gold.marks(spans, hit), *matched(hit)]
            passage("chunk-in-context", read.text, marks)
        st.text(text[read.end : read.end + around] + "…")
