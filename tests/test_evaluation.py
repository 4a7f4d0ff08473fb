"""Which setting is better, from questions with gold to a verdict, over the small backends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.__main__ import main
from core.errors import BadInput
from core.evaluation.settings_compared import Evaluation
from core.lab import Lab
from core.settings import Settings
from core.sweeps import presets
from core.tasks.progress import Progress, result_of
from tests.support.questions import FACTS, PRESET, town


def evaluated(lab: Lab, papers: tuple[str, ...], base: str | None = None) -> Evaluation:
    planned = result_of(lab.evaluations.plan(presets.read("sizes", PRESET), papers))
    sweep_id = lab.sweeps.start(planned)
    assert lab.sweeps.wait(sweep_id, 30)
    steps: list[Progress] = []
    found = result_of(lab.evaluations.result(sweep_id, base), steps.append)
    assert all(isinstance(step, Progress) for step in steps)
    assert isinstance(found, Evaluation)
    return found


def test_settings_are_judged_by_their_gold(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    found = evaluated(lab, (paper,), "600/0 · top 1")
    assert found.questions == tuple(f"What of the {what} of Varn?" for what, _ in FACTS)
    labels = [outcome.label for outcome in found.summary.outcomes]
    assert labels == [
        "60/0 · top 1",
        "60/0 · top 1 of 4, reranked",
        "600/0 · top 1",
        "600/0 · top 1 of 4, reranked",
    ]
    assert (found.summary.base, found.tokens_of) == (2, "hashing")
    small, large = found.measured[1], found.measured[3]
    for each in small:
        # A fact is a chunk of its own, so what is found is all of it or nothing.
        assert each.overlap.recall in (0.0, 1.0)
        assert each.overlap.precision == each.overlap.recall
        assert each.ranking is not None
        assert each.ranking.hit == each.overlap.recall
        assert each.context_characters <= 60
    assert all(each.context_tokens > 50 for each in large)
    for row, run in zip(found.measured, labels, strict=True):
        assert len(row) == len(FACTS), run
    by_hand = sum(each.overlap.recall for each in small) / len(FACTS)
    assert found.summary.outcomes[1].recall.mean == pytest.approx(by_hand)
    assert found.summary.outcomes[2].difference is None
    assert found.summary.outcomes[0].never_seen == 0.0, "short chunks fit the window"


def test_any_one_alternative_counts_and_what_is_needed_together_counts_whole(
    lab: Lab, tmp_path: Path
) -> None:
    paper = town(lab, tmp_path)
    every = [span for kept in lab.questions.all() for span in kept.question.gold]
    first = lab.questions.all()[0]
    together = lab.questions.mark(first.question.text, every).after
    assert together
    whole = sum(span.end - span.start for span in every)
    found = evaluated(lab, (paper,)).measured[0][0]
    in_gold = found.overlap.precision * found.context_characters
    assert found.overlap.recall == pytest.approx(in_gold / whole)
    assert found.overlap.recall < 0.5
    lab.questions.regroup(together, each_answers=True)
    assert evaluated(lab, (paper,)).measured[0][0].overlap.recall == 1.0
    given = lab.contexts.plan("echo", (paper,))
    assert result_of(given).given[0] == (every[0],)


def test_what_was_found_before_is_judged_again_without_a_search(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    first = evaluated(lab, (paper,))
    planned = result_of(lab.evaluations.plan(presets.read("sizes", PRESET), (paper,)))
    left_out = lab.evaluations.without_gold((paper,))
    assert planned.known == planned.cells
    assert left_out == 1, "one question has no gold"
    again = evaluated(lab, (paper,))
    recalls = [[each.overlap for each in row] for row in first.measured]
    assert recalls == [[each.overlap for each in row] for row in again.measured]
    assert again.summary.tied == first.summary.tied


def test_what_is_kept_is_judged_without_loading_a_model(lab: Lab, tmp_path: Path) -> None:
    first = evaluated(lab, (town(lab, tmp_path),))
    fresh = Lab(lab.settings)
    again = result_of(fresh.evaluations.result(first.sweep.id, None))
    assert isinstance(again, Evaluation)
    assert again.measured == first.measured
    assert fresh.models.in_memory() == frozenset()


def test_the_memo_names_what_was_not_tested(lab: Lab, tmp_path: Path) -> None:
    text = evaluated(lab, (town(lab, tmp_path),)).memo
    assert text.startswith("# Decision memo: sizes\n")
    assert "- 6 questions with gold, over 1 paper, on" in text
    assert "- Chunk size and overlap: 60/0, 600/0." in text
    assert "- Any embedder but hashing." in text
    assert "- The choice on the test set." in text
    assert "- Answers: only what was retrieved was judged." in text


def test_the_charts_hold_every_setting_and_question(lab: Lab, tmp_path: Path) -> None:
    chart, questions = evaluated(lab, (town(lab, tmp_path),)).charts("light")
    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers+text"]
    assert [line.name for line in lines] == ["not reranked", "reranked from 4"]
    assert [len(line.x) for line in lines] == [2, 2]
    assert len(chart.rows) == 4
    assert len(questions.rows) == 4 * 6


def test_answers_are_never_written(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    preset = presets.read("full", PRESET + "baseline = true\n[answers]\n")
    planned = result_of(lab.evaluations.plan(preset, (paper,)))
    assert planned.answers == 0
    assert all(setting.recipe.evidence for setting in planned.settings)


def test_held_out_questions_are_for_the_end(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    preset = presets.read("sizes", PRESET)
    with pytest.raises(BadInput, match="No question of the test set has gold"):
        lab.evaluations.plan(preset, (paper,), held_out=True)
    file = tmp_path / "held.jsonl"
    gold = [{"paper": "town", "quote": FACTS[0][1]}]
    file.write_text(json.dumps({"question": "Oil?", "gold": gold}))
    assert [each.status for each in lab.questions.add(file, held_out=True)] == ["added"]
    planned = result_of(lab.evaluations.plan(preset, (paper,), held_out=True))
    assert planned.questions == ("Oil?",)
    assert "Oil?" not in result_of(lab.evaluations.plan(preset, (paper,))).questions


def test_gold_in_other_papers_says_nothing(lab: Lab, tmp_path: Path) -> None:
    town(lab, tmp_path)
    others = tuple(row.id for row in lab.papers.all() if row.source != "town.md")
    with pytest.raises(BadInput, match="No question has gold in these papers"):
        lab.evaluations.plan(presets.read("sizes", PRESET), others)


def test_a_base_that_is_none(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no setting called 'best'; they are: 60/0"):
        evaluated(lab, (town(lab, tmp_path),), "best")


def test_the_command_prints_a_line_a_setting(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town(lab, tmp_path)
    assert isinstance(lab.settings, Settings)
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    preset, memo = tmp_path / "sizes.toml", tmp_path / "memo.md"
    preset.write_text(PRESET)
    status = main(["evaluate", str(preset), "--base", "60/0 · top 1", "--memo", str(memo)])
    out, err = capsys.readouterr()
    *lines, verdict = map(json.loads, out.splitlines())
    assert status == 0
    assert [line["setting"] for line in lines][:1] == ["60/0 · top 1"]
    assert [line["base"] for line in lines] == [True, False, False, False]
    assert lines[0]["difference"] is None
    assert lines[1]["difference"].keys() >= {"interval", "p", "p_holm", "wins", "ties", "losses"}
    for line in lines:
        assert line["n"] == 6
        assert {"recall", "precision", "iou", "ranks", "context_tokens", "tied"} <= line.keys()
        assert line["recall"]["low"] <= line["recall"]["mean"] <= line["recall"]["high"]
    assert verdict["verdict"] in err
    assert set(verdict["tied"]) == {line["setting"] for line in lines if line["tied"]}
    assert "Left out for want of gold in these papers: 1." in err
    assert [len(line["recalls"]) for line in lines] == [6] * 4
    baseline = tmp_path / "baseline.jsonl"
    baseline.write_text(out)
    assert main(["evaluate", str(preset), "--gate", str(baseline)]) == 0
    assert "Too few questions to decide" in capsys.readouterr().err
    baseline.write_text("something else")
    assert main(["evaluate", str(preset), "--gate", str(baseline)]) == 2
    assert memo.read_text().startswith("# Decision memo: sizes")

    assert main(["evaluate", str(preset), "--base", "none such"]) == 2
    assert "they are: 60/0 · top 1" in capsys.readouterr().err


def test_what_a_setting_wins_and_loses_leads_to_its_runs(lab: Lab, tmp_path: Path) -> None:
    found = evaluated(lab, (town(lab, tmp_path),), "60/0 · top 1")
    for setting in range(4):
        recalls = [
            (before.overlap.recall, after.overlap.recall)
            for before, after in zip(found.measured[0], found.measured[setting], strict=True)
        ]
        turned = found.turned(setting)
        assert len(turned) == sum(abs(after - before) > 0.01 for before, after in recalls)
        for each in turned:
            runs = lab.comparisons.comparison(each.link).runs
            assert {run.question for run in runs} == {each.question}
            assert [run.recipe for run in runs] == [
                found.sweep.settings[number].recipe for number in (0, setting)
            ]
    assert found.turned(0) == []
    assert found.link(0, 0) == found.runs[0][0]


def test_evaluations_are_found_again_and_not_computed_twice(lab: Lab, tmp_path: Path) -> None:
    first = evaluated(lab, (town(lab, tmp_path),), "60/0 · top 1")
    assert [row.id for row in lab.evaluations.all()] == [first.sweep.id]
    steps: list[Progress] = []
    known = lab.evaluations.result(first.sweep.id, "60/0 · top 1")
    assert result_of(known, steps.append) == first
    other = result_of(lab.evaluations.result(first.sweep.id, "600/0 · top 1"), steps.append)
    assert steps == []
    assert isinstance(other, Evaluation)
    assert other.summary.base == 2
    assert other.measured is first.measured
    kept = next(kept for kept in lab.questions.all() if kept.question.gold)
    lab.questions.remove(kept)
    fewer = result_of(lab.evaluations.result(first.sweep.id, "60/0 · top 1"))
    assert isinstance(fewer, Evaluation)
    assert (len(fewer.questions), fewer.without_gold) == (5, 1)


def test_the_choice_is_checked_on_the_questions_held_out(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    first = evaluated(lab, (paper,))
    with pytest.raises(BadInput, match="No question of the test set has gold"):
        lab.evaluations.plan_check(first.sweep.id, ["60/0 · top 1"])
    assert lab.evaluations.held_out((paper,)) == 0
    file = tmp_path / "held.jsonl"
    gold = [{"paper": "town", "quote": FACTS[0][1]}]
    file.write_text(json.dumps({"question": "Oil?", "gold": gold}))
    list(lab.questions.add(file, held_out=True))
    assert lab.evaluations.held_out((paper,)) == 1
    planned = result_of(
        lab.evaluations.plan_check(first.sweep.id, ["60/0 · top 1", "600/0 · top 1"])
    )
    assert planned.questions == ("Oil?",)
    sweep_id = lab.sweeps.start(planned)
    assert lab.sweeps.wait(sweep_id, 30)
    assert lab.evaluations.is_held_out(sweep_id)
    assert not lab.evaluations.is_held_out(first.sweep.id)
    checked = result_of(lab.evaluations.result(sweep_id, held_out=True))
    assert isinstance(checked, Evaluation)
    assert [outcome.label for outcome in checked.summary.outcomes] == [
        "60/0 · top 1",
        "600/0 · top 1",
    ]


def test_a_verdict_from_questions_that_a_model_wrote_says_so(lab: Lab, tmp_path: Path) -> None:
    paper = town(lab, tmp_path)
    found = evaluated(lab, (paper,))
    assert found.generated == ""
    first = lab.questions.all()[0]
    lab.questions.remove(first)
    lab.questions.keep(replace(first.question, origin="generated by echo"))
    again = result_of(lab.evaluations.result(found.sweep.id))
    assert again.generated.startswith("1 of 6 questions was written by a model: ")
    assert f"- {again.generated}\n" in again.memo
