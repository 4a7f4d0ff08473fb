"""Pages without text, read from their images. The models read one file, once for all tests."""

import time
from pathlib import Path
from threading import Event, Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unreadable
from core.ocr import OCRLine, OCRPage
from core.papers import page_images, reading
from core.papers.ocr import OCR, NeedsOCR, boxes_of, ocr_takes
from core.papers.recognized import in_order, levelled, page_of, rows
from core.settings import Settings
from core.types import Paper
from tests.support import pdfs, scans
from tests.support.scans import line

SETTINGS = Settings()
ENGLISH = (
    "The keeper of the light wrote down each",
    "evening what the sea had done that day:",
    "41 ships, 7.3 % of them without a mast.",
)
GERMAN = ("Der Wärter zählte die Schiffe; größer", "war nur die Zahl der Möwen über ihm.")
LETTERED, TURNED, FOREIGN, EMPTY = 2, 3, 4, 5


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pages: one that has its text, two scans (the second upside down), signs that no
    alphabet has, and nothing."""
    images = scans.scanned(
        pdfs.pdf(scans.page(*ENGLISH), scans.page(*GERMAN), scans.strokes(), "", size=scans.A5),
        turns=(0, 2, 0, 0),
    )
    text = pdfs.pdf(scans.page("This page has a text layer of its own."), size=scans.A5)
    path = tmp_path_factory.mktemp("scans") / "mixed.pdf"
    path.write_bytes(pdfs.joined(text, images))
    return path


@pytest.fixture(scope="module")
def paper(scan: Path) -> Paper:
    return reading.read_with_facts(scan, scan.name, SETTINGS, OCR(SETTINGS, Event()))[0]


def words_on(paper: Paper, page: int) -> list[str]:
    return paper.text[slice(*paper.page_span(page))].split()


def test_scans_say_what_was_printed_on_them(paper: Paper) -> None:
    assert words_on(paper, LETTERED) == " ".join(ENGLISH).split()
    assert words_on(paper, TURNED) == " ".join(GERMAN).split()


def test_the_paper_says_which_pages_were_read_by_ocr_and_which_are_blank(paper: Paper) -> None:
    assert paper.ocr_pages == (LETTERED, TURNED, FOREIGN, EMPTY)
    assert paper.blank_pages == (FOREIGN, EMPTY)
    start = paper.text.index("keeper")
    assert paper.is_ocr(start, start + 6)
    assert not paper.is_ocr(0, 4)


def test_each_word_has_its_place_on_the_page(paper: Paper) -> None:
    places = {paper.text[start:].split()[0]: box for start, *box in paper.word_boxes}
    left, bottom, right, top = places["keeper"]
    assert 50 < left < right < 110
    assert 530 < bottom < top < 560  # its line begins 540 points above the foot
    assert places["evening"][1] < places["keeper"][1]
    assert places["Wärter"][0] > places["zählte"][0]  # upside down


def test_a_passage_is_marked_on_the_image_of_a_scan(paper: Paper, scan: Path) -> None:
    for quote, page in (("each evening what", LETTERED), ("Zahl der Möwen", TURNED), ("layer", 1)):
        start = paper.text.index(quote)
        spans = [(start, start + len(quote))]
        drawn = page_images.page_image(scan, page, spans, paper, 1.0, SETTINGS)
        assert not drawn.unmarked
        assert drawn.band


def test_only_the_words_of_a_passage_are_marked(paper: Paper) -> None:
    start = paper.text.index("eeper of")
    assert len(boxes_of(paper, LETTERED, start, start + 8)) == 2
    assert len(boxes_of(paper, LETTERED, start, start + 5)) == 1
    assert boxes_of(paper, TURNED, start, start + 5) == []


def test_without_ocr_the_offer_says_how_many_pages_there_are(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scans.scanned(pdfs.pdf(scans.page(*ENGLISH), "", size=scans.A5)))
    with pytest.raises(NeedsOCR, match="all 2 pages are scanned images; add it with OCR") as caught:
        reading.read(path, path.name, SETTINGS)
    assert caught.value.pages == 2


def test_letters_that_ocr_does_not_know_are_no_text() -> None:
    found = page_of(OCRPage(page=1, lines=[line("φλαα τυ φρου")], legible=False))
    assert found.page["text"] == ""
    assert found.page["holds"] == "foreign"
    assert "no" in reading.REMEDIES["foreign"] and "Cyrillic" in reading.REMEDIES["foreign"]


def test_a_stop_ends_it_at_once(scan: Path) -> None:
    stop = Event()
    Timer(0.3, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Unreadable, match="was stopped"):
        OCR(SETTINGS, stop).read(scan, scan.name, [LETTERED] * 50)
    assert time.monotonic() - begun < 5


def test_an_estimate_is_in_seconds_or_minutes() -> None:
    assert ocr_takes(1) == "1 page, about 4 s"
    assert ocr_takes(14) == "14 pages, about 50 s"
    assert ocr_takes(300) == "300 pages, about 20 minutes"


# What the models found, put in order.


def text_of(*lines: OCRLine) -> list[str]:
    page = page_of(OCRPage(page=1, lines=list(lines), legible=True))
    return page.page["text"].splitlines()


PROSE = "words of a column that is wide"


def test_lines_are_read_from_the_top_and_parts_of_one_from_the_left() -> None:
    found = text_of(line("second", top=480), line("of it", left=150), line("the first"))
    assert found == ["the first of it", "second"]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [line(f"{number} {PROSE}", top=500 - 14 * number) for number in range(4)]
    right = [line(f"{number} {PROSE}", left=300, top=555 - 14 * number) for number in range(4, 8)]
    title = line("a title over both of the columns, across the gutter between them", top=530)
    found = text_of(*[each for pair in zip(left, right, strict=True) for each in pair], title)
    assert found[0].startswith("a title")
    assert [each[0] for each in found[1:]] == list("01234567")


def test_the_rows_of_a_table_stay() -> None:
    cells = [
        line(f"{row}{column}", left=50 + 100 * column, top=500 - 14 * row)
        for row in range(4)
        for column in range(3)
    ]
    assert text_of(*cells) == [f"{row}0 {row}1 {row}2" for row in range(4)]


def test_a_word_is_doubtful_for_its_least_certain_letter() -> None:
    unsure = line("some words")
    unsure["letters"][6]["confidence"] = 0.4
    page = page_of(OCRPage(page=1, lines=[unsure], legible=True))
    assert [page.page["text"][slice(*span)] for span in page.doubtful] == ["words"]


def test_each_ideograph_is_a_word_with_a_place_of_its_own() -> None:
    page = page_of(OCRPage(page=1, lines=[line("中山 two 日")], legible=True))
    assert [start for start, _ in page.words] == [0, 1, 3, 7]


def test_lines_of_one_type_have_one_size() -> None:
    sizes = [
        each["size"] for each in levelled([line("a", size=s) for s in (9.0, 10.0, 10.8, 20.0)])
    ]
    assert sizes == [10.0, 10.0, 10.0, 20.0]


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 60), st.sampled_from("ab cd efghijklmnop")),
        max_size=30,
    )
)
def test_the_order_loses_no_line(places: list[tuple[int, int, str]]) -> None:
    lines = [line(text, left=10 * x, top=12 * y) for x, y, text in places if text.strip()]
    found = [each for row in in_order(rows(lines)) for each in row]
    assert sorted(map(id, found)) == sorted(map(id, lines))
