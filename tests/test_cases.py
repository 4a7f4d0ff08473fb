"""The small inputs that once came out wrong, as they were given: one function a folder of them.

Each has a test with a fixture of its own beside what it tests; these run where the folder is.
"""

from pathlib import Path

import pytest

from core import gold
from core.lab import Lab
from core.store import EVERY


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    return folder


def test_find_in_paper(cases: Path, lab: Lab) -> None:
    added = lab.papers.add(cases / "find-in-paper" / "typography.md")
    assert added.paper
    paper = lab.papers.get(added.paper.id)
    for typed in (
        "doesn't stop",
        '"ever"',
        "résumé",
        "state-of-the-art",
        "-1 crown",
        "32 teeth",
        "植物把光能变成化学能",
    ):
        assert len(lab.papers.find(paper, typed)) == 1, typed
    (taken,) = lab.questions.add(cases / "questions" / "curly.jsonl")
    assert (taken.status, taken.reason) == ("added", "")


def test_anki_notes(cases: Path, lab: Lab) -> None:
    (done,) = lab.cards.load(cases / "anki-notes" / "anki-notes.apkg")
    assert [(card.question, card.answer) for card in lab.cards.find(EVERY)] == [
        ("How many parts has a tower clock?", "about 10³, and H₂O spoils them"),
        ("escapement", "Hemmung"),
        ("Hemmung", "escapement"),
        ("The […] drives the wheel.", "The **spring** drives the wheel."),
        ("The spring drives the […].", "The spring drives the **wheel**."),
        ("It swings [a number] a second.", "It swings **five times** a second."),
        ("Outer […] slowly.", "Outer **a wheel of brass turns** slowly."),
        ("Bold: **weight** and chain", "時(とき)"),
        ("Old formula $T=2\\pi\\sqrt{l/g}$", "$g$"),
        ("The […] keeps time.", "The **pendulum** keeps time.\n\nGalileo"),
    ]
    assert [note.why for note in done.dropped] == [
        "note 8 hides parts of an image (image occlusion): that cannot be read",
        "fields that no card shows were left out: Nr (Numbered cloze)",
    ]


TABLES = {
    "anki-columns.tsv": ["What makes ATP?", "The […] holds DNA"],
    "anki-export.tsv": ["Which organ filters blood?", "Name two loops"],
    "anki-export.txt": ["Which organ filters blood?", "Name two loops"],
    "comment-first.tsv": ["spring", "wheel"],
    "commas-in-semicolons.csv": ["Term A, first, and second", "Term B"],
    "commas-in-tabs.tsv": [
        "What are a, b, and c in the formula, and why?",
        "What is the capital of Peru?",
    ],
    "line-break-in-first-cell.csv": ["A question that\nspans two lines; really", "Q2"],
    "more-columns.csv": ["Q one?"],
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(cases: Path, lab: Lab, name: str) -> None:
    (done,) = lab.cards.load(cases / "tables" / name)
    cards = lab.cards.find(EVERY)
    assert [card.question for card in cards] == TABLES[name]
    match name:
        case "anki-columns.tsv":
            assert cards[0].deck == "Bio::Cells"
        case "anki-export.tsv" | "anki-export.txt":
            assert cards[0].answer == "The **kidney**, about 180 litres a day"
            assert cards[0].tags == ("renal::basics", "week1")
        case "more-columns.csv":
            assert "“Deck Name”, “Extra”" in done.dropped[0].why


def test_questions(cases: Path) -> None:
    folder = cases / "questions"

    def asked(name: str) -> list[str]:
        read = gold.read(name, (folder / name).read_bytes())
        return [each.text if isinstance(each, gold.Written) else each.why for each in read]

    assert asked("array.json") == ["What is the period?", "What is gravity here?"]
    assert asked("excel-cp1252.csv") == ["What’s the period?"]
    assert asked("excel-semicolon.csv") == ["What is the period?"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf16"])
def test_logs(cases: Path, lab: Lab, encoding: str) -> None:
    made, found = (
        lab.runs.load(name, (cases / "logs" / name).read_bytes())
        for name in (f"log-{encoding}.txt", f"retrieval-{encoding}.txt")
    )
    assert (made.kind, made.runs, made.dropped) == ("log", 2, ())
    assert (found.kind, found.hits, found.dropped) == ("retrieval-log", 2, ())
    first, second = lab.runs.runs(made.run_ids)
    assert first.question == "Why does the café’s clock run slow?"
    assert first.answer
    assert first.answer.text == "It doesn’t say – “maybe” the Größe of the spring."
    assert second.answer
    assert "3 µm" in second.answer.text
    (search,) = lab.runs.runs(found.run_ids)
    assert [hit.similarity for hit in search.candidates] == [0.8123, 0.5]
