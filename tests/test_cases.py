"""The small inputs that once came out wrong, as they were given: one function a folder of them.

Each has a test with a fixture of its own beside what it tests; these run where the folder is.
"""

from pathlib import Path

import pytest

from core import gold
from core.errors import Unreadable
from core.lab import Lab
from core.papers import read
from core.settings import Settings
from core.store import EVERY
from core.text import decode


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


# A word of each text, in the letters it was written in.
ENCODED = {
    "ar_1256": "الخلية", "de_l1": "Größe", "de_mac": "Übung für Käse — naïve “Idee”",
    "en_u16le": "Plain words without a mark", "fr_cp1252": "L’œuvre coûte 5 € – “déjà”",
    "gr_1253": "φωτοσύνθεση", "he_1255": "יחידת", "jp_euc": "量子もつれ", "jp_sjis": "量子もつれ",
    "ko_euc": "광합성은", "pl_1250": "Źródło światła", "pl_iso2": "Źródło światła",
    "ru_1251": "Митохондрия", "ru_koi8": "Митохондрия", "th_874": "เซลล์เป็นหน่วย",
    "tr_1254": "Işık ağaçların", "utf8_onebad": "\ufffd", "zh_big5": "植物把光能",
    "zh_gbk": "光合作用",
}  # fmt: skip


def test_encodings(cases: Path) -> None:
    files = sorted((cases / "encodings").glob("*_*.txt"))
    assert {file.stem for file in files} == ENCODED.keys()
    for file in files:
        assert ENCODED[file.stem] in decode(file.read_bytes()).text, file.name
    assert decode((cases / "encodings" / "utf8_onebad.txt").read_bytes()).text.count("\ufffd") == 1


def test_base64_markdown(cases: Path) -> None:
    paper = read(cases / "base64-markdown" / "notebook.md", "notebook.md", Settings())
    assert paper.text.count("[image]") == 1
    assert len(paper.text) < 800  # one chunk


def said(file: Path) -> str:
    """The words of a PDF, a blank between two."""
    return " ".join(read(file, file.name, Settings()).text.split())


def test_letters_untold(cases: Path) -> None:
    folder = cases / "letters-untold"
    assert said(folder / "control-told.pdf").startswith("The orchard keeper counted eleven pears")
    with pytest.raises(Unreadable, match="its only page is unreadable; add it with OCR"):
        said(folder / "letters-untold.pdf")


def test_detached_accents(cases: Path) -> None:
    text = said(cases / "detached-accents" / "detached-accents.pdf")
    assert "The naïve approach of Jürgen Möller was tested in São José. François" in text
    assert "François and Gödel wrote it; Erdös read it." in text


def test_arabic_lam_alef(cases: Path) -> None:
    for name in ("arabic-lam-alef.pdf", "arabic-presentation-forms.pdf"):
        assert said(cases / "arabic-lam-alef" / name) == "الأمثال خلال الكلام سلام خلال"


def test_fake_bold(cases: Path) -> None:
    assert said(cases / "fake-bold" / "fake-bold.pdf") == (
        "CLOCKMAKERS GUILD OF STRELSAU LTD. Share code: 300218 "
        "The guild mended forty clocks this year."
    )


def test_double_layer(cases: Path) -> None:
    assert len(said(cases / "double-layer" / "double-layer.pdf")) == 73


def test_superscript(cases: Path) -> None:
    assert said(cases / "superscript" / "superscript.pdf") == "It has 10⁶ parts and weighs 3 kg."


def test_columns_by_row(cases: Path) -> None:
    folder = cases / "columns-by-row"
    read_rightly = said(folder / "control-columns-in-order.pdf")
    assert read_rightly.startswith("The first column tells how the spring drives the wheel, and")
    assert said(folder / "columns-by-row.pdf") == read_rightly


def test_letter_spaced(cases: Path) -> None:
    text = said(cases / "letter-spaced" / "letter-spaced.pdf")
    assert "ABSTRACT" in text
    assert "Sehr wichtig" in text


def test_spaces_and_soft_hyphens(cases: Path) -> None:
    text = said(cases / "spaces-hyphens" / "soft-hyphen.pdf")
    assert "microscope" in text
    assert "50 kg" in text


def test_word_over_pages(cases: Path) -> None:
    def text(name: str) -> str:
        path = cases / "word-over-pages" / f"{name}.pdf"
        return read(path, path.name, Settings()).text

    clock = "The regulator was adjusted to the international hour, and the tower clock followed."
    for name in ("word-over-pages", "control-word-over-lines"):
        assert text(name) == clock
    assert text("word-over-pages-with-footer") == f"Journal of Clocks 12\n\n{clock}"
    assert text("hyphen-then-pagenumber") == f"17\n\n{clock}"
    assert text("hyphen-then-footnote") == (
        "The pendulum of this regulator was analysed twice, and the result was the same.\n\n"
        "1 Adopted from a talk given in Strelsau."
    )
    assert text("hyphen-then-stamp") == (
        "They flew from the airport of Zenda-Hentzau after dark.\n\n"
        "printed by night clerk on WEEKDAY"
    )
