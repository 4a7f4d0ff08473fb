"""The models behind an address that this lab may call, and their keys.

The environment names some, a person adds others in Settings: these are kept in the data folder, and
so are their keys, in a file that only its owner can read. Nothing else names an address: not a
paper, not a deck, not an archive. What cannot be read of these files hides no other model: it is
told (`faults`), and nothing is written over it. Calls nobody.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.codec import from_json, to_json
from core.errors import BadInput, Damaged, TriptychError
from core.files import (
    PART,
    at_work,
    lock_file,
    locked,
    put_in_place,
    write_atomically,
    write_failure_as,
)
from core.settings import Endpoint, Settings, checked, checked_key, key_for
from core.types import Family

KEPT, KEYS = "endpoints.json", "keys.json"  # in the data folder


@dataclass(frozen=True, slots=True)
class _TypedKey:
    """A key, and the one address that it is sent to."""

    address: str
    key: str

    def __repr__(self) -> str:
        return "_TypedKey(…)"


def known(settings: Settings, family: Family | None = None) -> tuple[Endpoint, ...]:
    """The environment's first, then those that were added; those of one family, or all."""
    added, _ = _added(settings)
    every = [*settings.endpoints, *(each for each in added if not _hidden(settings, each))]
    return tuple(each for each in every if family in (None, each.family))


def find(settings: Settings, name: str) -> Endpoint:
    """Errors: BadInput for a name nobody knows."""
    for each in known(settings):
        if each.name == name:
            return each
    raise BadInput(f"There is no endpoint called {name!r} (any more).")


def key(settings: Settings, endpoint: Endpoint) -> str:
    """The key that was typed for it, or else the environment's; empty without any. Errors: as
    `typed_key` and `core.settings.key_for`."""
    return typed_key(settings, endpoint) or key_for(endpoint)


def typed_key(settings: Settings, endpoint: Endpoint) -> str:
    """The key that was typed here for it and its address; empty without one. Errors: Damaged."""
    typed = _keys(settings).get(endpoint.name)
    return typed.key if typed and typed.address == endpoint.address else ""


def add(settings: Settings, endpoint: Endpoint, key: str = "") -> None:
    """Keep an endpoint, in place of the one that was added under its name. With an empty key the
    one that was typed before is kept, unless the address is another.

    Errors: BadInput for what can be no endpoint, a name of the environment's or one too like
    another's, a key that can be none; Damaged for a file that would lose what cannot be read of
    it, TriptychError where nothing can be kept.
    """
    endpoint, key = checked(endpoint), checked_key(key, "The key")
    with _changing(settings) as added:
        for each in (*settings.endpoints, *added):
            taken = each in settings.endpoints or each.name != endpoint.name
            if taken and each.key_variable == endpoint.key_variable:
                where = "TRIPTYCH_ENDPOINTS names" if each in settings.endpoints else "There is"
                raise BadInput(
                    f"{where} {each.name!r} already (names that differ only in case or punctuation"
                    " count as one); choose another name."
                )
        typed = _TypedKey(endpoint.address, key or typed_key(settings, endpoint))
        _keep_keys(settings, endpoint.name, typed if typed.key else None)
        _keep(settings, [*(each for each in added if each.name != endpoint.name), endpoint])


def remove(settings: Settings, name: str) -> None:
    """Forget an endpoint that was added, and its key. Runs that it answered stay. Errors: BadInput
    for one that was not added here, and as `add`."""
    with _changing(settings) as added:
        if name not in {each.name for each in added}:
            raise BadInput(f"No endpoint called {name!r} was added here (any more).")
        _keep_keys(settings, name, None)
        _keep(settings, [each for each in added if each.name != name])


