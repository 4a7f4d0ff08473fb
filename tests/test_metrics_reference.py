"""Answers against references, by hand and by what must hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.reference import token_f1

texts = st.lists(st.sampled_from(["the", "lamp", "oil", "Oil,", "1874", "b"]), max_size=12).map(
    " ".join
)


def test_token_f1_by_hand() -> None:
    # lamp, was, lit, in, 1874 against lamp, lit, 1874, 1874: three in common.
    assert token_f1("The lamp was lit in 1874.", "lamp lit: 1874, 1874") == pytest.approx(6 / 9)
    assert token_f1("An oil lamp", "the LAMP, a oil!") == 1.0
    assert token_f1("oil oil oil", "oil") == pytest.approx(2 / 4)
    assert token_f1("whale", "oil") == 0.0


def test_nothing_said() -> None:
    assert token_f1("", "") == 1.0
    assert token_f1("", "oil") == 0.0
    assert token_f1("oil", " ... ") == 0.0


@given(one=texts, other=texts)
def test_what_holds_for_any_two_texts(one: str, other: str) -> None:
    assert token_f1(one, one) == 1.0
    assert token_f1(one, other) == token_f1(other, one)
    assert 0 <= token_f1(one, other) <= 1
