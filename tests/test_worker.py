"""The worker, with real threads. Events say when something may go on; nothing sleeps."""

import sys
from collections.abc import Callable, Generator
from threading import Event, Thread, current_thread

import pytest

from core.tasks.progress import mapped, result_of
from core.tasks.worker import SWITCH_SECONDS, Priority, Worker

SECONDS = 10  # for what must happen; only a failing test waits that long


@pytest.fixture
def worker() -> Worker:
    return Worker()


class Gate:
    """Work that says when it has begun and goes on when it is let."""

    def __init__(self) -> None:
        self.begun = Event()
        self.go = Event()

    def pass_through(self) -> None:
        self.begun.set()
        assert self.go.wait(SECONDS)

    def work(self) -> Generator[str, None, None]:
        self.pass_through()
        yield "passed"


def noting(order: list[str], *names: str) -> Callable[[], Generator[str, None, None]]:
    """Work that writes its items down when it comes to them."""

    def work() -> Generator[str, None, None]:
        for name in names:
            order.append(name)
            yield name

    return work


def test_no_thread_keeps_the_interpreter_long() -> None:
    """Else an answer crawls beside pages that compute: see benchmarks/beside_pages.py."""
    sys.setswitchinterval(0.005)
    Worker()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)


def test_a_call_runs_in_the_workers_thread(worker: Worker) -> None:
    thread = worker.call(current_thread)
    assert thread is not current_thread()
    assert worker.call(current_thread) is thread
    assert worker.call(divmod, 7, 2) == (3, 1)


