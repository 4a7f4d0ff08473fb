"""What disks, other programs and clocks do to a lab: each fault is one sentence and loses nothing.

A full disk and a read-only folder are real ones, mounted for a process of its own where the system
lets a user do so (`unshare`). Chroma has no folder that could be damaged: it lives in memory.
"""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.cards import schedule
from core.errors import BadInput, Damaged, OutOfSpace, TriptychError
from core.lab import Lab
from core.models import registry
from core.settings import ROOT, Settings
from core.storage import backups as lab_storage
from core.store import EVERY
from tests.backends import in_memory
from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.rerankers.word_overlap import WordOverlap
from tests.support.backups import backed_up, ended, files
from tests.support.labs import QUESTION, RECIPE, asked, everything
from tests.support.sweeps import planned

START = datetime(2026, 1, 1, tzinfo=UTC)


def confined(mount: str, function: Callable[..., None], *arguments: object) -> None:
    """Run a function of this file where a mount holds, in a process of its own."""
    names = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        subprocess.run([*names, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("THIS SYSTEM LETS NOBODY MOUNT: full disk and read-only folder not tried")
    code = f"import sys; from {__name__} import *; {function.__name__}(*sys.argv[1:])"
    python = [sys.executable, "-c", code, *map(str, arguments)]
    shell = [*names, "sh", "-c", f'{mount} && exec "$@"', "sh", *python]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def small_backends() -> None:
    for family in ("embedder", "reranker", "generator"):
        registry.PACKAGES[family] = f"tests.backends.{family}s"


def reviewed(lab: Lab, minutes: int) -> None:
    learner = lab.study.learner("ada")
    turn = lab.study.turn(learner, EVERY, START)
    assert turn
    lab.study.answer(learner, turn, 4, START + timedelta(minutes=minutes))


# A full disk


def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    confined(f"mount -t tmpfs -o size=3m none {disk}", on_a_full_disk, disk, tmp_path)


def on_a_full_disk(disk: str, tmp: str) -> None:
    small_backends()
    folder = Path(tmp)
    reserve = Path(disk) / "reserve"
    reserve.write_bytes(bytes(400_000))
    lab = Lab(Settings(data=Path(disk) / "data", models=folder / "models"))
    (folder / "deck.csv").write_text("question,answer\nWhat burns?,Oil.\nWhat rises?,Tide.\n")
    list(lab.cards.load(folder / "deck.csv"))
    reviewed(lab, 0)
    lab.sweeps.presets.save("mine", "top_k = [1]\n")
    kept: list[str] = []
    for number in range(40):
        file = folder / f"{number}.txt"
        file.write_text(f"{number} is the number of this text. " * 6_000)
        added = lab.papers.add(file)
        if added.paper is None:
            break
        kept.append(added.paper.id)
    assert 1 < number < 39
    assert "The disk is full" in added.reason
    filling = Path(disk) / "filling"  # to the last byte
    with pytest.raises(OSError, match="No space"), filling.open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(4096))
    for attempt in (
        lambda: lab.sweeps.presets.save("mine", "top_k = [2]\n" + "# more\n" * 2_000),
        lambda: reviewed(lab, 1),
        lambda: asked(lab, [RECIPE]),
        lambda: ended_badly(lab.storage.back_up()),
        lambda: lab.storage.take((folder / "deck.csv").open("rb")),
    ):
        with pytest.raises(OutOfSpace):
            attempt()
    assert {row.id for row in lab.papers.all()} == set(kept) == files(lab, "papers")
    assert lab.sweeps.presets.get("mine")[1] == "top_k = [1]\n"
    assert files(lab, "backups") == set()
    assert len(lab.study.reviews(lab.study.learner("ada"))) == 1
    again = Lab(lab.settings)  # it opens, and says what is wrong
    assert {check.check for check in again.doctor() if not check.ok} >= {"disk"}
    filling.unlink()
    reserve.unlink()
    lab.papers.remove(kept[0])
    lab.papers.remove(kept[1])
    reviewed(lab, 9)
    assert asked(lab, [RECIPE]).runs[0].hits
    bad = {check.check for check in lab.doctor() if not check.ok}
    assert bad <= {"disk"}


def ended_badly(job: Any) -> None:
    job.join()
    raise job.error


# A folder that cannot be written


def test_a_read_only_folder(lab: Lab, tmp_path: Path) -> None:
    asked(lab)
    data = lab.settings.data
    lab._store.database.close()
    bound = f"mount --bind {data} {data} && mount -o remount,ro,bind {data}"
    confined(bound, in_a_read_only_folder, data, tmp_path / "lamp.md")
    assert len(Lab(lab.settings).papers.all()) == 2


def in_a_read_only_folder(data: str, paper: str) -> None:
    def ran(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            env={"TRIPTYCH_DATA": data, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    status, said, complaint = ran("papers")
    assert (status, len(said.splitlines()), complaint) == (0, 2, "")  # reading goes on
    status, said, complaint = ran("add", paper)
    assert (status, said, complaint.count("\n")) == (1, "", 1)
    assert "cannot be written: Read-only file system" in complaint
    status, said, complaint = ran("doctor")
    assert (status, complaint) == (1, "")
    assert f"{data} cannot be written: Read-only file system." in said


# Another program


LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The lab while another process keeps its database locked."""
    monkeypatch.setattr("core.store.database.BUSY_SECONDS", 0.05)
    command = [sys.executable, "-c", LOCKING, str(lab._store.database.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline()
        lab._store.database.close()  # the patience of a connection is that of when it was opened
        yield lab
        other.stdin.close()


def test_a_locked_database(locked: Lab, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("# New\n\nAdded while it is locked.\n")
    here = files(locked, "papers")
    for attempt in (
        lambda: locked.papers.add(tmp_path / "new.md"),
        lambda: locked.papers.remove(locked.papers.all()[0].id),
        lambda: locked.study.learner("ada"),
        lambda: asked(locked, [replace(RECIPE, evidence=None)]),
        lambda: Lab(locked.settings),
    ):
        with pytest.raises(TriptychError, match="Another program keeps the database locked"):
            attempt()
    assert files(locked, "papers") == here  # also the one that was to be removed
    assert len(locked.papers.all()) == 2  # reading goes on


# Damaged files


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: len(data) // 2 + 7],
        lambda _data: b"",
        lambda data: random.Random(1).randbytes(len(data) + 11),
        lambda data: data[:100] + data[103:],
        lambda data: data[: 32 + 4 * 32 + 4] * 9,  # as if of half as many dimensions
    ],
    ids=["cut", "emptied", "garbage", "three bytes missing", "other dimensions"],
)
def test_a_damaged_vector_file_is_made_anew(
    lab: Lab, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "more.txt").write_text("\n".join(f"word{n} " * 30 for n in range(20)))
    lab.papers.add(tmp_path / "more.txt")
    wide = replace(RECIPE, evidence=replace(RECIPE.evidence, candidates=20))  # type: ignore[type-var]
    before = lab.answering.search(QUESTION, wide, everything(lab)).candidates
    (file,) = lab.settings.data.glob("vectors/*.vectors")
    whole = file.read_bytes()
    file.write_bytes(harm(whole))
    other = Lab(lab.settings)
    assert other.answering.search(QUESTION, wide, everything(other)).candidates == before
    again = Lab(lab.settings)
    assert again.answering.search(QUESTION, wide, everything(again)).candidates == before
    assert in_memory(again, "embedder").embedded == []  # now they are all there


def copied(lab: Lab, tmp_path: Path) -> Settings:
    """The same data elsewhere, as one finds it when no program runs: the database is one file."""
    with closing(sqlite3.connect(lab._store.database.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(lab.settings.data, tmp_path / "copy", ignore=lambda _, names: BESIDE & {*names})
    return replace(lab.settings, data=tmp_path / "copy")


BESIDE = {"triptych.sqlite-wal", "triptych.sqlite-shm"}


def test_a_database_that_cannot_be_opened_says_how_to_go_on(lab: Lab, tmp_path: Path) -> None:
    comparison = asked(lab)
    backup = backed_up(lab)
    papers, settings = lab.papers.all(), copied(lab, tmp_path)
    path = settings.data / "triptych.sqlite"
    path.write_bytes(b"no database at all, but a note of some length " * 99)
    with pytest.raises(Damaged, match=r"move it elsewhere.* put back the last backup"):
        Lab(settings)
    for file in path.parent.glob(f"{path.name}*"):
        file.rename(tmp_path / file.name)
    other = Lab(settings)
    assert files(other, "papers") == {row.id for row in papers}  # maybe the last copies
    ended(other.storage.restore(backup.name))
    assert other.papers.all() == papers
    assert other.comparisons.comparison(comparison.id) == comparison


@pytest.mark.parametrize("seed", range(12))
def test_torn_pages_are_a_sentence_or_do_not_matter(lab: Lab, tmp_path: Path, seed: int) -> None:
    asked(lab)
    settings = copied(lab, tmp_path)
    path = settings.data / "triptych.sqlite"
    random_ = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(3):
        page = random_.randrange(1, len(data) // 4096) * 4096
        data[page : page + 4096] = random_.randbytes(4096)
    path.write_bytes(data)
    try:
        other = Lab(settings)
        checks = list(other.doctor())
        assert any(not check.ok for check in checks if check.check == "database")
        asked(other)
    except TriptychError as error:
        assert error.sentence.endswith(".")


# Clocks


def test_a_clock_set_back_makes_no_card_well_known() -> None:
    """A year lost and found again between two reviews is no year of remembering."""
    day = timedelta(days=1)
    reviews = [(3, START), (3, START + day), (3, START + 4 * day)]
    right = wrong = None
    for rating, at in reviews:
        right = schedule.after(right, rating, at, 0.9)
    for rating, at in (*reviews[:2], (3, START - 365 * day), reviews[2]):
        wrong = schedule.after(wrong, rating, at, 0.9)
    assert right
    assert wrong
    assert wrong.last_review == right.last_review
    assert wrong.stability < 2 * right.stability
    before = schedule.intervals(right, START - 365 * day, 0.9)
    assert before == schedule.intervals(right, datetime.fromisoformat(right.last_review), 0.9)


def test_a_clock_set_back_overwrites_no_backup(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, _zone: Any = None) -> "Stopped":
            return cls(2026, 1, 1, 12, 0, 0)

    monkeypatch.setattr(lab_storage, "datetime", Stopped)
    made = [ended(lab.storage.back_up()).split()[0] for _ in range(3)]
    name = "triptych-2026-01-01-120000"
    assert made == [f"{name}.zip", f"{name}-2.zip", f"{name}-3.zip"]
    with lab.storage.open(made[0]) as stream:
        assert lab.storage.take(stream).name == "uploaded-2026-01-01-120000.zip"
    assert {each.name for each in lab.storage.backups()} >= set(made)
    assert [each.fault for each in lab.storage.backups()] == [""] * 4


def test_a_clock_set_back_loses_no_run(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asked(lab)
    monkeypatch.setattr("core.answering.answering.now", lambda: "2001-01-01T00:00:00.000+00:00")
    other = replace(RECIPE, generation=replace(RECIPE.generation, max_tokens=7))  # type: ignore[type-var]
    second = asked(lab, [other])
    assert second.at < first.at
    assert {row.id for row in lab.comparisons.history()} == {first.id, second.id}
    assert asked(lab, [other]).runs == second.runs  # not computed again


# The memory


def test_an_embedder_without_memory_reads_fewer_at_once(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, sizes = HashingEmbedder.embed, []

    def small(self: HashingEmbedder, texts: Any, *, query: bool = False) -> Any:
        sizes.append(len(texts))
        if len(texts) > 5:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return embed(self, texts, query=query)

    (tmp_path / "more.txt").write_text("\n".join(f"word{n} " * 30 for n in range(20)))
    lab.papers.add(tmp_path / "more.txt")
    monkeypatch.setattr(HashingEmbedder, "embed", small)
    found = lab.answering.search(QUESTION, RECIPE, everything(lab)).candidates
    assert max(sizes) > 5
    monkeypatch.setattr(HashingEmbedder, "embed", embed)
    fresh = Lab(replace(lab.settings, data=tmp_path / "fresh"))
    for name in ("lamp.md", "tide.txt", "more.txt"):
        fresh.papers.add(tmp_path / name)
    assert fresh.answering.search(QUESTION, RECIPE, everything(fresh)).candidates == found


@pytest.mark.parametrize("where", ["embedder", "question", "reranker", "loading"])
def test_a_sweep_without_memory_fails_the_cells_that_need_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_given: Any, **_named: Any) -> Any:
        raise MemoryError

    def full_question(self: HashingEmbedder, texts: Any, *, query: bool = False) -> Any:
        return full() if query else embed(self, texts)

    embed = HashingEmbedder.embed
    with monkeypatch.context() as patch:
        match where:
            case "embedder":
                patch.setattr(HashingEmbedder, "embed", full)
            case "question":
                patch.setattr(HashingEmbedder, "embed", full_question)
            case "reranker":
                patch.setattr(WordOverlap, "score", lambda *_: (full() for _ in range(1)))
            case "loading":
                patch.setattr("tests.backends.embedders.hashing.load", full)
        sweep_id = lab.sweeps.start(planned(lab))
        assert lab.sweeps.wait(sweep_id, 30)
    row = lab.sweeps.row(sweep_id)
    cells = 16 if where == "reranker" else 24
    assert (row.status, row.failed, row.done) == ("done", cells, 26 - cells)
    for sentence in lab.sweeps.failures(sweep_id):
        assert sentence.startswith("The memory is full: there is no room for ")
    lab.sweeps.retry_failed(sweep_id)
    assert lab.sweeps.wait(sweep_id, 30)
    assert lab.sweeps.row(sweep_id).done == 26


# Everything at once


def test_a_sweep_under_way_keeps_its_data(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.backends.generators import echo
    from tests.support.sweeps import Slow

    backup = backed_up(lab)
    slow = Slow()
    monkeypatch.setattr(echo, "load", lambda _model, _settings: slow)
    sweep_id = lab.sweeps.start(planned(lab))
    assert slow.begun.wait(30)
    other = Lab(lab.settings)  # another program
    for storage in (lab.storage, other.storage):
        for change in (lambda s=storage: s.restore(backup.name), storage.reset, storage.rebuild):
            with pytest.raises(BadInput, match="The sweep “small” is under way; stop it first"):
                change()
    backed_up(lab)  # that one may be made
    slow.on.set()
    assert lab.sweeps.wait(sweep_id, 30)
    assert lab.sweeps.row(sweep_id).done == 26
    ended(lab.storage.reset())
    assert lab.sweeps.all() == []


def test_a_sweep_that_begins_just_before_a_reset_keeps_its_data(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the click and the moment when the worker has time for it."""
    names = iter(["", "late"])
    monkeypatch.setattr(lab.storage, "_sweeping", lambda: next(names))
    with pytest.raises(BadInput, match="The sweep “late” is under way"):
        ended_badly(lab.storage.reset())
    assert len(lab.papers.all()) == 2
    assert not (lab.storage.folder / ".work").exists()
