"""What a class voted for, held against what the measures say. Pure.

Each vote chooses one answer among those that were shown together. Bradley and Terry (1952) give
every setting a strength, so that setting i is chosen before j with the chance
strength_i / (strength_i + strength_j); for a choice among several this is Luce's model (1959).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Fewer say nothing: with 30 votes a share of one half is known to about +-18 points.
ENOUGH_VOTES, ENOUGH_ROUNDS = 30, 3
PRIOR = 0.1  # of choix: as if each setting had won and lost a little against each other one


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The votes of one round: the names of the settings shown and how many chose each run.

    `settings` and `votes` are by run id.
    """

    settings: Mapping[str, str]
    votes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """A setting and its chance (0..1) to be chosen before an average one; `votes` of `shown`."""

    setting: str
    chance: float
    votes: int
    shown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often a measure puts the chosen answer above another one shown beside it: a share (0..1)
    of `pairs`, ties counting half; a half is what chance gives."""

    measure: str
    share: float
    pairs: int


def missing(rounds: Sequence[Choices]) -> tuple[int, int]:
    """How many votes and how many rounds are missing until anything is concluded."""
    voted = [each for each in rounds if sum(each.votes.values())]
    votes = sum(sum(each.votes.values()) for each in voted)
    return max(0, ENOUGH_VOTES - votes), max(0, ENOUGH_ROUNDS - len(voted))


def strengths(rounds: Sequence[Choices]) -> list[Strength]:
    """Every setting, the strongest first. A round that shows a setting twice counts for neither of
    the two. Errors: ValueError without a vote."""
    import choix
    import numpy as np

    names = sorted({name for each in rounds for name in each.settings.values()})
    place = {name: index for index, name in enumerate(names)}
    data: list[tuple[int, tuple[int, ...]]] = []
    votes: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for each in rounds:
        counts = Counter(each.settings.values())
        alone = [run_id for run_id, name in each.settings.items() if counts[name] == 1]
        total = sum(each.votes.get(run_id, 0) for run_id in alone)
        for run_id in alone:
            name, chosen = each.settings[run_id], each.votes.get(run_id, 0)
            others = tuple(place[each.settings[other]] for other in alone if other != run_id)
            if others:
                data += [(place[name], others)] * chosen
            votes[name] += chosen
            shown[name] += total
    if not data:
        raise ValueError("there is no vote")
    found = choix.ilsr_top1(len(names), data, alpha=PRIOR)
    centred = found - np.mean(found)
    chances = 1 / (1 + np.exp(-centred))
    order = sorted(names, key=lambda name: -chances[place[name]])
    return [
        Strength(
            setting=name,
            chance=float(chances[place[name]]),
            votes=votes[name],
            shown=shown[name],
        )
        for name in order
        if shown[name]
    ]


def agreement(
    rounds: Sequence[Choices], measures: Mapping[str, Mapping[str, float]]
) -> list[Agreement]:
    """For each measure how it agrees with the votes; `measures` are by run id and name, and a pair
    counts only where both answers have the measure."""
    agreed: Counter[str] = Counter()
    halves: dict[str, float] = {}
    for each in rounds:
        for chosen, votes in each.votes.items():
            for other in each.settings:
                if other == chosen:
                    continue
                mine, theirs = measures.get(chosen, {}), measures.get(other, {})
                for name in mine.keys() & theirs.keys():
                    won = 0.5 if mine[name] == theirs[name] else float(mine[name] > theirs[name])
                    agreed[name] += votes
                    halves[name] = halves.get(name, 0.0) + votes * won
    return [
        Agreement(measure=name, share=halves[name] / pairs, pairs=pairs)
        for name, pairs in sorted(agreed.items())
        if pairs
    ]
