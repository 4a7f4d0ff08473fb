"""How much a model reads, by hand with tokens that are words."""

import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from core.models.windows import characters_read, room
from tests.backends.words import tokenizer


@pytest.fixture
def bert_like() -> Tokenizer:
    """Words as tokens, with [CLS] a [SEP] and [CLS] a [SEP] b [SEP]."""
    made = tokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return made


def test_room_is_what_special_tokens_and_the_question_leave(bert_like: Tokenizer) -> None:
    assert room(bert_like, 10) == 8
    assert room(bert_like, 10, "") == 7
    assert room(bert_like, 10, "who did it") == 4
    assert room(bert_like, 5, "who did it to them") == 0


def test_a_text_that_fits_is_read_to_its_last_character(bert_like: Tokenizer) -> None:
    assert characters_read(bert_like, 5, ["one two three", "one two  ", ""]) == [13, 9, 0]


def test_a_longer_text_is_read_to_the_end_of_the_last_token_that_fits(
    bert_like: Tokenizer,
) -> None:
    #        01234567890123456789
    text = "one two, naïve 漢字 end"  # one | two | , | naïve | 漢字 | end
    assert characters_read(bert_like, 8, [text]) == [len(text)]
    assert characters_read(bert_like, 7, [text]) == [17]
    assert characters_read(bert_like, 6, [text]) == [14]
    assert characters_read(bert_like, 5, [text]) == [8]
    assert characters_read(bert_like, 2, [text]) == [0]


def test_a_question_takes_its_share(bert_like: Tokenizer) -> None:
    text = "one two three four"
    assert characters_read(bert_like, 9, [text], "who is") == [len(text)]
    assert characters_read(bert_like, 8, [text], "who is") == [len("one two three")]
    assert characters_read(bert_like, 4, [text], "who is it") == [0]


def test_counts_agree_with_the_tokenizers_own_truncation(bert_like: Tokenizer) -> None:
    text = "alpha beta gamma delta epsilon"
    (alone,) = characters_read(bert_like, 5, [text])
    (asked,) = characters_read(bert_like, 7, [text], "who is")
    bert_like.enable_truncation(5)
    assert bert_like.encode(text).offsets[-2][1] == alone
    bert_like.enable_truncation(7, strategy="only_second")
    assert bert_like.encode("who is", text).offsets[-2][1] == asked
