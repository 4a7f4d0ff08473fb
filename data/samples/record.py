"""Record the sample questions for the first screen and the Runs page:

    python -m data.samples.record comparisons    three ways, into data/samples/runs/NN.json
    python -m data.samples.record grid           the preset sample-grid, into data/samples/runs/grid
    python -m data.samples.record indexes        exact-or-approximate, into …/runs/indexes

Uses a data folder of its own, so that a recording depends on nothing but the sample corpus; with
TRIPTYCH_DATA that one, so that a broken recording goes on. The grid takes the answers that were
recorded three ways as they are. Prints every new answer for reading.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.codec import to_json
from core.history import capsules
from core.history.capsules import Capsule
from core.history.comparisons import GRID, GRID_ID, INDEXES
from core.lab import Lab
from core.settings import SAMPLES, from_environment
from core.store import Store
from core.tasks import result_of
from core.types import Comparison, Recipe, Retrieval, Run, run_key, three_ways

RUNS = SAMPLES / "runs"
NAME = "Sample questions, 13 settings"
INDEXES_NAME = "Exact or approximate, 8 settings"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(os.environ.get("TRIPTYCH_DATA") or folder)
        lab = Lab(replace(from_environment(os.environ), data=data))
        for path in sorted((SAMPLES / "papers").iterdir()):
            lab.papers.add(path)
        PARTS[sys.argv[1]](lab)


def comparisons(lab: Lab) -> None:
    shutil.rmtree(RUNS, ignore_errors=True)
    RUNS.mkdir()
    recipes = three_ways(Recipe(evidence=Retrieval()), lab.models.default("reranker"))
    for number, question in enumerate(lab.sweeps.sample_questions(), 1):
        comparison = recorded(lab, question, recipes, f"recorded-{number:02}")
        (RUNS / f"{number:02}.json").write_text(to_json(comparison), encoding="utf-8")
        for run in comparison.runs:
            said(run)


def recorded(lab: Lab, question: str, recipes: Sequence[Recipe], name: str) -> Comparison:
    """Ask, and mark the runs as recorded."""
    comparison = result_of(lab.answering.ask(question, recipes, lab.papers.resolve(())))
    runs = tuple(
        replace(run, id=f"{name}-{panel}", origin="recorded")
        for panel, run in enumerate(comparison.runs)
    )
    return replace(comparison, id=name, runs=runs)


def grid(lab: Lab) -> None:
    before = [run for comparison in lab.comparisons.recorded() for run in comparison.runs]
    store = Store(lab.settings.data / "triptych.sqlite")
    keys = {run.id: run_key(run.question, run.recipe, run.paper_ids) for run in before}
    store.runs.keep_all([replace(run, origin="lab", key=keys[run.id]) for run in before])
    preset, text = lab.sweeps.presets.get("sample-grid")
    planned = result_of(
        lab.sweeps.plan(preset, lab.sweeps.sample_questions(), lab.papers.resolve(()), text=text)
    )
    sweep_id = lab.sweeps.start(planned)
    lab.sweeps.wait(sweep_id)
    cells = lab.sweeps.cells(sweep_id)
    assert all(cell.status == "done" for cell in cells), lab.sweeps.failures(sweep_id)
    known = {run.id for run in before}
    new = tuple(
        replace(without_seconds(run), origin="recorded", id=f"grid-{place:03}")
        for place, run in enumerate(lab.runs.runs([cell.run_id or "" for cell in cells]))
        if run.id not in known
    )
    sweep = replace(lab.sweeps.sweep(sweep_id), id=GRID_ID, name=NAME)
    GRID.write_bytes(capsules.write(Capsule(name=NAME, at=sweep.at, runs=new, sweep=sweep)))
    for run in new:
        said(run)


def indexes(lab: Lab) -> None:
    """Without answers, so there is nothing to read."""
    preset, text = lab.sweeps.presets.get("exact-or-approximate")
    planned = result_of(
        lab.sweeps.plan(preset, lab.sweeps.sample_questions(), lab.papers.resolve(()), text=text)
    )
    sweep_id = lab.sweeps.start(planned)
    lab.sweeps.wait(sweep_id)
    found = lab.runs.runs([cell.run_id or "" for cell in lab.sweeps.cells(sweep_id)])
    runs = tuple(
        replace(without_seconds(run), origin="recorded", id=f"indexes-{place:03}")
        for place, run in enumerate(found)
    )
    sweep = replace(lab.sweeps.sweep(sweep_id), id="recorded-indexes", name=INDEXES_NAME)
    INDEXES.write_bytes(
        capsules.write(Capsule(name=INDEXES_NAME, at=sweep.at, runs=runs, sweep=sweep))
    )


def without_seconds(run: Run) -> Run:
    """A sweep is recorded beside other work, for an hour: its seconds would say nothing."""
    answer = run.answer and replace(run.answer, seconds=None, seconds_to_first_token=None)
    return replace(run, answer=answer, search_seconds=None, rerank_seconds=None)


def said(run: Run) -> None:
    assert run.answer
    print(f"\n{run.question}\n   {run.recipe.arm}: {run.answer.text} [{run.answer.finish_reason}]")


PARTS = {"comparisons": comparisons, "grid": grid, "indexes": indexes}

if __name__ == "__main__":
    main()
