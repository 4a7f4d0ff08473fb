"""Backups of real databases, and files that only look like one."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Damaged, OutOfSpace, TriptychError
from core.store import Store, backup
from core.types import Answer, Comparison, Paper, Recipe, Run

BYTES = b"# The lamp\n"
PAPER = Paper(
    id=hashlib.sha256(BYTES).hexdigest(), title="T", text="one", source="t.md", kind="markdown"
)
RUN = Run(
    id="r1",
    key="k1",
    question="Why?",
    paper_ids=(),
    recipe=Recipe(),
    answer=Answer(text="Because.", finish_reason="stop"),
    at="2026-01-01T00:00:00",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one paper and one comparison, and the paper's file beside it."""
    store = Store(tmp_path / "data" / "triptych.sqlite")
    store.papers.keep(PAPER)
    store.runs.keep(RUN)
    store.comparisons.keep(Comparison(id="c", question="Why?", runs=(RUN,), at="2026"))
    papers = tmp_path / "data" / "papers"
    papers.mkdir()
    (papers / PAPER.id).write_bytes(BYTES)
    return store


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Path:
    return written(store, tmp_path)


def written(store: Store, tmp_path: Path) -> Path:
    target = tmp_path / "backup.zip"
    progress = list(backup.write(store.database, tmp_path / "data" / "papers", {}, target))
    assert progress[-1][0] == progress[-1][1]
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    return target


def unpacked(file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    list(backup.unpack(file, folder))
    backup.ready(folder / backup.DATABASE)
    return folder


def rezipped(
    file: Path,
    change: Callable[[dict[str, bytes]], None] = lambda _entries: None,
    *,
    listed: bool = True,
    method: int = ZIP_DEFLATED,
) -> Path:
    """The same backup with other entries; its list of contents is made to fit if `listed`."""
    with ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    if listed:
        facts = json.loads(entries[backup.CONTENTS])
        database = entries[backup.DATABASE]
        facts["database_bytes"] = len(database)
        facts["database_sha256"] = hashlib.sha256(database).hexdigest()
        papers = {name: body for name, body in entries.items() if name.startswith("papers/")}
        facts["files"] = {name.partition("/")[2]: len(body) for name, body in papers.items()}
        entries[backup.CONTENTS] = json.dumps(facts).encode()
    other = file.with_name("other.zip")
    with ZipFile(other, "w", method) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return other


def sql(*statements: str) -> Callable[[dict[str, bytes]], None]:
    """A change of the database inside a backup."""

    def change(entries: dict[str, bytes]) -> None:
        with NamedTemporaryFile() as file:
            Path(file.name).write_bytes(entries[backup.DATABASE])
            with closing(sqlite3.connect(file.name, isolation_level=None)) as connection:
                for statement in statements:
                    connection.execute(statement)
            entries[backup.DATABASE] = Path(file.name).read_bytes()

    return change


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "x" * 61])
def test_a_preset_whose_name_is_a_path_is_refused(made: Path, name: str) -> None:
    def change(entries: dict[str, bytes]) -> None:
        facts = json.loads(entries[backup.CONTENTS]) | {"presets": {name: ""}}
        entries[backup.CONTENTS] = json.dumps(facts).encode()

    with pytest.raises(Damaged, match="preset"):
        backup.contents(rezipped(made, change))


def test_what_is_backed_up_comes_back(made: Path, tmp_path: Path) -> None:
    contents = backup.contents(made)
    assert (contents.papers, contents.comparisons, contents.left_out) == (1, 1, 0)
    assert contents.files == {PAPER.id: len(BYTES)}
    folder = unpacked(made, tmp_path)
    assert (folder / "papers" / PAPER.id).read_bytes() == BYTES
    store = Store(folder / backup.DATABASE)
    assert store.papers.get(PAPER.id) == PAPER
    assert store.comparisons.get("c") == Comparison(id="c", question="Why?", runs=(RUN,), at="2026")
    assert backup.ready(folder / backup.DATABASE) == {PAPER.id}


