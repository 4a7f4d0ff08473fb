"""The papers of the lab: files in, texts out, and away again."""

import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event

from core.errors import BadInput, TriptychError
from core.files import PART, adding
from core.papers import catalogue, facts, finding, reading
from core.papers.adding import Added, Adding, AddProgress
from core.papers.catalogue import BibTeXReport
from core.papers.finding import TextMatch
from core.papers.ocr import OCR
from core.papers.page_images import PageImage, page_image
from core.papers.rereading import ReadingProgress, Reread, Rereading
from core.papers.sources import Source
from core.settings import SAMPLES, Settings
from core.store import PaperChoices, PaperRow, Refusal, Store
from core.tasks import result_of
from core.text import Undecodable, decode
from core.types import Paper, PaperFilter, PaperSort, Span, file_id_of

PAGE_SCALE = 2.0  # pixels a point: 144 dpi, sharp on a projector


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed at once, and how many papers it was."""

    id: str
    count: int


class Papers:
    """Papers by their id, which names the file's bytes and the text that was read in them."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._folder = settings.data / "papers"
        self.get = lru_cache(maxsize=256)(self._get)

    # in

    def add_all(
        self, given: Sequence[Source], stop: Event, *, ocr: bool = False
    ) -> Generator[AddProgress, None, list[Added]]:
        """Add files from disk, folders and zip files of them, and uploads (name, bytes), whose
        names are only ever shown; what became of each file, in this order. A file that gives no
        text is "failed", with the reason; with `ocr` pages without text are read from their images,
        which takes some seconds each. What a step tells as added is kept, whatever happens
        then; once `stop` is set, no more are begun.

        Errors: as Database, where nothing can be kept at all.
        """
        by_ocr = OCR(self._settings, stop) if ocr else None
        return Adding(self._settings, self._store, self._folder, by_ocr).run(given, stop)

    def add(self, path: Path) -> Added:
        """Add one file from disk; for folders and zip files there is `add_all`."""
        return result_of(self.add_all([path], Event()))[0]

    def add_samples(self) -> list[Added]:
        """Add the papers that come with Triptych."""
        return result_of(self.add_all(_samples(), Event()))

    def samples_here(self) -> bool:
        """Whether papers of their names are all here."""
        names = {path.name for path in _samples()}
        return names <= self._store.papers.sources(names)

    def read_file(self, path: Path) -> tuple[Paper, str]:
        """A file as it would be read, and what was guessed or lost; nothing is kept. Errors:
        Unreadable."""
        paper, _, note = reading.read_with_facts(path, path.name, self._settings)
        return paper, note

    def read_again(
        self, paper_ids: Iterable[str], stop: Event, *, ocr: bool = False
    ) -> Generator[ReadingProgress, None, list[Reread]]:
        """Read the files of papers once more, as this version reads, and let the new texts take
        the places of the old ones; what became of each paper, in this order. Gold passages and
        cards move along by their words, and runs stay as they were. What a step tells is kept,
        whatever happens then; once `stop` is set, no more are begun. With `ocr` pages without text
        are read from their images, as those are again that were before.

        Errors: as Database.
        """
        rows = self.rows(paper_ids)
        with adding(self._settings.data):
            try:
                by_ocr = OCR(self._settings, stop)
                again = Rereading(self._settings, self._store, self._folder, by_ocr, new_pages=ocr)
                return (yield from again.run(rows, stop))
            finally:
                self._forget()

    def read_since(self, paper_ids: Iterable[str]) -> dict[str, PaperRow]:
        """Of papers that are not here those whose file is, read in another way: that reading."""
        now_here = self._store.readings.now_here(paper_ids)
        rows = {row.id: row for row in self.rows(now_here.values())}
        return {old: rows[new] for old, new in now_here.items()}

    def left(self, places: Collection[Span]) -> dict[Span, str]:
        """Of places in earlier readings of papers those that no later one has, with their words."""
        known = self._store.readings.left({place.paper_id for place in places})
        return {place: known[place] for place in places if place in known}

    # lists

    def all(self) -> list[PaperRow]:
        """Every paper, in the order they were added: for what truly needs all of them."""
        return self._store.papers.all()

    def count(self, wanted: PaperFilter) -> int:
        """How many papers fit."""
        return self._store.papers.count(wanted)

    def ids(self, wanted: PaperFilter) -> tuple[str, ...]:
        """The ids of all papers that fit, in the order they were added."""
        return self._store.papers.ids(wanted)

    def page(self, wanted: PaperFilter, sort: PaperSort, offset: int, count: int) -> list[PaperRow]:
        """`count` of the papers that fit, from `offset` on. By title from A; by year the newest
        first and those without one last; by pages the longest first."""
        return self._store.papers.page(wanted, sort, offset, count)

    def first_readings(self) -> tuple[str, ...]:
        """The ids of the PDFs that the first version of Triptych read, line by line."""
        return self._store.papers.first_readings()

    def rows(self, paper_ids: Iterable[str]) -> list[PaperRow]:
        """Those of the papers that are here, in the order given."""
        return self._store.papers.rows(paper_ids)

    def ocr_pages(self, paper_ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Of those of the papers that have any, the pages that OCR read, or tried to."""
        return self._store.papers.ocr_pages(paper_ids)

    def for_ocr(self, rows: Iterable[PaperRow]) -> dict[str, int]:
        """Of how many pages of these papers OCR was not asked yet, though they have no text; those
        without any are left out."""
        blank = {row.id: row.blank_pages for row in rows if row.kind == "pdf" and row.blank_pages}
        tried = self.ocr_pages(blank)
        left = {each: len(set(pages) - set(tried.get(each, ()))) for each, pages in blank.items()}
        return {paper_id: pages for paper_id, pages in left.items() if pages}

    def row(self, paper_id: str) -> PaperRow | None:
        """The paper's row, or None if it is not here (any more)."""
        found = self.rows((paper_id,))
        return found[0] if found else None

    def choices(self) -> PaperChoices:
        """What filters can choose among."""
        return self._store.papers.choices()

    # facts

    def keep_facts(
        self, paper_id: str, *, authors: Iterable[str], year: int | None, tags: Iterable[str]
    ) -> PaperRow:
        """Put these in place of what was known of a paper; what is blank or said twice is left
        out. Errors: BadInput for a paper that is not here or a year that is none."""
        known = self._row(paper_id)
        self._store.papers.keep_facts({known.id: facts.checked(tuple(authors), year, tuple(tags))})
        return self._row(known.id)

    def add_tags(self, paper_ids: Iterable[str], tags: Iterable[str]) -> int:
        """Give papers these tags besides their own; how many of the papers are here."""
        more = tuple(tags)
        rows = self.rows(paper_ids)
        self._store.papers.keep_facts(
            {row.id: facts.checked(row.authors, row.year, (*row.tags, *more)) for row in rows}
        )
        return len(rows)

    def take_bibtex(self, name: str, content: bytes) -> BibTeXReport:
        """Let papers take authors, years and tags from a BibTeX file as Zotero writes it: by file
        name, by a DOI or the title at a text's beginning. `name` is only shown. Errors: BadInput
        for what is no text, and for one without any entry."""
        try:
            text = decode(content).text
        except Undecodable as error:
            raise BadInput(f"{name} {error}; export it as BibTeX again.") from error
        return catalogue.take(text, self._store.papers)

    def _row(self, paper_id: str) -> PaperRow:
        row = self.row(paper_id)
        if row is None:
            raise BadInput(f"There is no paper {paper_id[:12]} here (any more).")
        return row

    def _get(self, paper_id: str) -> Paper:
        """The paper with its text. Errors: BadInput if it is not here (any more)."""
        paper = self._store.papers.get(paper_id)
        if paper is None:
            raise BadInput(f"There is no paper {paper_id[:12]} here (any more).")
        return paper

    def find(self, paper: Paper, phrase: str) -> list[TextMatch]:
        """Where the phrase stands in a paper's text; `paper.pages_of` says on which page."""
        return finding.find(paper.text, phrase)

    def resolve(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Full ids for ids or their beginnings; all papers for none at all.

        Errors: BadInput for a beginning that fits no paper, or several.
        """
        if not names:
            return self.ids(PaperFilter())
        found = []
        for name in names:
            fitting = self._store.papers.beginning(name) if name else []
            if len(fitting) != 1:
                said = "several papers" if fitting else "no paper"
                raise BadInput(f"The id {name!r} fits {said}; `papers` lists what is here.")
            found += fitting
        return tuple(dict.fromkeys(found))

    def file(self, paper_id: str) -> Path:
        """The original file, under a name made of its sha256."""
        return self._folder / file_id_of(paper_id)

    def whole(self, paper_id: str) -> bool:
        """Whether the original file has the bytes that the paper was made of."""
        return reading.is_original(self.file(paper_id), file_id_of(paper_id))

    def page_image(self, paper: Paper, page: int, spans: tuple[Span, ...] = ()) -> PageImage:
        """The page of a PDF as PNG, with the spans of this paper marked, and those of them that
        could not be."""
        marked = [(span.start, span.end) for span in spans if span.paper_id == paper.id]
        return page_image(self.file(paper.id), page, marked, paper, PAGE_SCALE, self._settings)

    # away, and back

    def remove(self, *names: str) -> list[PaperRow]:
        """Take papers away for good, by their ids or the beginnings of these: text, file and
        vectors, but for those of texts that stand in another paper too; runs made with them stay
        readable.

        Errors: BadInput if one is unknown; OutOfSpace if the papers went and their vectors could
        not.
        """
        rows = self.rows(self.resolve(names)) if names else []
        ids = [row.id for row in rows]
        self.end_removal()
        with adding(self._settings.data):
            self._let_go(ids, lambda: self._store.papers.remove(ids))
        return rows

    def remove_many(self, paper_ids: Iterable[str]) -> Removal:
        """Take papers away. Until the next removal, or until the lab is opened anew, `undo` brings
        them back as they were; then they go for good, as by `remove`.

        Errors: as `remove`, of the papers that were removed before.
        """
        self.end_removal()
        removal = uuid.uuid4().hex
        with adding(self._settings.data):
            count = self._store.papers.set_aside(tuple(paper_ids), removal)
        self.get.cache_clear()
        return Removal(id=removal, count=count)

    def undo(self, removal_id: str) -> int:
        """Bring back what was removed; how many papers came back. Errors: BadInput if they are
        gone for good."""
        with adding(self._settings.data):
            back = self._store.papers.bring_back(removal_id)
        if not back:
            raise BadInput("Nothing can be brought back any more; add the files again.")
        return back

    def end_removal(self) -> None:
        """Let what was removed go for good. Errors: OutOfSpace."""
        if self._store.papers.removed():
            with adding(self._settings.data):
                self.clear_removed()

    def clear_removed(self) -> None:
        """As `end_removal`, for who holds the lock. A kill leaves nothing that the next call, or
        the next opening of the lab, would not finish."""
        gone = self._store.papers.removed()
        if gone:
            again = self._store.papers.of_files(map(file_id_of, gone))  # added once more
            left = [each for each in gone if file_id_of(each) not in again]
            self._let_go(left, lambda: self._store.papers.forget_removed(gone))

    def _let_go(self, paper_ids: Iterable[str], delete: Callable[[], None]) -> None:
        """Take the files and the vectors of papers away, whose rows `delete` deletes."""
        moved = []
        for paper_id in paper_ids:
            file = self.file(paper_id)
            # Under that name a kill cannot leave it behind for ever (core.storage.crash_recovery).
            part = file.with_name(f"{file.name}{PART}")
            with suppress(FileNotFoundError):
                moved.append((file.replace(part), file))
        try:
            delete()
        except TriptychError:
            for part, file in moved:
                part.replace(file)
            raise
        for part, _ in moved:
            part.unlink(missing_ok=True)
        self._forget()

    def _forget(self) -> None:
        """Let go of what was made of texts that are gone."""
        from core.indexes import forget

        self.get.cache_clear()
        forget(self._settings.data / "vectors", set(self.ids(PaperFilter())))

    def refusals(self) -> list[Refusal]:
        """Files that could not be added, until they are dismissed or added after all."""
        return self._store.papers.refusals()

    def dismiss(self, name: str) -> None:
        self._store.papers.forget_refusal(name)


def _samples() -> list[Path]:
    return sorted((SAMPLES / "papers").iterdir())
