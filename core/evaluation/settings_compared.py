"""Which setting is better: a sweep without answers over the questions with gold, then every hit
held against the gold. The sweep keeps each search, so a broken one goes on where it was."""

from collections import OrderedDict
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace

from core.charts import Chart, PlottedSetting, Theme, recall_against_tokens, won_and_lost
from core.errors import BadInput
from core.evaluation.changed_questions import ChangedQuestion, turned
from core.evaluation.varied import series, varied
from core.gold import Gold, QuestionBook, about_retrieval, generated, gold_by_question
from core.labels import counted
from core.metrics import ALIKE, MARGIN, MeasuredQuestion, Summary, memo, retrieval, summarise
from core.models import Endpoints, Models, offsets
from core.retrieval import Finder
from core.settings import Endpoint
from core.store import Store, SweepRow
from core.sweeps import Planning, Preset, Sweeps
from core.tasks import Progress, Worker
from core.types import Alternatives, Chunk, Chunking, Retrieval, Run, Sweep, spans_of

KEPT = 16  # evaluations in memory, so that a page may draw them again


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came out. `measured` and `runs` (their ids): for each setting of the sweep a row with
    every question of `questions`, in that order. `tokens_of` names the model whose tokens the
    context is counted in; `without_gold` is how many questions have none. `reader` is an endpoint
    whose price is known, the default generator first; `generated` says what questions by a model
    mean."""

    sweep: Sweep
    questions: tuple[str, ...]
    measured: tuple[tuple[MeasuredQuestion, ...], ...]
    runs: tuple[tuple[str, ...], ...]
    summary: Summary
    tokens_of: str
    held_out: bool
    without_gold: int
    reader: Endpoint | None = None
    generated: str = ""

    @property
    def memo(self) -> str:
        """The decision on one page of Markdown."""
        return memo(
            f"Decision memo: {self.sweep.name}",
            self.summary,
            tested=self.tested(),
            untested=self.untested(),
            reader=self.reader,
        )

    @property
    def base(self) -> int:
        """The number of the setting that the others are compared with, the best without another."""
        return self.summary.leader if self.summary.base is None else self.summary.base

    def link(self, question: int, setting: int) -> str:
        """What shows a setting's run of a question beside that of the base, both from 0."""
        return ",".join(dict.fromkeys(self.runs[each][question] for each in (self.base, setting)))

    def turned(self, setting: int) -> list[ChangedQuestion]:
        """What a setting loses against the base, and behind that what it wins, most first."""
        rows = zip(self.questions, self.measured[self.base], self.measured[setting], strict=True)
        found = [
            ChangedQuestion(
                question=text,
                before=before.overlap.recall,
                after=after.overlap.recall,
                link=self.link(number, setting),
            )
            for number, (text, before, after) in enumerate(rows)
        ]
        return turned(found, ALIKE)

    def missed(self, setting: int) -> list[str]:
        """The questions of whose gold a setting finds nothing."""
        return [
            question
            for question, each in zip(self.questions, self.measured[setting], strict=True)
            if each.overlap.recall == 0
        ]

    def charts(self, theme: Theme) -> tuple[Chart, Chart]:
        """Recall against the text it costs; and what each question gains and loses, compared with
        the base setting, or with the best where there is none."""
        settings = [
            PlottedSetting(
                label=outcome.label,
                panel=panel,
                series=line,
                point=point,
                tokens=outcome.context_tokens,
                recall=outcome.recall.mean,
                low=outcome.recall.low,
                high=outcome.recall.high,
                tied=outcome.tied,
                recommended=number == self.summary.recommended,
            )
            for number, (outcome, (panel, line, point)) in enumerate(
                zip(self.summary.outcomes, series(self.sweep), strict=True)
            )
        ]
        recalls = [[each.overlap.recall for each in row] for row in self.measured]
        labels = [setting.label for setting in settings]
        count, decided = len(self.questions), not self.summary.too_few
        return (
            recall_against_tokens(settings, count, self.tokens_of, theme, decided=decided),
            won_and_lost(self.questions, labels, recalls, self.base, ALIKE, theme),
        )

    def tested(self) -> list[str]:
        """What the numbers rest on, in sentences."""
        kept = "test-set question" if self.held_out else "question"
        return [
            f"{counted(len(self.questions), kept)} with gold, over"
            f" {counted(len(self.sweep.paper_ids), 'paper')}, on {self.sweep.at[:10]};"
            f" {counted(len(self.sweep.settings), 'setting')}, each asked all of them.",
            *([self.generated] if self.generated else []),
            f"Tokens are counted by {self.tokens_of}.",
            *(
                f"{what[0].upper()}{what[1:]}: {', '.join(values)}."
                for what, values in varied(self.sweep).items()
                if len(values) > 1
            ),
        ]

    @property
    def left_out(self) -> str:
        """Which questions of the sweep are not judged here; empty if all are."""
        why = "not of the test set" if self.held_out else "kept for the test set"
        count = counted(self.without_gold, "question")
        return f"{count} without gold, or {why}" if self.without_gold else ""

    def untested(self) -> list[str]:
        """What they say nothing about, in sentences."""
        alone = [
            f"Any {what} but {values[0]}."
            for what, values in varied(self.sweep).items()
            if len(values) == 1
        ]
        none = [f"{self.left_out}."] if self.left_out else []
        held = [] if self.held_out else ["The choice on the test set."]
        return [*alone, *none, *held, "Answers: only what was retrieved was judged."]


