"""How the core finds its backends: one file in a family's folder = one kind of backend.

A family is a package such as `core.embedders`. Each public module in it follows the family's
Protocol here, which mypy checks (see tests/contracts/__main__.py). Nothing is registered anywhere
else. Knows nothing of what a backend does.
"""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, overload

from core.errors import BadInput, MissingModel
from core.models import weights
from core.settings import Settings
from core.types import Embedder, Family, Model, Reranker, TextGenerator

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ready = TypeVar("Ready", covariant=True)


class Backend(Protocol[Ready]):
    """A file of a family: what it can run, and how that becomes ready."""

    def models(self, settings: Settings, /) -> list[Model]:
        """All its models, available or not. Imports nothing heavy."""
        ...

    def load(self, model: Model, settings: Settings, /) -> Ready:
        """One of its models that is available, ready to be used."""
        ...


class EmbedderBackend(Backend[Embedder], Protocol):
    """A file of core.embedders."""

    def reading(self, model: Model, /) -> "tuple[Tokenizer, int]":
        """The tokenizer and the window of the loaded model, without its weights: so it can be told
        what a model would read of a text before it is loaded."""
        ...


RerankerBackend = Backend[Reranker]
GeneratorBackend = Backend[TextGenerator]

PACKAGES: dict[Family, str] = {
    "embedder": "core.embedders",
    "reranker": "core.rerankers",
    "generator": "core.generators",
}


@cache
def modules(package: str) -> dict[str, ModuleType]:
    """The public modules of a package by name, in alphabetical order."""
    path = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(path) if module.name[0] != "_")
    return {name: importlib.import_module(f"{package}.{name}") for name in names}


def catalogue(settings: Settings, family: Family) -> list[tuple[Model, ModuleType]]:
    """Every model of a family with the module that runs it; the first is the default.

    What is here comes first, and endpoints after it: whether one answers is not known. Of
    generators, backends list theirs best first. Of embedders and rerankers the packaged ones come
    first, so that what was computed with them stays valid.
    """
    known = [
        (model, module)
        for module in modules(PACKAGES[family]).values()
        for model in module.models(settings)
    ]

    def place(entry: tuple[Model, ModuleType]) -> tuple[bool, bool, bool]:
        model, _ = entry
        later = family != "generator" and model.source != "packaged"
        return not model.available, model.source == "endpoint", later

    return sorted(known, key=place)


@overload
def find(
    settings: Settings, family: Literal["embedder"], name: str
) -> tuple[Model, EmbedderBackend]: ...


@overload
def find(
    settings: Settings, family: Literal["reranker"], name: str
) -> tuple[Model, RerankerBackend]: ...


@overload
def find(
    settings: Settings, family: Literal["generator"], name: str
) -> tuple[Model, GeneratorBackend]: ...


def find(settings: Settings, family: Family, name: str) -> tuple[Model, ModuleType]:
    """The model called `name` and its module. A GGUF file may be named by its whole path.

    Errors: BadInput for a name nobody knows, MissingModel for one that is not here.
    """
    if name.endswith(weights.GGUF) and Path(name).is_absolute():
        settings = replace(settings, named=(Path(name),))
    known = catalogue(settings, family)
    for model, module in known:
        if model.name == name:
            if not model.available:
                raise MissingModel(f"{name} is not here: {model.reason}")
            return model, module
    names = ", ".join(model.name for model, _ in known)
    raise BadInput(f"There is no {family} called {name!r}; known are: {names}.")
