"""The lab: what pages and the command line talk to, a thin facade by noun.

lab.papers   files in, texts out
lab.bench    questions asked of recipes
lab.sweeps   whole grids of questions and settings
lab.runs     past and recorded comparisons
lab.models   which models there are
lab.questions    questions with gold spans, apart from chunks
lab.evaluations  which setting is better, by these questions
lab.reproduction a published table, computed again
lab.doctor() whether everything on disk is whole
"""

from collections.abc import Iterator

from core.lab.bench import Bench
from core.lab.doctor import Check, examine
from core.lab.evaluation import Evaluations
from core.lab.evidence import Finder
from core.lab.models import Models
from core.lab.papers import Papers
from core.lab.questions import QuestionBook
from core.lab.reproduction import Reproduction
from core.lab.runs import Runs
from core.lab.sweeps import Sweeps
from core.settings import Settings
from core.store import Store
from core.worker import Worker


class Lab:
    """One data folder and one worker for the device. Opening it loads no model.

    Errors: TriptychError when the data folder cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = Store(settings.data / "triptych.sqlite")
        self.papers = Papers(settings, self._store)
        self.runs = Runs(self._store)
        self.models = Models(settings)
        finder = Finder(settings, self._store, self.papers, self.models)
        worker = Worker()
        self.bench = Bench(settings, self._store, finder, self.models, worker)
        self.sweeps = Sweeps(settings, self._store, finder, self.models, self.bench, worker)
        self.questions = QuestionBook(self._store, self.papers)
        self.evaluations = Evaluations(
            self._store, self.sweeps, self.questions, finder, self.models, worker
        )
        self.reproduction = Reproduction(settings, self.models, worker)

    def doctor(self) -> Iterator[Check]:
        """Every check in turn, with its verdict in a sentence."""
        return examine(self.settings, self._store, self.papers, self.models)
