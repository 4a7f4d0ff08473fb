"""What reranking buys, out of an evaluation that has run: the tables of docs/findings.md.

    TRIPTYCH_DATA=FOLDER python -m docs.reranking NAME

NAME is an evaluation over chunk sizes, numbers of passages (k) and of candidates, with and without
one reranker. Every reranked setting is compared with the same cut and k without; p by sign flips,
corrected for the number of these comparisons. Then the settings that give a model about as much to
read, the best first, with those that tie with it.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from core.evaluation.settings_compared import Evaluation
from core.lab import Lab
from core.metrics import statistics
from core.metrics.summary import ALIKE
from core.settings import from_environment
from core.tasks import result_of
from core.types import Retrieval

Key = tuple[int, int, int]  # size of the chunks, k, candidates (0: not reranked)
ALIKE_TOKENS = 0.15  # budgets that differ by no more, as a share, are called equal


def main(name: str) -> None:
    found = evaluated(name)
    recall = np.array([[each.overlap.recall for each in row] for row in found.measured]).T
    at: dict[Key, int] = {}
    for number, setting in enumerate(found.sweep.settings):
        evidence = setting.recipe.evidence
        assert isinstance(evidence, Retrieval)
        candidates = evidence.candidates if evidence.reranker else 0
        at[setting.recipe.chunking.size, evidence.top_k, candidates] = number
    sys.stdout.write("\n".join([*gains(found, recall, at), "", *budgets(found, recall, at), ""]))


def evaluated(name: str) -> Evaluation:
    """The newest evaluation of that name."""
    lab = Lab(from_environment())
    row = next(row for row in lab.evaluations.all() if row.name == name)
    base = lab.sweeps.sweep(row.id).settings[0].label
    return result_of(lab.evaluations.result(row.id, base))


def gains(found: Evaluation, recall: NDArray[np.float64], at: dict[Key, int]) -> list[str]:
    reranked = sorted(key for key in at if key[2])
    pairs = [(at[size, k, 0], at[size, k, candidates]) for size, k, candidates in reranked]
    compared = [statistics.differences(recall[:, list(pair)], 0, ALIKE)[0] for pair in pairs]
    corrected = statistics.holm([each.p for each in compared])
    lines = ["| chunks | k | reranked from | tokens | recall | 95 % interval | difference | p |"]
    lines[0] += " won/tied/lost | s |\n|" + "---|" * 10
    for key in sorted(at):
        outcome = found.summary.outcomes[at[key]]
        mean = outcome.recall
        cells = [str(key[0]), str(key[1]), str(key[2] or "not"), f"{outcome.context_tokens:,.0f}"]
        cells += [f"{100 * mean.mean:.1f}", f"{100 * mean.low:.1f} to {100 * mean.high:.1f}"]
        if key in reranked:
            each, p = compared[reranked.index(key)], corrected[reranked.index(key)]
            low, high = 100 * each.interval.low, 100 * each.interval.high
            cells += [f"{100 * each.interval.mean:+.1f} ({low:+.1f} to {high:+.1f})", f"{p:.3f}"]
            cells += [f"{each.wins}/{each.ties}/{each.losses}"]
        else:
            cells += ["", "", ""]
        lines.append(f"| {' | '.join([*cells, f'{outcome.seconds:.2f}'])} |")
    return lines


def budgets(found: Evaluation, recall: NDArray[np.float64], at: dict[Key, int]) -> list[str]:
    """For each depth the settings of several sizes whose context is about as long."""
    outcomes = found.summary.outcomes
    lines = ["| reranked from | tokens | best first; = ties with the best |", "|---|---|---|"]
    for depth in sorted({key[2] for key in at}):
        left = [number for key, number in at.items() if key[2] == depth]
        left.sort(key=lambda number: outcomes[number].context_tokens)
        while left:
            least = outcomes[left[0]].context_tokens
            alike = [n for n in left if outcomes[n].context_tokens <= least * (1 + ALIKE_TOKENS)]
            left = left[len(alike) :]
            if len(alike) == 1:
                continue
            tied = {alike[n] for n in statistics.tied_with_best(recall[:, alike]).settings}
            alike.sort(key=lambda n: -outcomes[n].recall.mean)
            said = []
            for n in alike:
                sign = "= " if n in tied else ""
                said.append(f"{sign}{outcomes[n].label} {100 * outcomes[n].recall.mean:.1f}")
            lines.append(f"| {depth or 'not'} | {least:,.0f} | {', '.join(said)} |")
    return lines


if __name__ == "__main__":
    main(*sys.argv[1:])
