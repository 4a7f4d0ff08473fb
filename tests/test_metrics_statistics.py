"""Statistics against hand-computed values and other people's programs, and by simulation."""

from itertools import product

import numpy as np
import pytest
from arch.bootstrap import MCS
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.metrics import statistics as s


def close(value: float, within: float) -> object:
    return pytest.approx(value, abs=within)


def test_means_are_scipys_bootstrap_taken_out_for_few_questions() -> None:
    chance = np.random.default_rng(3)
    values = np.column_stack([chance.random(25), chance.random(25) ** 3])
    ours = s.means(values)
    tail = stats.norm.cdf(np.sqrt(25 / 24) * stats.t.ppf(0.025, 24))
    for column, found in zip(values.T, ours, strict=True):
        theirs = stats.bootstrap(
            (column,),
            np.mean,
            confidence_level=1 - 2 * tail,
            method="percentile",
            n_resamples=20_000,
            rng=np.random.default_rng(1),
        ).confidence_interval
        assert found.mean == pytest.approx(column.mean())
        assert (found.low, found.high) == (close(theirs.low, 0.01), close(theirs.high, 0.01))
        assert found.n == 25


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance = np.random.default_rng(5)
    values = chance.beta(2, 1, (20, 400))  # 400 studies of 20 questions; the mean is 2/3
    held = sum(each.low <= 2 / 3 <= each.high for each in s.means(values))
    assert 0.92 <= held / 400 <= 0.98


def test_one_question_says_nothing_of_others() -> None:
    (found,) = s.means([[0.5]])
    assert (found.mean, found.low, found.high, found.n) == (0.5, -np.inf, np.inf, 1)


def test_a_setting_without_spread_has_no_width() -> None:
    (found,) = s.means(np.full((10, 1), 0.25))
    assert (found.low, found.high) == (0.25, 0.25)


def test_sign_flips_are_the_exact_test() -> None:
    change = np.array([0.4, 0.1, -0.2, 0.3, 0.5, -0.1, 0.2, 0.6])
    signs = np.array(list(product([1, -1], repeat=len(change))))
    exact = (np.abs(signs @ change) >= abs(change.sum()) - 1e-12).mean()
    assert s.sign_flip(change) == [close(float(exact), 0.01)]


def test_p_is_never_zero_and_one_where_nothing_differs() -> None:
    assert s.sign_flip(np.ones((200, 1))) == [1 / 5_000]
    assert s.sign_flip(np.zeros((20, 1))) == [1.0]
    assert s.sign_flip([[0.5]]) == [1.0]  # one question, either way round


def test_holm_by_hand() -> None:
    # 0.01 x 4, 0.02 x 3, 0.03 x 2 is no smaller than before, 0.5 x 1
    assert s.holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert s.holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert s.holm([0.7, 0.8]) == pytest.approx([1.0, 1.0])
    assert s.holm([]) == []


def test_differences_by_hand() -> None:
    base = np.array([0.0, 0.5, 1.0, 0.0, 0.5, 0.0])
    better = base + np.array([1.0, 0.0, -0.5, 1.0, 0.5, 1.0])
    first, same = s.differences(np.column_stack([better, base, base]), base=1)
    assert (first.setting, same.setting) == (0, 2)
    assert (first.wins, first.ties, first.losses) == (4, 1, 1)
    assert first.interval.mean == 0.5
    assert first.p_holm == pytest.approx(min(1, 2 * first.p))
    assert (same.wins, same.ties, same.losses) == (0, 6, 0)
    assert (same.p, same.interval.low, same.interval.high, same.more) == (1.0, 0.0, 0.0, None)
    assert s.differences(base[:, None], base=0) == []
    (lenient,) = s.differences(np.column_stack([base, better]), base=0, alike=0.6)
    assert (lenient.wins, lenient.ties, lenient.losses) == (3, 3, 0)
    assert lenient.p == close(first.p, 0.03)


def test_more_questions_by_hand() -> None:
    # mean 0.1, sd 0.5: (2.8016 x 5)^2 = 196.2, so 197 questions, of which there are 8.
    change = np.array([0.1 + 0.5 * np.sqrt(7 / 8) * sign for sign in (1, -1) * 4])
    assert change.std(ddof=1) == pytest.approx(0.5)
    assert s.more_questions(change) == 197 - 8
    assert s.more_questions(np.full(40, 0.2)) == 0
    assert s.more_questions(np.array([0.1, -0.1])) is None
    assert s.more_questions(np.array([0.1])) is None


def test_repeat_noise_by_hand() -> None:
    # Variances within: 0.02 (0.4 and 0.6), 0 and 0.
    assert s.repeat_noise([[0.4, 0.6], [1.0, 1.0], [0.0, 0.0]]) == pytest.approx(np.sqrt(0.02 / 3))
    with pytest.raises(ValueError, match="two repeats"):
        s.repeat_noise([[0.4], [0.6]])


