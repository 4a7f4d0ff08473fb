"""Lines with their places -> paragraphs, in the order of reading, and running heads apart."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.papers import mending, paragraphs
from core.papers.reader import Page
from core.types import Paper

WIDE = 0.5  # of the type's size: a letter
Set = tuple[str, float, float, float]  # words, left, bottom, size


def lines(text: str, left: float = 50, top: float = 700, size: float = 10) -> list[Set]:
    """Lines below each other, at an even distance; what is indented stands further right."""
    return [
        (line.strip(), left + 5 * (len(line) - len(line.lstrip())), top - 12 * number, size)
        for number, line in enumerate(text.strip("\n").split("\n"))
        if line.strip()
    ]


def page(*some: list[Set]) -> Page:
    """A page as the reader tells it; a hyphen at a line's end is marked, as PDFium does it."""
    text, found = "", []
    for words, left, bottom, size in (line for each in some for line in each):
        width = sum(2 if letter >= "\u1100" else 1 for letter in words) * WIDE * (size or 10)
        found.append((len(text), left, bottom - 2, left + width, bottom + size, size))
        broken = words.endswith("-") and words[-2:-1].isalpha()
        text += f"{words[:-1]}\ufffe" if broken else f"{words}\r\n"
    return Page(text=text, skips=[], holds="text", lines=found)


def read(*pages: Page) -> Paper:
    known = mending.vocabulary(each["text"] for each in pages)
    joined = mending.join(pages, *paragraphs.arranged(pages), known)
    return Paper(
        id="",
        title="",
        text=joined.text,
        page_starts=joined.page_starts,
        raw_map=joined.raw_map,
        margins=joined.margins,
        source="",
        kind="pdf",
    )


def text_of(*pages: Page) -> str:
    return read(*pages).text


# Paragraphs

STORY = """
The lamp of the light at Varn is lit at dusk and
burns until the sun stands a hand above the sea,
whatever the weather.
"""
STORED = (
    "The lamp of the light at Varn is lit at dusk and burns until the sun stands a hand above the "
    "sea, whatever the weather."
)


def test_the_lines_of_a_paragraph_are_one() -> None:
    assert text_of(page(lines(STORY))) == STORED


def test_an_indented_line_begins_a_paragraph() -> None:
    both = """
The keeper fills the tank at noon. He carries the
oil up in two cans and he counts them as he goes.
  The lamp of the light at Varn is lit at dusk and
burns until the sun stands a hand above the water.
  Nobody has seen it dark since the old tower fell.
"""
    assert text_of(page(lines(both))).count("\n\n") == 2


def test_a_wider_gap_begins_a_paragraph_and_a_first_line_may_hang() -> None:
    items = """
Maren, I. (1911). The light at Varn, and how it was
    kept in the years of the great storms.
Oake, J. (1923). Oil. Harbour Press.
Pell, M. (1930). On lamps that turn and lamps that
    do not.
"""
    assert text_of(page(lines(items), lines(STORY, top=620))) == (
        "Maren, I. (1911). The light at Varn, and how it was kept in the years of the great storms."
        "\n\nOake, J. (1923). Oil. Harbour Press."
        "\n\nPell, M. (1930). On lamps that turn and lamps that do not."
        f"\n\n{STORED}"
    )


def test_a_heading_stands_apart_though_nothing_but_its_length_tells_it() -> None:
    assert text_of(page(lines("3.1 The lamp" + STORY))) == f"3.1 The lamp\n\n{STORED}"
    larger = lines("3 The lamp", top=715, size=12)
    assert text_of(page(larger, lines(STORY))) == f"3 The lamp\n\n{STORED}"


def test_a_title_of_two_lines_is_one() -> None:
    title = lines("The Light at Varn and\nOther Lamps", top=760, size=20)
    assert text_of(page(title, lines(STORY))) == f"The Light at Varn and Other Lamps\n\n{STORED}"


@pytest.mark.parametrize("sign", ["•", "–", "\uf0a7"])  # the last is Word's, from a font of signs
def test_items_of_a_list_have_a_line_each(sign: str) -> None:
    items = """
The keeper carries three things up the stairs of the
tower before dusk:
• oil in two cans, which he fills in the yard of the
  old harbour,
• a clean cloth,
• matches.
"""
    assert text_of(page(lines(items.replace("•", sign)))).split("\n") == [
        "The keeper carries three things up the stairs of the tower before dusk:",
        f"{sign} oil in two cans, which he fills in the yard of the old harbour,",
        f"{sign} a clean cloth,",
        f"{sign} matches.",
    ]


