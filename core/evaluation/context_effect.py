"""What context does to answers: each question with gold is answered without context, with what a
search finds, and with its gold passage given; then every answer is held against the reference.

The asking is a sweep. What was recorded with the sample papers is judged alike, without a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core import gold
from core.charts import Chart, Theme, won_and_lost
from core.errors import BadInput
from core.evaluation.changed_questions import ChangedQuestion, turned
from core.gold import QuestionBook, gold_by_question, within_papers
from core.history import Comparisons
from core.labels import FULL_ARM_NAMES
from core.metrics import ALPHA, Difference, Interval, reference, statistics
from core.models import Models
from core.papers import Papers
from core.settings import SAMPLES
from core.store import Store, SweepRow
from core.sweeps import Planning, Sweeps
from core.types import (
    Arm,
    Generation,
    Given,
    PaperFilter,
    Recipe,
    Retrieval,
    Run,
    Setting,
    spans_of,
    three_ways,
)

NAME = "Helped or hurt"
LABELS: dict[Arm, str] = FULL_ARM_NAMES | {"given": "gold passage given"}
JUDGED_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a right answer says: the reference, or where there is none the text of the gold."""

    text: str
    written: bool  # by a person, as a reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmOutcome:
    """How near the answers of one arm come to what is expected (token F1, 0..1), and what became
    of them against no context; None for that arm itself."""

    label: str
    arm: Arm
    nearness: Interval
    difference: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpedOrHurt:
    """Questions answered by every arm, the first of which is without context. `nearness`: for each
    arm a row with every question; `links` show a question's answers side by side. `references` is
    how many of the questions have a written reference; `left_out` are those that an arm has no
    answer to, or that have no gold any more."""

    name: str
    at: str
    generator: str
    questions: tuple[str, ...]
    arms: tuple[ArmOutcome, ...]
    nearness: tuple[tuple[float, ...], ...]
    links: tuple[str, ...]
    references: int
    left_out: int
    recorded: bool

    @property
    def verdict(self) -> str:
        """What context did, in one sentence."""
        told = [arm for arm in self.arms if arm.difference and arm.difference.p_holm <= ALPHA]
        said = [
            f"“{arm.label}” {'brings' if _mean(arm) > 0 else 'takes'} answers"
            f" {'nearer to' if _mean(arm) > 0 else 'further from'} the reference"
            for arm in told
        ]
        if not said:
            return "No difference yet between answers with context and those without."
        return f"{', '.join(said)}."

    def turned(self, arm: int) -> list[ChangedQuestion]:
        """What this arm's context hurt, and behind that what it helped, most first."""
        rows = zip(self.questions, self.nearness[0], self.nearness[arm], self.links, strict=True)
        found = [
            ChangedQuestion(question=q, before=b, after=a, link=link) for q, b, a, link in rows
        ]
        return turned(found, reference.ALIKE)

    def chart(self, theme: Theme) -> Chart:
        """Every question under every arm."""
        labels = [arm.label for arm in self.arms]
        return won_and_lost(
            self.questions, labels, self.nearness, 0, reference.ALIKE, theme, measure="nearness"
        )


