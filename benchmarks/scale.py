"""Thousands of papers and hundreds of thousands of chunks: ours beside the floor, in one table.

    python -m benchmarks.scale [--vectors FOLDER] [--chart FILE] [PART ...]

Papers are made up, and vectors are random or kept ones, so that nothing is embedded. The floor is
what nobody can do without: pathlib reading the files, faiss or NumPy alone, loading the embedder.
Ratios and demands are of CPU seconds, of this process and its children, as others on the machine
lengthen those on the wall; the fastest of several goes counts.

--vectors names a lab's folder of vectors (data/vectors): the real ones that exact search and Chroma
are compared on, besides random ones. Without it they are those of the sample papers and noisy
copies of them. --chart draws that comparison as a PNG. PART: added, cells, indexes or sides; all of
them if none is named.
"""

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks import _scale_indexes, _scale_papers
from benchmarks._scale_papers import Sizes
from benchmarks._texts import chunks
from benchmarks.search import REAL
from core import indexes
from core.models import registry
from core.settings import Settings
from core.types import Retrieval

SMALL = Sizes(files=(100, 500), papers=(25, 100), pages=20)
FULL = Sizes(files=(500, 5_183), papers=(250, 1_000), pages=60)
FEW_VECTORS, VECTORS, BESIDE_CHROMA = 20_000, (100_000, 300_000), 20_000
PARTS = ("added", "cells", "indexes", "sides")
COLUMNS = ("what", "ours_seconds", "plain_seconds", "ratio", "demand")


def rows() -> Iterator[dict[str, str]]:
    """The same at sizes that take a minute or two."""
    return chain(
        _scale_papers.added(SMALL),
        _scale_papers.cells(SMALL),
        _scale_indexes.rows((FEW_VECTORS,)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--chart", type=Path)
    parser.add_argument("part", nargs="*", metavar="PART")
    options = parser.parse_args()
    if unknown := set(options.part) - set(PARTS):  # as choices, argparse would refuse to have none
        parser.error(f"there is no part {min(unknown)}")
    measured = {
        "added": lambda: _scale_papers.added(FULL),
        "cells": lambda: _scale_papers.cells(FULL),
        "indexes": lambda: _scale_indexes.rows(VECTORS),
        "sides": lambda: _sides(options.vectors, options.chart),
    }
    print("| what | ours | plain | ratio or value | demand |\n|---|---|---|---|---|")
    for part in options.part or PARTS:
        for row in measured[part]():
            print("|", " | ".join(row[column] for column in COLUMNS), "|", flush=True)


def _sides(folder: Path | None, chart: Path | None) -> Iterator[dict[str, str]]:
    """Exact search and Chroma, on random and on real vectors."""
    real = _kept(folder) if folder else _embedded()
    sets = {
        "random": _scale_indexes.random_set(BESIDE_CHROMA),
        "real": _scale_indexes.real_set(real, 0 if folder else BESIDE_CHROMA),
    }
    measured = []
    for side in _scale_indexes.sides(sets):
        measured.append(side)
        yield side.row()
    if chart:
        _scale_indexes.chart(measured, chart)


def _kept(folder: Path) -> np.ndarray:
    """All vectors that the default embedder has left in this folder."""
    settings = Settings()
    model, _ = registry.find(settings, "embedder", Retrieval().embedder)
    store = indexes.kept(folder, model.name, model.revision)
    if store is None:
        raise SystemExit(f"{folder} holds no vectors of {model.name}.")
    records = store.records()
    return records.vectors(np.sort(np.fromiter(records.rows.values(), np.intp)))


def _embedded() -> np.ndarray:
    settings = Settings()
    model, module = registry.find(settings, "embedder", Retrieval().embedder)
    vectors: np.ndarray = module.load(model, settings).embed(chunks(REAL))
    return vectors


if __name__ == "__main__":
    main()