def test_a_number_at_a_line_s_beginning_is_no_item_within_a_sentence() -> None:
    story = """
The stairs have two hundred steps, and the lamp has
1. a wick, which burns for nine hours and is cut on
every other day of the week.
"""
    assert "\n" not in text_of(page(lines(story)))


def test_rows_of_a_table_and_a_formula_keep_their_lines() -> None:
    table = """
year oil steps watches
1910 3.1 200 4
1911 2.9 200 4
"""
    rows = text_of(page(lines(STORY), lines(table, top=640)))
    assert rows == STORED + "\n\nyear oil steps watches\n1910 3.1 200 4\n1911 2.9 200 4"
    formula = [("x = 3 a + b (1)", 150.0, 650.0, 10.0)]
    behind = lines(STORY, top=630)
    assert (
        text_of(page(lines(STORY), formula, behind)) == f"{STORED}\n\nx = 3 a + b (1)\n\n{STORED}"
    )


def test_code_keeps_its_lines() -> None:
    code = """
for step in range(200):
    lamp.turn(step)
    print(step)
"""
    assert text_of(page(lines(STORY), lines(code, top=640))).endswith(
        "for step in range(200):\nlamp.turn(step)\nprint(step)"
    )


def test_an_address_keeps_its_lines() -> None:
    letter = "The Keeper\nThe Light\nVarn"
    assert text_of(page(lines(letter), lines(STORY, top=600))).startswith(letter + "\n")


def test_what_stands_beside_is_the_same_line() -> None:
    raised = [
        ("It burns for 10", 50.0, 700.0, 10.0),
        ("6", 126.0, 704.0, 6.0),
        ("hours, and then it needs a", 132.0, 700.0, 10.0),
        ("new wick.", 50.0, 688.0, 10.0),
    ]
    assert text_of(page(raised)) == "It burns for 10 6 hours, and then it needs a new wick."


def test_ideographs_are_joined_without_a_blank() -> None:
    chinese = "植物把光能变成化学能并且储存起来供以后使用的过程叫\n做光合作用。"
    assert "使用的过程叫做光合作用。" in text_of(page(lines(chinese)))


def test_arabic_begins_at_the_right() -> None:
    words = ["يضاء المصباح عند الغسق كل يوم", "ويحترق حتى تشرق الشمس على البحر", "كل صباح."]
    right = 300.0
    found = [(each, right - 5 * len(each), 700.0 - 12 * n, 10.0) for n, each in enumerate(words)]
    longest = min(left for _, left, _, _ in found)
    found[0] = (words[0], longest, 700.0, 10.0)
    assert "\n" not in text_of(page(found))


def test_turned_lines_stay_lines() -> None:
    turned = [("a row of a table", 100.0, 200.0, 0.0), ("another row of it", 112.0, 200.0, 0.0)]
    assert text_of(page(turned)) == "a row of a table\nanother row of it"


def test_a_page_whose_lines_have_no_places_is_left_as_it_is() -> None:
    plain = Page(text=" \r\none trans-\r\nformation\r\ntwo\r\n", skips=[], holds="text", lines=[])
    assert text_of(plain) == "one transformation\ntwo"


# Over columns and pages

OPEN = """
The keeper of the light at Varn carries the oil up in
two cans, and he counts the steps of the tower as he
goes up, because in the winter of the great storm he
"""
REST = """
slipped on one of them. Since that day the stairs have
a rope.
"""
WHOLE = (
    "The keeper of the light at Varn carries the oil up in two cans, and he counts the steps of the"
    " tower as he goes up, because in the winter of the great storm he slipped on one of them."
    " Since that day the stairs have a rope."
)
NOTE = lines("1 Told in the harbour.", top=80, size=8)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    columns = page(lines(OPEN), NOTE, lines(REST, left=350))
    assert text_of(columns) == f"{WHOLE}\n\n1 Told in the harbour."


def test_a_paragraph_goes_on_over_a_page_and_its_note_comes_first() -> None:
    both = read(page(lines(OPEN), NOTE), page(lines(REST)))
    assert both.text == f"1 Told in the harbour.\n\n{WHOLE}"
    assert both.text[slice(*both.page_span(2))].startswith("slipped on one")


def test_a_figure_with_its_words_may_stand_between() -> None:
    figure = lines("Figure 2: The tower, drawn from the harbour.", top=740)
    assert text_of(page(lines(OPEN)), page(figure, lines(REST))) == (
        f"{WHOLE}\n\nFigure 2: The tower, drawn from the harbour."
    )


