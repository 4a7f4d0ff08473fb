"""Votes against measures, by values worked out by hand."""

import math

import pytest

from core.metrics.votes import Agreement, Choices, agreement, missing, strengths


def shown(votes: dict[str, int], **settings: str) -> Choices:
    return Choices(settings=settings or {"a": "plain", "b": "searched"}, votes=votes)


def test_how_much_is_missing() -> None:
    assert missing([]) == (30, 3)
    assert missing([shown({"a": 10}), shown({}), shown({"b": 2})]) == (18, 1)
    assert missing([shown({"a": 10})] * 3) == (0, 0)


def test_two_settings_have_the_odds_of_their_votes() -> None:
    # 30 of 40 votes: strengths as 3 to 1, so each lies by a factor of sqrt 3 from their middle.
    first, second = strengths([shown({"a": 10, "b": 30})])
    assert (first.setting, first.votes, first.shown) == ("searched", 30, 40)
    assert (second.setting, second.votes, second.shown) == ("plain", 10, 40)
    root = math.sqrt(3)
    assert first.chance == pytest.approx(root / (root + 1), abs=0.01)
    assert second.chance == pytest.approx(1 / (root + 1), abs=0.01)


def test_strengths_are_carried_over_rounds_that_share_a_setting() -> None:
    # c beats b as often as b beats a; nobody saw a beside c.
    rounds = [
        shown({"x": 10, "y": 20}, x="a", y="b"),
        shown({"z": 10, "w": 20}, z="b", w="c"),
    ]
    found = strengths(rounds)
    assert [each.setting for each in found] == ["c", "b", "a"]
    assert found[1].chance == pytest.approx(0.5, abs=0.01)
    assert found[0].chance == pytest.approx(2 / 3, abs=0.01)  # twice the strength of the middle


def test_all_votes_for_one_is_no_error() -> None:
    first, second = strengths([shown({"a": 40})])
    assert first.setting == "plain"
    assert 0.5 < first.chance < 1
    assert second.votes == 0


def test_a_setting_shown_twice_counts_for_neither() -> None:
    twice = shown({"x": 30, "y": 5, "z": 5}, x="a", y="b", z="b")
    with pytest.raises(ValueError, match="no vote"):
        strengths([twice])
    both = strengths([twice, shown({"x": 1, "y": 2}, x="a", y="b")])
    assert [each.setting for each in both] == ["b", "a"]


def test_no_vote_is_an_error() -> None:
    with pytest.raises(ValueError, match="no vote"):
        strengths([shown({})])


def test_agreement_counts_pairs_and_ties_as_half() -> None:
    rounds = [
        shown({"a": 1, "b": 3}),
        Choices(settings={"c": "plain", "d": "searched", "e": "ranked"}, votes={"d": 2}),
    ]
    measures = {
        "a": {"cited": 0.2, "whole": 1.0},
        "b": {"cited": 0.8, "whole": 1.0},
        "c": {"cited": 0.5},
        "d": {"cited": 0.4, "whole": 0.0},
        "e": {"cited": 0.1, "whole": 1.0},
    }
    # cited: 3 of the first 4 agree; d before c: no, d before e: yes, 2 votes each -> 5 of 8
    # whole: four ties -> 2; d before e: no, c has none -> 2 of 6
    assert agreement(rounds, measures) == [
        Agreement(measure="cited", share=5 / 8, pairs=8),
        Agreement(measure="whole", share=2 / 6, pairs=6),
    ]
    assert agreement([], measures) == []
