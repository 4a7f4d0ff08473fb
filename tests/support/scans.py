"""Pages as a scanner gives them: images without a text, made of PDF pages."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pypdfium2 import PdfDocument

from core.ocr import OCRLetter, OCRLine, OCRPage
from core.papers import child
from tests.support import pdfs

A5 = (420, 595)


def scanned(data: bytes, dpi: int = 150, turns: tuple[int, ...] = ()) -> bytes:
    """A PDF whose pages are images of those of another one, each turned to the left as often as
    `turns` says."""
    images = []
    with PdfDocument(data) as pdf:
        for number, page in enumerate(pdf):
            pixels = page.render(scale=dpi / 72, grayscale=True).to_numpy().squeeze()
            pixels = np.rot90(pixels, turns[number] if turns else 0)
            images.append((pixels.shape[1], pixels.shape[0], pixels.tobytes()))
    return pdfs.of_images(images, dpi)


def page(*lines: str, size: int = 11, left: int = 40, top: int = 540) -> str:
    """Content of an A5 page."""
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    return f"BT /F {size} Tf {1.3 * size} TL {left} {top} Td {shown} ET\n"


def strokes(rows: int = 4, signs: int = 30) -> str:
    """Content of an A5 page: lines of signs that no alphabet has."""
    shapes = (
        "0 0 m 0 8 l 3 4 l 6 8 l 6 0 l",
        "0 8 m 0 0 l 6 0 l 6 8 l 3 8 m 3 0 l 7 -2 l",
        "0 0 m 6 8 l 3 8 m 3 0 l 0 8 m 6 0 l",
        "3 0 m 3 8 l 0 6 m 6 6 l 6 3 l 0 3 l 0 6 l",
    )
    drawn = []
    for row in range(rows):
        for sign in range(signs):
            if sign % 7 == 6:
                continue
            shape = shapes[(3 * row + sign * sign) % len(shapes)]
            drawn.append(f"q 1 0 0 1 {40 + 11 * sign} {500 - 20 * row} cm 1 w {shape} S Q")
    return "\n".join(drawn) + "\n"


def line(
    text: str, left: float = 50, top: float = 500, size: float = 10, confidence: float = 0.99
) -> OCRLine:
    step = size / 2
    letters = [
        OCRLetter(
            at=at,
            confidence=confidence,
            box=(left + at * step, top - size, left + (at + 1) * step, top),
        )
        for at, letter in enumerate(text)
        if not letter.isspace()
    ]
    return OCRLine(
        text=text,
        left=left,
        bottom=top - size,
        right=left + len(text) * step,
        top=top,
        size=size,
        letters=letters,
    )


def recognizes(
    monkeypatch: pytest.MonkeyPatch, pages: dict[int, tuple[str, ...]], doubtful: str = ""
) -> None:
    """Let OCR find these lines on pages of these numbers, without any model; none at all on a page
    means that it cannot read the letters there."""

    def lines(
        how: str, _file: Path, _settings: object, _threads: str, *wanted: str, **_: object
    ) -> Iterator[bytes]:
        assert how == "ocr"
        for number in map(int, wanted):
            found = [line(text, top=500 - 20 * at) for at, text in enumerate(pages[number])]
            for each in found:
                for letter in each["letters"] if doubtful and doubtful in each["text"] else ():
                    letter["confidence"] = 0.3
            page = OCRPage(page=number, lines=found, legible=bool(found))
            yield json.dumps(page).encode() + b"\n"

    monkeypatch.setattr(child, "lines", lines)
