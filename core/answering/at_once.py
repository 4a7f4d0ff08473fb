"""How many requests at once suit an endpoint: found by trying. Knows no server."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from threading import Event

from core.errors import BadInput, TriptychError
from core.models import Models
from core.tasks import Places, Progress
from core.types import Generation, Message, Request

TRIED = (1, 2, 4, 8, 16, 32, 64)
WORTH = 1.2  # times the tokens a second, for twice as many at once
MAX_TOKENS = 48
TASK = "Count from {} upwards, in words, without end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Suiting:
    """What was found, and a sentence on how."""

    requests: int
    sentence: str


def suiting(models: Models, name: str, stop: Event) -> Generator[Progress, None, Suiting | None]:
    """Ask more and more at once until that is hardly quicker or refused; None once stopped.
    Errors: BadInput for what is no endpoint, TriptychError with its words if even one alone fails.
    """
    if not models.is_served(name):
        raise BadInput(f"{name!r} is no endpoint that writes answers.")
    yield Progress(sentence=f"{name} is asked once, to be ready …")
    _tokens_a_second(models, name, 1, stop)
    best, speed = 1, 0.0
    for number in TRIED:
        yield Progress(sentence=f"{name} is asked {number} at once …")
        try:
            faster = _tokens_a_second(models, name, number, stop)
        except TriptychError as error:
            if number == 1:
                raise
            why = f"at {number} {error.sentence.removesuffix('.')}"
            break
        if stop.is_set():
            return None
        if faster < WORTH * speed:
            why = f"{number} brought {faster:,.0f}"
            break
        best, speed = number, faster
    else:
        why = "more are never asked"
    sentence = f"{best} at once suit {name}: {speed:,.0f} tokens a second; {why}."
    return Suiting(requests=best, sentence=sentence)


def _tokens_a_second(models: Models, name: str, number: int, stop: Event) -> float:
    generation = Generation(generator=name, max_tokens=MAX_TOKENS)
    asked = [
        Request(messages=(Message(role="user", content=TASK.format(each)),), generation=generation)
        for each in range(number)
    ]
    tokens, started = 0, time.perf_counter()
    for delta in models.served(name, places=Places(number)).generate(asked, stop):
        tokens += bool(delta.text or delta.thinking)  # a piece is a token, as good as always
        if delta.finish == "error":
            raise TriptychError(delta.note)
    return tokens / (time.perf_counter() - started)
