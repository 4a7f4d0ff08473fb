"""Files in: many at once, zip files and BibTeX among them, read in the background. What became of
each is said, and those that could not be read stay listed until they are dismissed."""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from io import BytesIO

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import labels
from core.errors import BadInput
from core.lab import Lab
from core.papers import KINDS, Added, AddProgress, BibTeXReport, Refusal, ocr_takes
from core.tasks import Progress, Task
from pages.ui.shared import frame

UPLOAD, TURN = "library.upload", "library.turn"
POLL_SECONDS = 0.5
BIBTEX = ".bib"
LISTED = 10  # files named one by one
SHOWN = 3  # refusals on screen at once
COUNTED = ("added", "known", "failed")
ICONS = {"added": ":material/check:", "failed": ":red[:material/error:]"}


@dataclass(kw_only=True)
class Upload(Task[AddProgress, None]):
    """Files on their way in, and what became of those that are read; of BibTeX files what they
    said of the papers, by their names. `files` are kept until the offer of OCR is taken or gone."""

    doing: Progress
    files: tuple[UploadedFile, ...] = ()
    added: tuple[Added, ...] = ()
    reports: tuple[tuple[str, BibTeXReport], ...] = ()

    def show(self, step: AddProgress) -> None:
        self.added += step.added
        self.doing = step


def draw(lab: Lab) -> bool:
    """The uploader, or how far the files are that were given to it; then what became of them.
    Returns whether some are still on their way."""
    upload: Upload | None = st.session_state.get(UPLOAD)
    refusals = lab.papers.refusals()
    if upload and not upload.over:
        _follow()
    else:
        _uploader(lab)
        if upload:
            _ended(upload, refusals)
            _offer_ocr(lab, upload)
    _refused(lab, refusals)
    return upload is not None and not upload.over


def _uploader(lab: Lab) -> None:
    """It is emptied at once: the files are in the hands of the work in the background."""
    turn = st.session_state.setdefault(TURN, 0)
    files = st.file_uploader(
        "Add papers",
        type=[*(suffix.removeprefix(".") for suffix in KINDS), "zip", "bib"],
        accept_multiple_files=True,
        key=f"library.upload.{turn}",
        max_upload_size=lab.settings.max_file_mb,
        help="Files, a folder or a zip of papers. A BibTeX file, as Zotero writes it, gives them"
        " authors, years and tags.",
    )
    if files:
        st.session_state[UPLOAD] = begin(lab, files)
        st.session_state[TURN] = turn + 1
        st.session_state.pop("library.removed", None)
        st.rerun()


def begin(lab: Lab, files: Sequence[UploadedFile], *, ocr: bool = False) -> Upload:
    """Start reading them; what is in stays, also when the page is left."""
    name = f"Adding {labels.counted(len(files), 'file')}"
    upload = Upload(name=name, doing=Progress(sentence=name), files=tuple(files))
    upload.follow(_steps(lab, upload, ocr=ocr))
    upload.join(POLL_SECONDS)  # of a few files nobody need watch the progress
    return upload


