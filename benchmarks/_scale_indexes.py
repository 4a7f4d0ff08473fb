"""Finding the nearest of many vectors: our exact index beside faiss alone, and beside Chroma."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import faiss
import numpy as np

from benchmarks._measured import Clock, Demand, Took, least, row
from benchmarks.search import copies, stored
from core import indexes
from core.indexes import Index, Wanted, chroma
from core.settings import Settings

DIMENSIONS = 384
PER_PAPER = 60
FOUND = 50
QUESTIONS = 50
GOES = 5
SPARE = 10  # ours asks the index for so many more, to be sure of ties
BLOCK = 20_000
WIDTHS = (50, 200, chroma.SEARCH_WIDTH)
DEMAND: Demand = ("at most", 1.3, "")
RECALL: Demand = ("at least", 1, "")


def unit(seed: int, count: int) -> np.ndarray:
    """Random unit vectors: the hardest there are, all about equally far from each other."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def rows(sizes: tuple[int, ...]) -> Iterator[dict[str, str]]:
    """Our index beside faiss alone, over random vectors."""
    questions = unit(1, QUESTIONS)
    for size in sizes:
        vectors = unit(0, size)
        with tempfile.TemporaryDirectory() as folder:
            store, wanted = stored(Path(folder), vectors, size // PER_PAPER)
            plain = _faiss(vectors)
            index = indexes.opened("exact", store, Settings())
            with Clock() as building:
                indexes.search(index, questions[:1], wanted, FOUND)
            with Clock() as alone:
                _faiss(vectors)
            yield row(
                f"{size:,} vectors: the index made and kept / faiss takes them in",
                building.took,
                alone.took,
            )
            index = indexes.opened("exact", store, Settings())
            with Clock() as opening:
                indexes.search(index, questions[:1], wanted, FOUND)
            yield row(f"{size:,} vectors: the index opened anew, first search", opening.took)
            papers = len(wanted.paper_ids)
            for name, among in (
                ("all papers", wanted),
                ("half of the papers", _of(wanted, wanted.papers % 2 == 0)),
                ("one paper", _of(wanted, wanted.papers == papers // 2)),
            ):
                yield _compared(f"{size:,} vectors, {name}", index, plain, questions, among)
            yield _together(size, index, plain, questions, wanted)
            recall = _recall(_found(index, questions, wanted), _truth(vectors, questions))
            yield row(f"{size:,} random vectors: recall@{FOUND}, exact", "", "", recall, RECALL)
            index.close()


def _of(wanted: Wanted, chosen: np.ndarray) -> Wanted:
    """These chunks alone."""
    return Wanted(
        name=wanted.name,
        records=wanted.records,
        paper_ids=wanted.paper_ids,
        papers=wanted.papers[chosen],
        rows=wanted.rows[chosen],
    )


def _faiss(vectors: np.ndarray) -> faiss.Index:
    made: faiss.Index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    made.add(vectors)
    return made


def _among(index: faiss.Index, wanted: Wanted) -> "faiss.SearchParameters | None":
    if len(wanted.rows) == index.ntotal:
        return None
    marked = np.zeros(index.ntotal, bool)
    marked[wanted.rows] = True
    bits = np.packbits(marked, bitorder="little")
    chosen = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
    return faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]


def _compared(
    what: str, index: Index, plain: faiss.Index, questions: np.ndarray, wanted: Wanted
) -> dict[str, str]:
    """One question at a time. What faiss is to search among is made before."""
    among = _among(plain, wanted)
    count = min(FOUND + SPARE, len(wanted.rows))
    ours, theirs = _in_turn(
        partial(_one_by_one, index, questions, wanted),
        lambda: [plain.search(each[None], count, params=among) for each in questions],
        len(questions),
    )
    return row(f"{what}: a search / faiss alone", ours, theirs, ours.cpu / theirs.cpu, DEMAND)


def _together(
    size: int, index: Index, plain: faiss.Index, questions: np.ndarray, wanted: Wanted
) -> dict[str, str]:
    ours, theirs = _in_turn(
        lambda: indexes.search(index, questions, wanted, FOUND),
        lambda: plain.search(questions, FOUND + SPARE),
        len(questions),
    )
    what = f"{size:,} vectors, {len(questions)} questions together: one of them / faiss alone"
    return row(what, ours, theirs, ours.cpu / theirs.cpu, DEMAND)


def _in_turn(
    ours: Callable[[], object], theirs: Callable[[], object], pieces: int
) -> tuple[Took, Took]:
    """The fastest of several goes of each, for one of so many pieces."""
    measured: tuple[list[Took], list[Took]] = ([], [])
    for _ in range(GOES):
        for work, kept in zip((ours, theirs), measured, strict=True):
            with Clock() as clock:
                work()
            kept.append(Took(clock.took.wall / pieces, clock.took.cpu / pieces))
    return least(measured[0]), least(measured[1])


def _truth(vectors: np.ndarray, questions: np.ndarray) -> list[set[int]]:
    """The nearest by one product in NumPy, in float64."""
    blocks = [
        questions.astype(np.float64) @ vectors[at : at + BLOCK].astype(np.float64).T
        for at in range(0, len(vectors), BLOCK)
    ]
    nearest = np.concatenate(blocks, axis=1).argpartition(-FOUND, axis=1)[:, -FOUND:]
    return [set(places.tolist()) for places in nearest]


def _found(index: Index, questions: np.ndarray, wanted: Wanted) -> list[set[int]]:
    found = indexes.search(index, questions, wanted, FOUND)
    return [{place for place, _ in some} for some in found]


def _recall(found: list[set[int]], truth: list[set[int]]) -> float:
    shared = [len(some & right) for some, right in zip(found, truth, strict=True)]
    return sum(shared) / sum(map(len, truth))


# exact and Chroma side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """An index over some vectors; `width`: of Chroma's search."""

    vectors: str
    index: str
    width: int | None
    made: Took
    took: Took
    numpy: Took
    recall: float

    def row(self) -> dict[str, str]:
        width = f", search width {self.width:,}" if self.width else ""
        return row(
            f"{self.vectors}, {self.index}{width} (made in {self.made}), recall@{FOUND} / NumPy",
            self.took,
            self.numpy,
            self.recall,
            None if self.width else RECALL,
        )


def sides(sets: dict[str, tuple[np.ndarray, np.ndarray]]) -> Iterator[Side]:
    """Recall and seconds of both, Chroma for several widths of its search; `sets`: by name the
    vectors that are searched, and the questions."""
    for name, (vectors, questions) in sets.items():
        truth = _truth(vectors, questions)
        with tempfile.TemporaryDirectory() as folder:
            store, wanted = stored(Path(folder), vectors)
            for width in (None, *WIDTHS):
                kind = "chroma" if width else "exact"
                with patch.object(chroma, "SEARCH_WIDTH", width or 0):
                    index = indexes.opened(kind, store, Settings())
                    with Clock() as making:
                        found = _found(index, questions, wanted)
                took, numpy = _in_turn(
                    partial(_one_by_one, index, questions, wanted),
                    partial(_by_numpy, vectors, questions),
                    len(questions),
                )
                index.close()
                yield Side(
                    vectors=f"{len(vectors):,} {name} vectors",
                    index=kind,
                    width=width,
                    made=making.took,
                    took=took,
                    numpy=numpy,
                    recall=_recall(found, truth),
                )


def _one_by_one(index: Index, questions: np.ndarray, wanted: Wanted) -> None:
    for question in questions:
        indexes.search(index, question[None], wanted, FOUND)


def _by_numpy(vectors: np.ndarray, questions: np.ndarray) -> None:
    for question in questions:
        np.argpartition(-(vectors @ question), FOUND)


def chart(measured: list[Side], file: Path) -> None:
    """Recall against milliseconds, as a PNG that Chromium draws."""
    from playwright.sync_api import sync_playwright
    from plotly.graph_objects import Figure, Scatter

    from tests.e2e.conftest import CHROMIUM, QUIET

    figure = Figure()
    for name, index in dict.fromkeys((side.vectors, side.index) for side in measured):
        some = [side for side in measured if (side.vectors, side.index) == (name, index)]
        random = "random" in name
        figure.add_trace(
            Scatter(
                x=[side.took.cpu * 1000 for side in some],
                y=[side.recall for side in some],
                name=f"{index}, {name}",
                mode="lines+markers+text",
                text=[f"{side.width:,}" if side.width else "" for side in some],
                textposition="bottom right",
                line={"dash": "dot" if random else "solid"},
                marker={
                    "symbol": "square" if index == "exact" else "circle",
                    "size": 11,
                    "color": "#a04000" if random else "#1f5f8b",
                },
            )
        )
    figure.update_layout(template="plotly_white", width=900, height=500, margin={"t": 20, "r": 20})
    figure.update_xaxes(title="CPU milliseconds a search", type="log")
    figure.update_yaxes(title=f"recall@{FOUND}", range=[0, 1.05])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 900, "height": 500})
        page.set_content(figure.to_html(full_html=True, include_plotlyjs=True))
        page.wait_for_selector(".legendtext")
        page.screenshot(path=file)
        browser.close()


def random_set(size: int) -> tuple[np.ndarray, np.ndarray]:
    return unit(0, size), unit(1, QUESTIONS)


def real_set(real: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Some real vectors are the questions, the others are searched, with noisy copies of them
    where they are fewer than `size`."""
    asked = np.zeros(len(real), bool)
    asked[:: max(2, len(real) // QUESTIONS)] = True
    others = real[~asked]
    return (others if len(others) >= size else copies(others, size)), real[asked][:QUESTIONS]
