"""Asking: from a question and recipes to runs, each kept as soon as it is done.

Everything that touches a model runs in the worker's thread; this file says in which order. Knows
no page: it yields steps, and whoever asked draws them.
"""

import time
import uuid
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Event
from typing import TypeVar

from core import chunkers, generators, indexes
from core.answering import prompts
from core.answering.cost import answer_units
from core.answering.running import (
    EvidenceFound,
    Finished,
    Panel,
    RunningComparison,
    Step,
    TextDelta,
)
from core.errors import BadInput, TriptychError
from core.models import Models, registry, vocabularies
from core.retrieval import Finder, bm25, ranking
from core.settings import Settings
from core.store import Store, now
from core.tasks import Priority, Progress, Stopwatch, Ticket, Worker, mapped, result_of
from core.types import (
    Answer,
    Comparison,
    Delta,
    Evidence,
    Message,
    Recipe,
    Request,
    Retrieval,
    Run,
    TextGenerator,
    run_key,
)

T = TypeVar("T")
R = TypeVar("R")

LIVES_KEPT = 200  # comparisons under way or just ended that pages may still look at


@dataclass(slots=True, kw_only=True)
class Draft:
    """A run in the making."""

    panel: int
    key: str
    question: str
    paper_ids: tuple[str, ...]
    recipe: Recipe
    evidence: Evidence = field(default_factory=Evidence)
    messages: tuple[Message, ...] = ()
    notes: tuple[str, ...] = ()
    text: str = ""
    first_token: float | None = None
    run: Run | None = None


