"""A run's key holds how the text was cut and how two lists were fused, and nobody has to remember
a version for it."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from core import chunkers
from core.answering.running import Finished
from core.charts import tidy
from core.chunkers import pages, recursive, tokens, words
from core.chunkers._probe import FIRST
from core.errors import MissingModel
from core.history.comparisons import Comparisons
from core.lab import Lab
from core.models import registry
from core.retrieval import ranking
from core.settings import Settings
from core.sweeps.presets import Answers, Preset
from core.tasks import result_of
from core.types import Chunking, Recipe, Run
from tests.support.labs import QUESTION, RECIPE, asked, by, everything

DENSE_KEY = "0b6d6dd1f48f8ef6"  # before recipes had an index


def halves(text: str, *_: object) -> list[tuple[int, int]]:
    middle = len(text) // 2
    return [(0, middle), (middle, len(text))] if middle else []


def cut_by(chunker: str) -> Recipe:
    size, overlap = chunkers.usual(chunker)[0]
    return replace(RECIPE, chunking=Chunking(chunker=chunker, size=size, overlap=overlap))


def asked_anew(lab: Lab, recipe: Recipe) -> tuple[Run, bool]:
    """The run of a new lab on the same data, and whether it was found."""
    steps = Lab(lab.settings).answering.ask(QUESTION, [recipe], everything(lab))
    (finished,) = [step for step in steps if isinstance(step, Finished)]
    return finished.run, finished.again


@pytest.mark.parametrize("chunker", FIRST)
def test_what_does_as_ever_adds_nothing(chunker: str) -> None:
    assert chunkers.revision(chunker) is None


def test_fusion_as_ever_adds_nothing() -> None:
    assert ranking.revision() is None


@pytest.mark.parametrize("module", [recursive, words, tokens, pages])
def test_another_way_to_cut_is_asked_anew(
    lab: Lab, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module.__name__.rpartition(".")[2]
    recipe = cut_by(name)
    (first,) = asked(lab, [recipe]).runs
    assert asked_anew(lab, recipe) == (first, True)
    with monkeypatch.context() as patch:
        patch.setattr(module, "spans", halves)
        changed, again = asked_anew(lab, recipe)
        assert (again, changed.key != first.key) == (False, True)
        assert changed.candidates != first.candidates
        assert dict(changed.recipe.revisions)[name] == chunkers.revision(name)
        assert asked_anew(lab, recipe) == (changed, True)
        without = replace(recipe, evidence=None)
        assert name not in dict(asked_anew(lab, without)[0].recipe.revisions)
    assert asked_anew(lab, recipe) == (first, True)


def test_what_a_chunker_stands_on_is_seen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recursive, "SEPARATORS", ("\n\n", " ", ""))
    assert [name for name in FIRST if chunkers.revision(name)] == [
        "headings",
        "recursive",
        "sentences",
    ]


def test_how_pages_are_kept_apart_is_seen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunkers, "_parts", lambda paper, _chunking: [(0, len(paper.text))])
    assert all(chunkers.revision(name) for name in chunkers.names())


def test_a_new_chunker_has_its_hash(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    new = ModuleType("core.chunkers.halves")
    new.UNIT, new.USUAL, new.spans = "character", ((100, 0),), halves  # type: ignore[attr-defined]
    known = {**registry.modules("core.chunkers"), "halves": new}
    monkeypatch.setattr(chunkers, "modules", lambda _package: known)
    (run,) = asked(lab, [cut_by("halves")]).runs
    assert chunkers.revision("halves")
    assert dict(run.recipe.revisions)["halves"] == chunkers.revision("halves")
    assert asked_anew(lab, cut_by("halves")) == (run, True)


@pytest.mark.parametrize("chunker", ["tokens", "recursive_tokens"])
def test_counting_tokens_loads_no_model(
    chunker: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> Iterator[object]:
        raise MissingModel("Nothing may be loaded here.")

    for name in ("embedder", "reranker", "generator", "reading"):
        monkeypatch.setattr(f"core.models.loader.Models.{name}", none)
    pinned = lab.answering.pinned(cut_by(chunker))
    assert [name for name, _ in pinned.revisions] == ["hashing", "word-overlap", "echo", "prompt"]


def test_the_usual_index_is_in_no_key(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of before, which were found by Chroma and measured exactly, are those of now."""
    exact, chroma = by("dense"), by("dense", index="chroma")
    assert by("dense", index="exact").key == exact.key == DENSE_KEY
    assert "exact" not in dict(lab.answering.pinned(exact).revisions)
    held = dict(lab.answering.pinned(chroma).revisions)["chroma"]
    assert held == f"{version('chromadb')}, search width 1000"
    keys = {lab.answering.pinned(recipe).key for recipe in (exact, chroma)}
    monkeypatch.setattr("core.indexes.chroma.SEARCH_WIDTH", 100)
    keys |= {lab.answering.pinned(recipe).key for recipe in (exact, chroma)}
    assert len(keys) == 3
    words = [lab.answering.pinned(by("bm25", index=index)).key for index in ("exact", "chroma")]
    assert words[0] == words[1]


