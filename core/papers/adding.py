"""Files in: read side by side, kept in batches, each told when it is safe."""

import os
import shutil
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Literal

from core.errors import BadInput, OutOfSpace, TriptychError, Unreadable
from core.files import PART, adding, disk_full_as
from core.papers import reading, sources
from core.papers.ocr import OCR, NeedsOCR, pages_sentence
from core.papers.sources import LeftOut, SingleFile, Source
from core.settings import Settings
from core.store import PaperFacts, PaperRow, Store
from core.tasks import Progress
from core.types import Paper, PaperFilter, file_id_of

BATCH = 64  # files kept in one transaction; fewer where the next takes its time
PATIENCE = 0.5  # seconds in which a batch fills; then what is read is kept
BLOCK = 1 << 20  # bytes copied at once

Status = Literal["added", "known", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one file. `reason` says why it failed, or what a reader should know. What was
    "skipped" is no file but those of a folder or zip file that were not for reading. `for_ocr` is
    how many pages without text OCR could read, of a file that has no other."""

    file: str
    status: Status
    paper: PaperRow | None = None
    reason: str = ""
    for_ocr: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProgress(Progress):
    """How far the adding is, and what became of the files since the last step: it is kept."""

    added: tuple[Added, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A file that was read: a new paper and the copy of its file, or nothing but its sha256 if it
    is known (with a copy where its own file was lost), or why it cannot be added.
    `note`: as `read_with_facts`."""

    file: SingleFile
    file_id: str = ""
    paper: Paper | None = None
    facts: PaperFacts = field(default_factory=PaperFacts)
    note: str = ""
    copy: Path | None = None
    error: TriptychError | None = None


class Adding:
    """One go at adding files, to be run once. `folder` is that of the original files."""

    def __init__(
        self, settings: Settings, store: Store, folder: Path, ocr: OCR | None = None
    ) -> None:
        self._settings = settings
        self._store = store
        self._folder = folder
        self._ocr = ocr
        self._here: dict[str, str] = {}  # the papers' ids by those of their files

    def run(
        self, given: Sequence[Source], stop: Event
    ) -> Generator[AddProgress, None, list[Added]]:
        """What became of each file, in the order given, of those that were kept until `stop`."""
        with (
            adding(self._settings.data),
            sources.opened(given, reading.KINDS, self._settings) as files,
        ):
            ids = self._store.papers.ids(PaperFilter())
            self._here = {file_id_of(each): each for each in ids}
            return (yield from self._all(files, stop))

    def _all(
        self, files: Sequence[SingleFile | LeftOut], stop: Event
    ) -> Generator[AddProgress, None, list[Added]]:
        done: list[Added] = []
        left = iter(files)
        under_way: deque[Future[_Prepared] | LeftOut] = deque()
        # The threads wait for processes that read; what they do themselves is little.
        with ThreadPoolExecutor(self._settings.cores, "reading") as readers:
            try:
                while len(done) < len(files) and not stop.is_set():
                    for file in islice(left, BATCH + self._settings.cores - len(under_way)):
                        under_way.append(
                            file
                            if isinstance(file, LeftOut)
                            else readers.submit(self._prepare, file)
                        )
                    read = list(_ready(under_way))
                    if stop.is_set():  # Ctrl-C ends the children too: what they left says nothing
                        _drop(read)
                        break
                    added = self._keep(read) if read else []
                    done += added
                    doing = f"{len(done):,} of {len(files):,} files read"
                    within = self._ocr.share if self._ocr else 0.0
                    if self._ocr and self._ocr.doing:
                        doing += f" · {self._ocr.doing}"
                    yield AddProgress(
                        sentence=doing,
                        share=min(1.0, (len(done) + within) / len(files)),
                        added=tuple(added),
                    )
            finally:
                readers.shutdown(cancel_futures=True)
                begun = (each for each in under_way if isinstance(each, Future))
                _drop(each.result() for each in begun if not each.cancelled())
        return done

    def _prepare(self, file: SingleFile) -> _Prepared:
        """Read a file, in a thread of the readers."""
        copy = self._folder / f"copy-{uuid.uuid4().hex}"
        try:
            if file.path:
                reading.check(file.path, file.name, self._settings)
                file_id = reading.digest_file(file.path)
                if file_id in self._here and self._whole(file_id):
                    return _Prepared(file=file, file_id=file_id)
            with _keeping():
                self._copy(file, copy)
            file_id = reading.digest_file(copy)
            if file_id in self._here:
                if not self._whole(file_id):
                    return _Prepared(file=file, file_id=file_id, copy=copy)
                copy.unlink()
                return _Prepared(file=file, file_id=file_id)
            paper, facts, note = reading.read_with_facts(copy, file.name, self._settings, self._ocr)
            return _Prepared(
                file=file, file_id=file_id, paper=paper, facts=facts, note=note, copy=copy
            )
        except BaseException as error:
            copy.unlink(missing_ok=True)
            match error:
                case TriptychError():
                    return _Prepared(file=file, error=error)
                case OSError():
                    said = f"{file.name}: {error.strerror}."
                    return _Prepared(file=file, error=TriptychError(said))
            raise

    def _copy(self, file: SingleFile, copy: Path) -> None:
        """Errors: Unreadable for a stream that is damaged or longer than a file may be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        copy.touch(0o600, exist_ok=False)  # nobody else on this machine need read it
        with copy.open("wb") as new:
            if file.path:
                with file.path.open("rb") as original:
                    shutil.copyfileobj(original, new, BLOCK)
                return
            assert file.open
            most = self._settings.max_file_mb * 1_000_000
            for block in _blocks(file):
                new.write(block)
                if new.tell() > most:
                    raise Unreadable(reading.too_large(file.name, new.tell(), self._settings))

    def _whole(self, file_id: str) -> bool:
        return reading.is_original(self._folder / file_id, file_id)

    def _keep(self, batch: Sequence[_Prepared | LeftOut]) -> list[Added]:
        """What became of each; where they cannot be kept together, each is kept on its own."""
        try:
            return self._kept(batch)
        except (BadInput, OutOfSpace) as error:
            if len(batch) > 1:
                return [added for each in batch for added in self._keep([each])]
            (only,) = batch
            assert isinstance(only, _Prepared)
            _drop(batch)
            return self._kept([replace(only, paper=None, copy=None, error=error)])
        except TriptychError:
            _drop(batch)
            raise

    def _kept(self, batch: Sequence[_Prepared | LeftOut]) -> list[Added]:
        """All of it in one transaction; an error leaves the copies as they were."""
        read = [each for each in batch if isinstance(each, _Prepared)]
        new: dict[str, _Prepared] = {}
        for each in read:
            if each.paper and each.file_id not in self._here:
                new.setdefault(each.file_id, each)
        lost = {each.file_id: each for each in read if each.copy and not each.paper}
        moved: list[tuple[Path, Path]] = []
        try:
            with _keeping():
                for file_id, each in {**lost, **new}.items():
                    assert each.copy
                    # Under that name a kill cannot separate it from its paper (core.storage).
                    part = self._folder / f"{file_id}{PART}"
                    _flush(each.copy)
                    each.copy.replace(part)
                    moved.append((each.copy, part))
            self._store.papers.keep_batch(
                [(each.paper, each.facts) for each in new.values() if each.paper],
                refused=dict(_refusals(read)),
                welcome=[each.file.name for each in read if not each.error],
            )
        except TriptychError:
            for copy, part in moved:
                part.replace(copy)
            raise
        for _, part in moved:
            part.replace(part.with_suffix(""))
        self._here |= {each.file_id: each.paper.id for each in new.values() if each.paper}
        ids = {self._here[each.file_id] for each in read if each.file_id in self._here}
        rows = {file_id_of(row.id): row for row in self._store.papers.rows(ids)}
        told = [_told(each, rows, new) for each in batch]
        _drop(read)
        return told


def _ready(under_way: deque[Future[_Prepared] | LeftOut]) -> Iterator[_Prepared | LeftOut]:
    """Take off what is read, in order: a batch, or as much of it as comes within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    for each in list(islice(under_way, BATCH)):
        if isinstance(each, Future):
            if not wait([each], max(0, deadline - time.monotonic())).done:
                return
            under_way.popleft()
            yield each.result()
        else:
            under_way.popleft()
            yield each


def _told(
    each: _Prepared | LeftOut, rows: Mapping[str, PaperRow], new: Mapping[str, _Prepared]
) -> Added:
    if isinstance(each, LeftOut):
        status: Status = "failed" if each.failed else "skipped"
        return Added(file=each.shown, status=status, reason=each.reason)
    shown, row = each.file.shown, rows.get(each.file_id)
    if each.error:
        for_ocr = each.error.pages if isinstance(each.error, NeedsOCR) else 0
        return Added(file=shown, status="failed", reason=each.error.sentence, for_ocr=for_ocr)
    if row is None:
        reason = f"{each.file.name} was removed while it was added; add it again."
        return Added(file=shown, status="failed", reason=reason)
    if new.get(each.file_id) is each:
        ocr = each.paper.ocr_pages if each.paper else ()
        reason = "; ".join(filter(None, (each.note, pages_sentence(row.blank_pages, ocr))))
        return Added(file=shown, status="added", paper=row, reason=reason)
    return Added(file=shown, status="known", paper=row, reason=f"already here as “{row.title}”")


def _refusals(read: Iterable[_Prepared]) -> Iterator[tuple[str, str]]:
    """Which files are to be listed among those that could not be added, and why."""
    for each in read:
        here = each.file.path is None or each.file.path.is_file()
        if here and each.error and not isinstance(each.error, OutOfSpace):
            yield each.file.name, each.error.sentence


def _blocks(file: SingleFile) -> Iterator[bytes]:
    assert file.open
    try:
        with file.open() as stream:
            while block := stream.read(BLOCK):
                yield block
    except sources.DAMAGED as error:
        said = f"{file.name} is damaged in its zip file, or packed in a way that is not known."
        raise Unreadable(said, str(error)) from error


def _flush(copy: Path) -> None:
    with copy.open("rb+") as file:
        os.fsync(file.fileno())


def _drop(prepared: Iterable[_Prepared | LeftOut]) -> None:
    """Nothing of what was not kept stays."""
    for each in prepared:
        if isinstance(each, _Prepared) and each.copy:
            each.copy.unlink(missing_ok=True)


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
