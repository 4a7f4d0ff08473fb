"""Sweeps: presets, plans, and sweeps under way, which any page may watch, stop and resume.

The work itself is in core.sweeps.execute; everything that must not be lost is in the store. A
sweep is run by one process at a time, which holds a lock on a file that ends with it.
"""

import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import IO

from core.answering import Answering
from core.errors import BadInput, MissingModel
from core.files import lock_file, try_lock
from core.models import Endpoints, Models
from core.retrieval import Finder
from core.settings import SAMPLES, Settings
from core.store import Store, SweepRow, now
from core.sweeps import expand, plan, presets
from core.sweeps import questions as question_lines
from core.sweeps.execute import Counted, Grid
from core.sweeps.expand import DroppedSetting
from core.sweeps.plan import Search, SweepPlan
from core.sweeps.preset_files import Presets
from core.sweeps.presets import Preset
from core.tasks import Priority, Progress, Task, Ticket, Worker, failure
from core.types import (
    Cell,
    Chunking,
    Family,
    Prefix,
    Setting,
    Span,
    Sweep,
    SweepStatus,
    Whole,
    run_key,
)

Planning = Generator[Progress, None, SweepPlan]

STOPPING_SECONDS = 5.0  # how long one who resumes waits for it
SWEEPS_KEPT = 64  # in memory, without their cells
LOOK_SECONDS = 0.2  # between two looks at the line


@dataclass(kw_only=True)
class Sweeping(Task[Progress, None]):
    """A sweep that this process runs, or ran. `ended` are the cells that it has done, or that
    failed, in that order."""

    id: str
    name: str = "sweep"
    ticket: Ticket[Progress, None] | None = None
    doing: Progress | None = None
    counted: Counted = field(default_factory=Counted)
    ended: list[Cell] = field(default_factory=list)

    @property
    def ahead(self) -> int:
        """How many pieces of work go before its next one."""
        return self.ticket.position if self.ticket else 0

    def show(self, step: Progress) -> None:
        self.doing = step


