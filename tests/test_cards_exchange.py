"""Decks in and out, through the lab and on the command line."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.cards import archives
from core.lab import Lab
from core.store import EVERY
from tests.support.cards import GOOD
from tests.support.commands import ran

TWO = "#### A\n:p a?\n??x\n1\n??x\n---\n#### B\n:p b?\n---\n"


def test_import_and_export_on_the_command_line(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "good.md").write_text(GOOD)
    (home / "two.md").write_text(TWO)
    (home / "empty.md").write_bytes(b"")
    files = [str(home / name) for name in ("good.md", "two.md", "empty.md")]
    status, lines, said = ran(capsys, "import", "deck", *files)
    assert (status, said) == (0, "")
    assert lines == [
        {"file": files[0], "cards": 1, "repaired": 0, "dropped": []},
        {
            "file": files[1],
            "cards": 1,
            "repaired": 1,
            "dropped": [{"line": 8, "why": "a question without an answer: “b?”"}],
        },
        {
            "file": files[2],
            "cards": 0,
            "repaired": 0,
            "dropped": [{"line": 1, "why": "the file is empty"}],
        },
    ]
    out = home / "all.md"
    assert ran(capsys, "export", "deck", "--to", str(out))[:2] == (0, [])
    monkeypatch.setenv("TRIPTYCH_DATA", str(home / "other"))
    status, (line,), _ = ran(capsys, "import", "deck", str(out))
    assert (line["cards"], line["repaired"], line["dropped"]) == (2, 0, [])
    ran(capsys, "export", "deck", "--to", str(home / "again.md"))
    assert (home / "again.md").read_bytes() == out.read_bytes()


def test_a_file_that_cannot_be_read_fails_and_the_others_go_on(
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "good.md").write_text(GOOD)
    (home / "bad.md").write_bytes(b"\x00\xff\xfe\x01" * 9)
    (home / "bad.docx").write_bytes(b"x")
    names = ("bad.md", "nothing.md", "bad.docx", "good.md")
    status, lines, said = ran(capsys, "import", "deck", *(str(home / name) for name in names))
    assert status == 1
    assert [line["cards"] for line in lines] == [0, 0, 0, 1]
    assert "is not text" in lines[0]["dropped"][0]["why"]
    assert "No such file" in lines[1]["dropped"][0]["why"]
    assert "none of the kinds" in said
    assert ran(capsys, "import", "axe", "x")[0] == 2
    assert ran(capsys, "export", "deck", "--to", str(home / "no" / "where.md"))[0] == 1
    assert ran(capsys, "export", "deck", "--to", str(home / "deck.axe"))[0] == 2


def test_the_same_file_again_adds_nothing(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "good.md"
    path.write_text(GOOD)
    (first,) = lab.cards.load(path)
    (again,) = lab.cards.upload("good.md", BytesIO(GOOD.encode()))
    assert (first.added, again.added, again.cards) == (1, 0, 1)
    assert lab.cards.count(EVERY) == 1


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_folder_and_a_zip_file_of_decks(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "decks"
    (folder / "in").mkdir(parents=True)
    (folder / "good.md").write_text(GOOD)
    (folder / "in" / "two.md").write_text(TWO)
    (folder / "photo.jpg").write_bytes(b"x")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    found = list(lab.cards.load(folder))
    assert [(each.file, each.cards) for each in found] == [
        ("decks/good.md", 1),
        ("decks/in/two.md", 1),
        ("decks/link.md", 0),
        ("decks/photo.jpg", 0),
    ]
    assert "link" in found[2].failed
    assert "no deck" in found[3].failed
    packed = zipped(tmp_path / "decks.zip", {"good.md": GOOD, "in/two.md": TWO})
    assert [each.added for each in lab.cards.load(packed)] == [0, 0]


def test_a_zip_file_that_means_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../out.md", GOOD)
        archive.writestr("/root.md", GOOD)
        archive.writestr("..\\win.md", GOOD)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.md", b"0" * 3_000_000)
        archive.writestr("good.md", GOOD)
    found = {member.name: member for member in archives.members(path, 2_000_000)}
    assert found["good.md"].data == GOOD.encode()
    assert [name for name, member in found.items() if member.left_out] == [
        "../../out.md",
        "..\\win.md",
        "/root.md",
        "bomb.md",
        "link.md",
    ]
    # A size that the zip file only claims helps nobody.
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("bomb.md")
        with pytest.raises(archives.Unreadable, match="more than 2 MB"):
            archives.unpacked(archive, info, 2_000_000)
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(archives.Unreadable, match="split it"):
        list(archives.members(path, 9))


def test_a_zip_file_that_is_none_or_damaged(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"no")
    (done,) = lab.cards.load(tmp_path / "no.zip")
    assert "cannot be opened as a zip file" in done.failed
    path = zipped(tmp_path / "cut.zip", {"good.md": GOOD * 50})
    data = bytearray(path.read_bytes())
    data[60:70] = bytes(10)
    path.write_bytes(data)
    (done,) = lab.cards.load(path)
    assert "damaged" in done.failed
    assert json.dumps(done.failed)
