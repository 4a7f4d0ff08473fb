"""How often equal settings get a sole winner, and how long many are summarised.

    python -m benchmarks.winners

Ours: the model confidence set of core.metrics.statistics. Plain: the naive rule, a winner is
whoever is best in 90 % of the bootstrap's resamples. Both judge the same simulated studies, in
which every setting is equally good: a question has its own difficulty, shared by all settings, and
each setting finds it or not (recall 0 or 1) or finds a part (recall 0 to 1).
"""

import time

import numpy as np
from numpy.typing import NDArray

from core.metrics import statistics
from core.metrics.retrieval import Overlap, Ranking
from core.metrics.summary import MeasuredQuestion, summarise

# Questions, settings, simulated studies.
SHAPES = ((24, 2, 4_000), (24, 6, 1_000), (24, 36, 500), (472, 2, 1_000))
LARGE = (10_000, 50)
NAIVE = 0.90
RESAMPLES = 400


def rows() -> list[dict[str, str]]:
    """As ratio the share of studies with a sole winner. Of two settings it is 5 % by design, give
    or take what so many studies leave to chance."""
    shares = [row(kind, *shape) for kind in ("hit or miss", "part") for shape in SHAPES]
    return [*shares, large()]


def row(kind: str, questions: int, settings: int, studies: int) -> dict[str, str]:
    chance = np.random.default_rng(0)
    ours = naive = 0
    our_seconds = plain_seconds = 0.0
    for _ in range(studies):
        values = study(chance, kind, questions, settings)
        start = time.perf_counter()
        ours += statistics.tied_with_best(values).winner is not None
        between = time.perf_counter()
        naive += naive_winner(chance, values)
        our_seconds += between - start
        plain_seconds += time.perf_counter() - between
    return {
        "what": f"{settings} equal settings, {questions} questions, {kind}: sole winner"
        f" (naive rule: {naive / studies:.1%})",
        "ours_seconds": f"{our_seconds / studies:.4f}",
        "plain_seconds": f"{plain_seconds / studies:.4f}",
        "ratio": f"{ours / studies:.1%}",
        "demand": "at most 5%",
    }


def study(
    chance: np.random.Generator, kind: str, questions: int, settings: int
) -> NDArray[np.float64]:
    """Values of equally good settings, shape (questions, settings)."""
    difficulty = chance.beta(2, 1, (questions, 1))
    if kind == "hit or miss":
        return (chance.random((questions, settings)) < difficulty).astype(float)
    return np.clip(difficulty + chance.normal(0, 0.3, (questions, settings)), 0, 1)


def naive_winner(chance: np.random.Generator, values: NDArray[np.float64]) -> bool:
    questions, settings = values.shape
    drawn = chance.multinomial(questions, np.full(questions, 1 / questions), RESAMPLES) @ values
    best = np.bincount(drawn.argmax(axis=1), minlength=settings)
    return bool(best.max() >= NAIVE * RESAMPLES)


def large() -> dict[str, str]:
    """Everything that a study says, at once: means with intervals, differences with their p, the
    tied set."""
    values = study(np.random.default_rng(0), "part", *LARGE)
    rows = [[measured(float(value)) for value in column] for column in values.T]
    start = time.perf_counter()
    summarise([f"setting {number}" for number in range(LARGE[1])], rows, base=0)
    seconds = time.perf_counter() - start
    return {
        "what": f"{LARGE[0]:,} questions x {LARGE[1]} settings summarised",
        "ours_seconds": f"{seconds:.1f}",
        "plain_seconds": "",
        "ratio": "",
        "demand": "at most 10 s",
    }


def measured(value: float) -> MeasuredQuestion:
    return MeasuredQuestion(
        overlap=Overlap(recall=value, precision=value, iou=value),
        ranking=Ranking(hit=value, recall=value, reciprocal_rank=value, ndcg=value),
        context_tokens=1,
        context_characters=4,
        found_characters=4,
        read_characters=4,
        seconds=value,
    )


def main() -> None:
    for measured in rows():
        print(measured, flush=True)


if __name__ == "__main__":
    main()
