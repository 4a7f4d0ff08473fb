"""Prompts: alike for all panels; cut to the window in whole passages and never in silence."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answering.prompts import (
    CITE,
    RULES,
    UNKNOWN,
    UNSAID,
    fit,
    fit_whole,
    revisions,
    write_messages,
)
from core.errors import BadInput
from core.types import Chunk, Generation, Hit, Message, Style

QUESTION = "Who lit the lamp?"


def hit(rank: int, text: str, pages: tuple[int, ...] = (1,)) -> Hit:
    chunk = Chunk(paper_id="p", start=100 * rank, end=100 * rank + len(text), text=text)
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


def test_hits_that_are_read_as_one_passage_stand_in_the_prompt_once() -> None:
    both = Chunk(paper_id="p", start=0, end=300, text="Varn lit it. It burns oil.")
    read = tuple(replace(each, read=both) for each in HITS)
    prompt = write_messages(QUESTION, read)[-1].content
    assert prompt.count("It burns oil.") == 1
    assert "[1] The lamp, page 3" in prompt
    assert "[2]" not in prompt


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_every_panel_may_do_without_an_answer_in_its_own_words(style: Style) -> None:
    without, with_passages = (
        " ".join(m.content for m in write_messages(QUESTION, hits, style, unanswerable=True))
        for hits in ((), HITS)
    )
    assert UNKNOWN in without
    assert UNSAID in with_passages
    assert UNSAID not in without
    assert UNKNOWN not in with_passages


def test_numbers_are_asked_for_where_there_are_passages_to_name() -> None:
    assert CITE in write_messages(QUESTION, HITS, cite=True)[0].content
    assert write_messages(QUESTION, (), cite=True) == write_messages(QUESTION, ())


def test_what_is_asked_for_has_a_version_of_its_own() -> None:
    assert revisions(Generation()) == [("prompt", "3")]
    assert [name for name, _ in revisions(Generation(cite=True, unanswerable=True))] == [
        "prompt", "unanswerable", "cite",
    ]  # fmt: skip


PAGES = tuple(
    replace(hit(n, f"Page {n} begins. " + "Words " * 8 + f"here ends {n}.", (n,)), title="The tide")
    for n in range(1, 8)
)


def test_pages_stand_as_in_the_papers_whichever_order_is_asked_for() -> None:
    last, first = (
        fit_whole(QUESTION, PAGES, Generation(passages=order), words, None)[0][-1].content
        for order in ("best-last", "best-first")
    )
    assert last == first
    assert last.index("Page 1 begins") < last.index("Page 7 begins") < last.index(QUESTION)


def test_pages_that_fit_are_read_and_the_next_one_to_the_end_of_a_sentence() -> None:
    how = Generation(max_tokens=20)
    room = words(write_messages(QUESTION, PAGES[:3]), how)
    messages, read, notes = fit_whole(QUESTION, PAGES, how, words, 20 + room + 12)
    assert [each.pages for each in read] == [(1,), (2,), (3,), (4,)]
    assert read[-1].chunk.text == "Page 4 begins."
    assert read[-1].chunk.end == read[-1].chunk.start + len("Page 4 begins.")
    assert messages[-1].content.count("begins") == 4
    assert notes == (
        "Only 3 of 7 pages and a part of the next fit into this model's window; the rest of"
        " “The tide” went unread.",
    )
    messages, read, notes = fit_whole(QUESTION, PAGES, how, words, 20 + 10**6)
    assert (read, notes) == (PAGES, ())


def test_papers_that_do_not_fit_are_counted() -> None:
    book = (*PAGES[:4], *(other("q", page) for page in PAGES[4:]), other("r", PAGES[0]))
    how = Generation(max_tokens=20)
    room = words(write_messages(QUESTION, book[:4]), how)
    (note,) = fit_whole(QUESTION, book, how, words, 20 + room)[2]
    assert note.endswith("window; “Paper q” and 1 more paper went unread.")


def other(paper_id: str, page: Hit) -> Hit:
    chunk = replace(page.chunk, paper_id=paper_id)
    return replace(page, chunk=chunk, title=f"Paper {paper_id}")


@given(pages=st.integers(0, 40), room=st.integers(30, 900))
def test_no_prompt_is_longer_than_the_window_and_few_are_counted(pages: int, room: int) -> None:
    how, called = Generation(max_tokens=20), []
    many = tuple(replace(PAGES[0], rank=n) for n in range(1, pages + 1))
    many = tuple(other(str(n), page) for n, page in enumerate(many))

    def count(messages: Sequence[Message], generation: Generation) -> int:
        called.append(words(messages, generation))
        return called[-1]

    messages, read, notes = fit_whole(QUESTION, many, how, count, 20 + room)
    assert words(messages, how) <= room
    assert bool(notes) == (read != many)
    assert len(called) <= 20
    assert max(called) <= 4 * room
    for each in read:
        assert each.chunk.text == PAGES[0].chunk.text[: len(each.chunk.text)]
