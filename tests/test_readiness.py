"""Ready when asked: what a server that is told so makes before there is a question."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.lab import Lab
from core.models import Models
from tests.backends import in_memory
from tests.support.labs import RECIPE, asked
from tests.support.sweeps import WAIT

EVERYTHING = {("embedder", "hashing"), ("reranker", "word-overlap"), ("generator", "echo")}


@pytest.fixture
def warm(lab: Lab) -> Lab:
    """A server's lab, on the data of the other."""
    return Lab(replace(lab.settings, warm=True))


def ready(lab: Lab) -> None:
    lab.readiness.begin()
    job = lab.readiness.job
    if job:
        assert job.join(WAIT)
        assert job.error is None


def test_nothing_is_loaded_unless_the_server_is_told_to(lab: Lab) -> None:
    lab.readiness.begin()
    assert lab.readiness.job is None
    assert not lab.models.in_memory()


def test_models_are_loaded_and_papers_embedded_once(warm: Lab) -> None:
    ready(warm)
    assert warm.models.in_memory() == EVERYTHING
    embedder = in_memory(warm, "embedder")
    before = len(embedder.embedded)
    assert before > 0
    warm.readiness.begin()
    assert warm.readiness.job is None  # nothing came since
    asked(warm)
    assert len(embedder.embedded) == before  # of what is searched nothing is read again


def test_a_paper_that_comes_later_is_embedded_too(warm: Lab, tmp_path: Path) -> None:
    ready(warm)
    embedder = in_memory(warm, "embedder")
    before = len(embedder.embedded)
    (tmp_path / "moon.txt").write_text("The moon over Varn is full once a month.")
    warm.papers.add(tmp_path / "moon.txt")
    ready(warm)
    assert embedder.embedded[before:] == ["The moon over Varn is full once a month."]


def test_people_go_first_and_it_is_stopped(warm: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits in line behind them, and what is stopped begins no more before a paper comes."""
    held, on = Event(), Event()
    generator = Models.generator

    def slow(models: Models, name: str) -> Any:
        held.set()
        assert on.wait(WAIT)
        return (yield from generator(models, name))

    monkeypatch.setattr(Models, "generator", slow)
    question = warm.answering.start("What burns?", [replace(RECIPE, evidence=None)], ())
    assert held.wait(WAIT)
    warm.readiness.begin()
    job = warm.readiness.job
    assert job
    job.stop()
    assert job.join(WAIT)
    on.set()
    assert question.join(WAIT)
    assert question.result
    assert warm.models.in_memory() == {("generator", "echo")}
    warm.readiness.begin()
    assert warm.readiness.job is None
