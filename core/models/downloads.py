"""Models of the hub, brought here when a person asks for one.

What came before a break is kept and gone on from, which the hub's own library does not do over two
processes; a model appears in TRIPTYCH_MODELS whole and checked, or not at all. Knows nothing of
what the files are for.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from core.errors import BadInput, Damaged, TriptychError
from core.files import alone, require_space, try_lock
from core.models import hub
from core.models.weights import ORIGIN
from core.settings import Settings
from core.types import HubFile, Offer

BLOCK = 1 << 20  # bytes between two reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """How far a download is, in bytes; what was there already is counted."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A download that was broken off: what to look up to go on, and how many bytes came."""

    repository: str
    file: str  # a GGUF; empty for safetensors
    bytes: int


def download(offer: Offer, settings: Settings) -> Iterator[Downloaded]:
    """Bring a model to TRIPTYCH_MODELS. Closing the iterator breaks off; the next call goes on.

    Errors: BadInput if it is being downloaded already or its folder is taken, OutOfSpace, Damaged
    for files that are not what the hub says, TriptychError when the hub does not give them.
    """
    folder = settings.models / offer.folder
    if folder.exists():
        raise BadInput(f"The folder {folder} is there already; remove it to download it again.")
    settings.models.mkdir(parents=True, exist_ok=True)
    # Two downloads would write into the same files.
    busy = f"{offer.name} is being downloaded already; wait for it."
    with alone(settings.models / f".{offer.folder}.lock", busy):
        # Another commit starts anew: files of two must not be mixed.
        part = settings.models / f".{offer.folder}-{offer.commit[:12]}.part"
        part.mkdir(exist_ok=True)
        targets = {file: _target(part, offer, file) for file in offer.files}
        total = offer.bytes
        done = sum(min(_size(target), file.bytes) for file, target in targets.items())
        require_space(
            part,
            total - done,
            f"{offer.name} needs {(total - done) / 1e6:,.0f} MB more in {settings.models};"
            " make room, or choose another place with TRIPTYCH_MODELS.",
        )
        origin = {"repository": offer.repository, "commit": offer.commit, "file": offer.gguf}
        (part / ORIGIN).write_text(json.dumps(origin) + "\n", encoding="utf-8")
        yield Downloaded(done=done, total=total)
        for file, target in targets.items():
            address = hub.address_of(offer, file, settings.hub)
            for came in _fetch(address, target, file, offer.name):
                done += came
                yield Downloaded(done=done, total=total)
            _check(target, file, offer.name)
        part.rename(folder)
        for left in list(_parts(settings, offer.folder)):
            shutil.rmtree(left)


def came(folder: str, settings: Settings) -> int:
    """How many bytes of a model are here already from a download that was broken off."""
    parts = [file for part in _parts(settings, folder) for file in part.rglob("*")]
    return sum(_size(file) for file in parts if file.is_file() and file.name != ORIGIN)


def unfinished(settings: Settings) -> tuple[Unfinished, ...]:
    """What was broken off and is not being gone on with."""
    found = {}
    for origin in sorted(settings.models.glob(f".*.part/{ORIGIN}")):
        folder = origin.parent.name[1:].rpartition("-")[0]
        lock = try_lock(settings.models / f".{folder}.lock")
        if lock is None:  # under way, perhaps in another process
            continue
        lock.close()
        try:
            facts = json.loads(origin.read_bytes())
            repository, file = str(facts["repository"]), str(facts["file"])
        except (OSError, ValueError, KeyError, TypeError):  # begun by an earlier version, or killed
            continue
        size = came(folder, settings)
        found[repository, file] = Unfinished(repository=repository, file=file, bytes=size)
    return tuple(found.values())


def _parts(settings: Settings, folder: str) -> Iterator[Path]:
    """Of this folder, and of none that begins alike."""
    for part in settings.models.glob(".*.part"):
        if part.name[1:].rpartition("-")[0] == folder:
            yield part


def _target(part: Path, offer: Offer, file: HubFile) -> Path:
    """A GGUF file lies at the top, wherever the repository has it."""
    return part / (file.path.rpartition("/")[2] if offer.gguf else file.path)


def _fetch(address: str, target: Path, file: HubFile, name: str) -> Iterator[int]:
    """Write what is missing of a file; yields how many bytes came, less those thrown away."""
    start = _size(target)
    if start == file.bytes and target.exists():
        return
    if start > file.bytes:  # whatever it is, it is not the beginning of this file
        target.unlink()
        yield -file.bytes
        start = 0
    target.parent.mkdir(exist_ok=True)
    with hub.opened(address, name, start) as reply, target.open("ab") as stream:
        if start and reply.status != 206:  # it begins at the beginning all the same
            stream.truncate(0)
            yield -start
            start = 0
        while start < file.bytes:
            try:
                block = reply.read(min(BLOCK, file.bytes - start))
            except HTTPException:
                block = b""
            if not block:
                raise TriptychError(
                    f"The download of {name} broke off; what came so far is kept, start it again"
                    " to go on."
                )
            stream.write(block)
            start += len(block)
            yield len(block)


def _check(target: Path, file: HubFile, name: str) -> None:
    """Errors: Damaged if a file has not the bytes that the hub says; it is removed."""
    with target.open("rb") as stream:
        if file.sha256:
            whole = hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        else:
            blob = b"blob %d\0" % file.bytes + stream.read()
            whole = hashlib.sha1(blob, usedforsecurity=False).hexdigest() == file.blob
    if not whole:
        target.unlink()
        raise Damaged(
            f"{file.path} of {name} came damaged and was removed; start the download again to"
            " fetch it anew."
        )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
