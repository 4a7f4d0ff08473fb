"""Pages of known text set by Typst, with the fonts that it brings."""

import io
import re
from collections.abc import Callable, Iterable

from benchmarks import _known_texts as texts
from benchmarks._known_texts import Known

CHINESE_FACES = (
    "Noto Serif CJK SC",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
)


def typst(body: str, page: str = "", language: str = "en", face: str = "Libertinus Serif") -> bytes:
    """`page`: more settings of the page, each with a comma before it. Only Chinese is set in a face
    of this machine."""
    import typst

    direction = ", dir: rtl" if language == "ar" else ""
    source = f"""
#set page(width: 420pt, height: 595pt, margin: (x: 50pt, y: 55pt){page})
#set text(font: "{face}", size: 10pt, lang: "{language}", hyphenate: true{direction})
#set par(justify: true, first-line-indent: 1em, spacing: 0.65em)
#set smartquote(enabled: false)
#show figure: set block(above: 1.4em, below: 1.4em)
{body}"""
    fonts = typst.Fonts(include_system_fonts=language == "zh", include_embedded_fonts=True)
    made: bytes = typst.compile(source.encode(), font_paths=fonts)
    return made


def written(paragraphs: Iterable[str]) -> str:
    """Text in Typst's markup."""
    return "\n\n".join(re.sub(r"([\\*_#$@<>`~/=+\-\[\]])", r"\\\1", each) for each in paragraphs)


def heads() -> Known:
    paragraphs = texts.english(0, 20)
    title = "The tide clock and its keepers"
    head = f', numbering: "1", header: align(right)[_{title}_]'
    made = typst(written(paragraphs), head)
    count = pages_of(made)
    margins = [flow for page in range(count) for flow in (title, f"{page + 1}")]
    name = f"running heads and page numbers, {count} pages"
    return Known(name, made, ("\n".join(paragraphs), *margins))


def footnotes() -> Known:
    """Each note is called at the end of its paragraph; the text goes on over the notes."""
    paragraphs = texts.english(20, 30)
    source, said = written(paragraphs), "\n".join(paragraphs)
    notes = []
    for mark, paragraph, note in zip("¹²³", paragraphs[::3], texts.NOTES, strict=False):
        (typed,) = written([paragraph]).splitlines()
        source = source.replace(typed, f"{typed}#footnote[{note}]")
        said = said.replace(paragraph, f"{paragraph}{mark}")
        notes.append(f"{mark}{note}")
    made = typst(source)
    return Known(f"footnotes, {pages_of(made)} pages", made, (said, *notes))


def two_columns() -> Known:
    paragraphs = texts.english(4, 11)
    made = typst(written(paragraphs), ", columns: 2")
    return Known(f"two columns, {pages_of(made)} pages", made, ("\n".join(paragraphs),))


def article() -> Known:
    """A title and a summary over both columns, headings, a table with its caption."""
    first, second, third, fourth, fifth = texts.english(11, 16)
    head = "The tide clock of Gull Ness"
    rows = "".join(f"[{cell}]," for row in texts.TABLE[1:4] for cell in row[:3])
    body = f"""
#place(top, scope: "parent", float: true)[#align(center)[
  #text(size: 17pt)[{head}] \\ #v(2pt) Anneli Voss #h(1em) Ruben Strand] #v(4pt)
  #pad(x: 30pt)[*Summary.* {written([first])}]]
= 1 The clock
{written([second])}

{written([third])}
= 2 The harbour
{written([fourth])}
#figure(table(columns: 3, stroke: none, {rows}), caption: [Tides of a spring.])
{written([fifth])}"""
    made = typst(body, ', columns: 2, numbering: "1"')
    said = "\n".join(["1 The clock", second, third, "2 The harbour", fourth, fifth])
    table = [" ".join(row[:3]) for row in texts.TABLE[1:4]]
    numbers = map(str, range(1, pages_of(made) + 1))
    above = (head, "Anneli Voss Ruben Strand", f"Summary. {first}")
    flows = (said, *above, *table, "Table 1: Tides of a spring.", *numbers)
    return Known(f"an article: title, columns, a table, {pages_of(made)} pages", made, flows)


