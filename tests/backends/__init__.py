"""Small real backends that need no model, laid out like those of the core, and how a contract test
gets hold of every backend there is."""

from typing import Any

import pytest

from core.lab import Lab
from core.models.registry import modules
from core.settings import Settings
from core.types import Family

SMALL: dict[Family, str] = {
    "embedder": "tests.backends.embedders",
    "reranker": "tests.backends.rerankers",
    "generator": "tests.backends.generators",
}


def every(family: str) -> list[Any]:
    """The models of a family's folder ("embedders", ...), packaged and fake, as parameters. Those
    of the hub have tiny ones of their shape instead, see tests/support/tiny_models.py."""
    return [
        pytest.param((module, model), id=model.name, marks=marks)
        for package, marks in (
            (f"core.{family}", [pytest.mark.models]),
            (f"{__name__}.{family}", []),
        )
        for module in modules(package).values()
        for model in module.models(Settings())
        if model.source == "packaged"
    ]


def in_memory(lab: Lab, family: Family) -> Any:
    """The backend of a family that is in memory; None where there is none."""
    kept = getattr(lab.models, f"_{family}").kept
    return kept and kept[1]


def load(parameter: Any) -> Any:
    """The backend, ready; skips the test where its model is not here."""
    module, model, *settings = parameter
    if not model.available:
        pytest.skip(f"{model.name} is not here: {model.reason}")
    return module.load(model, *settings or [Settings()])
