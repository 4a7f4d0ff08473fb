"""Whether 100,000 past runs can be looked through at once.

    python -m benchmarks.runs

Runs like those of a sweep, 20 candidates of 800 characters each, kept in a store of their own.
Ours: what the Runs page asks of the store when it opens, and for each filter. Plain: one pass of
SQLite over all rows of the table (`count(*)` with a condition on a column without an index).
"""

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.store import Store
from core.types import Answer, Chunk, Chunking, Generation, Hit, Recipe, Retrieval, Run, View

RUNS = 100_000
AT_ONCE = 1_000
QUESTIONS = 500
CANDIDATES = 20
SHOWN = 100
WORDS = [f"{first}{second}" for first in "bdfglmnprst" for second in ("ale", "oru", "int", "emba")]
DEMAND_OPEN, DEMAND_FILTER = 1.0, 0.5

VIEWS = {
    "one setting": View().choosing("size", ("1200",)),
    "three settings": View()
    .choosing("arm", ("reranked",))
    .choosing("size", ("800",))
    .choosing("top_k", ("5", "7")),
    "a frequent word": View(text="bale"),
    "two words, a beginning": View(text="bale toru7"),
    "days": View(since="2026-03-01", until="2026-03-31"),
    "a paper": View(paper="paper 7"),
}


def rows() -> Iterator[dict[str, str]]:
    """A row for opening the page, and one for each filter."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "triptych.sqlite")
        start = time.perf_counter()
        for _ in range(RUNS // AT_ONCE):
            store.runs.keep_all(itertools.islice(_runs_like_a_sweep, AT_ONCE))
        kept = time.perf_counter() - start
        plain = _seconds(
            lambda: store.database.rows("SELECT count(*) FROM run_facts WHERE cited = 1")
        )
        opening = _seconds(partial(_opened, store, View()))
        what = f"the page over {RUNS:,} runs ({kept / RUNS * 1000:.1f} ms to keep one)"
        yield _row(what, opening, plain, DEMAND_OPEN)
        for name, view in VIEWS.items():
            found = store.facts.count(view)
            seconds = _seconds(partial(_filtered, store, view))
            yield _row(f"filter: {name} ({found:,} runs)", seconds, plain, DEMAND_FILTER)


def _opened(store: Store, view: View) -> None:
    _filtered(store, view)
    store.facts.values(view)


def _filtered(store: Store, view: View) -> None:
    store.facts.count(view)
    store.facts.rows(view, SHOWN)


def _seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of several trials."""
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        measured.append(time.perf_counter() - start)
    return sorted(measured)[times // 2]


def _row(what: str, ours: float, plain: float, demand: float) -> dict[str, str]:
    return {
        "what": what,
        "ours_seconds": f"{ours:.3f}",
        "plain_seconds": f"{plain:.3f}",
        "ratio": f"{ours / plain:.1f}",
        "demand": f"at most {demand} s",
    }


def _made() -> Iterator[Run]:
    """Runs without end, settings and texts drawn by a fixed seed."""
    chance = random.Random(0)

    def text(words: int) -> str:
        return " ".join(f"{chance.choice(WORDS)}{chance.randrange(100)}" for _ in range(words))

    def hit(place: int) -> Hit:
        start = chance.randrange(50_000)
        chunk = Chunk(
            paper_id=f"paper {chance.randrange(50)}", start=start, end=start + 800, text=text(110)
        )
        return Hit(
            chunk=chunk, title="T", pages=(1,), similarity=0.5, rank_before=place, rank=place
        )

    hits = [tuple(hit(place) for place in range(1, CANDIDATES + 1)) for _ in range(50)]
    questions = [text(9) for _ in range(QUESTIONS)]
    for number in itertools.count():
        evidence = Retrieval(
            candidates=chance.choice((10, 20, 50)),
            top_k=chance.choice((3, 5, 7)),
            reranker=chance.choice((None, "ranker")),
        )
        recipe = Recipe(
            chunking=Chunking(size=chance.choice((800, 1200, 1600))),
            evidence=None if number % 37 == 0 else evidence,
            generation=Generation(generator=chance.choice(("small", "large"))),
        )
        found = chance.choice(hits) if recipe.evidence else ()
        yield Run(
            id=f"{number:012x}",
            key=f"{number}",
            question=chance.choice(questions),
            paper_ids=(),
            recipe=recipe,
            candidates=found,
            hits=found[: evidence.top_k],
            answer=Answer(text=text(120), finish_reason="stop", answer_tokens=150),
            at=f"2026-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00",
        )


_runs_like_a_sweep = _made()


def main() -> None:
    for measured in rows():
        print(measured, flush=True)


if __name__ == "__main__":
    main()