class Sweeps:
    """Whole grids of questions and settings."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        finder: Finder,
        models: Models,
        answering: Answering,
        worker: Worker,
    ) -> None:
        self.presets = Presets(settings.data / "sweeps")
        self._data = settings.data
        self._store = store
        self._sweeps = store.sweeps
        self._speeds = store.speeds
        self._finder = finder
        self._models = models
        self._endpoints = Endpoints(settings)
        self._answering = answering
        self._worker = worker
        # What a sweep asks never changes.
        self.sweep = lru_cache(maxsize=SWEEPS_KEPT)(self._sweep)
        self._under_way: dict[str, Sweeping] = {}
        self._starting = Lock()

    # plans

    @staticmethod
    def sample_questions() -> tuple[str, ...]:
        """The questions that come with the sample papers."""
        return question_lines.read((SAMPLES / "questions.jsonl").read_text(encoding="utf-8"))

    @staticmethod
    def questions_in(text: str) -> tuple[str, ...]:
        """Questions typed or pasted, one a line, or the text of a JSONL file. Errors: BadInput."""
        return question_lines.read(text)

    def plan(
        self, preset: Preset, questions: Sequence[str], paper_ids: Sequence[str], text: str = ""
    ) -> Planning:
        """What the sweep would do, and about how long it would take; loads no model, so that it
        need not wait for the worker. `text` is the preset's own, kept with the sweep. Errors:
        BadInput, at once, if nothing is left to do."""
        settings, dropped = expand.settings_of(
            preset, self._named, lambda recipe: self._answering.check("?", recipe)
        )
        if not settings:
            raise BadInput(f"No setting of {preset.name!r} can be used: {dropped[0].why}")
        some = questions if preset.questions is None else questions[: preset.questions]
        text = text or presets.written(preset)
        return self.planned(preset.name, some, settings, paper_ids, text=text, dropped=dropped)

    def planned(
        self,
        name: str,
        questions: Sequence[str],
        settings: Sequence[Setting],
        paper_ids: Sequence[str],
        *,
        given: Mapping[str, tuple[Span, ...]] | None = None,
        text: str = "",
        dropped: Sequence[DroppedSetting] = (),
    ) -> Planning:
        """The same for settings that no preset says. `given`: for each question the passages for a
        setting that gives passages. Errors: also MissingModel, if one of theirs is not here."""
        pinned = [
            replace(setting, recipe=self._answering.pinned(setting.recipe)) for setting in settings
        ]
        papers = tuple(sorted(set(paper_ids)))
        pinned, unfit = self._fitting(pinned, papers)
        searches = plan.depths(setting.recipe for setting in pinned)
        reads = any(isinstance(setting.recipe.evidence, Whole) for setting in pinned)
        if (searches or reads) and not papers:
            raise BadInput("There is no paper to search; add one first.")
        if not plan.asked(questions)[0]:
            raise BadInput("There is no question; type one, a line each.")

        def steps() -> Planning:
            texts = yield from self._finder.counted((search.way for search in searches), papers)
            rows = self._store.papers.rows(papers) if reads else []
            counted = plan.plan(
                name,
                questions,
                pinned,
                papers,
                texts.__getitem__,
                preset=text,
                dropped=(*dropped, *unfit),
                given=given,
                whole=sum(row.characters for row in rows),
            )
            known = len(self._store.runs.known(self._keys(counted)))
            return plan.estimated(
                replace(counted, known=known),
                1 - known / counted.cells,
                self._fresh(searches, texts),
                self._speeds.all(),
                self._endpoints.prices(),
            )

        return steps()

    def _fitting(
        self, settings: Sequence[Setting], papers: tuple[str, ...]
    ) -> tuple[list[Setting], list[DroppedSetting]]:
        """The settings whose filter fits some of the papers, and those whose does not. Errors:
        BadInput if that is all of them."""
        kept, dropped = [], []
        for setting in settings:
            try:
                if papers:
                    self._answering.fitting(setting.recipe, papers)
                kept.append(setting)
            except BadInput as error:
                dropped.append(DroppedSetting(what=setting.label, why=error.sentence))
        if settings and not kept:
            raise BadInput(dropped[0].why)
        return kept, dropped

    def _fresh(
        self,
        searches: Iterable[Search],
        texts: Mapping[tuple[Chunking, Prefix], set[bytes] | int],
    ) -> dict[str, int]:
        """By embedder, how many chunks it has not read yet."""
        keys: dict[str, set[bytes]] = {}
        counted: dict[str, int] = {}
        for search in searches:
            found = texts[search.way]
            if search.embedder and isinstance(found, int):
                counted[search.embedder] = counted.get(search.embedder, 0) + found
            elif search.embedder and isinstance(found, set):
                keys.setdefault(search.embedder, set()).update(found)
        return {
            name: counted.get(name, 0) + self._finder.unread(name, keys.get(name, set()))
            for name in keys.keys() | counted.keys()
        }

    def _keys(self, planned: SweepPlan) -> list[str]:
        """The run keys of all cells."""
        fitting = {
            setting.recipe.key: self._answering.fitting(setting.recipe, planned.paper_ids)
            for setting in planned.settings
        }
        return [
            run_key(question, recipe, fitting.get(recipe.key, ()))
            for question, recipe in planned.recipes()
        ]

    def _named(self, family: Family, wanted: str) -> str:
        """The first model that is here of "A or B"; of "best" the best."""
        if wanted == presets.BEST:
            wanted = self._models.default(family)
        missing: MissingModel | None = None
        for name in wanted.split(" or "):
            try:
                return self._models.find(family, name.strip()).name
            except MissingModel as error:
                missing = missing or error
        assert missing
        raise missing

    # under way

    def start(self, planned: SweepPlan) -> str:
        """Start a sweep in the background; its id. One that asks the same and has not ended goes
        on instead. Errors: as `resume`."""
        sweep_id = self._sweeps.unfinished(planned.key)
        if sweep_id is None:
            sweep = Sweep(
                id=uuid.uuid4().hex[:12],
                name=planned.name,
                at=now(),
                preset=planned.preset,
                questions=planned.questions,
                settings=planned.settings,
                paper_ids=planned.paper_ids,
                given=planned.given,
            )
            cells = [
                Cell(question=question, setting=setting, status="queued")
                for question in range(len(sweep.questions))
                for setting in range(len(sweep.settings))
            ]
            self._sweeps.keep(sweep, planned.key, "queued", cells)
            sweep_id = sweep.id
        self.resume(sweep_id)
        return sweep_id

    def resume(self, sweep_id: str) -> None:
        """Go on with what is open. Errors: BadInput if it is unknown, imported, or run by another
        program."""
        with self._starting:
            running = self._under_way.get(sweep_id)
            if running and not running.over:
                if not running.stopping.is_set():
                    return
                if not running.join(STOPPING_SECONDS):
                    raise BadInput("This sweep is still stopping; try again in a moment.")
            row = self._row(sweep_id)
            if row.origin != "lab":
                raise BadInput("An imported sweep cannot go on here; its answers came from afar.")
            lock = self._lock(sweep_id)
            if lock is None:
                raise BadInput("Another program runs this sweep; look again when it has ended.")
            self._sweeps.requeue(sweep_id, "running")
            self._sweeps.set_status(sweep_id, "queued")
            sweeping = Sweeping(id=sweep_id)
            sweeping.follow(self._steps(sweeping, lock))
            self._under_way[sweep_id] = sweeping

    def retry_failed(self, sweep_id: str) -> None:
        """Put what failed in line again. Errors: as `resume`."""
        self._row(sweep_id)
        self._sweeps.requeue(sweep_id, "failed")
        self.resume(sweep_id)

    def stop(self, sweep_id: str) -> None:
        """End it soon, also in another program; what is done is kept."""
        sweeping = self._under_way.get(sweep_id)
        if sweeping:
            sweeping.stop()
        if self._row(sweep_id).status in ("queued", "running"):
            self._sweeps.set_status(sweep_id, "stopped")

    def wake(self) -> None:
        """Go on with what was under way when its process ended: for a server that starts."""
        for row in self._sweeps.under_way():
            try:
                self.resume(row.id)
            except BadInput:
                continue  # another program runs it

    def wait(self, sweep_id: str, seconds: float | None = None) -> bool:
        """Wait until this process runs it no more; whether that came about."""
        sweeping = self._under_way.get(sweep_id)
        return sweeping is None or sweeping.join(seconds)

    def remove(self, sweep_id: str) -> None:
        """Take a sweep away; its answers stay. Errors: BadInput while it is under way."""
        if self._row(sweep_id).status in ("queued", "running"):
            raise BadInput("This sweep is under way; stop it first.")
        self._sweeps.remove(sweep_id)
        self.sweep.cache_clear()

    # watched

    def all(self, limit: int = 50) -> list[SweepRow]:
        """The latest sweeps, newest first."""
        return self._sweeps.rows(limit)

    def row(self, sweep_id: str) -> SweepRow:
        """A sweep and how far it is. Errors: BadInput if there is none."""
        return self._row(sweep_id)

    def _sweep(self, sweep_id: str) -> Sweep:
        """A sweep with its questions and settings. Errors: BadInput if there is none."""
        sweep = self._sweeps.sweep(sweep_id)
        if sweep is None:
            raise BadInput("There is no such sweep here (any more).")
        return sweep

    def cells(self, sweep_id: str, first: int = 0, count: int | None = None) -> list[Cell]:
        """Its cells, question by question; all, or of `count` questions from `first` (from 0)."""
        return self._sweeps.cells(sweep_id, first=first, count=count)

    def failures(self, sweep_id: str) -> dict[str, int]:
        """Why cells failed, and how many for that reason."""
        return self._sweeps.failures(sweep_id)

    def progress(self, sweep_id: str, *, ended: bool = False) -> Sweeping | None:
        """What this process is doing for it; None if it runs elsewhere or not at all. With
        `ended` also what it did until the sweep ended."""
        sweeping = self._under_way.get(sweep_id)
        return None if sweeping is None or (sweeping.over and not ended) else sweeping

    def running(self) -> str:
        """The name of a sweep that is under way in this or another program; empty if none is."""
        for row in self._sweeps.under_way():
            lock = self._lock(row.id)
            if lock is None:
                return row.name
            lock.close()  # its process has ended
        return ""

    def _row(self, sweep_id: str) -> SweepRow:
        row = self._sweeps.row(sweep_id)
        if row is None:
            raise BadInput("There is no such sweep here (any more).")
        return row

    def _lock(self, sweep_id: str) -> IO[bytes] | None:
        """A lock that ends with the process; None if another one has it."""
        return try_lock(lock_file(self._data, f"sweep-{sweep_id}"))

    def _steps(self, sweeping: Sweeping, lock: IO[bytes]) -> Generator[Progress, None, None]:
        """Do what is open and write down how it ended, before another program may run it."""
        with lock:
            try:
                yield from self._work(sweeping)
            except Exception as error:  # noqa: BLE001 - it is raised again
                failed = failure(error)
                self._end(sweeping, f"{failed.sentence} {failed.detail}".strip())
                raise failed from None
            self._end(sweeping, "")

    def _work(self, sweeping: Sweeping) -> Generator[Progress, None, None]:
        sweep = self.sweep(sweeping.id)
        work = Grid(
            sweep=sweep,
            cells=self._sweeps.cells(sweep.id, "queued"),
            stop=sweeping.stopping,
            counted=sweeping.counted,
            ended=sweeping.ended,
            store=self._store,
            finder=self._finder,
            models=self._models,
            answering=self._answering,
        )
        with closing(self._worker.stream(work.steps, Priority.SWEEP)) as ticket:
            sweeping.ticket = ticket
            while ahead := ticket.position:
                others = "one piece of work is" if ahead == 1 else f"{ahead} pieces of work are"
                yield Progress(sentence=f"Waiting: {others} before this sweep")
                if sweeping.stopping.wait(LOOK_SECONDS):
                    return
            if not self._sweeps.take_up(sweep.id):
                return
            yield from ticket
        sweeping.ticket = None
        yield from work.steps_beside()

    def _end(self, sweeping: Sweeping, sentence: str) -> None:
        self._sweeps.requeue(sweeping.id, "running")
        row = self._sweeps.row(sweeping.id)
        if row is None:
            return  # it went with all other data
        ended: SweepStatus = "stopped" if row.queued else "done"
        self._sweeps.set_status(sweeping.id, ended, sentence)
