"""Trying a model: it really runs once, and what came of it is said in a sentence.

To be used in the worker's thread only, but for a generator that computes elsewhere.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from threading import Event

from core.errors import TriptychError
from core.models import Endpoints, Models
from core.tasks import Outcome, Progress, Steps
from core.types import Embedder, Generation, Message, Model, Request, Reranker, TextGenerator

QUESTION = "What is the capital of France?"
SENTENCE = "Paris is the capital of France."
MAX_TOKENS = 48
SAMPLED = "Name any three animals."  # sampled twice with one seed, when an endpoint is tried
SAMPLED_TOKENS = 16


def trial(models: Models, endpoints: Endpoints, model: Model, stop: Event) -> Steps:
    """Load the model, run it once, and say how that went; nothing is said if it was stopped. An
    endpoint is asked for one token, and then twice the same.

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
            if not models.is_served(model.name):
                generator = yield from models.generator(model.name)
                return (yield from _answer(generator, model.name, stop, (yield from tried())))
            yield from tried()
            try:
                return (yield from _ask_endpoint(models.served(model.name), model.name, stop))
            except TriptychError as error:
                listed = endpoints.listed_instead(model.name)
                raise TriptychError(f"{error.sentence}{listed}", error.detail) from error


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


def _ask_endpoint(generator: TextGenerator, name: str, stop: Event) -> Steps:
    """What can be found out with three short calls; the one that is timed comes last, when all that
    calling needs is loaded."""
    sampled = Generation(generator=name, max_tokens=SAMPLED_TOKENS, temperature=1.0, seed=7)
    twice = yield from _said(generator, [SAMPLED, SAMPLED], sampled, stop)
    started = time.perf_counter()
    one = yield from _said(generator, [QUESTION], Generation(generator=name, max_tokens=1), stop)
    took = _seconds(time.perf_counter() - started)
    if stop.is_set():
        return None
    answers = [*one, *twice]
    parts = [f"It works: one token in {took}."]
    if any(each.pieces > 1 for each in answers):
        parts.append("It streams.")
    else:
        parts.append("It was not seen to stream: answers may appear at their end only.")
    if all(each.counted for each in answers):
        parts.append(
            "It counts tokens; a server may count the one that ends an answer as well, and then"
            " says one more than a model of this machine."
        )
    else:
        parts.append("It counts no tokens: runs will tell neither their tokens nor their cost.")
    first, second = (each.text for each in twice)
    same = "says the same" if first == second else "does not say the same"
    parts.append(f"Asked again with one seed, at temperature 1, it {same}.")
    return Outcome(sentence=" ".join(parts), quote=first.strip())


@dataclass(slots=True)
class _SaidByEndpoint:
    text: str = ""
    pieces: int = 0
    counted: bool = False


def _said(
    generator: TextGenerator, questions: Sequence[str], how: Generation, stop: Event
) -> Generator[Progress, None, list[_SaidByEndpoint]]:
    """The answers to all of them. Errors: TriptychError where one fails."""
    requests = [
        Request(messages=(Message(role="user", content=question),), generation=how)
        for question in questions
    ]
    answers = [_SaidByEndpoint() for _ in requests]
    for delta in generator.generate(requests, stop):
        answer = answers[delta.index]
        answer.text += delta.text
        answer.pieces += bool(delta.text)
        if delta.finish == "error":
            raise TriptychError(delta.note)
        if delta.finish:
            answer.counted = delta.answer_tokens is not None
        yield Progress(sentence=f"{how.generator} answers …")
    return answers


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
