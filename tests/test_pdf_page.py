"""What a page says: each kind of odd drawing is read as one sees it, and leads back to PDFium's."""

import unicodedata
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pdf import readable, tex, text_of
from tests.support import pdfs

SENTENCES = (
    "The lamp keeper counted seven boats in the harbour on Monday.",
    "He wrote all of it down, because he tends to forget such things.",
)
COLUMNS = (
    ("The left column tells how a", "Of the tides speaks the right"),
    ("lamp is filled and trimmed,", "one, and of the bell that is"),
    ("and why its glass is wiped", "rung when the water stands"),
    ("before the night begins.", "higher than the third step."),
)


def page(content: str, size: tuple[int, int] = (400, 300)) -> str:
    """The text of a page, each line's end a newline, none at its end. Every character of it must
    lead to that of PDFium, or to a part of it."""
    from pypdfium2 import PdfDocument
    from pypdfium2.raw import FPDFText_GetUnicode

    with PdfDocument(pdfs.pdf(content, size=size)) as pdf:
        textpage = pdf[0].get_textpage()
        found = text_of(textpage.raw)
        assert found
        text, skips, lines, _ = found
        assert [start for start, *_ in lines] == sorted({start for start, *_ in lines})
        moved = dict(skips)
        ahead = 0
        for index, letter in enumerate(text):
            ahead = moved.get(index, index + ahead) - index
            if letter.isalnum():
                theirs = chr(FPDFText_GetUnicode(textpage, index + ahead))
                assert plain(letter) == plain(theirs), (letter, theirs)
    return "\n".join(line.rstrip() for line in text.rstrip().replace("\r", "").split("\n"))


def plain(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter)[0].replace("ı", "i")


def drawn(*parts: str | tuple[float, float, str]) -> str:
    """Content: a line of parts, one behind the other; (size, rise, text) is small, and raised."""
    shown = [
        f"({part}) Tj"
        if isinstance(part, str)
        else "/F {} Tf {} Ts ({}) Tj /F 12 Tf 0 Ts".format(*part)
        for part in parts
    ]
    return f"BT /F 12 Tf 20 160 Td {' '.join(shown)} ET\n"


# Raised and lowered


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        (("about 10", (8, 5, "6"), " parts"), "about 10⁶ parts"),
        (("2.5 x 10", (8, 5, "-3"), " m"), "2.5 x 10⁻³ m"),
        (("H", (8, -2, "2"), "O and CO", (8, -2, "2")), "H₂O and CO₂"),
        (("the sum of x", (8, 5, "n+1"), " is"), "the sum of xⁿ⁺¹ is"),
        (("a rate of d", (8, 5, "max"), " is"), "a rate of d^{max} is"),
        (("a width of d", (8, -2, "model"), " is"), "a width of d_{model} is"),
        (("as was found.", (8, 5, "2,3"), " Later"), "as was found.²,³ Later"),
        ((((8, 5, "1"), "See the first chapter.")), "¹See the first chapter."),
        (("on the 4", (8, 5, "th"), " of May"), "on the 4th of May"),
        (("A. Voss", (8, 5, "*"), " and B. Ruben"), "A. Voss* and B. Ruben"),
        (("A plain LINE of ", (8, 0, "SMALL CAPS"), " here"), "A plain LINE of SMALL CAPS here"),
        (("A title ", (8, 5, "and a longer note beside it"), " goes on"),
         "A title and a longer note beside it goes on"),
    ],
)  # fmt: skip
def test_raised_figures_are_told_from_those_on_the_line(
    parts: tuple[str | tuple[float, float, str], ...], read: str
) -> None:
    assert page(drawn(*parts)) == read


# Accents


@pytest.mark.parametrize(
    ("pieces", "read"),
    [
        (((20, 100, "J"), (26.1, 100, "\xa8"), (25, 100, "urgen")), "Jürgen"),
        (((20, 100, "Fran"), (41.3, 100, "\xb8"), (40.56, 100, "cois")), "François"),
        (((20, 100, "Jose"), (38.5, 100, "\xb4"), (42, 100, ".")), "José."),
        # A capital's is drawn higher, and PDFium puts it anywhere in the line.
        (((20, 100, "Die "), (41, 102.4, "\xa8"), (39.5, 100, "Ol wird warm")), "Die Öl wird warm"),
    ],
)
def test_an_accent_drawn_over_a_letter_is_in_it(
    pieces: tuple[tuple[float, float, str], ...], read: str
) -> None:
    assert page(pdfs.pieces(*pieces)) == read


