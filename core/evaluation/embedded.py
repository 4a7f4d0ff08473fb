"""Texts that are no papers of the lab, embedded once and kept with all other vectors: a run that
was broken off goes on where it stopped."""

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from core.models import Models
from core.settings import Settings
from core.tasks import Progress
from core.types import Embedder

if TYPE_CHECKING:
    import numpy as np


def embedded(
    settings: Settings, models: Models, embedder: Embedder, name: str, texts: Sequence[str]
) -> "Generator[Progress, None, tuple[np.ndarray, int]]":
    """A vector a text, float32 of shape (len(texts), dimensions), and how many were new. `name` is
    the embedder's. Errors: OutOfSpace."""
    from core.indexes import VectorStore, embed_missing

    revision = models.find("embedder", name).revision
    store = VectorStore(settings.data / "vectors", name, revision, embedder.dimensions)
    new, started = 0, time.monotonic()
    for done, total in embed_missing(store, embedder, texts):
        new = total
        speed = done / (time.monotonic() - started)
        yield Progress(
            sentence=f"{name} reads the texts: {done:,} of {total:,}, {speed:.0f}/s",
            share=done / total,
        )
    return store.get(texts)[0], new
