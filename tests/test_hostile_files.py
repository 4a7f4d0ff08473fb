"""Files that mean harm: each is added or refused in one sentence, in time, within its memory, and
nothing of what failed stays behind.

Those of other people lie beside the checkout; our own are made here.
"""

import json
import os
import sqlite3
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.cards import anki
from core.errors import BadInput, Unreadable
from core.lab import Lab
from core.settings import ROOT, Settings
from core.store import EVERY
from core.store import anki as anki_store
from core.types import Card, file_id_of
from tests.kills import THOROUGH
from tests.support import pdfs
from tests.support.labs import uploaded

SECONDS = Settings().read_seconds + 10  # of one file: to read it, start its reader, and keep it
MANY = 500_000_000 if THOROUGH else 30_000_000  # bytes that a small file unpacks to
WORDS = b"The lamp of Varn was lit in 1874.\n"


def added(data: Path, files: Iterable[Path]) -> tuple[dict[str, dict[str, Any]], int]:
    """What `python -m core add` says of each file, by its name, with its seconds; and the largest
    memory of any of its processes, in bytes."""
    code = (
        "import resource, subprocess, sys; subprocess.call(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "core", "add", *map(str, files)]
    lines: dict[str, dict[str, Any]] = {}
    before = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TRIPTYCH_DATA": str(data)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        for text in process.stdout:
            line = json.loads(text)
            if isinstance(line, int):
                return lines, 1024 * line
            now = time.monotonic()
            lines[line["file"].rpartition("/")[2]] = {**line, "seconds": now - before}
            before = now
    raise AssertionError("it ended early")


def are_fine(lines: dict[str, dict[str, Any]], memory: int, data: Path) -> Lab:
    """Each added or one sentence, in time; the lab has these and no more."""
    for name, line in lines.items():
        assert line["seconds"] < SECONDS, name
        assert line["status"] in ("added", "known", "failed"), name
        assert "\n" not in line["reason"]
        assert bool(line["paper"]) == (line["status"] != "failed")
        if line["status"] == "failed":
            assert line["reason"].endswith("."), line["reason"]
    assert memory < Settings().read_mb * 1_000_000
    lab = Lab(Settings(data=data))
    here = {line["paper"] for line in lines.values() if line["paper"]}
    assert {row.id for row in lab.papers.all()} == here
    assert {path.name for path in (data / "papers").glob("*")} == set(map(file_id_of, here))
    assert not (data / "vectors").exists()
    return lab


def test_files_of_other_people(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "hostile_pdfs").glob("*.pdf"))[:: 1 if THOROUGH else 8]
    lines, memory = added(tmp_path / "data", files)
    assert lines.keys() == {file.name for file in files}
    are_fine(lines, memory, tmp_path / "data")
    slowest = max(lines.values(), key=lambda line: line["seconds"])
    print(  # noqa: T201 - shown by `pytest -s`, and noted in docs/reliability.md
        f"{len(lines)} files, {sum(line['status'] == 'added' for line in lines.values())} added;"
        f" the slowest {slowest['seconds']:.1f} s: {slowest['file']}; {memory / 1e6:,.0f} MB"
    )