def test_an_accent_between_letters_stays_one() -> None:
    assert page(pdfs.text("a ^ b, ~user and `code`")) == "a ^ b, ~user and `code`"


@pytest.mark.parametrize("content", [pdfs.arabic, pdfs.arabic_spans])
def test_arabic_words_and_lam_alef_are_read_in_their_order(content: Callable[[str], str]) -> None:
    salam, khilal = "\u0633\u0644\u0627\u0645", "\u062e\u0644\u0627\u0644"
    assert page(content(f"{salam} {khilal}")) == f"{salam} {khilal}"


# Twice


def test_a_line_drawn_again_to_look_bold_is_read_once() -> None:
    places = [(20, 160), (20.3, 160), (20, 160.3), (20.3, 160.3)]
    words = [(x, y, "THE GUILD OF LAMP KEEPERS" + " " * (x > 20)) for x, y in places]
    below = pdfs.text("It keeps forty lamps.", top=140)
    assert page(pdfs.pieces(*words) + below) == "THE GUILD OF LAMP KEEPERS\nIt keeps forty lamps."


def test_words_laid_over_a_text_unseen_are_not_read() -> None:
    hidden = pdfs.pieces((20.4, 160.3, "The"), (38.5, 160.3, "1amp"), (64, 160.3, "burns."))
    seen = pdfs.text("The lamp burns.", "It burns all night.")
    assert page(f"{seen}BT 3 Tr ET {hidden}") == "The lamp burns.\nIt burns all night."


def test_a_shadow_is_not_read() -> None:
    shadow, word = (21.5, 158.5, "The lamp burns"), (20, 160, "The lamp burns")
    assert page(pdfs.pieces(shadow, word, size=24)) == "The lamp burns"


def test_words_laid_over_a_picture_are_read() -> None:
    assert page("BT 3 Tr ET " + pdfs.text("The lamp burns.")) == "The lamp burns."


def test_a_word_that_comes_again_beside_itself_stays() -> None:
    assert page(pdfs.text("that that is is", "that that is is")) == (
        "that that is is\nthat that is is"
    )


# Order


def by_row(rows: tuple[tuple[str, ...], ...], at: tuple[int, ...]) -> str:
    return pdfs.pieces(
        *(
            (x, 250 - 12 * number, cell)
            for number, row in enumerate(rows)
            for x, cell in zip(at, row, strict=True)
        )
    )


def test_columns_drawn_row_by_row_are_read_one_by_one() -> None:
    lefts, rights = zip(*COLUMNS, strict=True)
    assert page(by_row(COLUMNS, (20, 200))) == "\n".join(lefts + rights)


def test_columns_of_lines_drawn_in_one_piece_are_too() -> None:
    rows = (
        f"BT /F 10 Tf 20 {250 - 12 * number} Td [({left}) -5000 ({right})] TJ ET"
        for number, (left, right) in enumerate(COLUMNS)
    )
    lefts, rights = zip(*COLUMNS, strict=True)
    assert page("\n".join(rows), size=(500, 300)) == "\n".join(lefts + rights)


def test_what_stands_above_and_below_columns_stays_there() -> None:
    above, below = "A heading over both of the columns", "And a line that runs below both of them"
    left_only = "The left one goes on."
    lefts, rights = zip(*COLUMNS, strict=True)
    drawn = pdfs.pieces((20, 270, above)) + by_row(COLUMNS, (20, 200))
    drawn += pdfs.pieces((20, 202, left_only), (20, 170, below))
    assert page(drawn) == "\n".join((above, *lefts, left_only, *rights, below))


def test_three_columns_too() -> None:
    rows = tuple((left, right, f"and the third has {left}") for left, right in COLUMNS)
    text = "\n".join(cell for column in zip(*rows, strict=True) for cell in column)
    assert page(by_row(rows, (20, 200, 380)), size=(700, 300)) == text


