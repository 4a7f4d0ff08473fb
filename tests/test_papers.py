import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import BadInput, Unreadable
from core.papers import page_images, reading
from core.papers.mending import LIGATURES, MARKED, way_back
from core.settings import Settings
from core.types import Paper, with_text_digest
from tests.support import pdfs

PROSE = Path(__file__).parent / "fixtures" / "papers" / "prose.pdf"
SETTINGS = Settings()
Reading = Callable[..., Paper]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Read bytes as if they had come in a file of that name."""

    def read(data: bytes, name: str = "some_paper.pdf", settings: Settings = SETTINGS) -> Paper:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return reading.read(path, name, settings)

    return read


def refusal(read: Reading, data: bytes, name: str = "x.pdf", settings: Settings = SETTINGS) -> str:
    """The sentence with which bytes are refused; always one, and it names the file."""
    with pytest.raises(Unreadable) as caught:
        read(data, name, settings)
    sentence = caught.value.sentence
    assert name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# What a PDF becomes


@pytest.fixture(scope="module")
def prose() -> Paper:
    return reading.read(PROSE, "prose.pdf", SETTINGS)


def test_a_pdf_becomes_a_paper(prose: Paper) -> None:
    file_id = hashlib.sha256(PROSE.read_bytes()).hexdigest()
    assert prose.file_id == file_id == reading.digest_file(PROSE)
    assert prose.id == with_text_digest(replace(prose, id=file_id)).id != file_id
    assert prose.title == "Efficient Offices and the Flow of Difficult Files"
    assert prose.kind == "pdf"
    assert prose.source == "prose.pdf"


def test_broken_words_are_joined_and_compounds_kept(prose: Paper) -> None:
    assert "with sufficient efficiency finds" in prose.text
    assert "A state-of-the-art shelf" in prose.text
    assert "reorganisation" in prose.text
    assert "disregards well-established conventions" in prose.text
    assert not any(letter in prose.text for letter in "\r\ufffe\x02\ufb01\xad")


def test_a_page_without_text_is_listed_and_keeps_its_number(prose: Paper) -> None:
    assert prose.pages == 3
    assert prose.blank_pages == (2,)
    first, empty, last = (prose.text[slice(*prose.page_span(page))] for page in (1, 2, 3))
    assert first.startswith("Efficient Offices")
    assert empty == "\n\n"
    assert last == "The last page stands behind an empty one."


def test_every_character_leads_back_to_pdfium_s(prose: Paper) -> None:
    from pypdfium2 import PdfDocument
    from pypdfium2.raw import FPDFText_GetUnicode

    with PdfDocument(PROSE) as pdf:
        for page in (1, 3):
            textpage = pdf[page - 1].get_textpage()
            start, end = prose.page_span(page)
            for offset, letter in enumerate(prose.text[start:end].rstrip("\n"), start):
                raw = chr(FPDFText_GetUnicode(textpage, way_back(prose.raw_map, offset)))
                if letter > "\uffff":  # PDFium has it as two
                    assert raw == letter.encode("utf-16-be")[:2].decode(
                        "utf-16-be", "surrogatepass"
                    )
                elif not letter.isspace():
                    assert raw == letter or (letter == "-" and raw in MARKED)
            textpage.close()
    assert "\U0001d465 ∈ \U0001d434" in prose.text


def test_ligatures_in_the_file_become_letters(read: Reading) -> None:
    content = pdfs.text("b ad", font="L") + pdfs.text("plain", top=100)
    paper = read(pdfs.pdf(content))
    assert paper.text == "fl fiffi\n\nplain"
    assert not set(LIGATURES) & set(paper.text)


def test_the_title_property_is_used_if_it_means_something(read: Reading) -> None:
    page = pdfs.text("Large Type Here", size=20, top=250) + pdfs.text(*["small type here"] * 5)
    assert read(pdfs.pdf(page, title="On (Small) Type")).title == "On (Small) Type"
    assert read(pdfs.pdf(page, title="Microsoft Word - draft.doc")).title == "Large Type Here"
    assert read(pdfs.pdf(pdfs.text("It ends here, on this line."))).title == "some paper"


def test_the_second_reader_repairs_what_the_first_cannot_open(read: Reading) -> None:
    content = pdfs.text("d", font="L") + pdfs.text("one trans-", "formation", top=100)
    broken = pdfs.pdf(content, title="Mended after all").replace(b"%PDF-1.7", b"%%%%%%%%")
    paper = read(broken)
    assert paper.text == "ffi\none transformation"
    assert paper.title == "Mended after all"
    assert paper.raw_map == ()


def test_an_empty_password_is_tried(read: Reading) -> None:
    locked = pdfs.encrypted(pdfs.pdf(pdfs.text("an open secret")), user_password="")
    assert read(locked).text == "an open secret"


def test_a_page_number_or_watermark_on_a_picture_is_no_text(read: Reading) -> None:
    on_picture = [
        pdfs.picture(pdfs.PORTRAIT) + pdfs.text(*lines)
        for lines in (("1",), ("Scanned by X", "2"), ("Scanned by X", "3"), ("A caption", "4"))
    ]
    paper = read(pdfs.pdf(*on_picture))
    assert paper.blank_pages == (1, 2, 3)
    assert "A caption" in paper.text


def test_a_page_in_letters_that_its_font_does_not_tell_is_listed(read: Reading) -> None:
    untold = pdfs.untold("The lamp keeper counted seven boats", "in the harbour on Monday.")
    paper = read(pdfs.pdf(pdfs.text("A page that is told."), untold, untold))
    assert paper.blank_pages == (2, 3)
    assert paper.text.strip() == "A page that is told."


# Why a PDF is refused


@pytest.mark.parametrize(
    ("pages", "size", "reason"),
    [
        (
            [pdfs.picture(pdfs.PORTRAIT)],
            pdfs.PORTRAIT,
            "its only page is a scanned image; add it with OCR",
        ),
        (
            [pdfs.picture(pdfs.PORTRAIT)] * 3,
            pdfs.PORTRAIT,
            "all 3 pages are scanned images; add it with OCR",
        ),
        (
            [pdfs.picture(pdfs.LANDSCAPE) + pdfs.text(str(page)) for page in range(4)],
            pdfs.LANDSCAPE,
            "all 4 pages are images of slides; export the slides with their text",
        ),
        (["", ""], pdfs.PORTRAIT, "all 2 pages are empty; there is nothing to add"),
        (
            [pdfs.untold("The lamp keeper counted seven boats", "in the harbour on Monday.")],
            pdfs.PORTRAIT,
            "its only page is unreadable; add it with OCR",
        ),
        (
            [pdfs.DRAWING],
            pdfs.PORTRAIT,
            "its only page is a drawing without letters; add it with OCR",
        ),
        (
            [pdfs.DRAWING, "", pdfs.picture(pdfs.PORTRAIT), ""],
            pdfs.PORTRAIT,
            "1 page is a scanned image, 1 page is a drawing without letters and 2 pages are empty;",
        ),
    ],
)
def test_a_pdf_without_text_is_told_by_its_pages(
    read: Reading, pages: list[str], size: tuple[int, int], reason: str
) -> None:
    assert f"No page of x.pdf holds text: {reason}" in refusal(read, pdfs.pdf(*pages, size=size))


def test_an_encrypted_pdf_asks_for_one_without_a_password(read: Reading) -> None:
    locked = pdfs.encrypted(pdfs.pdf(pdfs.text("a secret")), user_password="key")
    assert "encrypted and needs a password" in refusal(read, locked)


def test_a_pdf_that_no_reader_opens_is_damaged(read: Reading) -> None:
    assert "is damaged" in refusal(read, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")
    assert "is damaged" in refusal(read, pdfs.pdf(pdfs.text("cut off"))[:300])


def test_a_pdf_that_takes_too_long_is_given_up(read: Reading) -> None:
    endless = pdfs.pdf(pdfs.FORMS + pdfs.text("deep"))
    patient = Settings(read_seconds=1, read_mb=50_000)
    assert "takes longer than 1 s" in refusal(read, endless, settings=patient)


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux keeps this limit")
def test_a_pdf_that_takes_too_much_memory_is_given_up(read: Reading) -> None:
    endless = pdfs.pdf(pdfs.FORMS + pdfs.text("deep"))
    small = Settings(read_mb=120)
    assert "needs more than 120 MB of memory" in refusal(read, endless, settings=small)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "x.pdf", "is empty (0 bytes)"),
        (b"", "x.txt", "is empty (0 bytes)"),
        (b"\xef\xbb\xbf \n\t\n", "x.md", "it holds nothing but blanks"),
        (b"plain text, and not a PDF", "x.pdf", "is not a PDF, although its name says so"),
        (zlib.compress(bytes(9_000)) * 9, "x.md", "is not text; give it its right suffix"),
        (pdfs.pdf(pdfs.text("x")), "x.txt", "is a PDF, although its name says otherwise"),
        (b"words", "x.doc", "none of the kinds that can be read (.pdf, .txt, .md"),
        (b"words", "words", "none of the kinds that can be read"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(
    read: Reading, data: bytes, name: str, reason: str
) -> None:
    assert reason in refusal(read, data, name)


def test_a_file_that_is_too_large_is_refused_unread(read: Reading) -> None:
    reason = refusal(read, b"x" * 1_000_001, "x.txt", Settings(max_file_mb=1))
    assert "has 1.0 MB, more than the 1 allowed" in reason


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no such file"):
        reading.read(tmp_path / "nowhere.pdf", "nowhere.pdf", SETTINGS)
    with pytest.raises(Unreadable, match="it is not a file"):
        reading.read(tmp_path, "folder.pdf", SETTINGS)


# Text and Markdown


def test_a_text_file_is_one_page(read: Reading) -> None:
    paper = read("\ufeffNotes on things\r\n\r\nGrüße\x00"[:-1].encode(), "notes.TXT")
    assert paper.text == "Notes on things\n\nGrüße"
    assert paper.title == "Notes on things"
    assert (paper.kind, paper.page_starts, paper.raw_map) == ("text", (0,), ())
    assert paper.blank_pages == ()


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_other_encodings_are_read(read: Reading, encoding: str) -> None:
    assert read("naïve café".encode(encoding), "a.txt").text == "naïve café"


def test_a_name_that_is_not_unicode_can_still_be_stored(read: Reading) -> None:
    paper = read(b"It ends here, on this line.", "caf\udce9.txt")
    assert (paper.source, paper.title) == ("caf?.txt", "caf?")


@pytest.mark.parametrize("name", ["a.md", "a.markdown"])
def test_a_markdown_file_is_called_as_its_heading(read: Reading, name: str) -> None:
    paper = read(b"# The **Heading**\n\nwords\n", name)
    assert paper.title == "The Heading"
    assert paper.kind == "markdown"


# Page images


def yellow(png: bytes) -> set[tuple[int, int]]:
    """Where the marker was used: (across, down) in pixels."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(png[16:20], "big")
    rows = zlib.decompress(png[png.index(b"IDAT") + 4 : -16])
    length = 1 + 3 * width
    return {
        (at % length // 3, at // length)
        for at in range(1, len(rows), 1)
        if at % length % 3 == 1 and rows[at] > 240 and rows[at + 2] < 120
    }


def box(points: set[tuple[int, int]]) -> tuple[int, int, int, int]:
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)