def _steps(lab: Lab, upload: Upload, *, ocr: bool) -> Generator[AddProgress, None, None]:
    """The papers first, since BibTeX gives facts to those that are here."""
    files = upload.files
    papers = [
        (file.name, BytesIO(file.getvalue()))  # a stream is closed once it is read
        for file in files
        if not file.name.lower().endswith(BIBTEX)
    ]
    if papers:
        yield from lab.papers.add_all(papers, upload.stopping, ocr=ocr)
    for file in files:
        if file.name.lower().endswith(BIBTEX) and not upload.stopping.is_set():
            yield AddProgress(sentence=f"Reading {file.name}")
            try:
                report = lab.papers.take_bibtex(file.name, file.getvalue())
                upload.reports += ((file.name, report),)
            except BadInput as error:
                failed = Added(file=file.name, status="failed", reason=error.sentence)
                yield AddProgress(sentence=f"Read {file.name}", added=(failed,))


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def _follow() -> None:
    """How far it is; the whole page is drawn again at the end."""
    upload: Upload = st.session_state[UPLOAD]
    if upload.over:
        st.rerun()
    with st.container(key="library-adding"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Stop", key="library.stop", icon=":material/stop:"):
                upload.stop()
            doing = "Stopping" if upload.stopping.is_set() else upload.doing.sentence
            st.caption(f"{labels.escaped(doing)} · {upload.seconds:.0f} s", width="content")
        st.progress(upload.doing.share or 0.0)
        failed = [added for added in upload.added if added.status == "failed"]
        for added in failed[-SHOWN:]:
            st.caption(said(added))


def _ended(upload: Upload, refusals: Sequence[Refusal]) -> None:
    """What became of the files; those that are listed among the refusals are named there."""
    if upload.error:
        frame.show(upload.error)
    named = {refusal.reason for refusal in refusals}
    told = [each for each in upload.added if each.status != "failed" or each.reason not in named]
    stopped = upload.stopping.is_set()
    if stopped or len(upload.added) > LISTED:
        counts = Counter[str](each.status for each in upload.added)
        parts = ", ".join(f"{counts[each]:,} {each}" for each in COUNTED if counts[each])
        start = "Stopped; what is in stays: " if stopped else ""
        st.markdown(f":material/check: {start}**{parts or 'no file was read'}**")
        told = [each for each in told if each.status in ("failed", "skipped")]
    for each in told[:LISTED]:
        st.markdown(said(each))
    for number, (name, report) in enumerate(upload.reports):
        facts = labels.counted(len(report.matched), "paper")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/check: {labels.escaped(name)}: facts for **{facts}**", width="content"
            )
            if report.unmatched:
                entries = f"{len(report.unmatched):,} not used"
                with st.popover(entries, type="tertiary", key=f"library.unmatched.{number}"):
                    st.dataframe(
                        [
                            {"entry": each.key, "title": each.title, "why": each.reason}
                            for each in report.unmatched
                        ],
                        hide_index=True,
                    )


def _offer_ocr(lab: Lab, upload: Upload) -> None:
    """Files without text are read from their images only when somebody wants it."""
    scans = [added for added in upload.added if added.for_ocr]
    # A file in a zip file is shown with that one's name in front.
    files = [
        file for file in upload.files if any(each.file.startswith(file.name) for each in scans)
    ]
    upload.files = tuple(files)
    if not scans:
        return
    takes = ocr_takes(sum(added.for_ocr for added in scans))
    with st.container(key="library-ocr", horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/document_scanner: Without text: {takes} by OCR.", width="content")
        if st.button("Read by OCR", key="library.ocr"):
            st.session_state[UPLOAD] = begin(lab, files, ocr=True)
            st.rerun()


def said(added: Added) -> str:
    """What became of a file, in a line of Markdown."""
    about = f" · {labels.escaped(added.reason)}" if added.reason else ""
    if added.paper and added.status != "known":  # else the reason names it
        about = f", **{labels.escaped(added.paper.title)}**{about}"
    icon = ICONS.get(added.status, ":material/info:")
    return f"{icon} {labels.escaped(added.file)}: {added.status}{about}"


def _refused(lab: Lab, refusals: Sequence[Refusal]) -> None:
    """Files that could not be read, the newest; a list of thousands helps nobody."""
    for number, refusal in enumerate(refusals[-SHOWN:]):
        with st.container(horizontal=True, wrap=False, key=f"refused-{number}"):
            st.markdown(f":red[:material/error:] {labels.escaped(refusal.reason)}", width="stretch")
            key = f"library.dismiss.{number}"
            if st.button("", icon=":material/close:", type="tertiary", help="Dismiss", key=key):
                _dismiss(lab, [refusal])
    if len(refusals) > SHOWN:
        more = labels.counted(len(refusals) - SHOWN, "more file")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"and {more} that could not be read", width="content")
            if st.button(f"Dismiss all {len(refusals):,}", type="tertiary", key="library.dismiss"):
                _dismiss(lab, refusals)


def _dismiss(lab: Lab, refusals: Sequence[Refusal]) -> None:
    for refusal in refusals:
        lab.papers.dismiss(refusal.name)
    st.session_state.pop(UPLOAD, None)  # it was read, so what it says of the same file goes as well
    st.rerun()
