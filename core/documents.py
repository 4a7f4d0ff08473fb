"""Word, PowerPoint, web and EPUB files -> Markdown. Knows no paper, fetches nothing.

It is run where a file is read, in a process that has limits of time and memory.
"""

import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SLIDE = re.compile(r"\n*<!-- Slide number: \d+ -->\n?")
LINE_END = re.compile(r"(?<![|\n])\n(?![|\n])")  # a paragraph's, on a slide; no table row's
IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
NO_WORDS = re.compile(r"\w*\W*\d*|\S+\.\w{2,4}")  # "Picture 3", "png", "figure.jpg"
LATIN_1 = ("iso-8859-1", "us-ascii", "ascii")  # pages that say so are in Windows-1252
PROPERTIES = "docProps/core.xml"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
CREATED = "{http://purl.org/dc/terms/}created"


class Converted(NamedTuple):
    """A document's pages as Markdown, and what it says of itself; empty where it says nothing."""

    pages: list[str]
    title: str = ""
    author: str = ""
    made: str = ""  # as "2023-07-19T12:00:00Z"


def convert(kind: str, file: Path) -> Converted:
    """A slide is a page of its own; all else is one page. Pictures are "[image]", with their
    description where they have one. Raises whatever the libraries raise for a damaged file."""
    from markitdown import StreamInfo
    from markitdown.converters import DocxConverter, EpubConverter, HtmlConverter, PptxConverter

    if kind == "html":
        page = HtmlConverter().convert_string(_html(file.read_bytes()))
        return Converted([_plain(page.markdown)], page.title or "")
    converters = {"docx": DocxConverter, "pptx": PptxConverter, "epub": EpubConverter}
    with file.open("rb") as stream:
        text = _plain(converters[kind]().convert(stream, StreamInfo(extension=f".{kind}")).markdown)
    if kind == "epub":
        about, _, text = text.partition("\n\n")
        said = dict(re.findall(r"^\*\*(\w+):\*\* (.*)$", about, re.MULTILINE))
        return Converted([text], *(said.get(each, "") for each in ("Title", "Authors", "Date")))
    if kind == "docx":
        return Converted([text], *_properties(file))
    pages = [LINE_END.sub("\n\n", page) for page in SLIDE.split(text)[1:]]
    return Converted(pages, *_properties(file))


def _html(data: bytes) -> str:
    """UTF-8, or the encoding that the page names if it is in that, else what its letters tell."""
    from bs4.dammit import EncodingDetector

    from core.text import decode

    if b"\0" not in data:
        named = EncodingDetector.find_declared_encoding(data, is_html=True) or ""
        for encoding in ("utf-8-sig", "cp1252" if named in LATIN_1 else named):
            with suppress(LookupError, UnicodeDecodeError):
                return data.decode(encoding)
    return decode(data).text


def _properties(file: Path) -> tuple[str, str, str]:
    from defusedxml.ElementTree import fromstring

    with zipfile.ZipFile(file) as package:
        if PROPERTIES not in package.namelist():
            return "", "", ""
        said = fromstring(package.read(PROPERTIES))
    names = (f"{DUBLIN_CORE}title", f"{DUBLIN_CORE}creator", CREATED)
    title, author, made = (said.findtext(name) or "" for name in names)
    return title, author, made


def _plain(markdown: str) -> str:
    return IMAGE.sub(_image, markdown)


def _image(found: re.Match[str]) -> str:
    described = found[1].strip()
    return "[image]" if NO_WORDS.fullmatch(described) else f"[image: {described}]"