def test_a_clear_winner_and_a_clear_tie() -> None:
    chance = np.random.default_rng(2)
    level = chance.random((100, 1))
    noise = chance.normal(0, 0.05, (100, 4))
    worse = level + noise + np.array([0, 0.3, 0, 0])
    alone = s.tied_with_best(worse)
    assert (alone.best, alone.settings, alone.winner) == (1, (1,), 1)
    assert alone.p[1] == 1 and max(alone.p[:1] + alone.p[2:]) <= 0.05
    two = s.tied_with_best(level + noise + np.array([0, 0.3, 0, 0.3]))
    assert two.settings == (1, 3)
    assert two.winner is None
    assert s.cheapest(two.settings, [1, 9, 2, 7]) == 3


def test_settings_alike_in_all_questions_tie() -> None:
    column = np.random.default_rng(0).random((30, 1))
    found = s.tied_with_best(np.repeat(column, 3, axis=1))
    assert (found.settings, found.p) == ((0, 1, 2), (1.0, 1.0, 1.0))
    assert s.tied_with_best(column).winner == 0


def test_always_better_by_a_little_is_better() -> None:
    column = np.random.default_rng(0).random((30, 1))
    assert s.tied_with_best(np.hstack([column, column + 0.001])).winner == 1
    assert s.tied_with_best(np.hstack([column, column + 0.001])[:4]).winner is None


def test_two_settings_are_judged_as_by_the_sign_flip_test() -> None:
    chance = np.random.default_rng(8)
    for _ in range(20):
        values = chance.random((15, 2))
        (p,) = s.sign_flip(values[:, 0] - values[:, 1])
        assert s.tied_with_best(values).p[int(values[:, 0].mean() > values[:, 1].mean())] == close(
            p, 0.04
        )


def test_the_tied_set_is_archs_confidence_set() -> None:
    chance = np.random.default_rng(4)
    for _ in range(5):
        merits = np.array([0.0, 0.0, 0.02, -0.2, -0.4, 0.01])
        values = chance.random((300, 1)) + merits + chance.normal(0, 0.3, (300, 6))
        theirs = MCS(1 - values, size=0.05, reps=1000, block_size=1, seed=1, method="R")
        theirs.compute()
        assert set(s.tied_with_best(values).settings) == set(theirs.included)


@pytest.mark.parametrize(("questions", "settings"), [(12, 2), (24, 2), (24, 5)])
def test_equal_settings_hardly_ever_get_a_winner(questions: int, settings: int) -> None:
    """At most one study in twenty; with 300 of them, up to 24 are within what chance does."""
    chance = np.random.default_rng(11)
    difficulty = chance.beta(2, 1, (300, questions, 1))
    studies = (chance.random((300, questions, settings)) < difficulty).astype(float)
    winners = sum(s.tied_with_best(values).winner is not None for values in studies)
    assert winners <= 24


def test_the_best_is_hardly_ever_missed() -> None:
    """Half of the settings are equally good: all of them are in the set nearly always."""
    chance = np.random.default_rng(12)
    missed = 0
    for _ in range(200):
        values = chance.random((40, 1)) + chance.normal(0, 0.2, (40, 6)) - [0, 0, 0, 0.3, 0.3, 0.3]
        missed += not {0, 1, 2} <= set(s.tied_with_best(values).settings)
    assert missed <= 18


def test_nothing_is_averaged_away() -> None:
    for function in (s.means, s.tied_with_best, s.sign_flip):
        with pytest.raises(ValueError, match="without a value"):
            function([[0.5], [np.nan]])
        with pytest.raises(ValueError, match="table"):
            function(np.empty((0, 2)))


tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=width, max_size=width),
        min_size=1,
        max_size=12,
    )
)


@given(values=tables)
def test_what_holds_for_any_table(values: list[list[float]]) -> None:
    table = np.array(values)
    ties = s.tied_with_best(table)
    assert ties.best in ties.settings
    assert ties == s.tied_with_best(table), "the same table, the same verdict"
    assert all(0 < p <= 1 for p in ties.p)
    for each in s.means(table):
        assert each.low <= each.mean + 1e-9 and each.mean <= each.high + 1e-9
    for difference in s.differences(table, 0):
        assert difference.wins + difference.ties + difference.losses == len(table)
        assert difference.p <= difference.p_holm <= 1
    turned = s.tied_with_best(table[:, ::-1])
    width = table.shape[1]
    if len({round(float(mean), 9) for mean in table.mean(axis=0)}) == width:
        assert turned.best == width - 1 - ties.best
