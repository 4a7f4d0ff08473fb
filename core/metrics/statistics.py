"""Is the difference real? Statistics over one table of values, paired over questions. Pure.

`values` of every function: floats of shape (questions, settings), every setting measured on the
same questions, higher is better, without NaN. A question counts once, so what is drawn at random
is questions. Every function gives the same numbers each time: its chance has a fixed seed.

Sources: intervals for the mean of a bounded variable by Gaffke ("Three test statistics for a
nonparametric one-sided hypothesis on the mean of a nonnegative variable", 2005), as told by
Learned-Miller and Thomas ("A new confidence interval for the mean of a bounded random variable",
2019); simultaneous bounds by the largest of the studentised statistics (Westfall and Young, 1993);
sign-flip randomisation p = (b + 1) / (m + 1) (Phipson and Smyth, 2010); Holm (1979); the model
confidence set of Hansen, Lunde and Nason (2011) with the range statistic, whose chance comes from
sign flips here: see docs/decisions/0009-what-is-better.md and 0024-no-worse.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import NormalDist
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95  # of every interval
ALPHA = 0.05  # of the set that ties with the best: how often it may miss one of the best
POWER = 0.8  # with which more questions would tell
RESAMPLES = 3_000
FLIPS = 4_999
BATCH = 250  # resamples or flips at once: what limits the memory
SAME = 1e-9  # values that differ by less are equal but for rounding
ROUGH = 1e-5  # the same of statistics in 32 bits, which are small numbers of standard errors

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over `n` questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def in_percent(self) -> "Interval":
        return replace(self, mean=100 * self.mean, low=100 * self.low, high=100 * self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting less the base setting: the mean with its 95 % interval, the sign-flip `p`, `p_holm`
    corrected for the number of settings compared, on how many questions it is better, equal and
    worse, and how many more questions would tell the two apart (None: no number would)."""

    setting: int
    interval: Interval
    p: float
    p_holm: float
    wins: int
    ties: int
    losses: int
    more: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """The settings that cannot be told from the best. `p[setting]` is that of the test that put it
    out, or that could not tell those in the set apart."""

    best: int
    settings: tuple[int, ...]
    p: tuple[float, ...]

    @property
    def winner(self) -> int | None:
        """The one setting that is better than all others; None: no winner yet."""
        return self.best if len(self.settings) == 1 else None


