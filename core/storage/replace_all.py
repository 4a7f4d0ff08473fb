"""All data becomes that of another database, or stays as it is, also when it is killed midway.

    WORK/triptych.sqlite   the other database, checked
    WORK/papers/<sha256>   its original files
    WORK/plan.json         what is to be done, written before anything is

The database decides. It takes on the other one's content in one transaction, and with it the mark
that stands in the plan: whoever finds a plan sees by it whether that came about, and does the rest
of it or undoes the beginning. Knows nothing of backups.
"""

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from core.codec import from_json, to_json
from core.errors import Damaged
from core.files import write_atomically
from core.store import Store
from core.types import PaperFilter, file_id_of

WORK = "backups/.work"
PLAN = f"{WORK}/plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementPlan:
    """Ids of papers before and after; own presets afterwards, texts by name."""

    mark: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    presets: dict[str, str]


def replace_all(
    data: Path,
    store: Store,
    database: Path,
    paper_ids: Collection[str],
    presets: dict[str, str],
) -> None:
    """Let the data become that of a database in the work folder, with these papers in it.

    Errors: as Database; then nothing has changed.
    """
    plan = ReplacementPlan(
        mark=SystemRandom().randrange(1, 2**31),
        old=store.papers.ids(PaperFilter()),
        new=tuple(paper_ids),
        presets=presets,
    )
    write_atomically(data / PLAN, to_json(plan))
    (data / "papers").mkdir(parents=True, exist_ok=True)
    try:
        # Originals are named by what is in them, so those of both stand beside each other.
        for paper_id in plan.new:
            file_id = file_id_of(paper_id)
            with suppress(FileNotFoundError):  # it was missing when the backup was made
                (data / WORK / "papers" / file_id).replace(data / "papers" / file_id)
        store.database.restore_from(database, plan.mark)
    except BaseException:
        _undo(data, plan)
        raise
    _finish(data, plan)


def recover(data: Path, mark: int) -> None:
    """Do what a killed process left undone; nothing if there is nothing. `mark` is the one of the
    database."""
    with suppress(FileNotFoundError, Damaged):  # no plan, or half of one: nothing was begun
        plan = from_json(ReplacementPlan, (data / PLAN).read_bytes())
        if plan.mark == mark:
            _finish(data, plan)
        else:
            _undo(data, plan)
    shutil.rmtree(data / WORK, ignore_errors=True)


def _finish(data: Path, plan: ReplacementPlan) -> None:
    from core.indexes import forget

    _remove(data, plan.old, but=plan.new)
    own = data / "sweeps"
    for file in own.glob("*.toml"):
        if file.stem not in plan.presets:
            file.unlink()
    for name, text in plan.presets.items():
        own.mkdir(exist_ok=True)
        write_atomically(own / f"{name}.toml", text)
    forget(data / "vectors", plan.new)
    (data / PLAN).unlink()


def _undo(data: Path, plan: ReplacementPlan) -> None:
    _remove(data, plan.new, but=plan.old)
    (data / PLAN).unlink()


def _remove(data: Path, paper_ids: Collection[str], but: Collection[str]) -> None:
    """Take away the files of papers that are not those of the others."""
    for file_id in set(map(file_id_of, paper_ids)) - set(map(file_id_of, but)):
        (data / "papers" / file_id).unlink(missing_ok=True)
