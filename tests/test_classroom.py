"""The rules of a class, by values worked out by hand."""

import pytest

from core.classroom import rules
from core.errors import BadInput
from core.types import Round


def a_round(**changes: object) -> Round:
    values: dict[str, object] = {
        "id": 1,
        "class_id": "c",
        "number": 1,
        "comparison_id": "x",
        "question": "When?",
        "run_ids": ("none", "found", "ranked"),
        "readers": ("found", "ranked"),
        "asked": "read",
        "state": "revealed",
        "at": "2026-11-21T10:00:00",
    }
    return Round(**(values | changes))  # type: ignore[arg-type]


def test_codes_have_no_letters_that_look_alike() -> None:
    assert not set(rules.ALPHABET) & set("0O1IL2Z5S8BUV")
    assert len(set(rules.ALPHABET)) == len(rules.ALPHABET) == 23
    codes = {rules.new_code() for _ in range(50)}
    assert len(codes) > 40
    assert all(len(code) == 5 and set(code) <= set(rules.ALPHABET) for code in codes)


def test_a_pin_is_six_digits_and_kept_as_a_hash() -> None:
    pin, salt = rules.new_pin(), rules.new_salt()
    assert len(pin) == 6
    assert pin.isdecimal()
    kept = rules.sealed(pin, salt)
    assert pin not in kept
    assert kept == rules.sealed(f" {pin} ", salt)
    assert kept != rules.sealed(pin, rules.new_salt())
    assert rules.same(kept, kept)
    assert not rules.same(kept, kept[:-1] + "x")


def test_a_code_may_be_typed_carelessly() -> None:
    assert rules.typed_code(" 4f-k q9 ") == "4FKQ9"


@pytest.mark.parametrize(
    ("wrong", "seconds"), [(0, 0), (2, 0), (3, 1), (4, 2), (5, 4), (8, 32), (9, 60), (500, 60)]
)
def test_waits_grow_with_wrong_guesses(wrong: int, seconds: int) -> None:
    assert rules.wait_after(wrong, free=3, longest=60) == seconds


def test_names() -> None:
    assert rules.checked_name("  Ada\t\u0007 L. ") == "Ada L."
    assert rules.checked_name("x" * 24) == "x" * 24
    for bad in ("", " \n", "x" * 25, "\u0000"):
        with pytest.raises(BadInput, match="1 to 24"):
            rules.checked_name(bad)


def test_the_order_is_the_same_everywhere_and_differs_between_rounds() -> None:
    runs = ("a", "b", "c")
    orders = {rules.shuffled("class", number, runs) for number in range(1, 40)}
    assert len(orders) == 6  # all there are
    assert rules.shuffled("class", 1, ("c", "b", "a")) == rules.shuffled("class", 1, runs)
    # `printf class:1:a | sha256sum` begins with 7ac6, that of b with d5d1, that of c with 0566
    assert rules.shuffled("class", 1, runs) == ("c", "a", "b")


@pytest.mark.parametrize(
    ("texts", "readers", "asked", "sentence"),
    [
        (["a"], 1, "read", "2 to 6"),
        (["a"] * 7, 1, "read", "2 to 6"),
        (["a", " "], 1, "read", "no answer"),
        (["a", "b"], 0, "read", "No panel"),
        (["a", "b"], 2, "read", "Every panel"),
    ],
)
def test_what_nobody_can_vote_on(texts: list[str], readers: int, asked: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        rules.check_round(texts, readers, asked)  # type: ignore[arg-type]


def test_which_is_right_may_be_asked_of_any_answers() -> None:
    rules.check_round(["a", "b"], 0, "right")
    rules.check_round(["a", "b"], 2, "right")
    rules.check_round(["a", "b", "c"], 2, "read")


def test_the_score_is_of_revealed_rounds_and_of_who_read_alone() -> None:
    rounds = [
        (a_round(), {"read": {"none": 4, "found": 5, "ranked": 1}, "right": {"none": 9}}),
        (a_round(state="predicting"), {"read": {"found": 7}}),
        (a_round(readers=("none",)), {"read": {"none": 2, "ranked": 1}}),
        (a_round(), {}),
    ]
    assert rules.score(rounds) == (5 + 1 + 2, 10 + 3)  # type: ignore[arg-type]
    assert rules.score([]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It was lit in 1874 [1].", "It was lit in 1874."),
        ("[2] says so [1, 3] [2-3].", " says so."),
        ("One\n[1]\nTwo", "One\n\nTwo"),
        ("a[i] and [2024] stay", "a[i] and [2024] stay"),
    ],
)
def test_references_are_hidden_with_the_panels(text: str, told: str) -> None:
    assert rules.blind(text) == told
