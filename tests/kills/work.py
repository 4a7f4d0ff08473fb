"""Pieces of work in processes of their own, over the small backends: `python -m tests.kills.work`.

Reads jobs as JSON lines, [VERB, DATA, SAID, ARGUMENTS...], and forks a process for each: so it
starts at once, with everything imported, and is a whole process that can be killed. Writes its
process id and, asked by an empty line, waits for its end and writes the exit status (-9: killed).
What a job says goes to the file SAID, its complaints beside it; the first line, "begun", is not
the job's own.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401 - to have it imported
import fsrs  # noqa: F401

from core.__main__ import main
from core.commands.output import say, show
from core.lab import Lab
from core.models import registry
from core.papers import adding
from core.settings import from_environment
from core.store import EVERY
from core.tasks.progress import Progress
from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.generators.echo import Echo
from tests.kills import FILES_AT_ONCE
from tests.support.labs import QUESTION, RECIPE

START = datetime(2026, 1, 1, tzinfo=UTC)


def serve() -> None:
    for family in ("embedder", "reranker", "generator"):
        registry.PACKAGES[family] = f"tests.backends.{family}s"
    adding.BATCH = FILES_AT_ONCE
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_run(*json.loads(line)))
        show(child)
        sys.stdin.readline()
        show(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _run(verb: str, data: str, said: str, *arguments: str) -> int:
    os.environ["TRIPTYCH_DATA"] = data
    os.environ["TRIPTYCH_MODELS"] = f"{data}-models"
    for stream, name in ((1, Path(said)), (2, Path(said).with_name("complaints"))):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    show("begun")
    try:
        return WORK[verb](*arguments) if verb in WORK else main([verb, *arguments])
    except BaseException as error:  # noqa: BLE001 - else the server itself would go on as a job
        say(repr(error))
        return 70


def lab() -> Lab:
    return Lab(from_environment())


def index(paper: str) -> int:
    """A search that has to embed everything first."""
    _slow(HashingEmbedder, "embed", 0.003)
    here = lab()
    for step in here.answering.ask(QUESTION, [RECIPE], here.papers.resolve((paper,))):
        if isinstance(step, Progress):
            show(step.sentence)
    return 0


def sweep(*arguments: str) -> int:
    say = Echo.generate

    def slowly(*given: Any) -> Iterator[Any]:
        for delta in say(*given):
            time.sleep(0.001)
            yield delta

    Echo.generate = slowly  # type: ignore[method-assign, assignment]
    return main(["sweep", *arguments])


def review(name: str) -> int:
    """Every card answered once, with Easy, a minute each; says how many were."""
    here = lab()
    learner = here.study.learner(name)
    done = len(here.study.reviews(learner))
    while turn := here.study.turn(learner, EVERY, START + timedelta(minutes=done)):
        here.study.answer(learner, turn, 4, START + timedelta(minutes=done))
        done += 1
        show(done)
    return 0


def back_up(times: str) -> int:
    here = lab()
    for _ in range(int(times)):
        job = here.storage.back_up()
        job.join()
        assert job.outcome, job.error
        show(job.outcome.sentence.split()[0])
    return 0


def restore(name: str) -> int:
    job = lab().storage.restore(name)
    job.join()
    assert job.outcome, job.error
    show(job.outcome.sentence)
    return 0


def migrate() -> int:
    show(len(lab().papers.all()))
    return 0


def _slow(kind: type, name: str, seconds: float) -> None:
    quick = getattr(kind, name)

    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(seconds)
        return quick(*given, **named)

    setattr(kind, name, slowly)


WORK: dict[str, Callable[..., int]] = {
    "index": index,
    "sweep": sweep,
    "review": review,
    "back_up": back_up,
    "restore": restore,
    "migrate": migrate,
}

if __name__ == "__main__":
    serve()
