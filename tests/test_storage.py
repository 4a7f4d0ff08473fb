"""What lies on disk, through the lab: backed up, put back, rebuilt, taken away while it is used."""

import io
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from core.cards import schedule
from core.classroom.lesson import Server
from core.errors import BadInput, Damaged, OutOfSpace
from core.files.locks import at_work
from core.lab import Lab
from core.storage import replace_all
from core.store import EVERY, Database
from core.types.view import View
from tests.backends import in_memory
from tests.support.backups import backed_up, ended, files
from tests.support.labs import QUESTION, RECIPE, asked, everything, uploaded


def test_what_is_used_is_said(lab: Lab) -> None:
    asked(lab)
    sizes = {used.name: used.bytes for used in lab.storage.used()}
    assert list(sizes) == ["Database", "Original files", "Vectors", "Models", "Backups"]
    originals = sum(path.stat().st_size for path in (lab.settings.data / "papers").iterdir())
    assert sizes["Original files"] == originals
    vectors = [path for path in (lab.settings.data / "vectors").rglob("*") if path.is_file()]
    kept = [path.stat().st_size for path in vectors if path.suffix != ".index"]
    # For each of two chunks a record, and its key among those of its paper.
    assert sum(kept) == 2 * (32 + 4 * 64 + 4) + 2 * 32
    assert sizes["Vectors"] == sum(path.stat().st_size for path in vectors)
    assert sizes["Database"] > 4096
    assert sizes["Models"] == sizes["Backups"] == 0
    backup = backed_up(lab)
    assert {used.name: used.bytes for used in lab.storage.used()}["Backups"] == backup.bytes
    assert lab.storage.free() > 0


def test_everything_comes_back(lab: Lab, tmp_path: Path) -> None:
    comparison = asked(lab)
    papers = lab.papers.all()
    texts = [lab.papers.get(row.id).text for row in papers]
    backup = backed_up(lab)
    assert (backup.papers, backup.comparisons, backup.left_out, backup.fault) == (2, 1, 0, "")

    lab.papers.remove(papers[0].id)
    (tmp_path / "later.md").write_text("# Later\n\nAdded after the backup.\n")
    assert lab.papers.add(tmp_path / "later.md").status == "added"
    later = asked(lab, question="Asked after the backup?")

    assert "2 papers" in ended(lab.storage.restore(backup.name))
    assert lab.papers.all() == papers
    assert [lab.papers.get(row.id).text for row in lab.papers.all()] == texts
    assert files(lab, "papers") == {row.id for row in papers}
    assert lab.comparisons.comparison(comparison.id) == comparison
    with pytest.raises(BadInput, match="not in this lab"):
        lab.comparisons.comparison(later.id)
    run = lab.answering.search(QUESTION, RECIPE, everything(lab))
    assert "1874" in run.hits[0].chunk.text
    assert all(check.ok for check in lab.doctor() if check.check != "disk")
    assert Lab(lab.settings).papers.all() == papers
    assert {path.name for path in lab.storage.folder.iterdir()} == {".lock", backup.name}


def test_it_comes_back_in_another_lab(lab: Lab, tmp_path: Path) -> None:
    comparison = asked(lab)
    with lab.storage.open(backed_up(lab).name) as stream:
        body = stream.read()
    other = Lab(replace(lab.settings, data=tmp_path / "other"))
    taken = other.storage.take(io.BytesIO(body))
    assert (taken.papers, taken.comparisons) == (2, 1)
    assert other.papers.all() == []
    ended(other.storage.restore(taken.name))
    assert other.papers.all() == lab.papers.all()
    assert other.comparisons.comparison(comparison.id) == comparison


def test_a_class_of_then_is_not_open_again(lab: Lab) -> None:
    lab.classes.start(Server(address="0.0.0.0", port=8501))
    ended(lab.storage.restore(backed_up(lab).name))
    assert lab.classes.now() is None


def test_saved_sweeps_are_in_it_and_go_with_a_reset(lab: Lab) -> None:
    text = 'title = "mine"\n[vary]\ntop_k = [1, 2]\n'
    (lab.settings.data / "sweeps").mkdir()
    (lab.settings.data / "sweeps" / "mine.toml").write_text(text)
    backup = backed_up(lab)
    ended(lab.storage.reset())
    assert files(lab, "sweeps") == set()
    ended(lab.storage.restore(backup.name))
    assert (lab.settings.data / "sweeps" / "mine.toml").read_text() == text


def test_a_damaged_backup_changes_nothing(lab: Lab) -> None:
    comparison = asked(lab)
    backup = backed_up(lab)
    file = lab.storage.file(backup.name)
    body = bytearray(file.read_bytes())
    body[100] ^= 1  # inside the first paper
    file.write_bytes(body)
    before = (lab.papers.all(), files(lab, "papers"))
    job = lab.storage.restore(backup.name)
    job.join()
    assert isinstance(job.error, Damaged)
    assert (lab.papers.all(), files(lab, "papers")) == before
    assert lab.comparisons.comparison(comparison.id) == comparison
    assert not (lab.storage.folder / ".work").exists()


