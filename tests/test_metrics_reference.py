"""Answers against references, by hand and by what must hold."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.reference import Flips, flips, rouge_l, token_f1

texts = st.lists(st.sampled_from(["the", "lamp", "oil", "Oil,", "1874", "b"]), max_size=12).map(
    " ".join
)


def test_token_f1_by_hand() -> None:
    # lamp, was, lit, in, 1874 against lamp, lit, 1874, 1874: three in common.
    assert token_f1("The lamp was lit in 1874.", "lamp lit: 1874, 1874") == pytest.approx(6 / 9)
    assert token_f1("An oil lamp", "the LAMP, a oil!") == 1.0
    assert token_f1("oil oil oil", "oil") == pytest.approx(2 / 4)
    assert token_f1("whale", "oil") == 0.0


def test_rouge_l_by_hand() -> None:
    # "lit ... 1874" is in order in both; "lamp" stands elsewhere.
    assert rouge_l("lit in 1874 the lamp", "lamp lit 1874") == pytest.approx(2 * 2 / 8)
    assert rouge_l("a b c d", "a c d b") == pytest.approx(2 * 3 / 8)
    assert rouge_l("whale", "oil") == 0.0


@pytest.mark.parametrize("measure", [token_f1, rouge_l])
def test_nothing_said(measure: Callable[[str, str], float]) -> None:
    assert measure("", "") == 1.0
    assert measure("", "oil") == 0.0
    assert measure("oil", " ... ") == 0.0


@given(one=texts, other=texts)
def test_what_holds_for_any_two_texts(one: str, other: str) -> None:
    for measure in (token_f1, rouge_l):
        assert measure(one, one) == 1.0
        assert measure(one, other) == measure(other, one)
        assert 0 <= measure(one, other) <= 1


def test_flips_by_hand() -> None:
    found = flips([0.1, 0.5, 0.9, 0.30], [0.8, 0.2, 0.9, 0.33])
    assert found.changes == ("helped", "hurt", "same", "same")
    assert (found.helped, found.hurt) == (1, 1)
    assert flips([0.2] * 200, [0.9] * 200) == Flips(changes=("helped",) * 200, p=1 / 5_000)
    with pytest.raises(ValueError):
        flips([], [0.1])
    with pytest.raises(ValueError):
        flips([], [])
