"""What the image of a PDF's page says, letter by letter, with places and confidences.

Reads Latin and Chinese letters, as the models in rapidocr's package do; of a line in any other
script they say little or nothing. No model is ever downloaded.
"""

from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict

DPI = 300
LONGEST_SIDE = 4_000  # pixels
DETECTED_AT = 1_600  # pixels of the longer side in which lines are looked for
TYPE = 1.2  # how much higher than its type a line is found to be
TALL = 1.5  # times as high as wide: such a line is turned, and is read from its top downwards
APART = 0.6  # of a line's height: a gap so wide parts it, whether a blank was seen or not
SURE = 0.8  # confidence in a letter
# Letters that are sure, for each square of a page's lines (most have 1 to 3) and of all letters.
LEGIBLE, MOSTLY = 0.5, 0.6


class OCRLetter(TypedDict):
    """A letter of a line, no blank: where it stands in the line's text, how sure that is it (0 to
    1), and its box in the page's own points (left, bottom, right, top)."""

    at: int
    confidence: float
    box: tuple[float, float, float, float]


class OCRLine(TypedDict):
    """A line of a page or a part of one, in points of the page as it is read (up is up, whichever
    way it was scanned). `size` is that of its type, 0 where the line is turned."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    letters: list[OCRLetter]


class OCRPage(TypedDict):
    """What was found on a page, in no order; `legible` is False where there are lines in letters
    that the models do not know, or too blurred."""

    page: int
    lines: list[OCRLine]
    legible: bool


def read_images(pdf: Any, threads: int, pages: Sequence[int]) -> Iterator[OCRPage]:
    """Read pages, counted from 1, one after the other, but those that cannot be opened."""
    from pypdfium2 import PdfiumError

    engine = load(threads)
    for number in pages:
        try:
            page = pdf[number - 1]
        except PdfiumError:
            continue
        lines, legible = read_page(engine, page)
        page.close()
        yield OCRPage(page=number, lines=lines, legible=legible)


def load(threads: int) -> Any:
    """The models, from the files of the package."""
    from rapidocr import RapidOCR

    package = find_spec("rapidocr")
    assert package and package.origin
    models = Path(package.origin).parent / "models"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": LONGEST_SIDE,
            "Global.return_word_box": True,
            "Global.use_cls": False,  # it takes sound lines for such that stand on their heads
            # A path that is given is never downloaded.
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTED_AT,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read_page(engine: Any, page: Any) -> tuple[list[OCRLine], bool]:
    """The lines of a page and whether they are legible. One that was scanned sideways or upside
    down is turned."""
    import numpy as np
    from pypdfium2.raw import FPDF_DeviceToPage, FPDFBitmap_BGR

    scale = min(DPI / 72, LONGEST_SIDE / max(*page.get_size(), 1))
    image = page.render(scale=scale, force_bitmap_format=FPDFBitmap_BGR).to_numpy()
    height, width = image.shape[:2]

    def on_page(x: float, y: float) -> tuple[float, float]:
        across, down = c_double(), c_double()
        FPDF_DeviceToPage(
            page, 0, 0, width, height, 0, round(x), round(y), byref(across), byref(down)
        )
        return across.value, down.value

    found = _Found(engine, image, 0)
    if not found.legible:
        turns = (1, 3) if found.sideways else (2,)
        tried = [found, *(_Found(engine, np.rot90(image, turn), turn) for turn in turns)]
        found = max(tried, key=lambda each: each.sure)
    return list(found.lines(scale, on_page, width, height)), found.legible


class _Found:
    """What the models found in an image that was turned to the left so many times."""

    def __init__(self, engine: Any, image: Any, turn: int) -> None:
        import numpy as np

        prepared, ratios = engine.preprocess_img(np.ascontiguousarray(image))
        where, _, what, _ = engine.run_ocr_steps(prepared, ratios)
        self.turn = turn
        self.height = image.shape[0]
        self.boxes: list[Any] = []
        self.texts: list[str] = []
        self.infos: list[Any] = []
        if where.boxes is not None and what.txts is not None:
            ratio = ratios["preprocess"]
            self.boxes = list(where.boxes * [ratio["ratio_w"], ratio["ratio_h"]])
            self.texts, self.infos = list(what.txts), list(what.word_results)
        sizes = [_size(box) for box in self.boxes]
        turned = sum(wide * high for wide, high in sizes if high >= TALL * wide)
        self.sideways = 2 * turned > sum(wide * high for wide, high in sizes)
        confidences = [
            confidence
            for text, info in zip(self.texts, self.infos, strict=True)
            for letter, confidence in zip(text, info.confs, strict=False)
            if letter.isalnum()
        ]
        self.sure = sum(confidence >= SURE for confidence in confidences)
        squares = sum(max(size) / max(1, min(size)) for size in sizes)
        least = max(LEGIBLE * squares, MOSTLY * len(confidences))
        self.legible = not self.sideways and self.sure >= least

    def lines(self, scale: float, on_page: Any, width: int, height: int) -> Iterator[OCRLine]:
        """Every line that has letters; `width` and `height` are those of the page as it lies."""

        def unturned(x: float, y: float) -> tuple[float, float]:
            return ((x, y), (width - y, x), (width - x, height - y), (y, height - x))[self.turn]

        for box, text, info in zip(self.boxes, self.texts, self.infos, strict=True):
            wide, high = _size(box)
            turned = high >= TALL * wide
            # The corners clockwise, the first where the line begins, at the top of its letters.
            corners = [box[1], box[2], box[3], box[0]] if turned else list(box)
            left, right = float(box[:, 0].min()), float(box[:, 0].max())
            middle = float(box[:, 1].mean())  # a line that slopes has a box that is too high
            gap = APART * min(wide, high) / max(wide, high)
            for part in _parts(_letters(text, info), gap):
                start = part[0].at
                begin, end = (0.0, 1.0) if turned else (part[0].left, part[-1].right)
                yield OCRLine(
                    text=text[start : part[-1].at + 1],
                    left=(left + (right - left) * begin) / scale,
                    bottom=(self.height - middle - high / 2) / scale,
                    right=(left + (right - left) * end) / scale,
                    top=(self.height - middle + high / 2) / scale,
                    size=0.0 if turned else high / scale / TYPE,
                    letters=[
                        OCRLetter(
                            at=each.at - start,
                            confidence=round(each.confidence, 3),
                            box=_around([on_page(*unturned(*p)) for p in _corners(each, corners)]),
                        )
                        for each in part
                    ],
                )


def _size(box: Any) -> tuple[float, float]:
    """Width and height of a box that is given by its corners, in pixels."""
    import numpy as np

    return float(np.linalg.norm(box[0] - box[1])), float(np.linalg.norm(box[0] - box[3]))


@dataclass(slots=True)
class _Seen:
    """A letter that was seen in a line, between these shares of its length."""

    at: int
    confidence: float
    left: float
    right: float


def _letters(text: str, info: Any) -> list[_Seen]:
    """The model looks at a line in columns of equal width, and says in which one it saw a letter,
    but not how wide that is."""
    columns = [column for word in info.word_cols for column in word]
    places = [at for at, letter in enumerate(text) if not letter.isspace()]
    count = max(info.line_txt_len, 1)
    half = (columns[-1] - columns[0]) / (len(text) - 1) / 2 if len(columns) > 1 else count / 2
    seen = [
        _Seen(at, info.confs[at], (column + 0.5 - half) / count, (column + 0.5 + half) / count)
        for at, column in zip(places, columns, strict=True)
    ]
    if seen:
        seen[0].left, seen[-1].right = 0.0, 1.0
    return seen


def _parts(letters: Sequence[_Seen], gap: float) -> list[list[_Seen]]:
    """The letters of a line, cut where a gap is as wide as one between columns."""
    parts: list[list[_Seen]] = []
    for letter in letters:
        if parts and letter.left - parts[-1][-1].right < gap:
            parts[-1].append(letter)
        else:
            parts.append([letter])
    return parts


def _corners(letter: _Seen, line: Sequence[Any]) -> list[tuple[float, float]]:
    """A letter's corners clockwise from those of its line."""
    one, two, three, four = line
    return [
        tuple(start + (end - start) * share)
        for start, end, share in (
            (one, two, letter.left),
            (one, two, letter.right),
            (four, three, letter.right),
            (four, three, letter.left),
        )
    ]


def _around(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    across, down = zip(*points, strict=True)
    left, bottom, right, top = min(across), min(down), max(across), max(down)
    return round(left, 1), round(bottom, 1), round(right, 1), round(top, 1)
