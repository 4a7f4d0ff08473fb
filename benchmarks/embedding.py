"""What embedding into our store costs beside the library's plain call.

    python -m benchmarks.embedding

Ours: core.indexes.embed_missing into an empty store (sorted, checked, kept batch by batch).
Plain: SentenceTransformer.encode on the same chunks with its defaults. Both use the same weights
and take turns, and the fastest of several goes counts.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._texts import chunks
from core.indexes import VectorStore, embed_missing
from core.models import device, registry
from core.settings import Settings
from core.types import Embedder, Model, Retrieval

CHUNKS = 150
GOES = 2
DEMAND = 0.9


def rows() -> list[dict[str, str]]:
    """One row: both times for all chunks, our speed as a share of the plain one, the demand."""
    from sentence_transformers import SentenceTransformer

    settings = Settings()
    model, module = registry.find(settings, "embedder", Retrieval().embedder)
    embedder = module.load(model, settings)
    plain = SentenceTransformer(model.folder, device=device.pick(settings), local_files_only=True)
    texts = chunks(CHUNKS)
    embedder.embed(texts[:8])  # both warm
    plain.encode(texts[:8])
    seconds = [
        (timed(lambda: ours(model, embedder, texts)), timed(lambda: plain.encode(texts)))
        for _ in range(GOES)
    ]
    our_seconds, plain_seconds = (min(column) for column in zip(*seconds, strict=True))
    return [
        {
            "what": f"embed {len(texts)} chunks with {model.name} on {device.pick(settings)}",
            "ours_seconds": f"{our_seconds:.2f}",
            "plain_seconds": f"{plain_seconds:.2f}",
            "ratio": f"{plain_seconds / our_seconds:.2f}",
            "demand": f"at least {DEMAND}",
        }
    ]


def ours(model: Model, embedder: Embedder, texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = VectorStore(Path(folder), model.name, model.revision, embedder.dimensions)
        for _ in embed_missing(store, embedder, texts):
            pass


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    for row in rows():
        print(row)


if __name__ == "__main__":
    main()