def test_nothing_is_left_beside_it(made: Path, store: Store, tmp_path: Path) -> None:
    assert {path.name for path in tmp_path.iterdir()} == {"data", "backup.zip"}
    made.unlink()
    steps = backup.write(store.database, tmp_path / "data" / "papers", {}, made)
    next(iter(steps))
    steps.close()  # type: ignore[attr-defined]
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_bytes(b"other bytes")])
def test_an_original_that_is_not_whole_is_left_out_and_counted(
    store: Store, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    harm(tmp_path / "data" / "papers" / PAPER.id)
    made = written(store, tmp_path)
    contents = backup.contents(made)
    assert (contents.papers, contents.left_out, contents.files) == (1, 1, {})
    assert not list((unpacked(made, tmp_path) / "papers").iterdir())


def test_a_backup_made_while_somebody_writes(store: Store, tmp_path: Path) -> None:
    other = Store(store.database.path)  # as another thread or process would
    with store.database.writing() as connection:
        connection.execute("DELETE FROM runs")
        made = written(other, tmp_path)
    folder = unpacked(made, tmp_path)
    assert Store(folder / backup.DATABASE).runs.get("r1") == RUN


def add(name: str, body: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries[name] = body

    return change


def drop(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        del entries[name]

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (add("papers/../../evil", b"x"), "holds what no backup holds"),
        (add("../evil", b"x"), "holds what no backup holds"),
        (add("/etc/evil", b"x"), "holds what no backup holds"),
        (add("papers/" + "A" * 64, b"x"), "holds what no backup holds"),
        (add("papers/" + "a" * 64 + "\n", b"x"), "holds what no backup holds"),
        (add("papers/", b""), "holds what no backup holds"),
        (add(backup.CONTENTS, b"[]"), "list of contents cannot be read"),
        (add(backup.CONTENTS, b"{}"), "list of contents cannot be read"),
        (add("papers/" + "a" * 64, b"x"), "not those of its list"),
        (add("papers/" + PAPER.id, b"# The lamb\n"), "a checksum is wrong"),
        (add("papers/" + PAPER.id, b"# The lamp, and more"), "not those of its list"),
        (drop("papers/" + PAPER.id), "not those of its list"),
        (drop(backup.DATABASE), "no backup of Triptych"),
        (drop(backup.CONTENTS), "no backup of Triptych"),
        (sql("DELETE FROM runs"), "a checksum is wrong"),
    ],
)
def test_entries_that_do_not_fit(
    made: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], why: str
) -> None:
    with pytest.raises(Damaged, match=rf"{why}.*Nothing was changed"):
        unpacked(rezipped(made, change, listed=False), tmp_path)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (sql("INSERT INTO migrations VALUES ('0999_future')"), "made by a newer Triptych"),
        (sql("DROP TABLE migrations"), "database cannot be read"),
        (sql("DROP TABLE runs"), "not as Triptych makes it"),
        (sql("CREATE TABLE more (a)"), "not as Triptych makes it"),
        (
            sql("CREATE TRIGGER evil AFTER INSERT ON runs BEGIN DELETE FROM papers; END"),
            "not as Triptych makes it",
        ),
        (sql("UPDATE papers SET id = '../../evil'"), "not as Triptych makes it"),
        (sql("UPDATE papers SET pages = 'many'"), "not as Triptych makes it"),
        (sql("UPDATE papers SET body = '{}'"), "database cannot be read"),
        (sql("UPDATE papers SET body = x'00'"), "database cannot be read"),
        (sql("PRAGMA page_size = 512", "VACUUM"), "not as Triptych makes it"),
        (add(backup.DATABASE, b"no database at all" * 99), "database cannot be read"),
        (add(backup.DATABASE, b""), "database cannot be read"),
        (add("papers/" + PAPER.id, b"other bytes"), "a checksum is wrong"),
    ],
)
def test_files_that_are_listed_but_not_ours(
    made: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], why: str
) -> None:
    with pytest.raises(Damaged, match=rf"{why}.*Nothing was changed"):
        unpacked(rezipped(made, change), tmp_path)


