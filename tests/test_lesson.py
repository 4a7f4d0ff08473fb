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


STATION = "Why did the station at Gull Ness refuse the three-bit build?"
CLINIC = "How long does the clinic keep the questions that people type?"
ADAPTER = "How big is the adapter that the clinic trained?"


@pytest.mark.parametrize(
    ("question", "panels", "said"),
    [
        (STATION, {"no_context"}, "government"),
        (STATION, {"retrieved", "reranked"}, "veering and backing winds"),
        (CLINIC, {"no_context"}, "24 hours"),
        (CLINIC, {"retrieved", "reranked"}, "14 days"),
        (ADAPTER, {"retrieved"}, "172"),
        (ADAPTER, {"reranked"}, "2.1 GB"),
        (ADAPTER, {"reranked"}, "1.18 MB"),
        ("How much did the clinic pay for its graphics card?", {"no_context"}, "100,000"),
    ],
)
def test_the_panels_say_what_the_lesson_says(question: str, panels: set[Arm], said: str) -> None:
    answers = {run.recipe.arm: run.answer.text for run in RECORDED[question].runs if run.answer}
    assert {arm for arm, text in answers.items() if said in text} == panels
    assert said in LESSON


@pytest.mark.parametrize(
    ("question", "words", "before"), [(STATION, "veering", 2), (ADAPTER, "294,912 trainable", 5)]
)
def test_the_chunk_that_decides_rose_to_one(question: str, words: str, before: int) -> None:
    (holding,) = [hit for hit in RECORDED[question].runs[2].hits if words in hit.chunk.text]
    assert (holding.rank_before, holding.rank) == (before, 1)
    assert f"{before} → 1" in LESSON or f"from {before} to 1" in LESSON
