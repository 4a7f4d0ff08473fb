"""Pages of known text set by hand, as TeX, office programs and OCR write them."""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from benchmarks import _known_texts as texts
from benchmarks._known_texts import Known
from benchmarks._typesetting import (
    ITALIC,
    MINCHO,
    OFFICE,
    OT1,
    ROMAN,
    SANS,
    SONG,
    TEX,
    Line,
    Manner,
    Sheet,
    glyphs,
    pdf,
    set_paragraph,
)

LEADING = 1.25
LEFT, WIDE, TOP = 50, 320, 540  # points, on a page of 420 x 595
GUTTER = 20


def column(paragraphs: Iterable[str], x: float, wide: float, top: float = TOP, size: float = 10,
           face: str = ROMAN, manner: Manner = TEX) -> list[Line]:  # fmt: skip
    lines: list[Line] = []
    for number, paragraph in enumerate(paragraphs):
        lines += set_paragraph(paragraph, x, wide, size, face, manner, indent=12 if number else 0)
    return [replace(line, y=top - at * size * LEADING) for at, line in enumerate(lines)]


def plain(name: str, paragraphs: list[str], manner: Manner = TEX, face: str = ROMAN) -> Known:
    sheet = Sheet(manner)
    sheet.page()
    sheet.add(column(paragraphs, LEFT, WIDE, face=face, manner=manner))
    return Known(name, pdf(sheet), ("\n".join(paragraphs),))


def one_column() -> Known:
    return plain("one column, as TeX sets it", texts.english(0, 3))


def narrow() -> Known:
    """So narrow that every other line breaks a word."""
    sheet = Sheet()
    sheet.page()
    paragraphs = texts.GERMAN.splitlines()
    lines = column(paragraphs, LEFT, 150)
    sheet.add(line for line in lines if line.y > 50)
    rest = [line for line in lines if line.y <= 50]
    sheet.add(replace(line, x=line.x + 170, y=line.y + TOP - rest[0].y) for line in rest)
    return Known("German hyphenated, narrow columns", pdf(sheet), ("\n".join(paragraphs),))


def accents_ot1() -> Known:
    return plain("accents beside their letters (OT1)", texts.ACCENTS_WESTERN.splitlines(), OT1)


def accents_t1() -> Known:
    return plain("accents in one glyph (T1)", texts.ACCENTS_EASTERN.splitlines())


def columns_by_row() -> Known:
    """Both columns go on in the midst of a sentence; a tab-setting program draws row by row."""
    sheet = Sheet(replace(OFFICE, by_row=True))
    sheet.page()
    paragraphs = texts.english(3, 6)
    lines = column(paragraphs, LEFT, (WIDE - GUTTER) / 2, size=9, face=SANS, manner=OFFICE)
    half = (len(lines) + 1) // 2
    for at, line in enumerate(lines):
        x = line.x + (WIDE + GUTTER) / 2 * (at >= half)
        sheet.add([replace(line, x=x, y=TOP - at % half * 9 * LEADING)])
    return Known("two columns drawn row by row", pdf(sheet), ("\n".join(paragraphs),))


def broken_over_pages() -> Known:
    """Each page ends in the midst of a word, and below it stand the journal's name and a number."""
    sheet = Sheet(OFFICE)
    paragraphs = texts.english(14, 30)
    lines = column(paragraphs, LEFT, WIDE, manner=OFFICE)
    margins: list[str] = []
    while lines:
        hyphens = [at for at, line in enumerate(lines[:36], 1) if line.text.endswith("-")]
        count = hyphens[-1] if len(lines) > 36 and hyphens else 36
        sheet.page()
        sheet.add(replace(line, y=line.y + TOP - lines[0].y) for line in lines[:count])
        foot = ("Journal of Tides 12 (1911)", str(116 + len(sheet.pages)))
        sheet.add([Line(text=foot[0], x=LEFT, y=50, size=8, face=ITALIC)])
        sheet.add([Line(text=foot[1], x=LEFT + WIDE - 16, y=50, size=8)])
        margins += foot
        lines = lines[count:]
    name = f"words broken over {len(sheet.pages)} pages"
    return Known(name, pdf(sheet), ("\n".join(paragraphs), *margins))


