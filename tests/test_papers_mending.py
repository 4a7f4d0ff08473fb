from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.papers.mending import (
    GOES_ON,
    LIGATURES,
    LINE,
    MARKED,
    NEWLINE,
    PARAGRAPH,
    Joined,
    RawPiece,
    UnbrokenWords,
    join,
    mend,
    raw_spans,
    tidy,
    vocabulary,
    way_back,
)
from core.papers.reader import Page
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
        ("first line\r\n \r\nlast line", "first line\n\nlast line"),
        ("", ""),
        (" \r\n\t", "\n"),
    ],
)
def test_flaws_go_and_line_breaks_stay(raw: str, text: str) -> None:
    assert mended(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (f"a line{GOES_ON}that goes on", "a line that goes on"),
        (f"infor\ufffe{GOES_ON}mation and infor-{GOES_ON}mation", "information and information"),
        (f"GPT-{GOES_ON}Neo and 2010-{GOES_ON}2012", "GPT-Neo and 2010-2012"),
        (
            f"32-{GOES_ON}and 64-bit, pre\ufffe{GOES_ON}or post-war",
            "32- and 64-bit, pre- or post-war",
        ),
        (f"a dash -{GOES_ON}with blanks", "a dash - with blanks"),
        (
            f"植物把光能{GOES_ON}变成化学能。{GOES_ON}然后 A{GOES_ON}的",
            "植物把光能变成化学能。然后 A 的",
        ),
        (f"적립 혜택은{GOES_ON}기준으로", "적립 혜택은 기준으로"),
    ],
)
def test_the_lines_of_a_paragraph_are_joined(raw: str, text: str) -> None:
    assert mended(raw) == text


@pytest.mark.parametrize(
    "mark", ["\ufffe", "\x02", "\ufffe\r\n", "\x02\n", "-\r\n", "-\n", "\u2010\r\n"]
)
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
        ("a 16\u2010\nbit number", "a 16-bit number"),
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
    assert mended(raw) == raw.replace("\x00", "")


