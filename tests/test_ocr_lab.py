"""OCR in the lab: offered, done, and said wherever its text is shown. No model is used here."""

from pathlib import Path
from threading import Event

import pytest

from core import labels
from core.lab import Lab
from core.papers import Reread
from core.tasks import result_of
from core.types import Given, Span
from tests.support import pdfs, scans
from tests.support.commands import ran

LIGHT, TIDE = "The light burns whale oil.", "The tide rises four metres."
FOUND = {1: (LIGHT,), 2: (TIDE, "All of it is known."), 3: ()}


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three scanned pages; on the last are letters that OCR cannot read."""
    path = tmp_path / "scan.pdf"
    path.write_bytes(scans.scanned(pdfs.pdf("", "", "", size=scans.A5), 36))
    scans.recognizes(monkeypatch, FOUND, doubtful="known")
    return path


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with its text, and a scanned one."""
    path = tmp_path / "half.pdf"
    image = scans.scanned(pdfs.pdf("", size=scans.A5), 36)
    path.write_bytes(pdfs.joined(pdfs.pdf(scans.page(LIGHT), size=scans.A5), image))
    scans.recognizes(monkeypatch, {2: (TIDE,)})
    return path


def again(lab: Lab, paper_id: str, *, ocr: bool = False) -> Reread:
    (done,) = result_of(lab.read_again([paper_id], Event(), ocr=ocr))
    return done


def test_a_scan_is_refused_with_an_offer_and_added_when_ocr_is_wanted(lab: Lab, scan: Path) -> None:
    refused = lab.papers.add(scan)
    assert (refused.status, refused.for_ocr) == ("failed", 3)
    assert "add it with OCR" in refused.reason
    (added,) = result_of(lab.papers.add_all([scan], Event(), ocr=True))
    assert added.status == "added"
    assert added.reason == (
        "pages 1-2 read by OCR; page 3 holds nothing that OCR can read (it knows Latin and Chinese"
        " letters, and none that are Cyrillic, Greek or Arabic)"
    )
    assert not lab.papers.refusals()


def test_how_far_the_ocr_is_is_told(lab: Lab, scan: Path) -> None:
    steps: list[str] = []
    result_of(
        lab.papers.add_all([scan], Event(), ocr=True), lambda step: steps.append(step.sentence)
    )
    assert steps[-1] == "1 of 1 files read"


def test_pages_without_text_are_read_later_and_gold_stays(lab: Lab, half: Path) -> None:
    row = lab.papers.add(half).paper
    assert row
    assert lab.papers.for_ocr([row]) == {row.id: 1}
    lab.questions.mark("What burns?", [Span(paper_id=row.id, start=0, end=9)], "")
    done = again(lab, row.id, ocr=True)
    assert (done.status, done.moved, done.left) == ("changed", 1, ())
    paper = lab.papers.get(done.paper_id)
    assert (paper.text.split("\n\n"), paper.ocr_pages) == ([LIGHT, TIDE], (2,))
    now = lab.papers.row(done.paper_id)
    assert now
    assert lab.papers.for_ocr([now]) == {}
    assert lab.papers.ocr_pages([now.id]) == {now.id: (2,)}


def test_what_ocr_read_is_not_lost_when_the_file_is_read_again(lab: Lab, half: Path) -> None:
    row = lab.papers.add(half).paper
    assert row
    read = again(lab, row.id, ocr=True)
    same = again(lab, read.paper_id)
    assert (same.status, same.paper_id) == ("same", read.paper_id)
    assert lab.papers.get(read.paper_id).ocr_pages == (2,)


def test_without_being_asked_no_page_is_read_by_ocr(lab: Lab, half: Path) -> None:
    row = lab.papers.add(half).paper
    assert row
    assert again(lab, row.id).status == "same"
    assert lab.papers.get(row.id).ocr_pages == ()


def test_a_hit_says_that_it_was_read_by_ocr(lab: Lab, half: Path) -> None:
    (added,) = result_of(lab.papers.add_all([half], Event(), ocr=True))
    assert added.paper
    paper = lab.papers.get(added.paper.id)
    starts = (0, paper.text.index(TIDE))
    spans = tuple(Span(paper_id=paper.id, start=start, end=start + 9) for start in starts)
    hits = lab.answering._finder.given(Given(spans=spans)).hits
    assert [labels.pages_of(hit) for hit in hits] == ["p. 1", "p. 2 (read by OCR)"]


def test_words_that_may_be_misread_are_counted(lab: Lab, scan: Path) -> None:
    (added,) = result_of(lab.papers.add_all([scan], Event(), ocr=True))
    assert added.paper
    paper = lab.papers.get(added.paper.id)
    assert labels.by_ocr(paper, *paper.page_span(1)) == "read by OCR"
    said = "read by OCR: 5 words may be misread (dotted underline)"
    assert labels.by_ocr(paper, *paper.page_span(2)) == said


def test_the_command_line_adds_with_ocr(
    capsys: pytest.CaptureFixture[str], home: Path, scan: Path
) -> None:
    status, (refused,), _ = ran(capsys, "add", str(scan))
    assert (status, refused["status"]) == (1, "failed")
    status, (added,), said = ran(capsys, "add", "--ocr", str(scan))
    assert (status, added["status"], added["pages"]) == (0, "added", 3)
    assert "1 of 1 files read" in said