def faults(settings: Settings) -> list[str]:
    """What is wrong with the endpoints of the environment and of the two files, a sentence each."""
    added, wrong = _added(settings)
    found = [*settings.endpoint_faults, *wrong]
    found += [
        f"The endpoint {each.name!r} that was added in Settings is left out: TRIPTYCH_ENDPOINTS"
        " names another one so."
        for each in added
        if _hidden(settings, each)
    ]
    try:
        _keys(settings)
    except Damaged as error:
        found.append(error.sentence)
    file = settings.data / KEYS
    mode = file.stat().st_mode & 0o777 if file.exists() else 0
    if mode & 0o077:
        found.append(
            f"Others on this machine can read the keys in {file} (mode {mode:o}); run"
            f" `chmod 600 {file}`, and if that changes nothing, keep the keys in the environment."
        )
    return found


def _hidden(settings: Settings, endpoint: Endpoint) -> bool:
    """Whether the environment uses its name for another one."""
    return any(each.key_variable == endpoint.key_variable for each in settings.endpoints)


def _added(settings: Settings) -> tuple[list[Endpoint], list[str]]:
    """Those that were added, and a sentence for each entry that cannot be read."""
    file = settings.data / KEPT
    try:
        entries = json.loads(file.read_bytes()) if file.exists() else []
        if not isinstance(entries, list):
            raise ValueError("no list")
    except (OSError, ValueError) as error:
        return [], [_unreadable(file, error)]
    found: dict[str, Endpoint] = {}
    wrong = []
    for place, entry in enumerate(entries, start=1):
        where = f"Endpoint {place} of {file} is left out"
        try:
            endpoint = checked(from_json(Endpoint, json.dumps(entry)))
            if endpoint.key_variable in found:
                raise BadInput("Another one has its name.")
            found[endpoint.key_variable] = endpoint
        except BadInput as error:
            wrong.append(f"{where}: {error.sentence}")
        except Damaged:
            wrong.append(f"{where}: it is damaged; mend it, or take it out of the file.")
    return list(found.values()), wrong


def _keys(settings: Settings) -> dict[str, _TypedKey]:
    """Errors: Damaged, without a word of what is in it."""
    file = settings.data / KEYS
    try:
        return from_json(dict[str, _TypedKey], file.read_bytes()) if file.exists() else {}
    except (OSError, Damaged) as error:
        raise Damaged(_unreadable(file, error)) from None  # what it says may hold keys


def _unreadable(file: Path, error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) else "it is damaged"
    return f"{file} cannot be read ({why}); mend it, or move it away and add its endpoints again."


@contextmanager
def _changing(settings: Settings) -> Iterator[list[Endpoint]]:
    """Those that were added, while nobody else changes them."""
    with at_work(settings.data), write_failure_as("The endpoint could not be kept"):  # noqa: SIM117
        with locked(lock_file(settings.data, "endpoints"), "ab"):
            added, wrong = _added(settings)
            if wrong:
                raise Damaged(f"Nothing was changed. {wrong[0]}")
            yield added


def _keep(settings: Settings, endpoints: list[Endpoint]) -> None:
    lines = ",\n".join(to_json(each) for each in endpoints)
    write_atomically(settings.data / KEPT, f"[{lines}]\n")


def _keep_keys(settings: Settings, name: str, typed: _TypedKey | None) -> None:
    """Keep an endpoint's key, or forget it."""
    before = _keys(settings)
    keys = {each: key for each, key in before.items() if each != name}
    keys |= {name: typed} if typed else {}
    if keys == before:
        return
    if not keys:
        (settings.data / KEYS).unlink()
        return
    written = {each: {"address": key.address, "key": key.key} for each, key in keys.items()}
    part = settings.data / f"{KEYS}{PART}"
    part.unlink(missing_ok=True)  # it would keep its mode
    with open(part, "wb", opener=_for_the_owner) as new:
        try:
            if os.fstat(new.fileno()).st_mode & 0o077:
                raise TriptychError(
                    f"{settings.data} lies on a disk that keeps no file for its owner alone, so no"
                    " key is kept there; set it in the environment instead."
                )
            new.write(json.dumps(written).encode("utf-8"))
            put_in_place(new, settings.data / KEYS)
        finally:
            part.unlink(missing_ok=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)
