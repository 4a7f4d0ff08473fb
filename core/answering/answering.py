"""Asking: from a question and recipes to runs, each kept as soon as it is done.

Everything that touches a model here runs in the worker's thread; this file says in which order.
Answers of endpoints are written beside it, in threads of the one who asks. Knows no page: it yields
steps, and whoever asked draws them.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TypeVar

from core.answering.pinning import Pinning
from core.answering.running import (
    EvidenceFound,
    Finished,
    Panel,
    RunningComparison,
    Step,
    follow,
)
from core.answering.writing import Draft, Writing, generator_of, new_id
from core.errors import BadInput, TriptychError
from core.models import Models
from core.retrieval import Finder
from core.settings import Settings
from core.store import Store, now
from core.tasks import Priority, Progress, Ticket, Worker, mapped, result_of, together
from core.types import (
    Answer,
    Comparison,
    Evidence,
    Recipe,
    Retrieval,
    Run,
    TextGenerator,
    Whole,
    filter_from_link,
    run_key,
)

T = TypeVar("T")
R = TypeVar("R")

STOPPED_SEARCHING = "Stopped while searching, before there was an answer."
LIVES_KEPT = 200  # comparisons under way or just ended that pages may still look at


class Answering(Writing):
    """Questions asked of recipes."""

    def __init__(
        self, settings: Settings, store: Store, finder: Finder, models: Models, worker: Worker
    ) -> None:
        super().__init__(store)
        self._store = store
        self._finder = finder
        self._models = models
        self._worker = worker
        self._beside: set[str] = set()  # comparisons that endpoints answer
        self._lives: OrderedDict[str, RunningComparison] = OrderedDict()
        self._pinning = Pinning(settings, models)

    def check(self, question: str, recipe: Recipe) -> None:
        """See `Pinning.check`."""
        self._pinning.check(question, recipe)

    def fitting(self, recipe: Recipe, paper_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the papers that a recipe draws on, in the same order. Errors: BadInput where its
        filter fits none of them."""
        if not recipe.draws_on_papers:
            return ()
        if not isinstance(recipe.evidence, Retrieval) or not recipe.evidence.where:
            return paper_ids
        fit = set(self._store.papers.ids(filter_from_link(recipe.evidence.where)))
        found = tuple(each for each in paper_ids if each in fit)
        if not found:
            raise BadInput(f"None of the chosen papers fits {recipe.evidence.where!r}.")
        return found

    def pinned(self, recipe: Recipe) -> Recipe:
        """See `Pinning.pinned`."""
        return self._pinning.pinned(recipe)

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
        stop, comparison_id = stop or Event(), comparison_id or new_id()
        if any(map(self._is_served, drafts)):
            return self._beside_worker(
                comparison_id,
                self._kept(
                    drafts, comparison_id, self._answer_beside(drafts, stop, priority, asker)
                ),
            )
        return follow(
            self._worker.stream(
                lambda: self._kept(drafts, comparison_id, self._answer(drafts, stop)),
                priority,
                asker,
            )
        )

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

    def is_beside(self) -> bool:
        """Whether a question is being answered beside the worker."""
        return bool(self._beside)

    def _beside_worker(
        self, comparison_id: str, steps: Generator[Step, None, Comparison]
    ) -> Generator[Step, None, Comparison]:
        self._beside.add(comparison_id)
        try:
            with closing(steps):
                return (yield from steps)
        finally:
            self._beside.discard(comparison_id)

    def _draft(
        self, panel: int, question: str, recipe: Recipe, paper_ids: tuple[str, ...]
    ) -> Draft:
        self.check(question, recipe)
        if recipe.draws_on_papers and not paper_ids:
            raise BadInput("There is no paper to search; add one first.")
        # One order, so that ties are broken alike.
        paper_ids = self.fitting(recipe, tuple(sorted(set(paper_ids))))
        pinned = self.pinned(recipe)
        return Draft(
            panel=panel,
            key=run_key(question, pinned, paper_ids),
            question=question.strip(),
            paper_ids=paper_ids,
            recipe=pinned,
        )

    def _is_served(self, draft: Draft) -> bool:
        generation = draft.recipe.generation
        return bool(generation and self._models.is_served(generation.generator))

    def _evidence(self, draft: Draft) -> Generator[Progress, None, Evidence]:
        """Errors: BadInput where a server turned out to be another model than the key says."""
        found = yield from self._finder.find(draft.question, draft.recipe, draft.paper_ids)
        if self.pinned(draft.recipe) != draft.recipe:
            raise BadInput("A model is not what it was when this was asked; ask again.")
        return found

    def _kept(
        self, drafts: Sequence[Draft], comparison_id: str, steps: Generator[Step, None, None]
    ) -> Generator[Step, None, Comparison]:
        """What was answered before, then the steps that answer the others; the comparison of all
        that have a run in the end."""
        for draft in drafts:
            draft.run = self._store.runs.for_key(draft.key)
            if draft.run:
                yield Finished(panel=draft.panel, run=draft.run, again=True)
        try:
            with closing(steps):
                yield from steps
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

    def _answer(self, drafts: Sequence[Draft], stop: Event) -> Generator[Step, None, None]:
        """Answer those that have no run yet, in the worker's thread."""
        open_drafts = [draft for draft in drafts if not draft.run]
        searching = [draft for draft in open_drafts if searches(draft)]
        ready = [draft for draft in open_drafts if not searches(draft)]
        with closing(self._found(searching, stop)) as search:
            yield from self._found(ready, stop)
            if ready:
                yield from self._meanwhile(ready, searching, search, stop)
            yield from search
        left = [draft for draft in open_drafts if not draft.run]
        for name, group in by_generator(left).items():
            generator = yield from self._models.generator(name)
            for some in filter(None, longest_last(group)):
                yield from self._generate(generator, name, some, stop)

    def _answer_beside(
        self, drafts: Sequence[Draft], stop: Event, priority: Priority, asker: str
    ) -> Generator[Step, None, None]:
        """The same, beside the worker: endpoints write whatever has its evidence, all at once, and
        the worker searches meanwhile and answers by the models that are here."""
        tickets: list[Ticket[Step, None]] = []

        def in_worker(
            make: Callable[[], Generator[Step, None, None]],
        ) -> Generator[Step, None, None]:
            tickets.append(self._worker.stream(make, priority, asker))
            return follow(tickets[-1])

        def end_soon() -> None:
            stop.set()
            for ticket in tickets:
                if ticket.position:  # what is under way looks at `stop`, and keeps what it has
                    ticket.close()

        def written(
            finding: Generator[Step, None, None],
            generator: TextGenerator,
            name: str,
            group: Sequence[Draft],
        ) -> Generator[Step, None, None]:
            with closing(finding):
                yield from finding
            if stop.is_set() and any(map(searches, group)):
                raise TriptychError(STOPPED_SEARCHING)
            yield from self._generate(generator, name, group, stop)

        here: list[Draft] = []
        parts: list[Generator[Step, None, None]] = []
        for name, group in by_generator([each for each in drafts if not each.run]).items():
            if not self._models.is_served(name):
                here += group
                continue
            generator = self._models.served(name, priority, asker)
            if ready := [draft for draft in group if not searches(draft)]:
                parts.append(written(self._found(ready, stop), generator, name, ready))
            if searching := [draft for draft in group if searches(draft)]:
                found = in_worker(partial(self._found, searching, stop))
                parts.append(written(found, generator, name, searching))
        if here:
            parts.append(in_worker(lambda: self._answer(here, stop)))
        try:
            yield from together(parts, end_soon)
        except TriptychError:
            if not stop.is_set() or not any(draft.run for draft in drafts):
                raise
            for draft in drafts:
                if not draft.run:  # it was still searching
                    draft.run = self.run(draft, Answer(text="", finish_reason="stopped"), None)
                    self._store.runs.keep(draft.run)
                    yield Finished(panel=draft.panel, run=draft.run)

    def _found(self, drafts: Sequence[Draft], stop: Event) -> Generator[Step, None, None]:
        """The evidence of these drafts."""

        def unless_stopped(step: T) -> T:
            if stop.is_set():
                raise TriptychError(STOPPED_SEARCHING)
            return step

        for draft in drafts:
            evidence = yield from mapped(self._evidence(draft), unless_stopped)
            draft.evidence = unless_stopped(evidence)
            yield EvidenceFound(panel=draft.panel, evidence=draft.evidence)

    def _meanwhile(
        self,
        ready: Sequence[Draft],
        searching: Sequence[Draft],
        search: Generator[Step, None, None],
        stop: Event,
    ) -> Generator[Step, None, None]:
        """Answer what needs no search while the others search, a step of each in turn; those join
        it as soon as all have found. What fails there is raised when what needs none is answered.
        """
        name = generator_of(ready[0])
        said: list[Step] = []
        failed: list[TriptychError] = []

        def coming() -> Iterator[Draft | None]:
            yield from (draft for draft in ready if generator_of(draft) == name)
            try:
                for step in search:
                    said.append(step)
                    yield None
            except TriptychError as error:
                failed.append(error)
            else:
                soon = longest_last(searching)[0]
                yield from (draft for draft in soon if generator_of(draft) == name)

        generator = yield from self._models.generator(name)
        for step in self._generate(generator, name, coming(), stop):
            yield step
            yield from said
            said.clear()
        yield from said
        if failed and not stop.is_set():
            raise failed[0]

    def _generate(
        self, generator: TextGenerator, name: str, drafts: Iterable[Draft | None], stop: Event
    ) -> Generator[Step, None, None]:
        """All drafts of one generator, together in one batch; None as in `TextGenerator`."""
        begun: list[Draft] = []
        shorter: list[Step] = []

        def prepared() -> Iterator[Draft | None]:
            for draft in drafts:
                if draft:
                    hits = draft.evidence.hits
                    self.prepare(draft, generator)
                    begun.append(draft)
                    if draft.evidence.hits != hits:
                        shorter.append(EvidenceFound(panel=draft.panel, evidence=draft.evidence))
                yield draft

        yield Progress(sentence=f"{name} reads the prompts …")
        try:
            with closing(self.write(generator, prepared(), stop)) as steps:
                for step in steps:
                    begun = self._keep_finished(begun)
                    yield from shorter
                    shorter.clear()
                    yield step
        finally:
            # Also when the one who asked has gone away: what was said so far is kept.
            self._keep_finished(begun)

    def _keep_finished(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Keep the runs that there are; the drafts that are still to become one."""
        for draft in drafts:
            if draft.run:
                self._store.runs.keep(draft.run)
        return [draft for draft in drafts if not draft.run]


def searches(draft: Draft) -> bool:
    return draft.recipe.draws_on_papers


def by_generator(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(generator_of(draft), []).append(draft)
    return groups


def longest_last(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Draft]]:
    """Those that are written together: nobody waits until papers are read whole."""
    whole = [draft for draft in drafts if isinstance(draft.recipe.evidence, Whole)]
    return [draft for draft in drafts if draft not in whole], whole
