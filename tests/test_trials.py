"""Each kind of model, tried once through the lab."""

from dataclasses import replace
from threading import Event

import pytest

from core.lab import Lab, job_of
from core.settings import Endpoint
from core.tasks.background import Outcome
from core.types import Model
from tests.backends.generators.echo import Echo


def model(lab: Lab, family: str) -> Model:
    (found,) = (each for each in lab.models.all() if each.family == family)
    return found


def tried(lab: Lab, family: str) -> Outcome:
    job = lab.test(model(lab, family))
    job.join()
    assert job.outcome, job.error
    assert lab.jobs.get(job_of(model(lab, family))) is job
    return job.outcome


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("embedder", "a sentence became 64 numbers in"),
        ("reranker", "a question and its answer scored 0.714 in"),  # 5 of 7 words
        ("generator", "6 tokens, "),
    ],
)
def test_a_model_runs_once_and_stays_in_memory(lab: Lab, family: str, said: str) -> None:
    assert lab.models.in_memory() == frozenset()
    first = tried(lab, family)
    assert said in first.sentence
    assert "of loading" in first.sentence
    assert lab.models.in_memory() == {(family, model(lab, family).name)}
    assert "of loading" not in tried(lab, family).sentence


def test_what_a_generator_says_is_quoted(lab: Lab) -> None:
    assert tried(lab, "generator").quote == "What is the capital of France?"


def test_stopping_a_trial(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    come, go = Event(), Event()

    def count(_self: Echo, _messages: object, _generation: object) -> int:
        come.set()
        assert go.wait(10)
        return 1

    monkeypatch.setattr(Echo, "count", count)
    job = lab.test(model(lab, "generator"))
    assert come.wait(10)  # the generator has begun
    job.stop()
    go.set()
    job.join()
    assert job.outcome == Outcome(sentence="Stopped.")


def test_an_endpoint_that_is_down_is_a_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the core's own backends
    monkeypatch.setattr("core.generators.endpoint.PAUSE", 0)
    down = Endpoint(name="down", address="http://127.0.0.1:9/v1", model="m")
    settings = replace(lab.settings, endpoints=(down,))
    other = Lab(settings)
    job = other.test(other.models.find("generator", "down"))
    job.join()
    assert job.error and "cannot be reached" in job.error.sentence
    assert other.models.in_memory() == frozenset()  # its weights are elsewhere


def test_what_is_missing_without_a_network(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lab.models.missing_offline() == ()
    monkeypatch.undo()
    monkeypatch.setattr("core.models.packages.find_spec", lambda _name: None)
    address = Endpoint(name="there", address="http://127.0.0.1:9/v1", model="m")
    other = Lab(replace(lab.settings, endpoints=(address,)))
    assert other.models.missing_offline() == ("embedder", "reranker", "generator")
