import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.papers.mending import (
    LIGATURES,
    MARKED,
    NEWLINE,
    UnbrokenWords,
    join,
    mend,
    raw_spans,
    tidy,
    vocabulary,
    way_back,
)
from core.types import Paper

NOTHING = UnbrokenWords()


def mended(raw: str) -> str:
    return mend(raw, vocabulary([raw]))[0]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            "\ufb01x the \ufb02ow, o\ufb00er o\ufb03ce ba\ufb04e",
            "fix the flow, offer office baffle",
        ),
        ("be\ufb05 \ufb06op", "best stop"),
        ("one\r\ntwo\rthree\nfour\x0bfive\x0csix", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("trailing \t \r\nblanks  ", "trailing\nblanks"),
        ("blank \x00 \x01\nand \x01unseen", "blank\nand unseen"),
        ("so\xadft nu\x00ll zero\u200bwidth \ufeffmark\uffff", "soft null zerowidth mark"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("\r\n \r\nfirst line\r\n\r\nlast line\r\n \r\n", "first line\n\nlast line"),
        ("", ""),
        (" \r\n\t", ""),
    ],
)
def test_flaws_go_and_line_breaks_stay(raw: str, text: str) -> None:
    assert mended(raw) == text


@pytest.mark.parametrize("mark", ["\ufffe", "\x02", "\ufffe\r\n", "\x02\n", "-\r\n", "-\n"])
def test_a_word_broken_at_a_line_end_is_joined(mark: str) -> None:
    assert mended(f"some infor{mark}mation") == "some information"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # The compound stands unbroken somewhere else.
        ("a self\ufffeesteem and self-esteem", "a self-esteem and self-esteem"),
        ("state\ufffeof-the-art is State-of-the-art", "state-of-the-art is State-of-the-art"),
        # Both parts are words of this document, and the joined form is not.
        ("source\ufffetarget source target", "source-target source target"),
        ("in\ufffeformally in formally", "informally in formally"),
        ("state-of\ufffethe-art of the", "state-of-the-art of the"),
        # The joined form stands somewhere else.
        ("data\ufffebase data base database", "database data base database"),
        # Digits and names.
        ("a 16\ufffebit number", "a 16-bit number"),
        ("a 16-\nbit number", "a 16-bit number"),
        ("the GPT\ufffe4 model", "the GPT-4 model"),
        ("the Anthropic\ufffeBased", "the Anthropic-Based"),
        ("INTRO\ufffeDUCTION", "INTRODUCTION"),
        # No word is broken here.
        ("32-\nand 64-bit", "32-\nand 64-bit"),
        ("a table -\r\nwith dashes", "a table -\nwith dashes"),
        ("GPT-\nNeo", "GPT-\nNeo"),
        ("(\x02x) \x02\ny", "(x)\ny"),
        ("at the end of a page: infor\ufffe", "at the end of a page: infor-"),
    ],
)
def test_a_hyphen_stays_where_it_belongs(raw: str, text: str) -> None:
    assert mended(raw) == text


def test_each_letter_of_a_ligature_leads_back_to_it() -> None:
    text, way = mend("o\ufb03ce", NOTHING)
    assert text == "office"
    assert [way_back(way, offset) for offset in range(6)] == [0, 1, 1, 1, 2, 3]


def test_the_way_back_skips_what_was_dropped() -> None:
    text, way = mend("trans\ufffeform\r\nit", NOTHING)
    assert text == "transform\nit"
    assert way == [(0, 0), (5, 6), (10, 12)]


def test_a_long_run_of_blanks_or_letters_takes_linear_time() -> None:
    raw = " " * 300_000 + "x" * 300_000 + "\x00" * 300_000 + "x"
    assert mended(raw) == "x" * 300_001


FLAWED = st.text(
    st.one_of(
        st.sampled_from(sorted(f" \t\n\r-{MARKED}{NEWLINE}\0\xad\ufeff" + "".join(LIGATURES))),
        st.sampled_from("abAB12\xa0\U0001d465"),
        st.characters(),
    ),
    max_size=60,
)