def test_what_ends_or_begins_anew_does_not_go_on() -> None:
    assert text_of(page(lines(STORY)), page(lines(STORY, top=600))) == f"{STORED}\n\n{STORED}"
    heading = lines("The Harbour", size=14)
    assert "he\n\nThe Harbour\n\n" in text_of(
        page(lines(OPEN)), page(heading, lines(STORY, top=670))
    )


@pytest.mark.parametrize(
    "between",
    [
        lines("1 Adopted from a talk.", top=60, size=8),  # a note
        lines("17", left=290, top=40, size=9),  # a page number
        lines("Journal of Clocks 12", top=40),  # a foot
        [("printed by night on WEEKDAY", 25.0, 200.0, 0.0)],  # a stamp, turned
    ],
)
def test_a_broken_word_is_glued_to_its_other_half_alone(between: list[Set]) -> None:
    first = lines("The regulator was adjusted to the inter-", top=100)
    second = lines("national hour, and the tower clock followed.", top=750)
    apart = read(page(first, between), page(second))
    assert "adjusted to the international hour, and the tower clock followed." in apart.text
    assert between[0][0] in apart.text.split("\n")


def test_a_broken_word_without_its_other_half_keeps_its_hyphen_and_its_line() -> None:
    first = lines("The pendulum of this regulator was ana-", top=100)
    note = lines("1 Adopted from a talk.", top=60, size=8)
    assert text_of(page(first, note)) == (
        "The pendulum of this regulator was ana-\n\n1 Adopted from a talk."
    )


# Running heads

PAGES = [
    page(
        lines("The Journal of Lamps" if number % 2 else f"{number} I. Maren", top=780, size=8),
        lines(STORY.replace("lamp", f"lamp {number}"), top=600),
        lines(str(number), left=290, top=40, size=9),
    )
    for number in range(11, 19)
]


def test_running_heads_and_page_numbers_stand_behind_the_text() -> None:
    paper = read(*PAGES)
    body = paper.text[: paper.body_end]
    assert "Journal" not in body
    assert [paper.text[slice(*paper.margin_span(n))].split("\n")[:2] for n in (1, 2)] == [
        ["The Journal of Lamps", "11"],
        ["12 I. Maren", "12"],
    ]
    place = paper.text.index("12 I. Maren")
    assert paper.pages_of(place, place + 5) == (2,)


def test_what_repeats_within_the_text_or_counts_nothing_is_no_margin() -> None:
    pages = [
        page(
            lines(f"{7 * number}", top=780),
            lines("Always this.", top=760),
            lines(STORY, top=400),
            lines(f"The end of {word}.", top=50),
        )
        for number, word in enumerate(("one", "two", "three", "four", "five", "six", "seven"), 1)
    ]
    assert read(*pages).margins == ()


def test_a_slide_s_large_title_is_no_running_head() -> None:
    slides = [
        page(
            lines("Results", top=800, size=30),
            lines(STORY, top=400),
            lines("and more", top=100, size=20),
        )
        for _ in range(4)
    ]
    assert read(*slides).margins == ()


def test_one_page_has_no_margins_and_nothing_is_margin_alone() -> None:
    assert read(PAGES[0]).margins == ()
    assert read(*[page(lines("An empty form."))] * 3).margins == ()


# What holds for any page

places = st.floats(-50, 900, allow_nan=False)
words = st.text("ab Z1.-•(\u05d0\u6f22", min_size=1, max_size=12).filter(str.strip)
sets = st.tuples(words, places, places, st.sampled_from([0.0, 6.0, 10.0, 10.3, 20.0]))


@given(st.lists(st.lists(sets, max_size=12), min_size=1, max_size=3))
def test_no_letter_is_lost_and_pages_stay_in_order(drawn: list[list[Set]]) -> None:
    pages = [page(each) for each in drawn]
    paper = read(*pages)
    assert len(paper.page_starts) == len(pages)
    assert list(paper.page_starts) == sorted(set(paper.page_starts))
    for number, each in enumerate(pages, 1):
        here = paper.text[slice(*paper.page_span(number))]
        here += paper.text[slice(*paper.margin_span(number))]
        kept = sorted(letter for letter in here if letter.isalnum())
        assert kept == sorted(letter for letter in each["text"] if letter.isalnum())


def test_a_page_of_very_many_lines_takes_no_more_than_moments() -> None:
    many = [(f"word{number % 7}", 50.0 + number % 40, 10.0, 10.0) for number in range(20_000)]
    turned = [("same", 50.0, 10.0, 0.0)] * 20_000
    start = time.process_time()
    text_of(page(many, turned))
    assert time.process_time() - start < 5
