"""The decks in a folder or a zip file, within limits: whoever made it may mean harm.

Nothing is unpacked to the disk: a member's name is only shown, and becomes part of its cards' ids.
Links are never followed. Knows no format of cards.
"""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import Unreadable

KINDS = (".md", ".markdown", ".txt", ".csv", ".tsv", ".apkg")
MOST_FILES = 5_000
MOST_BYTES = 1_000_000_000  # of all members together, unpacked
READ_AT_ONCE = 1 << 20
# All that the zip library was seen to raise for a file that somebody tampered with.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in a folder or a zip file: its bytes, or why it was left out."""

    name: str
    data: bytes = b""
    left_out: str = ""


def members(path: Path, most_bytes: int) -> Iterator[Member]:
    """Every file below a folder, or in a zip file, by name; of at most `most_bytes` each.

    Errors: Unreadable for a zip file that cannot be opened, or that holds too much.
    """
    if path.is_dir():
        yield from _in_folder(path, most_bytes)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _in_zip(archive, path.name, most_bytes)
    except DAMAGED as error:
        raise Unreadable(
            f"{path.name} cannot be opened as a zip file; make it anew.", str(error)
        ) from error


def _in_folder(folder: Path, most_bytes: int) -> Iterator[Member]:
    for number, path in enumerate(sorted(folder.rglob("*"))):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield Member(name=name, left_out="a link; only files themselves are read")
        elif path.is_file():
            if number >= MOST_FILES:
                raise Unreadable(_too_many(folder.name))
            if refused := _refused(name, path.stat().st_size, most_bytes):
                yield Member(name=name, left_out=refused)
            else:
                yield Member(name=name, data=path.read_bytes())


def _in_zip(archive: zipfile.ZipFile, zip_name: str, most_bytes: int) -> Iterator[Member]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_FILES:
        raise Unreadable(_too_many(zip_name))
    left = MOST_BYTES
    for info in sorted(infos, key=lambda info: info.filename):
        name = info.filename
        if stat.S_ISLNK(info.external_attr >> 16):
            yield Member(name=name, left_out="a link; only files themselves are read")
        elif name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            yield Member(name=name, left_out="its name leads out of the zip file")
        elif info.flag_bits & 1:
            yield Member(name=name, left_out="it needs a password; unpack it yourself")
        elif refused := _refused(name, info.file_size, most_bytes):
            yield Member(name=name, left_out=refused)
        else:
            try:
                data = unpacked(archive, info, min(most_bytes, left))
            except Unreadable as error:
                yield Member(name=name, left_out=error.sentence)
            else:
                left -= len(data)
                yield Member(name=name, data=data)


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """A member's bytes. Errors: Unreadable where it is damaged, or longer than `most_bytes`,
    whatever the zip file says its size is."""
    parts, size = [], 0
    try:
        with archive.open(info) as file:
            while part := file.read(READ_AT_ONCE):
                size += len(part)
                if size > most_bytes:
                    raise Unreadable(f"it unpacks to more than {most_bytes / 1e6:,.0f} MB")
                parts.append(part)
    except DAMAGED as error:
        raise Unreadable("it is damaged, or packed in a way that is not known") from error
    return b"".join(parts)


def _refused(name: str, size: int, most_bytes: int) -> str:
    """Why a file is not even opened; empty if it may be."""
    if not name.lower().endswith(KINDS):
        return f"no deck: none of {', '.join(KINDS)}"
    if size > most_bytes:
        return f"it has {size / 1e6:,.1f} MB, more than the {most_bytes / 1e6:,.0f} allowed"
    return ""


def _too_many(name: str) -> str:
    return f"{name} holds more than {MOST_FILES:,} files; split it."
