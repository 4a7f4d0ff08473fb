"""What is to be added -> the single files in it. Knows files, folders, zip files and uploads, and
nothing of what a paper is.

Whoever made a zip file may mean harm: nothing of it is unpacked under a name of its own, what its
files are called is only shown, and how much it holds is limited by the settings. Links in folders
and zip files are never followed.
"""

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import Unreadable
from core.settings import Settings
from core.text import file_name

# A file, a folder or a zip file on disk; or the name of an upload and its bytes.
Source = Path | tuple[str, IO[bytes]]

# All that the zip library was seen to raise for a file that somebody tampered with.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    RuntimeError, NotImplementedError,
)  # fmt: skip
LEFT_OUT = ("of another kind", "hidden", "a link"), ("of other kinds", "hidden", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFile:
    """One file: how it is shown, its own name, and where its bytes are: at a path, or in a stream
    that `open` opens. What `open` and reading that stream raise: DAMAGED and Unreadable."""

    shown: str
    name: str
    path: Path | None = None
    open: Callable[[], IO[bytes]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What could not be looked into (`failed`), or how much of a folder was not for reading."""

    shown: str
    reason: str
    failed: bool


@contextmanager
def opened(
    sources: Iterable[Source], kinds: Collection[str], settings: Settings
) -> Iterator[list[SingleFile | LeftOut]]:
    """The single files of all sources, in their order, within a folder or zip file by name: of
    these only such as have one of the suffixes `kinds`. Streams can be opened inside the block."""
    with ExitStack() as open_zips:
        found: list[SingleFile | LeftOut] = []
        for source in sources:
            if isinstance(source, Path):
                shown = str(source)
                if source.is_dir():
                    found += _in_folder(source, kinds)
                    continue
                single = SingleFile(shown=shown, name=file_name(source.name), path=source)
                is_zip = source.suffix.lower() == ".zip" and source.is_file()
            else:
                shown = file_name(source[0])
                is_zip = PurePosixPath(shown).suffix.lower() == ".zip"
                single = SingleFile(shown=shown, name=shown, open=partial(_itself, source[1]))
            if is_zip:
                try:
                    place = source if isinstance(source, Path) else source[1]
                    archive = open_zips.enter_context(zipfile.ZipFile(place))
                    found += _in_zip(archive, shown, kinds, settings)
                except Unreadable as error:
                    found.append(LeftOut(shown=shown, reason=error.sentence, failed=True))
                except DAMAGED:
                    said = f"{shown} cannot be opened as a zip file; make it anew."
                    found.append(LeftOut(shown=shown, reason=said, failed=True))
            else:
                found.append(single)
        yield found


def _itself(stream: IO[bytes]) -> IO[bytes]:
    return stream


def _in_folder(folder: Path, kinds: Collection[str]) -> list[SingleFile | LeftOut]:
    found: list[SingleFile | LeftOut] = []
    left: Counter[int] = Counter()

    def refused(error: OSError) -> None:
        shown = str(error.filename)
        said = f"{shown} cannot be looked into: {error.strerror}."
        found.append(LeftOut(shown=shown, reason=said, failed=True))

    for place, folders, files in os.walk(folder, onerror=refused):
        inside = Path(place)
        for name in sorted(files):
            why = _why_not(name, (inside / name).is_symlink(), kinds)
            if why is None:
                path = inside / name
                found.append(SingleFile(shown=str(path), name=file_name(name), path=path))
            else:
                left[why] += 1
        left[2] += sum((inside / name).is_symlink() for name in folders)
        left[1] += sum(name.startswith(".") for name in folders)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
    return found + _said(str(folder), left, nothing=not found)


def _in_zip(
    archive: zipfile.ZipFile, shown: str, kinds: Collection[str], settings: Settings
) -> list[SingleFile | LeftOut]:
    """Errors: Unreadable where it holds more than is allowed."""
    found: list[SingleFile | LeftOut] = []
    left: Counter[int] = Counter()
    wanted = []
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        hidden = any(part.startswith((".", "__MACOSX")) and part.strip(".") for part in parts)
        why = _why_not(parts[-1] if parts else "", stat.S_ISLNK(info.external_attr >> 16), kinds)
        if name.endswith("/"):
            continue
        if hidden or why is not None:
            left[1 if hidden or why is None else why] += 1
        else:
            wanted.append((name, info))
    size = sum(info.file_size for _, info in wanted)
    if size > settings.max_zip_mb * 1_000_000:
        raise Unreadable(
            f"{shown} unpacks to {size / 1e6:,.0f} MB, more than the {settings.max_zip_mb:,}"
            " allowed; split it, or raise TRIPTYCH_MAX_ZIP_MB."
        )
    if len(archive.infolist()) > settings.max_zip_files:
        raise Unreadable(
            f"{shown} holds {len(archive.infolist()):,} files, more than the"
            f" {settings.max_zip_files:,} allowed; split it, or raise TRIPTYCH_MAX_ZIP_FILES."
        )
    for name, info in sorted(wanted, key=lambda each: each[0]):
        found.append(
            SingleFile(
                shown=file_name(f"{shown}/{name}"),
                name=file_name(PurePosixPath(name).name),
                open=partial(_entry, archive, info),
            )
        )
    return found + _said(shown, left, nothing=not found)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    if info.flag_bits & 1:
        raise Unreadable(f"{info.filename} needs a password; unpack it yourself and add it then.")
    return archive.open(info)


def _why_not(name: str, link: bool, kinds: Collection[str]) -> int | None:
    """Which of LEFT_OUT a file is; None if it is for reading."""
    if name.startswith("."):
        return 1
    if link:
        return 2
    return None if PurePosixPath(name).suffix.lower() in kinds else 0


def _said(shown: str, left: Counter[int], *, nothing: bool) -> list[LeftOut]:
    counts = [f"{left[why]:,} {LEFT_OUT[left[why] > 1][why]}" for why in range(3) if left[why]]
    skipped = f"left out: {', '.join(counts)}" if counts else ""
    if nothing:
        said = f"{shown} holds no file that can be read{f' ({skipped})' if skipped else ''}."
        return [LeftOut(shown=shown, reason=said, failed=True)]
    return [LeftOut(shown=shown, reason=skipped, failed=False)] if skipped else []
