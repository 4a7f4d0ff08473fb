"""Classes as they are kept: one vote for each student, round and question asked."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import BadInput
from core.store import Store
from core.types import Classroom, PlayedRound, Round, Screen, Student

OPEN = Classroom(id="c1", code="4FKQ9", opened_at="2026-11-21T10:00:00")
FIRST = Round(
    id=0,
    class_id="c1",
    number=1,
    comparison_id="x",
    question="When?",
    run_ids=("r1", "r2", "r3"),
    readers=("r2", "r3"),
    asked="read",
    state="predicting",
    at="2026-11-21T10:05:00",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "triptych.sqlite")
    store.classes.open(OPEN, "00", "hash")
    for name in ("ada", "bob"):
        assert store.classes.join("c1", Student(token=name, name="Sam"), most=9)
    return store


def screen(store: Store, token: str = "") -> Screen:
    found = store.classes.screen("4FKQ9", token)
    assert found
    return found


def test_one_class_at_a_time(store: Store) -> None:
    assert store.classes.current() == OPEN
    other = Classroom(id="c2", code="AAAAA", opened_at="2026-11-21T11:00:00")
    with pytest.raises(BadInput, match="open already"):
        store.classes.open(other, "00", "hash")
    store.classes.end("c1")
    assert store.classes.current() is None
    store.classes.open(other, "00", "hash")
    assert store.classes.current() == other


def test_two_students_of_one_name_are_two(store: Store) -> None:
    assert screen(store).students == 2
    assert screen(store, "ada").student == Student(token="ada", name="Sam")
    assert screen(store, "eve").student is None


def test_a_class_is_full(store: Store) -> None:
    assert not store.classes.join("c1", Student(token="cleo", name="Cleo"), most=2)
    assert screen(store).students == 2


def test_a_second_vote_replaces_the_first(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    assert shown.id > 0
    assert store.classes.vote(shown.id, "read", "ada", "r1")
    assert store.classes.vote(shown.id, "read", "ada", "r2")
    assert store.classes.vote(shown.id, "read", "bob", "r2")
    assert store.classes.tallies([shown.id]) == {shown.id: {"read": {"r2": 2}}}
    seen = screen(store, "ada")
    assert (seen.round, seen.mine, seen.voted) == (shown, "r2", 2)


def test_each_question_has_its_own_votes(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    store.classes.vote(shown.id, "read", "ada", "r1")
    assert store.classes.ask(shown.id, "right")
    assert screen(store, "ada").mine == ""
    assert not store.classes.vote(shown.id, "read", "ada", "r1")
    assert store.classes.vote(shown.id, "right", "ada", "r3")
    assert store.classes.tallies([shown.id])[shown.id] == {"read": {"r1": 1}, "right": {"r3": 1}}


def test_nothing_is_counted_that_may_not_be(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    assert not store.classes.vote(shown.id, "read", "eve", "r1")  # of no class
    assert not store.classes.vote(shown.id, "read", "ada", "r9")  # not shown
    assert not store.classes.vote(shown.id + 1, "read", "ada", "r1")  # no such round
    assert store.classes.reveal(shown.id)
    assert not store.classes.reveal(shown.id)
    assert not store.classes.vote(shown.id, "read", "ada", "r1")
    assert not store.classes.ask(shown.id, "right")
    assert store.classes.tallies([shown.id]) == {}


def test_a_round_that_is_not_the_latest_takes_no_votes(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    store.classes.begin(Round(**{**{n: getattr(FIRST, n) for n in Round.__slots__}, "number": 2}))
    assert not store.classes.vote(shown.id, "read", "ada", "r1")


def test_a_round_cannot_begin_twice(store: Store) -> None:
    store.classes.begin(FIRST)
    with pytest.raises(BadInput, match="this moment"):
        store.classes.begin(FIRST)


def test_votes_of_thirty_at_once_are_all_counted_once(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    tokens = [f"student {number}" for number in range(30)]
    for token in tokens:
        store.classes.join("c1", Student(token=token, name="Sam"), most=99)

    def vote(token: str) -> bool:
        first = store.classes.vote(shown.id, "read", token, "r1")
        return first and store.classes.vote(shown.id, "read", token, "r3")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(vote, tokens))
    assert store.classes.tallies([shown.id]) == {shown.id: {"read": {"r3": 30}}}


def test_the_end_forgets_names_and_the_pin_but_no_vote(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    store.classes.vote(shown.id, "read", "ada", "r2")
    store.classes.reveal(shown.id)
    store.classes.end("c1")
    seen = screen(store, "ada")
    assert seen.student == Student(token="ada", name="")
    assert not seen.classroom.open
    assert store.classes.secret("c1") == ("", "")
    (played,) = store.classes.voted_rounds()
    assert played.votes == {"read": {"r2": 1}}
    assert not store.classes.vote(shown.id, "read", "bob", "r2")


def test_a_reset_leaves_the_class_open_and_empty(store: Store) -> None:
    shown = store.classes.begin(FIRST)
    store.classes.vote(shown.id, "read", "ada", "r2")
    store.classes.put_question("c1", "ada", "Why?", 3)
    store.classes.pause("c1", True)
    store.classes.reset("c1")
    seen = screen(store, "ada")
    assert (seen.students, seen.round, seen.student) == (0, None, None)
    assert seen.classroom == OPEN
    assert store.classes.questions("c1") == []
    assert store.classes.tallies([shown.id]) == {}


def test_guesses_are_counted_for_the_class(store: Store) -> None:
    assert store.classes.guess("c1", "pin").wrong == 0
    before = store.classes.guess("c1", "pin")
    assert before.wrong == 1
    assert before.at > 0
    assert store.classes.guess("c1", "code").wrong == 0
    store.classes.forgive("c1", "pin", before)
    assert store.classes.guess("c1", "pin") == before
    store.classes.forgive("c1", "pin")
    assert store.classes.guess("c1", "pin").wrong == 0


def test_questions_wait_and_are_answered(store: Store) -> None:
    for _ in range(2):
        assert store.classes.put_question("c1", "ada", "Why?", 2)
    assert not store.classes.put_question("c1", "ada", "Why?", 2)
    first, second = store.classes.questions("c1")
    store.classes.mark_question(first.id, "done", comparison_id="k")
    assert store.classes.put_question("c1", "ada", "How?", 2)
    done, *waiting = store.classes.questions("c1")
    assert (done.state, done.comparison_id) == ("done", "k")
    assert [each.question for each in waiting] == ["Why?", "How?"]
    assert waiting[0] == second


def test_the_votes_of_another_lab_come_in_once(store: Store) -> None:
    played = PlayedRound(
        question="When?",
        run_ids=("r1", "r2"),
        readers=("r2",),
        votes={"read": {"r1": 2, "r2": 1}, "right": {"r2": 3}},
    )
    for _ in range(2):
        store.classes.take_in("elsewhere", "2026-11-01T09:00:00", [played])
    assert store.classes.voted_rounds() == [played]
    assert store.classes.current() == OPEN
