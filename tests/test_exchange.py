"""`import` and `export` on the command line."""

import json
from pathlib import Path

import pytest

from tests.test_command_line import home, ran  # noqa: F401 - a fixture
from tests.test_logs import EXPERIMENT, RETRIEVAL


def test_logs_in_and_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    (home / "old.txt").write_text("chatter\n" + EXPERIMENT)
    (home / "search.txt").write_text(RETRIEVAL)
    status, (line,), _ = ran(capsys, "import", "log", str(home / "old.txt"))
    assert status == 0
    assert list(line) == ["file", "runs", "known", "repaired", "dropped"]
    assert (line["runs"], line["known"], line["repaired"]) == (4, 0, 0)
    assert [each["line"] for each in line["dropped"]] == [1]
    _, (line,), _ = ran(capsys, "import", "retrieval-log", str(home / "search.txt"))
    assert (line["hits"], line["dropped"]) == (3, [])
    _, (line,), _ = ran(capsys, "import", "log", str(home / "old.txt"))
    assert (line["runs"], line["known"]) == (4, 4)
    written = home / "new.txt"
    status, _, said = ran(capsys, "export", "log", "--to", str(written))
    assert (status, "bytes written" in said) == (0, True)
    assert "In 1874 [1]." in written.read_text()
    ran(capsys, "export", "retrieval-log", "--to", str(written))
    assert written.read_text() == RETRIEVAL


def test_a_bad_file_does_not_stop_the_others(
    home: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "old.txt").write_text(EXPERIMENT)
    files = [str(home / name) for name in ("missing.txt", "lamp.md", "old.txt")]
    status, lines, said = ran(capsys, "import", "log", *files)
    assert status == 1
    assert [line["runs"] for line in lines] == [0, 0, 4]
    assert all(line["dropped"][0]["why"] for line in lines[:2])
    assert "missing.txt" in said


def test_a_view_chooses_what_is_written(
    home: Path,  # noqa: F811
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    from core.__main__ import main

    (home / "old.txt").write_text(EXPERIMENT)
    main(["import", "log", str(home / "old.txt")])
    capsysbinary.readouterr()
    assert main(["export", "runs", "--view", "arm:no_context"]) == 0
    (line,) = capsysbinary.readouterr().out.splitlines()
    assert json.loads(line)["recipe"]["evidence"] is None
    assert main(["export", "runs", "--view", "colour:blue"]) == 2
    assert main(["export", "capsule", "--to", str(home / "a" / "b")]) == 1
    assert main(["export", "capsule", "--to", str(home / "c.capsule")]) == 0
    assert main(["import", "capsule", str(home / "c.capsule")]) == 0
