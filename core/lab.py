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
lab.grades        what people say of answers
lab.beir          a BEIR data set, searched
lab.cards         decks in and out, cards found and changed
lab.proposals     cards that a generator proposes from papers
lab.proposed_questions  test questions that a generator proposes, with what answers them
lab.study         what a learner studies, and when it comes again
lab.classes       a class that predicts and votes, and what its students ask
lab.models        which models there are
lab.endpoints     models behind an address: found, added, removed
lab.ruler         how papers are cut, and what an embedder reads of it
lab.readiness     what a server prepares when nobody asks anything
lab.jobs          what is under way in the background, besides questions
lab.storage       what lies on disk: backups, rebuilding, reset
lab.doctor()      whether everything on disk is whole
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

from core.answering import Answering, completed, follow, readiness, suiting, trial
from core.cards import Cards, Proposals, Study
from core.classroom import Classes, ClassQuestions
from core.errors import BadInput
from core.evaluation import (
    BeirRuns,
    Contexts,
    Evaluations,
    Grades,
    QuestionProposals,
    Reproduction,
    beir_files,
    check,
)
from core.gold import QuestionBook
from core.history import Comparisons, PastRuns
from core.models import Endpoints, Models, pick
from core.models import ShownEndpoint as ShownEndpoint
from core.models.servers import LocalServer as LocalServer
from core.models.servers import ServedModel as ServedModel
from core.papers import Papers, ReadingProgress, Reread
from core.retrieval import Finder, Ruler, script
from core.settings import Settings
from core.storage import Check, Storage, crash_recovery, examine
from core.store import Store
from core.sweeps import Sweeps
from core.tasks import Job, Jobs, Outcome, Steps, Worker
from core.types import Model, Offer, PaperFilter, Recipe

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
        self.endpoints = Endpoints(settings)
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
            self.answering.is_beside,
        )
        self.readiness = readiness.Readiness(
            settings, self._store, finder, self.models, self._worker, self.jobs
        )
        self.proposals = Proposals(self._store, self.papers, self.models, self._worker)
        self.proposed_questions = QuestionProposals(
            self.papers, self.questions, self.models, self._worker, self.proposals
        )
        self.evaluations = Evaluations(
            self._store,
            self.sweeps,
            self.questions,
            finder,
            self.models,
            self.endpoints,
            self._worker,
        )
        self.contexts = Contexts(self._store, self.sweeps, self.questions, self.papers, self.models)
        questions = ClassQuestions(self._store, self.answering, self.models, self.papers)
        self.classes = Classes(settings, self._store, self.comparisons, self.runs, questions)
        self.grades = Grades(self._store, self.runs)
        self.reproduction = Reproduction(settings, self.models, self._worker)
        self.beir = BeirRuns(settings, self.models, finder, self._worker)

    def doctor(self) -> Iterator[Check]:
        """Every check in turn, with its verdict in a sentence."""
        return examine(self.settings, self._store, self.papers, self.models, self.endpoints)

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
            def tried() -> Steps:
                return trial(self.models, self.endpoints, model, stop)

            if model.family == "generator" and self.models.is_served(model.name):
                return (yield from tried())
            ticket = self._worker.stream(tried)
            return (yield from follow(ticket))

        return self.jobs.start(job_of(model), f"The test of {model.name}", steps)

    def find_requests(self, model: Model) -> Job:
        """Find by trying how many requests at once suit an endpoint that writes answers, in the
        background, and keep that if the endpoint was added here. Errors: as `Jobs.start`."""

        def steps(stop: Event) -> Steps:
            found = yield from suiting(self.models, model.name, stop)
            if found is None:
                return None
            endpoint = self.endpoints.find(model.name)
            if endpoint not in self.settings.endpoints:
                self.endpoints.add(replace(endpoint, requests=found.requests))
            return Outcome(sentence=found.sentence)

        return self.jobs.start(job_of(model), f"Trying requests at once of {model.name}", steps)

    def download(self, wanted: Model | Offer) -> Job:
        """Bring a model of the hub here, in the background; once stopped, the next call goes on.
        What comes of one that is only suggested is looked up first.

        Errors: as `Jobs.start`; what `Models.look_up` and `download` raise ends the job.
        """

        def steps(_stop: Event) -> Steps:
            offer = wanted
            if isinstance(offer, Model):
                offer = pick(self.models.look_up(offer.name))
            yield from self.models.download(offer)
            return Outcome(sentence=f"{offer.name} is here.")

        return self.jobs.start(job_of(wanted), f"The download of {wanted.name}", steps)

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


def job_of(model: Model | Offer) -> str:
    """The kind of the jobs of one model."""
    return f"{model.family} {model.name}"