def test_a_failure_in_the_last_moment_changes_nothing(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = backed_up(lab)
    (lamp,) = (row.id for row in lab.papers.all() if row.source == "lamp.md")
    lab.papers.remove(lamp)
    before = (lab.papers.all(), files(lab, "papers"))

    def fail(_self: Database, _path: Path, _mark: int) -> None:
        raise Damaged("The disk went away.")

    monkeypatch.setattr(Database, "restore_from", fail)
    job = lab.storage.restore(backup.name)
    job.join()
    assert job.error and job.error.sentence == "The disk went away."
    assert (lab.papers.all(), files(lab, "papers")) == before


def test_no_backup_is_refused_at_once(lab: Lab) -> None:
    for name in ("nothing.zip", "../triptych.sqlite", ""):
        with pytest.raises(BadInput, match="no backup"):
            lab.storage.restore(name)
    with pytest.raises(Damaged, match="no whole zip"):
        lab.storage.take(io.BytesIO(b"a note"))
    assert lab.storage.backups() == ()
    assert files(lab, "backups") == set()


def test_what_lies_there_and_is_none_says_so(lab: Lab) -> None:
    lab.storage.folder.mkdir()
    (lab.storage.folder / "copied.zip").write_text("a note")
    (found,) = lab.storage.backups()
    assert "no whole zip" in found.fault
    lab.storage.remove("copied.zip")
    assert lab.storage.backups() == ()


def test_rebuilding_drops_what_is_derived(lab: Lab) -> None:
    first = asked(lab)
    embedder = in_memory(lab, "embedder")
    assert files(lab, "vectors")
    assert "come back at the next search" in ended(lab.storage.rebuild())
    assert files(lab, "vectors") == set()
    before = len(embedder.embedded)
    run = lab.answering.search(QUESTION, RECIPE, everything(lab))
    assert len(embedder.embedded) == before + 2
    assert run.candidates == first.runs[2].candidates


def test_the_doctor_speaks_after_rebuilding(lab: Lab) -> None:
    (paper, _) = lab.papers.all()
    lab.papers.file(paper.id).write_text("other bytes")
    assert "is damaged" in ended(lab.storage.rebuild())


def test_a_reset_takes_everything_but_models_and_backups(lab: Lab, tmp_path: Path) -> None:
    comparison = asked(lab)
    backup = backed_up(lab)
    (lab.settings.models / "some").mkdir(parents=True)
    ended(lab.storage.reset())
    assert lab.papers.all() == []
    assert lab.comparisons.history() == []
    assert files(lab, "papers") == files(lab, "vectors") == set()
    assert (lab.settings.models / "some").is_dir()
    assert lab._store.scores.known([row.id for row in lab.papers.all()]) == {}
    assert lab.papers.add(tmp_path / "lamp.md").status == "added"
    asked(lab)
    ended(lab.storage.restore(backup.name))
    assert lab.comparisons.comparison(comparison.id) == comparison


def test_a_reset_waits_for_the_question_under_way(lab: Lab) -> None:
    """It happens between two pieces of work, never in the middle of one."""
    come, go = Event(), Event()

    def work() -> Generator[int, None, None]:
        come.set()
        assert go.wait(10)
        yield len(lab.papers.all())

    ticket = lab._worker.stream(work)
    assert come.wait(10)
    job = lab.storage.reset()
    with pytest.raises(BadInput, match="Reset is under way"):
        lab.storage.back_up()
    found: list[int] = []
    reader = Thread(target=lambda: found.extend(ticket))
    reader.start()
    go.set()
    reader.join()
    ended(job)
    assert found == [2]
    assert lab.papers.all() == []


def test_it_is_used_while_it_is_backed_up_and_put_back(lab: Lab, tmp_path: Path) -> None:
    """Nobody who asks, studies or adds meanwhile sees an error or half of anything."""
    cards = "".join(f"question {n}?,answer {n}\n" for n in range(400))
    (tmp_path / "deck.csv").write_text(f"question,answer\n{cards}")
    list(lab.cards.load(tmp_path / "deck.csv"))
    lab.study.keep(replace(lab.study.learner("ada"), new_a_day=1_000))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    stop, wrong, done = Event(), list[BaseException](), Counter[str]()

    def again_and_again(name: str, work: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                while not stop.is_set():
                    work(done[name])
                    done[name] += 1
            except BaseException as error:  # noqa: BLE001 - told at the end
                wrong.append(error)

        return run

    def study(number: int) -> None:
        ada = lab.study.learner("ada")
        turn = lab.study.turn(ada, EVERY, start + timedelta(minutes=number))
        assert turn
        lab.study.answer(ada, turn, 4, start + timedelta(minutes=number))

    def ask(number: int) -> None:
        recipe = replace(RECIPE, evidence=None)
        list(lab.answering.ask(f"Question {number}?", [recipe], ()))

    def add(number: int) -> None:
        content = f"This is text number {number}.".encode()
        assert uploaded(lab, f"{number}.txt", content).status == "added"

    def look(_number: int) -> None:
        for row in lab.comparisons.history():
            with suppress(BadInput):  # it went since it was listed
                assert lab.comparisons.comparison(row.id).runs[0].question == row.question

    jobs = {"studied": study, "asked": ask, "added": add, "looked": look}
    threads = [Thread(target=again_and_again(name, work)) for name, work in jobs.items()]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = Counter(done)
        while not all(done[name] > before[name] for name in jobs) and not wrong:
            stop.wait(0.01)
        ended(lab.storage.restore(backed_up(lab).name))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []

    ada = lab.study.learner("ada")
    reviews = lab.study.reviews(ada)
    assert reviews
    for studied in lab.study.memories(ada, EVERY):
        own = [review for review in reviews if review.card_id == studied.card.id]
        assert studied.memory == schedule.remember(own)
    runs = lab.runs.select(View(), None).runs
    assert lab.runs.count(View()) == len(runs)
    assert {row.question for row in lab.comparisons.history()} <= {run.question for run in runs}
    assert {check.check for check in lab.doctor() if not check.ok} <= {"disk"}
    assert files(lab, "papers") == {row.id for row in lab.papers.all()}


# What a killed process leaves behind


def test_what_a_kill_leaves_is_finished_or_cleared(lab: Lab) -> None:
    lamp, tide = (row.id for row in lab.papers.all())
    papers = lab.settings.data / "papers"
    (papers / lamp).rename(papers / f"{lamp}.part")  # its paper was kept just before
    (papers / f"{'0' * 64}.part").write_text("never kept, or just removed")
    (papers / "copy-x").write_text("half")
    (papers / "copy-x.whole").write_text("half")
    (papers / ("1" * 64)).write_text("of a database that somebody took away")
    for name in ("triptych-1.part", "triptych-1.sqlite", "triptych-1.sqlite-journal"):
        lab.storage.folder.mkdir(exist_ok=True)
        (lab.storage.folder / name).write_text("half")
    (lab.settings.data / "sweeps").mkdir()
    (lab.settings.data / "sweeps" / "mine.toml.part").write_text("half")
    with at_work(lab.settings.data):
        Lab(lab.settings)  # somebody is at work: these may be theirs
        assert len(files(lab, "papers")) == 6
    Lab(lab.settings)
    assert files(lab, "papers") == {lamp, tide, "1" * 64}
    assert files(lab, "backups") == files(lab, "sweeps") == set()


def test_vectors_of_a_paper_that_went_follow_it(lab: Lab) -> None:
    asked(lab)
    lab.papers.remove_many([lab.papers.all()[0].id])  # and then it was killed
    (vectors,) = lab.settings.data.glob("vectors/*.vectors")
    before = vectors.stat().st_size
    Lab(lab.settings)
    assert vectors.stat().st_size == before // 2


@pytest.mark.parametrize("became", [False, True], ids=["before", "after"])
def test_a_restore_that_was_killed_is_undone_or_finished(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, became: bool
) -> None:
    """Killed just before, or just after, the database became the other one."""
    data = lab.settings.data

    def watched(database: Database, path: Path, mark: int) -> None:
        if became:
            become(database, path, mark)
        shutil.copytree(data, tmp_path / "killed")
        if not became:
            become(database, path, mark)

    lab.sweeps.presets.save("early", "top_k = [1]\n")
    backup, early = backed_up(lab), content(lab)
    lab.papers.remove(lab.papers.all()[0].id)
    lab.sweeps.presets.remove("early")
    lab.sweeps.presets.save("later", "top_k = [2]\n")
    later = content(lab)
    become = Database.restore_from
    with monkeypatch.context() as patch:
        patch.setattr(Database, "restore_from", watched)
        ended(lab.storage.restore(backup.name))
    assert content(lab) == early
    assert (tmp_path / "killed" / replace_all.PLAN).exists()
    assert content(Lab(replace(lab.settings, data=tmp_path / "killed"))) == (
        early if became else later
    )
    assert not (tmp_path / "killed" / replace_all.WORK).exists()


def content(lab: Lab) -> tuple[set[str], set[str], set[str]]:
    return {row.id for row in lab.papers.all()}, files(lab, "papers"), files(lab, "sweeps")


def test_a_preset_is_saved_whole_or_not_at_all(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_file: int) -> None:
        raise OSError(28, "No space left on device")

    lab.sweeps.presets.save("mine", "top_k = [1]\n")
    monkeypatch.setattr("core.files.atomic.os.fsync", fails)
    with pytest.raises(OutOfSpace, match="No space left"):
        lab.sweeps.presets.save("mine", "top_k = [2]\n")
    assert lab.sweeps.presets.get("mine")[1] == "top_k = [1]\n"
    assert files(lab, "sweeps") == {"mine.toml"}


def test_an_original_that_is_missing_comes_back_with_its_file(lab: Lab, tmp_path: Path) -> None:
    """As the doctor advises."""
    lamp, tide = lab.papers.all()
    lab.papers.file(lamp.id).unlink()
    lab.papers.file(tide.id).write_text("other bytes")
    for name in ("lamp.md", "tide.txt"):
        assert lab.papers.add(tmp_path / name).status == "known"
    assert {check.check for check in lab.doctor() if not check.ok} <= {"disk"}
