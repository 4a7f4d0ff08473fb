"""After a kill: what was acknowledged is there, nothing half-done is, all is whole, and the same
command then ends as if nothing had been."""

import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest

from core.cards import schedule
from core.lab import Lab
from core.models import registry
from core.settings import Settings
from core.store import EVERY, Scope
from core.store.migrations import STEPS
from core.types import Hit, PaperFilter, Span, file_id_of
from core.types.view import View
from tests.kills import FILES_AT_ONCE, KILLS
from tests.kills.children import Children, Job
from tests.support import pdfs
from tests.support.databases import database_of
from tests.support.labs import NOTES, QUESTION, RECIPE
from tests.support.logs import EXPERIMENT
from tests.support.readings import as_before

TIMES = pytest.mark.parametrize("number", range(KILLS))
Check = Callable[[Lab, list[Any]], None]


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    children = Children()
    yield children
    children.close()


@pytest.fixture(scope="module", autouse=True)
def _small_backends() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for family in ("embedder", "reranker", "generator"):
            patch.setitem(registry.PACKAGES, family, f"tests.backends.{family}s")
        yield


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is made once and copied."""
    return tmp_path_factory.mktemp("ready")


def opened(data: Path) -> Lab:
    return Lab(Settings(data=data, models=data.with_name("models")))


def prose(seed: int, words: int) -> str:
    random = Random(seed)
    return " ".join(f"word{random.randrange(2_000)}" for _ in range(words))


def is_whole(lab: Lab) -> None:
    """The doctor finds nothing, and nothing lies there that is not known."""
    assert [each for each in lab.doctor() if not each.ok and each.check != "disk"] == []
    data = lab.settings.data
    assert names(data / "papers") == {file_id_of(row.id) for row in lab.papers.all()}
    assert {file.suffix for file in data.glob("vectors/*")} <= {".vectors", ".papers", ".index", ""}
    assert {file.suffix for file in data.glob("sweeps/*")} <= {".toml"}
    assert names(data / "backups") - {".lock"} == {each.name for each in lab.storage.backups()}
    assert [each.fault for each in lab.storage.backups() if each.fault] == []
    known = {"papers", "vectors", "sweeps", "backups", "locks"}
    assert {name for name in names(data) if not name.startswith("triptych.sqlite")} <= known


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*")}


def survives(
    children: Children, number: int, make: Callable[[str], Job], killed: Check, done: Check
) -> None:
    """`make` prepares the work in a folder of that name; `killed` and `done` are given the lab
    afterwards and what was said."""
    if not children.measured(job := make("measured")):
        children.takes(job)
    job = make("killed")
    said = children.killed(job, number)
    lab = opened(job.data)
    is_whole(lab)
    killed(lab, said)
    said = children.done(job)
    lab = opened(job.data)
    is_whole(lab)
    done(lab, said)


@TIMES
def test_adding_papers(children: Children, number: int, tmp_path: Path) -> None:
    files = [tmp_path / f"{place}.md" for place in range(12)]
    for place, file in enumerate(files):
        file.write_text(prose(place, 4_000))
    files.insert(6, tmp_path / "pages.pdf")
    files[6].write_bytes(pdfs.pdf(*(pdfs.text(f"page {page} of the lamp") for page in range(20))))

    def make(name: str) -> Job:
        return Job(verb="add", arguments=list(map(str, files)), data=tmp_path / name / "data")

    def killed(lab: Lab, said: list[Any]) -> None:
        here = {row.id for row in lab.papers.all()}
        assert {line["paper"] for line in said} <= here
        assert {line["status"] for line in said} <= {"added"}
        assert len(here) <= len(said) + FILES_AT_ONCE

    def done(lab: Lab, said: list[Any]) -> None:
        assert [line["status"] in ("added", "known") for line in said] == [True] * len(files)
        assert {row.source for row in lab.papers.all()} == {file.name for file in files}
        assert all(lab.papers.get(row.id).text for row in lab.papers.all())
        assert lab.papers.refusals() == []

    (tmp_path / "measured").mkdir()
    (tmp_path / "killed").mkdir()
    survives(children, number, make, killed, done)


@TIMES
def test_reading_again(children: Children, number: int, tmp_path: Path) -> None:
    """A paper and its gold are of the text before or of the new one, and never of two."""
    count = 12

    def make(name: str) -> Job:
        lab = opened(tmp_path / name / "data")
        for place in range(count):
            file = tmp_path / name / f"{place}.md"
            file.write_text(prose(place, 8_000))
            added = lab.papers.add(file).paper
            assert added
            old = as_before(lab, added.id, prose(place, 8_000).replace(" word", "\nword"))
            lab.questions.mark(f"What of {place}?", [Span(paper_id=old, start=300, end=420)])
        return Job(verb="reread", arguments=[], data=lab.settings.data)

    def killed(lab: Lab, said: list[Any]) -> None:
        here = set(lab.papers.ids(PaperFilter()))
        assert {line["paper"] for line in said} <= here
        golden = {span.paper_id for each in lab.questions.all() for span in each.question.gold}
        assert golden == here
        assert len(here) == count

    def done(lab: Lab, said: list[Any]) -> None:
        assert [line["status"] in ("changed", "same") for line in said] == [True] * count
        for kept in lab.questions.all():
            (span,) = kept.question.gold
            text = lab.papers.get(span.paper_id).text
            assert "\n" not in text
            assert 300 <= span.start < span.end <= 420
        killed(lab, said)

    survives(children, number, make, killed, done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """Data with one paper of many chunks, nothing of it embedded; and what a search that nobody
    kills leaves (bytes of vectors) and finds."""

    data: Path
    paper: str
    bytes: int
    found: tuple[Hit, ...]


@pytest.fixture(scope="module")
def long(ready: Path, children: Children) -> Long:
    (ready / "long.md").write_text(prose(0, 5_000))
    added = opened(ready / "long").papers.add(ready / "long.md")
    assert added.paper
    job = Job(verb="index", arguments=[added.paper.id], data=ready / "once" / "data")
    shutil.copytree(ready / "long", job.data)
    children.takes(job)
    return Long(
        data=ready / "long",
        paper=added.paper.id,
        bytes=vectors_of(opened(job.data)),
        found=opened(job.data).answering.search(QUESTION, RECIPE, (added.paper.id,)).candidates,
    )


def vectors_of(lab: Lab) -> int:
    """Bytes of the only file of vectors, if there is one."""
    return sum(file.stat().st_size for file in lab.settings.data.glob("vectors/*.vectors"))


@TIMES
def test_embedding(children: Children, number: int, tmp_path: Path, long: Long) -> None:
    def make(name: str) -> Job:
        shutil.copytree(long.data, tmp_path / name / "data")
        return Job(verb="index", arguments=[long.paper], data=tmp_path / name / "data")

    def killed(lab: Lab, said: list[Any]) -> None:
        assert vectors_of(lab) // RECORD >= max(map(embedded, said), default=0)

    def done(lab: Lab, said: list[Any]) -> None:
        assert vectors_of(lab) == long.bytes
        assert lab.answering.search(QUESTION, RECIPE, (long.paper,)).candidates == long.found

    survives(children, number, make, killed, done)


RECORD = 32 + 4 * 64 + 4  # bytes of a vector: sha256, float32, checksum


def embedded(sentence: str) -> int:
    """How many chunks are said to be embedded."""
    found = re.search(r"reads the chunks: ([\d,]+) of", sentence)
    return int(found[1].replace(",", "")) if found else 0


PRESET = """
baseline = true
chunks = ["200/20", "60/0"]
embedder = "hashing"
reranker = ["none", "word-overlap"]
candidates = [2, 3]
top_k = [1, 2]
[answers]
generator = "echo"
max_tokens = [20]
"""


@pytest.fixture
def grid(tmp_path: Path) -> Callable[[str], Job]:
    """Makes a sweep of 4 questions and 13 settings over two papers, in a folder of a name."""
    (tmp_path / "small.toml").write_text(PRESET)
    questions = [{"question": f"Question {n} about the lamp and the tide?"} for n in range(4)]
    (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, questions)))
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)

    def make(name: str) -> Job:
        lab = opened(tmp_path / name / "data")
        assert [lab.papers.add(tmp_path / note).status for note in NOTES] == ["added"] * 2
        asked = [str(tmp_path / "small.toml"), "--questions", str(tmp_path / "asked.jsonl")]
        return Job(verb="sweep", arguments=asked, data=lab.settings.data)

    return make


def each_once(lab: Lab) -> bool:
    """Whether all cells are done, each question was asked under each setting, and never twice."""
    done = {(row.status, row.done, row.failed, row.queued) for row in lab.sweeps.all()}
    keys = [run.key for run in lab.runs.select(View(), None).runs]
    return done == {("done", 52, 0, 0)} and len(keys) == len(set(keys)) == 52


@TIMES
def test_sweeps(children: Children, number: int, grid: Callable[[str], Job]) -> None:
    def killed(lab: Lab, said: list[Any]) -> None:
        rows = lab.sweeps.all()
        ended.extend(row.id for row in rows if row.status == "done")
        cells = [cell for row in rows for cell in lab.sweeps.cells(row.id)]
        done = {cell.run_id for cell in cells if cell.status == "done"}
        assert {line["run"] for line in said if "run" in line} <= done
        # A cell is done exactly if its run is there.
        assert done == {run.id for run in lab.runs.select(View(), None).runs}

    def done(lab: Lab, said: list[Any]) -> None:
        assert each_once(lab)
        # The one that was killed went on; only after one that had ended just so another began.
        assert len(lab.sweeps.all()) == 1 + len(ended)

    ended: list[str] = []
    survives(children, number, grid, killed, done)


def test_one_sweep_killed_again_and_again(children: Children, grid: Callable[[str], Job]) -> None:
    if not children.measured(job := grid("measured")):
        children.takes(job)
    job = grid("killed")
    for _ in range(KILLS):
        children.killed(job, 0)  # early in what is left
    children.done(job)
    assert each_once(opened(job.data))


@TIMES
def test_reviews(children: Children, number: int, tmp_path: Path) -> None:
    deck = "\n".join(f"question {n}?,answer {n}" for n in range(60))
    (tmp_path / "deck.csv").write_text(f"question,answer\n{deck}\n")

    def make(name: str) -> Job:
        lab = opened(tmp_path / name / "data")
        list(lab.cards.load(tmp_path / "deck.csv"))
        lab.study.keep(replace(lab.study.learner("ada"), new_a_day=1_000))
        return Job(verb="review", arguments=["ada"], data=lab.settings.data)

    def remembered(lab: Lab) -> int:
        """How many reviews are kept; what is remembered is what they come to."""
        learner = lab.study.learner("ada")
        log = lab.study.reviews(learner)
        for studied in lab.study.memories(learner, EVERY):
            own = [review for review in log if review.card_id == studied.card.id]
            assert studied.memory == schedule.remember(own)
        return len(log)

    def killed(lab: Lab, said: list[Any]) -> None:
        assert max(said, default=0) <= remembered(lab) <= max(said, default=0) + 1

    def done(lab: Lab, said: list[Any]) -> None:
        assert len(lab.study.memories(lab.study.learner("ada"), EVERY)) == 60
        assert remembered(lab) == 60

    survives(children, number, make, killed, done)


@TIMES
def test_importing_decks(children: Children, number: int, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "decks.zip", "w") as archive:
        for deck in range(40):
            cards = "\n".join(f"question {n}?,answer {n}" for n in range(20))
            archive.writestr(f"deck-{deck:02}.csv", f"question,answer\n{cards}\n")

    def make(name: str) -> Job:
        (tmp_path / name).mkdir()
        arguments = ["deck", str(tmp_path / "decks.zip")]
        return Job(verb="import", arguments=arguments, data=tmp_path / name / "data")

    def killed(lab: Lab, said: list[Any]) -> None:
        decks = {row.name: row.cards for row in lab.cards.decks()}
        assert set(decks.values()) <= {20}
        assert {Path(line["file"]).stem for line in said} <= decks.keys()
        assert len(decks) <= len(said) + 1
        assert lab.cards.count(Scope(words="question")) == 20 * len(decks)

    def done(lab: Lab, said: list[Any]) -> None:
        assert {line["cards"] for line in said} == {20}
        assert {row.cards for row in lab.cards.decks()} == {20}
        assert lab.cards.count(EVERY) == 800

    survives(children, number, make, killed, done)


@TIMES
def test_importing_logs(children: Children, number: int, tmp_path: Path) -> None:
    files = [tmp_path / f"log-{place:02}.txt" for place in range(20)]
    for file in files:
        file.write_text(EXPERIMENT.replace("the lamp", f"the lamp of {file.stem}"))

    def make(name: str) -> Job:
        (tmp_path / name).mkdir()
        arguments = ["log", *map(str, files)]
        return Job(verb="import", arguments=arguments, data=tmp_path / name / "data")

    def logs(lab: Lab) -> dict[str, int]:
        """How many runs each log has; its sweep stands beside them."""
        found = Counter(run.origin for run in lab.runs.select(View(), None).runs)
        sweeps = {row.name for row in lab.sweeps.all()}
        assert {Path(origin.removeprefix("import:")).stem for origin in found} == sweeps
        return found

    def killed(lab: Lab, said: list[Any]) -> None:
        found = logs(lab)
        assert set(found.values()) <= {4}
        assert {f"import:{Path(line['file']).name}" for line in said} <= found.keys()
        assert len(found) <= len(said) + 1

    def done(lab: Lab, said: list[Any]) -> None:
        assert {line["runs"] for line in said} == {4}
        assert logs(lab) == {f"import:{file.name}": 4 for file in files}

    survives(children, number, make, killed, done)


def filled(data: Path, *seeds: int) -> Lab:
    """A lab with a paper for each number, a run about it, and a preset of that name."""
    lab = opened(data)
    for seed in seeds:
        file = data.with_name(f"{seed}.md")
        file.write_text(prose(seed, 8_000))
        assert lab.papers.add(file).status == "added"
        lab.sweeps.presets.save("mine", f"top_k = [{seed}]\n")
    list(lab.answering.ask(QUESTION, [replace(RECIPE, evidence=None)], ()))
    return lab


@pytest.fixture(scope="module")
def two_labs(ready: Path, children: Children) -> Path:
    """Data with papers 1 and 2, and in it a backup of another lab's papers 2 and 3."""
    other = filled(ready / "two" / "other", 2, 3)
    other.storage.back_up().join()
    (backup,) = other.storage.backups()
    lab = filled(ready / "two" / "data", 1, 2)
    lab.storage.folder.mkdir()
    shutil.copy(other.storage.file(backup.name), lab.storage.folder / "other.zip")
    return ready / "two" / "data"


