"""Files that appear whole or not at all, locks that end with their process, and full disks."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import files
from core.errors import BadInput, OutOfSpace, TriptychError
from core.settings import ROOT

OLD, NEW = "old\n" * 1_000, "new\n" * 500_000
READY = "print('ready', flush=True)"
WAITS = f"{READY}; input()"


@contextmanager
def child(program: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, from when it says that it is ready until it is killed."""
    head = "import sys; from pathlib import Path; from core import files; file = Path(sys.argv[1])"
    command = [sys.executable, "-c", f"{head}\n{program}", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert said(process) == "ready"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip()


# written whole or not at all


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    files.write_atomically(file, OLD)
    program = f"""if True:
        {READY}
        while True:
            files.write_atomically(file, {OLD[:4]!r} * 1_000)
            files.write_atomically(file, {NEW[:4]!r} * 500_000)
    """
    for number in range(5):
        with child(program, file):
            for _ in range(20 * number):
                assert file.read_text() in (OLD, NEW)
        assert file.read_text() in (OLD, NEW)
        assert {each.name for each in tmp_path.iterdir()} <= {"notes.txt", "notes.txt.part"}
    files.write_atomically(file, "last")
    assert file.read_text() == "last"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_what_fails_on_the_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file, part = tmp_path / "notes.txt", tmp_path / "aside.part"
    file.write_text(OLD)
    if step != "write":
        monkeypatch.setattr(os if step == "fsync" else Path, step, full)
    with pytest.raises(OSError, match="No space"), files.unfinished(part) as new:
        new.write(b"half")
        if step == "write":
            full()
        files.put_in_place(new, file)
    assert file.read_text() == OLD
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_not_put_in_place_goes(tmp_path: Path) -> None:
    with files.unfinished(tmp_path / "aside.part") as new:
        new.write(b"half")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, seen = tmp_path / "notes.txt", []
    fsync = os.fsync

    def watched(number: int) -> None:
        seen.append((file.exists(), os.fstat(number).st_size))
        fsync(number)

    monkeypatch.setattr(os, "fsync", watched)
    files.write_atomically(file, "all of it")
    assert seen == [(False, 9)]


def test_a_folder_appears_whole_and_the_first_one_wins(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with files.unfinished_folder(folder) as first, files.unfinished_folder(folder) as second:
        (first / "weights").write_text("late")
        (second / "weights").write_text("early")
        assert not folder.exists()
    assert (folder / "weights").read_text() == "early"
    with pytest.raises(OSError, match="No space"), files.unfinished_folder(tmp_path / "other"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == [folder]


# locks


def test_a_lock_is_held_by_one_process_and_ends_with_it(tmp_path: Path) -> None:
    lock, busy = tmp_path / "lock", "wait for the other"
    with child(f"kept = files.try_lock(file); {WAITS}", lock):
        assert files.try_lock(lock) is None
        with pytest.raises(BadInput, match=busy), files.alone(lock, busy):
            pass
    with files.alone(lock, busy):
        assert files.try_lock(lock) is None


def test_many_are_at_work_and_papers_are_replaced_by_one(tmp_path: Path) -> None:
    papers = files.lock_file(tmp_path, "papers")
    work = files.lock_file(tmp_path, files.AT_WORK)
    with child(f"with files.adding(file): {WAITS}", tmp_path), files.adding(tmp_path):
        assert files.try_lock(papers) is None
        assert files.try_lock(work) is None
    with child(f"with files.replacing(file): {WAITS}", tmp_path), files.at_work(tmp_path):
        assert files.try_lock(papers) is None
    for each in (papers, work):
        with files.alone(each, "free again"):
            pass


def test_who_waits_for_a_lock_gets_the_file_that_took_its_place(tmp_path: Path) -> None:
    file = tmp_path / "vectors"
    file.write_text("old")
    reader = f"""if True:
        {READY}
        with files.locked(file, "rb", shared=True) as opened:
            print(opened.read().decode(), flush=True)
    """
    old = files.try_lock(file)
    assert old
    with child(reader, file) as process, files.unfinished(tmp_path / "aside.part") as new:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)  # it has opened the old file by then
        files.lock(new)
        files.put_in_place(new, file)
        old.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)  # the new file is locked as the old one was
        new.write(b"new")
        new.close()
        assert said(process) == "new"


def test_a_data_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with (
        pytest.raises(TriptychError, match="data cannot be written"),
        files.at_work(tmp_path / "data"),
    ):
        pass


# full disks


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_the_callers_sentence(number: int) -> None:
    with (
        pytest.raises(OutOfSpace, match=r"^Nothing was kept\.$"),
        files.disk_full_as("Nothing was kept."),
    ):
        raise OSError(number, os.strerror(number))


def test_other_failures_are_not_called_a_full_disk() -> None:
    with pytest.raises(PermissionError), files.disk_full_as("Nothing was kept."):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_why_a_file_could_not_be_written_is_said() -> None:
    with (
        pytest.raises(OutOfSpace, match=r"^It was not kept: Permission denied; try again\.$"),
        files.write_failure_as("It was not kept", "; try again"),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_what_will_not_fit_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    files.require_space(tmp_path, free // 2, "Too much.")
    with pytest.raises(OutOfSpace, match=r"^Too much\.$"):
        files.require_space(tmp_path, free * 2, "Too much.")