class Evaluations:
    """Errors of every method: BadInput for what is invalid."""

    def __init__(
        self,
        store: Store,
        sweeps: Sweeps,
        questions: QuestionBook,
        finder: Finder,
        models: Models,
        endpoints: Endpoints,
        worker: Worker,
    ) -> None:
        self._store = store
        self._endpoints = endpoints
        self._speeds = store.speeds
        self._sweeps = sweeps
        self._questions = questions
        self._finder = finder
        self._models = models
        self._worker = worker
        self._kept: OrderedDict[tuple[object, ...], Evaluation] = OrderedDict()

    def all(self) -> list[SweepRow]:
        """The sweeps that can be judged, newest first: those of this lab that only search."""
        rows = [row for row in self._sweeps.all() if row.origin == "lab"]
        return [row for row in rows if _searches(self._sweeps.sweep(row.id))]

    def is_held_out(self, sweep_id: str) -> bool:
        """Whether a sweep asks questions that were set aside, and no other with gold."""
        sweep = self._sweeps.sweep(sweep_id)
        of_open, of_held = (self._gold(sweep.paper_ids, held_out) for held_out in (False, True))
        asked = set(sweep.questions)
        return asked.isdisjoint(of_open) and not asked.isdisjoint(of_held)

    def held_out(self, paper_ids: Sequence[str]) -> int:
        """How many questions that were set aside have gold in these papers."""
        return len(self._gold(paper_ids, held_out=True))

    def plan_check(self, sweep_id: str, labels: Collection[str]) -> Planning:
        """These settings of a sweep alone, over the test set. Errors: BadInput if no
        such question has gold in its papers, MissingModel."""
        sweep = self._sweeps.sweep(sweep_id)
        gold = self._gold(sweep.paper_ids, held_out=True)
        if not gold:
            raise BadInput("No question of the test set has gold in these papers.")
        settings = [setting for setting in sweep.settings if setting.label in labels]
        name = f"{sweep.name}, test set"
        return self._sweeps.planned(name, tuple(gold), settings, sweep.paper_ids)

    def plan(
        self,
        preset: Preset,
        paper_ids: Sequence[str],
        *,
        held_out: bool = False,
        sources: Collection[str] = (),
    ) -> Planning:
        """The sweep to be made, for `Sweeps.start`, with the questions of these sources
        (`QuestionBook.sources`) or all. No answers are written, whatever the preset says."""
        gold = self._gold(paper_ids, held_out, sources)
        if not gold:
            which = "question of the test set" if held_out else "question"
            raise BadInput(
                f"No {which} has gold in these papers; add some with `python -m core questions add"
                " FILE` (data/samples/questions.jsonl has those of the sample papers)."
            )
        searching = replace(preset, answers=None, baseline=False)
        return self._sweeps.plan(searching, tuple(gold), paper_ids)

    def without_gold(
        self, paper_ids: Sequence[str], *, held_out: bool = False, sources: Collection[str] = ()
    ) -> int:
        """How many questions a plan leaves out, since none of these papers holds gold of theirs."""
        every = {
            kept.question.text for kept in self._questions.all(held_out=held_out, sources=sources)
        }
        return len(every) - len(self._gold(paper_ids, held_out, sources))

    def _gold(
        self, paper_ids: Sequence[str], held_out: bool, sources: Collection[str] = ()
    ) -> Gold:
        return gold_by_question(self._questions.all(held_out=held_out, sources=sources), paper_ids)

    def result(
        self,
        sweep_id: str,
        base: str | None = None,
        *,
        margin: float = MARGIN,
        held_out: bool = False,
    ) -> Generator[Progress, None, Evaluation]:
        """What the sweep's searches are worth. `base` names the setting that the others are
        compared with; `margin` as of core.metrics.summarise."""
        sweep = self._sweeps.sweep(sweep_id)
        labels = [setting.label for setting in sweep.settings]
        if base is not None and base not in labels:
            raise BadInput(f"There is no setting called {base!r}; they are: {'; '.join(labels)}.")
        cells = self._sweeps.cells(sweep_id)
        failed = next((cell for cell in cells if cell.status != "done"), None)
        if failed:
            raise BadInput(
                f"“{sweep.settings[failed.setting].label}” has no result for"
                f" “{sweep.questions[failed.question]}”"
                f"{': ' + failed.sentence if failed.sentence else ''}; run it again to go on."
            )
        runs = {(cell.question, cell.setting): cell.run_id or "" for cell in cells}
        gold = self._questions.all_as_measured(self._gold(sweep.paper_ids, held_out))
        asked = [number for number, text in enumerate(sweep.questions) if text in gold]
        if not asked:
            every = gold_by_question(self._questions.all(held_out=held_out))
            places = [span for text in sweep.questions for span in spans_of(every.get(text, ()))]
            raise BadInput(
                "The papers of this sweep were read again, and the gold moved into their new"
                " texts; run the sweep again."
                if retrieval.of_other_readings(places, sweep.paper_ids)
                else "No question of this sweep has gold (any more)."
            )
        number = None if base is None else labels.index(base)
        spans = tuple(gold[sweep.questions[each]] for each in asked)
        key = (sweep_id, held_out, tuple(asked), spans)
        reader = self._reader()  # kept without it and `generated`, for both may change

        def judged() -> Generator[Progress, None, Evaluation]:
            found = yield from summarised()
            every = self._questions.all(held_out=held_out)
            said = about_retrieval(found.questions, generated(every))
            return replace(found, reader=reader, generated=said)

        def summarised() -> Generator[Progress, None, Evaluation]:
            if (*key, number, margin) in self._kept:
                return self._kept[*key, number, margin]
            same = next(
                (each for known, each in list(self._kept.items()) if known[: len(key)] == key), None
            )
            if same is None:
                same = yield from self._worker.stream(
                    lambda: self._result(sweep, runs, gold, asked, held_out)
                )
            summary = summarise(labels, same.measured, number, margin)
            return self._keep((*key, number, margin), replace(same, summary=summary))

        return judged()

    def _reader(self) -> Endpoint | None:
        """Whose price tells what reading costs."""
        prices = self._endpoints.prices()
        priced = {name: each for name, each in prices.items() if each.family == "generator"}
        return priced.get(self._models.default("generator")) or next(iter(priced.values()), None)

    def _keep(self, key: tuple[object, ...], evaluation: Evaluation) -> Evaluation:
        self._kept[key] = evaluation
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return evaluation

    def _result(
        self,
        sweep: Sweep,
        runs: dict[tuple[int, int], str],
        gold: Gold,
        asked: Sequence[int],
        held_out: bool,
    ) -> Generator[Progress, None, Evaluation]:
        tokens_of = self._models.token_counter()
        tokenizer, _ = self._models.reading(tokens_of)
        speeds = self._speeds.all()
        lengths: dict[str, int] = {}
        measured = []
        for place, setting in enumerate(sweep.settings, start=1):
            evidence = setting.recipe.evidence
            assert isinstance(evidence, Retrieval), "planned without a baseline"
            found = yield from self._relevant(sweep, setting.recipe.chunking, gold, asked)
            row = []
            for question in asked:
                run = self._store.runs.get(runs[question, place - 1])
                assert run is not None, "a done cell has its run"
                for hit in run.passages:
                    if hit.passage.text not in lengths:
                        lengths[hit.passage.text] = len(offsets(tokenizer, hit.passage.text))
                speed = speeds.get(("rerank", evidence.reranker or ""))
                spans = gold[sweep.questions[question]]
                row.append(_measured(run, spans, found[question], evidence.top_k, lengths, speed))
            measured.append(tuple(row))
            said = f"Comparing with the gold: {place} of {len(sweep.settings)} settings"
            yield Progress(sentence=said, share=place / len(sweep.settings))
        return Evaluation(
            sweep=sweep,
            questions=tuple(sweep.questions[question] for question in asked),
            measured=tuple(measured),
            runs=tuple(
                tuple(runs[question, place] for question in asked)
                for place in range(len(sweep.settings))
            ),
            summary=summarise([setting.label for setting in sweep.settings], measured),
            tokens_of=tokens_of,
            held_out=held_out,
            without_gold=len(sweep.questions) - len(asked),
        )

    def _relevant(
        self, sweep: Sweep, chunking: Chunking, gold: Gold, asked: Sequence[int]
    ) -> Generator[Progress, None, dict[int, list[Chunk]]]:
        """For each question the chunks of this cutting that are relevant to it."""
        places = {each: spans_of(gold[sweep.questions[each]]) for each in asked}
        here = sorted({span.paper_id for spans in places.values() for span in spans})
        chunks = yield from self._finder.chunks(chunking, here)
        return {
            question: [
                chunk
                for span in spans
                for chunk in chunks[span.paper_id]
                if retrieval.relevant(chunk, [span])
            ]
            for question, spans in places.items()
        }


