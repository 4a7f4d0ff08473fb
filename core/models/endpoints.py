"""The models behind an address that this lab may call, and their keys.

The environment names some, a person adds others in Settings: these are kept in the data folder, and
so are their keys, in a file that only its owner can read. Nothing else names an address: not a
paper, not a deck, not an archive. Calls nobody.
"""

import json

from core.codec import from_json, to_json
from core.errors import BadInput
from core.files import put_in_place, unfinished, write_atomically
from core.settings import Endpoint, Settings, key_for
from core.types import Family

KEPT, KEYS = "endpoints.json", "keys.json"  # in the data folder


def known(settings: Settings, family: Family | None = None) -> tuple[Endpoint, ...]:
    """The environment's first, then those that were added; those of one family, or all. Errors:
    Damaged for a file that cannot be read."""
    added = [each for each in _added(settings) if not _named(settings.endpoints, each.name)]
    every = (*settings.endpoints, *added)
    return tuple(each for each in every if family in (None, each.family))


def find(settings: Settings, name: str) -> Endpoint:
    """Errors: BadInput for a name nobody knows."""
    for each in known(settings):
        if each.name == name:
            return each
    raise BadInput(f"There is no endpoint called {name!r}.")


def key(settings: Settings, endpoint: Endpoint) -> str:
    """Its own key, the one typed for it before the environment's; empty without any. Errors: as
    `core.settings.key_for`."""
    return _keys(settings).get(endpoint.name, "") or key_for(endpoint)


def add(settings: Settings, endpoint: Endpoint, key: str = "") -> None:
    """Keep an endpoint, in place of the one that has its name; an empty key leaves the key that is
    there. Errors: BadInput for a name of the environment's."""
    if _named(settings.endpoints, endpoint.name):
        raise BadInput(f"TRIPTYCH_ENDPOINTS names {endpoint.name!r} already; choose another name.")
    others = [each for each in _added(settings) if each.name != endpoint.name]
    _keep(settings, [*others, endpoint])
    if key:
        _keep_keys(settings, _keys(settings) | {endpoint.name: key})


def remove(settings: Settings, name: str) -> None:
    """Forget an endpoint that was added, and its key. Runs that it answered stay."""
    _keep(settings, [each for each in _added(settings) if each.name != name])
    keys = _keys(settings)
    if keys.pop(name, ""):
        _keep_keys(settings, keys)


def _named(endpoints: tuple[Endpoint, ...], name: str) -> bool:
    return any(each.name == name for each in endpoints)


def _added(settings: Settings) -> tuple[Endpoint, ...]:
    file = settings.data / KEPT
    return from_json(tuple[Endpoint, ...], file.read_bytes()) if file.exists() else ()


def _keep(settings: Settings, endpoints: list[Endpoint]) -> None:
    lines = ",\n".join(to_json(each) for each in endpoints)
    write_atomically(settings.data / KEPT, f"[{lines}]\n")


def _keys(settings: Settings) -> dict[str, str]:
    file = settings.data / KEYS
    return from_json(dict[str, str], file.read_bytes()) if file.exists() else {}


def _keep_keys(settings: Settings, keys: dict[str, str]) -> None:
    part = settings.data / f"{KEYS}.part"
    with unfinished(part) as new:
        part.chmod(0o600)  # while it is empty
        new.write(json.dumps(keys).encode("utf-8"))
        put_in_place(new, settings.data / KEYS)
