from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from core.errors import Unreadable
from core.papers.reading import read, read_with_facts
from core.settings import Settings
from core.types import Paper, with_text_digest
from tests.support.documents import docx, epub, packed, paragraph, pptx

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63600000"
    "02000001e221bc330000000049454e44ae426082"
)


def paper(tmp_path: Path, name: str, data: bytes, read_mb: int = 2_000) -> Paper:
    (tmp_path / "file").write_bytes(data)
    return read(tmp_path / "file", name, Settings(read_mb=read_mb))


def test_a_word_file_is_markdown_with_its_title_author_and_year(tmp_path: Path) -> None:
    body = paragraph("Late tides", "Heading1") + paragraph("It came late.") + paragraph("Twice.")
    (tmp_path / "file").write_bytes(docx(body, title="Tides", author="Anneli Voss; Ruben Oja"))
    found, facts, note = read_with_facts(tmp_path / "file", "notes.docx", Settings())
    assert (found.text, found.kind) == ("# Late tides\n\nIt came late.\n\nTwice.", "docx")
    assert (found.title, found.pages, note) == ("Tides", 1, "")
    assert (facts.authors, facts.year) == (("Anneli Voss", "Ruben Oja"), 2024)
    assert with_text_digest(replace(found, id=found.file_id)) == found


def test_a_slide_is_a_page_and_a_picture_a_word(tmp_path: Path) -> None:
    slides = pptx(
        ("Tides", "The moon pulls.\nIt is far."),
        ("", ""),
        ("Winds", "A gale blows."),
        picture=PIXEL,
    )
    found = paper(tmp_path, "talk.pptx", slides)
    assert [found.text[slice(*found.page_span(page))].strip() for page in (1, 2, 3)] == [
        "# Tides\n\nThe moon pulls.\n\nIt is far.\n\n[image]",
        "",
        "# Winds\n\nA gale blows.",
    ]
    assert (found.title, found.blank_pages) == ("Tides", (2,))  # the property means nothing


def test_a_web_page_is_read_in_the_encoding_it_names_without_its_scripts(tmp_path: Path) -> None:
    page = (
        '<title>Приливы</title><meta charset="windows-1251"><body><script>bad()</script>'
        '<h1>Прилив</h1><p>Да <img src="x.png" alt="A chart of tides">'
        '<img src="data:image/png;base64,AAAA"></p>'
        "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    )
    found = paper(tmp_path, "page.html", page.encode("cp1251"))
    assert found.title == "Приливы"
    assert found.text.startswith("# Прилив\n\nДа [image: A chart of tides][image]\n\n| a |")
    assert "bad" not in found.text


def test_a_book_is_its_chapters_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(epub("<h1>One</h1><p>First.</p>", "<h1>Two</h1>"))
    found, facts, _ = read_with_facts(tmp_path / "file", "b.epub", Settings())
    assert (found.title, found.text) == ("A small book", "# One\n\nFirst.\n\n# Two")
    assert facts.authors == ("Anneli Voss",)


def test_nothing_that_a_document_links_to_is_fetched(tmp_path: Path) -> None:
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{server.server_port}/x"
        page = f'<link rel="stylesheet" href="{there}"><img src="{there}"><p>Words'
        entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{there}">]>'
        assert paper(tmp_path, "page.html", page.encode()).text == "[image]\n\nWords"
        with pytest.raises(Unreadable):
            paper(tmp_path, "x.docx", docx(paragraph("&e;"), doctype=entity))
        server.shutdown()
    assert asked == []


BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.docx", b"PK\3\4 nothing", "is damaged: no reader can open it"),
        ("x.epub", packed({"a": "b"}), "is damaged: no reader can open it"),
        ("x.docx", bytes.fromhex("d0cf11e0a1b11ae1"), "encrypted, or of an older kind"),
        ("x.docx", docx(""), "holds no text"),
        ("x.docx", docx(paragraph("&a11;"), doctype=f"<!DOCTYPE x [{BILLION}]>"), "is damaged"),
        ("x.docx", docx(paragraph(" " * 90_000_000)), "needs more than 600 MB of memory"),
    ],
    ids=["no zip", "no book", "encrypted", "empty", "billion laughs", "zip bomb"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(Unreadable, match=said):
        paper(tmp_path, name, data, read_mb=600)


def test_a_picture_written_into_markdown_is_a_word(tmp_path: Path) -> None:
    bytes_of_it = "data:image/png;base64," + "RCCCPP3m8cJr" * 900
    text = (
        f'# Notes\n\n![png]({bytes_of_it})\n\nWords. <img alt="x" src="{bytes_of_it}"/>\n\n'
        f"![a chart][image1]\n\n[image1]: <{bytes_of_it}>\n\n![kept](figure.png)\n"
    )
    found = paper(tmp_path, "notebook.md", text.encode())
    assert found.text == (
        "# Notes\n\n[image]\n\nWords. [image]\n\n![a chart][image1]\n\n\n![kept](figure.png)\n"
    )
    assert found.id != found.file_id  # its text is not what it was read as before
    plain = paper(tmp_path, "plain.md", b"# Notes\n\n![kept](figure.png)\n")
    assert plain.id == plain.file_id


@pytest.mark.parametrize(
    ("encoding", "as_before"), [("utf-8", True), ("cp1252", True), ("cp1250", False)]
)
def test_a_text_that_is_read_as_before_keeps_its_id(
    tmp_path: Path, encoding: str, as_before: bool
) -> None:
    words = "Größe für Käse, Übung" if as_before else "Światło padło na liście, więc świeciła."
    found = paper(tmp_path, "words.txt", words.encode(encoding))
    assert (found.text, found.id == found.file_id) == (words, as_before)
