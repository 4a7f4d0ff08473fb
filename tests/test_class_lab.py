"""A class through the lab: opened, joined, voted, revealed, ended as a file."""

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.classroom import rules
from core.classroom.entrance import Entrance
from core.classroom.gateway import Gateway
from core.classroom.lesson import Server
from core.errors import BadInput
from core.history import capsules
from core.history.runs import MEASURES
from core.lab import Lab
from core.retrieval.finder import Finder
from core.settings import Settings
from core.types import AskedQuestion, Classroom, Round, Screen
from tests.support.labs import NOTES

NETWORK = Server(address="0.0.0.0", port=8501)  # bound to the network already: needs no door
LOCAL = Server(address="127.0.0.1", port=8501)
SECONDS = 20


@pytest.fixture
def opened(lab: Lab) -> Iterator[Classroom]:
    opened, _ = lab.classes.start(NETWORK)
    yield opened
    if lab.classes.now():
        lab.classes.end()


def joined(lab: Lab, code: str, name: str = "Sam") -> Screen:
    return lab.classes.screen(code, lab.classes.join(code, name).token)


def again(lab: Lab, screen: Screen) -> Screen:
    assert screen.student
    return lab.classes.screen(screen.classroom.code, screen.student.token)


def a_door() -> Gateway:
    return Gateway("127.0.0.1", 0, ("127.0.0.1", 1), Entrance(lambda _code, _name: ""))


def recorded(lab: Lab) -> str:
    return lab.comparisons.recorded()[0].id


def test_the_door_opens_and_shuts_with_the_class(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.classes, "_settings", replace(lab.settings, door_address="127.0.0.1"))
    free = a_door()
    server = Server(address="127.0.0.1", port=free.port - 1)
    free.close()
    assert lab.classes.door_shut(server)
    lab.classes.start(server)
    assert not lab.classes.door_shut(server)
    assert lab.classes.addresses(server) == (f"http://127.0.0.1:{server.port + 1}",)
    lab.classes.end()
    assert lab.classes.door_shut(server)
    assert lab.classes.addresses(server) == ()


