"""The work of one sweep: all searches, then all reranking, then all answers, each piece once; what
endpoints answer comes last, beside the worker. Every cell is kept as soon as it is done, so that
whatever ends it, being started again goes on where it was. Knows no page.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from threading import Event
from typing import TypeVar

from core.answering import Answering, Draft, Finished
from core.errors import BadInput, TriptychError
from core.models import Models
from core.retrieval import Finder, RerankScores, Searched, ranking
from core.store import Store
from core.sweeps import plan
from core.sweeps.plan import Search
from core.tasks import Priority, Progress, mapped
from core.types import (
    Cell,
    Evidence,
    Given,
    Recipe,
    Retrieval,
    Rewritten,
    Run,
    Sweep,
    TextGenerator,
    Whole,
    run_key,
)

CELLS_AT_ONCE = 50  # kept in one transaction, so many may be lost when it is killed
QUESTIONS_AT_ONCE = 32  # searched together; between two such steps a person may ask
PROMPTS_AT_ONCE = 32  # handed to a generator together; it reads and writes as many as suit it
TO_ENDPOINTS = 256  # so that few of its places stay empty while the last of them are answered

OUTDATED = (
    "A model, the way papers are cut or the prompt has changed since this sweep began; start it"
    " as a new one."
)

T = TypeVar("T")
Place = tuple[int, int]  # of a cell: question and setting, from 0


@dataclass(slots=True, kw_only=True)
class Counted:
    """What turned out to be needed for the cells that were open; None before it is known."""

    rerank_pairs: int | None = None
    distinct_prompts: int | None = None


@dataclass(slots=True, kw_only=True)
class Grid:
    """One sweep, its open cells, and what was found for them."""

    sweep: Sweep
    cells: Sequence[Cell]
    stop: Event
    counted: Counted
    ended: list[Cell]
    store: Store
    finder: Finder
    models: Models
    answering: Answering
    _open: dict[Place, None] = field(default_factory=dict)
    _found: dict[tuple[int, Search], Searched] = field(default_factory=dict)
    _reranked: dict[tuple[int, str], RerankScores] = field(default_factory=dict)
    _rewritten: dict[tuple[int, str, str], Rewritten] = field(default_factory=dict)
    _served: dict[str, TextGenerator] = field(default_factory=dict)
    _fitting: dict[str, tuple[str, ...]] = field(default_factory=dict)  # papers, by a filter

    def steps(self) -> Generator[Progress, None, None]:
        """Do in the worker's thread what is to be done there, saying what is going on; ends soon
        when `stop` is set.

        What goes wrong fails the cells it belongs to, and the others go on. Errors: only what
        the store raises when it cannot keep a cell.
        """
        self._open = {(cell.question, cell.setting): None for cell in self.cells}
        stages = (
            self._known,
            self._outdated,
            self._rewriting,
            self._searches,
            self._reranking,
            self._outdated,  # a server may have turned out to be another model
            self._count,
            self._answers,
        )
        for stage in stages:
            for doing in stage():
                yield doing
                if self.stop.is_set():
                    return

    def steps_beside(self) -> Generator[Progress, None, None]:
        """Do the rest, the answers of endpoints, in any other thread, after `steps`. Errors: the
        same."""
        for name, places in self._by_generator(served=True):
            if self.stop.is_set():
                return
            try:
                self._served[name] = self.models.served(name, Priority.SWEEP)
            except TriptychError as error:
                self._fail(places, error)
            else:
                yield from self._answered_by(name, places, TO_ENDPOINTS)

    def _recipe(self, place: Place) -> Recipe:
        return self.sweep.recipe(*place)

    def _key(self, place: Place) -> str:
        recipe = self._recipe(place)
        return run_key(self.sweep.questions[place[0]], recipe, self._papers(recipe))

    def _papers(self, recipe: Recipe) -> tuple[str, ...]:
        """Those that a cell draws on; none any more is a search's fault, and not the sweep's."""
        evidence = recipe.evidence
        where = evidence.where if isinstance(evidence, Retrieval) else ""
        if where and where not in self._fitting:
            try:
                self._fitting[where] = self.answering.fitting(recipe, self.sweep.paper_ids)
            except BadInput:
                self._fitting[where] = ()
        if not recipe.draws_on_papers:
            return ()
        return self._fitting[where] if where else self.sweep.paper_ids

    def _keep(self, runs: Mapping[Place, Run], *, new: bool = True) -> None:
        """Keep what became of these cells, together; they are done when this returns."""
        if not runs:
            return
        cells = {place: Cell.of(*place, run) for place, run in runs.items()}
        self.store.sweeps.keep_cells(
            self.sweep.id, [(cells[place], run if new else None) for place, run in runs.items()]
        )
        for place, cell in cells.items():
            del self._open[place]
            self.ended.append(cell)
        # Stopped from another program, which has no other way to say so.
        if self.store.sweeps.status(self.sweep.id) == "stopped":
            self.stop.set()

    def _tried(
        self, places: Iterable[Place], steps: Generator[Progress, None, T]
    ) -> Generator[Progress, None, T | None]:
        """What the steps return; if they fail, these cells do, and there is nothing."""
        try:
            return (yield from steps)
        except TriptychError as error:
            self._fail(places, error)
            return None

    def _fail(self, places: Iterable[Place], error: TriptychError) -> None:
        failed = {
            (question, setting): Cell(
                question=question, setting=setting, status="failed", sentence=error.sentence
            )
            for question, setting in places
        }
        self.store.sweeps.keep_cells(self.sweep.id, [(cell, None) for cell in failed.values()])
        for place, cell in failed.items():
            del self._open[place]
            self.ended.append(cell)

    def _known(self) -> Iterator[Progress]:
        """What was answered before, here or elsewhere."""
        keys = {place: self._key(place) for place in self._open}
        known = self.store.runs.known(keys.values())
        places = [place for place, key in keys.items() if key in known]
        for some in _batches(places):
            runs = {place: self.store.runs.get(known[keys[place]]) for place in some}
            self._keep({place: run for place, run in runs.items() if run}, new=False)
            yield Progress(sentence="Taking what was answered before …")

    def _outdated(self) -> Iterator[Progress]:
        """What would be, or was, found by something else than its key says, as it was planned
        before a model, a chunker or the prompt changed."""
        by_recipe: dict[Recipe, list[Place]] = {}
        for place in self._open:
            by_recipe.setdefault(self._recipe(place), []).append(place)
        for recipe, places in by_recipe.items():
            yield Progress(sentence="Looking at what the settings stand for …")
            try:
                if self.answering.pinned(recipe) != recipe:
                    raise BadInput(OUTDATED)
            except TriptychError as error:
                self._fail(places, error)

    def _searching(self) -> dict[int, list[Place]]:
        """The open cells that search, by question."""
        places = [p for p in self._open if isinstance(self._recipe(p).evidence, Retrieval)]
        return {question: list(some) for question, some in groupby(places, lambda p: p[0])}

    def _rewriting(self) -> Iterator[Progress]:
        """Rewriter by rewriter, so that each is loaded once."""
        work: dict[tuple[str, str, int], list[Place]] = {}
        for question, places in self._searching().items():
            for place in places:
                for rewrite, rewriter in plan.rewriters([self._recipe(place)]):
                    work.setdefault((rewriter, rewrite, question), []).append(place)
        for done, (rewriter, rewrite, question) in enumerate(sorted(work), start=1):
            wanted = Retrieval(rewrite=rewrite, rewriter=rewriter)
            steps = self.finder.rewriter.rewritten(self.sweep.questions[question], wanted)
            made = yield from self._tried(work[rewriter, rewrite, question], steps)
            if made:
                self._rewritten[question, rewrite, rewriter] = made
            said = f"Rewriting: {done:,} of {len(work):,}"
            yield Progress(sentence=said, share=done / len(work))

    def _searches(self) -> Iterator[Progress]:
        """Embedder by embedder, so that each is loaded once, and chunking by chunking; the
        questions of a search together, as deep as any of them needs."""
        work: dict[Search, list[int]] = {}
        depths: dict[Search, int] = {}
        for question, places in self._searching().items():
            for search, depth in plan.depths(map(self._recipe, places)).items():
                work.setdefault(search, []).append(question)
                depths[search] = max(depth, depths.get(search, 0))
        done, total = 0, sum(map(len, work.values()))
        for search in sorted(work, key=lambda each: (each.embedder, repr(each))):
            for start in range(0, len(work[search]), QUESTIONS_AT_ONCE):
                some = work[search][start : start + QUESTIONS_AT_ONCE]
                yield from self._searched(search, depths[search], some)
                done += len(some)
                yield Progress(sentence=f"Searching: {done:,} of {total:,}", share=done / total)

    def _searched(
        self, search: Search, depth: int, questions: Sequence[int]
    ) -> Generator[Progress, None, None]:
        """Search for these questions together; where that fails, one by one, so that those fail
        which the fault belongs to."""
        wanted = Retrieval(
            retriever=search.retriever,
            embedder=search.embedder,
            index=search.index,
            candidates=depth,
            top_k=1,
            prefix=search.prefix,
            where=search.where,
            rewrite=search.rewrite,
        )
        rewritten = [
            self._rewritten[question, search.rewrite, search.rewriter] if search.rewriter else None
            for question in questions
        ]
        texts = [self.sweep.questions[question] for question in questions]
        try:
            found = yield from self.finder.search(
                texts, search.chunking, wanted, self._papers(Recipe(evidence=wanted)), rewritten
            )
        except TriptychError as error:
            if len(questions) > 1:
                for question in questions:
                    yield from self._searched(search, depth, [question])
            else:
                places = self._searching()[questions[0]]
                self._fail([p for p in places if Search.of(self._recipe(p)) == search], error)
        else:
            self._found |= zip(((question, search) for question in questions), found, strict=True)

    def _reranking(self) -> Iterator[Progress]:
        """Reranker by reranker; every pair of question and chunk once."""
        pairs: dict[tuple[str, int], dict[str, None]] = {}
        for question, places in self._searching().items():
            needed = plan.reranked(map(self._recipe, places))
            for (search, reranker), counts in needed.items():
                texts = pairs.setdefault((reranker, question), {})
                for count in counts:
                    found = self._found[question, search].at(count)
                    texts.update(dict.fromkeys(each.chunk.text for each in found))
        self.counted.rerank_pairs = sum(map(len, pairs.values()))
        done = 0
        for (reranker, question), texts in sorted(pairs.items(), key=lambda each: each[0][0]):
            reranked = yield from self._tried(
                [p for p in self._open if p[0] == question and self._reranker(p) == reranker],
                self._told(
                    done,
                    len(texts),
                    self.finder.rerank(self.sweep.questions[question], list(texts), reranker),
                ),
            )
            if reranked:
                self._reranked[question, reranker] = reranked
            done += len(texts)

    def _told(
        self, before: int, count: int, steps: Generator[Progress, None, RerankScores]
    ) -> Generator[Progress, None, RerankScores]:
        """The same steps, told as a part of all pairs."""
        total = self.counted.rerank_pairs or 0

        def told(doing: Progress) -> Progress:
            if doing.share is None:
                return doing
            done = before + round(doing.share * count)
            return Progress(sentence=f"Reranking: {done:,} of {total:,} pairs", share=done / total)

        return mapped(steps, told)

    def _reranker(self, place: Place) -> str | None:
        evidence = self._recipe(place).evidence
        return evidence.reranker if isinstance(evidence, Retrieval) else None

    def _count(self) -> Iterator[Progress]:
        """Now that the scores are known: how many prompts are different."""
        prompts = set()
        for question, places in groupby(list(self._open), lambda place: place[0]):
            for place in places:
                recipe = self._recipe(place)
                if recipe.generation:
                    prompts.add((question, recipe.generation, self._used(place)))
            yield Progress(sentence="Counting the prompts …")
        self.counted.distinct_prompts = len(prompts)

    def _used(self, place: Place) -> tuple[object, ...]:
        """The places of the chunks that a cell's prompt holds, and what is read around them."""
        recipe = self._recipe(place)
        evidence = recipe.evidence
        if not isinstance(evidence, Retrieval):
            return (evidence,)
        found = self._found[place[0], Search.of(recipe)].at(evidence.candidates)
        scores = None
        if evidence.reranker and found:
            reranked = self._reranked[place[0], evidence.reranker]
            scores = [reranked.scores[each.chunk.text] for each in found]
        best = ranking.order(len(found), scores)[: evidence.top_k]
        said = (evidence.read, evidence.budget, evidence.variety, evidence.at_most)
        return (*said, *(found[at].chunk.span for at in best))

    def _answers(self) -> Iterator[Progress]:
        """The evidence alone first; then generator by generator, as one is loaded at a time."""
        for name, places in self._by_generator(served=False):
            if name:
                yield from self._answered_by(name, places, PROMPTS_AT_ONCE)
            else:
                yield from self._without_answers(places)

    def _by_generator(self, *, served: bool) -> list[tuple[str, list[Place]]]:
        """The open cells by their generator, "" without one; of those here, or of endpoints."""
        found: dict[str, list[Place]] = {}
        for place in self._open:
            generation = self._recipe(place).generation
            found.setdefault(generation.generator if generation else "", []).append(place)
        return [each for each in sorted(found.items()) if self.models.is_served(each[0]) == served]

    def _generator(self, name: str) -> Generator[Progress, None, TextGenerator]:
        if name in self._served:
            return self._served[name]
        return (yield from self.models.generator(name))

    def _without_answers(self, places: Sequence[Place]) -> Iterator[Progress]:
        done = 0
        for some in _batches(places):
            self._keep({p: self.answering.run(self._draft(p), None, None) for p in some})
            done += len(some)
            yield Progress(sentence=f"Keeping what was found: {done:,} of {len(places):,}")

    def _answered_by(self, name: str, places: Sequence[Place], at_once: int) -> Iterator[Progress]:
        """Batches of whole questions, since prompts of one question begin alike."""
        drafts: dict[Place, Draft] = {}
        for _, some in groupby(places, lambda place: place[0]):
            of_question = list(some)
            generator = yield from self._tried(of_question, self._generator(name))
            if generator is None:
                continue
            for place in of_question:
                try:
                    draft = self._draft(place)
                    self.answering.prepare(draft, generator)
                except TriptychError as error:
                    self._fail([place], error)
                else:
                    drafts[place] = draft
            if len({draft.messages for draft in drafts.values()}) >= at_once:
                yield from self._written(name, drafts)
                drafts = {}
        if drafts:
            yield from self._written(name, drafts)

    def _written(self, name: str, drafts: dict[Place, Draft]) -> Iterator[Progress]:
        """Answer a batch; what was only begun is not kept."""
        self.store.sweeps.begin(self.sweep.id, drafts)
        texts = ["\n".join(m.content for m in draft.messages) for draft in drafts.values()]
        ordered = [list(drafts.values())[at] for at in plan.reading_order(texts)]
        generator = yield from self._tried(drafts, self._generator(name))
        if generator is None:
            return
        yield Progress(sentence=f"{name} reads {len(set(texts)):,} prompts …")
        done = 0
        try:
            for step in self.answering.write(generator, ordered, self.stop):
                match step:
                    case Progress():
                        yield step
                        continue
                    case Finished():
                        done += 1
                        self._keep_finished(drafts)
                said = f"{name} answers: {done:,} of {len(drafts):,} of this batch"
                yield Progress(sentence=said, share=done / len(drafts))
        except TriptychError as error:
            self._fail([place for place in drafts if place in self._open], error)

    def _keep_finished(self, drafts: dict[Place, Draft]) -> None:
        runs = {place: draft.run for place, draft in drafts.items() if place in self._open}
        self._keep(
            {
                place: run
                for place, run in runs.items()
                if run and run.answer and run.answer.finish_reason != "stopped"
            }
        )

    def _draft(self, place: Place) -> Draft:
        recipe = self._recipe(place)
        evidence = Evidence()
        papers = self._papers(recipe)
        if isinstance(recipe.evidence, Retrieval):
            evidence = self.finder.evidence(
                recipe.chunking,
                recipe.evidence,
                self._found[place[0], Search.of(recipe)],
                self._reranked.get((place[0], recipe.evidence.reranker or "")),
            )
        elif isinstance(recipe.evidence, Given):
            evidence = self.finder.given(recipe.evidence)
        elif isinstance(recipe.evidence, Whole):
            evidence = self.finder.whole(papers)
        return Draft(
            panel=0,
            key=self._key(place),
            question=self.sweep.questions[place[0]],
            paper_ids=papers,
            recipe=recipe,
            evidence=evidence,
        )


def _batches(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """The cells that are kept together."""
    for start in range(0, len(places), CELLS_AT_ONCE):
        yield places[start : start + CELLS_AT_ONCE]
