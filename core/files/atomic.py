"""Files that appear whole or not at all. Knows nothing of what is in them."""

import os
from pathlib import Path

PART = ".part"  # at the end of the name of what is not yet whole


def write_atomically(file: Path, text: str) -> None:
    """Put a text in place of what the file holds; a kill leaves the old or the new one, and at
    most a file with ".part" behind its name. Errors: OSError."""
    part = file.with_name(f"{file.name}{PART}")
    try:
        with part.open("w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
