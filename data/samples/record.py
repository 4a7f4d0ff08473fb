"""Record the sample questions, three ways, for the first screen: `python -m data.samples.record`.

Uses a data folder of its own, so that a recording depends on nothing but the sample corpus. Writes
data/samples/runs/NN.json, one comparison each, and prints every answer for reading.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.codec import to_json
from core.lab import Lab
from core.lab.live import Done
from core.settings import SAMPLES, from_environment
from core.types import Comparison, Recipe, Retrieval, three_ways

RUNS = SAMPLES / "runs"


def main() -> None:
    questions = [json.loads(line) for line in (SAMPLES / "questions.jsonl").open(encoding="utf-8")]
    shutil.rmtree(RUNS, ignore_errors=True)
    RUNS.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(replace(from_environment(os.environ), data=Path(folder)))
        for path in sorted((SAMPLES / "papers").iterdir()):
            lab.papers.add(path)
        recipes = three_ways(Recipe(evidence=Retrieval()), lab.models.default("reranker"))
        for number, question in enumerate(questions, 1):
            comparison = recorded(lab, question["question"], recipes, f"recorded-{number:02}")
            (RUNS / f"{number:02}.json").write_text(to_json(comparison), encoding="utf-8")
            print(f"\n{number}. {question['question']}\n   reference: {question['reference']}")
            for run in comparison.runs:
                assert run.answer
                print(f"   {run.recipe.arm}: {run.answer.text} [{run.answer.finish_reason}]")


def recorded(lab: Lab, question: str, recipes: Sequence[Recipe], name: str) -> Comparison:
    """Ask, and mark the runs as recorded."""
    for step in lab.bench.ask(question, recipes, lab.papers.resolve(())):
        if isinstance(step, Done):
            runs = tuple(
                replace(run, id=f"{name}-{panel}", origin="recorded")
                for panel, run in enumerate(step.comparison.runs)
            )
            return replace(step.comparison, id=name, runs=runs)
    raise AssertionError("a question without an end")


if __name__ == "__main__":
    main()
