"""Runs the PDF reader where it can be killed. Knows processes and limits, nothing of papers.

A subprocess and not multiprocessing: that would start the page that calls it once more.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO

from core.papers import reader
from core.settings import Settings

# -P: nothing beside the reader's file can stand in for a module it imports.
READER = [sys.executable, "-P", str(Path(reader.__file__).resolve())]

POLL_SECONDS = 0.1


class Failed(Exception):
    """The reader gave nothing. The message is the last it wrote, for those who want to know."""


class NeedsPassword(Failed):
    """The file opens only with a password."""


class TooSlow(Failed):
    """It took longer than it may."""


class TooMuchMemory(Failed):
    """It needed more memory than it may."""


def read(how: str, file: Path, settings: Settings, *more: str, deadline: float) -> bytes:
    """What the reader wrote (see core.papers.reader). Errors: Failed and its kinds.

    `deadline` is a time of the monotonic clock, in seconds.
    """
    limits = [str(settings.read_mb), str(settings.read_seconds)]
    return run([*READER, how, str(file.resolve()), *limits, *more], deadline)


def lines(
    how: str, file: Path, settings: Settings, *more: str, patience: float, stop: Event
) -> Iterator[bytes]:
    """What the reader writes, line by line, until it ends or `stop` is set. Errors: Failed and its
    kinds, TooSlow where one line takes longer than `patience`, in seconds."""
    most = patience * len(more) * settings.cores
    limits = [str(settings.read_mb), str(round(most))]
    command = [*READER, how, str(file.resolve()), *limits, *more]
    with (
        TemporaryFile() as complaints,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        ) as child,
    ):
        assert child.stdout
        told: Queue[bytes] = Queue()
        Thread(target=_hand_over, args=(child.stdout, told), daemon=True).start()
        try:
            deadline = time.monotonic() + patience
            while True:
                if stop.is_set():
                    return
                try:
                    line = told.get(timeout=POLL_SECONDS)
                except Empty:
                    if time.monotonic() > deadline:
                        raise TooSlow(f"no line in {patience} s") from None
                    continue
                if not line:
                    break
                yield line
                deadline = time.monotonic() + patience
            child.wait()
        finally:
            child.kill()
        complaints.seek(0)
        _check(child.returncode, complaints.read())


def _hand_over(output: IO[bytes], told: Queue[bytes]) -> None:
    """Each line as it comes, and nothing at the end."""
    for line in output:
        told.put(line)
    told.put(b"")


def run(command: list[str], deadline: float) -> bytes:
    """The standard output of a command that ended well and in time. Errors: as `read`."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        try:
            output, complaint = child.communicate(timeout=max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise TooSlow(str(error)) from None
        finally:
            child.kill()
    _check(child.returncode, complaint)
    return output


def _check(returncode: int, complaint: bytes) -> None:
    """Errors: as `read`, if the reader did not end well."""
    if returncode:
        last = complaint[-500:].decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise _kind(returncode)(last or f"the reader ended with {returncode}")


def _kind(returncode: int) -> type[Failed]:
    # PDFium aborts when it gets no memory; the system kills who takes the last of it.
    out_of_memory = [reader.OUT_OF_MEMORY]
    too_slow = []
    if sys.platform != "win32":
        out_of_memory += [-signal.SIGABRT, -signal.SIGKILL]
        too_slow += [-signal.SIGXCPU]
    if returncode == reader.NEEDS_PASSWORD:
        return NeedsPassword
    if returncode in out_of_memory:
        return TooMuchMemory
    return TooSlow if returncode in too_slow else Failed