def _measured(
    run: Run,
    gold: Alternatives,
    relevant: Sequence[Chunk],
    k: int,
    tokens: dict[str, int],
    pairs_a_second: float | None,
) -> MeasuredQuestion:
    """What was found of the gold, and at which cost, goes by what is read; ranks go by what was
    matched. Reranking costs what its pairs take here, also where their scores were known before."""
    passages = [hit.passage for hit in run.passages]
    overlap = retrieval.best_overlap(gold, passages)
    assert overlap is not None, "only questions with gold are measured"
    reads = [hit.embedder_reads for hit in run.candidates if hit.embedder_reads is not None]
    reranking = run.rerank_seconds or 0.0
    if run.rerank_seconds is not None and pairs_a_second:
        reranking = len(run.candidates) / pairs_a_second
    return MeasuredQuestion(
        overlap=overlap,
        ranking=retrieval.best_ranking(gold, [hit.chunk for hit in run.candidates], relevant, k),
        context_tokens=sum(tokens[passage.text] for passage in passages),
        context_characters=retrieval.characters(passages),
        found_characters=retrieval.characters(hit.chunk for hit in run.candidates),
        read_characters=sum(reads) if len(reads) == len(run.candidates) else None,
        seconds=(run.search_seconds or 0.0) + reranking,
    )


def _searches(sweep: Sweep) -> bool:
    return all(
        isinstance(setting.recipe.evidence, Retrieval) and setting.recipe.generation is None
        for setting in sweep.settings
    )
