"""Drafts become runs: their prompts are written, and answered together as far as they are there.

To be used in the worker's thread only, but for a generator that computes elsewhere. Knows no search
and keeps no run.
"""

import time
import uuid
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event

from core.answering import prompts
from core.answering.cost import answer_units
from core.answering.running import Finished, TextDelta
from core.labels import counted
from core.store import Store, now
from core.tasks import Progress, Stopwatch
from core.text import parted
from core.types import (
    Answer,
    Delta,
    Evidence,
    Message,
    Recipe,
    Request,
    Run,
    TextGenerator,
    Whole,
)

THOUGHT = (
    "The model thought for {words} first: kept apart from the answer, but counted with its tokens."
)
ONLY_THOUGHT = (
    "It was still thinking at its limit of {limit} tokens, so there is no answer; allow it more."
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A run in the making. `said` is all that came as its answer, `text` the answer in it."""

    panel: int
    key: str
    question: str
    paper_ids: tuple[str, ...]
    recipe: Recipe
    evidence: Evidence = field(default_factory=Evidence)
    messages: tuple[Message, ...] = ()
    notes: tuple[str, ...] = ()
    said: str = ""
    text: str = ""
    thinking: str = ""
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
        whole = isinstance(draft.recipe.evidence, Whole)
        fit = prompts.fit_whole if whole else prompts.fit
        draft.messages, hits, draft.notes = fit(
            draft.question,
            draft.evidence.hits,
            draft.recipe.generation,
            generator.count,
            generator.window,
        )
        draft.evidence = replace(draft.evidence, hits=hits)

    def write(
        self, generator: TextGenerator, drafts: Iterable[Draft | None], stop: Event
    ) -> Generator[Progress | TextDelta | Finished, None, None]:
        """Answer prepared drafts together, None among them as in `TextGenerator`. Equal prompts
        that come together are answered once, for all of them, and all of them have their run before
        the first is told to be finished. Whatever ends it, each draft that came has its run then,
        which is not kept yet. Seconds leave out those that making the drafts took."""
        watch, making, units = Stopwatch(), Stopwatch(), 0.0
        unfinished: dict[int, list[Draft]] = {}
        begun: dict[int, float] = {}
        names: set[str] = set()
        waited = False

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
                (name,) = names
                if delta.ahead:
                    waited = True
                    others = "one answer goes" if delta.ahead == 1 else f"{delta.ahead} answers go"
                    yield Progress(sentence=f"Waiting for {name}: {others} before yours")
                    continue
                if delta.begins:
                    begun[delta.index] = clock()
                    if waited:
                        yield Progress(sentence=f"{name} reads the prompts …")
                seconds = clock() - begun[delta.index]
                same = unfinished[delta.index]
                if new := _take(same, delta, seconds):
                    for draft in same:
                        yield TextDelta(panel=draft.panel, text=new)
                elif delta.thinking or delta.text:
                    yield Progress(sentence=f"{name} thinks …")
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
            if not unfinished and not waited:
                for name in names:  # one, if there was any draft
                    self._speeds.add("answer", name, units, watch.seconds - making.seconds)

    def _finish(self, draft: Draft, delta: Delta, seconds: float, generator: TextGenerator) -> Run:
        assert delta.finish
        thought, text = parted(draft.said)
        thinking = f"{draft.thinking}{thought}".strip()
        if thinking:
            draft.notes += (THOUGHT.format(words=counted(len(thinking.split()), "word")),)
            if not text and delta.finish == "length":
                assert draft.recipe.generation
                limit = f"{draft.recipe.generation.max_tokens:,}"
                draft.notes += (ONLY_THOUGHT.format(limit=limit),)
        if delta.note:
            draft.notes += (delta.note,)
        answer = Answer(
            text=text.strip(),
            thinking=thinking,
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
            rewritten=draft.evidence.rewritten,
            at=now(),
            notes=draft.evidence.notes + draft.notes,
        )


def _take(same: Iterable[Draft], delta: Delta, seconds: float) -> str:
    """Put a piece to drafts that are answered together; what is new of their answer."""
    new = ""
    for draft in same:
        draft.thinking += delta.thinking
        draft.said += delta.text
        _, text = parted(draft.said, whole=False)
        # Else a thought has just turned out to be one: the panel shows the answer when it is done.
        new = text.removeprefix(draft.text) if text.startswith(draft.text) else ""
        draft.text = text
        if new:
            draft.first_token = draft.first_token or seconds
    return new


def generator_of(draft: Draft) -> str:
    assert draft.recipe.generation, "a recipe without generation is searched, not asked"
    return draft.recipe.generation.generator


def new_id() -> str:
    return uuid.uuid4().hex[:12]