FLAWED = st.text(
    st.one_of(
        st.sampled_from(
            sorted(f" \t\n\r-{MARKED}{NEWLINE}{GOES_ON}\0\xad\ufeff" + "".join(LIGATURES))
        ),
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
        or (letter == " " and raw in f"\n{GOES_ON}")
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


def page(text: str, skips: list[tuple[int, int]] | None = None) -> Page:
    return Page(text=text, skips=skips or [], holds="text", lines=[])


def whole(number: int, text: str) -> RawPiece:
    return RawPiece(PARAGRAPH, number, 0, len(text))


def joined(*raw: str) -> Joined:
    """Pages each of which is one piece."""
    pieces = [whole(number, text) for number, text in enumerate(raw)]
    return join([page(text) for text in raw], pieces, [], NOTHING)


def paper(of: Joined) -> Paper:
    return Paper(
        id="",
        title="",
        text=of.text,
        page_starts=of.page_starts,
        raw_map=of.raw_map,
        margins=of.margins,
        source="",
        kind="pdf",
    )


def test_pages_are_joined_by_a_blank_line_and_their_starts_are_exact() -> None:
    three = joined("one", "", "th\xadree")
    assert three.text == "one\n\n\n\nthree"
    assert three.page_starts == (0, 5, 7)
    assert three.raw_map == ((0, 0), (5, 0), (7, 0), (9, 3))
    assert joined("", "", "").page_starts == (0, 2, 4)


def test_a_paragraph_and_a_word_go_on_over_a_page() -> None:
    pages = [page("to the inter\ufffe"), page("national hour\r\nand on")]
    pieces = [
        RawPiece(PARAGRAPH, 0, 0, 13),
        RawPiece(GOES_ON, 1, 0, 13),
        RawPiece(GOES_ON, 1, 15, 21),
    ]
    both = join(pages, pieces, [], NOTHING)
    assert both.text == "to the international hour and on"
    assert both.page_starts == (0, 12)
    assert raw_spans(paper(both), 1, [(7, 20)]) == [[(7, 12)]]
    assert raw_spans(paper(both), 2, [(7, 20)]) == [[(0, 8)]]


def test_a_broken_word_is_not_glued_to_what_is_no_rest_of_it() -> None:
    pages = [page("was ana\ufffe1 Adopted from")]
    read = join(pages, [RawPiece(LINE, 0, 0, 8), RawPiece(LINE, 0, 8, 22)], [], NOTHING)
    assert read.text == "was ana-\n1 Adopted from"


def test_margins_stand_behind_the_text_with_their_pages() -> None:
    raw = ["HEAD\r\none", "HEAD\r\ntwo\r\n2"]
    pages = [page(text) for text in raw]
    body = [RawPiece(PARAGRAPH, 0, 6, 9), RawPiece(PARAGRAPH, 1, 6, 9)]
    margins = [RawPiece(PARAGRAPH, 0, 0, 4), RawPiece(LINE, 1, 0, 4), RawPiece(LINE, 1, 11, 12)]
    read = paper(join(pages, body, margins, NOTHING))
    assert read.text == "one\n\ntwo\n\nHEAD\nHEAD\n2"
    assert read.margins == ((10, 1), (15, 2))
    assert read.margin_span(2) == (15, 21)
    assert read.page_span(2) == (5, 10)
    assert raw_spans(read, 2, [(5, 8), (15, 19), (20, 21)]) == [[(6, 9)], [(0, 4)], [(11, 12)]]
    assert raw_spans(read, 1, [(15, 19)]) == [[]]


def test_skips_of_the_pdf_reader_are_followed() -> None:
    # PDFium counts the letter outside the basic plane twice, and dropped one before "c".
    raw = "\U0001d465b\r\nc"
    read = join([page(raw, [(1, 2), (4, 6)])], [whole(0, raw)], [], NOTHING)
    assert read.text == "\U0001d465b\nc"
    assert [way_back(read.raw_map, offset) for offset in range(4)] == [0, 2, 3, 6]
    assert raw_spans(paper(read), 1, [(0, 2), (0, 4)]) == [[(0, 3)], [(0, 3), (6, 7)]]


def test_an_order_of_its_own_leads_back_in_pieces() -> None:
    pages = [page("second firsts")]
    read = join(pages, [RawPiece("", 0, 7, 12), RawPiece(" ", 0, 0, 6)], [], NOTHING)
    assert read.text == "first second"
    assert raw_spans(paper(read), 1, [(3, 8), (0, 5)]) == [[(10, 12), (0, 2)], [(7, 12)]]


@given(st.data())
def test_the_raw_map_leads_back_through_pieces_and_skips(data: st.DataObject) -> None:
    pages, pieces, chars = [], [], []
    for number in range(data.draw(st.integers(1, 3))):
        raw = data.draw(FLAWED)
        # Where each raw character stands on the page, if some steps are longer than one.
        steps = data.draw(st.lists(st.integers(1, 3), min_size=len(raw), max_size=len(raw)))
        at = [0]
        for step in steps:
            at.append(at[-1] + step)
        gaps = [(i, at[i]) for i in range(1, len(raw)) if at[i] != at[i - 1] + 1]
        pages.append(page(raw, gaps))
        chars.append(at)
        cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)))) | {0, len(raw)})
        spans = data.draw(st.permutations(list(pairwise(cuts)) or [(0, 0)]))
        befores = st.sampled_from([PARAGRAPH, LINE, GOES_ON])
        pieces += [RawPiece(data.draw(befores), number, *span) for span in spans]
    read = join(pages, pieces, [], NOTHING)
    assert [start for start, _ in read.raw_map] == sorted({start for start, _ in read.raw_map})
    assert list(read.page_starts) == sorted(read.page_starts)
    for number, at in enumerate(chars, 1):
        raw = pages[number - 1]["text"]
        letters = {char: raw[index] for index, char in enumerate(at[: len(raw)])}
        for offset in range(*paper(read).page_span(number)):
            if not read.text[offset].isspace() and read.text[offset] != "-":
                assert came_from(read.text[offset], letters[way_back(read.raw_map, offset)])


def test_a_text_file_keeps_its_line_ends() -> None:
    raw = "two blanks  \r\na list:\r\n-\r\nitem trans-\r\nformation \ufb01\xad\x00\ufeff"
    assert tidy(raw) == "two blanks  \na list:\n-\nitem trans-\nformation fi"
