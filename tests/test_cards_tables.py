"""Tables of other programs: what separates their cells, and what Anki says before its notes."""

import pytest

from core.cards.decks import read
from core.cards.note import Reading
from core.text import separator_of

MOST = 1_000_000


def table(name: str, *lines: str) -> Reading:
    return read(name, "\n".join(lines).encode(), MOST)


def sides(reading: Reading) -> list[tuple[str, str]]:
    return [(card.question, card.answer) for card in reading.cards]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\nc,d", ","),
        ("one, two, and three;x\nfour;y", ";"),
        ("what; where, when\tx\nwho\ty", "\t"),
        ('"two\nlines; really";"x"\n"b";"y"', ";"),
        ("a;b,c;d\n", ";"),
        ("only words", ","),
        ("", ","),
    ],
)
def test_the_separator_is_what_cuts_most_rows_alike(text: str, separator: str) -> None:
    assert separator_of(text) == separator


def test_a_tsv_is_cut_at_tabs_alone() -> None:
    commas = table("d.tsv", "Who, what, and where?\tHere, there", "Why?\tSo")
    assert sides(commas) == [("Who, what, and where?", "Here, there"), ("Why?", "So")]
    assert sides(table("d.tsv", "Why?,So")) == [("Why?", "So")]  # it has none


ANKI = ("#separator:Tab", "#html:true", "#tags:sea", "#tags column:3")


@pytest.mark.parametrize("name", ["d.txt", "d.tsv", "d.csv"])
def test_notes_that_anki_wrote_as_plain_text(name: str) -> None:
    row = 'What lifts\tThe <b>moon</b>,<br>mostly ""it""\ttides::spring week1'
    reading = table(name, *ANKI, row.replace("The", '"The').replace('it""', 'it"""'))
    (card,) = reading.cards
    assert (card.question, card.answer) == ("What lifts", 'The **moon**,\nmostly "it"')
    assert (card.deck, card.tags) == ("d", ("sea", "tides::spring", "week1"))
    assert reading.dropped == ()


def test_columns_that_anki_names() -> None:
    head = ("#separator:;", "#guid column:1", "#notetype column:2", "#deck column:3")
    names = "#columns:guid;kind;deck;Text;Extra;More"
    rows = ("n1;Cloze;Sea::Tides;The {{c1::moon}} <lifts>;;", "n2;Basic;Sea;Why?;So;Or not")
    reading = table("d.txt", *head, names, *rows)
    assert sides(reading) == [
        ("The […] <lifts>", "The **moon** <lifts>"),
        ("Why?", "**Extra:** So\n\n**More:** Or not"),
    ]
    assert [card.deck for card in reading.cards] == ["Sea::Tides", "Sea"]
    again = table("other.txt", *head, names, *rows)
    assert [card.id for card in again.cards] == [card.id for card in reading.cards]


def test_a_comment_is_none_of_the_cards_and_told() -> None:
    reading = table("d.tsv", "# written by hand", "#2 pencils\tHB", "spring\tFeder", "alone\t")
    assert sides(reading) == [("#2 pencils", "HB"), ("spring", "Feder")]
    assert [(note.line, note.why) for note in reading.dropped] == [
        (1, "a comment: “# written by hand”"),
        (4, "a question without an answer"),
    ]


def test_columns_that_are_left_out_are_named() -> None:
    named = table("d.csv", "Front,Back,Extra,Nr,Empty", "a,b,more,,", "c,d,,7,,beyond")
    assert sides(named) == [("a", "b"), ("c", "d")]
    assert [note.why.partition(": ")[2] for note in named.dropped] == ["“Extra”, “Nr”, column 6"]
    (note,) = table("d.csv", "a,b,more", "c,d,").dropped
    assert note.why.endswith("left out: column 3")


def test_a_text_without_tabs_is_a_deck_in_markdown() -> None:
    assert sides(table("d.txt", ":p a?", "??x", "b", "x??")) == [("a?", "b")]
    assert sides(table("d.txt", "a?\tb", "c?\td")) == [("a?", "b"), ("c?", "d")]