def test_a_torn_database_is_found(made: Path, tmp_path: Path) -> None:
    def tear(entries: dict[str, bytes]) -> None:
        body = bytearray(entries[backup.DATABASE])
        body[4096 * 2 : 4096 * 4] = b"\xff" * 4096 * 2
        entries[backup.DATABASE] = bytes(body)

    with pytest.raises(Damaged, match="its database"):
        unpacked(rezipped(made, tear), tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(made: Path, tmp_path: Path) -> None:
    def swell(entries: dict[str, bytes]) -> None:
        entries[backup.DATABASE] += bytes(backup.SMALL)

    with pytest.raises(Damaged, match="holds what no backup holds"):
        backup.contents(rezipped(made, swell))


def test_more_than_the_disk_holds_is_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(OutOfSpace, match="make room first"):
        unpacked(made, tmp_path)


def test_other_packings_and_doubled_names_are_refused(made: Path) -> None:
    with pytest.raises(Damaged, match="holds what no backup holds"):
        backup.contents(rezipped(made, method=ZIP_BZIP2))
    assert backup.contents(rezipped(made, method=ZIP_STORED)).papers == 1
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        ZipFile(made, "a") as archive,
    ):
        archive.writestr(backup.DATABASE, b"another")
    with pytest.raises(Damaged, match="no backup of Triptych"):
        backup.contents(made)


def test_no_file_and_no_zip(tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match="cannot be read"):
        backup.contents(tmp_path / "nothing.zip")
    (tmp_path / "note.zip").write_text("this is a note")
    with pytest.raises(Damaged, match="no whole zip file"):
        backup.contents(tmp_path / "note.zip")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_byte_is_refused_or_harmless(
    made: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Nothing but our own sentence comes out, and what is let through is what was backed up."""
    body = bytearray(made.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    other = tmp_path / "flipped.zip"
    other.write_bytes(body)
    try:
        folder = unpacked(other, tmp_path)
    except TriptychError:
        return
    assert (folder / "papers" / PAPER.id).read_bytes() == BYTES
    store = Store(folder / backup.DATABASE)
    assert (store.papers.get(PAPER.id), store.runs.get("r1")) == (PAPER, RUN)


def test_becoming_another_database_while_others_read(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other.sqlite")
    other.runs.keep(replace(RUN, id="r2"))
    other.database.close()
    reader = Store(store.database.path)  # its connection stays open throughout
    assert reader.runs.get("r1") == RUN
    store.database.restore_from(tmp_path / "other.sqlite", 7)
    assert [reader.runs.get(name) for name in ("r1", "r2")] == [None, replace(RUN, id="r2")]
    reader.runs.keep(RUN)
    assert store.runs.get("r1") == RUN
    assert Store(tmp_path / "other.sqlite").runs.get("r1") is None  # only its content was taken
    assert reader.database.faults() == []


def test_becoming_nothing_changes_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(TriptychError):
        store.database.restore_from(tmp_path / "nowhere.sqlite", 7)
    assert store.runs.get("r1") == RUN
    assert not (tmp_path / "nowhere.sqlite").exists()


def test_a_lock_that_stays_is_a_sentence(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path / "other.sqlite").database.close()
    monkeypatch.setattr("core.store.database.BUSY_SECONDS", 0.05)
    hasty = Store(store.database.path)
    with (
        store.database.writing(),
        pytest.raises(TriptychError, match="keeps the database locked"),
    ):
        hasty.database.restore_from(tmp_path / "other.sqlite", 7)
    assert store.runs.get("r1") == RUN
