"""Models of the hub, brought here when a person asks for one.

Speaks the hub's public interface over plain HTTP, without an account. What came before a break is
kept and gone on from, which the hub's own library does not do over two processes; a model appears
in TRIPTYCH_MODELS whole and checked, or not at all. Knows nothing of what the files are for.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from core.errors import BadInput, Damaged, TriptychError
from core.files import alone, disk_full_as, require_space
from core.models.weights import ORIGIN, Known
from core.settings import Settings

# Weights and what reads them; no other formats of the same weights, and no path that leads away.
WANTED = re.compile(r"(\d+_\w+/)?\w[\w.-]*\.(safetensors|json|txt|jinja)", re.ASCII)
BLOCK = 1 << 20  # bytes between two reports
SILENCE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """How far a download is, in bytes; what was there already is counted."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: str
    size: int
    sha256: str  # of a large file; empty for a small one
    blob: str  # git's own sha1 of a small file


def download(known: Known, settings: Settings) -> Iterator[Downloaded]:
    """Bring a model to TRIPTYCH_MODELS. Closing the iterator breaks off; the next call goes on.

    Errors: BadInput if it is being downloaded already or its folder is taken, OutOfSpace, Damaged
    for files that are not what the hub says, TriptychError when the hub does not give them.
    """
    folder = settings.models / known.name
    if folder.exists():
        raise BadInput(f"The folder {folder} is there already; remove it to download it again.")
    settings.models.mkdir(parents=True, exist_ok=True)
    # Two downloads would write into the same files.
    busy = f"{known.name} is being downloaded already; wait for it."
    with alone(settings.models / f".{known.name}.lock", busy):
        commit, files = _listing(known, settings.hub)
        # Another commit starts anew: files of two must not be mixed.
        part = settings.models / f".{known.name}-{commit[:12]}.part"
        part.mkdir(exist_ok=True)
        total = sum(file.size for file in files)
        done = sum(min(_size(part / file.path), file.size) for file in files)
        require_space(
            part,
            total - done,
            f"{known.name} needs {(total - done) / 1e6:,.0f} MB more in {settings.models};"
            " make room, or choose another place with TRIPTYCH_MODELS.",
        )
        yield Downloaded(done=done, total=total)
        for file in files:
            address = f"{settings.hub}/{known.repository}/resolve/{commit}/{quote(file.path)}"
            for came in _fetch(address, part / file.path, file, known.name):
                done += came
                yield Downloaded(done=done, total=total)
            _check(part / file.path, file, known.name)
        origin = {"repository": known.repository, "commit": commit}
        (part / ORIGIN).write_text(json.dumps(origin) + "\n", encoding="utf-8")
        part.rename(folder)
        for left in settings.models.glob(f".{known.name}-*.part"):
            shutil.rmtree(left)


def came(known: Known, settings: Settings) -> int:
    """How many bytes of a model are here already from a download that was broken off."""
    parts = settings.models.glob(f".{known.name}-*.part/**/*")
    return sum(path.stat().st_size for path in parts if path.is_file())


def _listing(known: Known, hub: str) -> tuple[str, list[_File]]:
    """The newest commit and its files that are wanted."""
    with _opened(f"{hub}/api/models/{known.repository}?blobs=true", known.name) as reply:
        try:
            facts = json.load(reply)
            files = [_file(each) for each in facts["siblings"]]
            commit = re.fullmatch("[0-9a-f]{40}", facts["sha"])
        except (ValueError, KeyError, TypeError, HTTPException) as error:
            raise _nonsense(known.name, hub) from error
    wanted = [file for file in files if WANTED.fullmatch(file.path)]
    if not commit or not wanted:
        raise _nonsense(known.name, hub)
    return commit[0], wanted


def _file(facts: dict[str, Any]) -> _File:
    large = facts.get("lfs") or {}
    return _File(
        path=str(facts["rfilename"]),
        size=int(facts.get("size") or 0),
        sha256=str(large.get("sha256", "")),
        blob=str(facts.get("blobId", "")),
    )


def _nonsense(name: str, hub: str) -> TriptychError:
    return TriptychError(f"What {hub} says about {name} cannot be read; check HF_ENDPOINT.")


@contextmanager
def _opened(address: str, name: str, start: int = 0) -> Iterator[Any]:
    """The reply to a request for an address, from a byte on. What fails while it is read or
    written to disk is said as well."""
    request = Request(address, headers={"Range": f"bytes={start}-"} if start else {})
    full = (
        f"The disk is full: the download of {name} stopped, and what came so far is kept;"
        " make room and start it again."
    )
    try:
        with disk_full_as(full), urlopen(request, timeout=SILENCE_SECONDS) as reply:
            yield reply
    except HTTPError as error:
        error.close()
        raise TriptychError(
            f"The hub does not give {name} (status {error.code}); try again later, or choose"
            " another model.",
            address,
        ) from error
    except (OSError, HTTPException) as error:  # no name, no connection, silence
        raise TriptychError(
            f"The hub cannot be reached for {name}; check the network and start the download"
            " again, what came so far is kept.",
            f"{address}: {error}",
        ) from error


def _fetch(address: str, target: Path, file: _File, name: str) -> Iterator[int]:
    """Write what is missing of a file; yields how many bytes came, less those thrown away."""
    start = _size(target)
    if start == file.size and target.exists():
        return
    if start > file.size:  # whatever it is, it is not the beginning of this file
        target.unlink()
        yield -file.size
        start = 0
    target.parent.mkdir(exist_ok=True)
    with _opened(address, name, start) as reply, target.open("ab") as stream:
        if start and reply.status != 206:  # it begins at the beginning all the same
            stream.truncate(0)
            yield -start
            start = 0
        while start < file.size:
            try:
                block = reply.read(min(BLOCK, file.size - start))
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


def _check(target: Path, file: _File, name: str) -> None:
    """Errors: Damaged if a file has not the bytes that the hub says; it is removed."""
    with target.open("rb") as stream:
        if file.sha256:
            whole = hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        else:
            blob = b"blob %d\0" % file.size + stream.read()
            whole = hashlib.sha1(blob, usedforsecurity=False).hexdigest() == file.blob
    if not whole:
        target.unlink()
        raise Damaged(
            f"{file.path} of {name} came damaged and was removed; start the download again to"
            " fetch it anew."
        )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
