"""What people say of answers: in which order they come, what is kept, and what it comes to."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.errors import BadInput
from core.evaluation.grading import read, recorded, sheets_of
from core.history.runs import GRADED
from core.lab import Lab
from core.metrics import mean_marks
from core.settings import Settings
from core.types import Grade, Run, Said, View
from tests.support.labs import QUESTION, asked


def graded(said: Said, grader: str = "Ada", answer: str = "In 1874.") -> Grade:
    return Grade(grader=grader, question="When?", answers=(answer,), said=said)


def answers(lab: Lab) -> list[Run]:
    """The three panels of one question and of another, with answers of their own."""
    runs = []
    for question in (QUESTION, "How far does the tide rise?"):
        for number, run in enumerate(asked(lab, question=question).runs):
            assert run.answer
            runs.append(replace(run, answer=replace(run.answer, text=f"{question} {number}.")))
    return runs


def test_marks_are_shares_of_the_best_one_and_the_mean_of_those_who_gave_them() -> None:
    marks = mean_marks([graded("1"), graded("4", "Ben"), graded("5", answer="Long ago.")])
    assert marks == {("When?", "In 1874."): 0.375, ("When?", "Long ago."): 1.0}


def test_everybody_grades_the_same_answers_in_an_order_of_their_own(lab: Lab) -> None:
    runs = answers(lab)
    ada, again, ben = (sheets_of(runs, name, "marks") for name in ("Ada", "Ada", "Ben"))
    assert ada == again
    assert ada != ben
    assert sorted(map(str, ada)) == sorted(map(str, ben))
    assert len(ada) == 6
    first = [sheet.question for sheet in ada[:3]]
    assert len(set(first)) == 1, "one question stays until its answers are done"


def test_equal_answers_to_a_question_come_once(lab: Lab) -> None:
    runs = answers(lab)
    assert (
        len(sheets_of([*runs, *(replace(run, id="x" + run.id) for run in runs)], "A", "marks")) == 6
    )


def test_of_many_answers_a_few_of_each_question_come_first(lab: Lab) -> None:
    run = answers(lab)[0]
    assert run.answer
    many = [
        replace(run, id=f"{q}{n}", question=q, answer=replace(run.answer, text=f"Answer {n}."))
        for q in ("One?", "Two?")
        for n in range(5)
    ]
    order = [sheet.question for sheet in sheets_of(many, "Ada", "marks")]
    one, two = order[0], order[3]
    assert order == [one] * 3 + [two] * 3 + [one] * 2 + [two] * 2


@given(st.integers(2, 8), st.text(min_size=1, max_size=5))
def test_in_pairs_each_answer_stands_as_often_left_as_right(count: int, grader: str) -> None:
    runs = [run_saying(f"Answer {number}.") for number in range(count)]
    pairs = [sheet.answers for sheet in sheets_of(runs, grader, "pairs")]
    if count == 2:
        assert len(pairs) == 1
        return
    lefts, rights = zip(*pairs, strict=True)
    assert sorted(lefts) == sorted(rights) == [f"Answer {number}." for number in range(count)]
    assert len(set(map(frozenset, pairs))) == count


def run_saying(text: str) -> Run:
    from core.types import Answer, Recipe

    return Run(
        id=text, key=text, question="When?", paper_ids=(), recipe=Recipe(), at="",
        answer=Answer(text=text, finish_reason="stop"),
    )  # fmt: skip


def test_grading_goes_on_where_it_was_and_undo_takes_back_the_last(lab: Lab) -> None:
    runs = answers(lab)
    first = lab.grades.next(runs, "Ada", "marks")
    assert (first.done, first.count) == (0, 6)
    assert first.sheet
    lab.grades.grade("Ada", first.sheet, "4")
    second = Lab(lab.settings).grades.next(runs, "Ada", "marks")
    assert second.done == 1
    assert second.sheet != first.sheet
    assert lab.grades.next(runs, "Ben", "marks").done == 0
    undone = lab.grades.take_back("Ada")
    assert undone
    assert (undone.answers, undone.said) == (first.sheet.answers, "4")
    assert lab.grades.next(runs, "Ada", "marks") == first
    assert lab.grades.take_back("Ada") is None


def test_who_thinks_again_is_counted_once_and_undo_brings_the_first_thought_back(lab: Lab) -> None:
    sheet = lab.grades.next(answers(lab), "Ada", "marks").sheet
    assert sheet
    for said in ("2", "5"):
        lab.grades.grade("Ada", sheet, said)
    assert [each.said for each in lab.grades.all()] == ["5"]
    lab.grades.take_back("Ada")
    assert [each.said for each in lab.grades.all()] == ["2"]


def test_a_preference_is_about_the_same_two_on_whichever_side_they_stood(lab: Lab) -> None:
    runs = [run_saying("One."), run_saying("Two.")]
    sheet = lab.grades.next(runs, "Ada", "pairs").sheet
    assert sheet
    lab.grades.grade("Ada", sheet, "left")
    (kept,) = lab.grades.all()
    assert kept.better == sheet.run_ids[0]
    turned = replace(sheet, answers=sheet.answers[::-1], run_ids=sheet.run_ids[::-1])
    lab.grades.grade("Ada", turned, "tie")
    (kept,) = lab.grades.all()
    assert kept.better is None
    assert lab.grades.next(runs, "Ada", "pairs").sheet is None


def test_what_cannot_be_said_of_it_is_refused(lab: Lab) -> None:
    runs = [run_saying("One."), run_saying("Two.")]
    one, two = (lab.grades.next(runs, "Ada", way).sheet for way in ("marks", "pairs"))
    assert one
    assert two
    with pytest.raises(BadInput, match="'left' is no grade of 1 answer"):
        lab.grades.grade("Ada", one, "left")
    with pytest.raises(BadInput, match="'3' is no grade of 2 answers"):
        lab.grades.grade("Ada", two, "3")
    with pytest.raises(BadInput, match="has a name"):
        lab.grades.grade("  ", one, "3")
    assert not lab.grades.all()


def test_marks_are_a_measure_of_runs_like_others(lab: Lab) -> None:
    run = asked(lab).runs[0]
    assert run.answer
    before = lab.runs.select(View())
    assert GRADED not in before.measures[run.id]
    (sheet,) = (
        each
        for each in sheets_of(before.runs, "Ada", "marks")
        if each.answers == (run.answer.text,)
    )
    lab.grades.grade("Ada", sheet, "4")
    after = lab.runs.select(View())
    assert after.measures[run.id][GRADED] == 0.75
    (row, *_) = lab.grades.by_setting(after.runs)
    assert (row.mean.mean, row.mean.n) == (0.75, row.mean.n)
    assert 0 <= row.mean.low < 0.75 < row.mean.high <= 1


def test_grades_go_out_and_come_in_again(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(lab)
    sheet = lab.grades.next(lab.runs.select(View()).runs, "Ada", "marks").sheet
    assert sheet
    lab.grades.grade("Ada", sheet, "4")
    file = tmp_path / "grades.jsonl"
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    assert main(["export", "grades", "--to", str(file)]) == 0
    monkeypatch.setenv("TRIPTYCH_DATA", str(tmp_path / "elsewhere"))
    capsys.readouterr()
    for known in (0, 1):
        assert main(["import", "grades", str(file)]) == 0
        line = json.loads(capsys.readouterr().out)
        assert (line["grades"], line["known"]) == (1, known)
    elsewhere = Lab(Settings(data=tmp_path / "elsewhere"))
    assert elsewhere.grades.all() == lab.grades.all()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not JSON", "Line 2 of g.jsonl is no grade"),
        (
            '{"grader":"A","question":"q","answers":["a"],"said":"6"}',
            "Line 2 of g.jsonl is no grade",
        ),
        ('{"grader":"A","question":"q","answers":["a"],"said":"left"}', "says 'left' of 1 answer"),
        ('{"grader":" ","question":"q","answers":["a"],"said":"3"}', "has a name"),
    ],
)
def test_a_file_with_a_line_that_is_no_grade_brings_nothing(lab: Lab, line: str, why: str) -> None:
    good = '{"grader":"Ada","question":"q","answers":["a"],"said":"3"}'
    with pytest.raises(BadInput, match=why):
        lab.grades.load("g.jsonl", f"{good}\n{line}\n".encode())
    assert not lab.grades.all()
    assert read("g.jsonl", good.encode())[0].mark == 3


def test_the_recorded_answers_come_with_their_grades_once(lab: Lab) -> None:
    texts = {
        (run.question, run.answer.text)
        for comparison in lab.comparisons.recorded()
        for run in comparison.runs
        if run.answer
    }
    assert {(each.question, each.answers[0]) for each in recorded()} == texts
    for _ in range(2):
        lab.grades.take_in_recorded()
        assert len(lab.grades.all()) == len(recorded()) == 72


def test_graders_of_the_same_answers_agree_or_do_not(lab: Lab) -> None:
    said = lab.grades.agreement()
    assert said == "Agreement needs 10 answers that two people graded, not 0."
    runs = [run_saying(f"Answer {number}.") for number in range(12)]
    for grader, marks in (("Ada", "123451234512"), ("Ben", "123451234512")):
        sheets = {each.answers: each for each in sheets_of(runs, grader, "marks")}
        for number, mark in enumerate(marks):
            lab.grades.load(
                "g.jsonl",
                json.dumps(
                    {
                        "grader": grader,
                        "question": "When?",
                        "answers": sheets[f"Answer {number}.",].answers,
                        "said": mark,
                    }
                ).encode(),
            )
    agreed = lab.grades.agreement()
    assert not isinstance(agreed, str)
    assert (agreed.alpha, agreed.units) == (1.0, 12)
