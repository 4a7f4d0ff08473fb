"""Files that somebody has tampered with, for every reader: `make fuzz`.

Valid files are cut, spliced, doubled, blown up and salted with what readers trip over; packed ones
are unpacked before and packed again, so that what comes is read at all. A reader may refuse a file
in a sentence (TriptychError) or read it; anything else is a finding, and so is one that takes
longer than a file of a few kilobytes may take.
"""

import argparse
import gzip
import io
import itertools
import json
import re
import signal
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import FrameType

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import gold
from core.cards import anki, archives, markdown, tables, write
from core.cards.decks import read as read_deck
from core.codec import from_json
from core.errors import TriptychError
from core.history import capsules
from core.history.capsules import Capsule
from core.logs import experiments, retrievals
from core.models import gguf_header, gguf_shapes
from core.settings import SAMPLES
from core.store import Store, backup
from core.sweeps import presets
from core.sweeps import questions as typed
from core.types import Card, Comparison, Span, Sweep, view
from tests.support import tiny_gguf

SECONDS = 10.0  # for one file: hundreds of times what any of these takes
MOST_BYTES = 5_000_000


class Slow(Exception):
    """A reader that went on for too long."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Errors: Slow, raised inside of what takes longer than this."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise Slow(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`seeds` are valid files before they are packed, `pack` makes a file of one, `read` reads a
    file's bytes."""

    seeds: Callable[[], tuple[bytes, ...]]
    read: Callable[[bytes], object]
    pack: Callable[[bytes], bytes] = bytes


# What seeds are salted with: markers of all formats, numbers and characters that readers trip
# over, and markup.
SALT = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        ":p ", "??x", "x??", "---", "```", "~~~", "#### ", "# Flashcards: ", "<!-- id: a -->",
        "**Rating: 9/10**", "**Tags:**", "$$", "\\[", "{{c1::", "}}", ">>> CHUNK STRATEGY:",
        ">>> VANILLA", "#### MODEL:", "==== QUESTION", "--- Document 1 ---", "Similarity Score:",
        "Text:", "Query:", "nan", "inf", "-1", "1e999", "9" * 30, "9" * 5000, "null", "true", "[]",
        "{}", "[" * 3000, '{"a":' * 3000, '"', "'", ",", ";", "\t", "\r", "\0", "\x1f", "\x85",
        "\u2028", "\ud800", "\u202e", "\ufeff", "\U0010ffff", "\\ud800", "%00", "%ff", "../",
        "=1+1", "<script>", "</td>", "<pre>", "&#0;", "&#xd800;", " " * 3000, "a" * 3000,
        "# " * 2000, "*" * 2000, "\\" * 2000, "|" * 2000, "`" * 2000, "\n" * 2000, "(" * 2000,
    )
)  # fmt: skip


BORDER = re.compile(rb"[=:,;\[{\n(] ?")  # behind these a value begins


def tampered(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Seeds after up to six changes each."""

    @st.composite
    def draw(pick: st.DrawFn) -> bytes:
        data = pick(st.sampled_from(seeds))
        for _ in range(pick(st.integers(1, 6))):
            borders = [found.end() for found in BORDER.finditer(data)]
            anywhere = st.integers(0, len(data))
            at = pick(st.sampled_from(borders) | anywhere if borders else anywhere)
            end = min(len(data), at + pick(st.sampled_from((0, 1, 4, 40, 400))))
            match pick(st.integers(0, 5)):
                case 0:
                    data = data[:at] + pick(st.sampled_from(SALT)) + data[end:]
                case 1:
                    data = data[:at] + data[end:]
                case 2:
                    data = data[:end] + data[at:end] * pick(st.sampled_from((1, 3, 200)))
                case 3:
                    other = pick(st.sampled_from(seeds))
                    data = data[:at] + other[at:end] + data[at:]
                case 4:
                    data = data[:at] + pick(st.binary(max_size=4)) + data[end:]
                case _:
                    data = data[:at]
            data = data[:200_000]
        return data

    return draw()


def check(reader: Reader, data: bytes) -> None:
    """Errors: whatever the reader raises besides a TriptychError, and Slow."""
    with limited():
        try:
            reader.read(reader.pack(data))
        except TriptychError as error:
            assert error.sentence.strip(), "a refusal without a word"


# The seeds: files as the lab itself writes them, or as they come with it.

CARDS = (
    Card(id="a", deck="Sea", title="Tide", question="How high?", answer="Four metres: $x^2$."),
    Card(
        id="b",
        deck="Land",
        chapter="One",
        question="=1+1?",
        answer="```c\nint x;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        background="- one\n- two",
        tags=("salt", "proposed"),
        span=Span(paper_id="f" * 64, start=3, end=9),
    ),
)
EXPERIMENT = """=== RAG & RaR EXPERIMENT RESULTS ===

################ MODEL: tiny/model-1 ################

==================== QUESTION 1 ====================
Text: When was the lamp lit?

   >>> VANILLA LLM (No Context)
In 1900, I think.

   >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG | Top_K=3]
