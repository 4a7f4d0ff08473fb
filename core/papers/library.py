"""The papers of the lab: files in, texts out, and away again."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event
from typing import IO, Literal

from core.errors import BadInput, OutOfSpace, TriptychError
from core.files import PART, adding, disk_full_as, put_in_place, unfinished
from core.papers import facts, finding, reading, texts
from core.papers.finding import TextMatch
from core.papers.reading import PageImage
from core.settings import SAMPLES, Settings
from core.store import PaperChoices, PaperRow, Refusal, Store
from core.tasks import Progress
from core.types import Paper, PaperFilter, PaperSort, Span

PAGE_SCALE = 2.0  # pixels a point: 144 dpi, sharp on a projector


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one file. `reason` says why it failed, or what a reader should know."""

    file: str
    status: Literal["added", "known", "failed"]
    paper: PaperRow | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed at once, and how many papers it was."""

    id: str
    count: int


class Papers:
    """Papers by their id, the sha256 of the file's bytes."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._folder = settings.data / "papers"
        self.get = lru_cache(maxsize=256)(self._get)

    def add(self, path: Path) -> Added:
        """Add one file from disk. A file that gives no text is "failed", with the reason."""
        name = texts.name(path.name)
        with adding(self._settings.data):
            return self._add(path, name)

    def add_samples(self) -> list[Added]:
        """Add the papers that come with Triptych."""
        return [self.add(path) for path in _samples()]

    def samples_here(self) -> bool:
        """Whether papers of their names are all here."""
        names = {path.name for path in _samples()}
        return names <= self._store.papers.sources(names)

    def upload(self, name: str, stream: IO[bytes]) -> Added:
        """Add an uploaded file; the name is only ever shown, never used as a path."""
        name = texts.name(name)
        with adding(self._settings.data):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix="upload-") as copy:
                try:
                    with _keeping():
                        shutil.copyfileobj(stream, copy)
                        copy.flush()
                except TriptychError as error:
                    return Added(file=name, status="failed", reason=error.sentence)
                return self._add(Path(copy.name), name)

    def add_all(
        self, sources: Sequence[Path | tuple[str, IO[bytes]]], stop: Event
    ) -> Generator[Progress, None, list[Added]]:
        """Add files from disk, and uploads (name, stream); what became of each, in this order.
        `stop` keeps what is in."""
        done: list[Added] = []
        for source in sources:
            if stop.is_set():
                break
            share = len(done) / len(sources)
            yield Progress(sentence=f"{len(done):,} of {len(sources):,} files read", share=share)
            done.append(self.add(source) if isinstance(source, Path) else self.upload(*source))
        return done

    def _add(self, path: Path, name: str) -> Added:
        try:
            reading.check(path, name, self._settings)
            paper_id = reading.digest_file(path)
        except OSError as error:
            return Added(file=name, status="failed", reason=f"{name}: {error.strerror}.")
        except TriptychError as error:
            return self._refused(path, name, error)
        known = self.row(paper_id)
        part = self._folder / f"{paper_id}{PART}"
        try:
            if known is None:
                paper = reading.read(path, name, self._settings)
                self._keep_file(path, part)
                self._store.papers.keep(paper)
                part.replace(self.file(paper_id))
            elif not self.whole(paper_id):
                self._keep_file(path, self.file(paper_id))
        except TriptychError as error:
            part.unlink(missing_ok=True)  # no trace of what failed
            return self._refused(path, name, error)
        self._store.papers.forget_refusal(name)
        if known:
            reason = f"already here as “{known.title}”"
            return Added(file=name, status="known", paper=known, reason=reason)
        (row,) = self.rows((paper_id,))
        return Added(file=name, status="added", paper=row, reason=blank_pages_sentence(row))

    def _refused(self, path: Path, name: str, error: TriptychError) -> Added:
        if path.is_file() and not isinstance(error, OutOfSpace):
            self._store.papers.keep_refusal(name, error.sentence)
        return Added(file=name, status="failed", reason=error.sentence)

    def _keep_file(self, path: Path, target: Path) -> None:
        """Copy the original: whole or not at all."""
        with _keeping():
            self._folder.mkdir(parents=True, exist_ok=True)
            with (
                unfinished(self._folder / f"copy-{uuid.uuid4().hex}") as copy,
                path.open("rb") as original,
            ):
                os.fchmod(copy.fileno(), 0o600)  # nobody else on this machine need read it
                shutil.copyfileobj(original, copy)
                put_in_place(copy, target)

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

    def rows(self, paper_ids: Iterable[str]) -> list[PaperRow]:
        """Those of the papers that are here, in the order given."""
        return self._store.papers.rows(paper_ids)

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
        self._store.papers.keep_facts({known.id: facts.checked(authors, year, tags)})
        return self._row(known.id)

    def add_tags(self, paper_ids: Iterable[str], tags: Iterable[str]) -> int:
        """Give papers these tags besides their own; how many of the papers are here."""
        more = tuple(tags)
        rows = self.rows(paper_ids)
        self._store.papers.keep_facts(
            {row.id: facts.checked(row.authors, row.year, (*row.tags, *more)) for row in rows}
        )
        return len(rows)

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
        return self._folder / paper_id

    def whole(self, paper_id: str) -> bool:
        """Whether the original file has the bytes that the paper was made of."""
        file = self.file(paper_id)
        return file.is_file() and reading.digest_file(file) == paper_id

    def page_image(self, paper: Paper, page: int, spans: tuple[Span, ...] = ()) -> PageImage:
        """The page of a PDF as PNG, with the spans of this paper marked, and those of them that
        could not be."""
        marked = [(span.start, span.end) for span in spans if span.paper_id == paper.id]
        return reading.page_image(
            self.file(paper.id), page, marked, paper, PAGE_SCALE, self._settings
        )

    # away, and back

    def remove(self, *names: str) -> list[PaperRow]:
        """Take papers away for good, by their ids or the beginnings of these: text, file and
        vectors, but for those of texts that stand in another paper too; runs made with them stay
        readable.

        Errors: BadInput if one is unknown; OutOfSpace if the papers went and their vectors could
        not.
        """
        rows = self.rows(self.resolve(names)) if names else []
        self.remove_many([row.id for row in rows])
        self.end_removal()
        return rows

    def remove_many(self, paper_ids: Iterable[str]) -> Removal:
        """Take papers away. Until the next removal, or until the lab is opened anew, `undo` brings
        them back as they were; then they go for good, as by `remove`.

        Errors: as `remove`, of the papers that were removed before.
        """
        self.end_removal()
        removal = uuid.uuid4().hex
        with adding(self._settings.data):
            count = self._store.papers.remove(tuple(paper_ids), removal)
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
        from core.indexes import vectors

        gone = self._store.papers.removed()
        if not gone:
            return
        moved = []
        try:
            for paper_id in gone - set(self.ids(PaperFilter())):
                file = self.file(paper_id)
                # Under that name a kill cannot leave it behind for ever (core.storage).
                part = file.with_name(f"{paper_id}{PART}")
                with suppress(FileNotFoundError):
                    file.replace(part)
                    moved.append((part, file))
            self._store.papers.forget_removed(gone)
        except TriptychError:
            for part, file in moved:
                part.replace(file)
            raise
        for part, _ in moved:
            part.unlink(missing_ok=True)
        vectors.forget(self._settings.data / "vectors", set(self.ids(PaperFilter())))

    def refusals(self) -> list[Refusal]:
        """Files that could not be added, until they are dismissed or added after all."""
        return self._store.papers.refusals()

    def dismiss(self, name: str) -> None:
        self._store.papers.forget_refusal(name)


def blank_pages_sentence(row: PaperRow) -> str:
    """Which pages hold no text to search; empty if all do."""
    if not row.blank_pages:
        return ""
    pages = ", ".join(_ranges(row.blank_pages))
    which = f"page {pages} holds" if len(row.blank_pages) == 1 else f"pages {pages} hold"
    return f"{which} no text to search"


def _ranges(numbers: tuple[int, ...]) -> list[str]:
    """(3, 4, 5, 9) -> ["3-5", "9"]"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in runs]


def _samples() -> list[Path]:
    return sorted((SAMPLES / "papers").iterdir())


@contextmanager
def _keeping() -> Iterator[None]:
    """Errors: OutOfSpace and TriptychError, where a file cannot be written."""
    full = "The disk is full: the file was not added; free some space and try again."
    try:
        with disk_full_as(full):
            yield
    except OSError as error:
        said = f"The file could not be kept: {error.strerror}."
        raise TriptychError(said, str(error)) from error
