"""Many who ask one endpoint: how many at once, in which order, and what they do not hold up. A gate
of the small server holds all who are let in, so nothing here depends on how fast anything is."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from threading import Event, Thread

import pytest

from core.answering import RunningComparison, at_once, suiting
from core.classroom.lesson import Server
from core.errors import BadInput, TriptychError
from core.lab import Lab
from core.models import Models, endpoints, registry
from core.settings import Endpoint
from core.sweeps.presets import Answers, Preset
from core.tasks import Caller, Places, Priority, Progress, result_of
from core.types import Generation, Recipe, Span, three_ways
from tests.support.labs import QUESTION, RECIPE, everything

SECONDS = 20  # for what must happen; only a failing test waits that long
BOX = Generation(generator="box", max_tokens=400)


def until(come: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not come():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


class Gate:
    """A gate of the server, and the lab's endpoint "box" behind it."""

    def __init__(self, lab: Lab, address: str, name: str, requests: int) -> None:
        self._address, self._name = address, name
        box = Endpoint(name="box", address=address, model=f"gated:{name}", requests=requests)
        self.lab = Lab(replace(lab.settings, endpoints=(box,)))

    def get(self, verb: str = "held") -> dict[str, int]:
        with urllib.request.urlopen(f"{self._address}/{verb}/{self._name}") as reply:
            held: dict[str, int] = json.load(reply)
            return held

    def holds(self, count: int) -> None:
        until(lambda: self.get()["held"] == count)

    def start(self, number: int, recipes: list[Recipe] | None = None) -> RunningComparison:
        recipes = recipes or [Recipe(generation=BOX)]
        return self.lab.answering.start(
            f"Question {number}?", recipes, everything(self.lab), asker=f"asker {number}"
        )


@pytest.fixture
def gate(
    lab: Lab, openai_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[int], Gate]]:
    monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
    made: list[Gate] = []

    def make(requests: int) -> Gate:
        made.append(Gate(lab, openai_server, f"{request.node.name}-{len(made)}", requests))
        return made[-1]

    yield make
    for each in made:
        each.get("open")


def finishes(live: RunningComparison) -> list[str]:
    assert live.join(SECONDS)
    assert live.result, live.error
    return [run.answer.finish_reason for run in live.result.runs if run.answer]


def test_twenty_ask_at_once_and_eight_are_let_in(gate: Callable[[int], Gate]) -> None:
    box = gate(8)
    lives = [box.start(number) for number in range(20)]
    box.holds(8)
    # The worker is free: whoever searches meanwhile waits for nobody.
    found = box.lab.answering.search(QUESTION, RECIPE, everything(box.lab))
    assert found.hits
    until(lambda: sum("Waiting for box" in doing(live) for live in lives) == 12)
    box.get("open")
    assert [finishes(live) for live in lives] == [["stop"]] * 20
    assert box.get()["most"] == 8


def doing(live: RunningComparison) -> str:
    return live.doing.sentence if live.doing else ""


def test_nothing_is_replaced_under_a_question_that_an_endpoint_answers(
    gate: Callable[[int], Gate],
) -> None:
    box = gate(8)
    live = box.start(1)
    box.holds(1)
    with pytest.raises(BadInput, match="A question is being answered"):
        box.lab.storage.reset()
    box.get("open")
    assert finishes(live) == ["stop"]
    assert box.lab.storage.reset().join(SECONDS)
    assert not box.lab.comparisons.history()


def test_three_panels_stream_together_and_search_meanwhile(gate: Callable[[int], Gate]) -> None:
    box = gate(8)
    live = box.start(1, list(three_ways(replace(RECIPE, generation=BOX), "word-overlap")))
    box.holds(2)  # retrieved and reranked have the same prompt, which is asked once
    assert [bool(panel.evidence.hits) for panel in live.panels] == [False, True, True]
    box.get("open")
    assert finishes(live) == ["stop"] * 3


