"""OCR in the Library and in Compare: offered, and said of every text that it read."""

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from pages.ui.library import adding
from tests.pages.conftest import marked, texts
from tests.support import pdfs, scans

LINES = ("The light burns whale oil.", "Its keeper is hardly known.")


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> bytes:
    scans.recognizes(monkeypatch, {1: LINES, 2: ()}, doubtful="hardly")
    return scans.scanned(pdfs.pdf("", "", size=scans.A5), 36)


def library_after(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    """The Library once these files were dropped into it."""
    app.run()
    app.switch_page("pages/library.py").run()
    app.file_uploader(key="library.upload.0").set_value(list(files)).run()
    app.session_state[adding.UPLOAD].join()
    return app.run()


def test_story_a_scan_is_read_by_ocr_after_a_click(app: AppTest, lab: Lab, scan: bytes) -> None:
    note = ("a.txt", b"A note.", "text/plain")
    library = library_after(app, ("scan.pdf", scan, "application/pdf"), note)
    assert "Without text: 2 pages, about 8 s by OCR." in texts(library)
    library.button(key="library.ocr").click().run()
    library.session_state[adding.UPLOAD].join()
    library.run()
    assert "added, **scan** · page 1 read by OCR" in texts(library)
    assert "page 2 holds nothing that OCR can read" in texts(library)
    assert "library.ocr" not in {button.key for button in library.button}
    assert lab.papers.refusals() == []
    (row,) = (row for row in lab.papers.all() if row.source == "scan.pdf")
    library.query_params["paper"] = row.id
    library.run()
    assert "read by OCR: 5 words may be misread (dotted underline)" in texts(library)
    (pieces,) = marked(library)
    doubtful = [each["text"] for each in pieces if "doubtful" in each["kinds"]]
    assert doubtful == ["Its", "keeper", "is", "hardly", "known."]


def test_a_paper_with_pages_without_text_offers_to_read_them(
    app: AppTest, lab: Lab, scan: bytes
) -> None:
    text = pdfs.pdf(scans.page("A page that has its text."), size=scans.A5)
    library = library_after(app, ("both.pdf", pdfs.joined(text, scan), "application/pdf"))
    (row,) = (row for row in lab.papers.all() if row.source == "both.pdf")
    library.query_params["paper"] = row.id
    library.run()
    offer = library.button(key=f"library.ocr.{row.id}")
    assert offer.label == "Read 2 pages, about 8 s, by OCR"
