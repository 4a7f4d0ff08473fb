"""From measured questions to a verdict and its memo."""

import numpy as np
import pytest

from core.metrics.memo import memo
from core.metrics.retrieval import Overlap, Ranking
from core.metrics.statistics import more_questions
from core.metrics.summary import MeasuredQuestion, summarise


def measured(
    recall: float, tokens: int, seconds: float, *, ranked: bool = True
) -> MeasuredQuestion:
    return MeasuredQuestion(
        overlap=Overlap(recall=recall, precision=recall / 10, iou=recall / 10),
        ranking=Ranking(hit=1.0, recall=recall, reciprocal_rank=0.5, ndcg=0.25) if ranked else None,
        context_tokens=tokens,
        context_characters=4 * tokens,
        found_characters=1000,
        read_characters=900 if ranked else 800,
        seconds=seconds,
    )


LABELS = ("small", "large", "bad")


def study(questions: int = 30) -> list[list[MeasuredQuestion]]:
    """The first two are alike, the third is far worse; the first is cheap, the second quick."""
    difficulty = 0.1 + 0.8 * np.random.default_rng(0).random(questions)
    wobble = np.where(np.arange(questions) % 2, 0.02, -0.02)
    return [
        [measured(d, 100, 2.0) for d in difficulty],
        [measured(float(d + w), 500, 0.5) for d, w in zip(difficulty, wobble, strict=True)],
        [measured(d / 4, 50, 0.1, ranked=n % 3 > 0) for n, d in enumerate(difficulty)],
    ]


def test_a_tie_its_cheapest_and_the_base() -> None:
    found = summarise(LABELS, study(), base=0)
    assert (found.winner, found.tied) == (None, (0, 1))
    assert (found.cheapest_by_tokens, found.cheapest_by_seconds) == (0, 1)
    small, large, bad = found.outcomes
    assert [outcome.tied for outcome in found.outcomes] == [True, True, False]
    assert small.difference is None
    assert large.difference and large.difference.interval.mean == pytest.approx(0, abs=1e-12)
    assert bad.difference and (bad.difference.losses, bad.difference.p_holm < 0.05) == (30, True)
    assert small.never_seen == pytest.approx(0.1)
    assert bad.never_seen == pytest.approx((20 * 0.1 + 10 * 0.2) / 30)
    assert (large.context_tokens, large.context_characters, large.seconds) == (500, 2000, 0.5)
    assert small.ranks and (small.ranks.hit.mean, small.ranks.hit.n) == (1.0, 30)
    assert bad.ranks and bad.ranks.hit.n == 20, "ranks count where they are defined"
    assert bad.precision.mean == pytest.approx(bad.recall.mean / 10)
    assert found.verdict.startswith("No winner yet: 2 settings cannot be told from the best;")


def test_the_best_has_to_be_told_from_the_cheapest_of_its_set() -> None:
    difficulty = 0.1 + 0.8 * np.random.default_rng(0).random(12)
    noise = np.random.default_rng(1).normal(0, 0.2, 12)
    noise -= noise.mean()
    rows = [
        [measured(d, 900, 1.0) for d in difficulty],
        [measured(float(d + n - 0.02), 500, 1.0) for d, n in zip(difficulty, noise, strict=True)],
        [measured(float(d - n - 0.05), 100, 1.0) for d, n in zip(difficulty, noise, strict=True)],
    ]
    found = summarise(LABELS, rows)
    assert (found.best, found.tied, found.cheapest_by_tokens) == (0, (0, 1, 2), 2)
    assert found.rival == 2
    assert found.more == more_questions(noise + 0.05)
    assert found.verdict.endswith(
        f"about {found.more} more questions would tell “small” from the cheapest of them, “bad”."
    )
    dear = summarise(LABELS, [rows[2], rows[1], [measured(d, 50, 1.0) for d in difficulty]])
    assert (dear.best, dear.cheapest_by_tokens, dear.rival) == (2, 2, 1)
    assert dear.verdict.endswith("from “large”.")


def test_a_winner() -> None:
    found = summarise(("good", "bad"), [study()[0], study()[2]])
    assert (found.winner, found.base, found.outcomes[1].difference) == (0, None, None)
    assert found.verdict == "“good” is better than every other setting."


def test_one_setting_and_settings_alike() -> None:
    assert "nothing to be compared" in summarise(("one",), study()[:1]).verdict
    alike = summarise(("one", "two"), [study()[0]] * 2)
    assert alike.verdict.endswith("on these questions they are alike.")


def test_without_any_rank() -> None:
    rows = [[measured(0.5, 1, 0.1, ranked=False)] * 3]
    assert summarise(("one",), rows).outcomes[0].ranks is None


@pytest.mark.parametrize("rows", [[], [[]], [[measured(1, 1, 1)], []]])
def test_what_cannot_be_summarised(rows: list[list[MeasuredQuestion]]) -> None:
    with pytest.raises(ValueError, match="a summary needs"):
        summarise(("one",) * len(rows), rows)


def test_the_memo_says_what_ties_what_it_costs_and_what_is_open() -> None:
    summary = summarise(("small | *cheap*", "large", "bad"), study(), base=0)
    text = memo(
        "Which chunks?", summary, tested=("30 questions.",), untested=("Answers <b>too</b>.",)
    )
    lines = text.splitlines()
    assert lines[0] == "# Which chunks?"
    assert lines[2].startswith("**No winner yet: 2 settings")
    assert r"- The cheapest of those that tie by the text it costs: small \| \*cheap\* (100" in text
    assert "by time: large (0.5 s a question)" in text
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert len(rows) == 3
    assert rows[-1].startswith("| bad | ")
    assert "p < 0.001, 0/0/30 | 50 | 0.1 | 13% |  |" in rows[-1]
    assert any("| base | 100 | 2 | 10% | ties |" in row for row in rows)
    assert "- 30 questions." in lines
    assert r"- Answers \<b\>too\</b\>." in lines
    assert "Means over 30 questions" in text