def test_a_table_is_read_row_by_row() -> None:
    rows = (("Lamp", "Litres of oil"), ("North pier", "12"), ("South pier", "19"), ("Bell", "none"))
    assert page(by_row(rows, (20, 200))) == "\n".join(" ".join(row) for row in rows)


def test_a_table_of_words_is_too() -> None:
    rows = (
        ("Method of the first keeper", "Cost in a year", "Oil of the lamp", "Colour of the glass"),
        ("Method of the second one", "Costs far more", "Oil of a whale", "Colour of the sea"),
        ("Method of the last one", "Costs a bit less", "Oil of rape seed", "Colour of the sky"),
        ("Method of nobody at all", "Costs no money", "Oil of no kind", "Colour of the night"),
    )
    text = "\n".join(" ".join(row) for row in rows)
    assert page(by_row(rows, (20, 170, 270, 370)), size=(500, 300)) == text


def test_a_foot_that_was_drawn_first_is_read_last() -> None:
    foot, title, point = (20, 20, "page 3 of 9"), (20, 200, "Lamps"), (20, 150, "Oil is dear.")
    assert page(pdfs.pieces(foot, point, title)) == "Lamps\nOil is dear.\npage 3 of 9"


def test_a_column_that_begins_above_stays_behind() -> None:
    left, right = (20, 100, "The lamp is"), (220, 200, "filled and trimmed.")
    assert page(pdfs.pieces(left, right)) == "The lamp is\nfilled and trimmed."


def test_a_word_set_wide_has_no_blanks_in_it() -> None:
    assert page(pdfs.text("SUMMARY").replace("BT", "BT 2.5 Tc")) == "SUMMARY"


def test_letters_beside_each_other_stay_apart() -> None:
    assert page(pdfs.text("a b c d e")) == "a b c d e"


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 8)),
        st.tuples(
            st.sampled_from((6, 9, 14)), st.text("acehxABC0123689-. ", min_size=1, max_size=9)
        ),
        max_size=12,
    )
)
def test_no_letter_is_lost_wherever_it_stands(
    words: dict[tuple[int, int], tuple[int, str]],
) -> None:
    drawn = "".join(
        pdfs.pieces((20 + 90 * x, 20 + 30 * y, word), size=size)
        for (x, y), (size, word) in words.items()
    )
    letters = Counter(map(plain, filter(str.isalnum, page(drawn))))
    assert letters == Counter(filter(str.isalnum, "".join(word for _, word in words.values())))


# Letters that a font does not tell

LANGUAGES = [
    "The lamp keeper counted seven boats in the harbour on Monday.",
    "Der Leuchtturmwärter zählte am Montag sieben Schiffe im Hafen.",
    "Le gardien a compté sept bateaux dans le port, lundi dernier.",
    "Strażnik naliczył w poniedziałek siedem łodzi w porcie, chrząszcz.",
    "Strážný napočítal v pondělí sedm lodí, prst skrz krk, v přístavu.",
    "Người gác đèn đếm được bảy chiếc thuyền trong cảng vào thứ hai.",
    "Смотритель маяка насчитал в понедельник семь лодок в гавани.",
    "Ο φαροφύλακας μέτρησε επτά βάρκες στο λιμάνι τη Δευτέρα.",
    "שומר המגדלור ספר שבע סירות בנמל ביום שני בבוקר, ורשם הכול.",
    "عد حارس المنارة سبعة قوارب في الميناء يوم الاثنين وكتب كل شيء",
    "灯塔看守人星期一在港口数了七条船，并把一切都记了下来，因为他容易忘记这些事情。",
    "灯台守は月曜日に港で七隻の船を数え、忘れやすいのですべてを書き留めた。",
    "등대지기는 월요일에 항구에서 배 일곱 척을 세고 모든 것을 적어 두었다.",
    "ผู้ดูแลประภาคารนับเรือเจ็ดลำในท่าเรือเมื่อวันจันทร์และจดทุกอย่างไว้",
]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("text", LANGUAGES)
def test_a_language_is_one(text: str, told: bool) -> None:
    assert readable(text, told)


