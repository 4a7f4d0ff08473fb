"""What docs/lesson.md says of the recorded runs is so."""

import re

import pytest

from core.history.comparisons import Comparisons
from core.settings import ROOT
from core.types import Arm

LESSON = (ROOT / "docs/lesson.md").read_text(encoding="utf-8")
RECORDED = {comparison.question: comparison for comparison in Comparisons.recorded()}


def test_every_question_of_the_lesson_is_recorded() -> None:
    without_bold = re.sub(r"\*\*[^*]+\*\*", "", LESSON)
    asked = re.findall(r"\*([^*|]+\?)\*", without_bold)
    assert len(asked) == 5
    assert set(asked) <= set(RECORDED)


@pytest.mark.parametrize(
    ("question", "panel", "said"),
    [
        ("How big is the adapter that the clinic trained?", "no_context", "100 people"),
        ("How big is the adapter that the clinic trained?", "reranked", "294,912"),
        ("How long does the clinic keep the questions that people type?", "no_context", "24 hours"),
        ("How long does the clinic keep the questions that people type?", "retrieved", "30 days"),
        ("How long does the clinic keep the questions that people type?", "reranked", "14 days"),
        ("How long does the library keep the questions that people type?", "retrieved", "90 days"),
        ("How much did the clinic pay for its graphics card?", "no_context", "100,000"),
    ],
)
def test_the_panels_say_what_the_lesson_says(question: str, panel: Arm, said: str) -> None:
    answers = {run.recipe.arm: run.answer.text for run in RECORDED[question].runs if run.answer}
    assert said in answers[panel]
    assert said in LESSON
    others = [text for arm, text in answers.items() if arm != panel]
    assert not any(said in text for text in others)


def test_the_chunk_that_decides_rose_from_six_to_one() -> None:
    reranked = RECORDED["How big is the adapter that the clinic trained?"].runs[2]
    (holding,) = [hit for hit in reranked.hits if "294,912" in hit.chunk.text]
    assert (holding.rank_before, holding.rank) == (6, 1)
