"""The papers of the lab: files in, texts out, and away again."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Literal

from core.errors import BadInput, OutOfSpace, TriptychError
from core.files import PART, adding, disk_full_as, put_in_place, unfinished
from core.papers import finding, languages, reading, texts
from core.papers.finding import TextMatch
from core.papers.reading import PageImage
from core.settings import SAMPLES, Settings
from core.store import PaperRow, Refusal, Store
from core.types import Paper, Span

PAGE_SCALE = 2.0  # pixels a point: 144 dpi, sharp on a projector


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one file. `reason` says why it failed, or what a reader should know."""

    file: str
    status: Literal["added", "known", "failed"]
    paper: PaperRow | None = None
    reason: str = ""


class Papers:
    """Papers by their id, the sha256 of the file's bytes."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._folder = settings.data / "papers"
        self.get = lru_cache(maxsize=256)(self._get)
        # A text never changes, so its language is told once while the lab is open.
        self.language = cache(self._language)

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
        return {path.name for path in _samples()} <= {row.source for row in self.all()}

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

    def _add(self, path: Path, name: str) -> Added:
        try:
            reading.check(path, name, self._settings)
            paper_id = reading.digest_file(path)
        except OSError as error:
            return Added(file=name, status="failed", reason=f"{name}: {error.strerror}.")
        except TriptychError as error:
            return self._refused(path, name, error)
        known = next((row for row in self.all() if row.id == paper_id), None)
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
        row = next(row for row in self.all() if row.id == paper_id)
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

    def all(self) -> list[PaperRow]:
        return self._store.papers.all()

    def _get(self, paper_id: str) -> Paper:
        """The paper with its text. Errors: BadInput if it is not here (any more)."""
        paper = self._store.papers.get(paper_id)
        if paper is None:
            raise BadInput(f"There is no paper {paper_id[:12]} here (any more).")
        return paper

    def _language(self, paper_id: str) -> str | None:
        """The language a paper is in, as far as its words tell; None where they do not."""
        return languages.guess(self.get(paper_id).text)

    def find(self, paper: Paper, phrase: str) -> list[TextMatch]:
        """Where the phrase stands in a paper's text; `paper.pages_of` says on which page."""
        return finding.find(paper.text, phrase)

    def resolve(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Full ids for ids or their beginnings; all papers for none at all.

        Errors: BadInput for a beginning that fits no paper, or several.
        """
        rows = self.all()
        if not names:
            return tuple(row.id for row in rows)
        found = []
        for name in names:
            fitting = [row.id for row in rows if row.id.startswith(name)] if name else []
            if len(fitting) != 1:
                said = "no paper" if not fitting else f"{len(fitting)} papers"
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

    def remove(self, paper_id: str) -> PaperRow:
        """Take a paper away, and its vectors, but for those of texts that stand in another paper
        too; runs made with it stay readable.

        Errors: BadInput if unknown; OutOfSpace if the paper went and its vectors could not.
        """
        from core.indexes import forget

        (full_id,) = self.resolve((paper_id,))
        row = next(row for row in self.all() if row.id == full_id)
        file, part = self.file(full_id), self._folder / f"{full_id}{PART}"
        with adding(self._settings.data):
            # Under that name a kill cannot leave it behind for ever (core.storage.crash_recovery).
            with suppress(FileNotFoundError):
                file.replace(part)
            try:
                self._store.papers.remove(full_id)
            except TriptychError:
                with suppress(FileNotFoundError):
                    part.replace(file)
                raise
            part.unlink(missing_ok=True)
            self.get.cache_clear()
            forget(self._settings.data / "vectors", {row.id for row in self.all()})
        return row

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