def test_what_a_call_raises_is_raised_and_the_worker_lives_on(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.call(divmod, 1, 0)
    with pytest.raises(SystemExit):
        worker.call(sys.exit)
    assert worker.call(abs, -1) == 1


def test_a_stream_is_made_and_advanced_in_the_workers_thread(worker: Worker) -> None:
    def threads() -> Generator[Thread, None, None]:
        yield current_thread()
        yield current_thread()

    assert set(worker.stream(threads)) == {worker.call(current_thread)}
    assert list(worker.stream(lambda: (letter for letter in "abc"))) == ["a", "b", "c"]


def test_what_work_returns_comes_after_its_items(worker: Worker) -> None:
    def summing() -> Generator[int, None, str]:
        yield 1
        yield 2
        return "three"

    def outer() -> Generator[int, None, str]:
        return (yield from worker.stream(summing)) + "!"

    items: list[int] = []
    assert result_of(worker.stream(summing), items.append) == "three"
    assert result_of(mapped(outer(), lambda item: 10 * item), items.append) == "three!"
    assert items == [1, 2, 10, 20]


def test_whoever_fails_over_a_step_closes_the_work(worker: Worker) -> None:
    closed = Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with pytest.raises(ZeroDivisionError):
        result_of(mapped(worker.stream(endless), lambda item: 1 // item))
    assert closed.wait(SECONDS)


def test_what_a_stream_raises_comes_after_its_items(worker: Worker) -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        raise ValueError("no more")

    stream = worker.stream(failing)
    assert next(stream) == 1
    with pytest.raises(ValueError, match="no more"):
        next(stream)
    assert list(stream) == []


class Endless:
    """Work without an end that remembers the thread in which it was closed."""

    def __init__(self) -> None:
        self.closed = Event()
        self.thread: Thread | None = None

    def work(self) -> Generator[int, None, None]:
        try:
            while True:
                yield 0
        finally:
            self.thread = current_thread()
            self.closed.set()


def test_closing_a_stream_closes_its_iterator_in_the_workers_thread(worker: Worker) -> None:
    endless = Endless()
    stream = worker.stream(endless.work)
    next(stream)
    stream.close()
    assert list(stream) == []
    assert endless.closed.wait(SECONDS)
    assert endless.thread == worker.call(current_thread)


def test_a_generator_that_passes_a_stream_on_closes_it_too(worker: Worker) -> None:
    endless = Endless()

    def passing_on() -> Generator[int, None, None]:
        yield from worker.stream(endless.work)

    outer = passing_on()
    next(outer)
    del outer
    assert endless.closed.wait(SECONDS)


def test_work_ends_when_its_ticket_is_let_go(worker: Worker) -> None:
    endless = Endless()
    for _ in worker.stream(endless.work):
        break
    assert endless.closed.wait(SECONDS)


def test_work_closed_before_its_turn_is_never_begun(worker: Worker) -> None:
    gate, begun = Gate(), list[str]()
    first = worker.stream(gate.work)
    assert gate.begun.wait(SECONDS)
    second = worker.stream(noting(begun, "second"))
    second.close()
    gate.go.set()
    assert list(first) == ["passed"]
    worker.call(abs, 0)
    assert begun == []


def test_a_failure_while_closing_is_logged(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    def clumsy() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            raise ValueError("on the way out")

    stream = worker.stream(clumsy)
    next(stream)
    stream.close()
    worker.call(abs, 0)
    assert "on the way out" in caplog.text


def test_people_are_served_in_the_order_they_came(worker: Worker) -> None:
    gate, order = Gate(), list[str]()
    first = worker.stream(gate.work)
    assert gate.begun.wait(SECONDS)
    others = [worker.stream(noting(order, name)) for name in "abc"]
    assert [ticket.position for ticket in (first, *others)] == [0, 1, 2, 3]
    gate.go.set()
    for ticket in reversed(others):
        list(ticket)
    assert order == ["a", "b", "c"]
    assert [ticket.position for ticket in others] == [0, 0, 0]


def test_who_asks_ten_times_makes_nobody_wait_ten_rounds(worker: Worker) -> None:
    gate, order = Gate(), list[str]()
    first = worker.stream(gate.work, asker="ada")
    assert gate.begun.wait(SECONDS)
    ten = [worker.stream(noting(order, f"ada {n}"), asker="ada") for n in range(10)]
    bob = worker.stream(noting(order, "bob"), asker="bob")
    nobody = worker.stream(noting(order, "nobody"))
    assert [each.position for each in (first, bob, nobody, *ten)] == list(range(13))
    gate.go.set()
    list(ten[-1])
    assert order == ["bob", "nobody", *(f"ada {n}" for n in range(10))]


def test_whose_turn_was_longest_ago_goes_first(worker: Worker) -> None:
    for asker in ("ada", "bob", "cleo"):
        list(worker.stream(noting([], asker), asker=asker))
    gate, order = Gate(), list[str]()
    first = worker.stream(gate.work)
    assert gate.begun.wait(SECONDS)
    waiting = [
        worker.stream(noting(order, asker), asker=asker) for asker in ("cleo", "bob", "ada", "dan")
    ]
    gate.go.set()
    for ticket in (first, *waiting):
        list(ticket)
    assert order == ["dan", "ada", "bob", "cleo"]


def test_work_that_has_begun_is_not_broken_off_for_another_asker(worker: Worker) -> None:
    gate, order = Gate(), list[str]()

    def two() -> Generator[None, None, None]:
        order.append("ada 1")
        gate.pass_through()
        yield
        order.append("ada 2")
        yield

    ada = worker.stream(two, asker="ada")
    assert gate.begun.wait(SECONDS)
    bob = worker.stream(noting(order, "bob"), asker="bob")
    gate.go.set()
    list(bob)
    list(ada)
    assert order == ["ada 1", "ada 2", "bob"]


def test_a_sweep_lets_people_in_between_two_items(worker: Worker) -> None:
    gate, order = Gate(), list[str]()

    def cells() -> Generator[None, None, None]:
        for number in range(3):
            if number == 1:
                gate.pass_through()
            order.append(f"cell {number}")
            yield

    sweep = worker.stream(cells, Priority.SWEEP)
    assert gate.begun.wait(SECONDS)
    later = worker.stream(noting(order, "another sweep"), Priority.SWEEP)
    person = worker.stream(noting(order, "person", "still the person"))
    assert (person.position, sweep.position, later.position) == (0, 1, 2)
    gate.go.set()
    list(later)
    assert order == ["cell 0", "cell 1", "person", "still the person", "cell 2", "another sweep"]
    assert len(list(sweep)) == 3


def test_waiting_tells_how_many_are_ahead_until_none_is(worker: Worker) -> None:
    gates = [Gate(), Gate()]
    tickets = [worker.stream(gate.work) for gate in gates]
    assert gates[0].begun.wait(SECONDS)
    last = worker.stream(noting([], "last"))
    seen = []
    for ahead in last.waiting():
        seen.append(ahead)
        gates[2 - ahead].go.set()
    assert seen == [2, 1]
    assert list(last) == ["last"]
    assert [list(ticket) for ticket in tickets] == [["passed"], ["passed"]]


def test_work_that_would_wait_for_itself_is_refused(worker: Worker) -> None:
    with pytest.raises(RuntimeError, match="must not wait"):
        worker.call(worker.call, abs, 0)
