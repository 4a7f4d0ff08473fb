"""What a PDF file holds, and how one of its pages looks; runs as a process of its own.

    python reader.py pdfium FILE MEGABYTES SECONDS     a Document as JSON on stdout
    python reader.py pypdf FILE MEGABYTES SECONDS      the same, by the second reader
    python reader.py docx FILE MEGABYTES SECONDS       the same of another kind of DOCUMENTS
    python reader.py ocr FILE MEGABYTES SECONDS THREADS PAGE ...
                                    an OCRPage as JSON on a line for each page
    python reader.py draw FILE MEGABYTES SECONDS PAGE SCALE [START-END|LEFT,BOTTOM,RIGHT,TOP ...]
                                    a Drawn as JSON on a line, and behind it one PNG or two

Odd PDFs loop, eat memory and crash their reader, so this file is run where it can be killed, and
by its path: as a module it would import the core first, and starting must cost almost nothing.
It knows PDFium and pypdf; core.documents knows the other kinds. Mending the text, choosing a title
and wording the errors happen outside, in safe Python.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from ctypes import byref, c_int
from itertools import islice
from pathlib import Path
from typing import Any, NotRequired, TypedDict

# Exit codes with a meaning; any other than 0 says that the file could not be read.
NEEDS_PASSWORD = 3
OUT_OF_MEMORY = 4

# A page with fewer letters and digits than this is looked at more closely: are they all there is,
# or a page number on a picture?
SPARSE = 30
DOCUMENTS = ("docx", "pptx", "html", "epub")
PROPERTIES = ("Title", "Author", "CreationDate")
# A page may claim to be as large as a house.
LONGEST_SIDE = 4_000  # pixels


Line = tuple[int, float, float, float, float, float]


class Page(TypedDict):
    """One page as it was read, unmended.

    `skips` are pairs (index in text, index of that character on the page as PDFium counts);
    between two pairs both advance together, and before the first they are equal.
    `holds`: text, image (in portrait), slide (an image in landscape), drawing, empty, or lost
    (there is something that could not be read). Only "text" pages hold words worth searching.
    `lines` say where each line of the text lies that has something visible on it, in the text's
    order: (start in text, left, bottom, right, top, type size), in points; the size is 0 where the
    line is turned. Bottom and top are the type's own, whatever letters there are. None where the
    reader knows no places. `numbered`: its fonts are pictures that name no letters, and TeX's
    numbers said which they are; left out where that is not so.
    """

    text: str
    skips: list[tuple[int, int]]
    holds: str
    lines: list[Line]
    numbered: NotRequired[bool]


LOST = Page(text="", skips=[], holds="lost", lines=[])


class Document(TypedDict):
    """A whole file. `title`, `author` and `made` (a date as PDF writes it, "D:20230719…") are its
    properties as they are, empty if it has none."""

    title: str
    author: str
    made: str
    pages: list[Page]


class Marked(TypedDict):
    """A span that was to be marked: the text that lies there, and in how many boxes it was."""

    text: str
    boxes: int


class Drawn(TypedDict):
    """A page: what was marked, and how many bytes its PNG has. Where anything is marked, another
    PNG stands behind that one: the band of the page, in full width, around all marks."""

    marked: list[Marked]
    page: int


def main(arguments: list[str]) -> None:
    how, file, megabytes, seconds, *more = arguments
    limit(int(megabytes), int(seconds))
    try:
        for output in outputs(how, file, more):
            sys.stdout.buffer.write(output)
            sys.stdout.buffer.flush()
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except Exception as error:
        if needs_password(error):
            sys.exit(NEEDS_PASSWORD)
        if "bad_alloc" in str(error):  # as onnxruntime says it
            sys.exit(OUT_OF_MEMORY)
        raise


def outputs(how: str, file: str, more: list[str]) -> Iterator[bytes]:
    """What is to be written, piece by piece. Each reader is imported where it alone is wanted."""
    if how == "pdfium":
        yield as_json(by_pdfium(file))
    elif how == "pypdf":
        yield as_json(by_pypdf(file))
    elif how in DOCUMENTS:
        yield as_json(by_converter(how, file))
    else:
        from pypdfium2 import PdfDocument

        with PdfDocument(file) as pdf:
            if how == "ocr":
                yield from recognized(pdf, more)
            else:
                page, scale, *spans = more
                yield draw(pdf[int(page) - 1], float(scale), spans)


def limit(megabytes: int, seconds: int) -> None:
    """Let this process have no more memory (address space) and processor time than that.

    Windows has no such limits, and macOS none on memory; the parent's clock remains. The limit
    on processor time ends a child whose parent has died.
    """
    try:
        import resource
    except ImportError:
        return
    wanted = {resource.RLIMIT_CPU: seconds + 1, resource.RLIMIT_CORE: 0}
    if sys.platform != "darwin":
        wanted[resource.RLIMIT_AS] = megabytes * 1_000_000
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (soft, hard))


def needs_password(error: Exception) -> bool:
    """Whether a reader's error means that the empty password does not open the file."""
    name, code = type(error).__name__, getattr(error, "err_code", None)
    return name in ("WrongPasswordError", "FileNotDecryptedError") or (
        name in ("NotOpenedError", "PdfiumError") and code == 4  # FPDF_ERR_PASSWORD
    )


