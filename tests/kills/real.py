"""The classic grid of five questions over the sample papers, by the real models, killed again and
again: `python -m tests.kills.real [--kills N]`. Half an hour on two cores with 20 kills.

A killed sweep is begun once more by the same command. In the end each of its 185 cells must be
there once, also each that was printed before a kill. Answers have eight tokens.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from core.lab import Lab
from core.settings import ROOT, SAMPLES, Settings

QUESTIONS = 5
LIFE = (20.0, 100.0)  # seconds until a kill: it comes while loading, reranking or answering


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=20)
    kills = options.parse_args().kills
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        papers = sorted(map(str, (SAMPLES / "papers").iterdir()))
        run(data, ["add", *papers])
        preset, questions = data / "killed.toml", data / "questions.txt"
        classic = (SAMPLES / "sweeps" / "classic.toml").read_text(encoding="utf-8")
        preset.write_text(classic.replace("max_tokens = [256]", "max_tokens = [8]"))
        asked = Lab(Settings(data=data)).sweeps.sample_questions()[:QUESTIONS]
        questions.write_text("\n".join(asked))
        sweep = ["sweep", str(preset), "--questions", str(questions)]
        printed = {cell for _ in range(kills) for cell in cells(run(data, sweep, killed=True))}
        run(data, sweep)
        check(data, printed)
        print(f"{kills} kills; {len(printed)} cells were printed before them, and all are there.")


def run(data: Path, arguments: Sequence[str], *, killed: bool = False) -> str:
    """What a command printed until it ended, or was killed."""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=ROOT,
            env=os.environ | {"TRIPTYCH_DATA": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=RANDOM.uniform(*LIFE) if killed else None,
            check=True,
        )
    except subprocess.TimeoutExpired as error:  # run() has killed it with SIGKILL
        return (error.stdout or b"").decode()
    return ended.stdout.decode()


def cells(printed: str) -> Iterator[tuple[str, str]]:
    """Question and setting of each cell that was printed whole."""
    for line in printed.split("\n")[:-1]:
        cell = json.loads(line)
        if "setting" in cell:
            yield cell["question"], cell["setting"]


def check(data: Path, printed: set[tuple[str, str]]) -> None:
    lab = Lab(Settings(data=data))
    (row,) = lab.sweeps.all()
    sweep, kept = lab.sweeps.sweep(row.id), lab.sweeps.cells(row.id)
    done = {
        (sweep.questions[cell.question], sweep.settings[cell.setting].label)
        for cell in kept
        if cell.status == "done"
    }
    assert len(kept) == len(done) == row.cells, "every cell once"
    assert printed <= done, "what was printed is there"
    assert len({cell.run_id for cell in kept}) == row.cells, "no answer twice"
    assert all(check.ok for check in lab.doctor())


RANDOM = Random(8)

if __name__ == "__main__":
    main()
