"""Which model of a family is used where nobody names one: the one that a person chose, else the
best that is here by a rule of one sentence.

The choice lies in the data folder. Knows no backend and loads nothing.
"""

import re
from collections.abc import Callable

from core.codec import from_json, to_json
from core.errors import Damaged
from core.files import write_atomically
from core.settings import Settings
from core.types import Family, Model

KEPT = "defaults.json"  # in the data folder: names by family
SLOW_PARAMETERS = 2e9  # more is no pleasure on a CPU
UNLESS = "Unless you choose, it is"
RULES: dict[Family, str] = {
    "generator": (
        f"{UNLESS} the largest chat model that lies here (on a processor, of those with up to"
        f" {SLOW_PARAMETERS / 1e9:.0f} billion parameters), else the first API endpoint, else the"
        " packaged model."
    ),
    "embedder": f"{UNLESS} the packaged model: the vectors that are stored then stay valid.",
    "reranker": f"{UNLESS} the packaged model: the scores that are stored then stay valid.",
}


def chosen(settings: Settings) -> dict[Family, str]:
    """What a person chose, names by family. Errors: Damaged for a file that cannot be read."""
    file = settings.data / KEPT
    try:
        return from_json(dict[Family, str], file.read_bytes()) if file.exists() else {}
    except Damaged as error:
        raise Damaged(
            f"{file} cannot be read; remove it, and choose the models in Settings again.",
            error.detail,
        ) from error


def choose(settings: Settings, family: Family, name: str) -> None:
    """Keep a choice; an empty name leaves it to the rule again."""
    kept = {key: value for key, value in (chosen(settings) | {family: name}).items() if value}
    settings.data.mkdir(parents=True, exist_ok=True)
    write_atomically(settings.data / KEPT, f"{to_json(kept)}\n")


def against(model: Model) -> str:
    """Why the rule passes over a generator that is here; empty if it does not."""
    if model.family != "generator":
        return ""
    if model.device == "cpu" and _parameters(model) > SLOW_PARAMETERS:
        return f"over {SLOW_PARAMETERS / 1e9:.0f} billion parameters are slow on a processor"
    return model.aside


def order(settings: Settings, family: Family) -> Callable[[Model], tuple[float, ...]]:
    """Sorts the models of a family by `RULES`, best first; what is not here stands last."""
    wanted = chosen(settings).get(family)
    sources = ("cached", "endpoint", "packaged")
    if family != "generator":
        sources = ("packaged", "cached", "endpoint")

    def place(model: Model) -> tuple[float, ...]:
        if not model.available:  # of these, the one to be installed first
            return 1, model.source != "packaged"
        size = _parameters(model) if family == "generator" else 0
        return (
            0,
            model.name != wanted,
            bool(against(model)),
            sources.index(model.source),
            -size,
        )

    return place


def _parameters(model: Model) -> float:
    """As a number; where nobody says, as if each took two bytes."""
    found = re.fullmatch(r"([\d.]+) (million|billion)", model.parameters)
    if not found:
        return model.megabytes * 1e6 / 2
    return float(found[1]) * {"million": 1e6, "billion": 1e9}[found[2]]
