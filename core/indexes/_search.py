"""Searching an index: it proposes, and what it proposes is measured here. Knows no backend."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from core.indexes._vectors import Records

SPARE = 10  # fetched beyond what was asked


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """The chunks to search, in the order in which equally similar ones are to stand: of each its
    paper, as a place in `paper_ids`, and the row of its text's vector in `records`.

    `name` says how the chunks were cut, in letters and digits: the same name, the same chunks of a
    paper.
    """

    name: str
    records: Records
    paper_ids: tuple[str, ...]
    papers: np.ndarray  # shape (chunks,)
    rows: np.ndarray  # shape (chunks,)

    @cached_property
    def by_row(self) -> np.ndarray:
        """The chunks' places by their rows, ascending; those of one row stay in order."""
        return self.rows.argsort(kind="stable")

    @cached_property
    def sorted_rows(self) -> np.ndarray:
        """The rows, ascending."""
        found: np.ndarray = self.rows[self.by_row]
        return found

    @cached_property
    def texts(self) -> np.ndarray:
        """The different rows, ascending: chunks of equal text have one."""
        return np.unique(self.sorted_rows)

    @cached_property
    def firsts(self) -> np.ndarray:
        """Of each paper's different texts the first places, ascending."""
        texts = self.papers.astype(np.int64) * len(self.records.table) + self.rows
        return np.sort(np.unique(texts, return_index=True)[1])


class Index(Protocol):
    """The vectors of one embedder, ready to be searched. `rough` is how far its own similarities
    may be off: what lies closer together may stand in any order."""

    rough: float

    def nearest(
        self, questions: np.ndarray, wanted: Wanted, count: int, /
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each question the rows of the `count` texts that are most similar to it, among
        those wanted, and their rough similarities, best first; fewer only if there are not so many.
        A text may be proposed more than once. `questions`: shape (questions, dimensions)."""
        ...

    def close(self) -> None:
        """Free the memory; the index is of no use afterwards."""
        ...


def search(
    index: Index, questions: np.ndarray, wanted: Wanted, count: int
) -> list[list[tuple[int, float]]]:
    """For each question the places of the `count` chunks that are most similar to it, with their
    similarity, the cosine (-1..1). Best first; equally similar ones stand as they are wanted.
    Fewer if there are not so many.

    `questions`: unit vectors, shape (questions, dimensions).
    """
    found: list[list[tuple[int, float]]] = [[] for _ in questions]
    open_questions = range(len(questions)) if len(wanted.rows) else []
    fetch = count + SPARE
    while open_questions:
        proposed = index.nearest(questions[list(open_questions)], wanted, fetch)
        short = []
        for at, (rows, rough) in zip(open_questions, proposed, strict=True):
            measured = _measured(questions[at], np.unique(rows), wanted)
            found[at] = measured[:count]
            # What was not proposed is no better than the last that was, give or take. A tie at the
            # end of what was asked must not be cut by the index's whim.
            whole = len(rows) < fetch
            if not whole and measured[:count][-1][1] <= float(rough[-1]) + index.rough:
                short.append(at)
        open_questions, fetch = short, fetch * 2
    return found


def _measured(question: np.ndarray, rows: np.ndarray, wanted: Wanted) -> list[tuple[int, float]]:
    """The chunks of these rows with their similarities, best first."""
    vectors = wanted.records.vectors(rows).astype(np.float64)
    # Not a matrix product: its last digits may depend on a row's neighbours.
    similarities = (vectors * question).sum(axis=1).clip(-1, 1)
    first = wanted.sorted_rows.searchsorted(rows, "left")
    many = wanted.sorted_rows.searchsorted(rows, "right") - first
    behind = np.arange(many.sum()) - (many.cumsum() - many).repeat(many)
    places = wanted.by_row[first.repeat(many) + behind]
    similarities = similarities.repeat(many)
    best = np.lexsort((places, -similarities))
    return list(zip(places[best].tolist(), similarities[best].tolist(), strict=True))
