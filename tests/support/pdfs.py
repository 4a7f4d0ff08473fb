"""Small PDF files of our own making, for tests: as little PDF as a reader will take."""

import io
import zlib
from collections.abc import Iterator, Sequence

PORTRAIT = (200, 300)
LANDSCAPE = (320, 180)

# One code for each ligature: a, b, c, d in the font L are U+FB01, FB02, FB00 and FB03.
TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <ff> endcodespacerange
4 beginbfchar <61> <fb01> <62> <fb02> <63> <fb00> <64> <fb03> endbfchar
endcmap end end"""

HELVETICA = b"/Type/Font/Subtype/Type1/BaseFont/Helvetica"
# The codes of the font C are the numbers of its glyphs; it tells no letters.
CID = (
    b"/Type/Font/Subtype/Type0/BaseFont/Helvetica/Encoding/Identity-H/DescendantFonts[<</Type/Font"
    b"/Subtype/CIDFontType2/BaseFont/Helvetica/DW 500/CIDSystemInfo"
    b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>]"
)
# The glyphs of the font T are pictures, all the same one, and their names say their numbers alone.
TYPE3 = (
    b"/Type/Font/Subtype/Type3/FontBBox[0 0 6 8]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 0/LastChar 255"
    b"/Resources<<>>/Widths[%s]/Encoding<</Differences[0 %s]>>/CharProcs<<%s>>"
    % (
        b"6 " * 256,
        b"".join(b"/a%d" % code for code in range(256)),
        b"".join(b"/a%d 19 0 R" % code for code in range(256) if code != ord(" ")),
    )
)
# The letters of the font A, which look like those of Helvetica from the a on.
FIRST_CODE = ord("a")
ARABIC = ["\u0644\u0627", *"\u0633\u0645\u062e\u0644\u0627 "]  # lam-alef is one glyph
ARABIC_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <ff> endcodespacerange
%d beginbfchar %s endbfchar
endcmap end end""" % (
    len(ARABIC),
    b" ".join(
        b"<%02x> <%s>" % (code, letters.encode("utf-16-be").hex().encode())
        for code, letters in enumerate(ARABIC, FIRST_CODE)
    ),
)


def text(*lines: str, size: int = 10, top: int = 160, font: str = "F") -> str:
    """Page content: lines of Latin-1 text below each other, `top` points above the bottom."""
    shown = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    return f"BT /{font} {size} Tf {size + 2} TL 20 {top} Td {shown} ET\n"


def pieces(*shown: tuple[float, float, str], size: float = 10, font: str = "F") -> str:
    """Page content: pieces of Latin-1 text, each with its place (x, y)."""
    return "".join(
        f"BT /{font} {size} Tf {x} {y} Td ({_escaped(piece)}) Tj ET\n" for x, y, piece in shown
    )


def untold(*lines: str, top: int = 160) -> str:
    """Page content: lines in a font that does not tell its letters; its glyphs are numbered as
    those of many fonts are, a space 3 and an A 36."""
    shown = " T* ".join(f"<{''.join(f'{ord(c) - 29:04x}' for c in line)}> Tj" for line in lines)
    return f"BT /C 10 Tf 12 TL 20 {top} Td {shown} ET\n"


def arabic(line: str, top: int = 160) -> str:
    """Page content: a line of the letters of ARABIC, drawn from left to right."""
    codes = (f"{code:02x}" for code, _ in _arabic_glyphs(line))
    return f"BT /A 10 Tf 20 {top} Td <{''.join(codes)}> Tj ET\n"


def arabic_spans(line: str, top: int = 160) -> str:
    """The same as browsers print it: each letter a span that says what it is."""
    shown = (
        f"/Span<</ActualText<feff{letters.encode('utf-16-be').hex()}>>>BDC <{code:02x}> Tj EMC"
        for code, letters in _arabic_glyphs(line)
    )
    return f"BT /A 10 Tf 20 {top} Td {' '.join(shown)} ET\n"


def _arabic_glyphs(line: str) -> Iterator[tuple[int, str]]:
    """Codes and letters from left to right."""
    while line:
        letters = next(letters for letters in ARABIC if line.endswith(letters))
        yield ARABIC.index(letters) + FIRST_CODE, letters
        line = line.removesuffix(letters)


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def picture(size: tuple[int, int]) -> str:
    """Page content: a grey picture over the whole page."""
    return f"q {size[0]} 0 0 {size[1]} 0 0 cm /I Do Q\n"


