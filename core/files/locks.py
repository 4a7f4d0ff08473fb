"""Locks that end with their process. Knows nothing of what the locked files are for.

Whoever makes a file that a kill could leave half made holds a shared lock meanwhile. Whoever gets
the same lock alone knows that nobody is at work (core.storage.crash_recovery).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import BadInput, TriptychError

AT_WORK, PAPERS = "at-work", "papers"  # locks


@contextmanager
def at_work(data: Path) -> Iterator[None]:
    """To be held while files are made that a kill would leave behind. Errors: TriptychError where
    no file can be made."""
    with _held(data, AT_WORK, shared=True):
        yield


@contextmanager
def adding(data: Path) -> Iterator[None]:
    """To be held while a paper comes or goes: what is told of it must not be undone meanwhile."""
    with _held(data, AT_WORK, shared=True), _held(data, PAPERS, shared=True):
        yield


@contextmanager
def replacing(data: Path) -> Iterator[None]:
    """To be held while all papers are replaced; waits until none comes or goes."""
    with _held(data, PAPERS, shared=False):
        yield


@contextmanager
def alone(file: Path, sentence: str) -> Iterator[None]:
    """To be held by one at a time. Errors: BadInput with that sentence while another holds it."""
    lock = try_lock(file)
    if lock is None:
        raise BadInput(sentence)
    with lock:
        yield


def try_lock(file: Path) -> IO[bytes] | None:
    """A lock on a file, which ends when it is closed or its process ends; None while another one
    is held. Errors: OSError."""
    opened = file.open("ab")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        opened.close()
        return None
    return opened


@contextmanager
def locked(file: Path, mode: str, *, shared: bool = False) -> Iterator[IO[bytes]]:
    """The file that has this name once the lock is held: it may be replaced while one waits.
    Errors: OSError."""
    while True:
        with file.open(mode) as opened:
            lock(opened, shared=shared)
            if _is_at(opened, file):
                yield opened
                return


def lock(file: IO[bytes], *, shared: bool = False) -> None:
    """Lock an open file until it is closed; waits for whoever holds a lock on it."""
    fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def lock_file(data: Path, name: str) -> Path:
    """The file to lock under that name; its folder is made. Errors: OSError."""
    folder = data / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


@contextmanager
def _held(data: Path, name: str, *, shared: bool) -> Iterator[None]:
    try:
        file = lock_file(data, name).open("ab")
    except OSError as error:
        raise TriptychError(f"{data} cannot be written: {error.strerror}.") from error
    with file:
        lock(file, shared=shared)
        yield


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
