"""Many files at once: folders, zip files, batches, and what a stop or a fault leaves."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from core.errors import BadInput
from core.lab import Lab
from core.papers import Added, AddProgress, adding, facts
from core.store.papers import PaperStore
from core.tasks import result_of
from core.types import PaperFilter, file_id_of
from tests.support import pdfs
from tests.support.backups import files
from tests.support.commands import ran


def notes(folder: Path, count: int, about: str = "lamp") -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / f"{number:03}.txt" for number in range(count)]
    for number, file in enumerate(made):
        file.write_text(f"The {about} number {number}\n\nIt burns.\n")
    return made


def all_of(lab: Lab, *given: object) -> list[Added]:
    return result_of(lab.papers.add_all(given, Event()))  # type: ignore[arg-type]


def zipped(**entries: bytes) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    packed.seek(0)
    return packed


@pytest.fixture
def fixed_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(adding, "BATCH", 10)
    monkeypatch.setattr(adding, "PATIENCE", 60.0)
    return 10


def test_what_the_database_is_asked_grows_with_batches_not_with_files(
    lab: Lab, tmp_path: Path, fixed_batches: int
) -> None:
    asked: list[str] = []
    for folder, count in (("few", 20), ("many", 60)):
        made = notes(tmp_path / folder, count, folder)
        asked.clear()
        lab._store.database._connection.set_trace_callback(asked.append)
        assert {added.status for added in all_of(lab, *made)} == {"added"}
        lab._store.database._connection.set_trace_callback(None)
        batches = count // fixed_batches
        assert sum(each.startswith("BEGIN") for each in asked) == batches
        # One listing at the start, and the rows of each batch.
        assert sum(each.startswith("SELECT") and "json" not in each for each in asked) == 1
        assert sum(" FROM papers WHERE id IN" in each for each in asked) == batches


def test_a_folder_is_walked_in_order_and_what_is_not_for_reading_is_counted(
    lab: Lab, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    notes(folder / "b", 2)
    (folder / "a.pdf").write_bytes(b"%PDF-1.7\nbroken")
    (folder / "c.md").write_text("# Fog\n\nIt is thick.\n")
    (folder / ".hidden.txt").write_text("hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "notes.txt").write_text("hidden too")
    (folder / "table.xlsx").write_bytes(b"no text")
    (folder / "link.txt").symlink_to(folder / "c.md")
    made = all_of(lab, folder)
    assert [
        (Path(added.file).relative_to(tmp_path).as_posix(), added.status) for added in made
    ] == [
        ("papers/a.pdf", "failed"),
        ("papers/c.md", "added"),
        ("papers/b/000.txt", "added"),
        ("papers/b/001.txt", "added"),
        ("papers", "skipped"),
    ]
    assert made[-1].reason == "left out: 1 of another kind, 2 hidden, 1 a link"
    assert [row.source for row in lab.papers.all()][2:] == ["c.md", "000.txt", "001.txt"]
    assert [refusal.name for refusal in lab.papers.refusals()] == ["a.pdf"]
    (tmp_path / "nothing").mkdir()
    (nothing,) = all_of(lab, tmp_path / "nothing")
    assert (nothing.status, "holds no file that can be read" in nothing.reason) == ("failed", True)


def test_a_zip_of_papers_is_read_from_disk_and_as_an_upload(lab: Lab, tmp_path: Path) -> None:
    entries = {
        "../../evil.txt": b"The first evil note.\n",
        "/etc/evil.md": b"# The second\n\nevil note.\n",
        "sub/paper.pdf": pdfs.pdf(pdfs.text("A page about the lamp.")),
        "__MACOSX/sub/paper.pdf": b"junk",
        "sub/table.csv": b"1,2",
    }
    packed = zipped(**entries)
    before = set(tmp_path.rglob("*"))
    made = all_of(lab, ("many.zip", packed))
    assert [(added.file, added.status) for added in made] == [
        ("many.zip/../../evil.txt", "added"),
        ("many.zip//etc/evil.md", "added"),
        ("many.zip/sub/paper.pdf", "added"),
        ("many.zip", "skipped"),
    ]
    assert made[-1].reason == "left out: 1 of another kind, 1 hidden"
    new = {path.relative_to(lab.settings.data) for path in set(tmp_path.rglob("*")) - before}
    assert new == {Path("papers") / file_id_of(added.paper.id) for added in made if added.paper}
    (tmp_path / "many.zip").write_bytes(packed.getvalue())
    again = all_of(lab, tmp_path / "many.zip")
    assert [added.status for added in again] == ["known", "known", "known", "skipped"]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"max_zip_mb": 1}, "unpacks to 3 MB, more than the 1 allowed"),
        ({"max_zip_files": 1}, "holds 2 files, more than the 1 allowed"),
        ({"max_file_mb": 2}, "more than the 2 allowed"),
    ],
)
def test_a_zip_that_holds_too_much_is_refused(
    lab: Lab, limits: dict[str, int], sentence: str
) -> None:
    other = Lab(replace(lab.settings, **limits))  # type: ignore[arg-type]
    here, kept = other.papers.all(), files(lab, "papers")
    bomb = zipped(**{"bomb.txt": b"\n" * 3_000_000, "b.csv": b""})
    made = all_of(other, ("bomb.zip", bomb))
    assert made[0].status == "failed"
    assert sentence in made[0].reason
    assert (other.papers.all(), files(lab, "papers")) == (here, kept)


def test_a_damaged_zip_and_a_damaged_file_in_one_are_told(lab: Lab) -> None:
    packed = bytearray(
        zipped(**{"a.txt": b"The tide. " * 99, "b.txt": b"The fog. " * 99}).getvalue()
    )
    packed[40:44] = b"\xff\xff\xff\xff"
    made = all_of(lab, ("half.zip", io.BytesIO(packed)), ("no.zip", io.BytesIO(b"PK no zip")))
    assert [added.status for added in made] == ["failed", "added", "failed"]
    assert "is damaged in its zip file" in made[0].reason
    assert "cannot be opened as a zip file" in made[2].reason


def test_an_entry_without_a_name_is_left_out(lab: Lab) -> None:
    packed = zipped(**{"a.txt": b"The tide."})
    with zipfile.ZipFile(packed, "a") as archive, archive.open(zipfile.ZipInfo(""), "w"):
        pass
    packed.seek(0)
    made = all_of(lab, ("odd.zip", packed))
    assert [added.status for added in made] == ["added", "skipped"]


def test_the_same_bytes_twice_are_one_paper(lab: Lab, tmp_path: Path) -> None:
    first, second = tmp_path / "one.txt", tmp_path / "two.txt"
    for file in (first, second):
        file.write_text("The same words.\n")
    made = all_of(lab, first, second, ("three.txt", io.BytesIO(b"The same words.\n")))
    assert [added.status for added in made] == ["added", "known", "known"]
    assert {added.paper for added in made} == {lab.papers.all()[-1]}
    assert files(lab, "papers") == {row.id for row in lab.papers.all()}


def test_one_that_cannot_be_kept_leaves_the_others_of_its_batch(
    lab: Lab, tmp_path: Path, fixed_batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = PaperStore.keep

    def particular(self: PaperStore, paper: object, facts: object = None) -> None:
        if "number 3" in paper.text:  # type: ignore[attr-defined]
            raise BadInput("Not this one.")
        keep(self, paper, facts)  # type: ignore[arg-type]

    monkeypatch.setattr(PaperStore, "keep", particular)
    made = all_of(lab, *notes(tmp_path / "some", 6))
    assert [added.status == "added" for added in made] == [True, True, True, False, True, True]
    assert made[3].reason == "Not this one."
    assert files(lab, "papers") == {row.id for row in lab.papers.all()}


@pytest.mark.parametrize("how", ["stopped", "closed"])
def test_what_was_told_stays_when_the_rest_is_stopped(
    lab: Lab, tmp_path: Path, fixed_batches: int, how: str
) -> None:
    before, stop = len(lab.papers.all()), Event()
    steps = lab.papers.add_all(notes(tmp_path / "many", 35), stop)
    told = next(steps).added
    if how == "stopped":
        stop.set()
        assert result_of(steps) == list(told)
    else:
        steps.close()
    assert [row.source for row in lab.papers.all()[before:]] == [added.file[-7:] for added in told]
    assert len(told) == fixed_batches
    assert files(lab, "papers") == {row.id for row in lab.papers.all()}


def test_each_step_says_how_far_it_is(lab: Lab, tmp_path: Path, fixed_batches: int) -> None:
    steps: list[AddProgress] = []
    result_of(lab.papers.add_all(notes(tmp_path / "many", 20), Event()), steps.append)
    assert [(step.sentence, step.share) for step in steps] == [
        ("10 of 20 files read", 0.5),
        ("20 of 20 files read", 1.0),
    ]


# Facts


def test_a_pdf_brings_its_authors_and_year(lab: Lab, tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "plain.pdf").write_bytes(pdfs.pdf(pdfs.text("A page about the lamp.")))
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "plain.pdf"))
    writer.add_metadata({"/Author": "Anneli Voss, Bo Rübe", "/CreationDate": "D:20230719120000Z"})
    writer.write(tmp_path / "facts.pdf")
    row = lab.papers.add(tmp_path / "facts.pdf").paper
    assert row
    assert (row.authors, row.year, row.tags) == (("Anneli Voss", "Bo Rübe"), 2023, ())
    assert lab.papers.ids(PaperFilter(text="rube", since=2023, until=2023)) == (row.id,)


@pytest.mark.parametrize(
    ("author", "made", "authors", "year"),
    [
        ("", "", (), None),
        ("Microsoft Office User", "D:20190101", (), 2019),
        ("admin; ada@example.org", "D:00000000", (), None),
        ("Voss, Anneli; Rübe, Bo", "D:1991", ("Voss, Anneli", "Rübe, Bo"), None),
        ("Ada Voss and Bo Rübe & Cem Ay", "20240101", ("Ada Voss", "Bo Rübe", "Cem Ay"), 2024),
        ("Voss, Anneli", "D:2999", ("Voss, Anneli",), None),
        ("C:\\users\\me", "garbage", (), None),
    ],
)
def test_only_what_means_something_is_taken_from_a_pdf(
    author: str, made: str, authors: tuple[str, ...], year: int | None
) -> None:
    found = facts.of_pdf(author, made)
    assert (found.authors, found.year) == (authors, year)


# The command line


def test_add_prints_a_line_for_each_paper_of_a_folder(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes(home / "folder", 2)
    (home / "folder" / "bad.txt").write_bytes(b"\0")
    (home / "many.zip").write_bytes(zipped(**{"tide.txt": b"The tide rises."}).getvalue())
    status, lines, _ = ran(capsys, "add", str(home / "folder"), str(home / "many.zip"))
    assert status == 1
    assert [(line["file"].removeprefix(f"{home}/"), line["status"]) for line in lines] == [
        ("folder/000.txt", "added"),
        ("folder/001.txt", "added"),
        ("folder/bad.txt", "failed"),
        ("many.zip/tide.txt", "added"),
    ]
    assert json.dumps(lines)