def by_pdfium(file: str) -> Document:
    """The first reader: fast, and its characters have places on the page."""
    from core.pdf import opened

    with opened.opened(file) as pdf:
        title, author, made = (opened.value(pdf, name) for name in PROPERTIES)
        document = Document(title=title, author=author, made=made, pages=[])
        for page in opened.pages(pdf):
            document["pages"].append(read_page(*page) if page else LOST)
    words_on_pictures(document["pages"])
    return document


def read_page(page: Any, textpage: Any) -> Page:
    from core.pdf import text_of

    found = text_of(textpage)
    if found is None:
        return LOST
    text, skips, lines, numbered = found
    read = Page(text=text, skips=skips, holds=page_holds(page, text), lines=lines)
    if numbered:
        read["numbered"] = True
    return read


def words_on_pictures(pages: list[Page]) -> None:
    """Let the few words on a picture count as text, unless they are only a page number, or stand
    on another picture too, as a watermark does."""
    pictures = [page for page in pages if page["holds"] in ("image", "slide")]
    words = ["".join(filter(str.isalpha, page["text"])) for page in pictures]
    times = Counter(words)
    for page, word in zip(pictures, words, strict=True):
        if word and times[word] == 1:
            page["holds"] = "text"


def page_holds(page: Any, text: str) -> str:
    """What a page holds (see Page). Looks at its objects only if there is little text."""
    letters = len(list(islice(filter(str.isalnum, text), SPARSE)))
    if letters == SPARSE:
        return "text"
    import pypdfium2_raw as raw

    from core.pdf import opened

    width, height = opened.size(page)
    covered = texts = others = 0.0
    for kind, (left, bottom, right, top) in opened.things(page):
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            across, up = min(right, width) - max(left, 0), min(top, height) - max(bottom, 0)
            covered += max(0, across) * max(0, up)
        elif kind == raw.FPDF_PAGEOBJ_TEXT:
            texts += 1
        elif kind != raw.FPDF_PAGEOBJ_FORM:
            others += 1
    if covered >= width * height / 2:
        return "slide" if width > height else "image"
    if texts > 2 * letters:
        return "lost"
    if letters:
        return "text"
    return "drawing" if others or covered else "empty"


def by_pypdf(file: str) -> Document:
    """The second reader: slow, but it repairs more. It knows no places and no type sizes."""
    from pypdf import PdfReader

    from core.pdf import readable

    with PdfReader(file) as pdf:
        said = pdf.metadata or {}
        title, author, made = (str(said.get(f"/{name}") or "") for name in PROPERTIES)
        document = Document(title=title, author=author, made=made, pages=[])
        for page in pdf.pages:
            text = page.extract_text()
            if any(map(str.isalnum, text)) and readable(text):
                document["pages"].append(Page(text=text, skips=[], holds="text", lines=[]))
            else:
                document["pages"].append(LOST)
    return document


def recognized(pdf: Any, more: list[str]) -> Iterator[bytes]:
    """A line for each page, as soon as it is read."""
    from core.ocr import read_images

    threads, *pages = map(int, more)
    for page in read_images(pdf, threads, pages):
        yield as_json(page) + b"\n"


def by_converter(kind: str, file: str) -> Document:
    """What is no PDF: its text is Markdown, a slide a page."""
    from core.documents import convert

    found = convert(kind, Path(file))
    pages = [
        Page(
            text=text, skips=[], lines=[], holds="text" if any(map(str.isalnum, text)) else "empty"
        )
        for text in found.pages
    ]
    return Document(title=found.title, author=found.author, made=found.made, pages=pages)