def image(data: bytes, tmp_path: Path, quote: str, page: int = 1, scale: float = 1.0) -> bytes:
    return page_image(data, tmp_path, quote, page, scale).png


def page_image(
    data: bytes, tmp_path: Path, quote: str, page: int = 1, scale: float = 1.0
) -> page_images.PageImage:
    path = tmp_path / "upload"
    path.write_bytes(data)
    paper = reading.read(path, "x.pdf", SETTINGS)
    start = paper.text.index(quote) if quote else 0
    spans = [(start, start + len(quote))]
    return page_images.page_image(path, page, spans, paper, scale, SETTINGS)


def test_a_span_is_marked_where_it_stands(tmp_path: Path) -> None:
    data = pdfs.pdf(pdfs.text("first words here", "second words here", top=200))
    left, top, right, bottom = box(yellow(image(data, tmp_path, "second words")))
    # The second baseline is 188 points above the bottom of 300: 112 pixels down.
    assert 18 <= left <= 20
    assert 100 <= top <= 106
    assert 70 <= right <= 90
    assert 111 <= bottom <= 117
    twice = box(yellow(image(data, tmp_path, "second words", scale=2.0)))
    assert all(
        abs(large - 2 * small) <= 5
        for large, small in zip(twice, (left, top, right, bottom), strict=True)
    )


