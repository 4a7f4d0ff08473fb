"""Papers read once more, in the background, and what became of each and of what points into it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.papers import PaperRow, ReadingProgress, Reread, ocr_takes
from core.tasks import Progress, Task
from pages.ui.shared import frame

KEY = "library.reading"
POLL_SECONDS = 0.5
LISTED = 10  # papers named one by one
STATUSES = {"changed": "with a new text", "same": "as before", "failed": "not read"}
ICON = ":material/refresh:"
OCR_ICON = ":material/document_scanner:"
WHAT_OCR_READS = (
    "Read pages without text from their images. OCR knows Latin and Chinese letters; what it is"
    " not sure of is marked. Gold passages and cards move along by their words."
)
WHAT_COMES = (
    "Read the file once more, as this version reads. Gold passages and cards move along by their"
    " words; runs of the text before stay readable and are marked."
)


@dataclass(kw_only=True)
class PapersRead(Task[ReadingProgress, list[Reread]]):
    """Papers under way, and what became of those that are done."""

    doing: Progress
    reread: tuple[Reread, ...] = ()

    def show(self, step: ReadingProgress) -> None:
        self.reread += step.reread
        self.doing = step


def begin(lab: Lab, paper_ids: Sequence[str], *, ocr: bool = False) -> None:
    """Start, and go on when the page is left; what is refused is said where the button stands."""
    name = f"Reading {labels.counted(len(paper_ids), 'paper')} {'by OCR' if ocr else 'again'}"
    reading = PapersRead(name=name, doing=Progress(sentence=name))
    try:
        reading.follow(lab.read_again(paper_ids, reading.stopping, ocr=ocr))
    except TriptychError as error:
        frame.show(error)
        return
    st.session_state[KEY] = reading
    reading.join(POLL_SECONDS)  # of a few papers nobody need watch the progress
    st.rerun()


def draw() -> None:
    """How far it is, or what came of it."""
    reading: PapersRead | None = st.session_state.get(KEY)
    if reading and not reading.over:
        _follow()
    elif reading:
        _ended(reading)


def button(lab: Lab, paper_ids: Sequence[str], label: str, key: str) -> None:
    if st.button(label, icon=ICON, type="tertiary", help=WHAT_COMES, key=key):
        begin(lab, paper_ids)


def ocr_button(lab: Lab, rows: Iterable[PaperRow], key: str) -> None:
    """For those of the papers that have pages without text which nobody tried to read yet."""
    pages = lab.papers.for_ocr(rows)
    if pages:
        takes = f"Read {ocr_takes(sum(pages.values()))}, by OCR"
        if st.button(takes, icon=OCR_ICON, type="tertiary", help=WHAT_OCR_READS, key=key):
            begin(lab, list(pages), ocr=True)


def offer(lab: Lab) -> None:
    """Whether there is something that this version reads better."""
    first = lab.papers.first_readings()
    if first and KEY not in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center", key="library-first"):
            papers = labels.counted(len(first), "PDF")
            st.caption(f"{papers} read by an earlier version, line by line", width="content")
            button(lab, first, "Read again", "library.first")


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def _follow() -> None:
    """The whole page is drawn again at the end."""
    reading: PapersRead = st.session_state[KEY]
    if reading.over:
        st.rerun()
    with st.container(key="library-reading"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Stop", key="library.reading.stop", icon=":material/stop:"):
                reading.stop()
            doing = "Stopping" if reading.stopping.is_set() else reading.doing.sentence
            st.caption(f"{labels.escaped(doing)} · {reading.seconds:.0f} s", width="content")
        st.progress(reading.doing.share or 0.0)


def _ended(reading: PapersRead) -> None:
    """What became of the papers, until it is dismissed."""
    if reading.error:
        frame.show(reading.error)
    counts = Counter[str](each.status for each in reading.reread)
    parts = [f"{counts[status]:,} {said}" for status, said in STATUSES.items() if counts[status]]
    moved = sum(each.moved for each in reading.reread)
    parts += [f"{labels.counted(moved, 'passage')} moved along"] if moved else []
    stopped = "Stopped; read again" if reading.stopping.is_set() else "Read again"
    with st.container(horizontal=True, vertical_alignment="center", key="library-reread"):
        said = f":material/check: {stopped}: **{', '.join(parts) or 'no paper'}**"
        st.markdown(said, width="content")
        if st.button("Dismiss", type="tertiary", key="library.reading.dismiss"):
            del st.session_state[KEY]
            st.rerun()
    told = [each for each in reading.reread if each.status != "same"]
    if len(told) > LISTED:
        told = [each for each in told if each.status == "failed" or each.left]
    for each in told[:LISTED]:
        _told(each)


def _told(reread: Reread) -> None:
    icon = ":red[:material/error:]" if reread.status == "failed" else ICON
    st.markdown(f"{icon} **{labels.escaped(reread.title)}**: {labels.escaped(reread.reason)}")
    for words in reread.left:
        st.caption(
            ":material/help: not found in the new text, and kept with its question or card:"
            f" “{labels.escaped(labels.shortened(words, 200))}”"
        )
