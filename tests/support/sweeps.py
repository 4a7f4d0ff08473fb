"""A small sweep, and a generator that holds it up."""

from threading import Event
from typing import Any

from core.lab import Lab
from core.sweeps.presets import Answers, Preset
from core.tasks import result_of
from tests.backends.generators.echo import Echo

PRESET = Preset(
    name="small",
    baseline=True,
    chunks=((200, 20), (60, 0)),
    embedder=("hashing",),
    reranker=("none", "word-overlap"),
    candidates=(2, 3),
    top_k=(1, 2),
    answers=Answers(generator=("echo",), max_tokens=(30,)),
)  # 1 + 2 x (2 + 4) = 13 settings
QUESTIONS = ("When was the lamp of Varn lit?", "How high does the tide rise?")
WAIT = 30


def planned(lab: Lab, preset: Preset = PRESET, questions: tuple[str, ...] = QUESTIONS) -> Any:
    return result_of(lab.sweeps.plan(preset, questions, lab.papers.resolve(())))


class Slow(Echo):
    """Says where it is, and waits to be let on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.on = Event(), Event()

    def generate(self, requests: Any, stop: Event) -> Any:
        for number, delta in enumerate(super().generate(requests, stop)):
            yield delta
            if number == 40:
                self.begun.set()
                assert self.on.wait(WAIT)
