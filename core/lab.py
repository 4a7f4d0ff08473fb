"""The lab: what pages and the command line talk to, a thin facade by noun.

lab.papers        files in, texts out
lab.answering     questions asked of recipes
lab.comparisons   what was asked side by side, and the recorded ones
lab.sweeps        whole grids of questions and settings
lab.runs          past runs: found, judged, imported and exported
lab.questions     questions with gold spans, apart from chunks
lab.evaluations   which setting is better, by these questions
lab.contexts      what context does to the answers of these questions
lab.reproduction  a published table, computed again
lab.beir          a BEIR data set, searched
lab.cards         decks in and out, cards found and changed
lab.proposals     cards that a generator proposes from papers
lab.study         what a learner studies, and when it comes again
lab.classes       a class that predicts and votes, and what its students ask
lab.models        which models there are
lab.ruler         how papers are cut, and what an embedder reads of it
lab.readiness     what a server prepares when nobody asks anything
lab.jobs          what is under way in the background, besides questions
lab.storage       what lies on disk: backups, rebuilding, reset
lab.doctor()      whether everything on disk is whole
"""

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from threading import Event

from core.answering import Answering, completed, follow, readiness, trial
from core.cards import Cards, Proposals, Study
from core.classroom import Classes, ClassQuestions
from core.errors import BadInput
from core.evaluation import BeirRuns, Contexts, Evaluations, Reproduction, beir_files, check
from core.gold import QuestionBook
from core.history import Comparisons, PastRuns
from core.models import Models
from core.papers import Papers, ReadingProgress, Reread
from core.retrieval import Finder, Ruler, script
from core.settings import Settings
from core.storage import Check, Storage, crash_recovery, examine
from core.store import Store
from core.sweeps import Sweeps
from core.tasks import Job, Jobs, Outcome, Steps, Worker
from core.types import Model, PaperFilter, Recipe

REPRODUCTION = "reproduction"  # the kind of its job


class Lab:
    """One data folder and one worker for the device. Opening it loads no model.

    Errors: TriptychError when the data folder cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = Store(settings.data / "triptych.sqlite")
        self.papers = Papers(settings, self._store)
        crash_recovery.clear(
            settings.data,
            self._store.database.mark,
            lambda: self.papers.ids(PaperFilter()),
            self.papers.clear_removed,
        )
        self.comparisons = Comparisons(self._store)
        self.cards = Cards(settings, self._store)
        self.study = Study(self._store)
        self.questions = QuestionBook(self._store, self.papers)
        self.runs = PastRuns(self._store, self.questions)
        self.models = Models(settings)
        self.ruler = Ruler(self.models, self.papers)
        finder = Finder(settings, self._store, self.papers, self.models)
        self._worker = Worker()
        self.answering = Answering(settings, self._store, finder, self.models, self._worker)
        self.sweeps = Sweeps(
            settings, self._store, finder, self.models, self.answering, self._worker
        )
        self.jobs = Jobs()
        self.storage = Storage(
            settings,
            self._store,
            self.papers,
            finder,
            self._worker,
            self.jobs,
            self.doctor,
            self.sweeps.running,
        )
        self.readiness = readiness.Readiness(
            settings, self._store, finder, self.models, self._worker, self.jobs
        )
        self.proposals = Proposals(self._store, self.papers, self.models, self._worker)
        self.evaluations = Evaluations(
            self._store, self.sweeps, self.questions, finder, self.models, self._worker
        )
        self.contexts = Contexts(self._store, self.sweeps, self.questions, self.papers, self.models)
        questions = ClassQuestions(self._store, self.answering, self.models, self.papers)
        self.classes = Classes(settings, self._store, self.comparisons, self.runs, questions)
        self.reproduction = Reproduction(settings, self.models, self._worker)
        self.beir = BeirRuns(settings, self.models, finder, self._worker)

    def doctor(self) -> Iterator[Check]:
        """Every check in turn, with its verdict in a sentence."""
        return examine(self.settings, self._store, self.papers, self.models)

    def read_again(
        self, paper_ids: Iterable[str], stop: Event, *, ocr: bool = False
    ) -> Generator[ReadingProgress, None, list[Reread]]:
        """As `Papers.read_again`. Errors: BadInput while a sweep is under way, which searches the
        texts that it began with."""
        if name := self.sweeps.running():
            raise BadInput(f"The sweep “{name}” is under way; stop it first, or wait for its end.")
        return self.papers.read_again(paper_ids, stop, ocr=ocr)

    def test(self, model: Model) -> Job:
        """Run a model once, in the background. Errors: as `Jobs.start`."""

        def steps(stop: Event) -> Steps:
            ticket = self._worker.stream(lambda: trial(self.models, model, stop))
            return (yield from follow(ticket))

        return self.jobs.start(job_of(model), f"The test of {model.name}", steps)

    def download(self, model: Model) -> Job:
        """Bring a model of the hub here, in the background; once stopped, the next call goes on.

        Errors: as `Jobs.start`; what `Models.download` raises ends the job.
        """

        def steps(_stop: Event) -> Steps:
            yield from self.models.download(model.name)
            return Outcome(sentence=f"{model.name} is here.")

        return self.jobs.start(job_of(model), f"The download of {model.name}", steps)

    def script(self, recipe: Recipe) -> str:
        """A Python script that finds what this recipe finds, without this program. Errors: as
        `Answering.check`, BadInput for what no script can do."""
        self.answering.check("What does it find?", recipe)
        return script.written(completed(recipe), self.models)

    def reproduce(self, folder: Path) -> Job:
        """Compute a published table again from its data set (a BEIR folder, or else that of the
        chunking evaluation), in the background; what was embedded is kept, so the next call goes
        on. Errors: as `Jobs.start`, and BadInput for a folder that is neither's."""
        is_beir = beir_files.holds(folder)
        if not is_beir:
            check(folder)

        def steps(_stop: Event) -> Steps:
            whole = self.beir.whole if is_beir else self.reproduction.whole
            table = yield from whole(folder)
            return Outcome(sentence=table.verdict)

        return self.jobs.start(REPRODUCTION, "The published table", steps)


def job_of(model: Model) -> str:
    """The kind of the jobs of one model."""
    return f"{model.family} {model.name}"