OWN: dict[str, tuple[Callable[[], bytes], str]] = {
    # name: its bytes, and a part of the reason; "" if it is added without one
    "ten_thousand_pages.pdf": (
        lambda: pdfs.pdf(*(pdfs.text(f"Page {page} of a long book.") for page in range(10_000))),
        "",
    ),
    "bomb_of_zeros.pdf": (
        lambda: pdfs.packed(b"", b"\0", MANY, b""),
        "its only page is empty",
    ),
    "bomb_of_words.pdf": (
        lambda: pdfs.packed(
            b"BT /F 9 Tf 9 99 Td ", b"(word) Tj ", MANY // (5 if THOROUGH else 300), b" ET"
        ),
        "needs more than 2000 MB of memory" if THOROUGH else "",
    ),
    "million_characters.pdf": (lambda: pdfs.pdf(pdfs.text(*["word " * 20] * 10_000)), ""),
    "million_characters.md": (lambda: b"word " * 200_000, ""),
    "stated_2_GB.pdf": (
        lambda: pdfs.packed(b"BT /F 9 Tf 9 99 Td (words) Tj ET", b" ", 0, b"", stated=2**31),
        "",
    ),
    "binary.md": (lambda: bytes(range(256)) * 99, "not text"),
    "binary.pdf": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 99, "is damaged"),
    "markdown.pdf": (lambda: WORDS, "is not a PDF"),
    "utf16_with_mark.txt": (lambda: WORDS.decode().encode("utf-16"), ""),
    "utf16_without_mark.txt": (lambda: WORDS.decode().encode("utf-16-le"), ""),
    "surrogates.txt": (lambda: b"\xff\xfea\0\x00\xd8b\0", "not text"),
    "surrogates.md": (lambda: b"a lone \xed\xa0\x80 one of three bytes", ""),
    "nul.txt": (lambda: WORDS + b"\0" + WORDS, "not text"),
    "empty.txt": (lambda: b"", "is empty (0 bytes)"),
    "empty.pdf": (lambda: b"", "is empty (0 bytes)"),
    "blank.md": (lambda: b" \n\t \n" * 99, "nothing but blanks"),
    "caf\udce9.txt": (lambda: WORDS * 2, ""),
    "red \x1b[31m\x07\n\x9b.txt": (lambda: WORDS * 3, ""),
    "x" * 251 + ".txt": (lambda: WORDS * 4, ""),
}


def test_files_of_our_own(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name, (make, _) in OWN.items():
        (folder / name).write_bytes(make())
    too_large = folder / "sparse.pdf"
    with too_large.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(2_500_000_000)
    os.mkfifo(folder / "pipe.txt")
    (folder / "endless.txt").symlink_to("/dev/zero")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "folder.md").mkdir()
    reasons = {name: reason for name, (_, reason) in OWN.items()} | {
        "sparse.pdf": "has 2,500.0 MB, more than the 200 allowed",
        "pipe.txt": "it is not a file",
        "endless.txt": "it is not a file",
        "loop.txt": "there is no such file",
        "folder.md": "holds no file that can be read",
    }
    lines, memory = added(tmp_path / "data", [folder / name for name in reasons])
    assert lines.keys() == reasons.keys()
    for name, reason in reasons.items():
        status = "failed" if reason else "added"
        assert (lines[name]["status"], reason in lines[name]["reason"]) == (status, True), name
    lab = are_fine(lines, memory, tmp_path / "data")
    kept = {refusal.name for refusal in lab.papers.refusals()}
    assert kept == {
        name for name, reason in reasons.items() if reason and (folder / name).is_file()
    }
    assert lines["ten_thousand_pages.pdf"]["pages"] == 10_000
    assert lines["million_characters.pdf"]["characters"] == 999_999
    print(  # noqa: T201 - as above
        f"{memory / 1e6:,.0f} MB",
        *(f"{line['seconds']:5.1f} s  {name!r}" for name, line in lines.items()),
        sep="\n",
    )


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.txt",
        "/etc/evil.txt",
        "C:\\evil.txt",
        "a/b/evil.txt",
        "evil\0.txt",
        "\ud800evil.txt",
        "=HYPERLINK(1).txt",
        "e" * 100_000 + ".txt",
        ".txt",
        "",
    ],
)
def test_an_uploads_name_is_only_shown(lab: Lab, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("*"))
    given = uploaded(lab, name, WORDS)
    assert given.status == ("added" if name.endswith(".txt") and name != ".txt" else "failed")
    new = {path.relative_to(lab.settings.data) for path in set(tmp_path.rglob("*")) - before}
    paper = {Path("papers") / given.paper.id} if given.paper else set()
    assert new == paper
    if given.paper:
        assert lab.papers.get(given.paper.id).text == WORDS.decode()


# Decks

DECK = "#### Lamp\n:p What\nburns?\n??x\nOil.\nx??\n"


