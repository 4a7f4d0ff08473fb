"""Twenty who ask one server that answers eight at once: beside plain calls of its client, eight at
a time, and what others wait for a search of this machine meanwhile.

    python -m benchmarks.endpoints

The server says a word every 20 ms, whoever else asks it; each asker searches first.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from openai import OpenAI

from benchmarks._measured import row
from core.lab import Lab
from core.settings import ROOT, SAMPLES, Endpoint, Settings
from core.types import Generation, Recipe, Retrieval

ASKERS, AT_ONCE = 20, 8
MODEL = f"slow:100:0.02:{AT_ONCE}"
RECIPE = Recipe(evidence=Retrieval(), generation=Generation(generator="box"))
SEARCH = Recipe(evidence=Retrieval(), generation=None)
PAUSE = 0.2  # seconds between two searches of somebody else


def rows() -> list[dict[str, str]]:
    with server() as address, tempfile.TemporaryDirectory() as folder:
        box = Endpoint(name="box", address=address, model=MODEL, requests=AT_ONCE)
        lab = Lab(Settings(data=Path(folder), endpoints=(box,)))
        for path in sorted((SAMPLES / "papers").iterdir()):
            lab.papers.add(path)
        papers = lab.papers.resolve(())
        search(lab, papers, "warm")  # loads the embedder, reads the papers
        alone = sorted(search(lab, papers, f"alone {number}") for number in range(9))[4]
        plain = plain_calls(address)

        lives = [
            lab.answering.start(f"What is number {number}?", [RECIPE], papers, asker=str(number))
            for number in range(ASKERS)
        ]
        first = search(lab, papers, "behind")  # in line behind the askers' own twenty searches
        beside: list[float] = []
        while not all(live.over for live in lives):
            beside.append(search(lab, papers, f"beside {len(beside)}"))
            time.sleep(PAUSE)
        ours = max(live.started + live.seconds for live in lives) - lives[0].started
        answered = sum(live.result.runs[0].finished for live in lives if live.result)
    later = max(beside) - alone
    return [
        row(
            f"{answered} of {ASKERS} askers answered by a server of {AT_ONCE}, or plain calls",
            f"{ours:.2f} s",
            f"{plain:.2f} s",
            ours / plain,
            ("at most", 1.3, ""),
        ),
        row(
            f"the latest of {len(beside)} searches while it answers, or alone (median of 9)",
            f"{max(beside):.3f} s",
            f"{alone:.3f} s",
            later,
            ("at most", 0.3, " s later"),
        ),
        row(
            f"a search that came behind those of the {ASKERS}, or alone",
            f"{first:.3f} s",
            f"{alone:.3f} s",
        ),
    ]


def search(lab: Lab, papers: tuple[str, ...], question: str) -> float:
    started = time.perf_counter()
    lab.answering.search(question, SEARCH, papers)
    return time.perf_counter() - started


def plain_calls(address: str) -> float:
    """The same load by the client itself, eight threads."""
    client = OpenAI(base_url=address, api_key="none")

    def call(number: int) -> None:
        question = f"What is number {number}?"
        for _ in client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": question}], stream=True
        ):
            pass

    call(0)  # warm
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(call, range(ASKERS)))
    return time.perf_counter() - started


@contextmanager
def server() -> Iterator[str]:
    """The address of a small server in a process of its own."""
    command = [sys.executable, "-m", "tests.support.openai_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.kill()


if __name__ == "__main__":
    for each in rows():
        print(" | ".join(each.values()))
