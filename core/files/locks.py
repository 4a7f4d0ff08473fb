"""Locks on the data folder that end with their process. Knows nothing of what lies in it.

Whoever makes a file that a kill could leave half made holds a shared lock meanwhile. Whoever gets
the same lock alone knows that nobody is at work (core.storage.crash_recovery).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import TriptychError

AT_WORK, PAPERS = "at-work", "papers"  # locks


@contextmanager
def at_work(data: Path) -> Iterator[None]:
    """To be held while files are made that a kill would leave behind. Errors: TriptychError where
    no file can be made."""
    with _held(data, AT_WORK, fcntl.LOCK_SH):
        yield


@contextmanager
def adding(data: Path) -> Iterator[None]:
    """To be held while a paper comes or goes: what is told of it must not be undone meanwhile."""
    with _held(data, AT_WORK, fcntl.LOCK_SH), _held(data, PAPERS, fcntl.LOCK_SH):
        yield


@contextmanager
def replacing(data: Path) -> Iterator[None]:
    """To be held while all papers are replaced; waits until none comes or goes."""
    with _held(data, PAPERS, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(data: Path, name: str, how: int) -> Iterator[None]:
    try:
        file = lock_file(data, name).open("ab")
    except OSError as error:
        raise TriptychError(f"{data} cannot be written: {error.strerror}.") from error
    with file:
        fcntl.flock(file, how)
        yield


def lock_file(data: Path, name: str) -> Path:
    """The file to lock under that name; its folder is made. Errors: OSError."""
    folder = data / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name