def german_columns() -> Known:
    paragraphs = texts.GERMAN.splitlines()
    made = typst(written(paragraphs), ", columns: 3", "de")
    return Known("German in three columns", made, ("\n".join(paragraphs),))


def formulas() -> Known:
    made = typst("\n\n".join(source for source, _ in texts.FORMULAS))
    return Known("formulas", made, tuple(said for _, said in texts.FORMULAS))


def chinese_face() -> str | None:
    """One of this machine that has all of its letters."""
    import typst

    there = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False).families()
    return next((face for face in CHINESE_FACES if face in there), None)


def chinese() -> Known:
    """To be scanned, which needs a face whose letters can be drawn."""
    paragraphs = texts.CHINESE.splitlines()
    made = typst(written(paragraphs), language="zh", face=chinese_face() or "")
    return Known("Chinese", made, ("\n".join(paragraphs),))


def table_of(rows: Iterable[Iterable[str]]) -> str:
    cells = "".join(f"[{cell}]," for row in rows for cell in row)
    return f"#table(columns: 4, {cells})"


def table() -> Known:
    before, behind = texts.english(1, 3)
    made = typst(f"{written([before])}\n\n{table_of(texts.TABLE)}\n\n{written([behind])}")
    return Known(
        "a ruled table between paragraphs", made, (before, *map(" ".join, texts.TABLE), behind)
    )


def turned_table() -> Known:
    """On a page held upright, read from the side."""
    title = "Table 2: All tides of the year"
    set_flush = "#set par(first-line-indent: 0pt)"
    made = typst(f"#rotate(-90deg, reflow: true)[{set_flush}; {title} \\ {table_of(texts.TABLE)}]")
    return Known("a table set sideways", made, (title, *map(" ".join, texts.TABLE)))


def turned_page() -> Known:
    """The same, on a page that is shown turned, so that it is upright again."""
    from pypdf import PdfReader, PdfWriter

    known = turned_table()
    writer = PdfWriter(PdfReader(io.BytesIO(known.pdf)))
    for page in writer.pages:
        page.rotate(90)
    out = io.BytesIO()
    writer.write(out)
    return Known("a table on a turned page", out.getvalue(), known.flows)


def arabic() -> Known:
    made = typst(written(texts.ARABIC.splitlines()), language="ar", face="DejaVu Sans Mono")
    return Known("Arabic", made, (texts.ARABIC,))


def slides() -> Known:
    """Drawn in another order than they are read: the foot first, then the points."""
    parts = []
    for number, (title, *points) in enumerate(texts.SLIDES, 1):
        listed = "".join(f"- {point}\n" for point in points)
        parts.append(
            f"#place(bottom + right)[#text(size: 9pt)[Gull Ness {number}]]\n"
            f"#place(top + left, dy: 55pt)[#set text(size: 17pt)\n{listed}]\n"
            f"#place(top + left)[#text(size: 26pt)[{title}]]"
        )
    made = typst(
        "#set page(width: 480pt, height: 270pt, margin: 30pt)\n" + "\n#pagebreak()\n".join(parts)
    )
    flows = [
        flow
        for number, (title, *points) in enumerate(texts.SLIDES, 1)
        for flow in ("\n".join([title, *(f"• {point}" for point in points)]), f"Gull Ness {number}")
    ]
    return Known(f"slides, {len(texts.SLIDES)}", made, tuple(flows))


BY_TYPST: tuple[Callable[[], Known], ...] = (
    heads,
    footnotes,
    two_columns,
    article,
    german_columns,
    formulas,
    table,
    turned_table,
    turned_page,
    arabic,
    slides,
)


def pages_of(file: bytes) -> int:
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        return len(document)
