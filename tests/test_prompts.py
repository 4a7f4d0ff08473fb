"""Prompts: alike for all panels; cut to the window in whole passages and never in silence."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answering.prompts import RULES, fit, write_messages
from core.errors import BadInput
from core.types import Chunk, Generation, Hit, Message, Style

QUESTION = "Who lit the lamp?"


def hit(rank: int, text: str, pages: tuple[int, ...] = (1,)) -> Hit:
    chunk = Chunk(paper_id="p", start=0, end=len(text), text=text)
    return Hit(
        chunk=chunk, title="The lamp", pages=pages, similarity=0.5, rank_before=rank, rank=rank
    )


HITS = (hit(1, "Varn lit it.\n", (3,)), hit(2, " It burns oil.", (3, 4)))


def words(messages: Sequence[Message], _generation: Generation) -> int:
    return sum(len(message.content.split()) for message in messages)


def test_without_passages_there_are_the_rules_and_the_question() -> None:
    assert write_messages(f" {QUESTION}\n", ()) == (
        Message(role="system", content=RULES),
        Message(role="user", content=QUESTION),
    )


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_panels_differ_only_by_the_passages(style: Style) -> None:
    without, with_passages = (write_messages(QUESTION, hits, style) for hits in ((), HITS))
    assert [message.role for message in without] == [message.role for message in with_passages]
    assert without[:-1] == with_passages[:-1]
    rest = with_passages[-1].content
    for word in without[-1].content.split():
        assert word in rest
    assert "passage" not in str(without)


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_passages_are_numbered_with_title_and_pages(style: Style) -> None:
    prompt = write_messages(QUESTION, HITS, style)[-1].content
    assert "[1] The lamp, page 3\nVarn lit it.\n\n" in prompt
    assert "[2] The lamp, pages 3-4\nIt burns oil.\n\n" in prompt


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_the_best_passage_stands_next_to_the_question(style: Style) -> None:
    prompt = write_messages(QUESTION, HITS, style)[-1].content
    assert prompt.index("[2]") < prompt.index("[1]") < prompt.index(QUESTION)


def test_a_completion_is_one_text_that_asks_to_be_continued() -> None:
    (message,) = write_messages(QUESTION, HITS, "completion")
    assert message.content.startswith(RULES)
    assert message.content.endswith(f"Question: {QUESTION}\nAnswer:")


def test_what_fits_is_left_as_it_is() -> None:
    generation = Generation(max_tokens=10)
    messages, hits, notes = fit(QUESTION, HITS, generation, words, 1000)
    assert (messages, hits, notes) == (write_messages(QUESTION, HITS), HITS, ())


def test_passages_that_do_not_fit_are_left_out_whole_and_a_note_says_so() -> None:
    generation = Generation(max_tokens=64)
    hits = (*HITS, *(hit(rank, "word " * 1000) for rank in (3, 4, 5)))
    needed = words(write_messages(QUESTION, hits), generation)
    room = needed - 1500
    messages, used, notes = fit(QUESTION, hits, generation, words, room + 64)
    assert used == hits[:3]
    assert messages == write_messages(QUESTION, used)
    assert notes == (
        f"2 of 5 passages were left out: the prompt would need {needed:,} tokens and this model"
        f" has room for {room:,}.",
    )


def test_nothing_is_left_out_where_the_window_is_not_known() -> None:
    hits = HITS * 100
    messages, used, notes = fit(QUESTION, hits, Generation(), lambda *_: None, None)
    assert (used, notes) == (hits, ())
    assert messages == write_messages(QUESTION, hits)


def test_one_passage_left_out_is_one() -> None:
    generation = Generation(max_tokens=1)
    room = words(write_messages(QUESTION, HITS[:1]), generation)
    _, used, (note,) = fit(QUESTION, HITS, generation, words, room + 1)
    assert used == HITS[:1]
    assert note.startswith("1 of 2 passages was left out:")


def test_a_question_too_long_for_the_window_is_refused() -> None:
    with pytest.raises(BadInput, match=r"The question alone is .* room for 36; shorten"):
        fit("why " * 50, HITS, Generation(max_tokens=64), words, 100)


def test_an_answer_longer_than_the_window_leaves_no_room() -> None:
    with pytest.raises(BadInput, match="room for 0;"):
        fit(QUESTION, (), Generation(max_tokens=200), words, 100)


@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 300))
def test_as_many_passages_as_fit_are_used(lengths: list[int], window: int) -> None:
    generation = Generation(max_tokens=20)
    hits = tuple(hit(rank, "word " * length) for rank, length in enumerate(lengths, start=1))
    fitting = [
        number
        for number in range(len(hits) + 1)
        if words(write_messages(QUESTION, hits[:number]), generation) <= window - 20
    ]
    if not fitting:
        with pytest.raises(BadInput):
            fit(QUESTION, hits, generation, words, window)
        return
    messages, used, notes = fit(QUESTION, hits, generation, words, window)
    assert used == hits[: fitting[-1]]
    assert messages == write_messages(QUESTION, used)
    assert bool(notes) == (used != hits)


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_with_the_best_first_few_passages_begin_what_more_say(style: Style) -> None:
    one, two = (
        write_messages("When?", HITS[:used], style, "best-first")[-1].content for used in (1, 2)
    )
    before_question = one.split("Answer the question using" if style == "chat" else "Question:")[0]
    assert "[1]" in before_question
    assert two.startswith(before_question)
    assert two.index("[1]") < two.index("[2]")
