"""How often the interval of judged answers, corrected by a few grades, holds the truth, by
simulated judges whose bias and noise are known; and which judges are refused.

    python -m benchmarks.judges [--quick]

Each row: grades n and judged-only answers N; how often the corrected interval, that of the grades
alone, the normal one of PPI++ and the judge's own uncorrected one hold the truth; the corrected
width against that of the grades alone, mean and worst; and what the grades are worth with the
judge (median). The last line is JSON. --quick: 500 repetitions a row, not 10,000,
and three of the five sizes.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.metrics.calibration import JudgedPair, Preference, calibrate
from core.metrics.powered import corrected, weights

Values = NDArray[np.float64]
Chance = np.random.Generator

REPETITIONS, QUICK, BATCH = 10_000, 500, 1_000
SIZES = ((30, 200), (50, 200), (50, 2_000), (100, 1_000), (200, 2_000))  # grades, judged only
QUICK_SIZES = (SIZES[0], SIZES[1], SIZES[4])
ENOUGH = 50  # grades, from which coverage is demanded
WIDER = 1.03  # at most, against the grades alone
REFUSED = 1_000  # studies of each judge that reads nothing
PAIRS, SHARED = 200, 60

# How answers' grades are drawn, their true mean, and the least value there can be.
GRADES: dict[str, tuple[Callable[[Chance, tuple[int, int]], Values], float, float]] = {
    "right 95 %": (lambda c, shape: c.binomial(1, 0.95, shape).astype(float), 0.95, 0),
    "right 50 %": (lambda c, shape: c.binomial(1, 0.5, shape).astype(float), 0.5, 0),
    "marks 1 to 5, most of them 5": (
        lambda c, shape: c.choice([0, 0.25, 0.5, 0.75, 1], shape, p=[0.02, 0.02, 0.06, 0.1, 0.8]),
        0.91,
        0,
    ),
    "better 12 %, worse 4 %": (
        lambda c, shape: c.choice([-1.0, 0.0, 1.0], shape, p=[0.04, 0.84, 0.12]),
        0.08,
        -1,
    ),
}


def _flipping(share: float) -> Callable[[Chance, Values, float], Values]:
    """A judge that says the contrary of so many answers."""
    return lambda c, y, least: np.where(c.random(y.shape) < share, least + 1 - y, y)


def _lenient(chance: Chance, y: Values, least: float) -> Values:
    """Calls 60 % of what lies in the lower half of the scale as good as can be."""
    bad = y < (least + 1) / 2
    return np.where(bad & (chance.random(y.shape) < 0.6), 1.0, y)


# What a judge says of answers whose grade is y.
JUDGES: dict[str, Callable[[Chance, Values, float], Values]] = {
    "perfect": _flipping(0),
    "wrong 5 %": _flipping(0.05),
    "wrong 20 %": _flipping(0.2),
    "lenient: lifts 60 % of what is bad": _lenient,
    "harsh and noisy": lambda c, y, least: np.clip(
        0.6 * y + 0.1 + c.normal(0, 0.2, y.shape), least, 1
    ),
    "coin": lambda c, y, least: np.where(c.random(y.shape) < 0.5, least, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Shares (0..1) of repetitions, and widths against the grades alone."""

    grades: str
    judge: str
    n: int
    judged: int
    corrected: float
    alone: float
    normal: float
    uncorrected: float
    width: float
    widest: float
    worth: float

    @property
    def row(self) -> str:
        return (
            f"| {self.grades} | {self.judge} | {self.n} | {self.judged:,} | {self.corrected:.1%} |"
            f" {self.alone:.1%} | {self.normal:.1%} | {self.uncorrected:.1%} | {self.width:.2f} |"
            f" {self.widest:.2f} | {self.worth:.0f} |"
        )


def cases(repetitions: int, sizes: tuple[tuple[int, int], ...]) -> Iterator[Case]:
    for grades in GRADES:
        for judge in JUDGES:
            for n, judged in sizes:
                yield simulated(grades, judge, n, judged, repetitions)


