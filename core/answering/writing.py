"""Drafts become runs: their prompts are written, and answered together as far as they are there.

To be used in the worker's thread only. Knows no search and keeps no run.
"""

import time
import uuid
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event

from core.answering import prompts
from core.answering.cost import answer_units
from core.answering.running import Finished, TextDelta
from core.store import Store, now
from core.tasks import Stopwatch
from core.types import (
    Answer,
    Delta,
    Evidence,
    Message,
    Recipe,
    Request,
    Run,
    TextGenerator,
)


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


class Writing:
    """Answers to drafts, one generator at a time."""

    def __init__(self, store: Store) -> None:
        self._speeds = store.speeds

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
        self, generator: TextGenerator, drafts: Iterable[Draft | None], stop: Event
    ) -> Generator[TextDelta | Finished, None, None]:
        """Answer prepared drafts together, None among them as in `TextGenerator`. Equal prompts
        that come together are answered once, for all of them, and all of them have their run before
        the first is told to be finished. Whatever ends it, each draft that came has its run then,
        which is not kept yet. Seconds leave out those that making the drafts took."""
        watch, making, units = Stopwatch(), Stopwatch(), 0.0
        unfinished: dict[int, list[Draft]] = {}
        begun: dict[int, float] = {}
        names: set[str] = set()

        def clock() -> float:
            return time.perf_counter() - making.seconds

        def requests() -> Iterator[Request | None]:
            together: dict[Request, list[Draft]] = {}
            for draft in making.timed(drafts):
                if draft is None:
                    yield from numbered(together)
                    together = {}
                    yield None
                    continue
                names.add(generator_of(draft))
                assert draft.recipe.generation
                request = Request(messages=draft.messages, generation=draft.recipe.generation)
                together.setdefault(request, []).append(draft)
            yield from numbered(together)

        def numbered(together: Mapping[Request, list[Draft]]) -> Iterator[Request]:
            # All at once, so that whatever ends it, none of them is left without its run.
            first = len(begun)
            for number, same in enumerate(together.values(), first):
                unfinished[number], begun[number] = same, clock()
            yield from together

        try:
            for delta in watch.timed(generator.generate(requests(), stop)):
                if delta.begins:
                    begun[delta.index] = clock()
                seconds = clock() - begun[delta.index]
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
                seconds = clock() - begun[index]
                gone = Delta(index=index, text="", finish="stopped")
                for draft in same:
                    if not draft.run:
                        self._finish(draft, gone, seconds, generator)
            if not unfinished:
                for name in names:  # one, if there was any draft
                    self._speeds.add("answer", name, units, watch.seconds - making.seconds)

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


def generator_of(draft: Draft) -> str:
    assert draft.recipe.generation, "a recipe without generation is searched, not asked"
    return draft.recipe.generation.generator


def new_id() -> str:
    return uuid.uuid4().hex[:12]
