"""Work in the background: watched, stopped, failed."""

from collections.abc import Generator
from threading import Event

import pytest

from core.errors import BadInput, TriptychError
from core.tasks.background import Jobs, Outcome, Steps, Task
from core.tasks.progress import Progress


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_what_is_going_on_and_what_came_of_it(jobs: Jobs) -> None:
    come, go = Event(), Event()

    def steps(_stop: Event) -> Steps:
        yield Progress(sentence="Half", share=0.5)
        come.set()
        assert go.wait(10)
        return Outcome(sentence="All.")

    job = jobs.start("kind", "The work", steps)
    assert come.wait(10)
    assert jobs.get("kind") is job
    assert (job.doing.share, job.over, job.outcome) == (0.5, False, None)
    with pytest.raises(BadInput, match="The work is under way"):
        jobs.start("kind", "Other work", steps)
    jobs.start("other kind", "Other work", lambda _stop: iter_of("At once.")).join()
    go.set()
    job.join()
    assert (job.over, job.outcome) == (True, Outcome(sentence="All."))
    assert jobs.start("kind", "Other work", lambda _stop: iter_of("Again.")) is not job


def iter_of(sentence: str) -> Steps:
    yield from ()
    return Outcome(sentence=sentence)


def test_stopping_closes_the_work(jobs: Jobs) -> None:
    closed = Event()

    def steps(_stop: Event) -> Steps:
        try:
            while True:
                yield Progress(sentence="On and on")
        finally:
            closed.set()

    job = jobs.start("kind", "The work", steps)
    job.stop()
    assert job.doing.sentence == "Stopping …"
    job.join()
    assert closed.is_set()
    assert job.outcome == Outcome(sentence="Stopped.")


def failing(error: Exception) -> Steps:
    yield Progress(sentence="So far so good")
    raise error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(TriptychError("No."), "No."), (KeyError("x"), "Something went wrong inside Triptych")],
)
def test_a_failure_is_a_sentence(jobs: Jobs, error: Exception, sentence: str) -> None:
    job = jobs.start("kind", "The work", lambda _stop: failing(error))
    job.join()
    assert job.over and job.error and job.outcome is None
    assert job.error.sentence.startswith(sentence)


def test_a_task_has_its_result_when_it_is_over() -> None:
    go = Event()

    def steps() -> Generator[str, None, int]:
        assert go.wait(10)
        yield "one"
        return 1

    task = Task[str, int](name="counting")
    task.follow(steps())
    assert not task.join(0.01)
    assert (task.result, task.seconds_taken) == (None, None)
    go.set()
    assert task.join(10)
    assert (task.result, task.error, task.seconds) == (1, None, task.seconds_taken)


def test_what_cannot_begin_leaves_nothing_behind(jobs: Jobs) -> None:
    def refused(_stop: Event) -> Steps:
        raise BadInput("Not so.")

    with pytest.raises(BadInput, match="Not so"):
        jobs.start("kind", "The work", refused)
    assert jobs.get("kind") is None
