"""A generator without a model: it says the last message again, one word at a time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from threading import Event

from core.errors import BadInput
from core.settings import Settings
from core.types import Delta, FinishReason, Generation, Message, Model, Request

WORD = re.compile(r"\s*\S+")


def models(_settings: Settings) -> list[Model]:
    return [
        Model(
            name="echo",
            family="generator",
            source="packaged",
            available=True,
            reason="",
            revision="1",
        )
    ]


def load(_model: Model, _settings: Settings) -> "Echo":
    return Echo()


class Echo:
    """`asked` holds every request it was ever given, in order."""

    window = 4096
    engine = "echo 1"
    precision = "words"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def count(self, messages: Sequence[Message], _generation: Generation) -> int:
        return sum(len(WORD.findall(message.content)) for message in messages)

    def generate(self, requests: Iterable[Request | None], stop: Event) -> Iterator[Delta]:
        coming, taken, steps = iter(requests), list[Request](), list[int]()

        def take() -> None:
            for request in coming:
                if request is None:
                    return
                room = self.window - request.generation.max_tokens
                if self.count(request.messages, request.generation) > room:
                    raise BadInput(f"This model has room for {room} words.")
                self.asked.append(request)
                taken.append(request)
                steps.append(0)
                unfinished.add(len(steps) - 1)

        unfinished: set[int] = set()
        take()
        while unfinished:
            for index in sorted(unfinished):
                request, step = taken[index], steps[index]
                words = WORD.findall(request.messages[-1].content)
                most = min(len(words), request.generation.max_tokens)
                finish: FinishReason | None = None
                if stop.is_set():
                    finish = "stopped"
                elif step >= most:
                    finish = "stop" if most == len(words) else "length"
                if finish:
                    unfinished.remove(index)
                    yield Delta(
                        index=index,
                        text="",
                        finish=finish,
                        prompt_tokens=self.count(request.messages, request.generation),
                        answer_tokens=step,
                    )
                else:
                    steps[index] += 1
                    yield Delta(index=index, text=words[step])
            if unfinished:
                take()