def test_a_local_model_answers_beside_an_endpoint(
    gate: Callable[[int], Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = gate(8)
    known = registry.modules
    both = known("core.generators") | known("tests.backends.generators")
    monkeypatch.setattr(
        registry, "modules", lambda name: both if "generators" in name else known(name)
    )
    live = box.start(1, [RECIPE, replace(RECIPE, generation=BOX)])
    box.holds(1)
    until(lambda: live.panels[0].run is not None)
    assert live.panels[1].run is None
    box.get("open")
    assert finishes(live) == ["stop", "stop"]


def test_stopping_ends_those_who_are_let_in_and_those_who_wait(
    gate: Callable[[int], Gate],
) -> None:
    box = gate(2)
    lives = [box.start(number) for number in range(5)]
    box.holds(2)
    until(lambda: sum("Waiting for box" in doing(live) for live in lives) == 3)
    for live in lives:
        live.stop()
    assert [finishes(live) for live in lives] == [["stopped"]] * 5


def test_stopped_while_it_searches_a_question_keeps_all_its_panels(
    gate: Callable[[int], Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, searching, stopped = gate(8), Event(), Event()

    def slow(*_: object) -> Iterator[Progress]:
        searching.set()
        assert stopped.wait(SECONDS)
        yield Progress(sentence="Searching …")

    monkeypatch.setattr("core.retrieval.pools.Pools.pool", slow)
    live = box.start(1, list(three_ways(replace(RECIPE, generation=BOX), "word-overlap")))
    box.holds(1)
    assert searching.wait(SECONDS)
    live.stop()
    stopped.set()
    assert finishes(live) == ["stopped"] * 3


def test_who_goes_away_leaves_the_line_and_what_was_said_is_kept(
    gate: Callable[[int], Gate],
) -> None:
    box = gate(1)
    box.start(1)
    box.holds(1)
    steps = box.lab.answering.ask("Second?", [Recipe(generation=BOX)], ())
    while "Waiting" not in getattr(next(steps), "sentence", ""):
        pass
    steps.close()
    (row,) = box.lab.comparisons.history()
    (run,) = box.lab.comparisons.comparison(row.id).runs
    assert run.answer
    assert (run.question, run.answer.finish_reason) == ("Second?", "stopped")
    box.get("open")


def swept(box: Gate, name: str) -> str:
    preset = Preset(
        name=name, embedder=("hashing",), top_k=(1,), candidates=(2,),
        answers=Answers(generator=("box",), max_tokens=(400,)),
    )  # fmt: skip
    asked = [f"{name} {number}?" for number in range(6)]
    return box.lab.sweeps.start(result_of(box.lab.sweeps.plan(preset, asked, everything(box.lab))))


def test_a_sweep_fills_its_places_and_lets_people_and_searches_by(
    gate: Callable[[int], Gate],
) -> None:
    box = gate(3)
    sweep = swept(box, "one")
    box.holds(3)
    assert box.lab.answering.search(QUESTION, RECIPE, everything(box.lab)).hits
    person = box.start(1)
    until(lambda: "Waiting" in doing(person))
    assert "one answer goes before yours" in doing(person), "and no other of the sweep's"
    box.get("open")
    assert finishes(person) == ["stop"]
    assert box.lab.sweeps.wait(sweep, SECONDS)
    assert {cell.status for cell in box.lab.sweeps.cells(sweep)} == {"done"}
    assert box.get()["most"] == 3


def test_a_sweep_that_is_stopped_at_an_endpoint_goes_on_where_it_was(
    gate: Callable[[int], Gate],
) -> None:
    box = gate(2)
    sweep = swept(box, "two")
    box.holds(2)
    box.lab.sweeps.stop(sweep)
    assert box.lab.sweeps.wait(sweep, SECONDS)
    assert {cell.status for cell in box.lab.sweeps.cells(sweep)} == {"queued"}
    box.get("open")
    box.lab.sweeps.resume(sweep)
    assert box.lab.sweeps.wait(sweep, SECONDS)
    assert {cell.status for cell in box.lab.sweeps.cells(sweep)} == {"done"}


def test_cards_are_proposed_by_an_endpoint_and_its_faults_are_told(
    lab: Lab, openai_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
    said = "says:<think>Hm.</think>Question: What does the lamp of Varn burn?\nAnswer: whale oil\n"
    boxes = [
        Endpoint(name="box", address=openai_server, model=said),
        Endpoint(name="broken", address=openai_server, model="unknown"),
    ]
    lab = Lab(replace(lab.settings, endpoints=tuple(boxes)))
    papers = [lab.papers.get(paper_id) for paper_id in everything(lab)]
    spans = [Span(paper_id=paper.id, start=0, end=len(paper.text)) for paper in papers]
    broken = lab.proposals.start(spans, "broken")
    assert broken.join(SECONDS)
    assert all("knows no model 'unknown'" in why for why in broken.refused)
    proposing = lab.proposals.start(spans, "box")
    assert proposing.join(SECONDS)
    assert (proposing.done, proposing.kept) == (len(spans), 1)


def test_a_class_asks_as_many_at_once_as_its_endpoint_takes(
    gate: Callable[[int], Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    best = {"generator": "box", "embedder": "hashing", "reranker": "word-overlap"}
    monkeypatch.setattr(Models, "default", lambda _models, family: best[family])
    box = gate(2)
    opened, _ = box.lab.classes.start(Server(address="0.0.0.0", port=8501))
    questions = box.lab.classes.questions
    for name in ("Ada", "Ben", "Cem"):
        screen = box.lab.classes.screen(opened.code, box.lab.classes.join(opened.code, name).token)
        questions.put(screen, f"What does {name} ask?")
    box.holds(2)
    assert len(questions.line(opened.id)) == 1
    box.get("open")
    until(lambda: len(box.lab.comparisons.history()) == 3)
    assert box.get()["most"] == 2
    box.lab.classes.end()


def test_places_go_to_people_first_then_to_those_who_have_begun() -> None:
    places = Places(1)
    order: list[str] = []
    callers = {
        "second sweep": places.caller(Priority.SWEEP),
        "first sweep": places.caller(Priority.SWEEP),
        "person": places.caller(Priority.PERSON),
    }
    never = Event()
    assert callers["first sweep"].take(never)
    threads = []
    for name in ("second sweep", "first sweep", "person"):
        threads.append(taking(callers[name], order, name))
        until(partial(waits, callers[name]))
    assert [each.ahead for each in callers.values()] == [3, 2, 1]
    callers["first sweep"].give_back()
    for thread in threads:
        thread.join(SECONDS)
    assert order == ["person", "first sweep", "second sweep"]


def waits(caller: Caller) -> bool:
    return caller.calls == 1


def taking(caller: Caller, order: list[str], name: str) -> Thread:
    def take() -> None:
        assert caller.take(Event())
        order.append(name)
        caller.give_back()

    thread = Thread(target=take)
    thread.start()
    return thread


def test_more_places_are_taken_at_once() -> None:
    places = Places(1)
    one, two = places.caller(0), places.caller(0)
    assert one.take(Event())
    order: list[str] = []
    thread = taking(two, order, "two")
    until(partial(waits, two))
    places.widen(2)
    thread.join(SECONDS)
    assert order == ["two"]


def test_requests_at_once_are_found_by_trying(
    gate: Callable[[int], Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, speeds = gate(8).lab, {1: 10.0, 2: 20.0, 4: 39.0, 8: 45.0}
    tried: list[int] = []

    def measured(_models: object, _name: str, number: int, _stop: Event) -> float:
        tried.append(number)
        return speeds[number]

    monkeypatch.setattr(at_once, "_tokens_a_second", measured)
    found = result_of(suiting(lab.models, "box", Event()))
    assert found
    assert found.requests == 4
    assert found.sentence == "4 at once suit box: 39 tokens a second; 8 brought 45."
    assert tried == [1, 1, 2, 4, 8]


def test_more_at_once_than_a_server_takes_is_not_chosen(
    gate: Callable[[int], Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(_models: object, _name: str, number: int, _stop: Event) -> float:
        if number > 2:
            raise TriptychError("box (http://…) failed with status 429.")
        return number * 10.0

    monkeypatch.setattr(at_once, "_tokens_a_second", measured)
    found = result_of(suiting(gate(8).lab.models, "box", Event()))
    assert found
    assert found.requests == 2
    assert found.sentence.endswith("; at 4 box (http://…) failed with status 429.")


def test_what_was_found_is_kept_with_an_endpoint_that_was_added(
    gate: Callable[[int], Gate], openai_server: str
) -> None:
    lab = gate(8).lab
    endpoints.add(lab.settings, Endpoint(name="echo", address=openai_server, model="busy"))
    with pytest.raises(TriptychError, match="status"):
        result_of(suiting(lab.models, "echo", Event()))
    endpoints.add(lab.settings, Endpoint(name="echo", address=openai_server, model="echo"))
    job = lab.find_requests(lab.models.find("generator", "echo"))
    assert job.join(SECONDS)
    assert job.result
    sentence = job.result.sentence
    assert int(sentence.split()[0]) == endpoints.find(lab.settings, "echo").requests
