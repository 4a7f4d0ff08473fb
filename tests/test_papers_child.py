import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from core.papers import child, reader
from core.settings import Settings

ENOUGH = 20.0  # seconds


def python(code: str, seconds: float = ENOUGH) -> bytes:
    return child.run([sys.executable, "-c", code], time.monotonic() + seconds)


def test_what_the_child_wrote_is_returned() -> None:
    assert python("print('x' * 200_000, end='')") == b"x" * 200_000


def test_a_child_that_hangs_is_killed() -> None:
    with pytest.raises(child.TooSlow):
        python("while True: pass", 0.3)


def test_a_child_that_hangs_and_writes_is_killed() -> None:
    with pytest.raises(child.TooSlow):
        python("import sys\nwhile True: sys.stderr.write('x' * 1000)", 0.3)


def test_a_deadline_that_has_passed_is_kept() -> None:
    with pytest.raises(child.TooSlow):
        python("pass", -1)


def test_a_crash_is_told_with_the_last_words() -> None:
    with pytest.raises(child.Failed, match="ValueError: last words") as caught:
        python("raise ValueError('last words')")
    assert caught.type is child.Failed


def test_a_segmentation_fault_is_a_failure() -> None:
    with pytest.raises(child.Failed) as caught:
        python("import ctypes; ctypes.string_at(0)")
    assert caught.type is child.Failed


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (f"import sys; sys.exit({reader.NEEDS_PASSWORD})", child.NeedsPassword),
        (f"import sys; sys.exit({reader.OUT_OF_MEMORY})", child.TooMuchMemory),
        ("import os; os.abort()", child.TooMuchMemory),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", child.TooSlow),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_how_it_ended_says_why(code: str, kind: type[child.Failed]) -> None:
    with pytest.raises(kind):
        python(code)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this limit")
def test_a_child_gets_no_more_memory_than_it_may() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(reader.__file__.rpartition('/')[0])!r})\n"
        "import reader; reader.limit(100, 10)\n"
        "try: bytearray(200_000_000)\n"
        "except MemoryError: sys.exit(reader.OUT_OF_MEMORY)"
    )
    with pytest.raises(child.TooMuchMemory):
        python(code)


def told(
    monkeypatch: pytest.MonkeyPatch, code: str, patience: float = ENOUGH, stop: Event | None = None
) -> Iterator[bytes]:
    monkeypatch.setattr(child, "READER", [sys.executable, "-c", code])
    path = Path(__file__)
    return child.lines("ocr", path, Settings(), patience=patience, stop=stop or Event())


def test_lines_come_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import time\nprint('one', flush=True)\ntime.sleep(60)"
    assert next(told(monkeypatch, code)) == b"one\n"


def test_a_line_that_does_not_come_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(monkeypatch, "import time\ntime.sleep(60)", patience=0.3)
    with pytest.raises(child.TooSlow):
        next(lines)


def test_once_stopped_no_more_lines_come(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Event()
    stop.set()
    assert list(told(monkeypatch, "while True: print('x' * 1000)", stop=stop)) == []


def test_lines_before_a_crash_are_told_and_then_the_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(monkeypatch, "print('one', flush=True)\nraise ValueError('last words')")
    assert next(lines) == b"one\n"
    with pytest.raises(child.Failed, match="ValueError: last words"):
        next(lines)