def office() -> Known:
    """A heading made bold by drawing it four times, one set wide, and text by an office program."""
    sheet = Sheet(OFFICE)
    sheet.page()
    title = "Rules for keepers of the clock"
    for shift in (0, 0.24, 0.48, 0.72):
        sheet.add([Line(text=title, x=LEFT + shift, y=TOP, size=16, face=SANS)])
    sheet.add([Line(text="SUMMARY", x=LEFT, y=TOP - 30, size=11, face=SANS, apart=2.5)])
    paragraphs = texts.english(6, 8)
    sheet.add(column(paragraphs, LEFT, WIDE, TOP - 50, face=SANS, manner=OFFICE))
    said = "\n".join([title, "SUMMARY", *paragraphs])
    return Known("drawn four times for bold, wide letters", pdf(sheet), (said,))


def layer(lines: Iterable[Line]) -> Iterator[Line]:
    """The same words unseen, each by itself, as an OCR program lays them over a page."""
    for line in lines:
        words = re.finditer(r"\S+", line.text)
        places = list(glyphs(replace(line, text=f"{line.text} "), OFFICE))
        for word in words:
            yield replace(
                line, text=word[0], x=places[word.start()].x + 0.3, y=line.y + 0.2, hidden=True
            )


def double_layer() -> Known:
    sheet = Sheet(OFFICE)
    sheet.page()
    paragraphs = texts.english(8, 10)
    lines = column(paragraphs, LEFT, WIDE, manner=OFFICE)
    sheet.add([*lines, *layer(lines)])
    return Known("a layer of the same words", pdf(sheet), ("\n".join(paragraphs),))


def searchable_scan() -> Known:
    known = plain("", paragraphs := texts.english(10, 12), OFFICE)
    sheet = Sheet(OFFICE)
    sheet.page()
    sheet.pictures = [photographed(known.pdf, 100)]
    sheet.add(layer(column(paragraphs, LEFT, WIDE, manner=OFFICE)))
    return Known("a scan with words laid over it", pdf(sheet), known.flows)


def chinese() -> Known:
    return plain("Chinese", texts.CHINESE.splitlines(), face=SONG)


def japanese() -> Known:
    return plain("Japanese, an old CMap", texts.JAPANESE.splitlines(), face=MINCHO)


BY_HAND: tuple[Callable[[], Known], ...] = (
    one_column,
    narrow,
    accents_ot1,
    accents_t1,
    columns_by_row,
    broken_over_pages,
    office,
    double_layer,
    searchable_scan,
    chinese,
    japanese,
)


def photographed(file: bytes, dpi: int) -> bytes:
    """The first page as a scanner would give it: grey, a little turned, soft and noisy; JPEG."""
    import numpy as np
    from PIL import Image, ImageFilter
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        image = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
    image = image.rotate(0.4, Image.Resampling.BICUBIC, fillcolor=255)
    image = image.filter(ImageFilter.GaussianBlur(dpi / 400))
    noise = np.random.default_rng(dpi).normal(0, 9, (image.height, image.width))
    grey = np.clip(np.asarray(image) * 0.9 + 12 + noise, 0, 255).astype("uint8")
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "JPEG", quality=80)
    return out.getvalue()


def scan(known: Known, dpi: int) -> Known:
    """The document's first page as a picture."""
    from pypdfium2 import PdfDocument

    with PdfDocument(known.pdf) as document:
        across, down = map(round, document[0].get_size())
    sheet = Sheet(size=(across, down))
    sheet.page()
    sheet.pictures = [photographed(known.pdf, dpi)]
    return Known(f"{known.name}, scanned at {dpi} dpi", pdf(sheet), known.flows, dpi)