def simulated(grades: str, judge: str, n: int, judged: int, repetitions: int) -> Case:
    draw, truth, least = GRADES[grades]
    chance = np.random.default_rng(0)
    held: list[Values] = []
    widths: list[float] = []
    worth: list[int] = []
    for start in range(0, repetitions, BATCH):
        many = min(BATCH, repetitions - start)
        y = draw(chance, (n, many))
        f = JUDGES[judge](chance, y, least)
        others = JUDGES[judge](chance, draw(chance, (judged, many)), least)
        found = corrected(y, f, others, least, 1)
        ends = np.array(
            [[a.interval.low, a.interval.high, a.alone.low, a.alone.high] for a in found]
        )
        widths += list((ends[:, 1] - ends[:, 0]) / (ends[:, 3] - ends[:, 2]))
        worth += [each.worth for each in found]
        weight = weights(y, f, others)
        middle = (y - weight * f).mean(axis=0) + weight * others.mean(axis=0)
        spread = (y - weight * f).var(axis=0) / n + (weight**2) * others.var(axis=0) / judged
        every = np.concatenate([f, others])
        held.append(
            np.array(
                [
                    (ends[:, 0] <= truth) & (truth <= ends[:, 1]),
                    (ends[:, 2] <= truth) & (truth <= ends[:, 3]),
                    np.abs(middle - truth) <= 1.96 * np.sqrt(spread),
                    np.abs(every.mean(axis=0) - truth)
                    <= 1.96 * every.std(axis=0) / sqrt(len(every)),
                ],
                float,
            )
        )
    shares = np.concatenate(held, axis=1).mean(axis=1)
    return Case(
        grades=grades,
        judge=judge,
        n=n,
        judged=judged,
        corrected=float(shares[0]),
        alone=float(shares[1]),
        normal=float(shares[2]),
        uncorrected=float(shares[3]),
        width=float(np.mean(widths)),
        widest=float(np.max(widths)),
        worth=float(np.median(worth)),
    )


def pairs(judge: str, chance: Chance) -> list[JudgedPair]:
    """PAIRS pairs as a judge sees them, SHARED of them graded; people prefer the longer in 60 %."""
    found = []
    for number in range(PAIRS):
        left, right = (int(each) for each in chance.integers(100, 1_000, 2))
        longer: Preference = "left" if left >= right else "right"
        shorter: Preference = "right" if longer == "left" else "left"
        people = longer if chance.random() < 0.6 else shorter
        first, second = _said(judge, chance, longer, people)
        found.append(
            JudgedPair(
                first=first,
                second=second,
                left_length=left,
                right_length=right,
                people=people if number < SHARED else None,
            )
        )
    return found


def _said(
    judge: str, chance: Chance, longer: Preference, people: Preference
) -> tuple[Preference, Preference]:
    if judge == "always A":
        return "left", "right"
    if judge == "longest wins":
        return longer, longer
    if judge == "coin":
        return (
            "left" if chance.random() < 0.5 else "right",
            "left" if chance.random() < 0.5 else "right",
        )
    other: Preference = "right" if people == "left" else "left"
    said = people if chance.random() < 0.9 else other
    return said, said


def refused(judge: str, studies: int = REFUSED) -> float:
    """The share of studies in which a judge is refused."""
    chance = np.random.default_rng(0)
    return sum(bool(calibrate(pairs(judge, chance)).refusals) for _ in range(studies)) / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    repetitions = QUICK if quick else REPETITIONS
    print(
        "| grades | judge | n | N | corrected | grades alone | normal | uncorrected | width |"
        " widest | worth |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    demanded, widest = [], []
    for case in cases(repetitions, QUICK_SIZES if quick else SIZES):
        print(case.row, flush=True)
        widest.append(case.widest)
        if case.n >= ENOUGH:
            demanded.append(case.corrected)
    studies = REFUSED // 10 if quick else REFUSED
    told = {
        name: refused(name, studies) for name in ("always A", "longest wins", "coin", "right 90 %")
    }
    print(f"\nRefused of {studies} studies each: {told}")
    print(
        json.dumps(
            {
                "worst_coverage": min(demanded),
                "monte_carlo_error": 1.96 * sqrt(0.94 * 0.06 / repetitions),
                "widest": max(widest),
                "widest_allowed": WIDER,
                "always_a_refused": told["always A"],
                "longest_wins_refused": told["longest wins"],
                "coin_refused": told["coin"],
                "good_judge_refused": told["right 90 %"],
            }
        )
    )


if __name__ == "__main__":
    main()
