"""Files in: many at once, zip files and BibTeX among them, read in the background. What became of
each is said, and those that could not be read stay listed until they are dismissed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import labels
from core.lab import Lab
from core.papers import Added, AddProgress
from core.tasks import Progress, Task
from pages.ui.shared import frame

UPLOAD, TURN = "library.upload", "library.turn"
POLL_SECONDS = 0.5
LISTED = 10  # files named one by one
SHOWN = 5  # refusals on screen at once
ICONS = {"added": ":material/check:", "failed": ":red[:material/error:]"}


@dataclass(kw_only=True)
class Upload(Task[AddProgress, list[Added]]):
    """Files on their way in, and what became of those that are read."""

    files: int
    doing: Progress
    added: tuple[Added, ...] = ()

    def show(self, step: AddProgress) -> None:
        self.added += step.added
        self.doing = step


def draw(lab: Lab) -> None:
    """The uploader, or how far the files are that were given to it; then what became of them."""
    upload: Upload | None = st.session_state.get(UPLOAD)
    if upload and not upload.over:
        _follow()
    else:
        _uploader(lab)
        if upload:
            _ended(upload)
    _refused(lab)


def _uploader(lab: Lab) -> None:
    """It is emptied at once: the files are in the hands of the work in the background."""
    turn = st.session_state.setdefault(TURN, 0)
    files = st.file_uploader(
        "Add papers: files, a folder or a zip of them",
        type=["pdf", "txt", "md", "markdown", "zip"],
        accept_multiple_files=True,
        key=f"library.upload.{turn}",
        max_upload_size=lab.settings.max_file_mb,
    )
    if files:
        st.session_state[UPLOAD] = begin(lab, files)
        st.session_state[TURN] = turn + 1
        st.session_state.pop("library.removed", None)
        st.rerun()


def begin(lab: Lab, files: Sequence[UploadedFile]) -> Upload:
    """Start reading them; what is in stays, also when the page is left."""
    name = f"Adding {labels.counted(len(files), 'file')}"
    upload = Upload(name=name, files=len(files), doing=Progress(sentence=name))
    upload.follow(lab.papers.add_all([(file.name, file) for file in files], upload.stopping))
    upload.join(POLL_SECONDS)  # of a few files nobody need watch the progress
    return upload


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


def _ended(upload: Upload) -> None:
    """What became of the files; those that failed stand among the refusals."""
    if upload.error:
        frame.show(upload.error)
    counts = Counter(added.status for added in upload.added)
    if upload.stopping.is_set() or len(upload.added) > LISTED:
        parts = [f"{counts[status]:,} {status}" for status in counts]
        start = "Stopped; what is in stays: " if upload.stopping.is_set() else ""
        st.markdown(f":material/check: {start}**{', '.join(parts) or 'nothing was added'}**")
        return
    for added in upload.added:
        if added.status != "failed":
            st.markdown(said(added))


def said(added: Added) -> str:
    """What became of a file, in a line of Markdown."""
    about = f" · {labels.escaped(added.reason)}" if added.reason else ""
    if added.paper and added.status != "known":  # else the reason names it
        about = f", **{labels.escaped(added.paper.title)}**{about}"
    icon = ICONS.get(added.status, ":material/info:")
    return f"{icon} {labels.escaped(added.file)}: {added.status}{about}"


def _refused(lab: Lab) -> None:
    refusals = lab.papers.refusals()
    for number, refusal in enumerate(refusals[-SHOWN:]):
        with st.container(horizontal=True, wrap=False, key=f"refused-{number}"):
            st.markdown(f":red[:material/error:] {labels.escaped(refusal.reason)}", width="stretch")
            key = f"library.dismiss.{number}"
            if st.button("", icon=":material/close:", type="tertiary", help="Dismiss", key=key):
                lab.papers.dismiss(refusal.name)
                st.rerun()
    if len(refusals) > SHOWN:
        said = f"and {labels.counted(len(refusals) - SHOWN, 'more file')} that could not be read"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(said, width="content")
            if st.button(f"Dismiss all {len(refusals):,}", type="tertiary", key="library.dismiss"):
                for refusal in refusals:
                    lab.papers.dismiss(refusal.name)
                st.rerun()
