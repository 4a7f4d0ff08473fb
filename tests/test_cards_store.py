"""Cards, learners and reviews, kept: with a fake clock, by hand."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsrs
import pytest

from core.cards import schedule
from core.errors import BadInput
from core.lab import Lab
from core.settings import ROOT
from core.store import EVERY, Learner, Scope, Store
from core.types import Card, Span

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def card(number: int, deck: str = "Sea", **changes: object) -> Card:
    plain = Card(
        id=f"c{number}",
        deck=deck,
        title=f"T{number}",
        question=f"Question {number}?",
        answer=f"Answer {number}.",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "t.sqlite")


@pytest.fixture
def deck(lab: Lab) -> Lab:
    """A lab with six cards in two decks."""
    lab._store.cards.keep([card(n) for n in range(4)] + [card(n, "Land") for n in (4, 5)])
    return lab


# cards


def test_a_card_comes_back_as_it_was(store: Store) -> None:
    whole = card(
        1, chapter="C", background="B", tags=("a", "b"), span=Span(paper_id="p", start=3, end=9)
    )
    assert store.cards.keep([whole, card(2)]) == 2
    assert store.cards.card("c1") == whole
    assert store.cards.keep([replace(whole, answer="New.")]) == 0
    assert store.cards.card("c1").answer == "New."
    assert [each.name for each in store.cards.decks()] == ["Sea"]


def test_found_by_deck_tag_and_words(store: Store) -> None:
    store.cards.keep(
        [
            card(1, tags=("salt",), answer="The tide rises at Größe."),
            card(2, "Land", tags=("salt", "x"), background="Tides of men."),
            card(3, "Land", question='What is "NOT" OR near(?'),
            card(4, "Land", answer="潮汐是海水的涨落"),
        ]
    )

    def ids(**scope: Any) -> list[str]:
        found = [each.id for each in store.cards.cards(Scope(**scope))]
        assert store.cards.count(Scope(**scope)) == len(found)
        return found

    assert ids(words="tid") == ["c1", "c2"]
    assert ids(words="tide grosse") == []
    assert ids(words="größe TIDE") == ids(words="grö") == ["c1"]
    assert ids(words="tid", deck="Land") == ["c2"]
    assert ids(tag="salt") == ["c1", "c2"]
    assert ids(words='"NOT" OR near(') == ["c3"]
    assert ids(words="海水") == ["c4"]
    assert ids(words="?!") == []
    assert ids(words="  ") == ["c1", "c2", "c3", "c4"]
    assert store.cards.tags() == ["salt", "x"]
    assert store.cards.tags("Sea") == ["salt"]
    assert [each.id for each in store.cards.cards(EVERY, limit=2, offset=1)] == ["c2", "c3"]


def test_each_change_can_be_undone(store: Store) -> None:
    store.cards.keep([card(1, tags=("a",))])
    before = store.cards.card("c1")
    edited = store.cards.change(replace(before, answer="Other words.", tags=("b",)))
    assert store.cards.count(Scope(words="other", tag="b")) == 1
    deleted = store.cards.delete("c1")
    assert store.cards.count() == 0
    assert store.cards.decks() == []
    with pytest.raises(BadInput, match="changed again"):
        store.cards.undo(edited)
    assert store.cards.undo(deleted).answer == "Other words."
    with pytest.raises(BadInput, match="nothing to undo"):
        store.cards.undo(deleted)
    assert store.cards.undo(edited) == before == store.cards.card("c1")
    assert store.cards.count(Scope(words="other")) == 0
    with pytest.raises(BadInput, match="not here"):
        store.cards.delete("nothing")


def test_a_deleted_card_comes_back_with_its_deck(store: Store) -> None:
    store.cards.keep([card(1)])
    store.cards.delete("c1")
    assert store.cards.keep([card(1)]) == 0
    assert store.cards.count() == 1


def test_a_card_nobody_could_study_is_refused(deck: Lab) -> None:
    with pytest.raises(BadInput, match="no answer"):
        deck.cards.change(card(1, answer=" \n"))
    deck.cards.change(card(1, answer="```\nopen"))
    assert deck.cards.get("c1").answer == "```\nopen\n```"


# studying


def studied(lab: Lab, learner: Learner, at: datetime, rating: int) -> str:
    """Answer the card that comes now; its id."""
    turn = lab.study.turn(learner, EVERY, at)
    assert turn
    assert lab.study.answer(learner, turn, rating, at)
    return turn.card.id


def test_ten_days_of_a_learner_equal_py_fsrs(deck: Lab) -> None:
    """Every card of every day, rated by a rule; py-fsrs beside it, card by card."""
    ada = replace(deck.study.learner("Ada", "Europe/Berlin"), retention=0.85, new_a_day=2)
    scheduler = fsrs.Scheduler(desired_retention=0.85, enable_fuzzing=False)
    plain: dict[str, fsrs.Card] = {}
    answered = 0
    for day in range(10):
        at = START + timedelta(days=day)
        while turn := deck.study.turn(ada, EVERY, at):
            rating = 1 + (answered * 7 + day) % 4
            beside = plain.get(turn.card.id) or fsrs.Card(card_id=1)
            plain[turn.card.id], _ = scheduler.review_card(beside, fsrs.Rating(rating), at)
            memory = deck.study.answer(ada, turn, rating, at)
            assert memory
            assert datetime.fromisoformat(memory.due) == plain[turn.card.id].due
            assert memory.stability == plain[turn.card.id].stability
            assert turn.intervals[rating] == plain[turn.card.id].due - at
            at += timedelta(minutes=3)
            answered += 1
        counts = deck.study.counts(ada, EVERY, at)
        assert (counts.new, counts.due) == (0, 0)
    assert answered > 20
    assert len(plain) == 6  # two new ones a day, so all were begun on the third day


def test_a_card_that_is_looked_at_stays_when_another_falls_due(deck: Lab) -> None:
    ada = deck.study.learner("Ada")
    first = deck.study.turn(ada, EVERY, START)
    assert first
    deck.study.answer(ada, first, 1, START)  # again, in a minute
    second = deck.study.turn(ada, EVERY, START + timedelta(seconds=50))
    assert second
    later, held = START + timedelta(seconds=70), (second.card.id, 0)
    due = deck.study.turn(ada, EVERY, later)
    assert due
    assert due.card == first.card
    kept = deck.study.turn(ada, EVERY, later, held)
    assert kept
    assert kept.card == second.card
    deck.study.answer(ada, kept, 3, later)
    assert deck.study.turn(ada, EVERY, later, held) == due  # it has a review now
    deck.study.suspend(ada, second.card.id)
    assert deck.study.turn(ada, EVERY, later, (second.card.id, 1)) == due
    assert deck.study.turn(ada, EVERY, later, ("gone", 0)) == due


def test_undo_restores_everything_exactly(deck: Lab) -> None:
    ada = deck.study.learner("Ada")
    states, at = [], START
    for rating in (3, 1, 4, 2, 3, 3, 1):
        turn = deck.study.turn(ada, EVERY, at)
        assert turn
        states.append((turn, deck.study.memories(ada, EVERY), deck.study.counts(ada, EVERY, at)))
        deck.study.answer(ada, turn, rating, at)
        at += timedelta(minutes=4)
    for turn, memories, counts in reversed(states):
        at -= timedelta(minutes=4)
        assert deck.study.take_back(ada) == turn.card
        assert deck.study.memories(ada, EVERY) == memories
        assert deck.study.counts(ada, EVERY, at) == counts
        assert deck.study.turn(ada, EVERY, at) == turn
    assert deck.study.reviews(ada) == []
    with pytest.raises(BadInput, match="no review"):
        deck.study.take_back(ada)
    assert len(deck._store.database.rows("SELECT * FROM reviews")) == 14  # the log only grows


def test_two_learners_do_not_disturb_each_other(deck: Lab) -> None:
    ada, ben = deck.study.learner("Ada"), deck.study.learner(" Ben ")
    for _ in range(3):
        studied(deck, ada, START, 4)
    deck.study.suspend(ada, "c3")
    assert deck.study.counts(ben, EVERY, START).new == 6
    assert studied(deck, ben, START, 1) == "c0"
    before = deck.study.memories(ada, EVERY)
    deck.study.take_back(ben)
    assert deck.study.memories(ada, EVERY) == before
    assert deck.study.memories(ben, EVERY) == []
    assert [each.name for each in deck.study.learners()] == ["Ada", "Ben"]


def test_new_cards_a_day_and_the_turn_of_the_day(deck: Lab) -> None:
    ada = replace(deck.study.learner("Ada", "Europe/Berlin"), new_a_day=2)
    night = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # 00:30 in Berlin, still the day before
    assert deck.study.counts(ada, EVERY, night).new == 2
    studied(deck, ada, night, 4)
    studied(deck, ada, night, 4)
    assert deck.study.counts(ada, EVERY, night).new == 0
    assert deck.study.turn(ada, EVERY, night) is None
    morning = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # 04:00 in Berlin
    assert deck.study.turn(ada, EVERY, morning - timedelta(seconds=1)) is None
    assert deck.study.counts(ada, EVERY, morning).new == 2
    assert deck.study.turn(ada, EVERY, morning)


def test_a_card_due_in_the_evening_waits_from_the_morning_on(deck: Lab) -> None:
    ada = replace(deck.study.learner("Ada", "UTC"), new_a_day=1)
    evening = START.replace(hour=22)
    assert studied(deck, ada, evening, 4) == "c0"
    (only,) = deck.study.memories(ada, EVERY)
    assert only.memory
    due = datetime.fromisoformat(only.memory.due)
    assert due == evening + timedelta(days=8)
    ada = replace(ada, new_a_day=0)
    assert deck.study.turn(ada, EVERY, due.replace(hour=3)) is None
    turn = deck.study.turn(ada, EVERY, due.replace(hour=4))
    assert turn
    assert turn.card.id == "c0"


def test_what_is_being_learned_comes_first_and_early_only_at_the_end(deck: Lab) -> None:
    ada = replace(deck.study.learner("Ada"), new_a_day=2)
    assert studied(deck, ada, START, 3) == "c0"  # again in ten minutes
    assert studied(deck, ada, START + timedelta(minutes=11), 3) == "c0"
    assert studied(deck, ada, START + timedelta(minutes=12), 3) == "c1"
    early = START + timedelta(minutes=13)  # nine minutes too early, but nothing else is left
    assert studied(deck, ada, early, 4) == "c1"
    assert deck.study.turn(ada, EVERY, early) is None


def test_only_the_chosen_deck_is_studied(deck: Lab) -> None:
    ada = deck.study.learner("Ada")
    land = Scope(deck="Land")
    assert deck.study.counts(ada, land, START).new == 2
    turn = deck.study.turn(ada, land, START)
    assert turn
    assert turn.card.id == "c4"
    deck.study.suspend(ada, "c4")
    deck.cards.delete("c5")
    assert deck.study.turn(ada, land, START) is None
    assert [each.id for each in deck.cards.find(Scope(left_out_by="Ada"))] == ["c4"]
    assert deck.cards.count(Scope(left_out_by="Ben")) == 0
    deck.study.suspend(ada, "c4", False)
    assert deck.study.turn(ada, land, START) == turn


def test_a_card_answered_elsewhere_meanwhile_is_not_answered_twice(deck: Lab) -> None:
    ada = deck.study.learner("Ada")
    turn = deck.study.turn(ada, EVERY, START)
    assert turn
    assert deck.study.answer(ada, turn, 3, START)
    assert deck.study.answer(ada, turn, 1, START) is None
    assert len(deck.study.reviews(ada)) == 1


def test_leeches(deck: Lab) -> None:
    ada = replace(deck.study.learner("Ada"), new_a_day=1)
    leeches = Scope(forgotten_by="Ada", lapses=schedule.LEECH)
    at = START
    for _ in range(schedule.LEECH):
        assert deck.cards.count(leeches) == 0
        studied(deck, ada, at, 4)
        at += timedelta(days=40)
        studied(deck, ada, at, 1)
        at += timedelta(minutes=15)
    assert [each.id for each in deck.cards.find(leeches)] == ["c0"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_name_is_needed(deck: Lab, name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        deck.study.learner(name)


def test_settings_that_cannot_be_meant(deck: Lab) -> None:
    ada = deck.study.learner("Ada")
    for wrong in (
        replace(ada, retention=0.2),
        replace(ada, new_a_day=-1),
        replace(ada, zone="Moon"),
    ):
        with pytest.raises(BadInput):
            deck.study.keep(wrong)
    deck.study.keep(replace(ada, retention=0.8))
    assert deck.study.learner("Ada", "Europe/Berlin").retention == 0.8


KILLED = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from core.lab import Lab
from core.settings import Settings
from core.store import EVERY
lab = Lab(Settings(data=Path(sys.argv[1])))
ada = lab.study.learner("Ada")
at = datetime(2026, 3, 2, 9, tzinfo=UTC)
while True:
    turn = lab.study.turn(ada, EVERY, at)
    if turn and lab.study.answer(ada, turn, 3, at):
        print(turn.card.id, flush=True)
    at += timedelta(minutes=20)
"""


def test_a_killed_server_loses_no_review(deck: Lab) -> None:
    command = [sys.executable, "-c", KILLED, str(deck.settings.data)]
    said = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        for _ in range(5):
            said.append(server.stdout.readline().strip())
        server.send_signal(signal.SIGKILL)
        said += server.stdout.read().split()
    ada = deck.study.learner("Ada")
    logged = [review.card_id for review in deck.study.reviews(ada)]
    assert len(said) >= 5
    assert logged[: len(said)] == said
    for each in deck.study.memories(ada, EVERY):
        log = [review for review in deck.study.reviews(ada) if review.card_id == each.card.id]
        assert schedule.remember(log) == each.memory