DRAWING = "10 10 m 100 150 l S\n"
FORMS = "/X Do\n"  # a form that calls another ten times, twelve deep


def pdf(
    *contents: str, size: tuple[int, int] = PORTRAIT, rotate: int = 0, title: str = ""
) -> bytes:
    """A file with one page for each content."""
    # Shared by all pages.
    fonts = b"/F 3 0 R/L 4 0 R/C<<%s>>/A<<%s/ToUnicode 21 0 R>>/T<<%s>>" % (CID, HELVETICA, TYPE3)
    resources = b"<</Font<<%s>>/XObject<</I 6 0 R/X 7 0 R>>>>" % fonts
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        3: b"<<%s/Encoding/WinAnsiEncoding>>" % HELVETICA,
        4: b"<<%s/ToUnicode 5 0 R>>" % HELVETICA,
        5: _stream(b"", TO_UNICODE),
        6: _stream(
            b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray"
            b"/BitsPerComponent 8",
            b"\x80",
        ),
    }
    for number in range(7, 19):
        deeper = b"<</XObject<</X %d 0 R>>>>" % (number + 1)
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 200 300]/Resources" + deeper
        objects[number] = _stream(form, FORMS.encode() * 10)
    objects[19] = _stream(b"/Type/XObject/Subtype/Form/BBox[0 0 200 300]", DRAWING.encode())
    objects[20] = b"<</Title(%s)>>" % _escaped(title).encode("latin-1")
    objects[21] = _stream(b"", ARABIC_TO_UNICODE)
    kids = []
    for number, content in enumerate(contents):
        kid = 22 + 2 * number
        kids.append(b"%d 0 R" % kid)
        box = b"/MediaBox[0 0 %d %d]/Rotate %d" % (*size, rotate)
        there = b"/Parent 2 0 R/Contents %d 0 R/Resources" % (kid + 1)
        objects[kid] = b"<</Type/Page" + box + there + resources + b">>"
        objects[kid + 1] = _stream(b"", content.encode("latin-1"))
    objects[2] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return _file(objects)


def of_images(images: Sequence[tuple[int, int, bytes]], dpi: int) -> bytes:
    """A file whose pages are grey images: width, height, and a byte a pixel, as of a scanner."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    kids = []
    for number, (width, height, pixels) in enumerate(images):
        kid = 3 + 3 * number
        kids.append(b"%d 0 R" % kid)
        across, down = (round(side * 72 / dpi) for side in (width, height))
        objects[kid] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
            b"/Resources<</XObject<</I %d 0 R>>>>>>" % (across, down, kid + 1, kid + 2)
        )
        objects[kid + 1] = _stream(b"", picture((across, down)).encode())
        entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % (width, height)
        entries += b"/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
        objects[kid + 2] = _stream(entries, zlib.compress(pixels))
    objects[2] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return _file(objects)


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def _file(objects: dict[int, bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places.values())
    out.write(b"trailer\n<</Size %d/Root 1 0 R/Info 20 0 R>>\n" % (len(places) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()


def packed(begin: bytes, middle: bytes, times: int, end: bytes, *, stated: int = 0) -> bytes:
    """A file whose only page's content is unpacked `begin`, `middle` so many times, `end`. The
    length of the packed stream is said to be `stated`, if that is not 0."""
    packer = zlib.compressobj(9)
    body = packer.compress(begin)
    some = middle * 10_000
    body += b"".join(packer.compress(some) for _ in range(times // 10_000))
    body += packer.compress(end) + packer.flush()
    plain, mark = pdf("@"), b"<</Length 1>>stream\n@\n"
    head = b"<</Filter/FlateDecode/Length %d>>stream\n" % (stated or len(body))
    assert plain.count(mark) == 1
    return plain.replace(mark, head + body + b"\n")


def joined(*files: bytes) -> bytes:
    """One file with the pages of all."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for file in files:
        writer.append(io.BytesIO(file))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def encrypted(plain: bytes, user_password: str) -> bytes:
    """The same file behind a password; with an empty one it opens without asking."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(plain)))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