In 1874.

   >>> CHUNK STRATEGY: Large (1600) | [TYPE: RAG+RaR | Candidates=20 -> Top_K=5]
In 1874 [1].
"""
RETRIEVAL = """=== DOCUMENT RETRIEVAL LOG ===
Query: When was the lamp lit?
Retrieved 2 documents

--- Document 1 ---
Source: tide.pdf
Chunk ID: 4
Similarity Score: 0.7100
Content: The tide rises.

=== RERANKING RESULTS ===
All 1 documents with reranking scores:

--- Reranked Document 1 ---
Source: lamp.pdf
Chunk ID: 9
Reranking Score: 0.9900
Content: The lamp was lit.

=== TOP 1 SELECTED DOCUMENTS ===
--- Selected Document 1 ---
Source: lamp.pdf
Chunk ID: 9
Reranking Score: 0.9900
Full Content: The lamp was lit.
It burns.
"""
QUESTION = json.dumps(
    {
        "question": "When?",
        "reference": "In 1874.",
        "gold": [{"paper": "lamp", "quote": "was lit", "start": 9, "end": 16}],
    }
)
TABLE = (
    "question,references,corpus_id\n"
    '"When?","[{""content"": ""was lit"", ""start_index"": 9, ""end_index"": 16}]",lamp\n'
)
LINKS = (
    "text:lamp;arm:retrieved,reranked;size:800",
    "question:What%3F;paper:abc;sweep:s;since:2026-01-02;until:2026-11-21;top_k:none,3",
)


@cache
def _decks() -> tuple[bytes, ...]:
    texts = (
        "".join(write.markdown(CARDS)),
        *(p.read_text() for p in (SAMPLES / "decks").iterdir()),
    )
    return tuple(text[:4_000].encode() for text in texts)


@cache
def _capsule() -> bytes:
    """The lines of a capsule, with a sweep and with runs of every arm."""
    whole = from_json(Comparison, (SAMPLES / "runs" / "01.json").read_bytes()).runs
    runs = tuple(replace(run, candidates=run.hits[:1], hits=run.hits[:1]) for run in whole)
    sweep = Sweep(id="s", name="Small", at="2026", questions=(runs[0].question,), settings=())
    return gzip.decompress(capsules.write(Capsule(name="Small", at="2026", runs=runs, sweep=sweep)))


@cache
def _collection() -> bytes:
    """The SQLite file of an Anki package, in its text form: the statements that make it."""
    data = anki.collection(anki.write(CARDS), "seed", MOST_BYTES)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        with closing(sqlite3.connect(file.name)) as connection:
            return "\n".join(connection.iterdump()).encode()


ANY = "SELECT name FROM sqlite_master"


def _packed_collection(dump: bytes) -> bytes:
    """As much of a collection as the statements make, in a zip file."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in dump.decode("utf-8", "replace").replace("\0", "").split(";\n"):
            try:
                connection.execute(statement)
            except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError):
                continue
        if connection.in_transaction:
            connection.commit()
        collection = connection.serialize() if connection.execute(ANY).fetchone() else b""
    return _zipped({"collection.anki2": collection})


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@cache
def _zips() -> tuple[bytes, ...]:
    files = {"deck/one.md": _decks()[0], "two.csv": tables.write(CARDS).encode()}
    return (_zipped(files), anki.write(CARDS))