def content(lab: Lab) -> tuple[list[str], str, list[str]]:
    """Papers, the own preset and the runs."""
    runs = [run.id for run in lab.runs.select(View(), None).runs]
    return [r.source for r in lab.papers.all()], lab.sweeps.presets.get("mine")[1], runs


@TIMES
def test_backups(children: Children, number: int, tmp_path: Path, two_labs: Path) -> None:
    def make(name: str) -> Job:
        shutil.copytree(two_labs, tmp_path / name / "data")
        return Job(verb="back_up", arguments=["3"], data=tmp_path / name / "data")

    def killed(lab: Lab, said: list[Any]) -> None:
        here = names(lab.storage.folder) - {"other.zip", ".lock"}
        assert set(said) <= here
        assert len(here) <= len(said) + 1
        assert content(lab) == before

    def done(lab: Lab, said: list[Any]) -> None:
        assert len(said) == 3
        assert set(said) <= names(lab.storage.folder)
        assert content(lab) == before

    before = content(opened(two_labs))
    survives(children, number, make, killed, done)


@TIMES
def test_restoring(children: Children, number: int, tmp_path: Path, two_labs: Path) -> None:
    def make(name: str) -> Job:
        shutil.copytree(two_labs, tmp_path / name / "data")
        return Job(verb="restore", arguments=["other.zip"], data=tmp_path / name / "data")

    def killed(lab: Lab, said: list[Any]) -> None:
        assert content(lab) in ([after] if said else [before, after])

    def done(lab: Lab, said: list[Any]) -> None:
        assert content(lab) == after

    before = content(opened(two_labs))
    after = content(opened(two_labs.with_name("other")))
    survives(children, number, make, killed, done)


