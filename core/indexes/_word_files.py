"""Where counted words lie on disk: a folder for each index, beside the vectors, with the papers
whose words are in it. Knows no BM25.

All of it is derived. A folder may be deleted at any time, also while another process reads it.
"""

import json
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

KEPT = 8  # folders that stay, the last used ones: about half a GB each at 360,000 chunks
PAPERS = "papers.json"


def place(vectors: Path, name: str) -> Path:
    """The folder of the index of that name. `vectors`: where the vectors lie."""
    return vectors / "words" / name


def used(folder: Path) -> None:
    """Note that an index was used just now, and let go of those that were not for longest."""
    with suppress(FileNotFoundError):
        os.utime(folder)
    for old in sorted(_folders(folder.parent), key=_last_used, reverse=True)[KEPT:]:
        drop(old)


def drop(folder: Path) -> None:
    """Take an index away; it may be gone already. Errors: OSError."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def papers(vectors: Path) -> set[str]:
    """The ids of all papers whose words are in an index, as far as they can be read."""
    return {each for folder in _folders(vectors / "words") for each in _papers(folder) or ()}


def forget(vectors: Path, paper_ids: Collection[str]) -> None:
    """Take away every index with words of other papers than these, or of which that is not known.
    Errors: OSError."""
    for folder in _folders(vectors / "words"):
        of = _papers(folder)
        if of is None or not of <= set(paper_ids):
            drop(folder)


def clear_unfinished(vectors: Path) -> None:
    """Take away what a killed process began to write; to be called while nobody is at work."""
    for part in (vectors / "words").glob(".*"):
        drop(part)


def _folders(words: Path) -> list[Path]:
    return [each for each in words.glob("*") if not each.name.startswith(".")]


def _papers(folder: Path) -> set[str] | None:
    try:
        return set(json.loads((folder / PAPERS).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _last_used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
