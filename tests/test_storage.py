"""What lies on disk, through the lab: backed up, put back, rebuilt, taken away while it is used."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from core.errors import BadInput, Damaged
from core.lab import Lab
from core.lab.jobs import Job
from core.lab.storage import Backup
from core.store import Database
from tests.test_lab import QUESTION, RECIPE, asked, everything


def ended(job: Job) -> str:
    """The sentence of a job that goes well."""
    job.join()
    assert job.error is None, job.error.sentence + job.error.detail
    assert job.outcome
    return job.outcome.sentence


def backed_up(lab: Lab) -> Backup:
    ended(lab.storage.back_up())
    return lab.storage.backups()[0]


def files(lab: Lab, folder: str) -> set[str]:
    return {path.name for path in (lab.settings.data / folder).glob("*")}


def test_what_is_used_is_said(lab: Lab) -> None:
    asked(lab)
    sizes = {used.name: used.bytes for used in lab.storage.used()}
    assert list(sizes) == ["Database", "Original files", "Vectors", "Models", "Backups"]
    originals = sum(path.stat().st_size for path in (lab.settings.data / "papers").iterdir())
    assert sizes["Original files"] == originals
    # For each of two chunks a record, and its key among those of its paper.
    assert sizes["Vectors"] == 2 * (32 + 4 * 64 + 4) + 2 * 32
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
    assert lab.runs.comparison(comparison.id) == comparison
    with pytest.raises(BadInput, match="not in this lab"):
        lab.runs.comparison(later.id)
    run = lab.bench.search(QUESTION, RECIPE, everything(lab))
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
    assert other.runs.comparison(comparison.id) == comparison


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
    assert lab.runs.comparison(comparison.id) == comparison
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

    monkeypatch.setattr(Database, "become", fail)
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
    embedder = lab.models._loaded["embedder"][1]
    assert files(lab, "vectors")
    assert "come back at the next search" in ended(lab.storage.rebuild())
    assert files(lab, "vectors") == set()
    before = len(embedder.embedded)
    run = lab.bench.search(QUESTION, RECIPE, everything(lab))
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
    assert lab.runs.history() == []
    assert files(lab, "papers") == files(lab, "vectors") == set()
    assert (lab.settings.models / "some").is_dir()
    assert lab._store.rerank_scores([row.id for row in lab.papers.all()]) == {}
    assert lab.papers.add(tmp_path / "lamp.md").status == "added"
    asked(lab)
    ended(lab.storage.restore(backup.name))
    assert lab.runs.comparison(comparison.id) == comparison


def test_a_reset_waits_for_the_question_under_way(lab: Lab) -> None:
    """It happens between two pieces of work, never in the middle of one."""
    come, go = Event(), Event()

    def work() -> Iterator[int]:
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
