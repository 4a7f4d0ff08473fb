"""Data made before the rooms of core owned their services, opened by this version.

A database, a capsule and a backup, as tests/fixtures/before_rooms describes them. The keys stand
here letter by letter: what was answered then is found, and nothing is computed again.
"""

from pathlib import Path
from zipfile import ZipFile

import pytest

from core.answering.running import Finished, Step
from core.lab import Lab
from core.settings import Settings
from core.store import EVERY, question_id
from core.sweeps.presets import Answers, Preset
from core.tasks import result_of
from core.types import Chunking, Generation, Recipe, Retrieval, View

OLD = Path(__file__).parent / "fixtures" / "before_rooms"
QUESTION = "What does the clinic keep private?"
DENSE = Retrieval(embedder="hashing", candidates=4, top_k=2)
HYBRID = Retrieval(retriever="hybrid", embedder="hashing", candidates=4, top_k=2)
BM25 = Retrieval(retriever="bm25", embedder="hashing", candidates=4, top_k=2)
RERANKED = Retrieval(embedder="hashing", candidates=4, top_k=2, reranker="word-overlap")


def recipe(
    evidence: Retrieval | None, chunker: str = "recursive", size: int = 400, overlap: int = 40
) -> Recipe:
    return Recipe(
        chunking=Chunking(chunker=chunker, size=size, overlap=overlap),
        evidence=evidence,
        generation=Generation(generator="echo", max_tokens=12),
    )


# Six cells of one sweep.
TWO_SIZES = Preset(
    name="Two sizes",
    baseline=True,
    chunks=((300, 30), (600, 60)),
    embedder=("hashing",),
    candidates=(4,),
    top_k=(2,),
    answers=Answers(generator=("echo",), max_tokens=(8,)),
)
SWEEP_QUESTIONS = ("What runs at the edge?", "Why there?")
SWEEP_ID = "145ed14ac97b"
SWEEP_KEYS = {
    "15a3d29de8d1c195",
    "bb227f9f0f317919",
    "b5b5c5fce4c025fe",
    "d6459c081671c0fb",
    "c155774690ffa1e2",
    "d7452975b8f92e0f",
}

# What was asked together then, in this order, and the keys of its runs.
ASKED: dict[str, Recipe] = {
    "092a112143751a4d": recipe(None),
    "a1d1ed9eba8a94f2": recipe(DENSE),
    "1ad0aff5d38cbf5c": recipe(RERANKED),
    "32a1cc19e9f4b720": recipe(BM25),
    "a99c79a47388c3af": recipe(HYBRID),
    "60dbb0f1d803783b": recipe(DENSE, "headings"),
    "4c9f2f1bfaf8c6ff": recipe(DENSE, "pages"),
    "0f7c99917586ac56": recipe(DENSE, "recursive_tokens", 60, 10),
    "4b7b8418c117b17e": recipe(DENSE, "sentences"),
    "554ef76a76ff2646": recipe(DENSE, "tokens", 60, 10),
    "f5c0e814b204873b": recipe(DENSE, "words", 60, 10),
}


def from_database(data: Path) -> Lab:
    with ZipFile(OLD / "database.zip") as packed:
        packed.extract("triptych.sqlite", data)
    return Lab(Settings(data=data))


def from_backup(data: Path) -> Lab:
    lab = Lab(Settings(data=data))
    with (OLD / "backup.zip").open("rb") as stream:
        taken = lab.storage.take(stream)
    assert (taken.papers, taken.fault) == (2, "")
    job = lab.storage.restore(taken.name)
    job.join()
    assert job.error is None
    return lab


@pytest.fixture(params=[from_database, from_backup])
def old(request: pytest.FixtureRequest, tmp_path: Path, fakes: None) -> Lab:
    lab: Lab = request.param(tmp_path / "old")
    return lab


def test_what_was_answered_then_is_found_under_its_key(old: Lab) -> None:
    """By every chunker and every way to search, but for words: more is folded now, so that they
    are counted anew, and what was answered then is there to be read."""
    finished: list[Step] = []
    held = {
        key: recipe
        for key, recipe in ASKED.items()
        if not (isinstance(recipe.evidence, Retrieval) and recipe.evidence.uses_words)
    }
    recipes, papers = list(held.values()), old.papers.resolve(())
    done = result_of(old.answering.ask(QUESTION, recipes, papers), finished.append)
    assert [step.run.key for step in finished if isinstance(step, Finished) and step.again] == [
        *held
    ]
    asked = old.comparisons.comparison("4f5a7b8b3cf9")
    assert [run.key for run in asked.runs] == [*ASKED]
    assert done.runs == tuple(run for run in asked.runs if run.key in held)
    assert not old.models.in_memory()


def test_a_sweep_of_then_is_whole_and_known(old: Lab) -> None:
    row = old.sweeps.row(SWEEP_ID)
    assert (row.name, row.status, row.done, row.cells) == ("Two sizes", "done", 6, 6)
    papers = old.papers.resolve(())
    assert result_of(old.sweeps.plan(TWO_SIZES, SWEEP_QUESTIONS, papers)).known == 6
    assert {run.key for run in old.runs.select(View(sweep=SWEEP_ID)).runs} == SWEEP_KEYS


def test_questions_cards_and_reviews_of_then_are_there(old: Lab) -> None:
    (kept,) = old.questions.all()
    assert (kept.question.text, kept.question.gold[0].start) == (QUESTION, 10)
    assert kept.id == question_id(kept.question)
    assert kept.question.alternatives == (kept.question.gold,)
    assert [kept.question.text for kept in old.questions.all(held_out=True)] == [
        "What was set aside?"
    ]
    assert old.cards.count(EVERY) == 14
    assert [review.rating for review in old.study.reviews(old.study.learner("ada"))] == [3]


def test_a_capsule_of_then_opens_in_an_empty_lab(tmp_path: Path, fakes: None) -> None:
    lab = Lab(Settings(data=tmp_path / "empty"))
    opened = lab.runs.load("two-sizes.capsule", (OLD / "two-sizes.capsule").read_bytes())
    assert (opened.runs, opened.known) == (6, 0)
    assert {run.key for run in lab.runs.runs(opened.run_ids)} == SWEEP_KEYS
    assert [cell.run_id in opened.run_ids for cell in lab.sweeps.cells(SWEEP_ID)] == [True] * 6
