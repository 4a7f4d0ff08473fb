"""Which models there are, and the ones in memory: at most one of each family, the old one let go
before the new one is loaded."""

import gc
from typing import Any

from core import backends
from core.errors import BadInput
from core.settings import Settings
from core.types import Family, Model

FAMILIES: tuple[Family, ...] = ("embedder", "reranker", "generator")


class Models:
    """Listing is for everyone; `load` only for the worker's thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[Family, tuple[Model, Any]] = {}

    def list(self) -> list[Model]:
        """All known models, available or not."""
        return [
            model for family in FAMILIES for model, _ in backends.catalogue(self._settings, family)
        ]

    def find(self, family: Family, name: str) -> Model:
        """Errors: BadInput for an unknown name, MissingModel for one that is not here."""
        model, _ = backends.find(self._settings, family, name)
        return model

    def default(self, family: Family) -> str:
        """The name of the first available model of a family, or of the first known one."""
        known = [model for model, _ in backends.catalogue(self._settings, family)]
        if not known:
            raise BadInput(f"There is no {family} at all.")
        return next((model.name for model in known if model.available), known[0].name)

    def in_memory(self, family: Family, name: str) -> bool:
        loaded = self._loaded.get(family)
        return loaded is not None and loaded[0].name == name

    def load(self, family: Family, name: str) -> Any:
        """The backend, loaded if it is not in memory yet."""
        model, module = backends.find(self._settings, family, name)
        loaded = self._loaded.get(family)
        if loaded is None or loaded[0] != model:
            self._loaded.pop(family, None)
            del loaded
            gc.collect()
            self._loaded[family] = (model, module.load(model, self._settings))
        return self._loaded[family][1]