def zipped(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return path


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, target.encode()


def test_a_zip_file_that_means_harm(lab: Lab, tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", ("a.md", DECK.encode()))
    file = zipped(
        tmp_path / "decks.zip",
        ("good.md", DECK.encode()),
        ("../up.md", DECK.encode()),
        ("a/../../up.md", DECK.encode()),
        ("/etc/absolute.md", DECK.encode()),
        ("..\\windows.md", DECK.encode()),
        link("passwords.md", "/etc/passwd"),
        ("nested.zip", inner.read_bytes()),
        ("bomb.md", bytes(250_000_000)),
        ("red \x1b[31m.csv", b"question,answer\nq,a\n"),
        ("empty.md", b""),
        ("not_anki.apkg", b"no package"),
    )
    before = set(tmp_path.rglob("*"))
    failed = {each.file: each.failed for each in lab.cards.load(file)}
    leads_out = "its name leads out of the zip file"
    reasons = {
        "good.md": "",
        "../up.md": leads_out,
        "a/../../up.md": leads_out,
        "/etc/absolute.md": leads_out,
        "..\\windows.md": leads_out,
        "passwords.md": "a link; only files themselves are read",
        "nested.zip": "no deck",
        "bomb.md": "it has 250.0 MB, more than the 200 allowed",
        "red \x1b[31m.csv": "",
        "empty.md": "",
        "not_anki.apkg": "no Anki package",
    }
    assert failed.keys() == {f"decks.zip/{name}" for name in reasons}
    for name, reason in reasons.items():
        assert reason in failed[f"decks.zip/{name}"]
        assert bool(reason) == bool(failed[f"decks.zip/{name}"])
    assert lab.cards.count(EVERY) == 2
    assert set(tmp_path.rglob("*")) == before


def test_a_zip_file_of_very_many(lab: Lab, tmp_path: Path) -> None:
    entries = [(f"{number}.md", b"") for number in range(5_001)]
    (only,) = lab.cards.load(zipped(tmp_path / "many.zip", *entries))
    assert "holds more than 5,000 files" in only.failed
    assert lab.cards.count(EVERY) == 0


def test_a_folder_with_links_and_pipes(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "decks"
    folder.mkdir()
    (folder / "good.md").write_text(DECK)
    (folder / "passwords.md").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.md")
    (folder / "caf\udce9.md").write_text(DECK)
    failed = {each.file: each.failed for each in lab.cards.load(folder)}
    assert [name for name, why in failed.items() if not why] == ["decks/caf?.md", "decks/good.md"]
    assert all("a link" in failed[f"decks/{name}"] for name in ("passwords.md", "loop"))
    (alone,) = lab.cards.load(folder / "pipe.md")
    assert "it is not a file" in alone.failed
    (kept,) = lab.cards.load(folder / "caf\udce9.md")
    assert (kept.cards, kept.added) == (1, 0)


@pytest.mark.parametrize(
    "notes",
    [
        "CREATE VIEW notes AS SELECT 1 AS id, '' AS guid, 1 AS mid, '' AS tags,"
        " hex(zeroblob(400000000)) AS flds",
        "CREATE TABLE notes (id, guid, mid, tags, flds AS (hex(zeroblob(400000000))))",
        "CREATE VIRTUAL TABLE notes USING fts5 (id, guid, mid, tags, flds)",
        "CREATE VIEW notes AS SELECT 1 AS id, '' AS guid, 1 AS mid, '' AS tags,"
        " load_extension('x') AS flds",
    ],
    ids=["view", "computed column", "virtual table", "extension"],
)
def test_a_collection_that_computes(lab: Lab, tmp_path: Path, notes: str) -> None:
    """What is computed has no limit of its own: 800 MB in each of these would be little."""
    with sqlite3.connect(":memory:") as database:
        database.executescript(
            "CREATE TABLE col (models TEXT, decks TEXT); INSERT INTO col VALUES ('{}', '{}');"
            f"CREATE TABLE cards (nid, did, ord); {notes};"
        )
        if "TABLE" in notes:
            database.execute("INSERT INTO notes (id, guid, mid, tags) VALUES (1, '', 1, '')")
            database.commit()
        body = database.serialize()
    zipped(tmp_path / "deck.apkg", ("collection.anki2", body))
    (only,) = lab.cards.load(tmp_path / "deck.apkg")
    assert "cannot be read" in only.failed
    assert lab.cards.count(EVERY) == 0


def again_and_again(database: sqlite3.Connection, table: str) -> bytes:
    """The file of a database in which every branch of a table leads to its first page of rows."""
    (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
    (size,) = database.execute("PRAGMA page_size").fetchone()
    body = bytearray(database.serialize())
    page = (root[0] - 1) * size
    assert body[page] == 5, "a page of branches"
    (cells,) = struct.unpack_from(">H", body, page + 3)
    places = struct.unpack_from(f">{cells}H", body, page + 12)
    first = bytes(body[page + places[0] : page + places[0] + 4])
    for place in places:
        body[page + place : page + place + 4] = first
    return bytes(body)


def collection(notes: str, cards: str = "nid, did, ord") -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.executescript(
        "CREATE TABLE col (models TEXT, decks TEXT); INSERT INTO col VALUES ('{}', '{}');"
        f"CREATE TABLE notes ({notes}); CREATE TABLE cards ({cards});"
    )
    return database


NOTES = "id, guid, mid, tags, flds"


def test_a_collection_that_says_one_text_again_and_again(lab: Lab, tmp_path: Path) -> None:
    """Three megabytes that read as a million letters, 300 times: packed they are 15 kilobytes."""
    database = collection(NOTES)
    row = "INSERT INTO notes VALUES (1, '', 1, '', ?)"
    database.execute(row, ("long " * 200_000,))
    database.executemany(row, [("x" * 3_000,)] * 300)
    database.commit()
    body = again_and_again(database, "notes")
    assert len(body) < 3_000_000
    zipped(tmp_path / "deck.apkg", ("collection.anki2", body))
    (only,) = lab.cards.load(tmp_path / "deck.apkg")
    assert "cannot be read" in only.failed
    with pytest.raises(Unreadable) as refused:
        anki_store.notes(body)
    assert refused.value.detail == "it says more than its file can hold"


def test_a_collection_may_work_for_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To find the deck of a card, its row is read to its end, here through 8 MB, for each row."""
    database = collection(NOTES, "data, nid, did, ord")
    database.execute("INSERT INTO cards VALUES (zeroblob(8000000), 1, 1, 0)")
    row = "INSERT INTO cards VALUES (zeroblob(3000), 1, 1, 0)"
    for _ in range(400):
        database.execute(row)
    database.commit()
    monkeypatch.setattr(anki_store, "SECONDS", 0)
    with pytest.raises(Unreadable) as refused:
        anki_store.notes(again_and_again(database, "cards"))
    assert refused.value.detail == "interrupted"


@pytest.mark.parametrize(
    ("database", "said"),
    [
        (collection(NOTES + "".join(f", a{n}" for n in range(100))), "too many columns"),
        (collection(NOTES + f" DEFAULT '{'x' * 60_000}'"), "too big"),
        (collection(NOTES + f" DEFAULT ({'(' * 60}1{')' * 60} + {'1+' * 60}1)"), "too large"),
    ],
    ids=["columns", "letters", "depth"],
)
def test_a_collection_whose_tables_are_no_anki_s(database: sqlite3.Connection, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        anki_store.notes(database.serialize())
    assert said in refused.value.detail


def test_a_value_too_long_for_any_note_is_not_read() -> None:
    database = collection(NOTES)
    database.execute("INSERT INTO notes VALUES (1, '', 1, '', zeroblob(17000000))")
    database.commit()
    with pytest.raises(Unreadable, match="cannot be read") as refused:
        anki_store.notes(database.serialize())
    assert "too big" in refused.value.detail


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes_in_packages_are_a_sentence(lab: Lab, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    card = Card(id="a", deck="Sea", question="What rises?", answer="The tide.")
    whole = {
        "d.apkg": anki.write([card]),
        "d.zip": zipped(tmp_path / "w.zip", ("a.md", DECK.encode() * 9)).read_bytes(),
    }
    for _ in range(150 if THOROUGH else 30):
        for name, body in whole.items():
            harmed = bytearray(body)
            for _ in range(random.randrange(1, 6)):
                harmed[random.randrange(len(harmed))] = random.randrange(256)
            file = tmp_path / name
            file.write_bytes(harmed[: random.choice([None, random.randrange(len(harmed))])])
            assert list(lab.cards.load(file))


def test_texts_with_half_a_character_are_a_sentence(lab: Lab) -> None:
    with pytest.raises(BadInput, match="half a character"):
        lab.cards.change(Card(id="\ud800", deck="d", question="q", answer="a"))
