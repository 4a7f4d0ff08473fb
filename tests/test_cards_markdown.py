"""Decks as people and programs write them: every variant by hand, and any text at all."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.cards.markdown import read
from core.cards.normal import escaped, normal, unescaped
from core.cards.note import Reading
from core.cards.write import markdown
from core.text import decode
from core.types import Card, Span
from tests.support.cards import GOOD


def pairs(reading: Reading) -> list[tuple[str, str]]:
    return [(card.question, card.answer) for card in reading.cards]


def one(text: str) -> Card:
    (card,) = read(text, "d.md").cards
    return card


def body(text: str) -> str:
    return f"#### T\n{text}"


def test_a_card_as_it_should_be() -> None:
    reading = read(GOOD, "part2.md")
    (card,) = reading.cards
    assert (card.deck, card.chapter) == ("Tides (Part 2)", "The moon")
    assert (card.title, card.background) == ("High water", "Seas rise and fall.")
    assert (card.question, card.answer) == ("What lifts the sea?", "The moon.")
    assert (card.tags, card.span, reading.repaired, reading.dropped) == ((), None, (), ())


def test_ratings_are_tags_of_a_card_or_of_a_group() -> None:
    reading = read(
        "# High-Quality Flashcards: Sea\n**Rating threshold:** >= 8/10\n---\n"
        "#### A\n**Rating: 9/10**\n:p a?\n??x\n1\nx??\n---\n"
        "**Rating: 7/10**\n#### B\n:p b?\n??x\n2\nx??\n---\n"
        "#### C\n:p c?\n??x\n3\nx??\n",
        "sea.md",
    )
    assert [card.deck for card in reading.cards] == ["Sea"] * 3
    assert [card.tags for card in reading.cards] == [
        ("rating-8-up", "rating-9"),
        ("rating-8-up", "rating-7"),
        ("rating-8-up",),
    ]
    assert all("ating" not in card.background + card.answer for card in reading.cards)


@pytest.mark.parametrize("mark", ["??x", "???x", "x?", "X??", "x??? ", "  x??"])
def test_other_closing_marks(mark: str) -> None:
    text = body(f":p q?\n??x\nthe answer\n{mark}\n---\n#### U\n:p r?\n??x\nb\nx??")
    reading = read(text, "d.md")
    assert pairs(reading) == [("q?", "the answer"), ("r?", "b")]
    assert [note.line for note in reading.repaired] == ([] if mark.strip() == "x??" else [2])


@pytest.mark.parametrize("end", ["", "\n---\n#### U\n", "\n#### U\n", "\n---\n", "\n\n\n"])
def test_an_answer_that_is_not_closed_ends_with_the_card(end: str) -> None:
    reading = read(body(f":p q?\n??x\nthe answer{end}"), "d.md")
    assert pairs(reading) == [("q?", "the answer")]
    assert "not closed" in reading.repaired[0].why


def test_a_marker_within_an_answer_is_dropped_and_the_text_kept() -> None:
    assert one(body(":p q?\n??x\nfirst\n??x\nsecond\nx??")).answer == "first\nsecond"
    assert one(body(":p q?\n??x\n??x\n??x\nanswer\nx??")).answer == "answer"
    assert one(body(":p q?\n??x\nfirst\nx??\nsecond\nx??")).answer == "first\nsecond"
    assert one(body(":p q?\n??x\nfirst\n??x\nsecond\n\n---\n")).answer == "first\nsecond"


def test_several_questions_under_one_title() -> None:
    reading = read(
        body("Known.\n:p a?\n??x\n1\nx??\n:p b?\n??x\n2\nx??\n\n:p c?\n??x\n3\n"), "d.md"
    )
    assert pairs(reading) == [("a?", "1"), ("b?", "2"), ("c?", "3")]
    assert {(card.title, card.background) for card in reading.cards} == {("T", "Known.")}


@pytest.mark.parametrize("rule", ["---\n---\n", "", "---   \n", "\n\n---\n\n\n\n", "-----\n"])
def test_rules_between_cards_as_they_come(rule: str) -> None:
    text = f"---\n{rule}#### A\n:p a?\n??x\n1\nx??\n{rule}#### B\n:p b?\n??x\n2\nx??\n{rule}"
    reading = read(text, "d.md")
    assert pairs(reading) == [("a?", "1"), ("b?", "2")]
    assert [card.title for card in reading.cards] == ["A", "B"]
    assert (reading.repaired, reading.dropped) == ((), ())


def test_a_rule_within_an_answer_is_text() -> None:
    assert one(body(":p q?\n??x\nabove\n\n---\n\nbelow\nx??\n---\n")).answer == (
        "above\n\n---\n\nbelow"
    )


def test_a_question_of_several_lines() -> None:
    card = one(body("\n\nKnown.\n\n:p What is\n$$x^2$$\n\nat 3?\n\n\n??x\n\n9\n\nx??"))
    assert card.question == "What is\n$$x^2$$\n\nat 3?"
    assert (card.background, card.answer) == ("Known.", "9")
    assert one(body(":p\nWhat?\n??x\n9\nx??")).question == "What?"


@pytest.mark.parametrize(
    "text",
    [
        ":p q?\n??x\n$$a$$x??\n",
        ":p q?\n??x\n$$a$$ x??\n",
        ":p q?\n??x\n$$a$$??x\n---",
        ":p q???x\n$$a$$\nx??\n",
        ":p q? ??x\n$$a$$\nx??\n",
        ":p q?\n??x $$a$$\nx??\n",
    ],
)
def test_markers_glued_to_text(text: str) -> None:
    reading = read(body(text), "d.md")
    assert pairs(reading) == [("q?", "$$a$$")]
    assert len(reading.repaired) == 1


def test_a_question_glued_to_a_formula() -> None:
    card = one(body("It is\n$$x = 1$$:p What is it?\n??x\n1\nx??"))
    assert (card.background, card.question) == ("It is\n$$x = 1$$", "What is it?")


def test_words_that_only_look_like_markers() -> None:
    text = "What is the max??\nstd::pair<int> :param a: and :p in a line\n:print(x)"
    assert one(body(f":p q?\n??x\n{text}\nx??")).answer == text


def test_a_question_whose_p_is_missing() -> None:
    reading = read(body("Known.\n\n: Why is that?\n??x\nSo.\nx??\n---\n"), "d.md")
    assert pairs(reading) == [("Why is that?", "So.")]
    assert "began with :" in reading.repaired[0].why


def test_chatter_is_dropped_with_its_line() -> None:
    text = (
        "#### A\n:p a?\n??x\n1\nx??\n\n---\n\nEach flashcard covers one idea\nof the text.\n\n---\n"
        "#### Empty\nNothing asked.\n---\n#### B\n:p b?\n??x\n2\nx??\nThat was all."
    )
    reading = read(text, "d.md")
    assert pairs(reading) == [("a?", "1"), ("b?", "2")]
    assert [(note.line, note.why) for note in reading.dropped] == [
        (9, "text without a question: “Each flashcard covers one idea”"),
        (13, "a title without a question: “Empty”"),
        (21, "text without a question: “That was all.”"),
    ]


@pytest.mark.parametrize("after", ["some text", "```", "```\nx = 1\n```", "x?? ```java"])
def test_what_stands_behind_the_close_swallows_nothing(after: str) -> None:
    behind = "#### B\nKnown.\n:p b?\n??x\n```c\ni++;\n```\nx??"
    text = f"#### A\n:p a?\n??x\n1\nx??\n{after}\n---\n{behind}"
    reading = read(text, "d.md")
    assert pairs(reading) == [("a?", "1"), ("b?", "```c\ni++;\n```")]
    assert [card.title for card in reading.cards] == ["A", "B"]


@pytest.mark.parametrize(
    "following",
    [
        "",
        "---\n#### B\nKnown.\n:p b?\n??x\n```c\ni++;\n```\nx??\n",
        "---\n#### B\nKnown.\n:p b?\n??x\n```\ni++;\n```\nx??\n",
        "---\n#### B\n```\nKnown.\n```\n:p b?\n??x\nplain\nx??\n",
        "---\n#### B\nKnown.\n:p b?\n??x\n```c\nopen again\nx??\n",
    ],
)
@pytest.mark.parametrize("close", ["x??\n", ""])
def test_a_fence_left_open_does_not_swallow_the_next_card(following: str, close: str) -> None:
    reading = read(f"#### A\n:p a?\n??x\n```java\nint a;\n{close}{following}", "d.md")
    first = reading.cards[0]
    assert first.answer == "```java\nint a;\n```"
    assert "fence" in reading.repaired[0].why
    assert [card.question for card in reading.cards] == (["a?", "b?"] if following else ["a?"])
    if following:
        assert reading.cards[1].title == "B"


def test_markers_within_a_fence_are_text() -> None:
    code = "```text\n#### T\n:p not a question\n??x\n## comment\na :: b\n---\nx??\n```"
    card = one(body(f"{code}\n:p q?\n??x\n{code}\nBehind.\nx??"))
    assert (card.background, card.answer) == (code, f"{code}\nBehind.")
    tildes = "~~~\n:p no\n```\n~~~"
    assert one(body(f":p q?\n??x\n{tildes}\nx??")).answer == tildes
    listed = "1. one\n   ```c\n   x??\n   ```\n2. two"
    assert one(body(f":p q?\n??x\n{listed}\nx??")).answer == listed


def test_a_fence_with_the_close_glued_to_it() -> None:
    text = body(":p q?\n??x\n```\ni\n```x??\n---\n#### U\n:p r?\n??x\n```\nj\n```\nx??")
    assert pairs(read(text, "d.md")) == [("q?", "```\ni\n```"), ("r?", "```\nj\n```")]


def test_the_same_title_and_question_twice_are_two_cards() -> None:
    text = body(":p q?\n??x\n1\nx??\n---\n") + body(":p q?\n??x\n2\nx??\n---\n")
    first, second = read(text, "d.md").cards
    assert first.id != second.id
    again = read("#### New\n:p n?\n??x\n0\nx??\n---\n" + text, "d.md").cards
    assert [card.id for card in again[1:]] == [first.id, second.id]
    assert read(text, "e.md").cards[0].id != first.id


def test_placeholder_answers_are_kept_and_flagged() -> None:
    for answer in ("The answer with detailed explanations.", "[Answer]", "TODO", "..."):
        assert one(body(f":p q?\n??x\n{answer}\nx??")).tags == ("placeholder",)
    assert one(body(":p q?\n??x\nThe answer is 42.\nx??")).tags == ()


def test_no_question_is_lost_in_silence() -> None:
    reading = read(body(":p first?\n:p second?\n??x\n2\nx??\n:p\n??x\n3\nx??\n:p last?"), "d.md")
    assert pairs(reading) == [("second?", "2")]
    assert [note.line for note in reading.dropped] == [2, 7, 9, 11]
    assert "without an answer: “first?”" in reading.dropped[0].why
    reading = read(body(":p Why?\nBecause.\nx??\n:p How?\nSo.\n---\n"), "d.md")
    assert pairs(reading) == [("Why?", "Because."), ("How?", "So.")]


@pytest.mark.parametrize("text", ["", "\ufeff", " \n\n", "\0"])
def test_an_empty_file_says_so(text: str) -> None:
    reading = read(text, "d.md")
    assert reading.cards == ()
    assert [(note.line, note.why) for note in reading.dropped] == [(1, "the file is empty")]


def test_a_file_without_questions_says_so() -> None:
    notes = read("# Notes\n\nOnly text.", "d.md").dropped
    assert "no question" in notes[0].why


@pytest.mark.parametrize("lines", ["\r\n", "\r"])
def test_other_line_breaks_and_the_byte_order_mark(lines: str) -> None:
    plain, other = read(GOOD, "d.md"), read("\ufeff" + GOOD.replace("\n", lines), "d.md")
    assert other == plain


def test_the_deck_is_called_as_the_file_where_it_has_no_name() -> None:
    assert one(body(":p q?\n??x\n1\nx??")).deck == "d"
    assert read(body(":p q?\n??x\n1\nx??"), "odd “näme”.v2.md").cards[0].deck == "odd “näme”.v2"


LINES = st.sampled_from(
    [
        ":p What?", ":p", "??x", "x??", "x?", "???x", "---", "#### T", "# Flashcards: D", "# h",
        "```java", "```", "~~~", "text", "", "  ```", "$$x$$??x", "$a$:p q?", "x?? behind",
        "- ```c",
        "**Rating: 8/10**", "**Tags:** a b", "**Starting Chapter:** C", "<!-- id: abc -->", ": q",
        "??x inline", "```x??", "\\", "\\:p", "\\x??", ":p ??x", "<!-- id: abc, escaped -->", "a\\",
    ]
)  # fmt: skip
DECKS = st.one_of(
    st.lists(LINES, max_size=40).map("\n".join), st.text(), st.text(alphabet=":px? -#`~\n$\\*<!")
)


def outside_fences(text: str) -> int:
    """The `:p` lines of a text without any fence."""
    return len(re.findall(r"^[ \t]*:p(?![a-z0-9_:])", text, re.MULTILINE))


@given(DECKS)
def test_no_input_crashes_the_reader_or_loses_a_question(text: str) -> None:
    reading = read(text, "d.md")
    dropped = [note for note in reading.dropped if "a question without" in note.why]
    if "`" not in text and "~" not in text and "\r" not in text:
        assert len(reading.cards) + len(dropped) >= outside_fences(text)
    assert len({card.id for card in reading.cards}) == len(reading.cards)
    assert all(card.question and card.answer for card in reading.cards)
    assert all(note.line >= 1 and "\n" not in note.why for note in reading.dropped)


@given(DECKS)
@example("<!-- id: abc, escaped -->\n:p What?\n**Tags:** a b\n\\")
@example("<!-- id: abc, escaped -->\n:p \\ What?\n??x\nOnce \\\nx??")
def test_what_is_read_is_normal_and_reads_back(text: str) -> None:
    cards = read(text, "d.md").cards
    assert tuple(map(normal, cards)) == cards
    assert read("".join(markdown(cards)), "other.md").cards == cards


@given(
    st.lists(
        st.builds(
            Card,
            id=st.uuids().map(str),
            deck=DECKS.map(lambda text: text + "d"),
            chapter=DECKS,
            title=DECKS,
            background=DECKS,
            question=DECKS.map(lambda text: "q" + text),
            answer=DECKS.map(lambda text: "a" + text),
            tags=st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)).map(tuple),
            span=st.none() | st.just(Span(paper_id="ab12", start=3, end=70)),
        ),
        max_size=4,
        unique_by=lambda card: card.id,
    )
)
@example([Card(id="a", deck="C#", title="#", question="x??", answer="```\n:p\n```\nx??\n---")])
@example([Card(id="a", deck="# Flashcards: x", question="\\", answer="#### T\n---\n#### U")])
def test_any_card_reads_back(cards: list[Card]) -> None:
    cards = [normal(card) for card in cards]
    assert list(read("".join(markdown(cards)), "other.md").cards) == cards


@given(DECKS)
def test_escaping_is_undone(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("folder", ["decks", "seeds"])
def test_old_decks_come_in_without_loss(shared: Path, folder: str) -> None:
    files = sorted((shared / folder).glob("*lashcards*.md" if folder == "seeds" else "*.md"))
    assert files
    for file in files:
        text = decode(file.read_bytes()).text
        reading = read(text, file.name)
        asked = len(re.findall(r"^:p", text, re.MULTILINE))  # none of them has one in a fence
        lost = [note for note in reading.dropped if "a question without" in note.why]
        assert len(reading.cards) + len(lost) >= asked
        for card in reading.cards:
            for part in (card.background, card.question, card.answer):
                assert not re.search(r"\?\?x|x\?\?|^:p|^#### ", part, re.MULTILINE), card
        again = read("".join(markdown(reading.cards)), "other.md")
        assert again.cards == reading.cards
        assert (again.repaired, again.dropped) == ((), reading.dropped if not text else ())


def test_the_seed_deck(shared: Path) -> None:
    file = shared / "seeds" / "flashcards_quantization.md"
    reading = read(file.read_text(encoding="utf-8"), file.name)
    assert (len(reading.cards), reading.dropped) == (58, ())
