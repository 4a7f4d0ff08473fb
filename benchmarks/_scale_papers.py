"""Many papers: adding them, searching them from a fresh process, what a cell of a grid costs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from threading import Event

import numpy as np

from benchmarks._measured import Clock, Demand, Took, least, row
from benchmarks._texts import made_up
from core.indexes import VectorStore
from core.lab import Lab
from core.retrieval import Searched, bm25
from core.retrieval.cuts import Pool
from core.retrieval.finder import Finder
from core.settings import ROOT, Settings
from core.tasks import result_of
from core.types import Chunking, PaperFilter, Recipe, Retrieval, Run

ABSTRACT, PAGE = 240, 400  # words
DIMENSIONS = 384
GOES, ADDED = 3, 2
PROPORTIONAL = 1.06  # times as many files may cost so many times as much each
QUESTIONS, CELLS, DEPTH, WORDS_ASKED = 50, 12, 20, 8
PLANNED = 49  # questions; the preset has 37 settings
CUT = Chunking(size=500, overlap=0)

# `core search` from its first import to its answer, then what of it loads the embedder, in seconds
# on the wall and of CPU. NumPy is there before: an embedder needs it anyhow.
SEARCH = """
import io
from contextlib import redirect_stdout
import numpy
from benchmarks._measured import Clock
loading = []
def timed(self, name):
    with Clock() as clock:
        loaded = yield from load(self, name)
    loading.append(clock.took)
    return loaded
with Clock() as whole:
    from core.__main__ import main
    from core.models import Models
    load, Models.embedder = Models.embedder, timed
    with redirect_stdout(io.StringIO()):
        main(["search", "What is a paper?", "--reranker", "none"])
print(whole.took.wall, whole.took.cpu, loading[0].wall, loading[0].cpu)
"""

# A fresh process that opens counted words, searches once and says seconds and megabytes; numpy and
# bm25s are loaded before. By its first argument ours, or bm25s alone from the same files.
WORDS = """
import sys, time
from pathlib import Path
import bm25s, numpy
from benchmarks._measured import resident
from core.retrieval.bm25 import WordIndex
data, name, question = sys.argv[2:]
before, start = resident(), time.perf_counter()
if sys.argv[1] == "ours":
    index = WordIndex(Path(data), name, None)
    assert index.ready
else:
    folder = Path(data) / "vectors" / "words" / name
    index = bm25s.BM25.load(folder, mmap=True, load_vocab=False)
opened = time.perf_counter() - start
if sys.argv[1] == "ours":
    index.search(question, 20)
print(opened, time.perf_counter() - start, resident() - before)
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many files are added, first few, then many; and over how many papers of how many pages
    a grid is planned and searched, first few, then many."""

    files: tuple[int, int]
    papers: tuple[int, int]
    pages: int


def added(sizes: Sizes) -> Iterator[dict[str, str]]:
    """Files of an abstract's length; then a search in all of them from a fresh process."""
    few, many = sizes.files
    with tempfile.TemporaryDirectory() as place:
        files = _files(Path(place) / "files", many, ABSTRACT)
        goes: dict[int, list[Took]] = {few: [], many: []}
        for go, count in product(range(ADDED), goes):
            lab = Lab(Settings(data=Path(place) / f"data{count}-{go}"))
            with Clock() as adding:
                result_of(lab.papers.add_all(files[:count], Event()))
            assert lab.papers.count(PaperFilter()) == count
            goes[count].append(adding.took)
        with Clock() as reading:
            for file in files:
                file.read_text(encoding="utf-8")
        few_added, many_added = map(least, goes.values())
        yield row(f"add {many:,} files / pathlib reads them", many_added, reading.took)
        yield row(
            f"add {many:,} files / add {few:,}",
            many_added,
            few_added,
            many_added.cpu / few_added.cpu,
            ("at most", round(PROPORTIONAL * many / few, 1), ""),
        )
        yield from _fresh(lab)


