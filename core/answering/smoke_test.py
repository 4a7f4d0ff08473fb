"""Trying a model: it really runs once, and what came of it is said in a sentence.

To be used in the worker's thread only, but for a generator that computes elsewhere.
"""

import time
from collections.abc import Generator
from threading import Event

from core.errors import TriptychError
from core.models import Models
from core.tasks import Outcome, Progress, Steps
from core.types import Embedder, Generation, Message, Model, Request, Reranker, TextGenerator

QUESTION = "What is the capital of France?"
SENTENCE = "Paris is the capital of France."
MAX_TOKENS = 48


def trial(models: Models, model: Model, stop: Event) -> Steps:
    """Load the model, run it once, and say how that went; nothing is said if it was stopped.

    Errors: whatever the model says when it is used.
    """
    started = time.perf_counter()
    there = model.source == "endpoint" or (model.family, model.name) in models.in_memory()

    def tried() -> Generator[Progress, None, str]:
        """Say that it is tried; what is to be said of how long loading took."""
        loading = "" if there else f", after {_seconds(time.perf_counter() - started)} of loading"
        yield Progress(sentence=f"{model.name} is tried …")
        return loading

    match model.family:
        case "embedder":
            embedder = yield from models.embedder(model.name)
            return _embed(embedder, (yield from tried()))
        case "reranker":
            reranker = yield from models.reranker(model.name)
            return _score(reranker, (yield from tried()))
        case "generator":
            if models.is_served(model.name):
                generator = models.served(model.name)
            else:
                generator = yield from models.generator(model.name)
            return (yield from _answer(generator, model.name, stop, (yield from tried())))


def _embed(embedder: Embedder, loading: str) -> Outcome:
    started = time.perf_counter()
    (vector,) = embedder.embed([SENTENCE])
    took = _seconds(time.perf_counter() - started)
    return Outcome(
        sentence=f"It works: a sentence became {len(vector)} numbers in {took}{loading}."
    )


def _score(reranker: Reranker, loading: str) -> Outcome:
    started = time.perf_counter()
    (score,) = reranker.score(QUESTION, [SENTENCE])
    took = _seconds(time.perf_counter() - started)
    return Outcome(
        sentence=f"It works: a question and its answer scored {score:.3f} in {took}{loading}."
    )


def _answer(generator: TextGenerator, name: str, stop: Event, loading: str) -> Steps:
    request = Request(
        messages=(Message(role="user", content=QUESTION),),
        generation=Generation(generator=name, max_tokens=MAX_TOKENS),
    )
    started = time.perf_counter()
    text = ""
    for delta in generator.generate([request], stop):
        text += delta.text
        if not delta.finish:
            yield Progress(sentence=f"{name} answers …")
        elif delta.finish == "error":
            raise TriptychError(delta.note)
        elif delta.finish != "stopped":
            seconds = time.perf_counter() - started
            measured = f"it answered in {_seconds(seconds)}"
            if delta.answer_tokens is not None:
                speed = f"{delta.answer_tokens / seconds:,.1f} a second"
                measured += f", {delta.answer_tokens} tokens, {speed}"
            return Outcome(sentence=f"It works: {measured}{loading}.", quote=text.strip())
    return None


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
