"""From measured questions to a verdict and its memo."""

import numpy as np
import pytest

from core.metrics.memo import memo
from core.metrics.retrieval import Overlap, Ranking
from core.metrics.summary import MeasuredQuestion, summarise
from core.settings import Endpoint


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


def test_the_leader_what_is_no_worse_and_the_baseline() -> None:
    found = summarise(LABELS, study(200), base=0)
    small, large, bad = found.outcomes
    assert (found.winner, found.tied) == (None, (0, 1))
    assert found.leader in (0, 1)
    assert found.recommended == 0, "the cheaper of two that are alike"
    assert bad.standing == "worse"
    assert small.difference is None
    assert large.difference and large.difference.interval.mean == pytest.approx(0, abs=1e-12)
    assert bad.difference and (bad.difference.losses, bad.difference.p_holm < 0.05) == (200, True)
    assert bad.never_seen == pytest.approx((133 * 0.1 + 67 * 0.2) / 200)
    assert (large.context_tokens, large.context_characters, large.seconds) == (500, 2000, 0.5)
    assert small.ranks and (small.ranks.hit.mean, small.ranks.hit.n) == (1.0, 200)
    assert bad.ranks and bad.ranks.hit.n == 133, "ranks count where they are defined"
    assert bad.precision.mean == pytest.approx(bad.recall.mean / 10)


def test_the_leader_is_named_first_then_what_is_recommended() -> None:
    difficulty = 0.1 + 0.8 * np.random.default_rng(0).random(200)
    rows = [[measured(d, 900, 1.0) for d in difficulty]]
    rows.append([measured(d - 0.001, 100, 1.0) for d in difficulty])
    found = summarise(("large", "small"), rows)
    assert (found.leader, found.winner, found.recommended) == (0, 0, 1)
    assert found.verdict.startswith("“large” found most of the gold text, ")
    assert (
        "more than every other setting. Recommended: “small”, 100 tokens instead" in found.verdict
    )
    assert found.outcomes[1].standing == "no worse", "although it is significantly worse"
    assert summarise(("large", "small"), rows, margin=0.01).recommended == 0
    only = summarise(("small", "large"), [rows[0], [measured(d / 9, 950, 1.0) for d in difficulty]])
    assert only.verdict.endswith("It is recommended: none costs less to read.")


def test_a_tie_is_no_recommendation() -> None:
    chance = np.random.default_rng(1)
    difficulty = 0.3 + 0.4 * chance.random(30)
    noise = np.tile([0.25, -0.25], 15)
    rows = [
        [measured(d, 900, 1.0) for d in difficulty],
        [measured(float(d + n - 0.02), 100, 1.0) for d, n in zip(difficulty, noise, strict=True)],
    ]
    found = summarise(("large", "small"), rows)
    assert (found.tied, found.recommended, found.outcomes[1].standing) == (
        (0, 1),
        None,
        "undecided",
    )
    assert f"about {found.more} more questions would tell" in found.verdict
    assert found.more == (found.outcomes[0].needed or 0) - 30


def test_what_is_cheaper_and_undecided_says_how_many_questions_it_wants() -> None:
    chance = np.random.default_rng(1)
    level = 0.3 + 0.4 * chance.random(100)
    noise = np.tile([0.25, -0.25], 50)
    rows = [
        [measured(d, 900, 1.0) for d in level],
        [measured(float(d + n - 0.03), 100, 1.0) for d, n in zip(level, noise, strict=True)],
    ]
    found = summarise(("large", "small"), rows)
    assert (found.recommended, found.cheaper_undecided) == (0, [1])
    assert "1 cheaper setting is undecided: about" in found.verdict
    assert found.more == (found.outcomes[1].needed or 0) - 100


def test_of_few_questions_nothing_is_said_but_that_they_are_few() -> None:
    found = summarise(LABELS, study(19))
    assert (found.winner, found.recommended, found.more) == (None, None, 1)
    assert found.verdict == (
        "Too few questions to decide: 19, where 20 are needed at least. Add 1 or more, and compare"
        " again."
    )
    assert "Too few" not in summarise(LABELS, study(20)).verdict


def test_a_leader_says_which_others_found_as_much() -> None:
    rows = study(20)
    assert "as did 1 other setting" in summarise(("a", "b"), (rows[0], rows[0])).verdict
    assert "as did" not in summarise(LABELS, rows).verdict


def test_one_setting_has_nothing_to_be_compared_with() -> None:
    assert "nothing to be compared" in summarise(("one",), study()[:1]).verdict


def test_without_any_rank() -> None:
    rows = [[measured(0.5, 1, 0.1, ranked=False)] * 3]
    assert summarise(("one",), rows).outcomes[0].ranks is None


@pytest.mark.parametrize("rows", [[], [[]], [[measured(1, 1, 1)], []]])
def test_what_cannot_be_summarised(rows: list[list[MeasuredQuestion]]) -> None:
    with pytest.raises(ValueError, match="a summary needs"):
        summarise(("one",) * len(rows), rows)


def test_the_memo_says_what_is_recommended_what_it_costs_and_what_is_open() -> None:
    summary = summarise(("small | *cheap*", "large", "bad"), study(200), base=0)
    text = memo("Chunks?", summary, tested=("30 questions.",), untested=("Answers <b>too</b>.",))
    lines = text.splitlines()
    assert lines[0] == "# Chunks?"
    assert lines[2].startswith("**“")
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert len(rows) == 3
    assert rows[-1].startswith("| bad | ")
    assert rows[-1].endswith("| 50 | 0.1 | 13% | worse |")
    assert "0/0/200 | < 0.001 |" in rows[-1]
    assert any(r"| small \| \*cheap\* |" in row and "| baseline |" in row for row in rows)
    assert "- 30 questions." in lines
    assert r"- Answers \<b\>too\</b\>." in lines
    assert "Means over 200 questions" in text


def test_the_memo_shows_money_where_a_price_is_known() -> None:
    """50 tokens a question at 3 dollars a million: 0.15 dollars a thousand questions."""
    box = Endpoint(name="box", address="http://a/v1", model="m", dollars_in=3.0, dollars_out=6.0)
    summary = summarise(("small", "large", "bad"), study(200), base=0)
    text = memo("Chunks?", summary, tested=(), untested=(), reader=box)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert "| tokens | dollars | seconds |" in rows[0]
    assert "| 50 | 0.15 | 0.1 |" in rows[-1]
    assert "what box would take to read the context of a thousand questions, at 3 dollars" in text
    assert "dollars" not in memo("Chunks?", summary, tested=(), untested=())


def test_the_memo_of_few_questions_has_no_p_and_no_standing() -> None:
    text = memo("Chunks?", summarise(LABELS, study(6), base=0), tested=(), untested=())
    assert "**Too few questions to decide: 6" in text
    words = ("undecided |", "leader", "0.001", "p (Holm)", "at worst", "standing", "| – |")
    assert not any(word in text.lower() for word in map(str.lower, words))
