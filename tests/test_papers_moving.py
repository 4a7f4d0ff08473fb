"""A passage found again in another reading of the same file."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.papers.moving import Letters, moved

NEW = (
    "The keeper of the lamp at Varn is a naïve man. He reads 10⁶ efficient gauges, and a state-of-"
    "the-art clock. (The tide rises “four metres”, then falls.)\n\nThe bell rings. The bell rings."
)


def found(old: str, passage: str, new: str = NEW) -> str | None:
    start = old.index(passage)
    place = moved(Letters(old), start, start + len(passage), Letters(new))
    return new[slice(*place)] if place else None


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("The keeper of\nthe lamp at\nVarn", "The keeper of the lamp at Varn"),
        ("is a na¨ıve man. He", "is a naïve man. He"),
        ("reads 106 eﬃcient", "reads 10⁶ efficient"),
        ("“four metres\n”\n, then\nfalls.\n)", "“four metres”, then falls.)"),
        ("state-\nof-the-art clock", "state-of-the-art clock"),
        (
            "(The tide rises “four metres”, then falls.)",
            "(The tide rises “four metres”, then falls.)",
        ),
        ('The tide rises "four metres"', "The tide rises “four metres"),
    ],
)
def test_it_is_known_by_its_letters(before: str, now: str) -> None:
    assert found(f"Before. {before} And behind.", before) == now


def test_of_two_places_the_one_with_the_same_surroundings_is_meant() -> None:
    old = "then falls.)\nThe bell rings. The bell\nrings."
    start = old.rindex("The bell")
    place = moved(Letters(old), start, len(old), Letters(NEW))
    assert place == (NEW.rindex("The bell"), len(NEW))


def test_of_two_places_in_both_the_same_one_is_meant() -> None:
    page = f"{'The sea is wide and cold. ' * 4}The bell rings at noon. {'It was a day. ' * 6}"
    old, new = page.replace(" ", "\n") * 2, page * 2
    start = old.rindex("The\nbell")
    place = moved(Letters(old), start, start + 23, Letters(new))
    assert place == (new.rindex("The bell"), new.rindex("The bell") + 23)


def test_of_two_places_without_surroundings_none_is() -> None:
    assert found("The bell rings.", "The bell rings.") is None


def test_a_short_passage_is_not_found_within_other_words() -> None:
    assert found("Quite another text says a lamp", "a lamp") is None


def test_what_stands_nowhere_and_what_has_no_letters_is_not_found() -> None:
    assert found("Qvgr gur ynzc bs Inea, nyy bs vg.", "Qvgr gur ynzc bs Inea, nyy bs vg") is None
    assert found("The lamp → +++ burns", "→ +++") is None


def test_a_running_head_that_is_gone_and_a_letter_that_is_mended_do_not_hide_it() -> None:
    old = NEW.replace("state", "VARN GAZETTE 7\nstate").replace("clock", "cl0ck")
    whole = old[old.index("He reads") : old.index("”, then")]
    assert found(old, whole) == NEW[NEW.index("He reads") : NEW.index("”, then")]


@given(
    st.lists(st.text("abcdefgh", min_size=3, max_size=8), min_size=30, max_size=60, unique=True),
    st.data(),
)
def test_whatever_stands_between_the_letters_a_passage_moves_to_the_same_ones(
    words: list[str], data: st.DataObject
) -> None:
    between = st.sampled_from([" ", "\n", "-\n", ". ", "  "])
    old = "".join(word + data.draw(between) for word in words)
    new = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 12))
    last = data.draw(st.integers(first + 8, len(words)))
    start = sum(len(each[0]) for each in list(re.finditer(r"\w+\W+", old))[:first])
    end = sum(len(each[0]) for each in list(re.finditer(r"\w+\W+", old))[:last])
    place = moved(Letters(old), start, end, Letters(new))
    assert place
    assert new[slice(*place)].split() == words[first:last]
