"""One database, and a store for each noun in it. Knows no SQL."""

from pathlib import Path

from core.store.cards import CardStore
from core.store.classes import ClassStore
from core.store.comparisons import ComparisonStore
from core.store.cuts import CutStore
from core.store.database import Database
from core.store.facts import RunFacts
from core.store.grades import GradeStore
from core.store.paper_sets import PaperSets
from core.store.papers import PaperStore
from core.store.questions import QuestionStore
from core.store.readings import ReadingStore
from core.store.rewritings import RewritingStore
from core.store.runs import RunStore
from core.store.scores import ScoreStore
from core.store.speeds import SpeedStore
from core.store.studies import StudyStore
from core.store.sweeps import SweepStore


class Store:
    """All that is kept in one file. Errors of every method: as Database."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.papers = PaperStore(self.database)
        self.readings = ReadingStore(self.database)
        self.cuts = CutStore(self.database)
        sets = PaperSets(self.database)
        self.runs = RunStore(self.database, sets)
        self.facts = RunFacts(self.database, sets)
        self.comparisons = ComparisonStore(self.database, self.runs)
        self.sweeps = SweepStore(self.database, self.runs, sets)
        self.questions = QuestionStore(self.database)
        self.scores = ScoreStore(self.database)
        self.rewritings = RewritingStore(self.database)
        self.speeds = SpeedStore(self.database)
        self.cards = CardStore(self.database)
        self.studies = StudyStore(self.database)
        self.classes = ClassStore(self.database)
        self.grades = GradeStore(self.database)
