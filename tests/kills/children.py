"""Starts the processes of work.py and kills them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from core.settings import ROOT
from tests.kills import KILLS

PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work, ready to be begun in a data folder of its own."""

    verb: str
    arguments: Sequence[str]
    data: Path


class Children:
    """One process at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.kills.work"]
        self._server = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._takes: dict[str, float] = {}  # seconds by verb, measured once
        self._random = Random(8)

    def close(self) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(PATIENCE)

    def takes(self, job: Job) -> None:
        """Do the work once, to know how long it takes."""
        started = time.monotonic()
        self.done(job)
        self._takes[job.verb] = time.monotonic() - started

    def measured(self, job: Job) -> bool:
        return job.verb in self._takes

    def done(self, job: Job) -> list[Any]:
        """Do the work to its end, which must be a good one; what it said."""
        said, _ = self._begun(job)
        status = self._ended()
        assert status == 0, said.with_name("complaints").read_text()
        return lines(said)

    def killed(self, job: Job, number: int) -> list[Any]:
        """Begin the work and kill it, the `number`th time of KILLS; what it had said."""
        said, process = self._begun(job)
        share = (number + self._random.random()) / KILLS
        time.sleep(self._takes[job.verb] * share)
        os.kill(process, signal.SIGKILL)  # its number is its own until its end has been asked for
        assert self._ended() in (-signal.SIGKILL, 0)
        return lines(said)

    def _begun(self, job: Job) -> tuple[Path, int]:
        said = job.data.with_name("said")
        said.unlink(missing_ok=True)
        assert self._server.stdin
        print(
            json.dumps([job.verb, str(job.data), str(said), *job.arguments]),
            file=self._server.stdin,
            flush=True,
        )
        process = self._answer()
        deadline = time.monotonic() + PATIENCE
        while not said.exists() or not said.read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return said, process

    def _ended(self) -> int:
        assert self._server.stdin
        print(file=self._server.stdin, flush=True)
        return self._answer()

    def _answer(self) -> int:
        assert self._server.stdout
        return int(self._server.stdout.readline())


def lines(said: Path) -> list[Any]:
    """The whole lines but the first; one that a kill cut off is none."""
    return [json.loads(line) for line in said.read_text().split("\n")[1:-1]]
