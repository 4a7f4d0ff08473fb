"""A small typesetter: known text -> a PDF as other programs write it. Knows no page's content.

It sets lines by their letters' places, as TeX does (blanks are gaps, an accent may be drawn beside
its letter, "fi" is one glyph) or as an office program does. Letters have the widths of the fourteen
standard fonts, which every reader brings along; no font is embedded and none is needed.
"""

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Literal

ROMAN, ITALIC, SANS = "Times-Roman", "Times-Italic", "Helvetica"
SONG, MINCHO = "STSong", "Ryumin"  # Chinese, which tells its letters; Japanese, by a known CMap
IDEOGRAPH = "\u2e80-\u30ff\u3400-\u9fff\uff00-\uffef"

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+−ni", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢₙ", "0123456789in", strict=True))
ACCENTS = dict(
    zip("\u0300\u0301\u0302\u0303\u0308\u030a\u030b\u030c\u0327", "`´ˆ˜¨˚˝ˇ¸", strict=True)
)
TEX_LIGATURES = (("ffi", "fﬁ"), ("ffl", "fﬂ"), ("fi", "ﬁ"), ("fl", "ﬂ"))
KERNED = re.compile(r"[TVWY][a-z]|[a-z]v|r,|y\.")

# Where a word may be broken: before a consonant that a vowel follows, three letters from its ends.
SYLLABLE = re.compile(r"(?<=[^\W\d_]{3})(?=[b-df-hj-np-tv-xz][aeiouyäöü][^\W\d_]{2})")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a program writes text: with blanks or by gaps; accents in one glyph with their letters or
    beside them; a line at a time or all columns at once, row by row."""

    blanks: bool = False
    accents: Literal["whole", "beside"] = "whole"
    by_row: bool = False


TEX, OT1 = Manner(), Manner(accents="beside")
OFFICE = Manner(blanks=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyph:
    x: float
    rise: float
    size: float
    face: str
    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line and where it stands. `gap` is added to every blank, `apart` to every letter."""

    text: str
    x: float
    y: float
    size: float = 10.0
    face: str = ROMAN
    gap: float = 0.0
    apart: float = 0.0
    hidden: bool = False


@dataclass
class Sheet:
    """Pages in the making; lines are added to the last one."""

    manner: Manner = TEX
    size: tuple[int, int] = (420, 595)
    pages: list[list[Line]] = field(default_factory=list)
    codes: dict[str, dict[str, int]] = field(default_factory=dict)  # by face and letter
    pictures: list[bytes] = field(default_factory=list)  # JPEG, grey; one a page, or none at all

    def page(self) -> None:
        self.pages.append([])

    def add(self, lines: Iterable[Line]) -> None:
        self.pages[-1].extend(lines)

    def content(self, page: list[Line]) -> str:
        by_row = self.manner.by_row
        lines = sorted(page, key=lambda line: (-line.y, line.x)) if by_row else page
        return "\n".join(map(self._shown, lines))

    def _shown(self, line: Line) -> str:
        def style(glyph: Glyph) -> tuple[float, float, str]:
            return glyph.rise, glyph.size, glyph.face

        shown = "3 Tr " if line.hidden else ""
        for (rise, size, face), run in groupby(glyphs(line, self.manner), style):
            codes = self.codes.setdefault(face, {})
            parts, pen = "", -1.0
            for glyph in run:
                if pen < 0:
                    start = pen = glyph.x
                if abs(glyph.x - pen) > 0.001:
                    parts += f"{(pen - glyph.x) * 1000 / size:.1f}"
                parts += self._coded(codes, face, glyph.letter)
                pen = glyph.x + width(glyph.letter, face) * size
            shown += (
                f"/{face} {size:.2f} Tf 1 0 0 1 {start:.2f} {line.y + rise:.2f} Tm [{parts}] TJ "
            )
        return f"BT {shown.replace('><', '')}ET"

    def _coded(self, codes: dict[str, int], face: str, letter: str) -> str:
        if face == MINCHO:
            codes[letter] = ord(letter)
            return f"<{ord(letter):04x}>"
        code = codes.setdefault(letter, 32 if letter == " " else 33 + len(codes))
        return f"<{code:0{4 if face == SONG else 2}x}>"


@cache
def width(letter: str, face: str) -> float:
    """In units of the type size."""
    from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS

    if face in (SONG, MINCHO):
        return 1.0
    return CORE_FONT_METRICS[face].character_widths[letter] / 1000


@cache
def face_of(letter: str, face: str) -> str:
    """The face itself, or the one of the signs that it lacks."""
    from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS

    if face in (SONG, MINCHO):
        return face if re.match(f"[{IDEOGRAPH}]", letter) else ROMAN
    return face if letter in CORE_FONT_METRICS[face].character_widths else "Symbol"


def glyphs(line: Line, manner: Manner) -> Iterator[Glyph]:
    text = line.text
    if not manner.blanks:
        for letters, ligature in TEX_LIGATURES:
            text = text.replace(letters, ligature)
    x = line.x
    for at, letter in enumerate(text):
        rise, size, face = 0.0, line.size, line.face
        if letter in RAISED or letter in LOWERED:
            rise = size * (0.36 if letter in RAISED else -0.15)
            size, letter = size * 0.7, (RAISED | LOWERED)[letter]
        face = face_of(letter, face)
        if letter == " " and not manner.blanks:
            x += width(" ", face) * size + line.gap
            continue
        if KERNED.match(text, at - 1) and at:
            x -= 0.06 * size
        base, accent = letter, ""
        if manner.accents == "beside" and not letter.isascii():
            base, *marks = list(unicodedata.normalize("NFD", letter))
            accent = ACCENTS[marks[0]] if marks else ""
            base = "ı" if accent and base == "i" else base
        if accent:
            centred = x + (width(base, face) - width(accent, face)) * size / 2
            high = 0.2 * size if base.isupper() and accent != "¸" else rise
            yield Glyph(x=centred, rise=high, size=size, face=face, letter=accent)
        yield Glyph(x=x, rise=rise, size=size, face=face, letter=base)
        x += width(base, face) * size + line.apart + (line.gap if letter == " " else 0)