class Contexts:
    """Errors of every method: BadInput for what is invalid."""

    def __init__(
        self,
        store: Store,
        sweeps: Sweeps,
        questions: QuestionBook,
        papers: Papers,
        models: Models,
    ) -> None:
        self._store = store
        self._sweeps = sweeps
        self._questions = questions
        self._papers = papers
        self._models = models
        self._judged = lru_cache(maxsize=JUDGED_KEPT)(self._judge)

    def plan(self, generator: str, paper_ids: Sequence[str]) -> Planning:
        """Every question with gold in these papers under four settings: no context, retrieved,
        retrieved and reranked, and its gold passage given, of alternatives the first. Those that a
        model wrote are left out. Errors: also MissingModel, BadInput where all are a model's."""
        known = gold_by_question(self._questions.all(), paper_ids)
        written = self._generated()
        given = {text: ways[0] for text, ways in known.items() if text not in written}
        if known and not given:
            raise BadInput(f"{gold.REFUSED} Mark some questions of your own.")
        if not given:
            raise BadInput("No question has gold in these papers; mark some, or add a file.")
        embedder, reranker = (self._models.default(each) for each in ("embedder", "reranker"))
        searched = Recipe(
            evidence=Retrieval(embedder=embedder), generation=Generation(generator=generator)
        )
        by_hand = Recipe(evidence=Given(spans=()), generation=searched.generation)
        recipes = (*three_ways(searched, reranker), by_hand)
        settings = [Setting(label=LABELS[recipe.arm], recipe=recipe) for recipe in recipes]
        return self._sweeps.planned(NAME, tuple(given), settings, paper_ids, given=given)

    def all(self) -> list[SweepRow]:
        """The sweeps of this kind, newest first."""
        rows = [row for row in self._sweeps.all() if row.origin == "lab"]
        return [row for row in rows if self._sweeps.sweep(row.id).given]

    def result(self, sweep_id: str) -> HelpedOrHurt | None:
        """What came out so far; None before a question is answered by every arm."""
        if not self._sweeps.sweep(sweep_id).given:
            raise BadInput("This sweep does not ask with gold passages; it says nothing here.")
        done = self._sweeps.row(sweep_id).done
        return self._judged(sweep_id, done, tuple(self._expected().items()))

    def left_out(self, paper_ids: Sequence[str]) -> int:
        """How many questions with gold in these papers a model wrote, and are not asked."""
        return len(self._generated() & set(gold_by_question(self._questions.all(), paper_ids)))

    def _generated(self) -> set[str]:
        return gold.generated(self._questions.all())

    def _expected(self) -> dict[str, Expected]:
        expected: dict[str, Expected] = {}
        here = set(self._papers.ids(PaperFilter()))
        written_by_models = self._generated()
        for kept in self._questions.all():
            question = kept.question
            if question.text.strip() in written_by_models:
                continue
            spans = spans_of(within_papers(question.alternatives, here)[:1])
            texts = [self._papers.get(span.paper_id).text[span.start : span.end] for span in spans]
            if question.gold and (question.reference or texts):
                text = question.reference or " ".join(texts)
                written = bool(question.reference)
                expected.setdefault(question.text.strip(), Expected(text=text, written=written))
        return expected

    def _judge(
        self, sweep_id: str, _done: int, expected: tuple[tuple[str, Expected], ...]
    ) -> HelpedOrHurt | None:
        sweep = self._sweeps.sweep(sweep_id)
        ids: dict[str, list[str]] = {}
        for cell in self._sweeps.cells(sweep_id):
            if cell.status == "done" and cell.run_id:
                ids.setdefault(sweep.questions[cell.question], []).append(cell.run_id)
        found = {}
        for question, run_ids in ids.items():
            runs = [run for run in map(self._store.runs.get, run_ids) if run]
            if len(runs) == len(sweep.settings):
                found[question] = runs, ",".join(run_ids)
        asked = len(sweep.questions)
        return _judged(sweep.name, found, dict(expected), asked=asked, recorded=False)

    @staticmethod
    def recorded() -> HelpedOrHurt | None:
        """The same of the runs that come with the sample papers, which are given no passage; None
        where none are shipped."""
        file = SAMPLES / "questions.jsonl"
        expected = {
            written.text: Expected(text=written.reference, written=True)
            for written in gold.read(file.name, file.read_bytes())
            if isinstance(written, gold.Written) and written.passages and written.reference
        }
        found = {each.question: (each.runs, each.id) for each in Comparisons.recorded()}
        asked = len(expected)
        return _judged("Sample questions", found, expected, asked=asked, recorded=True)


def _judged(
    name: str,
    found: Mapping[str, tuple[Sequence[Run], str]],
    expected: Mapping[str, Expected],
    *,
    asked: int,
    recorded: bool,
) -> HelpedOrHurt | None:
    """`found`: for each question its runs, one an arm in the same order, and what links to them."""
    questions = [question for question in found if question in expected]
    if not questions:
        return None
    runs = [found[question][0] for question in questions]
    table = [
        [
            reference.token_f1(run.answer.text if run.answer else "", expected[question].text)
            for run in row
        ]
        for question, row in zip(questions, runs, strict=True)
    ]
    differences = {each.setting: each for each in statistics.differences(table, 0, reference.ALIKE)}
    generation = runs[0][0].recipe.generation
    return HelpedOrHurt(
        name=name,
        at=runs[0][0].at,
        generator=generation.generator if generation else "",
        questions=tuple(questions),
        arms=tuple(
            ArmOutcome(
                label=LABELS[run.recipe.arm],
                arm=run.recipe.arm,
                nearness=nearness,
                difference=differences.get(number),
            )
            for number, (run, nearness) in enumerate(
                zip(runs[0], statistics.means(table), strict=True)
            )
        ),
        nearness=tuple(zip(*table, strict=True)),
        links=tuple(found[question][1] for question in questions),
        references=sum(expected[question].written for question in questions),
        left_out=asked - len(questions),
        recorded=recorded,
    )


def _mean(arm: ArmOutcome) -> float:
    return arm.difference.interval.mean if arm.difference else 0.0