def came_from(letter: str, raw: str) -> bool:
    """Whether a mended letter may come from this raw one."""
    return (
        letter == raw
        or (letter == "\n" and raw in NEWLINE)
        or (letter == "-" and raw in MARKED)
        or (letter == "\ufffd" and "\ud800" <= raw <= "\udfff")
        or letter in LIGATURES.get(raw, "")
    )


@given(FLAWED)
def test_every_character_leads_back_to_the_one_it_came_from(raw: str) -> None:
    text, way = mend(raw, vocabulary([raw]))
    places = [way_back(way, offset) for offset in range(len(text))]
    assert all(came_from(letter, raw[place]) for letter, place in zip(text, places, strict=True))
    assert places == sorted(places)
    assert way[0][0] == 0
    assert [offset for offset, _ in way] == sorted({offset for offset, _ in way})


@given(FLAWED)
def test_no_letter_is_lost_and_none_is_added(raw: str) -> None:
    spelled = "".join(LIGATURES.get(letter, letter) for letter in raw)
    kept = [letter for letter in mend(raw, NOTHING)[0] if letter.isalnum()]
    assert kept == [letter for letter in spelled if letter.isalnum()]


@given(FLAWED)
def test_mending_twice_changes_nothing_more(raw: str) -> None:
    # A page that starts or ends in a dash is the exception: its neighbour is the next page.
    once = mend(raw.replace("-", "").translate(dict.fromkeys(map(ord, MARKED))), NOTHING)[0]
    assert mend(once, NOTHING)[0] == once


def test_pages_are_joined_by_a_blank_line_and_their_starts_are_exact() -> None:
    text, starts, raw_map = join([("one\r\n", []), ("", []), ("\r\nthree", [])], NOTHING)
    assert text == "one\n\n\n\nthree"
    assert starts == (0, 5, 7)
    assert raw_map == ((0, 0), (5, 0), (7, 2))


def test_skips_of_the_pdf_reader_are_followed() -> None:
    # PDFium counts the letter outside the basic plane twice, and dropped one before "c".
    text, _, raw_map = join([("\U0001d465b\r\nc", [(1, 2), (4, 6)])], NOTHING)
    assert text == "\U0001d465b\nc"
    assert [way_back(raw_map, offset) for offset in range(4)] == [0, 2, 3, 6]


@given(st.lists(st.tuples(FLAWED, st.lists(st.integers(1, 3), max_size=60)), max_size=4))
def test_the_raw_map_is_both_ways_in_a_row(pages: list[tuple[str, list[int]]]) -> None:
    drawn = []
    for raw, steps in pages:
        # Where each raw character stands on the page, if some steps are longer than one.
        chars = [0]
        for step in [*steps, *[1] * len(raw)][: len(raw)]:
            chars.append(chars[-1] + step)
        gaps = [
            (index, char)
            for index, char in enumerate(chars[: len(raw)])
            if index and char != chars[index - 1] + 1
        ]
        drawn.append((raw, chars, gaps))
    text, starts, raw_map = join([(raw, gaps) for raw, _, gaps in drawn], NOTHING)
    assert raw_map == tuple(sorted(raw_map))
    for start, (raw, chars, _) in zip(starts, drawn, strict=True):
        page, way = mend(raw, NOTHING)
        assert text[start : start + len(page)] == page
        for offset in range(len(page)):
            assert way_back(raw_map, start + offset) == chars[way_back(way, offset)]


def test_spans_are_cut_to_the_page_they_are_drawn_on() -> None:
    text, starts, raw_map = join([("one\r\ntwo", []), ("three", [])], NOTHING)
    paper = Paper(
        id="", title="", text=text, page_starts=starts, raw_map=raw_map, source="", kind="pdf"
    )
    assert text == "one\ntwo\n\nthree"
    assert raw_spans(paper, 1, [(0, 3), (2, 5)]) == [(0, 3), (2, 6)]
    assert raw_spans(paper, 2, [(4, 11)]) == [(0, 2)]
    assert raw_spans(paper, 2, [(0, 3)]) == []


def test_a_text_file_keeps_its_line_ends() -> None:
    raw = "two blanks  \r\na list:\r\n-\r\nitem trans-\r\nformation \ufb01\xad\x00\ufeff"
    assert tidy(raw) == "two blanks  \na list:\n-\nitem trans-\nformation fi"