@cache
def _backup() -> dict[str, bytes]:
    """The entries of the backup of an empty lab."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "triptych.sqlite")
        file = Path(folder) / "made.zip"
        texts = {"mine": 'chunks = ["800/100"]\n'}
        for _ in backup.write(store.database, Path(folder), texts, file):
            pass
        store.database.close()
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def _packed_backup(contents: bytes) -> bytes:
    return _zipped(_backup() | {backup.CONTENTS: contents})


# The readers, each as the lab calls it.


def _deck(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        cards = read_deck(name, data, MOST_BYTES).cards
        assert len({card.id for card in cards}) == len(cards), "two cards of one id"
        again = tables.read(tables.write(cards), name, "deck").cards
        assert again == cards, "a table gives other cards than went in"
        written = "".join(write.markdown(cards))
        assert markdown.read(written, name).cards == cards, "a deck gives other cards than went in"
        return cards

    return read


def _zip(data: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        Path(file.name).write_bytes(data)
        return [
            read_deck(member.name, member.data, MOST_BYTES)
            for member in archives.members(Path(file.name), MOST_BYTES)
            if not member.left_out
        ]


def _log(data: bytes) -> object:
    log = experiments.read(data.decode("utf-8", "replace"), origin="import:x")
    again = experiments.read(experiments.write(log.runs), origin="import:x")
    said = [(run.question, run.recipe.arm, run.answer) for run in log.runs]
    assert sorted(map(repr, said)) == sorted(
        repr((run.question, run.recipe.arm, run.answer)) for run in again.runs
    ), "a log gives other answers than went in"
    return log


def _retrieval_log(data: bytes) -> object:
    log = retrievals.read(data.decode("utf-8", "replace"), origin="import:x")
    return retrievals.write(log.runs)


def _preset(data: bytes) -> object:
    preset = presets.read("made", data.decode("utf-8", "replace"))
    assert presets.read("made", presets.written(preset)) == preset
    return preset


def _link(data: bytes) -> object:
    wanted = view.from_link(data.decode("utf-8", "replace"))
    assert view.from_link(view.to_link(wanted)) == wanted
    return _empty().facts.count(wanted)


@cache
def _empty() -> Store:
    folder = tempfile.TemporaryDirectory()
    store = Store(Path(folder.name) / "triptych.sqlite")
    _folders.append(folder)
    return store


_folders: list[tempfile.TemporaryDirectory[str]] = []  # they go with the process


def _restored(data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.zip"
        file.write_bytes(data)
        (Path(folder) / "new").mkdir()
        for _ in backup.unpack(file, Path(folder) / "new"):
            pass
        return backup.ready(Path(folder) / "new" / backup.DATABASE)


def _samples(folder: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((SAMPLES / folder).glob("*.toml")))


@cache
def _gguf_header() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tiny_gguf.write(Path(folder) / "tiny.gguf").read_bytes()[:15_000]


def _gguf(data: bytes) -> object:
    """As a file that is long enough for all its tensors."""
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(data)
        file.truncate(10_000_000)
        file.flush()
        reason = gguf_shapes.fault(gguf_header.header(Path(file.name)))
        assert reason == "" or reason.endswith(".")
        return reason


READERS: dict[str, Reader] = {
    "deck": Reader(seeds=_decks, read=_deck("deck.md")),
    "deck-csv": Reader(
        seeds=lambda: (tables.write(CARDS).encode(), b"front;back\na;b\n"), read=_deck("deck.csv")
    ),
    "deck-apkg": Reader(
        seeds=lambda: (_collection(),), read=_deck("deck.apkg"), pack=_packed_collection
    ),
    "apkg-bytes": Reader(seeds=_zips, read=_deck("deck.apkg")),
    "deck-zip": Reader(seeds=_zips, read=_zip),
    "log": Reader(seeds=lambda: (EXPERIMENT.encode(),), read=_log),
    "retrieval-log": Reader(seeds=lambda: (RETRIEVAL.encode(),), read=_retrieval_log),
    "questions": Reader(
        seeds=lambda: (QUESTION.encode(),), read=lambda data: gold.read("q.jsonl", data)
    ),
    "questions-csv": Reader(
        seeds=lambda: (TABLE.encode(),), read=lambda data: gold.read("q.csv", data)
    ),
    "questions-typed": Reader(
        seeds=lambda: (QUESTION.encode() + b"\nplain?\n",),
        read=lambda data: typed.read(data.decode("utf-8", "replace")),
    ),
    "preset": Reader(seeds=lambda: _samples("sweeps"), read=_preset),
    "capsule": Reader(
        seeds=lambda: (_capsule(),),
        read=capsules.read,
        pack=lambda data: gzip.compress(data, 1),
    ),
    "capsule-bytes": Reader(
        seeds=lambda: (gzip.compress(_capsule(), mtime=0),), read=capsules.read
    ),
    "link": Reader(seeds=lambda: tuple(link.encode() for link in LINKS), read=_link),
    "gguf": Reader(seeds=lambda: (_gguf_header(),), read=_gguf),
    "backup": Reader(
        seeds=lambda: (_backup()[backup.CONTENTS],), read=_restored, pack=_packed_backup
    ),
    "backup-bytes": Reader(seeds=lambda: (_zipped(_backup()),), read=_restored),
}


def fuzz(name: str, examples: int, seed: int) -> None:
    """So many tampered files for one reader; the same ones for the same seed. Errors: as `check`,
    of the smallest file that was found."""
    reader = READERS[name]

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(tampered(reader.seeds()))
    def run(data: bytes) -> None:
        try:
            check(reader, data)
        except Slow:  # to make it smaller would take as long again each time
            slow.append(data)
            hypothesis.reject()

    slow: list[bytes] = []
    run()
    assert not slow, f"took too long: {slow[0]!r}"


def main() -> int:
    """Every reader in turn for its share of the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="in all")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    options = parser.parse_args()
    names = options.readers or list(READERS)
    until = time.monotonic() + options.seconds
    rounds = 0
    for rounds in itertools.count():
        for name in names:
            if time.monotonic() > until:
                said = f"{rounds} whole rounds of {', '.join(names)}, nothing found"
                sys.stdout.write(f"{said}\n")
                return 0
            fuzz(name, 100, options.seed + rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