def long(text: str, size: float, face: str, manner: Manner) -> float:
    """How long a line is, in points."""
    last = list(glyphs(Line(text=f"{text}|", x=0, y=0, size=size, face=face), manner))[-1]
    return last.x


def broken(
    text: str, wide: float, size: float, face: str, manner: Manner, indent: float
) -> Iterator[str]:
    """A paragraph's lines; words are broken with a hyphen where a syllable begins."""
    if re.match(f"[{IDEOGRAPH}]", text):
        yield from re.findall(f".{{1,{int(wide / size)}}}[、，。]?", text)
        return
    full, line, wide = wide, "", wide - indent
    for word in text.split(" "):
        while word:
            ahead = f"{line} " if line else ""
            if long(ahead + word, size, face, manner) <= wide:
                line, word = ahead + word, ""
                continue
            breaks = [place.start() for place in SYLLABLE.finditer(word)]
            fitting = [
                at for at in breaks if long(f"{ahead}{word[:at]}-", size, face, manner) <= wide
            ]
            if fitting:
                yield f"{ahead}{word[: fitting[-1]]}-"
                word = word[fitting[-1] :]
            else:
                yield line
            line, wide = "", full
    yield line


def set_paragraph(
    text: str, x: float, wide: float, size: float, face: str, manner: Manner, indent: float
) -> list[Line]:
    """Justified lines, each with y = 0; the first begins `indent` farther in."""
    texts = list(broken(text, wide, size, face, manner, indent))
    lines = []
    for at, said in enumerate(texts):
        ahead = 0 if at else indent
        blanks = said.count(" ")
        left = wide - ahead - long(said, size, face, manner)
        gap = left / blanks if blanks and at < len(texts) - 1 else 0.0
        lines.append(Line(text=said, x=x + ahead, y=0, size=size, face=face, gap=gap))
    return lines


def pdf(sheet: Sheet) -> bytes:
    """The file: catalogue, pages, fonts, then each page and its content."""
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b""]

    def add(body: bytes) -> bytes:
        objects.append(body)
        return b"%d 0 R" % len(objects)

    contents = [sheet.content(page).encode() for page in sheet.pages]
    fonts = b"".join(
        b"/%s %s" % (face.encode(), add(_font(face, codes, add)))
        for face, codes in sheet.codes.items()
    )
    kids = []
    for number, content in enumerate(contents):
        extra = b""
        if sheet.pictures:
            picture = add(_picture(sheet.pictures[number]))
            extra = b"/XObject<</Scan %s>>" % picture
            content = b"q %d 0 0 %d 0 0 cm /Scan Do Q\n" % sheet.size + content
        stream = add(_stream(b"", content))
        kids.append(
            add(
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %s"
                b"/Resources<</Font<<%s>>%s>>>>" % (*sheet.size, stream, fonts, extra)
            )
        )
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return _file(objects)


def _font(face: str, codes: dict[str, int], add: Callable[[bytes], bytes]) -> bytes:
    if face in (SONG, MINCHO):
        order = b"Identity" if face == SONG else b"Japan1"
        described = add(
            b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0"
            b"/Ascent 880/Descent -120/CapHeight 880/StemV 80>>" % face.encode()
        )
        below = add(
            b"<</Type/Font/Subtype/CIDFontType%d/BaseFont/%s/DW 1000/FontDescriptor %s"
            b"/CIDSystemInfo<</Registry(Adobe)/Ordering(%s)/Supplement 2>>>>"
            % (2 if face == SONG else 0, face.encode(), described, order)
        )
        encoding = b"Identity-H" if face == SONG else b"UniJIS-UTF16-H"
        told = b"/ToUnicode %s" % add(_stream(b"", _to_unicode(codes))) if face == SONG else b""
        return b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/%s/DescendantFonts[%s]%s>>" % (
            face.encode(), encoding, below, told,
        )  # fmt: skip
    named = sorted((code, letter) for letter, code in codes.items())
    names = " ".join(f"{code}{glyph_names()[letter]}" for code, letter in named)
    widths = dict.fromkeys(range(32, max(codes.values()) + 1), 0)
    widths |= {code: round(width(letter, face) * 1000) for code, letter in named}
    return (
        f"<</Type/Font/Subtype/Type1/BaseFont/{face}/FirstChar 32/LastChar {max(widths)}"
        f"/Widths[{' '.join(map(str, widths.values()))}]/Encoding<</Differences[{names}]>>>>"
    ).encode()


@cache
def glyph_names() -> dict[str, str]:
    """By letter: the first name in letters alone that the glyph list has for it."""
    from pypdf._codecs.adobe_glyphs import adobe_glyphs

    names: dict[str, str] = {"˜": "/tilde"}
    for name, letter in adobe_glyphs.items():
        if re.fullmatch("/[A-Za-z]+", name):
            names.setdefault(letter, name)
    return names


def _to_unicode(codes: dict[str, int]) -> bytes:
    told = "\n".join(f"<{code:04x}> <{ord(letter):04x}>" for letter, code in codes.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(codes)} beginbfchar\n{told}\n"
        "endbfchar endcmap end end"
    ).encode()


def _picture(jpeg: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        across, down = image.size
    return _stream(
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/DCTDecode" % (across, down),
        jpeg,
    )


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def _file(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\n" % (len(places) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()
