"""The small inputs that once came out wrong, where they are at hand: a function a folder. Each has
a test with a fixture of our own besides, which says the same."""

from pathlib import Path

import pytest

from core.errors import Unreadable
from core.papers import read
from core.settings import ROOT, Settings
from core.text import decode

CASES = ROOT.parent / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="NOT RUN: no folder of cases is here")

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


def test_encodings() -> None:
    files = sorted((CASES / "encodings").glob("*_*.txt"))
    assert {file.stem for file in files} == ENCODED.keys()
    for file in files:
        assert ENCODED[file.stem] in decode(file.read_bytes()).text, file.name
    assert decode((CASES / "encodings" / "utf8_onebad.txt").read_bytes()).text.count("\ufffd") == 1


def test_base64_markdown(tmp_path: Path) -> None:
    paper = read(CASES / "base64-markdown" / "notebook.md", "notebook.md", Settings())
    assert paper.text.count("[image]") == 1
    assert len(paper.text) < 800  # one chunk


def said(file: Path) -> str:
    """The words of a PDF, a blank between two."""
    return " ".join(read(file, file.name, Settings()).text.split())


def test_letters_untold() -> None:
    folder = CASES / "letters-untold"
    assert said(folder / "control-told.pdf").startswith("The orchard keeper counted eleven pears")
    with pytest.raises(Unreadable, match="its only page is unreadable; run OCR"):
        said(folder / "letters-untold.pdf")


def test_detached_accents() -> None:
    text = said(CASES / "detached-accents" / "detached-accents.pdf")
    assert "The naïve approach of Jürgen Möller was tested in São José. François" in text
    assert "François and Gödel wrote it; Erdös read it." in text


def test_arabic_lam_alef() -> None:
    for name in ("arabic-lam-alef.pdf", "arabic-presentation-forms.pdf"):
        assert said(CASES / "arabic-lam-alef" / name) == "الأمثال خلال الكلام سلام خلال"


def test_fake_bold() -> None:
    assert said(CASES / "fake-bold" / "fake-bold.pdf") == (
        "CLOCKMAKERS GUILD OF STRELSAU LTD. Share code: 300218 "
        "The guild mended forty clocks this year."
    )


def test_double_layer() -> None:
    assert len(said(CASES / "double-layer" / "double-layer.pdf")) == 73


def test_superscript() -> None:
    assert said(CASES / "superscript" / "superscript.pdf") == "It has 10⁶ parts and weighs 3 kg."


def test_columns_by_row() -> None:
    folder = CASES / "columns-by-row"
    read_rightly = said(folder / "control-columns-in-order.pdf")
    assert read_rightly.startswith("The first column tells how the spring drives the wheel, and")
    assert said(folder / "columns-by-row.pdf") == read_rightly


def test_letter_spaced() -> None:
    text = said(CASES / "letter-spaced" / "letter-spaced.pdf")
    assert "ABSTRACT" in text
    assert "Sehr wichtig" in text


def test_spaces_and_soft_hyphens() -> None:
    text = said(CASES / "spaces-hyphens" / "soft-hyphen.pdf")
    assert "microscope" in text
    assert "50 kg" in text


def test_word_over_pages() -> None:
    def text(name: str) -> str:
        path = CASES / "word-over-pages" / f"{name}.pdf"
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