def test_both_indexes_find_the_same_and_are_two_runs(lab: Lab) -> None:
    exact, chroma = asked(lab, [by("hybrid"), by("hybrid", index="chroma")]).runs
    assert exact.candidates == chroma.candidates
    assert exact.key != chroma.key
    assert asked_anew(lab, by("hybrid", index="chroma")) == (chroma, True)


def test_another_fusion_asks_hybrid_recipes_alone_anew(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = [by("dense"), by("bm25"), by("hybrid")]
    first = asked(lab, recipes).runs
    monkeypatch.setattr(ranking, "FUSION", 10)
    found = [asked_anew(lab, recipe) for recipe in recipes]
    assert [again for _, again in found] == [True, True, False]
    assert [run.key == old.key for (run, _), old in zip(found, first, strict=True)] == [
        True,
        True,
        False,
    ]
    assert dict(found[2][0].recipe.revisions)["hybrid"] == ranking.revision()


def test_runs_cut_another_way_are_not_averaged(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = asked(lab, [RECIPE]).runs
    monkeypatch.setattr(recursive, "spans", halves)
    changed, _ = asked_anew(lab, RECIPE)
    names = [group.name for group in tidy.groups([first, changed], {})]
    assert [name.rpartition(" · ")[2] for name in names] == [
        "recursive as it was",
        f"recursive {chunkers.revision('recursive')}",
    ]


def test_a_sweep_that_was_planned_before_keeps_nothing_under_the_old_keys(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = Preset(
        name="one",
        baseline=True,
        embedder=("hashing",),
        candidates=(2,),
        top_k=(1,),
        answers=Answers(generator=("echo",), max_tokens=(4,)),
    )
    planned = result_of(lab.sweeps.plan(preset, [QUESTION], everything(lab)))
    with monkeypatch.context() as patch:
        patch.setattr(recursive, "spans", halves)
        other = Lab(lab.settings)
        sweep_id = other.sweeps.start(planned)
        assert other.sweeps.wait(sweep_id, 30)
        cells = other.sweeps.cells(sweep_id)
        assert [cell.status for cell in cells] == ["done", "failed"]
        assert "start it as a new one" in cells[1].sentence
        anew = result_of(other.sweeps.plan(preset, [QUESTION], everything(lab)))
        assert (anew.known, anew.cells) == (1, 2)
    # As it was again, it goes on.
    again = Lab(lab.settings)
    again.sweeps.retry_failed(sweep_id)
    assert again.sweeps.wait(sweep_id, 30)
    assert [cell.status for cell in again.sweeps.cells(sweep_id)] == ["done", "done"]


@pytest.mark.models
def test_recorded_runs_keep_their_recipes(tmp_path: Path) -> None:
    """Those that come with the samples: asked today, they would have the same keys."""
    lab = Lab(Settings(data=tmp_path))
    recipes = {run.recipe for sweep in Comparisons.recorded_sweeps() for run in sweep.runs}
    assert len(recipes) == 13 + 8
    for recipe in recipes:
        assert lab.answering.pinned(replace(recipe, revisions=())) == recipe
