"""Whether the index finds what an exact search finds, and how long each takes.

    python -m benchmarks.search

Real chunks are embedded, then copied with noise until there are enough: clustered as chunks of
real papers are, without embedding 50,000 of them. Ours: each index of core.indexes, its answer
measured again with our vectors. Plain: one matrix product in NumPy. Questions are the beginnings of
chunks.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._texts import chunks
from core import indexes
from core.indexes import VectorStore, Wanted, key_of
from core.models import registry
from core.settings import Settings
from core.types import Retrieval

SIZES = (5_000, 50_000)
REAL = 300
QUESTIONS = 50
FOUND = 50
NOISE = 0.03  # for each dimension: a copy's cosine to its original is about 0.86
DEMAND = 0.999


def rows() -> list[dict[str, str]]:
    """A row a size and index: seconds a question both ways, and as ratio the recall@50."""
    settings = Settings()
    model, module = registry.find(settings, "embedder", Retrieval().embedder)
    embedder = module.load(model, settings)
    texts = chunks(REAL)
    real = embedder.embed(texts)
    beginnings = [text[:100] for text in texts[:: len(texts) // QUESTIONS][:QUESTIONS]]
    questions = embedder.embed(beginnings, query=True)
    return [row(name, copies(real, size), questions) for size in SIZES for name in indexes.names()]


def copies(real: np.ndarray, size: int) -> np.ndarray:
    """`size` unit vectors around the real ones."""
    chance = np.random.default_rng(0)
    vectors = real[np.arange(size) % len(real)]
    vectors = vectors + chance.normal(0, NOISE, vectors.shape)
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def stored(folder: Path, vectors: np.ndarray, papers: int = 1) -> tuple[VectorStore, Wanted]:
    """A store of these vectors, and all of them as the chunks of so many papers."""
    texts = [str(number) for number in range(len(vectors))]
    store = VectorStore(folder, "copies", "1", vectors.shape[1])
    store.add(texts, vectors)
    records = store.records()
    wanted = Wanted(
        name="copies",
        records=records,
        paper_ids=tuple(f"paper{number}" for number in range(papers)),
        papers=np.arange(len(texts)) * papers // len(texts),
        rows=np.array([records.rows[key_of(text)] for text in texts], np.intp),
    )
    return store, wanted


def row(name: str, vectors: np.ndarray, questions: np.ndarray) -> dict[str, str]:
    common = our_seconds = plain_seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        store, wanted = stored(Path(folder), vectors)
        index = indexes.opened(name, store, Settings())
        start = time.perf_counter()
        indexes.search(index, questions[:1], wanted, FOUND)
        built = time.perf_counter() - start
        for question in questions:
            start = time.perf_counter()
            (found,) = indexes.search(index, question[None], wanted, FOUND)
            between = time.perf_counter()
            nearest = np.argsort(-(vectors @ question), kind="stable")[:FOUND]
            plain_seconds += time.perf_counter() - between
            our_seconds += between - start
            common += len({place for place, _ in found} & set(nearest.tolist()))
        index.close()
    return {
        "what": f"recall@{FOUND} in {len(vectors)} chunks, {name} (built in {built:.1f} s)",
        "ours_seconds": f"{our_seconds / len(questions):.4f}",
        "plain_seconds": f"{plain_seconds / len(questions):.4f}",
        "ratio": f"{common / FOUND / len(questions):.4f}",
        "demand": f"at least {DEMAND}",
    }


def main() -> None:
    for measured in rows():
        print(measured)


if __name__ == "__main__":
    main()
