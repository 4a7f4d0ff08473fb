"""CSV and Anki packages, out and in again."""

import csv
import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.cards import anki, tables
from core.cards.markdown import read as read_markdown
from core.cards.normal import normal
from core.errors import Unreadable
from core.store.anki import notes
from core.text import decode
from core.types import Card, Span

MOST = 50_000_000
RICH = Card(
    id="rich-1",
    deck="Sea::Tides",
    chapter="One",
    title="High <water>",
    background="Known: $a < b$ and \\(c_1\\).",
    question="What is\n$$\\frac{1}{2}$$?",
    answer="```java\nint a = 1 < 2 ? 3 : 4; // $x$\n```\n\n| a | b |\n|---|---|\n| 1 | `$5` |",
    tags=("rating-8", "sea"),
    span=Span(paper_id="ab12", start=3, end=9),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ue000\ue001"))
CARDS = st.lists(
    st.builds(
        Card,
        id=st.uuids().map(str),
        deck=TEXTS.map(lambda text: "d" + text),
        chapter=TEXTS,
        title=TEXTS,
        background=TEXTS,
        question=TEXTS.map(lambda text: "q" + text),
        answer=st.sampled_from("=+-@'\ta").flatmap(lambda sign: TEXTS.map(lambda t: f"{sign}{t}a")),
        tags=st.lists(st.text("abc-", min_size=1), unique=True).map(tuple),
        span=st.none() | st.just(Span(paper_id="ab12", start=3, end=70)),
    ).map(normal),
    max_size=4,
    unique_by=lambda card: card.id,
)


# CSV


@given(CARDS)
def test_csv_reads_back(cards: list[Card]) -> None:
    assert list(tables.read(tables.write(cards), "d.csv", "d").cards) == cards


@given(CARDS)
def test_no_cell_is_a_formula(cards: list[Card]) -> None:
    for row in csv.reader(io.StringIO(tables.write(cards), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Front,Back\nq1,a1\nq2,a2\n", [("q1", "a1"), ("q2", "a2")]),
        ("\ufeffquestion;answer;tags\nq;a;x\n", [("q", "a")]),
        ("q1\ta1\nq2\ta2", [("q1", "a1"), ("q2", "a2")]),
        ('q,"two\nlines, and ""quotes"""\n', [("q", 'two\nlines, and "quotes"')]),
        ("answer,question\r\na,q\r\n", [("q", "a")]),
    ],
)
def test_tables_of_other_programs(text: str, expected: list[tuple[str, str]]) -> None:
    reading = tables.read(text, "t.csv", "t")
    assert [(card.question, card.answer) for card in reading.cards] == expected
    assert reading.dropped == ()
    assert {card.deck for card in reading.cards} == {"t"}


def test_rows_without_an_answer_are_named() -> None:
    reading = tables.read('front,back\n"a\nb",1\nq,\n\n,z\nq,2', "t.csv", "t")
    assert [card.question for card in reading.cards] == ["a\nb", "q"]
    assert [(note.line, note.why) for note in reading.dropped] == [
        (4, "a question without an answer"),
        (6, "a question without words"),
    ]
    assert tables.read("", "t.csv", "t").dropped[0].why == "the file is empty"


@given(st.text())
def test_no_table_crashes(text: str) -> None:
    tables.read(text, "t.csv", "t")


# Anki


def test_a_package_opened_again_gives_the_same_cards() -> None:
    plain = Card(id="b", deck="Land", question="q?", answer="a")
    reading = anki.read(anki.write([RICH, plain]), "d.apkg", MOST, notes)
    assert reading.cards == (RICH, plain)
    assert (reading.repaired, reading.dropped) == ((), ())


def test_a_package_has_stable_ids() -> None:
    def numbers(data: bytes) -> list[object]:
        with sqlite3.connect(":memory:") as database:
            database.deserialize(anki.collection(data, "d.apkg", MOST))
            (decks,) = database.execute("SELECT decks FROM col").fetchone()
            return [*sorted(json.loads(decks)), *database.execute("SELECT guid, mid FROM notes")]

    first, second = anki.write([RICH]), anki.write([replace(RICH, answer="Other.")])
    assert numbers(first) == numbers(second)
    assert ("rich-1", anki.MODEL_NUMBER) in numbers(first)


def test_what_anki_shows() -> None:
    (note,) = notes(anki.collection(anki.write([RICH]), "d.apkg", MOST))
    fields = dict(note.fields)
    assert fields["Title"] == "<p>High &lt;water&gt;</p>"
    assert r"\(a &lt; b\)" in fields["Background"]
    assert r"\(c_1\)" in fields["Background"]
    assert r"\[\frac{1}{2}\]" in fields["Question"]
    assert '<code class="language-java">int a = 1 &lt; 2' in fields["Answer"]
    assert "// $x$" in fields["Answer"]
    assert "<td>1</td>" in fields["Answer"]
    assert "<code>$5</code>" in fields["Answer"]
    assert (note.deck, note.tags) == ("Sea::Tides", ("rating-8", "sea"))


def repacked(data: bytes, sql: str, *values: object) -> bytes:
    """A package with its collection changed by one statement."""
    with sqlite3.connect(":memory:") as database:
        database.deserialize(anki.collection(data, "d.apkg", MOST))
        database.execute(sql, values)
        database.commit()
        return packed("collection.anki2", database.serialize())


def packed(name: str, collection: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, collection)
    return out.getvalue()


def test_what_was_changed_in_anki_comes_back_changed() -> None:
    data = anki.write([RICH])
    (note,) = notes(anki.collection(data, "d.apkg", MOST))
    fields = [value for _, value in note.fields]
    fields[3] = "New <b>answer</b><br>in two lines"
    changed = repacked(data, "UPDATE notes SET flds = ?", "\x1f".join(fields))
    (card,) = anki.read(changed, "d.apkg", MOST, notes).cards
    assert card == replace(RICH, answer="New **answer**\nin two lines")


def test_the_newer_format(tmp_path: Path) -> None:
    """As Anki writes since 2.1.50: tables of their own, zstandard, and a note for older ones."""
    # front and back as protocol buffers write them, among numbers
    template = b"\x18\x01\x0a\x09{{Front}}\x25\2\0\0\0\x12\x08{{Back}}\x32\x01\x01"
    with sqlite3.connect(":memory:") as database:
        database.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        for statement in (
            "CREATE TABLE notetypes (id INTEGER, name TEXT COLLATE unicase)",
            "CREATE TABLE fields (ntid INTEGER, ord INTEGER, name TEXT COLLATE unicase)",
            "CREATE TABLE decks (id INTEGER, name TEXT COLLATE unicase)",
            "CREATE TABLE notes (id INTEGER, guid TEXT, mid INTEGER, tags TEXT, flds TEXT)",
            "CREATE TABLE templates (ntid INTEGER, ord INTEGER, name TEXT, config BLOB)",
            "CREATE TABLE cards (nid INTEGER, did INTEGER, ord INTEGER)",
            "INSERT INTO notetypes VALUES (7, 'Basic')",
            "INSERT INTO fields VALUES (7, 1, 'Back'), (7, 0, 'Front')",
            "INSERT INTO decks VALUES (3, 'Sea\x1fTides')",
            f"INSERT INTO templates VALUES (7, 0, 'Card 1', x'{template.hex()}')",
            "INSERT INTO notes VALUES (1, 'g', 7, ' a b ', 'What?\x1f<ul><li>x<li>y</ul>')",
            "INSERT INTO cards VALUES (1, 3, 0)",
        ):
            database.execute(statement)
        database.commit()
        collection = database.serialize()
    data = packed("collection.anki21b", zstandard.compress(collection))
    (card,) = anki.read(data, "d.apkg", MOST, notes).cards
    assert (card.deck, card.tags) == ("Sea::Tides", ("a", "b"))
    assert (card.question, card.answer) == ("What?", "- x\n- y")


def test_notes_of_other_kinds() -> None:
    data = anki.write([RICH, replace(RICH, id="c")])
    data = repacked(data, "UPDATE col SET models = replace(models, 'Triptych', 'Other')")
    data = repacked(
        data,
        "UPDATE notes SET flds = ? WHERE guid = 'c'",
        "Rain falls\x1f\x1f\x1fFrom <i>clouds</i>\x1f",
    )
    first, second = anki.read(data, "d.apkg", MOST, notes).cards
    assert first.question.startswith("High <water>\n\n")  # all that the front shows
    assert first.answer.startswith("```java")
    assert "```java\nint a = 1 < 2 ? 3 : 4; // $x$\n```" in first.answer
    assert "| a | b |\n| --- | --- |\n| 1 | `$5` |" in first.answer
    assert (second.question, second.answer) == ("Rain falls", "From *clouds*")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no", "no zip file"),
        (packed("readme.txt", b"x"), "holds no collection"),
        (packed("collection.anki2", b"x" * 5000), "cannot be read"),
        (packed("collection.anki21b", b"x" * 5000), "damaged"),
        (packed("collection.anki21b", zstandard.compress(bytes(60_000_000))), "more than 50 MB"),
        (packed("collection.anki2", bytes(60_000_000)), "more than 50 MB"),
    ],
)
def test_what_is_no_package(data: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        anki.read(data, "d.apkg", MOST, notes)


def test_a_collection_that_never_ends() -> None:
    with sqlite3.connect(":memory:") as database:
        database.executescript(
            "CREATE TABLE col (models TEXT, decks TEXT); INSERT INTO col VALUES ('{}', '{}');"
            "CREATE TABLE cards (nid, did, ord);"
            "CREATE VIEW notes AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
            " SELECT id, '' AS guid, 1 AS mid, '' AS tags, '' AS flds FROM n;"
        )
        data = packed("collection.anki2", database.serialize())
    with pytest.raises(Unreadable, match="cannot be read"):
        anki.read(data, "d.apkg", MOST, notes)


@pytest.mark.parametrize("kind", ["csv", "apkg"])
def test_old_decks_go_out_and_come_back(shared: Path, kind: str) -> None:
    for file in sorted((shared / "decks").glob("*.md")):
        cards = read_markdown(decode(file.read_bytes()).text, file.name).cards
        if kind == "csv":
            again = tables.read(tables.write(cards), "d.csv", "d").cards
        else:
            again = anki.read(anki.write(cards), "d.apkg", MOST, notes).cards
        assert again == cards
