"""How often a verdict is wrong, by simulated studies whose truth is known.

    python -m benchmarks.verdicts [--quick]

Each row: what was simulated, the share of studies in which it happened, and what is demanded. The
last line is JSON with the worst shares. --quick takes two minutes: an eighth of the studies, and
no curves.

A question has its own difficulty, shared by all settings; each setting finds its gold or not (hit
or miss), or a part of it. Equal settings are equally good on average; the naive rule, beside ours
where a sole winner is named, calls the winner whoever is best in 90 % of the bootstrap's resamples.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.evaluation import gate
from core.metrics import statistics
from core.metrics.choice import MARGIN, choose
from core.metrics.retrieval import Overlap, Ranking
from core.metrics.summary import MeasuredQuestion, summarise

Values = NDArray[np.float64]
Chance = np.random.Generator

STUDIES = 2_000
LARGE = (10_000, 50)  # questions and settings
NAIVE, RESAMPLES = 0.90, 400
MEAN = 0.85
LOSS = 0.10  # of recall, of a setting that is truly worse
APART = 0.35  # standard deviation of the paired difference of two equal settings
SHAPES = ((24, 2), (24, 18), (100, 8), (472, 2))
COVERED = (5, 10, 20, 50, 200)  # questions
CURVE = (50, 100, 200, 472, 1_000)  # questions


def rows(studies: int = STUDIES // 8) -> list[dict[str, str]]:
    return [*(row for _, _, row in simulated(studies)), large()]


def simulated(studies: int, curves: bool = False) -> Iterator[tuple[str, float, dict[str, str]]]:
    """What kind of mistake it is, how often it happened, and its row."""
    for kind in ("hit or miss", "part"):
        for questions, settings in SHAPES:
            what = f"{settings} equal settings, {questions} questions, {kind}: sole winner"
            yield _winners(what, kind, questions, settings, studies)
    for questions in (20, 50, 100, 472):
        for settings in (2, 8, 18):
            what = f"{settings} settings, {questions} questions, a cheaper one that loses"
            what += f" {LOSS:.0%}: recommended"
            found = _share(studies, partial(_worse, questions, settings))
            yield "worse_recommended", found, _row(what, found, "at most 5%")
    for settings in (2, 8, 18):
        for questions in CURVE:
            asked = (settings, questions) == (2, 472)
            if not (asked or curves):
                continue
            what = f"{settings} equal settings, {questions} questions: the cheapest recommended"
            found = _share(studies, partial(_equal, questions, settings))
            name = "equal_recommended" if asked else ""
            yield name, found, _row(what, found, "at least 80%" if asked else "")
    for settings in (1, 8):
        what = f"{settings} settings, 100 questions, a gate against themselves"
        found = _share(studies, partial(_gated, settings, 0.0))
        yield "gate_fails_when_equal", found, _row(f"{what}: fails", found, "at most 5%")
        found = _share(studies, partial(_gated, settings, 2 * LOSS))
        yield "", found, _row(f"{what} less {2 * LOSS:.0%}: fails", found, "")
    for kind, (draw, mean, least) in KINDS.items():
        for questions in COVERED:
            found = _coverage(draw, mean, least, questions, 2 * studies)
            what = f"interval of {questions} questions, {kind}: holds the truth"
            yield "worst_coverage", found, _row(what, found, "at least 94%")


def _row(what: str, share: float, demand: str, plain: str = "") -> dict[str, str]:
    return {
        "what": what,
        "ours_seconds": "",
        "plain_seconds": plain,
        "ratio": f"{share:.1%}",
        "demand": demand,
    }


def _share(studies: int, happens: Callable[[Chance], bool]) -> float:
    chance = np.random.default_rng(0)
    return sum(happens(chance) for _ in range(studies)) / studies


def _winners(
    what: str, kind: str, questions: int, settings: int, studies: int
) -> tuple[str, float, dict[str, str]]:
    chance = np.random.default_rng(0)
    ours = naive = 0
    for _ in range(studies):
        values = study(chance, kind, questions, settings)
        ours += statistics.tied_with_best(values).winner is not None
        naive += naive_winner(chance, values)
    what += f" (naive rule: {naive / studies:.1%})"
    return "sole_winner_when_equal", ours / studies, _row(what, ours / studies, "about 5%")


def study(chance: Chance, kind: str, questions: int, settings: int) -> Values:
    """Values of equally good settings, shape (questions, settings)."""
    difficulty = chance.beta(2, 1, (questions, 1))
    if kind == "hit or miss":
        return (chance.random((questions, settings)) < difficulty).astype(float)
    return np.clip(difficulty + chance.normal(0, 0.3, (questions, settings)), 0, 1)


def naive_winner(chance: Chance, values: Values) -> bool:
    questions, settings = values.shape
    drawn = chance.multinomial(questions, np.full(questions, 1 / questions), RESAMPLES) @ values
    best = np.bincount(drawn.argmax(axis=1), minlength=settings)
    return bool(best.max() >= NAIVE * RESAMPLES)


def _alike(chance: Chance, questions: int, settings: int) -> Values:
    """Hits and misses of equal settings; two of them differ by APART on a question."""
    common = chance.random((questions, 1)) < MEAN
    anew = chance.random((questions, settings)) < MEAN
    # Of two settings, each redrawn with chance s, 1 - (1 - s)^2 of the questions may differ.
    redrawn = 1 - np.sqrt(1 - APART**2 / (2 * MEAN * (1 - MEAN)))
    return np.where(chance.random((questions, settings)) < redrawn, anew, common).astype(float)


def _worse(questions: int, settings: int, chance: Chance) -> bool:
    values = _alike(chance, questions, settings)
    values[:, 0] *= chance.random(questions) >= LOSS / MEAN
    return choose(values, range(settings)).recommended == 0


def _equal(questions: int, settings: int, chance: Chance) -> bool:
    return choose(_alike(chance, questions, settings), range(settings)).recommended == 0


def _gated(settings: int, loss: float, chance: Chance) -> bool:
    """Whether a gate fails settings that were measured anew, and lost something meanwhile."""
    both = _alike(chance, 100, 2 * settings)
    both[:, settings:] *= chance.random((100, settings)) >= loss / MEAN
    before, after = (
        {
            str(number): {str(question): float(value) for question, value in enumerate(column)}
            for number, column in enumerate(half.T)
        }
        for half in (both[:, :settings], both[:, settings:])
    )
    return any(row.worse for row in gate.judge(before, after, MARGIN))


# How values are drawn in a shape, their true mean, and the least value there can be.
KINDS: dict[str, tuple[Callable[[Chance, tuple[int, int]], Values], float, float]] = {
    "hits of 90 %": (lambda c, shape: c.binomial(1, 0.9, shape).astype(float), 0.9, 0),
    "hits of 50 %": (lambda c, shape: c.binomial(1, 0.5, shape).astype(float), 0.5, 0),
    "parts about 90 %": (lambda c, shape: c.beta(9, 1, shape), 0.9, 0),
    "parts, most of them whole": (lambda c, shape: c.beta(0.9, 0.1, shape), 0.9, 0),
    "paired differences of hits": (
        lambda c, shape: c.choice([-1.0, 0.0, 1.0], shape, p=[0.02, 0.88, 0.1]),
        0.08,
        -1,
    ),
    "paired differences of parts": (
        lambda c, shape: 2 * c.beta(20, 18, shape) - 1,
        2 * 20 / 38 - 1,
        -1,
    ),
}


def _coverage(
    draw: Callable[[Chance, tuple[int, int]], Values],
    mean: float,
    least: float,
    questions: int,
    studies: int,
) -> float:
    values = draw(np.random.default_rng(0), (questions, studies))
    found = statistics.means(values, least, 1)
    return sum(each.low <= mean <= each.high for each in found) / studies


def large() -> dict[str, str]:
    """Everything that a study says, at once: means with intervals, differences with their p, the
    tied set, the choice."""
    values = study(np.random.default_rng(0), "part", *LARGE)
    measured = [[_measured(float(value)) for value in column] for column in values.T]
    start = time.perf_counter()
    summarise([f"setting {number}" for number in range(LARGE[1])], measured, base=0)
    seconds = time.perf_counter() - start
    return {
        "what": f"{LARGE[0]:,} questions x {LARGE[1]} settings summarised",
        "ours_seconds": f"{seconds:.1f}",
        "plain_seconds": "",
        "ratio": "",
        "demand": "at most 10 s",
    }


def _measured(value: float) -> MeasuredQuestion:
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    shares: dict[str, list[float]] = {}
    print("| what | share | demand |\n|---|---|---|")
    studies = STUDIES // 8 if options.quick else STUDIES
    for name, share, row in simulated(studies, curves=not options.quick):
        print(f"| {row['what']} | {row['ratio']} | {row['demand']} |", flush=True)
        if name:
            shares.setdefault(name, []).append(share)
    worst = {
        name: min(found) if name in ("equal_recommended", "worst_coverage") else max(found)
        for name, found in shares.items()
    }
    print(json.dumps(worst))


if __name__ == "__main__":
    main()
