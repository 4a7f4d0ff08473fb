"""What a server computes with: whether it is still what it was when its numbers were kept.

A name and an address say little: another model may be loaded behind them at any time. So what an
endpoint says of its model and what it made of a fixed text are kept at the first use, and compared
at the first use after each start. A change gives it another revision, by which vectors, scores and
runs are kept; where it goes back to what it was, its old revision and all that is kept under it are
valid again. Calls nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.codec import from_json, to_json
from core.errors import TriptychError
from core.files import write_atomically
from core.models import endpoints
from core.settings import Endpoint, Settings
from core.types import Family, Model, digest

FOLDER = "served"  # in the data folder; a file for each endpoint

Probe = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One thing that an endpoint was: a hash of what it said of its model, empty where it said
    nothing; the numbers that it gave for the probe; whether its scores are logits."""

    revision: str
    said: str
    probe: Probe
    logits: bool = False


def models(settings: Settings, family: Family) -> list[Model]:
    """The endpoints of a family. Whether one answers is found out by asking it."""
    return [
        Model(
            name=endpoint.name,
            family=family,
            source="endpoint",
            available=True,
            reason="",
            revision=revision(settings, endpoint),
        )
        for endpoint in endpoints.known(settings, family)
    ]


def revision(settings: Settings, endpoint: Endpoint) -> str:
    """What it is by now, as far as it was used: which name at which address, and what changed
    there since. Errors: Damaged for a file that cannot be read."""
    known = _known(_file(settings, endpoint))
    return known[-1].revision if known else _first(endpoint)


def meet(
    settings: Settings,
    endpoint: Endpoint,
    said: str,
    probe: Probe,
    unlike: Callable[[Probe, Probe], str],
) -> Identity:
    """What it is, told by what it says of its model and by its numbers for the probe. `unlike` says
    in a clause how two probes differ, empty if they do not.

    Errors: TriptychError if it is not what it was at the last use; it counts as another model from
    then on, and whoever asks again uses that one.
    """
    file = _file(settings, endpoint)
    known = _known(file)
    if not known:
        first = Identity(revision=_first(endpoint), said=said, probe=probe)
        _keep(file, (first,))
        return first

    def differs(other: Identity) -> str:
        if said and other.said and said != other.said:
            return "it says that it serves another model"
        return unlike(other.probe, probe)

    last = known[-1]
    if not (clause := differs(last)):
        return last
    back = next((each for each in known if not differs(each)), None)
    new = back or Identity(revision=digest([_first(endpoint), said, probe]), said=said, probe=probe)
    _keep(file, (*(each for each in known if each is not back), new))
    raise TriptychError(
        f"{endpoint.name} ({endpoint.address}) is not what it was: {clause}. From now on it counts"
        " as another model, and nothing is mixed with what was kept before; ask again."
    )


def are_logits(settings: Settings, endpoint: Endpoint) -> None:
    """Remember that its scores are logits: from now on it counts as another model."""
    file = _file(settings, endpoint)
    *before, last = _known(file)
    changed = Identity(
        revision=digest([last.revision, "logits"]), said=last.said, probe=last.probe, logits=True
    )
    _keep(file, (*before, changed))


def _first(endpoint: Endpoint) -> str:
    return digest([endpoint.address, endpoint.model])


def _file(settings: Settings, endpoint: Endpoint) -> Path:
    return settings.data / FOLDER / f"{endpoint.family}-{_first(endpoint)}.json"


def _known(file: Path) -> tuple[Identity, ...]:
    """All that it was, the last at the end."""
    return from_json(tuple[Identity, ...], file.read_bytes()) if file.exists() else ()


def _keep(file: Path, known: tuple[Identity, ...]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, f"[{','.join(map(to_json, known))}]\n")
