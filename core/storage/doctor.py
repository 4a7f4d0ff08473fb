"""Whether everything on disk is whole; what is derived is rebuilt."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import Damaged
from core.models import Endpoints, Models
from core.papers import Papers
from core.settings import Settings
from core.store import Store

LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, and what was found."""

    check: str
    ok: bool
    sentence: str


def examine(
    settings: Settings, store: Store, papers: Papers, models: Models, endpoints: Endpoints
) -> Iterator[Check]:
    """All checks in turn; none of them loads a model."""
    yield _folder(settings)
    yield _space(settings)
    yield _database(store)
    yield from _originals(papers)
    yield from _models(models)
    for fault in endpoints.faults():
        yield Check(check="endpoints", ok=False, sentence=fault)


def _folder(settings: Settings) -> Check:
    try:
        with tempfile.NamedTemporaryFile(dir=settings.data):
            pass
    except OSError as error:
        said = f"{settings.data} cannot be written: {error.strerror}."
        return Check(check="data folder", ok=False, sentence=said)
    return Check(check="data folder", ok=True, sentence=f"{settings.data} can be written.")


def _space(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.data).free // 1_000_000
    return Check(check="disk", ok=free >= LEAST_FREE_MB, sentence=f"{free:,} MB are free.")


def _database(store: Store) -> Check:
    try:
        faults = store.database.faults()
    except Damaged as error:
        return Check(check="database", ok=False, sentence=error.sentence)
    said = "The database is whole." if not faults else f"The database is damaged: {faults[0]}."
    return Check(check="database", ok=not faults, sentence=said)


def _originals(papers: Papers) -> Iterator[Check]:
    """Each paper's file is there and has the bytes it was added with."""
    faults, rows = 0, papers.all()
    for row in rows:
        fault = ""
        if not papers.file(row.id).is_file():
            fault = "is missing"
        elif not papers.whole(row.id):
            fault = "is damaged"
        if fault:
            faults += 1
            said = f"The file of “{row.title}” {fault}; its text is safe, add {row.source} again."
            yield Check(check="original file", ok=False, sentence=said)
    if not faults:
        said = f"The files of {len(rows)} papers are whole."
        yield Check(check="original files", ok=True, sentence=said)


def _models(models: Models) -> Iterator[Check]:
    for model in models.all():
        if model.source == "hub":  # nobody asked for it yet
            continue
        where = "behind an address" if model.source == "endpoint" else model.source
        said = f"{model.name} is {where}." if model.available else model.reason
        yield Check(check=model.family, ok=model.available, sentence=said)
