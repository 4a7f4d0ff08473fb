"""Ready when asked: what the next question will need is made before there is one.

On a server that is told so (`TRIPTYCH_WARM=1`): the models of the default recipe are loaded, and
the chunks of all papers embedded, after everybody else in the worker, a batch at a time. Nothing is
ever downloaded for it.
"""

from collections.abc import Generator
from contextlib import closing
from threading import Event

from core import chunkers
from core.errors import MissingModel
from core.models import Models
from core.retrieval import Finder
from core.settings import Settings
from core.store import Store
from core.tasks import Job, Jobs, Priority, Progress, Steps, Worker
from core.types import FAMILIES, Chunking, PaperFilter

KIND = "readiness"
NAME = "Getting ready"
LOOK_SECONDS = 0.5  # between two looks at the line
PAPERS_AT_ONCE = 32  # cut before the first of them is embedded


class Readiness:
    """What a server does when nobody asks anything."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        finder: Finder,
        models: Models,
        worker: Worker,
        jobs: Jobs,
    ) -> None:
        self._settings = settings
        self._papers = store.papers
        self._finder = finder
        self._models = models
        self._worker = worker
        self._jobs = jobs
        self._seen: tuple[int, int] | None = None  # the papers that it was begun for

    def begin(self) -> None:
        """Begin, unless it is under way or no paper came since it was. What is stopped or fails is
        not begun again before another paper comes; whoever asks is told then what is wrong."""
        mark = self._papers.mark()
        if self._settings.warm and not self.job and mark != self._seen:
            self._seen = mark
            self._jobs.start(KIND, NAME, self._steps)

    @property
    def job(self) -> Job | None:
        """The work, while it is under way."""
        job = self._jobs.get(KIND)
        return None if job is None or job.over else job

    def _steps(self, stop: Event) -> Steps:
        while True:
            with closing(self._worker.stream(self._all, Priority.NOBODY)) as ticket:
                while ticket.position and not stop.wait(LOOK_SECONDS):
                    yield Progress(sentence="Getting ready, when nobody asks anything")
                if stop.is_set():
                    return None
                yield from ticket
            mark = self._papers.mark()
            if mark == self._seen:
                return None
            self._seen = mark  # some came meanwhile

    def _all(self) -> Generator[Progress, None, None]:
        for family in FAMILIES:
            name = self._models.default(family)
            try:
                source = self._models.find(family, name).source
            except MissingModel:  # who asks is told how to bring it
                continue
            if source != "endpoint":
                yield from getattr(self._models, family)(name)
        embedder = self._models.default("embedder")
        if ("embedder", embedder) not in self._models.in_memory():
            return
        chunking = chunkers.completed(Chunking(), embedder)
        every = self._papers.ids(PaperFilter())
        for start in range(0, len(every), PAPERS_AT_ONCE):
            doing = Progress(
                sentence=f"Embedding new papers: {start:,} of {len(every):,}",
                share=start / len(every),
            )
            yield doing
            some = every[start : start + PAPERS_AT_ONCE]
            for _ in self._finder.embed(embedder, chunking, some):
                yield doing
