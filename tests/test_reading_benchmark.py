"""The shares that the reading benchmark tells are what it says they are."""

import io
from collections.abc import Callable
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from benchmarks._known_by_hand import BY_HAND, scan
from benchmarks._known_texts import Known
from benchmarks.reading_pages import behind, edits, letters_right, order_right, paragraphs_right

FEW = st.text("ab ", max_size=8)


@given(FEW, FEW, FEW)
def test_edits_are_a_distance(one: str, other: str, third: str) -> None:
    assert edits(one, one) == 0
    assert edits(one, other) == edits(other, one) >= abs(len(one) - len(other))
    assert edits(one, third) <= edits(one, other) + edits(other, third)


def test_edits_put_in_leave_out_and_change() -> None:
    assert edits("kitten", "sitting") == 3
    assert edits("", "abc") == edits("abc", "") == 3


@pytest.mark.parametrize(
    ("read", "letters", "order"),
    [
        ("the tide rises 10⁶ times\n", 1, 1),
        ("the tide rises 106 times", 1 - 1 / 24, 1),
        ("the tide rises 10⁶ times the tide rises 10⁶ times", 0, 1),
        ("rises 10⁶ times the tide", 1, 3 / 4),
        ("", 0, 0),
    ],
)
def test_letters_and_order_count_apart(read: str, letters: float, order: float) -> None:
    flows = ("the tide rises 10⁶ times",)
    assert letters_right(flows, read) == pytest.approx(letters)
    assert order_right(flows, read) == pytest.approx(order)


def test_ideographs_are_words_and_slanted_letters_are_letters() -> None:
    assert letters_right(("时间 𝑥",), "时\n间 x") == 1
    assert order_right(("时间",), "间时") == 0


def test_order_does_not_go_from_one_flow_to_the_next() -> None:
    assert order_right(("one two", "a note"), "a note one two") == 1


def test_a_paragraph_is_right_where_it_stands_alone() -> None:
    one, two = (" ".join(f"{word}{at}" for at in range(20)) for word in ("tide", "rope"))
    flows = (f"A heading\n{one}\n{two}", "a note")
    assert paragraphs_right(flows, f"A heading\n\n{one}\n\n{two}\n\na note") == 1
    lines = one.replace("7 ", "7\n")
    assert paragraphs_right(flows, f"A heading\n\n{lines}\n\n{two}") == 1
    assert paragraphs_right(flows, f"A heading\n{one}\n{two.replace('7', 'T')}") == 1
    assert paragraphs_right(flows, f"A heading\n{lines}\n{two}") == 1 / 2
    assert paragraphs_right(flows, f"A heading\n\n{lines} {two}") == 0
    assert isnan(paragraphs_right(("A heading",), "A heading"))


def test_a_reader_is_behind_by_more_than_one_in_a_hundred() -> None:
    assert not behind({"ours": (0.99, 1.0, nan), "other": (1.0, 1.0, nan)})
    assert behind({"ours": (0.98, 1.0, 1.0), "other": (1.0, 0.5, 1.0)}) == "letters BEHIND"


@pytest.mark.parametrize("make", BY_HAND, ids=lambda make: make.__name__)
def test_pages_set_by_hand_are_pdfs_with_their_text(make: Callable[[], Known]) -> None:
    known = make()
    read = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(known.pdf)).pages)
    assert order_right(known.flows, read) > 0.8


def test_a_scan_is_a_picture_alone() -> None:
    known = scan(BY_HAND[0](), 72)
    (page,) = PdfReader(io.BytesIO(known.pdf)).pages
    assert len(page.images) == 1
    assert not page.extract_text()
