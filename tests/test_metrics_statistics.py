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


def test_an_interval_of_hits_and_misses_is_clopper_and_pearsons() -> None:
    hits = np.repeat([1.0, 0.0], [16, 4])
    (found,) = s.means(hits)
    exact = stats.binomtest(16, 20).proportion_ci(method="exact")
    assert (found.mean, found.n) == (0.8, 20)
    assert (found.low, found.high) == (close(exact.low, 0.01), close(exact.high, 0.01))


def test_few_questions_alike_still_have_an_interval() -> None:
    for value in (0.0, 0.25, 1.0):
        (found,) = s.means(np.full((5, 1), value))
        assert 0 <= found.low <= value <= found.high <= 1
        assert found.high - found.low > 0.3
    (one,) = s.means([[0.5]])
    assert (one.mean, one.low, one.high) == (0.5, close(0.0125, 0.005), close(0.9875, 0.005))


@pytest.mark.parametrize("questions", [5, 10, 20, 50])
def test_intervals_hold_the_truth_as_often_as_they_say(questions: int) -> None:
    chance = np.random.default_rng(5)
    for values, truth, least in (
        (chance.binomial(1, 0.9, (questions, 400)).astype(float), 0.9, 0),
        (chance.beta(9, 1, (questions, 400)), 0.9, 0),
        (chance.choice([-1.0, 0, 1], (questions, 400), p=[0.05, 0.85, 0.1]), 0.05, -1),
    ):
        held = sum(each.low <= truth <= each.high for each in s.means(values, least, 1))
        assert held / 400 >= 0.94


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
    assert (same.p, same.interval.mean, same.more) == (1.0, 0.0, None)
    assert same.interval.low < 0 < same.interval.high
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


def test_the_bound_of_one_other_setting_is_the_lower_end_of_its_difference() -> None:
    hits = np.zeros((100, 2))
    hits[:90, 0] = hits[:80, 1] = 1  # 10 points behind, on ten questions
    found = s.bounds(hits, leader=0, margin=0.05)
    # Clopper and Pearson's one-sided bound for ten losses of a hundred: 1 - 0.8364
    assert found.at_worst[1] == close(-0.1638, 0.005)
    assert found.needed[1] is None, "it lies further behind than the margin"
    assert found.at_worst[0] > 0.04, "the leader is better"


def test_settings_that_never_differ_are_alike_once_there_are_many_questions() -> None:
    same = np.repeat(np.random.default_rng(0).random((59, 1)), 2, axis=1)
    few, enough = s.bounds(same[:50], 0, 0.05), s.bounds(np.vstack([same, same]), 0, 0.05)
    # 1 - 0.05^(1/n): what an unseen question may still change
    assert few.at_worst[1] == close(-(1 - 0.05 ** (1 / 50)), 0.005)
    assert few.at_worst[1] < -0.05 < enough.at_worst[1]
    assert few.needed == (60, 60)
    assert s.bounds(same[:, :1], 0, 0.05).at_worst == (0.0,)


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
