"""Support and word differences, by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.metrics.differences import Piece, differences, likeness
from core.metrics.support import Sentence, sentences, supported_share
from core.metrics.words import Vocabulary, telling, words

LAMP = "The lamp of Varn was lit in 1874 and burns whale oil."
TIDE = "The tide at Varn rises 4.5 metres."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CAT, 294,912 weights!", ["the", "cat", "294,912", "weights"]),
        ("fine-tuning 3.14", ["fine", "tuning", "3.14"]),
        ("注意力 と GPT4", ["注意", "意力", "と", "gpt", "4"]),
        ("… — ?!", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_that_tell_nothing_do_not_count() -> None:
    assert telling("What is the tide?") == ["tide"]


@pytest.mark.parametrize(
    ("word", "held"),
    [
        ("training", True),  # train + three letters
        ("trained", True),
        ("trainable", False),  # four letters more
        ("weight", True),  # weights without its last
        ("weighed", False),
        ("1874", True),
        ("187", False),  # a number has no endings
        ("red", True),
        ("reds", False),  # too short to share a beginning
    ],
)
def test_forms_of_a_word(word: str, held: bool) -> None:
    assert (word in Vocabulary("Train the red weights, 1874.")) is held


def test_support_is_the_share_of_a_sentence_s_words_in_its_best_text() -> None:
    answer = "The lamp burns whale oil [1]. The tide rises nine fathoms high.\nYes. Gulls sing!"
    found = sentences(answer, [LAMP, TIDE])
    assert [answer[each.start : each.end] for each in found] == [
        "The lamp burns whale oil [1].",
        "The tide rises nine fathoms high.",
        "Yes.",
        "Gulls sing!",
    ]
    # lamp burns whale oil: 4 of 4; tide rises of nine, fathoms, high: 2 of 5; yes: 0; gulls sing: 0
    assert [each.support for each in found] == [1.0, 0.4, 0.0, 0.0]
    assert [each.best for each in found] == [0, 1, None, None]
    assert [each.unsupported for each in found] == [False, True, True, True]
    assert supported_share(answer, [LAMP, TIDE]) == 0.25


def test_a_sentence_without_telling_words_is_not_judged() -> None:
    assert sentences("It is. [2]", [LAMP]) == [
        Sentence(start=0, end=6, support=None, best=None),
        Sentence(start=7, end=10, support=None, best=None),
    ]
    assert supported_share("It is.", [LAMP]) is None


def test_half_of_the_words_is_enough() -> None:
    (found,) = sentences("Lamp gull.", [LAMP])
    assert (found.support, found.unsupported) == (0.5, False)


def test_chinese_is_judged_by_pairs_of_characters() -> None:
    (found,) = sentences("注意力机制。", ["注意力"])
    assert found.support == 2 / 4  # 注意 意力 of 注意 意力 力机 机制


def test_without_texts_nothing_is_supported() -> None:
    (found,) = sentences("The lamp.", [])
    assert (found.support, found.best) == (0.0, None)


@settings(deadline=None)
@given(st.text(alphabet="ab. \n\r\x0b注!1[]", max_size=60))
def test_sentences_lie_in_the_answer_in_order(answer: str) -> None:
    found = sentences(answer, [answer])
    assert all(answer[each.start : each.end].strip() for each in found)
    edges = [edge for each in found for edge in (each.start, each.end)]
    assert edges == sorted(edges)
    assert all(each.support in (None, 1.0) for each in found)


def test_word_differences() -> None:
    assert differences("the lamp burns oil", "the big lamp burns gas") == [
        Piece(where="both", text="the "),
        Piece(where="after", text="big "),
        Piece(where="both", text="lamp burns "),
        Piece(where="before", text="oil "),
        Piece(where="after", text="gas "),
    ]
    assert differences("a a", "a") == [
        Piece(where="both", text="a "),
        Piece(where="before", text="a "),
    ]


@settings(deadline=None)
@given(st.text(alphabet="ab 注\n", max_size=40), st.text(alphabet="ab 注\n", max_size=40))
def test_differences_hold_both_texts(before: str, after: str) -> None:
    found = differences(before, after)
    left = "".join(piece.text for piece in found if piece.where != "after")
    right = "".join(piece.text for piece in found if piece.where != "before")
    assert "".join(left.split()) == "".join(before.split())
    assert "".join(right.split()) == "".join(after.split())


def test_likeness() -> None:
    assert likeness("", "") == 1
    assert likeness("a b c d", "a b x d") == 0.75
    assert likeness("a b", "c d") == 0
