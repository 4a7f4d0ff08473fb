"""What lies on disk: how much, backed up, put back, rebuilt, or taken away.

A backup is put back INTO the database that is in use, in one transaction: whoever reads it sees
the old content or the new one; core.storage.replace_all does the same for the files beside it.
Everything that changes the data runs in the worker's thread, between two questions, and not while a
sweep is under way: what it has begun would be gone.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO

from core.errors import BadInput, TriptychError
from core.files import (
    PART,
    alone,
    at_work,
    put_in_place,
    replacing,
    unfinished,
    write_failure_as,
)
from core.papers import Papers
from core.retrieval import Finder
from core.settings import Settings
from core.storage import replace_all
from core.storage.doctor import Check
from core.store import Database, Store, backup
from core.tasks import Job, Jobs, Outcome, Progress, Steps, Worker

KIND = "storage"  # of these jobs: never two at once
WAITING = Progress(sentence="Waiting for the answers that are under way …")
BACKING_UP, RESTORING, REBUILDING, RESETTING = "Backup", "Restore", "Rebuild", "Reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one kind of data takes on disk."""

    name: str
    bytes: int
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that lies here. `fault` says why it cannot be used; then nothing else is known."""

    name: str
    bytes: int
    at: str = ""
    papers: int = 0
    comparisons: int = 0
    left_out: int = 0
    fault: str = ""


class Storage:
    """The data folder as a whole."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        papers: Papers,
        finder: Finder,
        worker: Worker,
        jobs: Jobs,
        doctor: Callable[[], Iterator[Check]],
        sweeping: Callable[[], str],
        answering: Callable[[], bool],
    ) -> None:
        """`sweeping` names a sweep that is under way, here or in another program; "" if none.
        `answering` says whether a question is being answered beside the worker."""
        self._settings = settings
        self._store = store
        self._papers = papers
        self._finder = finder
        self._worker = worker
        self._jobs = jobs
        self._doctor = doctor
        self._sweeping = sweeping
        self._answering = answering
        self.folder = settings.data / "backups"

    def used(self) -> tuple[Used, ...]:
        """Each kind of data in turn. Packaged weights and the Hugging Face cache lie elsewhere."""
        data = self._settings.data
        database = sum(_size(file) for file in data.glob("triptych.sqlite*"))
        return (
            Used(name="Database", bytes=database, about="texts of papers, answers, scores"),
            Used(name="Original files", bytes=_size(data / "papers"), about="papers as they came"),
            Used(name="Vectors", bytes=_size(data / "vectors"), about="made anew when missing"),
            Used(
                name="Models",
                bytes=_size(self._settings.models),
                about="unpacked or downloaded; those in packages not counted",
            ),
            Used(name="Backups", bytes=_size(self.folder), about="listed below"),
        )

    def free(self) -> int:
        """Free bytes on the disk of the data folder."""
        return shutil.disk_usage(self._settings.data).free

    def backups(self) -> tuple[Backup, ...]:
        """The backups that lie here, the newest file first."""
        files = sorted(self.folder.glob("*.zip"), key=lambda file: file.stat().st_mtime)
        return tuple(_described(file) for file in reversed(files))

    def file(self, name: str) -> Path:
        """Errors: BadInput for a backup that is not here (any more)."""
        if name not in {file.name for file in self.folder.glob("*.zip")}:
            raise BadInput(f"There is no backup {name!r} here (any more).")
        return self.folder / name

    def open(self, name: str) -> IO[bytes]:
        """A backup's bytes. Errors: BadInput for one that is not here (any more)."""
        return self.file(name).open("rb")

    def take(self, stream: IO[bytes]) -> Backup:
        """Keep a backup that somebody uploads. Errors: Damaged if it is none, OutOfSpace."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self._new("uploaded")
        part = file.with_suffix(PART)
        unkept = write_failure_as("The backup could not be kept")
        with at_work(self._settings.data), unkept, unfinished(part) as copy:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            backup.contents(part)
            put_in_place(copy, file)
        return _described(file)

    def _new(self, kind: str) -> Path:
        """A backup's file, named by the time. Never one that is there already: two may be made in
        one second, and a clock may be set back."""
        name = f"{kind}-{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        return next(file for each in names if not (file := self.folder / f"{each}.zip").exists())

    def remove(self, name: str) -> None:
        """Errors: BadInput for a backup that is not here (any more)."""
        self.file(name).unlink(missing_ok=True)

    def back_up(self) -> Job:
        """Write a backup, also while questions are answered. Errors: as `Jobs.start`."""
        return self._jobs.start(KIND, BACKING_UP, lambda _stop: self._back_up())

    def restore(self, name: str) -> Job:
        """Put a backup in place of everything that is here, if it is whole.

        Errors: as `Jobs.start`, BadInput for a backup that is not here (any more), and while a
        sweep is under way or an endpoint answers.
        """
        file = self.file(name)
        self._check_idle()
        return self._jobs.start(KIND, RESTORING, lambda _stop: self._restore(file))

    def rebuild(self) -> Job:
        """Drop vectors and indexes; the next search makes them anew. Errors: as `Jobs.start`,
        BadInput while a sweep is under way or an endpoint answers."""
        self._check_idle()
        return self._jobs.start(KIND, REBUILDING, lambda _stop: self._rebuild())

    def reset(self) -> Job:
        """Take away everything that people made; models and backups stay. Errors: as
        `Jobs.start`, BadInput while a sweep is under way or an endpoint answers."""
        self._check_idle()
        return self._jobs.start(KIND, RESETTING, lambda _stop: self._reset())

    def _check_idle(self) -> None:
        if name := self._sweeping():
            raise BadInput(f"The sweep “{name}” is under way; stop it first, or wait for its end.")
        if self._answering():
            raise BadInput("A question is being answered; wait for its end, or stop it.")

    def _back_up(self) -> Steps:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self._new("triptych")
        papers = self._settings.data / "papers"
        presets = self._presets()
        with at_work(self._settings.data):
            for done, total in backup.write(self._store.database, papers, presets, file):
                yield Progress(sentence=f"Writing {_of(done, total)}", share=done / total)
        return Outcome(sentence=f"{file.name} is made, {file.stat().st_size / 1e6:,.1f} MB.")

    def _restore(self, file: Path) -> Steps:
        with self._workplace() as folder:
            for done, total in backup.unpack(file, folder):
                yield Progress(sentence=f"Checking {_of(done, total)}", share=done / total)
            yield Progress(sentence="Checking the papers …")
            paper_ids = backup.ready(folder / backup.DATABASE)
            presets = backup.contents(file).presets
            yield WAITING
            # From here on nothing may break it off: no step lies between.
            self._worker.call(self._replace, folder / backup.DATABASE, paper_ids, presets)
        return Outcome(sentence=f"{file.name} is put back, with {len(paper_ids):,} papers.")

    def _reset(self) -> Steps:
        with self._workplace() as folder:
            with closing(Database(folder / backup.DATABASE)):
                yield WAITING
            self._worker.call(self._replace, folder / backup.DATABASE, frozenset(), {})
            self._worker.call(self._drop_vectors)
        return Outcome(sentence="Everything is taken away; models and backups are still here.")

    def _rebuild(self) -> Steps:
        before = _size(self._settings.data / "vectors")
        yield WAITING
        self._worker.call(self._drop_vectors)
        dropped = f"{before / 1e6:,.1f} MB of vectors are dropped and come back at the next search"
        yield Progress(sentence="The doctor looks at the rest …")
        faults = [check.sentence for check in self._doctor() if not check.ok]
        return Outcome(sentence=" ".join([f"{dropped}.", *(faults or ["All else is whole."])]))

    def _presets(self) -> dict[str, str]:
        """The sweeps that people saved, by name; what is no text is none."""
        found = {}
        for file in (self._settings.data / "sweeps").glob("*.toml"):
            with suppress(UnicodeDecodeError):
                found[file.stem] = file.read_text(encoding="utf-8")
        return {name: text for name, text in found.items() if backup.PRESET.fullmatch(name)}

    def _replace(self, database: Path, paper_ids: frozenset[str], presets: dict[str, str]) -> None:
        """The data becomes that of another database, whose originals lie in papers/ beside it."""
        self._check_idle()  # something may have begun since
        data = self._settings.data
        with replacing(data):
            self._papers.clear_removed()
            replace_all.replace_all(data, self._store, database, paper_ids, presets)
            # A class of then would lock everybody out, and nobody may know its PIN any more.
            if left := self._store.classes.current():
                self._store.classes.end(left.id)
        self._papers.get.cache_clear()
        self._finder.forget()

    def _drop_vectors(self) -> None:
        self._check_idle()  # its index would be closed under it
        self._finder.forget()
        self._store.cuts.clear()
        shutil.rmtree(self._settings.data / "vectors", ignore_errors=True)

    @contextmanager
    def _workplace(self) -> Iterator[Path]:
        """An empty folder that one lab has for itself, and that is gone afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        busy, data = "Another Triptych restores just now; wait for it.", self._settings.data
        with alone(self.folder / ".lock", busy), at_work(data):
            replace_all.recover(data, self._store.database.mark)
            folder = data / replace_all.WORK
            folder.mkdir()
            try:
                yield folder
            finally:
                replace_all.recover(data, self._store.database.mark)


def _described(file: Path) -> Backup:
    size = file.stat().st_size
    try:
        found = backup.contents(file)
    except TriptychError as error:
        return Backup(name=file.name, bytes=size, fault=error.sentence)
    return Backup(
        name=file.name,
        bytes=size,
        at=found.at,
        papers=found.papers,
        comparisons=found.comparisons,
        left_out=found.left_out,
    )


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 if there is none."""
    total = 0
    for each in path.rglob("*") if path.is_dir() else (path,):
        with suppress(FileNotFoundError):  # it went in this moment
            total += each.stat().st_size if each.is_file() else 0
    return total


def _of(done: int, total: int) -> str:
    return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
