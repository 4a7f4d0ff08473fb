"""Files that are here read again: the new text in the place of the old one, with all that points
into it."""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from core import labels
from core.errors import Unreadable
from core.papers import reading
from core.papers.moving import Letters, moved
from core.papers.ocr import OCR
from core.settings import Settings
from core.store import PaperRow, Store
from core.tasks import Progress
from core.types import Paper, Span, file_id_of

PATIENCE = 0.5  # seconds without a word of how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What became of a paper; `paper_id` and `title` are those it has now. `reason` says what is
    new or why it stays as it was. `moved` counts the places of gold and cards that went along,
    `left` are the words of those that could not."""

    paper_id: str
    title: str
    status: Literal["changed", "same", "failed"]
    reason: str = ""
    moved: int = 0
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingProgress(Progress):
    """How far the reading is, and what became of the papers since the last step: it is kept."""

    reread: tuple[Reread, ...] = ()


class Rereading:
    """`folder` is that of the original files. Pages that OCR read before it reads again; with
    `new_pages` also others that have no text."""

    def __init__(
        self, settings: Settings, store: Store, folder: Path, ocr: OCR, *, new_pages: bool
    ) -> None:
        self._settings = settings
        self._store = store
        self._folder = folder
        self._ocr = ocr
        self._new_pages = new_pages

    def run(
        self, rows: Sequence[PaperRow], stop: Event
    ) -> Generator[ReadingProgress, None, list[Reread]]:
        done: list[Reread] = []
        # The threads wait for processes that read.
        with ThreadPoolExecutor(self._settings.cores, "reading") as readers:
            try:
                under_way = deque((row, readers.submit(self._read, row)) for row in rows)
                while under_way:
                    row, future = under_way.popleft()
                    while not wait([future], PATIENCE).done:
                        yield self._progress(len(done), len(rows))
                    if stop.is_set():  # it ends the children too: what they left says nothing
                        break
                    try:
                        done.append(self._put(row, *future.result()))
                    except Unreadable as error:
                        done.append(_failed(row, error.sentence))
                    yield self._progress(len(done), len(rows), done[-1])
            finally:
                readers.shutdown(cancel_futures=True)
        return done

    def _progress(self, done: int, count: int, *reread: Reread) -> ReadingProgress:
        doing = (f"{done:,} of {count:,} papers read again", self._ocr.doing)
        return ReadingProgress(
            sentence=" · ".join(filter(None, doing)),
            share=min(1.0, (done + self._ocr.share) / count),
            reread=reread,
        )

    def _read(self, row: PaperRow) -> tuple[Paper, str]:
        """The paper as its file is read now, and what was guessed or lost, in a thread of the
        readers. Errors: Unreadable."""
        file_id = file_id_of(row.id)
        if not reading.is_original(self._folder / file_id, file_id):
            raise Unreadable(f"The file of it is not here as it was; add {row.source} again first.")
        path = self._folder / file_id
        by_ocr = self._new_pages or self._store.papers.ocr_pages([row.id])
        ocr = self._ocr if by_ocr else None
        paper, _, note = reading.read_with_facts(path, row.source, self._settings, ocr)
        return paper, note

    def _put(self, row: PaperRow, paper: Paper, note: str) -> Reread:
        """All of it in one transaction."""
        with self._store.database.writing():
            old = self._store.papers.get(row.id)
            if old is None:
                return _failed(row, "It was removed, or read again by somebody else, meanwhile.")
            places = self._places(old, paper) if paper.id != old.id else {}
            along = {place: found for place, (_, found) in places.items() if found}
            left = {place: words for place, (words, found) in places.items() if not found}
            if paper != old:
                self._store.readings.put(old.id, paper, along, left)
        same = paper.id == old.id
        return Reread(
            paper_id=paper.id,
            title=paper.title,
            status="same" if same else "changed",
            reason="" if same else "; ".join(filter(None, (_new(old, paper), note))),
            moved=len(along),
            left=tuple(left.values()),
        )

    def _places(self, old: Paper, new: Paper) -> dict[Span, tuple[str, Span | None]]:
        """Every place that is named in an earlier text of the file: its words, and where they
        stand now."""
        named = self._store.readings.places(old.file_id)
        places = [place for place in named if place.paper_id != new.id]
        if not places:
            return {}
        earlier = self._store.readings.left({place.paper_id for place in places})
        before, after = Letters(old.text), Letters(new.text)
        found = {}
        for place in places:
            text, start, end = before, place.start, place.end
            if place.paper_id != old.id:
                text = Letters(earlier.get(place, ""))
                start, end = 0, len(text.text)
            now = moved(text, start, end, after)
            there = Span(paper_id=new.id, start=now[0], end=now[1]) if now else None
            found[place] = text.text[start:end], there
        return found


def _failed(row: PaperRow, reason: str) -> Reread:
    return Reread(paper_id=row.id, title=row.title, status="failed", reason=reason)


def _new(old: Paper, new: Paper) -> str:
    """What is new about a text, in a few words."""
    parts = [f"{len(new.text):,} characters, {len(old.text):,} before"]
    if new.title != old.title:
        parts.append(f"called “{old.title}” before")
    if lost := set(new.blank_pages) - set(old.blank_pages):
        parts.append(f"{labels.counted(len(lost), 'more page')} without text")
    return "; ".join(parts)