@pytest.mark.parametrize("text", [text for text in LANGUAGES if text.isascii()])
def test_glyph_numbers_are_none(text: str) -> None:
    order = sorted(set(text), key=text.index)
    assert not readable("".join(chr(ord(letter) - 29) for letter in text))
    assert not readable("".join(chr(1 + order.index(letter)) for letter in text))
    assert not readable("".join(chr(33 + order.index(letter)) for letter in text))
    assert not readable("".join(chr(65 + order.index(letter)) for letter in text), told=False)
    assert not readable("".join(f"/g{order.index(letter)}" for letter in text))
    assert not readable("".join(chr(1000 + 37 * order.index(letter)) for letter in text))


def test_cyrillic_shown_as_if_it_were_western_is_none() -> None:
    assert not readable(LANGUAGES[6].encode("cp1251").decode("latin-1"))


def test_chinese_glyph_numbers_are_none() -> None:
    spread = (chr(0x370 + ord(letter) * 7919 % 0x4E00) for letter in LANGUAGES[10] + LANGUAGES[11])
    assert not readable("".join(spread))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 345.67 890",
        "HTTP TCP DNS TLS SSH NTP BGP RFC XML SQL CSS HTML JSON",
        "for (i = 0; i < n; i++) { *p++ = x[i] << 3; } // &mask |= ~(1 << k);",
        "x = −b ± √(b² − 4ac) / 2a, ∀ε > 0 ∃δ > 0: |x − y| < δ ⇒ |f(x) − f(y)| < ε",
    ],
)
def test_figures_names_code_and_formulas_are_no_cipher(text: str) -> None:
    assert readable(text)


@given(st.text(max_size=300), st.booleans())
def test_any_text_is_judged(text: str, told: bool) -> None:
    assert readable(text, told) in (True, False)


TOLD = "The keeper of the light told us so, and he was there."
# As TeX numbers its letters in one encoding and in the other; an accent of the older one is drawn
# by itself, where its letter begins.
NUMBERED = (
    "The o\x0ece is ine\x0ecient: the lamp \rickers in the \x0crst hour",
    "The o\x1ece is ine\x1ecient: the lamp \x1dickers in the \x1crst hour",
)


@pytest.mark.parametrize("numbers", NUMBERED, ids=["OT1", "T1"])
def test_letters_that_are_pictures_are_those_that_tex_numbers_so(numbers: str) -> None:
    from pypdfium2 import PdfDocument

    with PdfDocument(pdfs.pdf(pdfs.text(numbers, font="T"), pdfs.text(TOLD))) as pdf:
        textpages = [page.get_textpage() for page in pdf]
        found = [text_of(each.raw) for each in textpages]
    words = "The oﬃce is ineﬃcient: the lamp ﬂickers in the ﬁrst hour"
    assert [each and (each[0], each[3]) for each in found] == [(words, True), (TOLD, False)]


def test_the_two_encodings_of_tex() -> None:
    def read(numbers: str, told: str = "") -> str:
        return tex.decoded(numbers + told, [True] * len(numbers) + [False] * len(told))

    assert (
        read("Stra\x19e, a\x0bair, \x12na\x10ve\x13, p\x7fage") == "Straße, aﬀair, `naıve´, p¨age"
    )
    assert (
        read("Ma\xff, Dvo\xb0\xe1k, \x8a\xf3d\xb9, \x12Gr\xf6\xffe\x10")
        == "Maß, Dvořák, Łódź, „Größe“"
    )
    assert read("plain words, as they are ÿ") == "plain words, as they are ÿ"
    assert read("e\x1eect ", "told\x1c ÿ") == "eﬃect told\x1c ÿ"  # what a font tells stays
    assert read("\x1c alone, \x0b alone") == "\x1c alone, \x0b alone"


def test_a_page_of_glyph_numbers_is_none() -> None:
    from pypdfium2 import PdfDocument

    lines = SENTENCES[0].split(" in ")
    untold = pdfs.untold(*lines, *lines)
    with PdfDocument(pdfs.pdf(untold, pdfs.text(*SENTENCES), pdfs.text("Few") + untold)) as pdf:
        textpages = [page.get_textpage() for page in pdf]
        found = [text_of(textpage.raw) for textpage in textpages]
    assert [page is None for page in found] == [True, False, True]
