"""Library: papers in, papers read, papers out."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import labels
from core.lab import Lab
from core.papers import Added, PaperRow, blank_pages_sentence
from pages.ui.library import chunk_ruler, paper, questions
from pages.ui.shared import frame, jobs

KINDS = {"pdf": "PDF", "text": "text", "markdown": "Markdown"}


def main(lab: Lab) -> None:
    rows = lab.papers.all()
    if not rows:
        upload(lab)
        refused(lab)
        st.info("No papers yet. Drop some above, or start with the sample corpus.")
        if st.button("Add the sample corpus", type="primary", key="library.samples"):
            lab.papers.add_samples()
            st.rerun()
        return
    wanted = st.query_params.get("paper")
    opened = next((row for row in rows if row.id == wanted), None)
    listed, shown = st.columns([3, 8], gap="large")
    with listed:
        upload(lab)
        refused(lab)
        jobs.getting_ready(lab)
        st.subheader(labels.counted(len(rows), "paper"), anchor=False)
        with st.container(key="library-list", gap=None):
            for row in rows:
                listing(lab, row, opened=row is opened)
    with shown:
        if opened:
            paper.draw(lab, opened)
            return
        if wanted:
            st.info("That paper is not in the library (any more).")
        questions.draw(lab)
        chunk_ruler.overview(lab)


def upload(lab: Lab) -> None:
    """Files are written to disk at once and the uploader is emptied."""
    state = st.session_state
    turn = state.setdefault("library.turn", 0)
    files = st.file_uploader(
        "Add papers",
        type=["pdf", "txt", "md", "markdown"],
        accept_multiple_files=True,
        key=f"library.upload.{turn}",
        max_upload_size=lab.settings.max_file_mb,
    )
    if files:
        state["library.results"] = add(lab, files)
        state.pop("library.removed", None)
        state["library.turn"] = turn + 1
        st.rerun()
    if gone := state.get("library.removed"):
        st.markdown(f":material/check: Removed: **{labels.escaped(gone)}**")
    for added in state.get("library.results", []):
        if added.status != "failed":  # these stay listed below, until they are dismissed
            st.markdown(said(added))


def add(lab: Lab, files: Sequence[UploadedFile]) -> list[Added]:
    """Read the files one by one; each has a line that says what becomes of it."""
    results = []
    progress = st.progress(0.0)
    lines = [st.empty() for _ in files]
    for line, file in zip(lines, files, strict=True):
        size = f"{file.size / 1e6:,.1f} MB" if file.size >= 1e6 else f"{file.size / 1e3:,.0f} kB"
        line.caption(f":material/hourglass_empty: {labels.escaped(file.name)}, {size}: waiting")
    for number, (line, file) in enumerate(zip(lines, files, strict=True)):
        progress.progress(number / len(files), f"Reading {number + 1} of {len(files)}")
        line.markdown(f":material/hourglass_top: {labels.escaped(file.name)}: reading …")
        results.append(lab.papers.upload(file.name, file))
        line.markdown(said(results[-1]))
    return results


def said(added: Added) -> str:
    """What became of a file, in a line of Markdown."""
    about = f" · {labels.escaped(added.reason)}" if added.reason else ""
    if added.paper is None:
        return f":red[:material/error:] {labels.escaped(added.file)}: {added.status}{about}"
    icon = ":material/check:" if added.status == "added" else ":material/info:"
    if added.status != "known":  # else the reason names it
        about = f", **{labels.escaped(added.paper.title)}**{about}"
    return f"{icon} {labels.escaped(added.file)}: {added.status}{about}"


def refused(lab: Lab) -> None:
    for number, refusal in enumerate(lab.papers.refusals()):
        with st.container(horizontal=True, wrap=False, key=f"refused-{number}"):
            st.markdown(f":red[:material/error:] {labels.escaped(refusal.reason)}", width="stretch")
            key = f"library.dismiss.{number}"
            if st.button("", icon=":material/close:", type="tertiary", help="Dismiss", key=key):
                lab.papers.dismiss(refusal.name)
                st.rerun()


def listing(lab: Lab, row: PaperRow, *, opened: bool) -> None:
    with st.container(key=f"{'opened' if opened else 'paper'}-{row.id[:12]}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            title = labels.escaped(row.title)
            key = f"library.open.{row.id}"
            label = f"**{title}**" if opened else title
            if st.button(label, type="tertiary", key=key, width="stretch", wrap=True):
                st.query_params["paper"] = row.id
                st.rerun()
            with st.popover(
                "", icon=":material/delete:", type="tertiary", key=f"library.remove.{row.id}"
            ):
                st.write(
                    "Its text, its file, its vectors and its place in the index go. Answers made"
                    " with it stay readable. Vectors of texts that stand in another paper too are"
                    " kept; the others are made anew if you add it again."
                )
                if st.button("Remove the paper", key=f"library.really.{row.id}"):
                    lab.papers.remove(row.id)
                    st.session_state["library.results"] = []
                    st.session_state["library.removed"] = row.title
                    st.query_params.clear()
                    st.rerun()
        about = (
            f"{KINDS[row.kind]} · {row.language or 'language unknown'}"
            f" · {labels.counted(row.pages, 'page')}"
            f" · {labels.counted(row.characters, 'character')} · {labels.escaped(row.source)}"
        )
        st.caption(about)
        blank = blank_pages_sentence(row)
        if blank:
            st.caption(f":material/visibility_off: {blank}")


with frame.page("Library") as lab:
    main(lab)
