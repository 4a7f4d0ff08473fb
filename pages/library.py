"""Library: papers in, papers read, papers out."""

import streamlit as st

from core.lab import Lab
from core.lab.papers import blank_pages_sentence
from core.settings import SAMPLES
from core.store import PaperRow
from pages.ui import frame, words

KINDS = {"pdf": "PDF", "text": "text", "markdown": "Markdown"}


def main(lab: Lab) -> None:
    upload(lab)
    refused(lab)
    rows = lab.papers.all()
    if not rows:
        st.info("No papers yet. Drop some above, or start with the sample corpus.")
        if st.button("Add the sample corpus", type="primary", key="library.samples"):
            for path in sorted((SAMPLES / "papers").iterdir()):
                lab.papers.add(path)
            st.rerun()
        return
    wanted = st.query_params.get("paper")
    listed, read = st.columns([5, 6], gap="large")
    with listed:
        st.markdown(f"#### {words.counted(len(rows), 'paper')}")
        for row in rows:
            listing(lab, row, opened=row.id == wanted)
    with read:
        opened = next((row for row in rows if row.id == wanted), None)
        if opened:
            reader(lab, opened)
        elif wanted:
            st.info("That paper is not in the library (any more).")


def upload(lab: Lab) -> None:
    """Files are written to disk at once and the uploader is emptied."""
    state = st.session_state
    turn = state.setdefault("library.turn", 0)
    files = st.file_uploader(
        "Add papers: PDF, TXT or Markdown",
        type=["pdf", "txt", "md", "markdown"],
        accept_multiple_files=True,
        key=f"library.upload.{turn}",
    )
    if files:
        with st.status(f"Reading {words.counted(len(files), 'file')} …") as status:
            results = []
            for number, file in enumerate(files, 1):
                status.update(label=f"Reading {number} of {len(files)}: {words.escaped(file.name)}")
                results.append(lab.papers.upload(file.name, file))
        state["library.results"] = results
        state["library.turn"] = turn + 1
        st.rerun()
    for added in state.get("library.results", []):
        if added.status == "failed":
            continue  # these stay listed below, until they are dismissed
        about = f" · {words.escaped(added.reason)}" if added.reason else ""
        title = words.escaped(added.paper.title)
        icon = ":material/check:" if added.status == "added" else ":material/info:"
        st.markdown(f"{icon} {words.escaped(added.file)}: {added.status}, **{title}**{about}")


def refused(lab: Lab) -> None:
    for number, refusal in enumerate(lab.papers.refusals()):
        with st.container(horizontal=True, vertical_alignment="center", key=f"refused-{number}"):
            st.markdown(f":red[:material/error:] {words.escaped(refusal.reason)}")
            if st.button("Dismiss", type="tertiary", key=f"library.dismiss.{number}"):
                lab.papers.dismiss(refusal.name)
                st.rerun()


def listing(lab: Lab, row: PaperRow, *, opened: bool) -> None:
    with st.container(key=f"{'opened' if opened else 'paper'}-{row.id[:12]}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            title = words.escaped(row.title)
            key = f"library.open.{row.id}"
            if st.button(f"**{title}**" if opened else title, type="tertiary", key=key):
                st.query_params["paper"] = row.id
                st.rerun()
            st.space("stretch")
            with st.popover(
                "", icon=":material/delete:", type="tertiary", key=f"library.remove.{row.id}"
            ):
                st.write("Its text and file go; answers made with it stay readable.")
                if st.button("Remove the paper", key=f"library.really.{row.id}"):
                    lab.papers.remove(row.id)
                    st.query_params.clear()
                    st.rerun()
        about = (
            f"{KINDS[row.kind]} · {words.counted(row.pages, 'page')}"
            f" · {words.counted(row.characters, 'character')} · {words.escaped(row.source)}"
        )
        st.caption(about)
        blank = blank_pages_sentence(row)
        if blank:
            st.caption(f":material/visibility_off: {blank}")


def reader(lab: Lab, row: PaperRow) -> None:
    paper = lab.papers.get(row.id)
    st.markdown(f"#### {words.escaped(row.title)}")
    page = 1
    if paper.pages > 1:
        page = st.number_input(
            f"Page, of {paper.pages}", 1, paper.pages, key=f"library.page.{row.id}", width=160
        )
    start, end = paper.page_span(page)
    if paper.kind == "pdf":
        image, text = st.tabs(["Page", "Text that is searched"])
        image.image(lab.papers.page_image(paper, page).png)
    else:
        text = st.container()
    with text, st.container(key="paper-text"):
        st.text(paper.text[start:end] or "This page holds no text.")


with frame.page("Library") as lab:
    main(lab)
