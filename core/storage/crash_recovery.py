"""What a killed process leaves in the data folder, and how it is told from work under way.

A file that is being made has a name of its own, and its maker holds a shared lock that ends with
the process. Whoever opens the lab and gets that lock alone knows that nobody is at work, and clears
away what is left. A file with its final name is never touched: an original that no paper knows may
be the last copy of something.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from core.errors import OutOfSpace
from core.files import AT_WORK, PART, lock_file, try_lock
from core.storage import replace_all
from core.types import file_id_of


def clear(
    data: Path,
    mark: int,
    paper_ids: Callable[[], Collection[str]],
    clear_removed: Callable[[], None],
) -> None:
    """Finish or take away what a killed process left, unless one is at work, and let go of what
    was removed and can be brought back no more.

    `mark` is that of the database (core.store.database). What cannot be cleared now, because the
    disk is full or cannot be written, stays until the lab is opened again.
    """
    try:
        alone = try_lock(lock_file(data, AT_WORK))
        if alone is None:
            return
        with alone:
            replace_all.recover(data, mark)
            clear_removed()
            _originals(data / "papers", paper_ids)
            for pattern in (
                "papers/copy-*",
                "papers/upload-*",
                "backups/*.part",
                "backups/triptych-*.sqlite*",
                "sweeps/*.part",
                "vectors/*.part",
                "endpoints.json.part",
                "keys.json.part",
            ):
                for left in data.glob(pattern):
                    left.unlink(missing_ok=True)
            _vectors(data / "vectors", paper_ids)
    except (OSError, OutOfSpace):
        return


def _originals(folder: Path, paper_ids: Callable[[], Collection[str]]) -> None:
    """A file that was being kept, or taken away, when its process ended: whether its paper is
    there says which it was."""
    left = list(folder.glob(f"*{PART}"))
    here = set(map(file_id_of, paper_ids())) if left else ()
    for file in left:
        if file.stem in here:
            file.replace(folder / file.stem)
        else:
            file.unlink()


def _vectors(folder: Path, paper_ids: Callable[[], Collection[str]]) -> None:
    """Vectors and words of papers that went, where a kill came between the two."""
    if not folder.is_dir():
        return
    from core.indexes import forget, word_files

    word_files.clear_unfinished(folder)
    noted = {each.name for papers in folder.glob("*.papers") for each in papers.iterdir()}
    noted |= word_files.papers(folder)
    here = paper_ids() if noted else ()
    if noted - set(here):
        forget(folder, here)
