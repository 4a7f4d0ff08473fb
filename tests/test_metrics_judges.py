"""Agreement of people, means corrected by a few grades, and judges that may not be believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.metrics import agreement, powered, statistics
from core.metrics.calibration import JudgedPair, Preference, calibrate

# Oracle values: krippendorff 0.9.0 and ppi-python 0.2.3, computed once.
GRADERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 5, 4, 3),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
)
ALPHAS = {
    "nominal": 0.6521739130434783,
    "ordinal": 0.6425702159868083,
    "interval": 0.702523240371846,
}
Y = [1, 0, 1, 1, 0.5, 0, 1, 0.75, 1, 0.25]
F = [0.9, 0.2, 0.8, 0.6, 0.5, 0.3, 1, 0.5, 0.7, 0.4]
# fmt: off
OTHERS = [0.3, 0.9, 0.8, 0.2, 0.6, 0.7, 0.1, 1, 0.5, 0.4, 0.85, 0.75, 0.65, 0.9, 0.35, 0.55, 0.95,
          0.15, 0.45, 0.8]
# fmt: on
PPI_TUNED = 0.65411906


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_the_krippendorff_package(scale: agreement.Scale) -> None:
    found = agreement.alpha(list(zip(*GRADERS, strict=True)), scale)
    assert found.alpha == pytest.approx(ALPHAS[scale], abs=1e-12)
    assert found.low < found.alpha < found.high
    assert found.units == 12


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_alpha_by_hand(scale: agreement.Scale) -> None:
    # 20 grades, 10 zeros and 10 ones. Two mixed units: observed 2 * 2 / 20 = 0.2; expected
    # 2 * 10 * 10 / (20 * 19) = 0.5263; 1 - 0.2 / 0.5263 = 0.62. With two values every scale agrees.
    units = [(0, 0)] * 4 + [(1, 1)] * 4 + [(0, 1)] * 2
    assert agreement.alpha(units, scale).alpha == pytest.approx(0.62)


@given(st.lists(st.integers(1, 5), min_size=10, max_size=30).filter(lambda x: len(set(x)) > 1))
@settings(max_examples=15, deadline=None)
def test_alpha_is_one_for_perfect_agreement(values: list[int]) -> None:
    found = agreement.alpha([(value, value, None) for value in values], "ordinal")
    assert (found.low, found.alpha, found.high) == pytest.approx((1, 1, 1))


def test_alpha_of_too_little_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="needs 10 answers that two people graded, not 9"):
        agreement.alpha([(1, 2)] * 9 + [(1, None)], "nominal")
    with pytest.raises(ValueError, match="all grades are equal"):
        agreement.alpha([(1, 1)] * 10, "nominal")


def test_the_weight_by_hand() -> None:
    # cov = 0.25; var of the six guesses 1 1 1 0 | 1 0 = 6 * (2/3)(1/3) / 5 = 0.26667; n / N = 0.5:
    # 0.25 / (1.5 * 0.26667) = 0.625.
    assert powered.weights([1, 0], [1, 0], [1, 1, 1, 0])[0] == pytest.approx(0.625)


def test_the_estimate_is_that_of_the_ppi_package() -> None:
    # mean(y) = 0.65, mean(f) = 0.59, mean of the others = 0.595: 0.65 + weight * 0.005.
    weight = powered.weights(Y, F, OTHERS)[0]
    assert weight * (np.mean(OTHERS) - np.mean(F)) + np.mean(Y) == pytest.approx(
        PPI_TUNED, abs=1e-8
    )


def test_grades_alone_are_the_interval_of_means() -> None:
    alone, plain = powered.corrected(Y, F, OTHERS)[0].alone, statistics.means(Y)[0]
    assert (alone.low, alone.high) == pytest.approx((plain.low, plain.high))


def test_a_perfect_judge_narrows_and_says_what_it_saves() -> None:
    chance = np.random.default_rng(1)
    y, others = (chance.random(60) < 0.6).astype(float), (chance.random(2_000) < 0.6).astype(float)
    found = powered.corrected(y, y, others)[0]
    assert found.interval.high - found.interval.low < 0.7 * (found.alone.high - found.alone.low)
    assert found.sentence == f"60 grades and this judge are worth {found.worth} grades."
    assert found.worth > 120


@pytest.mark.parametrize("guesses", [[0.5] * 10, [1 - each for each in Y]])
def test_a_judge_that_tells_nothing_leaves_the_grades_alone(guesses: list[float]) -> None:
    found = powered.corrected(Y, guesses, OTHERS)[0]
    assert (found.weight, found.worth, found.interval) == (0, 10, found.alone)
    assert found.sentence == "This judge adds nothing to 10 grades."


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=40),
    st.lists(st.floats(-1, 1), min_size=1, max_size=60),
)
@settings(max_examples=25, deadline=None)
def test_an_interval_stays_in_the_range_and_is_never_wider(
    graded: list[tuple[float, float]], others: list[float]
) -> None:
    y, f = zip(*graded, strict=True)
    found = powered.corrected(y, f, others, -1, 1)[0]
    inner, alone = found.interval, found.alone
    assert -1 <= inner.low <= inner.mean <= inner.high <= 1
    assert inner.high - inner.low <= alone.high - alone.low
    assert found.worth >= len(y)


@pytest.mark.parametrize(
    ("y", "f", "others", "sentence"),
    [
        ([1], [1], [1], "two grades at least"),
        ([1, 0], [1, 0], [], "only judged"),
        ([1, 0], [1], [1], "beside the judge's"),
        ([1, 2], [1, 0], [1], "lie from 0 to 1"),
        ([1, np.nan], [1, 0], [1], "leave it out"),
    ],
)
def test_what_cannot_be_corrected_is_said(
    y: list[float], f: list[float], others: list[float], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        powered.corrected(y, f, others)


def pair(
    first: Preference, second: Preference, people: Preference | None, **lengths: int
) -> JudgedPair:
    return JudgedPair(
        first=first,
        second=second,
        people=people,
        left_length=lengths.get("left", 10),
        right_length=lengths.get("right", 20),
    )


def test_an_order_flip_is_a_tie_and_is_counted() -> None:
    found = calibrate([pair("left", "right", "tie"), pair("left", "left", "left")])
    assert (found.flips, found.pairs, found.shared) == (1, 2, 2)
    assert found.agreement and found.agreement.mean == 1
    assert found.base == 0.5


def test_below_fifty_shared_grades_a_judge_is_not_calibrated() -> None:
    def judged(shared: int) -> list[JudgedPair]:
        sides: list[Preference] = ["left", "right"]
        return [
            pair(s, s, s if n < shared else None, left=10 + n % 4 // 2 * 20)
            for n, s in enumerate(sides * 40)
        ]

    few, enough = calibrate(judged(49)), calibrate(judged(50))
    assert few.caution == "Not calibrated: 49 shared grades, 50 are needed."
    assert not few.calibrated
    assert enough.refusals == ()
    assert enough.calibrated


@pytest.mark.parametrize(
    ("first", "second", "place"), [("left", "right", "A"), ("right", "left", "B")]
)
def test_a_judge_that_always_prefers_one_place_is_refused(
    first: Preference, second: Preference, place: str
) -> None:
    found = calibrate([pair(first, second, None)] * 20)
    assert found.refusals == (
        f"This judge follows the place: {place} wins in both orders in 100% of 20 pairs.",
    )


def test_a_judge_that_follows_length_is_refused() -> None:
    against = calibrate([pair("right", "right", "left")] * 20)
    assert "the longer wins in 100% of 20 pairs of which people prefer the shorter" in str(
        against.refusals
    )
    ungraded = calibrate([pair("right", "right", None)] * 60)
    assert ungraded.refusals == ("This judge follows length: the longer wins in 100% of 60 pairs.",)
    rightly = calibrate([pair("right", "right", "right")] * 20 + [pair("left", "left", "left")] * 9)
    assert rightly.refusals == ()


def test_a_judge_no_better_than_the_base_rate_is_refused() -> None:
    sides: list[Preference] = ["left", "right"]
    found = calibrate([pair(sides[n % 2], sides[n % 2], sides[n // 2 % 2]) for n in range(60)])
    assert found.refusals == (
        "This judge is not shown to be better than a coin: it agrees with people in 30 of 60 pairs,"
        " and always saying “left” would in 30.",
    )


def test_nothing_judged_is_said() -> None:
    with pytest.raises(ValueError, match="judged nothing"):
        calibrate([])
