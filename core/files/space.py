"""Disks that are full or cannot be written, in the user's words."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import OutOfSpace


def require_space(folder: Path, needed: int, sentence: str) -> None:
    """Errors: OutOfSpace with that sentence if fewer than `needed` bytes are free there."""
    if shutil.disk_usage(folder).free < needed:
        raise OutOfSpace(sentence)


@contextmanager
def disk_full_as(sentence: str) -> Iterator[None]:
    """Raise OutOfSpace with that sentence when the disk, or one's share of it, is full; any other
    OSError goes through."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OutOfSpace(sentence) from error


@contextmanager
def write_failure_as(sentence: str, advice: str = "") -> Iterator[None]:
    """Raise OutOfSpace for whatever keeps a file from being written: sentence, why, advice."""
    try:
        yield
    except OSError as error:
        raise OutOfSpace(f"{sentence}: {error.strerror}{advice}.", str(error)) from error