def test_the_band_of_the_page_around_the_mark_comes_as_well(tmp_path: Path) -> None:
    data = pdfs.pdf(pdfs.text("first words here", "second words here", top=200))
    drawn = page_image(data, tmp_path, "second words")
    left, top, right, bottom = box(yellow(drawn.png))
    band = box(yellow(drawn.band))
    assert (band[0], band[2]) == (left, right)
    # A twentieth of the page of 300 above the mark, which is drawn a pixel around its box.
    assert (band[1], band[3] - band[1]) == (14, bottom - top)
    assert int.from_bytes(drawn.band[16:20], "big") == int.from_bytes(drawn.png[16:20], "big")
    assert int.from_bytes(drawn.band[20:24], "big") == 14 + (bottom - top + 1) + 13
    assert page_image(data, tmp_path, "").band == b""


def test_a_turned_page_is_marked_where_it_stands(tmp_path: Path) -> None:
    data = pdfs.pdf(pdfs.text("first words here", top=200), rotate=90)
    left, top, right, bottom = box(yellow(image(data, tmp_path, "first words")))
    # A quarter turn to the right: what was 200 above the bottom is 200 from the left.
    assert 196 <= left <= 201
    assert 18 <= top <= 20
    assert 205 <= right <= 212
    assert 60 <= bottom <= 90