def as_json(found: object) -> bytes:
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def draw(page: Any, scale: float, spans: list[str]) -> bytes:
    """A page as PNG, `scale` pixels a point, with the characters START-END (as PDFium counts
    them, half open), or boxes in points, marked in yellow; before it and behind it what Drawn
    says."""
    from pypdfium2 import raw

    width, height = page.get_size()
    bitmap = page.render(
        scale=min(scale, LONGEST_SIDE / max(width, height, 1)),
        rev_byteorder=True,
        force_bitmap_format=raw.FPDFBitmap_BGR,
    )
    row = bitmap.stride
    pixels = bytearray(bitmap.buffer)
    textpage = page.get_textpage()
    done, lines = [], set()
    for span in spans:
        text, rects = "", []
        if "," in span:
            left, bottom, right, top = map(float, span.split(","))
            rects = [(left, bottom, right, top)]
        else:
            text, rects = characters(textpage, *map(int, span.split("-")))
        marked = Marked(text=text, boxes=0)
        for rect in rects:
            box = on_bitmap(page, bitmap, rect)
            if mark(pixels, row, bitmap.width, bitmap.height, box):
                marked["boxes"] += 1
                lines |= {box[1], box[3]}
        done.append(marked)

    def image(top: int, bottom: int) -> bytes:
        rows = (pixels[y * row : y * row + 3 * bitmap.width] for y in range(top, bottom))
        return png(bitmap.width, bottom - top, b"\0" + b"\0".join(rows))

    whole = image(0, bitmap.height)
    band = b""
    if lines:
        around = round(AROUND * bitmap.height)
        band = image(max(0, min(lines) - around), min(bitmap.height, max(lines) + around))
    return json.dumps(Drawn(marked=done, page=len(whole))).encode() + b"\n" + whole + band


def characters(textpage: Any, start: int, end: int) -> tuple[str, list[Any]]:
    """What some characters of a page are, and the rectangles that they fill."""
    count = min(end, textpage.count_chars()) - start
    if count <= 0:
        return "", []
    rects = [textpage.get_rect(index) for index in range(textpage.count_rects(start, count))]
    return textpage.get_text_range(start, count, errors="surrogatepass"), rects


def on_bitmap(
    page: Any, bitmap: Any, rect: tuple[float, float, float, float]
) -> tuple[int, int, int, int]:
    """A rectangle of the page (left, bottom, right, top in points) in pixels: left, top, right,
    bottom, whichever way the page is turned."""
    from pypdfium2.raw import FPDF_PageToDevice

    across, down = c_int(), c_int()
    corners = []
    for x, y in (rect[:2], rect[2:]):
        FPDF_PageToDevice(
            page, 0, 0, bitmap.width, bitmap.height, 0, x, y, byref(across), byref(down)
        )
        corners.append((across.value, down.value))
    (x1, y1), (x2, y2) = corners
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


AROUND = 0.05  # of the page's height, above and below what is marked

# Each colour is brought down to the marker's, never up: ink stays dark, and marking the same
# place twice changes nothing.
MARKER = tuple(bytes(min(value, most) for value in range(256)) for most in (255, 236, 96))


def mark(
    pixels: bytearray, row: int, width: int, height: int, box: tuple[int, int, int, int]
) -> bool:
    """Colour a box of an RGB bitmap, with a pixel around it, as a felt pen would.

    False, and nothing is coloured, if the box lies beside the page.
    """
    left, top, right, bottom = box
    left, top = max(0, left - 1), max(0, top - 1)
    right, bottom = min(width, right + 2), min(height, bottom + 2)
    if left >= right or top >= bottom:
        return False
    for y in range(top, bottom):
        for colour, darker in enumerate(MARKER):
            line = slice(y * row + 3 * left + colour, y * row + 3 * right, 3)
            pixels[line] = pixels[line].translate(darker)
    return True


def png(width: int, height: int, rows: bytes) -> bytes:
    """8-bit RGB as PNG; each row starts with its filter byte, 0 (RFC 2083)."""
    import struct
    from zlib import compress, crc32

    def part(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = part(b"IHDR", header), part(b"IDAT", compress(rows, 3)), part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


if __name__ == "__main__":
    # Behind all libraries, so that nothing of ours can stand in for one of theirs.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    main(sys.argv[1:])
