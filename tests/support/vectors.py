"""Stores of random vectors, and what is nearest in them."""

from pathlib import Path

import numpy as np

from core.indexes import VectorStore, Wanted, search
from core.indexes.exact import Exact

DIMENSIONS = 48


def random_vectors(seed: int, count: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS))
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def filled(folder: Path, count: int) -> VectorStore:
    """`count` random vectors, of texts that are their numbers."""
    store = VectorStore(folder, "random", "1.5", DIMENSIONS)
    store.add([str(number) for number in range(count)], random_vectors(0, count))
    return store


def everything(store: VectorStore) -> Wanted:
    records = store.records()
    rows = np.array(sorted(records.rows.values()), np.intp)
    papers = np.zeros(len(rows), np.intp)
    return Wanted(name="way", records=records, paper_ids=("p",), papers=papers, rows=rows)


def best(store: VectorStore, count: int = 50) -> list[list[int]]:
    """The places of what a new index finds for five questions."""
    found = search(Exact(store), random_vectors(1, 5), everything(store), count)
    return [[place for place, _ in each] for each in found]


def by_numpy(store: VectorStore, count: int = 50) -> list[list[int]]:
    wanted = everything(store)
    vectors = wanted.records.vectors(wanted.rows).astype(np.float64)
    scores = random_vectors(1, 5) @ vectors.T
    return [(-each).argsort(kind="stable")[:count].tolist() for each in scores]
