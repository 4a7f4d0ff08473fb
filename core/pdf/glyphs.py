"""The characters of a page as PDFium has them, each with its place, and the lines they make."""

from collections.abc import Sequence
from ctypes import CFUNCTYPE, byref, c_double, c_int, c_void_p, cast
from functools import cache
from math import hypot
from typing import Any

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points
NOWHERE = (0.0, 0.0, 0.0, 0.0)

# What PDFium writes for a hyphen at the end of a line, whose line break it leaves out.
HYPHENS = "\ufffe\x02"
LINE_ENDS = f"\r\n{HYPHENS}"


class Line:
    """A line of a page with its line end. `places[i]` is where PDFium has `text[i]`; of a
    character that it does not have, where its neighbour is.

    `bottom` and `top` are the type's own, whatever letters there are; `size` is 0 where the line
    is turned. `uneven`: something on it is raised or lowered, perhaps; `doubled`: drawn over
    itself, perhaps; `gap`: wider than a blank between two words.
    """

    __slots__ = (
        "bottom",
        "doubled",
        "gap",
        "left",
        "places",
        "right",
        "size",
        "text",
        "top",
        "uneven",
    )

    def __init__(self, text: str, places: Sequence[int], box: Box = NOWHERE, size: float = 0.0):
        self.text = text
        self.places = places
        self.left, self.bottom, self.right, self.top = box
        self.size = size
        self.uneven = self.doubled = self.gap = False

    @property
    def box(self) -> Box:
        return self.left, self.bottom, self.right, self.top

    def replace(self, start: int, end: int, text: str, places: Sequence[int]) -> None:
        """Let other characters stand at `text[start:end]`."""
        self.text = f"{self.text[:start]}{text}{self.text[end:]}"
        self.places = [*self.places[:start], *places, *self.places[end:]]


class Glyphs:
    """What PDFium says of one character at a time. Asking costs more than reading it."""

    def __init__(self, textpage: Any) -> None:
        import pypdfium2_raw as raw

        self._raw = raw
        self._textpage = textpage
        self._page = cast(textpage, c_void_p)
        # Filled anew by each call.
        self._rect, self._matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self._numbers = left, top, right, bottom = tuple(c_double() for _ in range(4))
        self._to_rect, self._to_matrix = byref(self._rect), byref(self._matrix)
        self._to_numbers = byref(left), byref(top), byref(right), byref(bottom)
        self._get_box = _bare("FPDFText_GetLooseCharBox")
        self._get_matrix = _bare("FPDFText_GetMatrix")
        self._get_size = _bare("FPDFText_GetFontSize", c_double)
        self._get_origin = _bare("FPDFText_GetCharOrigin")
        self._get_piece = _bare("FPDFText_GetRect")
        self._count = _bare("FPDFText_CountRects")

    def box(self, place: int) -> Box:
        """The space that a character takes in its line, as high as its type."""
        box = self._rect
        self._get_box(self._page, place, self._to_rect)
        return box.left, box.bottom, box.right, box.top

    def ink(self, place: int) -> Box:
        """The space that a character fills."""
        left, top, right, bottom = self._numbers
        to_left, to_top, to_right, to_bottom = self._to_numbers
        asked = self._raw.FPDFText_GetCharBox
        asked(self._textpage, place, to_left, to_right, to_bottom, to_top)
        return left.value, bottom.value, right.value, top.value

    def origin(self, place: int) -> tuple[float, float]:
        """Where the pen was set down: its second number is the base line."""
        x, y, _, _ = self._numbers
        to_x, to_y, _, _ = self._to_numbers
        self._get_origin(self._page, place, to_x, to_y)
        return x.value, y.value

    def size(self, place: int) -> float:
        """Height of the type a character is set in; 0 where it is turned."""
        matrix = self._matrix
        if not self._get_matrix(self._page, place, self._to_matrix):
            return 0.0
        if abs(matrix.b) > abs(matrix.a) / 100:
            return 0.0
        size: float = self._get_size(self._page, place)
        return round(size * hypot(matrix.c, matrix.d), 1)

    def pieces(self, first: int, last: int) -> list[Box]:
        """The boxes of the ink of each piece in which the characters were drawn."""
        left, top, right, bottom = self._numbers
        to_left, to_top, to_right, to_bottom = self._to_numbers
        boxes = []
        for index in range(self._count(self._page, first, last + 1 - first)):
            self._get_piece(self._page, index, to_left, to_top, to_right, to_bottom)
            boxes.append((left.value, bottom.value, right.value, top.value))
        return boxes

    def invisible(self, place: int) -> bool:
        """Whether a character is drawn without ink, as OCR lays words over a picture."""
        drawn = self._raw.FPDFText_GetTextObject(self._textpage, place)
        return bool(drawn) and (
            self._raw.FPDFTextObj_GetTextRenderMode(drawn)
            == self._raw.FPDF_TEXTRENDERMODE_INVISIBLE
        )

    def generated(self, place: int) -> bool:
        """Whether it is a blank that PDFium put in."""
        return bool(self._raw.FPDFText_IsGenerated(self._textpage, place) == 1)

    def untold(self, places: Sequence[int]) -> list[bool]:
        """Which characters are of a font that does not tell what its letters are."""
        asked = _bare("FPDFText_HasUnicodeMapError")
        return [asked(self._page, place) == 1 for place in places]


@cache
def _bare(name: str, result: Any = c_int) -> Any:
    """A function of PDFium that does not check what it is given, and takes a third of the time."""
    import pypdfium2_raw as raw

    bare: Any = CFUNCTYPE(result)(cast(getattr(raw, name), c_void_p).value or 0)
    bare.argtypes = None
    return bare


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all."""
    if len(boxes) == 1:
        return boxes[0]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def shared(one: Box, other: Box) -> float:
    """How much of the smaller box lies in the other one, from 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / smaller if width > 0 and height > 0 and smaller > 0 else 0.0