def test_until_the_door_is_shut_the_class_guards_its_pages(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _ = lab.classes.start(NETWORK)
    student = joined(lab, opened.code)
    seen = []

    def meanwhile(_seconds: float) -> None:
        seen.append((lab.classes.now(), again(lab, student).classroom.open))

    monkeypatch.setattr(time, "sleep", meanwhile)
    monkeypatch.setattr(lab.classes, "_door", a_door())
    lab.classes.end()
    assert seen == [(opened, False)]
    assert lab.classes.now() is None


def test_a_class_ended_elsewhere_shuts_the_door(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        lab.classes, "_settings", replace(lab.settings, door_address="127.0.0.1", door_port=18_613)
    )
    opened, _ = lab.classes.start(LOCAL)
    lab._store.classes.end(opened.id)
    with pytest.raises(BadInput, match="has ended"):
        lab.classes.now()
    assert lab.classes.door_shut(LOCAL)
    assert lab.classes.now() is None


def test_a_door_that_cannot_open_leaves_no_class(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = a_door()
    monkeypatch.setattr(
        lab.classes,
        "_settings",
        replace(lab.settings, door_address="127.0.0.1", door_port=taken.port),
    )
    with pytest.raises(Exception, match="TRIPTYCH_DOOR"):
        lab.classes.start(LOCAL)
    taken.close()
    assert lab.classes.now() is None


def test_a_server_on_the_network_needs_no_door(lab: Lab, opened: Classroom) -> None:
    assert not lab.classes.door_shut(NETWORK)
    assert all(address.endswith(":8501") for address in lab.classes.addresses(NETWORK))


def test_the_pin_admits_and_guessing_waits(lab: Lab) -> None:
    _, pin = lab.classes.start(NETWORK)
    wrong = "0" * 6 if pin != "0" * 6 else "1" * 6
    for _ in range(rules.FREE_PINS):
        with pytest.raises(BadInput, match="not the PIN"):
            lab.classes.admit(wrong)
    for guess in (wrong, pin):
        with pytest.raises(BadInput, match="try again in"):
            lab.classes.admit(guess)
    time.sleep(1.1)
    assert lab.classes.admit(pin) == lab.classes.now()
    with pytest.raises(BadInput, match="not the PIN"):
        lab.classes.admit(wrong)  # the count began anew
    lab.classes.end()
    with pytest.raises(BadInput, match="No class is open"):
        lab.classes.admit(pin)


def test_guessing_codes_waits_but_students_do_not(lab: Lab, opened: Classroom) -> None:
    inside = joined(lab, opened.code)
    for _ in range(rules.FREE_CODES):
        with pytest.raises(BadInput, match="No class has this code"):
            lab.classes.screen("AAAAA")
    for code in ("AAAAA", opened.code):
        with pytest.raises(BadInput, match="try again in"):
            lab.classes.screen(code)
    assert again(lab, inside).student == inside.student


def test_a_right_code_is_no_guess(lab: Lab, opened: Classroom) -> None:
    for _ in range(rules.FREE_CODES + 5):
        assert lab.classes.screen(opened.code.lower()).classroom == opened


def test_story_predict_reveal_and_the_next_round(lab: Lab, opened: Classroom) -> None:
    students = [joined(lab, opened.code, name) for name in ("Ada", "Bob", "Bob")]
    assert [again(lab, each).students for each in students] == [3, 3, 3]
    shown = lab.classes.begin(recorded(lab))
    comparison = lab.comparisons.comparison(recorded(lab))
    assert sorted(shown.run_ids) == sorted(run.id for run in comparison.runs)
    no_context, retrieved, reranked = (run.id for run in comparison.runs)
    assert set(shown.readers) == {retrieved, reranked}
    assert [run.id for run in lab.classes.answers(shown)] == list(shown.run_ids)
    for student, run_id in zip(students, (retrieved, no_context, no_context), strict=True):
        lab.classes.vote(again(lab, student), run_id)
    lab.classes.vote(again(lab, students[2]), reranked)  # the last tap counts
    assert lab.classes.tally(shown) == {"read": {retrieved: 1, no_context: 1, reranked: 1}}
    assert lab.classes.score(opened.id) == (0, 0)  # nothing is told before the reveal
    with pytest.raises(BadInput, match="under way"):
        lab.classes.begin(recorded(lab))
    late = again(lab, students[0])
    lab.classes.reveal(shown)
    with pytest.raises(BadInput, match="last vote before the reveal was counted"):
        lab.classes.vote(late, no_context)
    assert lab.classes.score(opened.id) == (2, 3)

    second = lab.classes.begin(recorded(lab), "right")
    assert second.number == 2
    lab.classes.vote(again(lab, students[0]), reranked)
    lab.classes.ask(second, "read")
    with pytest.raises(BadInput, match="over"):
        lab.classes.vote(late, no_context)
    lab.classes.vote(again(lab, students[0]), retrieved)
    lab.classes.reveal(second)
    assert lab.classes.tally(second) == {"right": {reranked: 1}, "read": {retrieved: 1}}
    assert lab.classes.score(opened.id) == (3, 4)
    with pytest.raises(BadInput, match="revealed"):
        lab.classes.ask(second, "right")


def test_a_phone_that_comes_back_is_the_same_student(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code)
    shown = lab.classes.begin(recorded(lab))
    lab.classes.vote(again(lab, student), shown.run_ids[0])
    back = again(lab, student)  # all it has is its address
    assert (back.mine, back.students, back.voted) == (shown.run_ids[0], 1, 1)
    lab.classes.vote(back, shown.run_ids[1])
    assert lab.classes.tally(shown) == {"read": {shown.run_ids[1]: 1}}


def test_after_the_end_nobody_joins_or_votes(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code)
    shown = lab.classes.begin(recorded(lab))
    lab.classes.end()
    seen = again(lab, student)
    assert not seen.classroom.open
    with pytest.raises(BadInput, match="over"):
        lab.classes.vote(seen, shown.run_ids[0])
    with pytest.raises(BadInput, match="has ended"):
        lab.classes.join(opened.code, "Late")
    with pytest.raises(BadInput, match="No class is open"):
        lab.classes.screen("AAAAA")


def test_the_capsule_holds_runs_and_votes_and_no_name(
    lab: Lab, opened: Classroom, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="nothing to keep"):
        lab.classes.capsule(opened.id)
    student = joined(lab, opened.code, "Zebulon")
    shown = lab.classes.begin(recorded(lab))
    lab.classes.vote(again(lab, student), shown.readers[0])
    lab.classes.reveal(shown)
    lab.classes.end()
    content = lab.classes.capsule(opened.id)
    capsule = capsules.read(content)
    assert {run.id for run in capsule.runs} == set(shown.run_ids)
    (played,) = capsule.rounds
    assert played.votes == {"read": {shown.readers[0]: 1}}
    assert student.student
    unpacked = capsules._unpacked(content)
    assert "Zebulon" not in unpacked
    assert student.student.token not in unpacked

    assert lab.runs.load("here.capsule", content).known == 3
    assert lab._store.classes.voted_rounds() == [played]  # not counted twice
    elsewhere = Lab(Settings(data=tmp_path / "elsewhere"))
    elsewhere.runs.load("class.capsule", content)
    assert elsewhere._store.classes.voted_rounds() == [played]


def test_what_classes_found_right_waits_until_there_are_enough(lab: Lab, opened: Classroom) -> None:
    assert lab.grades.preferences() is None
    students = [joined(lab, opened.code) for _ in range(10)]
    for number, comparison in enumerate(lab.comparisons.recorded()[:3], start=1):
        shown = lab.classes.begin(comparison.id, "right")
        for student in students:
            lab.classes.vote(again(lab, student), shown.readers[0])
        lab.classes.reveal(shown)
        judged = lab.grades.preferences()
        assert judged
        assert (judged.rounds, judged.votes) == (number, 10 * number)
        assert (judged.missing_votes, judged.missing_rounds) == (30 - 10 * number, 3 - number)
        assert bool(judged.strengths) == bool(judged.agreement) == (number == 3)
    assert judged
    best = judged.strengths[0]
    assert (best.votes, best.shown) == (30, 30)
    assert {each.measure for each in judged.agreement} <= set(MEASURES)


def test_several_right_pins_at_once_are_no_guesses(lab: Lab) -> None:
    opened, pin = lab.classes.start(NETWORK)
    with ThreadPoolExecutor(8) as several:
        assert set(several.map(lab.classes.admit, [pin] * 8)) == {opened}
    lab.classes.end()


def test_a_student_searches(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code).student
    assert student
    assert lab.classes.questions.searched(student.token) is None
    search = lab.classes.questions.search(student.token, "When was the lamp of Varn lit?")
    wait_for(lambda: search.over)
    assert search.run
    assert search.run.answer is None
    assert all(hit.rerank_score is not None for hit in search.run.candidates)
    assert search.run.hits[0].chunk.text in NOTES["lamp.md"]
    assert lab.classes.questions.searched(student.token) is search
    with pytest.raises(BadInput, match="empty"):
        lab.classes.questions.search(student.token, " ")


def test_all_who_search_see_passages_before_those_of_one_are_reranked(
    lab: Lab, opened: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    rerank, reading, busy = Finder.rerank, Event(), Event()

    def held(*args: Any) -> Generator[Any, None, Any]:
        assert reading.wait(SECONDS)
        return (yield from rerank(*args))

    monkeypatch.setattr(Finder, "rerank", held)
    ahead = lab._worker.stream(lambda: (busy.wait(SECONDS) for _ in range(1)))
    students = [joined(lab, opened.code).student for _ in range(3)]
    searches = [
        lab.classes.questions.search(student.token, "When was the lamp lit?")
        for student in students
        if student
    ]
    wait_for(lambda: len(lab._worker._line) == 4)
    busy.set()
    assert list(ahead) == [True]
    wait_for(lambda: all(search.run for search in searches))
    assert not any(search.over for search in searches)
    assert {hit.rerank_score for each in searches if each.run for hit in each.run.hits} == {None}
    reading.set()
    wait_for(lambda: all(search.over for search in searches))
    assert None not in {hit.rerank_score for each in searches if each.run for hit in each.run.hits}


def test_questions_are_answered_in_turn_and_may_be_paused(lab: Lab, opened: Classroom) -> None:
    questions = lab.classes.questions
    ada, bob = joined(lab, opened.code, "Ada"), joined(lab, opened.code, "Bob")
    questions.pause(opened.id, True)
    for number in range(2):
        questions.put(ada, f"When was the lamp lit? {number}")
    questions.put(bob, "How high is the tide?")
    line = [each.question[-1] for each in questions.line(opened.id)]
    assert line == ["0", "?", "1"]
    assert bob.student
    ((mine, place),) = questions.of(opened.id, bob.student.token)
    assert (mine.state, place) == ("waiting", 2)
    questions.pause(opened.id, False)
    wait_for(lambda: not questions.line(opened.id))

    def done() -> bool:
        return all(each.state == "done" for each, _ in questions.of(opened.id, tokens[0]))

    tokens = [each.student.token for each in (ada, bob) if each.student]
    wait_for(done)
    ((mine, place),) = questions.of(opened.id, tokens[1])
    assert (mine.state, place) == ("done", 0)
    (run,) = lab.comparisons.comparison(mine.comparison_id).runs
    assert run.answer
    assert run.hits


def test_one_who_asked_much_before_waits_for_no_more_than_one_question_of_another(
    lab: Lab, opened: Classroom
) -> None:
    questions = lab.classes.questions
    ada, bob = joined(lab, opened.code, "Ada"), joined(lab, opened.code, "Bob")
    for number in range(3):
        questions.put(ada, f"When was the lamp lit? {number}")
    wait_for(lambda: not questions.line(opened.id))
    questions.pause(opened.id, True)
    questions.put(ada, "What burns?")
    questions.put(bob, "How high is the tide?")
    questions.put(bob, "How often does it fall?")
    line = [each.question for each in questions.line(opened.id)]
    assert line == ["How high is the tide?", "What burns?", "How often does it fall?"]


def test_a_student_may_not_fill_the_line(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code)
    lab.classes.questions.pause(opened.id, True)
    for _ in range(rules.MOST_WAITING):
        lab.classes.questions.put(student, "When?")
    with pytest.raises(BadInput, match="wait already"):
        lab.classes.questions.put(student, "When?")
    lab.classes.end()
    with pytest.raises(BadInput, match="ended"):
        lab.classes.questions.put(again(lab, student), "When?")


def test_a_question_that_fails_says_why(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code)
    for paper in lab.papers.all():
        lab.papers.remove(paper.id)
    lab.classes.questions.put(student, "When was the lamp lit?")
    assert student.student
    token = student.student.token

    def mine() -> AskedQuestion:
        return lab.classes.questions.of(opened.id, token)[0][0]

    wait_for(lambda: mine().state == "failed")
    assert "no paper" in mine().sentence


def test_rounds_refuse_what_cannot_be_voted_on(lab: Lab, opened: Classroom) -> None:
    with pytest.raises(BadInput, match="not in this lab"):
        lab.classes.begin("nothing")
    with pytest.raises(BadInput, match="2 to 6"):
        lab.runs.take_in_recorded()
        lab.classes.begin(lab.comparisons.recorded()[0].runs[0].id)


def test_a_reset_begins_anew(lab: Lab, opened: Classroom) -> None:
    student = joined(lab, opened.code)
    lab.classes.begin(recorded(lab))
    lab.classes.reset()
    assert again(lab, student).student is None
    shown: Round = lab.classes.begin(recorded(lab))
    assert shown.number == 1


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
