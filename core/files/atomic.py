"""Files and folders that appear whole or not at all. Knows nothing of what is in them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PART = ".part"  # at the end of the name of what is not yet whole


@contextmanager
def unfinished(part: Path) -> Iterator[IO[bytes]]:
    """A new file to write, gone at the end of the block unless `put_in_place` gave it its final
    name; a kill leaves at most a file called `part`. Errors: OSError."""
    with part.open("wb") as new:
        try:
            yield new
        finally:
            part.unlink(missing_ok=True)  # while it is still open, and so locked if it was


def put_in_place(new: IO[bytes], file: Path) -> None:
    """Give an unfinished file its final name, once it is on disk; it replaces what has that name.
    Errors: OSError."""
    new.flush()
    os.fsync(new.fileno())
    Path(new.name).replace(file)


def write_atomically(file: Path, text: str) -> None:
    """Put a text in place of what the file holds; a kill leaves the old or the new one, and at
    most a file with ".part" behind its name. Errors: OSError."""
    with unfinished(file.with_name(f"{file.name}{PART}")) as new:
        new.write(text.encode("utf-8"))
        put_in_place(new, file)


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which gets its final name at the end of the block. Two processes
    may do it at once: the first to finish wins, and the other's folder goes. Errors: OSError."""
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield part
        part.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
