"""Past runs: found, judged, drawn from, brought in from logs and sent out. Knows no page.

Runs that were brought in never answer a question (core.store); they are there to be looked at.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from core import labels, logs
from core.charts import (
    Chart,
    Group,
    Point,
    Theme,
    answering,
    costs,
    groups,
    quality,
    searching,
    setting_names,
)
from core.codec import to_json
from core.errors import BadInput
from core.gold import QuestionBook, gold_by_question, within_papers
from core.history import capsules, readings, reports
from core.history.capsules import Capsule
from core.history.comparisons import Comparisons
from core.logs import experiments, retrievals
from core.metrics import (
    Diagnosis,
    best_overlap,
    diagnose_all,
    mean_marks,
    of_other_readings,
    repeated_share,
    shares,
    supported_share,
)
from core.settings import Endpoint
from core.store import RunRow, Store, SweepRow, now
from core.text import LOST, Undecodable, decode, file_name
from core.types import (
    Alternatives,
    Cell,
    Choice,
    Retrieval,
    Run,
    Setting,
    Sweep,
    View,
    digest,
    spans_of,
)

AT_ONCE = 2_000  # runs that are read whole for charts and diagnosis
PAGE = 100  # rows of the table
SELECTIONS_KEPT, COUNTS_KEPT = 4, 64
IMPORTED = "import:"
GOLD = "gold text found"
GRADED = "graded by people"
# The first that any run has is drawn first; few of the answers are graded as a rule.
MEASURES = (GOLD, "supported sentences", "whole answers", "words said once", GRADED)
CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLog:
    """What became of one file: what it is, how many runs and hits it holds, how many of the runs
    were here already, how many lines were mended, and which were dropped."""

    file: str
    kind: str  # log, retrieval-log or capsule
    runs: int
    hits: int
    known: int
    repaired: int
    dropped: tuple[logs.DroppedLine, ...]
    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The standard deviation of a measure between repeats of `repeated` questions and settings,
    `times` each, that differ in their seed alone."""

    deviation: float
    repeated: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Whole runs, with what can be judged of them; computed when first asked for."""

    runs: tuple[Run, ...]
    left_out: int = 0  # runs that fit the view as well, but were not read
    gold: Mapping[str, Alternatives] = field(default_factory=dict)  # of questions not held out
    marks: Mapping[tuple[str, str], float] = field(default_factory=dict)  # see `mean_marks`

    @cached_property
    def diagnoses(self) -> dict[str, Diagnosis]:
        return diagnose_all(self.runs)

    @cached_property
    def groups(self) -> list[Group]:
        """The runs in groups that may be compared, the largest first."""
        return groups(self.runs, self.measures)

    @cached_property
    def held(self) -> list[str]:
        """The measures that any of the runs has."""
        return [name for name in MEASURES if any(name in had for had in self.measures.values())]

    @cached_property
    def measures(self) -> dict[str, Mapping[str, float]]:
        """For each run what was measured of it, by name: shares from 0 to 1."""
        return {
            run.id: _measured(
                run, self.diagnoses[run.id], self.gold.get(run.question, ()), self.marks
            )
            for run in self.runs
        }

    def noise(self, points: Sequence[Point], measure: str) -> Noise | None:
        """How much the measure varies between these runs where they differ in the seed alone; None
        where no question was asked with two seeds at a temperature above 0."""
        from core.metrics import repeat_noise

        wanted = {point.run_id for point in points}
        repeats: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        for run in self.runs:
            how = run.recipe.generation
            if (
                run.id in wanted
                and how
                and how.temperature > 0
                and measure in self.measures[run.id]
            ):
                alike = replace(run.recipe, generation=replace(how, seed=0))
                repeats[run.question, alike.key][how.seed] = self.measures[run.id][measure]
        several = [list(values.values()) for values in repeats.values() if len(values) > 1]
        if not several:
            return None
        times = min(map(len, several))
        table = [values[:times] for values in several]
        return Noise(deviation=repeat_noise(table), repeated=len(table), times=times)


class PastRuns:
    """All runs of this lab, recorded and imported ones too. Errors of every method: as Store."""

    def __init__(self, store: Store, questions: QuestionBook) -> None:
        self._store = store
        self._sweeps = store.sweeps
        self._questions = questions
        facts = store.facts
        # Runs never change, so each of these holds until another run is kept, or other gold.
        self._selected = lru_cache(maxsize=SELECTIONS_KEPT)(self._select)
        self._counted = lru_cache(maxsize=COUNTS_KEPT)(lambda view, _newest: facts.count(view))
        self._valued = lru_cache(maxsize=COUNTS_KEPT)(lambda view, _newest: facts.values(view))
        self._asked = lru_cache(maxsize=COUNTS_KEPT)(
            lambda view, limit, _newest: facts.questions(view, limit)
        )

    def take_in_recorded(self) -> None:
        """Put the runs that are shipped with the samples beside the others, once, as the sweeps
        that they are."""
        for recorded in Comparisons.recorded_sweeps():
            known = self._store.facts.known(tuple(run.id for run in recorded.runs))
            missing = [run for run in recorded.runs if run.id not in known]
            if missing:
                with self._store.database.writing():
                    self._store.runs.keep_all(missing)
                    self._keep_sweep(recorded.name, "recorded", recorded.runs, recorded.sweep)

    def count(self, view: View) -> int:
        return self._counted(view, self._store.facts.newest())

    def rows(self, view: View, page: int = 0) -> list[RunRow]:
        """One page of the table, newest first."""
        return self._store.facts.rows(view, PAGE, page * PAGE)

    def unusual(self, rows: Sequence[RunRow]) -> dict[str, str]:
        """By id, what is rarely chosen and was, in words; runs that have all as usual are left
        out."""
        recipes = self._store.facts.recipes(tuple(row.id for row in rows))
        said = {run_id: labels.unusual(recipe) for run_id, recipe in recipes.items()}
        return {run_id: words for run_id, words in said.items() if words}

    def values(self, view: View) -> dict[Choice, list[tuple[str, int]]]:
        """What can be chosen for each setting, and how many runs that is."""
        return self._valued(view, self._store.facts.newest())

    def questions(self, view: View, limit: int = 500) -> list[tuple[str, int]]:
        """The questions of these runs, those asked most first."""
        return self._asked(view, limit, self._store.facts.newest())

    def runs(self, run_ids: Sequence[str]) -> list[Run]:
        """Whole runs, in this order; those not here are left out. Notes: as `readings.noted`."""
        return list(readings.noted(self._store.facts.runs(tuple(run_ids)), self._store))

    def of_other_readings(self, rows: Sequence[RunRow]) -> frozenset[str]:
        """The ids of those runs that were made with other readings of papers that are here."""
        return readings.others(tuple(row.id for row in rows), self._store)

    def select(self, view: View, most: int | None = AT_ONCE) -> Selection:
        """The newest whole runs that fit, at most so many; None: all."""
        gold = gold_by_question(self._questions.all())
        newest = self._store.facts.newest(), self._store.grades.newest()
        return self._selected(view, most, newest, tuple(gold.items()))

    def _select(
        self,
        view: View,
        most: int | None,
        _newest: tuple[int, int],
        gold: tuple[tuple[str, Alternatives], ...],
    ) -> Selection:
        fitting = self.count(view)
        rows = self._store.facts.rows(view, fitting if most is None else most)
        left_out = fitting - len(rows)
        runs = tuple(self._store.facts.runs(tuple(row.id for row in rows)))
        asked = {run.question for run in runs}
        of_these = {text: alternatives for text, alternatives in gold if text in asked}
        measured = self._questions.all_as_measured(of_these)
        marks = mean_marks(self._store.grades.all())
        return Selection(runs=runs, left_out=left_out, gold=measured, marks=marks)

    def load(self, name: str, content: bytes) -> ImportedLog:
        """Bring in a file by its bytes, which say what it is: a log of experiments or of searches,
        or a capsule; `name` is only shown. What is here already stays as it is.

        Errors: BadInput for a file that is none of them, or holds no run.
        """
        name = file_name(name)
        origin = IMPORTED + Path(name).name
        sweep, mended, capsule = None, 0, None
        if capsules.is_capsule(content):
            capsule = capsules.read(content)
            runs = tuple(replace(run, origin=origin) for run in capsule.runs)
            log = logs.Log(kind="capsule", runs=runs)
            sweep = capsule.sweep
        else:
            try:
                text = decode(content).text
            except Undecodable as error:
                raise BadInput(f"{name} {error}; save it as UTF-8.") from error
            log = logs.read(text, origin=origin)
            mended = sum(LOST in line for line in text.split("\n"))
        if not log.runs:
            raise BadInput(
                f"{name} holds no run: it is no experiment log, no retrieval log and no capsule."
            )
        run_ids = tuple(run.id for run in log.runs)
        known = self._store.facts.known(run_ids)
        with self._store.database.writing():  # the runs and what they belong to: all or nothing
            self._store.runs.keep_all(log.runs)
            if capsule and capsule.class_id:
                self._store.classes.take_in(capsule.class_id, capsule.at, capsule.rounds)
            if log.kind == "log" or sweep:
                self._keep_sweep(name, origin, log.runs, sweep)
        return ImportedLog(
            file=name,
            kind=log.kind,
            runs=len(log.runs),
            hits=sum(len(run.candidates) for run in log.runs),
            known=len(known),
            repaired=mended,
            dropped=log.dropped,
            run_ids=run_ids,
        )

    def _keep_sweep(self, name: str, origin: str, runs: Sequence[Run], sweep: Sweep | None) -> None:
        """Runs that were brought in as the sweep they are: that of a capsule, or every question
        under every setting of a log. Once: its id is made of its runs."""
        names = setting_names(run.recipe for run in runs)
        recipes = {run.recipe.key: run.recipe for run in runs}
        kept = sweep or Sweep(
            id=digest(["sweep", *(run.id for run in runs)])[:12],
            name=Path(name).stem,
            at="",
            questions=tuple(dict.fromkeys(run.question for run in runs)),
            settings=tuple(
                Setting(label=names[key], recipe=recipe) for key, recipe in recipes.items()
            ),
        )
        if self._sweeps.row(kept.id):
            return
        questions = {question: place for place, question in enumerate(kept.questions)}
        settings = {each.recipe.key: place for place, each in enumerate(kept.settings)}
        cells = {
            (place, column): Cell.of(place, column, run)
            for run in reversed(runs)  # of an answer given twice the first is the cell's
            if (place := questions.get(run.question)) is not None
            and (column := _column(run, settings)) is not None
        }
        kept = replace(kept, origin=origin)
        self._sweeps.keep(kept, digest(kept.id), "done", list(cells.values()))

    def sweeps(self) -> list[SweepRow]:
        """The sweeps to choose from, newest first."""
        return self._sweeps.rows(limit=200)

    def written(self, kind: str, view: View) -> bytes:
        """All runs that fit, as a file of this kind: "runs" (JSON lines), "log", "retrieval-log",
        "report" (HTML) or "capsule"; oldest first, those of one time as they came in. What came in
        as a file goes out as the same. Errors: BadInput if no run fits."""
        selected = self.select(view, most=None)
        sweep = self._sweeps.sweep(view.sweep) if view.sweep else None
        name = sweep.name if sweep else "Past runs"
        runs = _oldest_first(selected.runs)
        if not runs:
            raise BadInput("No run fits; there is nothing to write.")
        match kind:
            case "log":
                return experiments.write(runs).encode("utf-8")
            case "retrieval-log":
                return retrievals.write(runs).encode("utf-8")
            case "capsule":
                return capsules.write(_packed(name, runs, sweep))
            case "report":
                return self._report(selected, name)
            case _:
                noted = map(to_json, readings.noted(runs, self._store))
                return "".join(f"{each}\n" for each in noted).encode("utf-8")

    def _report(self, selected: "Selection", name: str) -> bytes:
        drawn: list[Chart] = []
        names: dict[str, str] = {}
        for group in selected.groups:
            drawn += charts_of(group.points, (selected.held or MEASURES)[0], "light")
        names = setting_names(run.recipe for run in selected.runs)
        troubles = [
            {"what": share.kind, "found": share.found, "of": share.judged}
            for share in shares(selected.diagnoses)
        ]
        runs = readings.noted(_oldest_first(selected.runs), self._store)
        text = reports.write(name, now()[:16], runs, drawn, names, troubles)
        return text.encode("utf-8")


def _oldest_first(runs: Sequence[Run]) -> list[Run]:
    """The newest runs in the order of time; those of one time, such as a log's, stand in the order
    in which they came already, and keep it."""
    return sorted(runs, key=lambda run: run.at)


def _packed(name: str, runs: Sequence[Run], sweep: Sweep | None) -> Capsule:
    """The runs as a capsule, which is the same from whichever lab it goes out: it says when the
    last of them was made, and not from which file they came."""
    return Capsule(
        name=name,
        at=runs[-1].at,
        runs=tuple(replace(run, origin="lab") for run in runs),
        sweep=replace(sweep, origin="lab") if sweep else None,
    )


def _column(run: Run, settings: Mapping[str, int]) -> int | None:
    """Which setting of a sweep answered it, by the recipes' keys; passages that were given are a
    question's own, and not the setting's."""
    alone = Setting(label="", recipe=run.recipe).recipe_with(())
    return settings.get(run.recipe.key, settings.get(alone.key))


def _tied(table: list[list[float]]) -> int:
    """How many settings cannot be told from the best, of values by question and setting."""
    from core.metrics import tied_with_best

    return len(tied_with_best(table).settings)


def _intervals(columns: Sequence[Mapping[str, float]]) -> list[tuple[float, float] | None]:
    """For each setting, of its values by question, the 95 % interval of their mean; None for a
    single question. Settings of the same questions share the resamples."""
    from core.metrics import means

    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, column in enumerate(columns):
        alike[tuple(sorted(column))].append(number)
    found: list[tuple[float, float] | None] = [None] * len(columns)
    for questions, numbers in alike.items():
        if len(questions) > 1:
            table = [[columns[number][question] for number in numbers] for question in questions]
            for number, mean in zip(numbers, means(table), strict=True):
                found[number] = mean.low, mean.high
    return found


def charts_of(
    points: Sequence[Point],
    measure: str,
    theme: Theme,
    prices: Mapping[str, Endpoint] = MappingProxyType({}),
) -> list[Chart]:
    """Every chart there is, of runs that may be compared; `measure` is what quality means. Money is
    drawn where an endpoint of `prices` answered."""
    priced = any(point.generator in prices for point in points)
    money = [costs.against_dollars(points, measure, theme, _intervals, prices)] if priced else []
    return [
        quality.by_size_and_k(points, measure, theme, _tied, _intervals),
        costs.against_context(points, measure, theme, _intervals),
        costs.against_seconds(points, measure, theme, _intervals),
        *money,
        quality.by_question(points, measure, theme),
        searching.movement(points, theme),
        searching.similarities(points, theme),
        searching.rerank_scores(points, theme),
        searching.overlap(points, theme),
        answering.lengths(points, theme),
        answering.stages(points, theme),
    ]


def _measured(
    run: Run,
    diagnosis: Diagnosis,
    gold: Alternatives,
    marks: Mapping[tuple[str, str], float],
) -> dict[str, float]:
    """The measures of one run; those it holds nothing for are left out. `gold` is that of its
    question: what a search found of it in the papers it had as it had them, passages given by hand
    apart."""
    found: dict[str, float] = {}
    wanted = within_papers(gold, run.paper_ids)
    searched = isinstance(run.recipe.evidence, Retrieval)
    previews = any(hit.preview for hit in run.hits)
    if searched and not previews and not of_other_readings(spans_of(gold), run.paper_ids):
        judged = best_overlap(wanted, [hit.passage for hit in run.passages])
        if judged:
            found[GOLD] = judged.recall
    if run.answer and (mark := marks.get((run.question, run.answer.text))) is not None:
        found[GRADED] = mark
    if run.answer and run.answer.text:
        found["words said once"] = 1 - repeated_share(run.answer.text)
        if run.hits and not previews:
            share = supported_share(run.answer.text, [hit.passage.text for hit in run.passages])
            if share is not None:
                found["supported sentences"] = share
    if CUT_OFF in diagnosis.judged:
        found[CUT_OFF] = float(diagnosis.found("cut off") is not None)
        found["whole answers"] = 1 - found[CUT_OFF]
    return found