def _fresh(lab: Lab) -> Iterator[dict[str, str]]:
    """Every chunk has a vector already, a random one."""
    chunks = result_of(_finder(lab).chunks(Recipe().chunking, lab.papers.ids(PaperFilter())))
    texts = list({chunk.text: None for some in chunks.values() for chunk in some})
    model = lab.models.find("embedder", Retrieval().embedder)
    store = VectorStore(lab.settings.data / "vectors", model.name, model.revision, DIMENSIONS)
    drawn = np.random.default_rng(0).normal(size=(len(texts), DIMENSIONS)).astype(np.float32)
    store.add(texts, drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    said = f"search {len(texts):,} chunks from a fresh process"
    for when in ("the very first time", "again"):
        goes = [_process(lab) for _ in range(GOES if when == "again" else 1)]
        whole, loading = (least(list(column)) for column in zip(*goes, strict=True))
        above = min(each.cpu - of_it.cpu for each, of_it in goes)
        demand: Demand | None = ("at most", 1, " s more") if when == "again" else None
        yield row(f"{said}, {when} / load the embedder", whole, loading, above, demand)


def _process(lab: Lab) -> tuple[Took, Took]:
    """A search from a fresh process, and what of it loads the embedder."""
    environment = os.environ | {"TRIPTYCH_DATA": str(lab.settings.data)}
    said = subprocess.check_output(
        [sys.executable, "-c", SEARCH], cwd=ROOT, env=environment, text=True
    )
    wall, cpu, loading_wall, loading_cpu = map(float, said.split())
    return Took(wall, cpu), Took(loading_wall, loading_cpu)


def cells(sizes: Sizes) -> Iterator[dict[str, str]]:
    """Whole papers, searched by their words; nothing is embedded."""
    few, many = sizes.papers
    with tempfile.TemporaryDirectory() as place:
        files = _files(Path(place) / "files", many, sizes.pages * PAGE)
        lab = Lab(Settings(data=Path(place) / "data"))
        with Clock() as adding:
            result_of(lab.papers.add_all(files, Event()))
        with Clock() as reading:
            for file in files:
                file.read_text(encoding="utf-8")
        what = f"{many:,} papers of {sizes.pages} pages"
        yield row(f"add {what} / pathlib reads them", adding.took, reading.took)
        yield from _planned(lab, what)
        wanted = Retrieval(candidates=DEPTH, top_k=5)
        costs: list[Took] = []
        bodies: list[int] = []
        for count in sizes.papers:
            finder = _finder(Lab(lab.settings))
            chosen = lab.papers.ids(PaperFilter())[:count]
            pool = result_of(finder._pools.pool(CUT, chosen))
            searched = _found(finder, pool)
            costs.append(least([_cells(finder, wanted, searched) for _ in range(GOES)]))
            bodies.append(_body(lab, wanted, chosen))
        few_cells, many_cells = costs
        yield row(
            f"evidence of a cell, {many:,} papers / {few:,}",
            many_cells,
            few_cells,
            many_cells.cpu / few_cells.cpu,
            ("at most", 2, ""),
        )
        yield row(
            f"a run in the store, {many:,} papers / {few:,}",
            f"{bodies[1]:,} bytes",
            f"{bodies[0]:,} bytes",
            bodies[1] / bodies[0],
            ("at most", 1, ""),
        )
        yield from _words(lab, pool)


def _planned(lab: Lab, what: str) -> Iterator[dict[str, str]]:
    """Planned twice: the first plan cuts the papers in three ways, which is kept."""
    preset, text = lab.sweeps.presets.get("classic")
    questions = [made_up(number, WORDS_ASKED) for number in range(PLANNED)]
    for when in ("the first, which cuts the papers", "the next"):
        papers = lab.papers.ids(PaperFilter())
        with Clock() as planning:
            planned = result_of(lab.sweeps.plan(preset, questions, papers, text))
        yield row(
            f"a plan of {planned.cells:,} cells over {what}, {when}",
            planning.took,
            "",
            planning.took.cpu,
            ("at most", 10, " s"),
        )


def _found(finder: Finder, pool: Pool) -> list[Searched]:
    """As if each question had found chunks here and there."""
    chance = np.random.default_rng(0)
    places = [chance.integers(len(pool.cuts), size=DEPTH).tolist() for _ in range(QUESTIONS)]
    found = finder._pools.with_chunks(pool, [[(place, 0.5) for place in some] for some in places])
    return [
        Searched(similar=some, lexical=None, embedder_reads=None, seconds=0.0, notes=())
        for some in found
    ]


def _cells(finder: Finder, wanted: Retrieval, searched: Sequence[Searched]) -> Took:
    """One of the cells of all questions, which have so many each, as in a sweep."""
    with Clock() as clock:
        for each in searched:
            for _ in range(CELLS):
                finder.evidence(Chunking(), wanted, each, None)
    cells = len(searched) * CELLS
    return Took(clock.took.wall / cells, clock.took.cpu / cells)


def _body(lab: Lab, wanted: Retrieval, chosen: tuple[str, ...]) -> int:
    """Bytes that a run over these papers takes in its table, besides what it found."""
    run = Run(
        id=f"{len(chosen):012}",
        key="",
        question="",
        paper_ids=chosen,
        recipe=Recipe(chunking=CUT, evidence=wanted),
        at="",
    )
    lab._store.runs.keep(run)
    assert lab._store.runs.get(run.id) == run
    (kept,) = lab._store.database.rows("SELECT * FROM runs WHERE id = ?", run.id)
    return sum(len(str(value)) for value in tuple(kept))


def _words(lab: Lab, pool: Pool) -> Iterator[dict[str, str]]:
    """Words counted, and opened in a fresh process."""
    question = made_up(0, WORDS_ASKED)
    what = f"BM25 over {len(pool.cuts):,} chunks"
    with Clock() as counting:
        result_of(_finder(lab)._pools.words(CUT, pool))
    yield row(f"{what}: counted, once", counting.took)
    name = bm25.name(CUT, pool.spans())
    measured = {}
    for side in ("ours", "bm25s"):
        given = (side, str(lab.settings.data), name, question)
        goes = [
            tuple(
                map(
                    float,
                    subprocess.check_output(
                        [sys.executable, "-c", WORDS, *given], cwd=ROOT, text=True
                    ).split(),
                )
            )
            for _ in range(GOES)
        ]
        measured[side] = [min(column) for column in zip(*goes, strict=True)]
    opened, searched, megabytes = measured["ours"]
    alone, _, their_megabytes = measured["bm25s"]
    yield row(
        f"{what} opens / bm25s maps its files",
        f"{opened:.3f} s",
        f"{alone:.3f} s",
        opened,
        ("at most", 1, " s"),
    )
    yield row(f"{what}: opened and searched once", f"{searched:.3f} s")
    yield row(
        f"{what}: memory it adds, first search included / bm25s",
        f"{megabytes:.0f} MB",
        f"{their_megabytes:.0f} MB",
        megabytes,
        ("at most", 500, " MB"),
    )


def _files(folder: Path, count: int, words: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{number:05}.txt" for number in range(count)]
    for number, file in enumerate(files):
        file.write_text(made_up(number, words), encoding="utf-8")
    return files


def _finder(lab: Lab) -> Finder:
    return lab.sweeps._finder