def means(values: ArrayLike, least: float = 0.0, most: float = 1.0) -> list[Interval]:
    """The mean of each setting with its interval, of values that lie from `least` to `most`.

    It is the Bayesian bootstrap's with one question more, which went as badly as can be for the
    lower end and as well as can be for the upper one: few questions that were all hits do not say
    that there are no misses. Of hits and misses it is Clopper and Pearson's interval.
    Errors: ValueError for values beyond these ends.
    """
    table = _table(values)
    if table.min() < least - SAME or table.max() > most + SAME:
        raise ValueError(f"values are said to lie from {least:g} to {most:g}")
    found, unseen = reweighted(table)
    tail = (1 - LEVEL) / 2
    low = np.quantile(found + least * unseen, tail, axis=0)
    high = np.quantile(found + most * unseen, 1 - tail, axis=0)
    return [
        Interval(mean=float(mean), low=float(a), high=float(b), n=len(table))
        for mean, a, b in zip(
            table.mean(axis=0), np.maximum(low, least), np.minimum(high, most), strict=True
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How settings compare with the best at worst, as lower bounds of paired differences, and about
    how many questions like these, all in all, would show in four of five studies that a setting is
    not behind by more than a margin; None where its mean is."""

    at_worst: tuple[float, ...]
    needed: tuple[int | None, ...]


def bounds(values: ArrayLike, leader: int, margin: float) -> Bounds:
    """Every setting against the leader: one-sided bounds that in 95 of 100 studies all hold at
    once. The leader against every other, each at 95 %: it is among the best if no bound says
    otherwise. Values lie from 0 to 1, so the one question more of `means` is lost outright, by 1.

    needed: n = ((reach + z(0.8)) sd / room)^2 + 3 / room, where reach is how many standard errors a
    bound lies below its mean, room how far the mean lies above -margin, and 3 / room what it takes
    where no question differs.
    """
    table = _table(values)
    others = [setting for setting in range(table.shape[1]) if setting != leader]
    if not others:
        return Bounds(at_worst=(0.0,), needed=(0,))
    change = table[:, others] - table[:, [leader]]
    at_worst, needed = np.zeros(table.shape[1]), np.zeros(table.shape[1])
    at_worst[others], reach = _lower(change)
    needed[others] = _needed(change, reach, margin)
    found, unseen = reweighted(-change)
    at_worst[leader] = np.quantile(found - unseen, 1 - LEVEL, axis=0).min()
    needed[leader] = _needed(-change, NormalDist().inv_cdf(LEVEL), margin).max()
    return Bounds(
        at_worst=tuple(map(float, at_worst)),
        needed=tuple(int(np.ceil(each)) if np.isfinite(each) else None for each in needed),
    )


def at_best(before: ArrayLike, after: ArrayLike) -> list[float]:
    """Upper bounds of what each setting has gained, both tables of the same questions and settings:
    one-sided, and in 95 of 100 studies all hold at once. Values lie from 0 to 1."""
    return [-float(each) for each in _lower(_table(before) - _table(after))[0]]


def _lower(change: Table) -> tuple[Table, float]:
    """Lower bounds of the means of paired differences, one-sided, that hold at once (max-T), and
    how many standard errors they lie below the means."""
    found, unseen = reweighted(change)
    drawn = found - unseen
    middle, spread = drawn.mean(axis=0), drawn.std(axis=0)
    reach = float(np.quantile(((middle - drawn) / spread).max(axis=1), LEVEL))
    return middle - reach * spread, reach


def _needed(change: Table, reach: float, margin: float) -> Table:
    """Infinite where no number would do. See `bounds`."""
    room = margin + change.mean(axis=0)
    enough = np.where(room > SAME, room, np.nan)
    count = ((reach + NormalDist().inv_cdf(POWER)) * change.std(axis=0) / enough) ** 2
    return np.nan_to_num(count + 3 / enough, nan=np.inf)


def differences(values: ArrayLike, base: int, alike: float = SAME) -> list[Difference]:
    """Every setting but the base, in order, compared with it, of values from 0 to 1. Those that
    differ by no more than `alike` are counted as equal, and only counted so."""
    table = _table(values)
    others = [setting for setting in range(table.shape[1]) if setting != base]
    if not others:
        return []
    change = table[:, others] - table[:, [base]]
    p = sign_flip(change)
    columns = zip(others, means(change, -1, 1), p, holm(p), change.T, strict=True)
    return [
        Difference(
            setting=setting,
            interval=interval,
            p=each_p,
            p_holm=corrected,
            wins=int((column > alike).sum()),
            ties=int((np.abs(column) <= alike).sum()),
            losses=int((column < -alike).sum()),
            more=more_questions(column),
        )
        for setting, interval, each_p, corrected, column in columns
    ]


def sign_flip(change: ArrayLike) -> list[float]:
    """Two-sided p of each column of paired differences, shape (questions, settings): were a
    question's difference as likely to be the other way round, how often would the mean lie at least
    as far from 0? (b + 1) / (m + 1) over m = 4,999 random flips."""
    table = _table(change)
    scaled = table / _scale((table**2).sum(axis=0))
    observed = np.abs(scaled.sum(axis=0))
    beyond = np.zeros(table.shape[1])
    for drawn in _flipped(scaled):
        beyond += (np.abs(drawn) >= observed - ROUGH).sum(axis=0)
    return [float(each) for each in (beyond + 1) / (FLIPS + 1)]


def holm(p: Sequence[float]) -> list[float]:
    """p values corrected for their number: the chance of one false alarm among all of them is at
    most what they say."""
    order = np.argsort(p, kind="stable")
    corrected = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(order), 0, -1))
    back = np.empty(len(order))
    back[order] = np.minimum(corrected, 1.0)
    return [float(each) for each in back]


def tied_with_best(values: ArrayLike) -> Ties:
    """The model confidence set at 95 %: in 95 of 100 studies it holds every setting that is really
    among the best.

    While the settings left can be told apart, the one that loses most clearly goes. The statistic
    is the largest paired difference of two of them in units of its standard error; its chance is
    that of flipping, question by question, who beat whom in all pairs at once.
    """
    table = _table(values)
    settings = table.shape[1]
    best = int(np.argmax(table.mean(axis=0)))
    pairs = np.array(list(combinations(range(settings), 2))).reshape(-1, 2)
    if not len(pairs):
        return Ties(best=best, settings=(best,), p=(1.0,))
    observed, drawn = _statistics(table, pairs)
    left = np.ones(settings, bool)
    p, highest = np.ones(settings), 0.0
    while left.sum() > 1:
        among = left[pairs].all(axis=1)
        clearest = np.abs(observed[among]).max()
        beyond = int((drawn[:, among].max(axis=1) >= clearest - ROUGH).sum())
        highest = max(highest, (beyond + 1) / (FLIPS + 1))
        if highest > ALPHA:
            p[left] = highest
            break
        worst = int(np.argmax(_clearest_losses(observed, pairs, among, settings)))
        p[worst] = highest
        left[worst] = False
    tied = tuple(int(each) for each in np.flatnonzero(left))
    return Ties(best=best, settings=tied, p=tuple(map(float, p)))


def more_questions(change: ArrayLike) -> int | None:
    """About how many more questions like these would tell a paired difference, shape (questions,),
    from none, in four of five studies, at 95 %: n = ((z(0.975) + z(0.8)) sd / mean)^2 less what
    there is. 0: there are enough; None: the mean is 0, and no number would.
    """
    column = np.asarray(change, float)
    mean = column.mean()
    if len(column) < 2 or abs(mean) <= SAME:
        return None
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) + NormalDist().inv_cdf(POWER)
    needed = (reach * column.std(ddof=1) / mean) ** 2
    return max(0, int(np.ceil(needed - SAME)) - len(column))


def repeat_noise(repeats: ArrayLike) -> float:
    """The standard deviation of one setting's value on a question when nothing but chance changes,
    from repeats of shape (questions, times): the root of the mean variance within a question.

    Errors: ValueError for a single repeat.
    """
    table = _table(repeats)
    if table.shape[1] < 2:
        raise ValueError("noise shows in two repeats at least")
    return float(np.sqrt(table.var(axis=1, ddof=1).mean()))


def _statistics(table: Table, pairs: NDArray[np.int64]) -> tuple[Table, NDArray[np.float32]]:
    """For each pair of settings the difference in units of its standard error, and the size of the
    same with flipped signs, shape (flips, pairs). The standard error is that of the flips, the root
    of the sum of squares, so two settings alike in all questions differ by 0."""
    left, right = pairs.T
    squares = np.array([((table - column[:, None]) ** 2).sum(axis=0) for column in table.T])
    scale = _scale(squares[left, right])
    sums = table.sum(axis=0)
    centred = table - table.mean(axis=1, keepdims=True)  # small numbers, for 32 bits
    units = scale.astype(np.float32)
    drawn = np.concatenate(
        [np.abs(flipped[:, left] - flipped[:, right]) / units for flipped in _flipped(centred)]
    )
    return (sums[left] - sums[right]) / scale, drawn


def _scale(squares: Table) -> Table:
    """The standard errors of flipped sums, from the sums of squares; infinite, so that the
    statistic is 0, where nothing differs."""
    return np.sqrt(np.where(squares > SAME, squares, np.inf))


def _clearest_losses(
    observed: Table, pairs: NDArray[np.int64], among: NDArray[np.bool_], settings: int
) -> Table:
    """By how much each setting loses against the one that beats it most clearly."""
    losses = np.full(settings, -np.inf)
    left, right = pairs[among].T
    np.maximum.at(losses, left, -observed[among])
    np.maximum.at(losses, right, observed[among])
    return losses


def reweighted(table: Table, seed: int = 0) -> tuple[Table, Table]:
    """Means with chance weights for the questions and for one more, which is unseen (Rubin's
    Bayesian bootstrap; the same weights for all settings): the seen questions' part, shape
    (RESAMPLES, settings), and the unseen one's weight, shape (RESAMPLES, 1). Parts of one sum that
    were measured independently need another `seed` each."""
    chance = np.random.default_rng(seed)
    found, unseen = [], []
    rows = table.astype(np.float32)
    for start in range(0, RESAMPLES, BATCH):
        count = min(BATCH, RESAMPLES - start)
        weights = chance.standard_exponential((count, len(table) + 1), np.float32)
        weights /= weights.sum(axis=1, keepdims=True)
        found.append(weights[:, 1:] @ rows)
        unseen.append(weights[:, :1])
    return np.concatenate(found).astype(float), np.concatenate(unseen).astype(float)


def _flipped(table: Table) -> Iterator[NDArray[np.float32]]:
    """Sums over the questions, the sign of each question's row flipped at random, shape
    (some, settings) a batch. The seed is the table's own: the same each time, and another in
    another study, so that no one draw of flips decides them all."""
    chance = np.random.default_rng(crc32(np.ascontiguousarray(table).tobytes()))
    rows = table.astype(np.float32)
    total = rows.sum(axis=0)
    for start in range(0, FLIPS, BATCH):
        count = min(BATCH, FLIPS - start)
        bits = np.frombuffer(chance.bytes(count * (len(rows) // 8 + 1)), np.uint8)
        heads = np.unpackbits(bits.reshape(count, -1), axis=1)[:, : len(rows)]
        yield 2 * (heads.astype(np.float32) @ rows) - total


def _table(values: ArrayLike) -> Table:
    """Errors: ValueError for a table without questions, and for NaN: it would be averaged away."""
    table = np.asarray(values, float)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or not len(table):
        raise ValueError("values are a table of questions and settings")
    if not np.isfinite(table).all():
        raise ValueError("a question without a value cannot be compared; leave it out")
    return table
