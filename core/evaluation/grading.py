"""People say how good answers are: which come next, what was said, and what it comes to.

Answers are shown without their settings, in an order of each person's own that is the same at every
visit. What classes voted is read as preferences, too. Knows no page.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from core.charts import setting_names
from core.codec import from_json, plain
from core.errors import BadInput, Damaged
from core.history import MEASURES, PastRuns, Selection
from core.labels import counted
from core.metrics import Agreement, Alpha, Interval, Strength, alpha, mean_marks, means, votes
from core.settings import SAMPLES
from core.store import Store
from core.text import Undecodable, decode
from core.types import MARKS, PREFERENCES, Grade, Run, Said, digest

Way = Literal["marks", "pairs"]
TOGETHER = 3  # answers to one question before the next one comes
LONGEST_NAME = 60  # characters
RECORDED = SAMPLES / "grades.jsonl"  # of the recorded answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a person is asked next: a question with one answer, or two side by side."""

    question: str
    answers: tuple[str, ...]
    run_ids: tuple[str, ...]

    def graded(self, grader: str, said: Said) -> Grade:
        """Errors: BadInput for what cannot be said of it."""
        if said not in (MARKS if len(self.answers) == 1 else PREFERENCES):
            raise BadInput(f"{said!r} is no grade of {len(self.answers)} answers.")
        return Grade(
            grader=grader,
            question=self.question,
            answers=self.answers,
            run_ids=self.run_ids,
            said=said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """Where a person is: the next sheet, None when all are done, and how many they did of how
    many."""

    sheet: Sheet | None
    done: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingGrades:
    """The marks of one setting's answers, as shares (0..1) of the best mark: their mean over
    `mean.n` answers, each the mean of those who graded it."""

    setting: str
    mean: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What people found better, of answers side by side and in rounds of classes. Nothing is
    concluded while any are missing (`core.metrics.votes`)."""

    rounds: int
    votes: int
    missing_votes: int
    missing_rounds: int
    strengths: tuple[Strength, ...]
    agreement: tuple[Agreement, ...]


class Grades:
    """Errors of every method: as Store."""

    def __init__(self, store: Store, runs: PastRuns) -> None:
        self._store = store.grades
        self._classes = store.classes
        self._runs = runs

    def next(self, runs: Sequence[Run], grader: str, way: Way) -> Grading:
        """What this person grades next of these runs' answers; what they graded before, in another
        run or in another window, is done."""
        sheets = sheets_of(runs, grader, way)
        mine = {each.thing for each in self._store.all() if each.grader == grader}
        left = [each for each in sheets if (each.question, tuple(sorted(each.answers))) not in mine]
        return Grading(
            sheet=left[0] if left else None, done=len(sheets) - len(left), count=len(sheets)
        )

    def grade(self, grader: str, sheet: Sheet, said: Said) -> None:
        """Errors: BadInput for a name that is none, or what cannot be said of the sheet."""
        self._store.keep([sheet.graded(_name(grader), said)])

    def take_back(self, grader: str) -> Grade | None:
        """Undo the last that this person said; None if nothing is left."""
        return self._store.take_back(grader)

    def all(self) -> list[Grade]:
        return self._store.all()

    def graders(self) -> list[str]:
        return sorted({each.grader for each in self._store.all()})

    def take_in_recorded(self) -> None:
        """Put the grades that are shipped with the samples beside the others, once."""
        if not {each.grader for each in recorded()} & set(self.graders()):
            self._store.keep(recorded())

    def load(self, name: str, content: bytes) -> tuple[int, int]:
        """Take in what `written` wrote; how many grades it holds, and how many of them are new.
        Errors: BadInput for another file, and then nothing was taken in."""
        grades = read(name, content)
        return len(grades), self._store.keep(grades)

    def written(self) -> str:
        """All grades as JSON lines, oldest first."""
        return "".join(
            json.dumps(plain(each), ensure_ascii=False) + "\n" for each in self._store.all()
        )

    def agreement(self) -> Alpha | str:
        """How far those who marked the same answers agree (Krippendorff's alpha, ordinal); a
        sentence where that cannot be told."""
        marks: dict[tuple[str, tuple[str, ...]], list[float | None]] = defaultdict(list)
        for each in self._store.all():
            if each.mark:
                marks[each.thing].append(each.mark)
        try:
            return alpha(list(marks.values()), "ordinal")
        except ValueError as error:
            why = str(error)
            return f"{why[0].upper()}{why[1:]}."

    def by_setting(self, runs: Iterable[Run]) -> list[SettingGrades]:
        """The settings of these runs whose answers have marks, the best first."""
        marks = mean_marks(self._store.all())
        runs = list(runs)
        names = setting_names(run.recipe for run in runs)
        graded: dict[str, list[float]] = defaultdict(list)
        for run in runs:
            if run.answer and (run.question, run.answer.text) in marks:
                graded[names[run.recipe.key]].append(marks[run.question, run.answer.text])
        found = [
            SettingGrades(setting=name, mean=means([[mark] for mark in some])[0])
            for name, some in graded.items()
        ]
        return sorted(found, key=lambda each: -each.mean.mean)

    def preferences(self) -> Preferences | None:
        """What was found better, held against the measures; None before anybody said so."""
        rounds = [
            (each.run_ids, each.votes["right"])
            for each in self._classes.voted_rounds()
            if each.votes.get("right")
        ]
        rounds += [(each.run_ids, {each.better: 1}) for each in self._store.all() if each.better]
        if not rounds:
            return None
        runs = self._runs.runs(tuple({run_id for shown, _ in rounds for run_id in shown}))
        names = setting_names(run.recipe for run in runs)
        called = {run.id: names[run.recipe.key] for run in runs}
        choices = [
            votes.Choices(settings={run_id: called[run_id] for run_id in shown}, votes=found)
            for shown, found in rounds
            if called.keys() >= set(shown)  # a capsule may hold fewer runs than were shown
        ]
        missing_votes, missing_rounds = votes.missing(choices)
        enough = not (missing_votes or missing_rounds)
        marks = mean_marks(self._store.all())
        measured = Selection(runs=tuple(runs), marks=marks).measures if enough else {}
        measures = {
            run_id: {name: found[name] for name in MEASURES if name in found}
            for run_id, found in measured.items()
        }
        return Preferences(
            rounds=len(choices),
            votes=sum(sum(each.votes.values()) for each in choices),
            missing_votes=missing_votes,
            missing_rounds=missing_rounds,
            strengths=tuple(votes.strengths(choices)) if enough else (),
            agreement=tuple(votes.agreement(choices, measures)),
        )


@cache
def recorded() -> tuple[Grade, ...]:
    """The grades of the recorded answers."""
    return read(RECORDED.name, RECORDED.read_bytes())


def read(name: str, content: bytes) -> tuple[Grade, ...]:
    """The grades of a file of JSON lines. Errors: BadInput for a line that is none."""
    grades = []
    try:
        text = decode(content).text
    except Undecodable as error:
        raise BadInput(f"{name} {error}; save it as UTF-8.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            grade = from_json(Grade, line)
        except Damaged as error:
            said = f"Line {number} of {name} is no grade."
            raise BadInput(said, error.detail) from error
        if len(grade.answers) != (1 if grade.mark else 2):
            raise BadInput(
                f"Line {number} of {name} says {grade.said!r} of"
                f" {counted(len(grade.answers), 'answer')}."
            )
        grades.append(replace(grade, grader=_name(grade.grader)))
    return tuple(grades)


def sheets_of(runs: Iterable[Run], grader: str, way: Way) -> list[Sheet]:
    """All that this person may grade, in their order: the questions mixed, and of each a few
    answers at a time, so that whoever stops has graded a fair part. Equal answers to a question
    come once. Of pairs each answer meets the next one, and the last the first."""

    def mixed(*what: str) -> str:
        return digest([grader, way, *what])

    answers: dict[str, dict[str, str]] = defaultdict(dict)  # by question and text: a run's id
    for run in runs:
        if run.answer and run.answer.text.strip():
            answers[run.question].setdefault(run.answer.text, run.id)
    found: list[tuple[int, str, int, Sheet]] = []  # its turn, its question's place, its own
    for question, by_text in answers.items():
        texts = sorted(by_text, key=lambda text: mixed(question, text))
        for place, shown in enumerate(_shown(texts, way)):
            sheet = Sheet(
                question=question, answers=shown, run_ids=tuple(by_text[text] for text in shown)
            )
            found.append((place // TOGETHER, mixed(question), place, sheet))
    return [sheet for *_, sheet in sorted(found, key=lambda each: each[:3])]


def _shown(texts: Sequence[str], way: Way) -> list[tuple[str, ...]]:
    if way == "marks":
        return [(text,) for text in texts]
    pairs = zip(texts, [*texts[1:], texts[0]], strict=True)
    # Each stands as often on the left as on the right.
    return list(pairs) if len(texts) > 2 else [tuple(texts)] * (len(texts) == 2)


def _name(grader: str) -> str:
    """Errors: BadInput for a name that is none."""
    name = " ".join(grader.split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"A grader has a name of at most {LONGEST_NAME} characters.")
    return name