class Answering:
    """Questions asked of recipes."""

    def __init__(
        self, settings: Settings, store: Store, finder: Finder, models: Models, worker: Worker
    ) -> None:
        self._settings = settings
        self._store = store
        self._speeds = store.speeds
        self._finder = finder
        self._models = models
        self._worker = worker
        self._lives: OrderedDict[str, RunningComparison] = OrderedDict()
        self._cuts = cache(chunkers.revision)
        self._fuses = cache(ranking.revision)

    def check(self, question: str, recipe: Recipe) -> None:
        """Errors: BadInput for anything invalid, MissingModel for what is not here."""
        if not question.strip():
            raise BadInput("The question is empty; type one.")
        if len(question) > prompts.LONGEST_QUESTION:
            raise BadInput(
                f"The question has {len(question):,} characters; ask in at most"
                f" {prompts.LONGEST_QUESTION:,}, and add longer texts as a paper."
            )
        if isinstance(recipe.evidence, Retrieval):
            ranking.check(recipe.evidence, recipe.chunking)
            tokenizer = recipe.chunking.tokenizer or ""
            if vocabularies.known(tokenizer):
                vocabularies.check(tokenizer)
        if recipe.generation:
            generators.check(recipe.generation)
        for family, name in self._names(completed(recipe)):
            registry.find(self._settings, family, name)

    @staticmethod
    def _names(recipe: Recipe) -> list[tuple[registry.Family, str]]:
        """The models a completed recipe uses."""
        names: list[tuple[registry.Family, str]] = []
        if isinstance(recipe.evidence, Retrieval):
            if recipe.evidence.uses_embedder:
                names.append(("embedder", recipe.evidence.embedder))
            if recipe.chunking.tokenizer and not vocabularies.known(recipe.chunking.tokenizer):
                names.append(("embedder", recipe.chunking.tokenizer))
            if recipe.evidence.reranker:
                names.append(("reranker", recipe.evidence.reranker))
        if recipe.generation:
            names.append(("generator", recipe.generation.generator))
        return list(dict.fromkeys(names))

    def pinned(self, recipe: Recipe) -> Recipe:
        """The recipe with nothing left open, and with the revisions of its models, of the prompt,
        of an index that may miss something, and of its chunker and of rank fusion where these
        changed, as they are here now."""
        recipe = completed(recipe)
        revisions = [
            (name, self._models.find(family, name).revision) for family, name in self._names(recipe)
        ]
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.uses_embedder:
            index = recipe.evidence.index
            revisions += [(index, finds)] if (finds := indexes.revision(index)) else []
        if isinstance(recipe.evidence, Retrieval) and recipe.evidence.uses_words:
            revisions.append(("bm25", bm25.VERSION))
        tokenizer = recipe.chunking.tokenizer or ""
        if isinstance(recipe.evidence, Retrieval) and vocabularies.known(tokenizer):
            revisions.append((tokenizer, vocabularies.revision(tokenizer)))
        if isinstance(recipe.evidence, Retrieval):
            if cuts := self._cuts(recipe.chunking.chunker):
                revisions.append((recipe.chunking.chunker, cuts))
            if recipe.evidence.retriever == "hybrid" and (fuses := self._fuses()):
                revisions.append((recipe.evidence.retriever, fuses))
        if recipe.generation:
            revisions.append(("prompt", prompts.VERSION))
        return replace(recipe, revisions=tuple(revisions))

    def search(
        self,
        question: str,
        recipe: Recipe,
        paper_ids: tuple[str, ...],
        priority: Priority = Priority.PERSON,
        asker: str = "",
    ) -> Run:
        """The evidence alone: a run without an answer. It is not kept."""
        draft = self._draft(0, question, replace(recipe, generation=None), paper_ids)
        draft.evidence = result_of(
            self._worker.stream(lambda: self._evidence(draft), priority, asker)
        )
        return self.run(draft, None, None)

    def ask(
        self,
        question: str,
        recipes: Sequence[Recipe],
        paper_ids: tuple[str, ...],
        *,
        stop: Event | None = None,
        comparison_id: str | None = None,
        priority: Priority = Priority.PERSON,
        asker: str = "",
    ) -> Generator[Step, None, Comparison]:
        """Answer one question by each recipe, a panel each; returns the comparison, which is kept.
        All that one `asker` asks takes turns with what others ask.

        What was answered before is not computed again. Setting `stop`, or closing the generator,
        ends soon; what is done, and what was said so far, is kept. Errors: as `check`.
        """
        drafts = [self._draft(i, question, recipe, paper_ids) for i, recipe in enumerate(recipes)]
        ticket = self._worker.stream(
            lambda: self._answer(drafts, stop or Event(), comparison_id or new_id()),
            priority,
            asker,
        )
        return follow(ticket)

    def start(
        self,
        question: str,
        recipes: Sequence[Recipe],
        paper_ids: tuple[str, ...],
        priority: Priority = Priority.PERSON,
        asker: str = "",
    ) -> RunningComparison:
        """Ask in the background; any page may watch. Errors: as `check`, at once."""
        live = RunningComparison(
            id=new_id(), question=question, panels=tuple(Panel(recipe=r) for r in recipes)
        )
        steps = self.ask(
            question,
            recipes,
            paper_ids,
            stop=live.stopping,
            comparison_id=live.id,
            priority=priority,
            asker=asker,
        )
        self._lives[live.id] = live
        while len(self._lives) > LIVES_KEPT:
            self._lives.popitem(last=False)
        live.follow(steps)
        return live

    def live(self, comparison_id: str) -> RunningComparison | None:
        """A comparison under way, or one that ended without being kept whole."""
        live = self._lives.get(comparison_id)
        return None if live is None or live.result else live

    def _draft(
        self, panel: int, question: str, recipe: Recipe, paper_ids: tuple[str, ...]
    ) -> Draft:
        self.check(question, recipe)
        if isinstance(recipe.evidence, Retrieval) and not paper_ids:
            raise BadInput("There is no paper to search; add one first.")
        paper_ids = tuple(sorted(set(paper_ids)))  # one order, so that ties are broken alike
        pinned = self.pinned(recipe)
        return Draft(
            panel=panel,
            key=run_key(question, pinned, paper_ids),
            question=question.strip(),
            paper_ids=paper_ids if isinstance(recipe.evidence, Retrieval) else (),
            recipe=pinned,
        )

    def _evidence(self, draft: Draft) -> Generator[Progress, None, Evidence]:
        return self._finder.find(draft.question, draft.recipe, draft.paper_ids)

    def _answer(
        self, drafts: Sequence[Draft], stop: Event, comparison_id: str
    ) -> Generator[Step, None, Comparison]:
        def unless_stopped(step: T) -> T:
            if stop.is_set():
                raise TriptychError("Stopped while searching, before there was an answer.")
            return step

        open_drafts = []
        for draft in drafts:
            draft.run = self._store.runs.for_key(draft.key)
            if draft.run:
                yield Finished(panel=draft.panel, run=draft.run, again=True)
            else:
                open_drafts.append(draft)
        for draft in open_drafts:
            evidence = yield from mapped(self._evidence(draft), unless_stopped)
            draft.evidence = unless_stopped(evidence)
            yield EvidenceFound(panel=draft.panel, evidence=draft.evidence)
        try:
            for name in dict.fromkeys(generator_of(draft) for draft in open_drafts):
                group = [draft for draft in open_drafts if generator_of(draft) == name]
                yield from self._generate(name, group, stop)
        finally:
            # Also when the one who asked has gone away: what was said so far is kept.
            comparison = Comparison(
                id=comparison_id,
                question=drafts[0].question,
                runs=tuple(draft.run for draft in drafts if draft.run),
                at=now(),
            )
            if comparison.runs:
                self._store.comparisons.keep(comparison)
        return comparison

    def _generate(
        self, name: str, drafts: Sequence[Draft], stop: Event
    ) -> Generator[Step, None, None]:
        """All drafts of one generator, together in one batch."""
        generator = yield from self._models.generator(name)
        for draft in drafts:
            hits = draft.evidence.hits
            self.prepare(draft, generator)
            if draft.evidence.hits != hits:
                yield EvidenceFound(panel=draft.panel, evidence=draft.evidence)
        yield Progress(sentence=f"{name} reads the prompts …")
        unfinished = list(drafts)
        try:
            with closing(self.write(generator, drafts, stop)) as steps:
                for step in steps:
                    unfinished = self._keep_finished(unfinished)
                    yield step
        finally:
            # Also when the one who asked has gone away: what was said so far is kept.
            self._keep_finished(unfinished)

    def _keep_finished(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Keep the runs that there are; the drafts that are still to become one."""
        for draft in drafts:
            if draft.run:
                self._store.runs.keep(draft.run)
        return [draft for draft in drafts if not draft.run]

    @staticmethod
    def prepare(draft: Draft, generator: TextGenerator) -> None:
        """Write its messages, with as many passages as the generator has room for.

        Errors: BadInput if not even the question fits.
        """
        assert draft.recipe.generation
        draft.messages, hits, draft.notes = prompts.fit(
            draft.question,
            draft.evidence.hits,
            draft.recipe.generation,
            generator.count,
            generator.window,
        )
        draft.evidence = replace(draft.evidence, hits=hits)

    def write(
        self, generator: TextGenerator, drafts: Sequence[Draft], stop: Event
    ) -> Generator[TextDelta | Finished, None, None]:
        """Answer prepared drafts together; equal prompts are answered once, for all of them, and
        all of them have their run before the first is told to be finished. Whatever ends it, each
        draft has its run then, which is not kept yet."""
        alike: dict[Request, list[Draft]] = {}
        for draft in drafts:
            assert draft.recipe.generation
            request = Request(messages=draft.messages, generation=draft.recipe.generation)
            alike.setdefault(request, []).append(draft)
        started, watch, units = time.perf_counter(), Stopwatch(), 0.0
        unfinished = dict(enumerate(alike.values()))
        begun = dict.fromkeys(unfinished, started)
        try:
            for delta in watch.timed(generator.generate(list(alike), stop)):
                if delta.begins:
                    begun[delta.index] = time.perf_counter()
                seconds = time.perf_counter() - begun[delta.index]
                same = unfinished[delta.index]
                if delta.text:
                    for draft in same:
                        draft.first_token = draft.first_token or seconds
                        draft.text += delta.text
                    for draft in same:
                        yield TextDelta(panel=draft.panel, text=delta.text)
                if delta.finish:
                    runs = [self._finish(draft, delta, seconds, generator) for draft in same]
                    del unfinished[delta.index]
                    units += answer_units(delta.prompt_tokens or 0, delta.answer_tokens or 0)
                    for draft, run in zip(same, runs, strict=True):
                        yield Finished(panel=draft.panel, run=run)
        finally:
            for index, same in unfinished.items():
                seconds = time.perf_counter() - begun[index]
                gone = Delta(index=index, text="", finish="stopped")
                for draft in same:
                    if not draft.run:
                        self._finish(draft, gone, seconds, generator)
            if not unfinished:
                self._speeds.add("answer", generator_of(drafts[0]), units, watch.seconds)

    def _finish(self, draft: Draft, delta: Delta, seconds: float, generator: TextGenerator) -> Run:
        assert delta.finish
        if delta.note:
            draft.notes += (delta.note,)
        answer = Answer(
            text=draft.text.strip(),
            finish_reason=delta.finish,
            prompt_tokens=delta.prompt_tokens,
            answer_tokens=delta.answer_tokens,
            seconds_to_first_token=draft.first_token,
            seconds=seconds,
        )
        draft.run = self.run(draft, answer, generator)
        return draft.run

    @staticmethod
    def run(draft: Draft, answer: Answer | None, generator: TextGenerator | None) -> Run:
        """The draft as a run of now."""
        return Run(
            id=new_id(),
            key=draft.key,
            question=draft.question,
            paper_ids=draft.paper_ids,
            recipe=draft.recipe,
            candidates=draft.evidence.candidates,
            hits=draft.evidence.hits,
            messages=draft.messages,
            answer=answer,
            engine=generator.engine if generator else "",
            precision=generator.precision if generator else "",
            window=generator.window if generator else None,
            search_seconds=draft.evidence.search_seconds,
            rerank_seconds=draft.evidence.rerank_seconds,
            at=now(),
            notes=draft.evidence.notes + draft.notes,
        )


def follow(ticket: Ticket[T, R]) -> Generator[T | Progress, None, R]:
    """The steps of a ticket and its result, and before them its place in line."""
    with closing(ticket):
        for ahead in ticket.waiting():
            others = "one question is" if ahead == 1 else f"{ahead} questions are"
            yield Progress(sentence=f"Waiting: {others} before yours")
        return (yield from ticket)


def generator_of(draft: Draft) -> str:
    assert draft.recipe.generation, "a recipe without generation is searched, not asked"
    return draft.recipe.generation.generator


def completed(recipe: Recipe) -> Recipe:
    """A retrieval's recipe with its chunking completed; any other as it is."""
    if not isinstance(recipe.evidence, Retrieval):
        return recipe
    chunking = chunkers.completed(recipe.chunking, recipe.evidence.embedder)
    return replace(recipe, chunking=chunking)


def new_id() -> str:
    return uuid.uuid4().hex[:12]