@TIMES
def test_migrating(children: Children, number: int, tmp_path: Path) -> None:
    """The oldest schema with many runs, whose facts a later step writes one by one."""

    def make(name: str) -> Job:
        data = tmp_path / name / "data"
        with closing(sqlite3.connect(database_of(1, data / "triptych.sqlite"))) as old, old:
            old.executemany(
                "INSERT INTO runs SELECT ?, key, question, at, finished, origin,"
                " json_set(body, '$.id', ?) FROM runs WHERE id = 'run-one'",
                [(f"run-{n}", f"run-{n}") for n in range(3_000)],
            )
        return Job(verb="migrate", arguments=[], data=data)

    if not children.measured(job := make("measured")):
        children.takes(job)
    job = make("killed")
    children.killed(job, number)
    with closing(sqlite3.connect(job.data / "triptych.sqlite")) as found:  # before it is mended
        steps = [row[0] for row in found.execute("SELECT name FROM migrations ORDER BY name")]
        assert steps in ([STEPS[0][0]], [name for name, _ in STEPS])
        tables = found.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'run_facts'")
        assert tables.fetchone()[0] == (len(steps) > 1)
        assert found.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert children.done(job) == [1]
    lab = opened(job.data)
    assert lab.runs.count(View()) == 3_002
    assert lab._store.database.faults() == []