def test_only_the_part_on_the_page_is_marked(tmp_path: Path) -> None:
    data = pdfs.pdf(pdfs.text("one"), pdfs.text("two"))
    assert yellow(image(data, tmp_path, "one\n\ntwo", page=2))
    elsewhere = page_image(data, tmp_path, "one", page=2)
    assert not yellow(elsewhere.png)
    assert elsewhere.unmarked == ()  # it was never to be marked here


def test_what_goes_on_over_a_page_or_stands_in_its_margin_is_marked_on_each(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    heads = [pdfs.text("Journal of Lamps", size=8, top=285)] * 3
    bodies = ("It was adjusted to the inter-", "national hour, and the clock followed.", "The end.")
    path.write_bytes(pdfs.pdf(*[h + pdfs.text(b) for h, b in zip(heads, bodies, strict=True)]))
    paper = reading.read(path, "x.pdf", SETTINGS)
    assert "to the international hour, and" in paper.text[: paper.body_end]
    word, head = (paper.text.index(words) for words in ("international", "Journal"))
    spans = [(word, word + 13), (head, head + 7)]
    first, second = (
        page_images.page_image(path, page, spans, paper, 1.0, SETTINGS) for page in (1, 2)
    )
    assert first.unmarked == second.unmarked == ()
    assert box(yellow(first.png))[1] < 30  # the head
    assert 100 < box(yellow(second.png))[1] < 150


def test_what_lies_beside_the_page_is_not_marked(tmp_path: Path) -> None:
    beside = "BT /F 10 Tf -150 299 Td (beside the page) Tj ET\n"
    data = pdfs.pdf(beside + pdfs.text("one"))
    drawn = page_image(data, tmp_path, "beside the page")
    assert not yellow(drawn.png)
    assert drawn.unmarked == ((0, 15),)


def test_without_a_map_nothing_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(pdfs.pdf(pdfs.text("one")))
    paper = Paper(id="", title="", text="one", source="x.pdf", kind="pdf")
    drawn = page_images.page_image(path, 1, [(0, 3)], paper, 1.0, SETTINGS)
    assert not yellow(drawn.png)
    assert drawn.unmarked == ((0, 3),)


def test_a_map_that_leads_elsewhere_marks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(pdfs.pdf(pdfs.text("one two three")))
    paper = reading.read(path, "x.pdf", SETTINGS)
    off = replace(paper, raw_map=((0, 4),))  # as if another version had counted four more
    drawn = page_images.page_image(path, 1, [(0, 3), (4, 7)], off, 1.0, SETTINGS)
    assert not yellow(drawn.png)
    assert drawn.unmarked == ((0, 3), (4, 7))
    # Of two, the one that can be placed is marked.
    half = replace(paper, raw_map=((0, 0), (4, 9)))
    drawn = page_images.page_image(path, 1, [(0, 3), (4, 7)], half, 1.0, SETTINGS)
    assert drawn.unmarked == ((4, 7),)
    assert yellow(drawn.png) == yellow(
        page_images.page_image(path, 1, [(0, 3)], paper, 1.0, SETTINGS).png
    )


def test_half_a_ligature_and_a_broken_word_are_marked_whole(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(pdfs.pdf(pdfs.text("an effi-", "cient way")))
    paper = reading.read(path, "x.pdf", SETTINGS)
    start = paper.text.index("efficient")
    drawn = page_images.page_image(path, 1, [(start, start + 9)], paper, 1.0, SETTINGS)
    assert drawn.unmarked == ()
    assert page_images._same_letters("fi x", "o\ufb01 x")
    assert not page_images._same_letters("one", "two")
    assert not page_images._same_letters("one", "one and much more")


def test_what_is_read_otherwise_than_drawn_is_marked_where_it_stands(tmp_path: Path) -> None:
    rows = pdfs.pieces(
        *((20, y, "the lamp is filled") for y in (250, 238, 226)),
        *((150, y, "the bell is rung") for y in (250, 238, 226)),
    )
    by_row = "".join(sorted(rows.splitlines(keepends=True), key=lambda line: -int(line.split()[5])))
    raised = "BT /F 10 Tf 20 150 Td (in 10) Tj 6 Tf 4 Ts (6) Tj 10 Tf 0 Ts ( parts) Tj ET\n"
    accent = pdfs.pieces((20, 100, "J"), (25.1, 100, "\xa8"), (25, 100, "urgen"))
    data = pdfs.pdf(by_row + raised + accent)
    for quote, left, right in (
        ("lamp is filled", 30, 105),  # a column's lines, which are not side by side in the file
        ("bell is rung", 160, 230),
        ("in 10\u2076 parts", 18, 80),
        ("Jürgen", 18, 60),
    ):
        drawn = page_image(data, tmp_path, quote)
        assert drawn.unmarked == ()
        marked = box(yellow(drawn.png))
        assert left <= marked[0] < marked[2] <= right, quote


def test_a_giant_page_is_drawn_small(tmp_path: Path) -> None:
    png = image(pdfs.pdf(pdfs.text("one"), size=(14_000, 200)), tmp_path, "one")
    assert int.from_bytes(png[16:20], "big") == 4_000


def test_what_cannot_be_drawn_is_said(tmp_path: Path, prose: Paper) -> None:
    text = Paper(id="", title="", text="words", source="notes.txt", kind="text")
    with pytest.raises(BadInput, match="no page images"):
        page_images.page_image(PROSE, 1, [], text, 1.0, SETTINGS)
    with pytest.raises(BadInput, match="pages 1 to 3, not 4"):
        page_images.page_image(PROSE, 4, [], prose, 1.0, SETTINGS)
    broken = tmp_path / "broken"
    broken.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(Unreadable, match="cannot be drawn"):
        page_images.page_image(broken, 1, [], prose, 1.0, SETTINGS)
