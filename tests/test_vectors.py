"""The store of vectors: nothing lost, nothing damaged taken for good, nothing embedded twice."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.chunkers import cut
from core.errors import OutOfSpace
from core.indexes import VectorStore, embed_missing, forget, key_of
from core.indexes._vectors import BATCH
from core.settings import ROOT
from core.types import Chunking, Paper
from tests.backends.embedders.hashing import HashingEmbedder

RECORD = 32 + 4 * 3 + 4  # sha256, three float32, checksum


def store(folder: Path) -> VectorStore:
    return VectorStore(folder, "some/model", "abc", 3)


def vectors(*firsts: float) -> np.ndarray:
    return np.array([[first, 0.5, -1] for first in firsts], np.float32)


def test_what_was_added_is_there_for_everyone(tmp_path: Path) -> None:
    writer, reader = store(tmp_path), store(tmp_path)
    assert reader.missing(["a", "b", "a"]) == ["a", "b"]
    writer.add(["a", "b"], vectors(1, 2))
    for each in (writer, reader, store(tmp_path)):
        found, missing = each.get(["b", "c", "a", "b"])
        assert found.dtype == np.float32
        assert found.tolist() == [[2, 0.5, -1], [0, 0, 0], [1, 0.5, -1], [2, 0.5, -1]]
        assert missing.tolist() == [False, True, False, False]
        assert each.missing(["c", "b", "a", "c"]) == ["c"]
    writer.add(["c"], vectors(3))
    assert reader.missing(["c"]) == []


def test_a_text_is_kept_once(tmp_path: Path) -> None:
    first, second = store(tmp_path), store(tmp_path)
    first.add(["a", "a"], vectors(1, 1))
    second.add(["a", "b"], vectors(1, 2))
    assert first.file.stat().st_size == 2 * RECORD


def test_other_models_and_revisions_have_files_of_their_own(tmp_path: Path) -> None:
    store(tmp_path).add(["a"], vectors(1))
    for other in (
        VectorStore(tmp_path, "some/model", "abd", 3),
        VectorStore(tmp_path, "other/model", "abc", 3),
        VectorStore(tmp_path, "some/model", "abc", 2),
    ):
        assert other.missing(["a"]) == ["a"]
    (file,) = tmp_path.iterdir()
    assert file.parent == tmp_path


def test_a_half_written_record_is_passed_over_and_cut_off(tmp_path: Path) -> None:
    before = store(tmp_path)
    before.add(["a"], vectors(1))
    with before.file.open("ab") as file:
        file.write(b"x" * (RECORD - 1))
    after = store(tmp_path)
    assert after.missing(["a", "b"]) == ["b"]
    after.add(["b"], vectors(2))
    assert after.file.stat().st_size == 2 * RECORD
    for each in (before, after, store(tmp_path)):
        assert each.missing(["a", "b"]) == []
        assert each.damaged == 0


@pytest.mark.parametrize("place", [0, 31, 32, RECORD - 5, RECORD - 1])
def test_a_damaged_record_is_passed_over_and_embedded_again(tmp_path: Path, place: int) -> None:
    before = store(tmp_path)
    before.add(["a"], vectors(1))
    before.add(["b"], vectors(2))
    content = bytearray(before.file.read_bytes())
    content[place] ^= 1
    before.file.write_bytes(content)
    after = store(tmp_path)
    assert after.missing(["a", "b"]) == ["a"]
    assert after.damaged == 1
    after.add(["a"], vectors(1))
    assert store(tmp_path).get(["a", "b"])[0][:, 0].tolist() == [1, 2]


def test_a_file_that_was_removed_is_begun_again(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.add(["a", "b"], vectors(1, 2))
    assert kept.missing(["a", "b"]) == []
    kept.file.unlink()
    kept.add(["c"], vectors(3))
    assert kept.missing(["a", "b", "c"]) == ["a", "b"]
    assert kept.get(["a", "b", "c"])[1].tolist() == [True, True, False]
    assert store(tmp_path).missing(["a", "b", "c"]) == ["a", "b"]


def on_disk(kept: VectorStore) -> list[str]:
    """The texts of one letter that have a record in the file, in its order."""
    letters = {hashlib.sha256(letter.encode()).digest(): letter for letter in "abcdefgh"}
    content = kept.file.read_bytes()
    return [letters[content[at : at + 32]] for at in range(0, len(content), RECORD)]


def note(kept: VectorStore, **papers: str) -> None:
    """Texts of one letter by their paper."""
    kept.note({paper: list(map(key_of, texts)) for paper, texts in papers.items()})


def two_papers(folder: Path) -> VectorStore:
    """Paper "one" is a, b, c and paper "two" c, d; e is no paper's."""
    kept = store(folder)
    note(kept, one="abbc", two="cd")
    kept.add(["a", "b", "c", "d", "e"], vectors(1, 2, 3, 4, 5))
    return kept


def test_a_papers_vectors_go_but_for_shared_ones(tmp_path: Path) -> None:
    writer, reader = two_papers(tmp_path), store(tmp_path)
    before = reader.records()
    assert reader.missing(["a", "b", "c", "d", "e"]) == []
    forget(tmp_path, {"one", "two"})
    assert on_disk(writer) == ["a", "b", "c", "d", "e"]
    forget(tmp_path, {"two"})
    assert on_disk(writer) == ["c", "d", "e"]
    for each in (writer, reader, store(tmp_path)):
        assert each.missing(["a", "b", "c", "d", "e"]) == ["a", "b"]
        found, missing = each.get(["c", "d", "e"])
        assert found[:, 0].tolist() == [3, 4, 5]
        assert not missing.any()
    # A search under way still has what it began with.
    assert before.vectors(np.array([before.rows[key_of("a")]])).tolist() == [[1, 0.5, -1]]
    assert reader.get(["a"])[1].tolist() == [True]
    forget(tmp_path, ())
    assert on_disk(writer) == ["e"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [writer.file.name]


def test_a_paper_that_comes_back_is_embedded_again(tmp_path: Path) -> None:
    first, second = two_papers(tmp_path), store(tmp_path)
    assert second.missing(["a"]) == []
    forget(tmp_path, {"two"})
    note(first, one="abc")
    first.add(["a", "b"], vectors(1, 2))
    assert on_disk(first) == ["c", "d", "e", "a", "b"]
    for each in (first, second):
        assert each.missing(["a", "b", "c", "d", "e"]) == []
    forget(tmp_path, {"one"})
    assert on_disk(first) == ["c", "e", "a", "b"]


def test_what_left_while_nobody_looked_is_noticed(tmp_path: Path) -> None:
    """The file is replaced twice, and may have its old number and its old length again."""
    writer, reader = two_papers(tmp_path), store(tmp_path)
    assert reader.missing(["a", "b", "c", "d", "e"]) == []
    forget(tmp_path, {"two"})
    forget(tmp_path, ())
    writer.add(["f", "g", "h", "d"], vectors(6, 7, 8, 4))
    assert writer.file.stat().st_size == 5 * RECORD
    assert reader.missing(list("abcdefgh")) == ["a", "b", "c"]
    assert reader.get(["h"])[0].tolist() == [[8, 0.5, -1]]


def test_half_a_key_is_cut_off(tmp_path: Path) -> None:
    kept = two_papers(tmp_path)
    (noted,) = tmp_path.glob("*.papers/one")
    with noted.open("ab") as file:
        file.write(b"x" * 31)
    note(kept, one="e")
    assert noted.stat().st_size == 4 * 32
    forget(tmp_path, {"two"})
    assert on_disk(kept) == ["c", "d"]


@pytest.mark.parametrize("step", ["fsync", "replace", "unlink"])
def test_a_crash_while_forgetting_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept = two_papers(tmp_path)
    kept.file.with_suffix(".part").write_bytes(b"left by one that was killed")

    def crash(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, crash)
        with pytest.raises(KeyboardInterrupt):
            forget(tmp_path, {"two"})
    new = ["c", "d", "e"]
    assert on_disk(kept) == (new if step == "unlink" else ["a", "b", *new])
    forget(tmp_path, {"two"})
    assert on_disk(kept) == new
    assert store(tmp_path).missing(["a", "b", "c", "d", "e"]) == ["a", "b"]
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob("*.papers/one"))


def test_a_full_disk_forgets_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = two_papers(tmp_path)

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutOfSpace, match="not all vectors"):
            forget(tmp_path, {"two"})
    assert on_disk(kept) == ["a", "b", "c", "d", "e"]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "wrong", [vectors(1, 2), np.zeros((1, 4), np.float32), vectors(float("nan"))]
)
def test_what_is_no_vector_is_refused(tmp_path: Path, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no 1 vectors of 3 finite numbers"):
        store(tmp_path).add(["a"], wrong)


def test_what_is_noted_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, flushed = two_papers(tmp_path), []
    monkeypatch.setattr(os, "sync", lambda: flushed.append(1))
    note(kept, one="ab", two="d")
    assert flushed == []
    note(kept, one="abx", two="dy", three="z")
    assert flushed == [1]


def run(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_may_append_at_once(tmp_path: Path) -> None:
    program = """if True:
        import sys, numpy as np
        from pathlib import Path
        from core.indexes import VectorStore
        store = VectorStore(Path(sys.argv[1]), "some/model", "abc", 3)
        for n in range(int(sys.argv[2]), int(sys.argv[3])):
            store.add([f"text {n}"], np.full((1, 3), n, np.float32))
    """
    both = [run(program, str(tmp_path), "0", "150"), run(program, str(tmp_path), "50", "200")]
    assert [process.wait() for process in both] == [0, 0]
    written = store(tmp_path)
    found, missing = written.get([f"text {n}" for n in range(200)])
    assert not missing.any()
    assert found[:, 0].tolist() == list(range(200))
    assert written.damaged == 0
    assert written.file.stat().st_size == 200 * RECORD


def test_two_processes_may_append_and_forget_at_once(tmp_path: Path) -> None:
    program = """if True:
        import sys, numpy as np
        from pathlib import Path
        from core.indexes import VectorStore, forget
        store = VectorStore(Path(sys.argv[1]), "some/model", "abc", 3)
        for n in range(300):
            store.add([f"text {n}"], np.full((1, 3), n, np.float32))
            if n % 10 == 0:
                forget(Path(sys.argv[1]), ())
    """
    process = run(program, str(tmp_path))
    own, rounds = store(tmp_path), 0
    while process.poll() is None:
        own.note({"gone": [key_of(f"gone {rounds}")]})
        own.add([f"gone {rounds}"], vectors(rounds))
        forget(tmp_path, ())
        rounds += 1
    assert process.wait() == 0
    assert rounds
    found, missing = own.get([f"text {n}" for n in range(300)])
    assert not missing.any()
    assert found[:, 0].tolist() == list(range(300))
    assert own.damaged == 0
    # The other may have forgotten a paper between its note and its vector.
    own.note({"gone": [key_of(f"gone {n}") for n in range(rounds)]})
    forget(tmp_path, ())
    assert own.file.stat().st_size == 300 * RECORD


def test_a_kill_loses_at_most_one_batch(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from core.indexes import VectorStore, embed_missing
        from tests.backends.embedders.hashing import HashingEmbedder
        store = VectorStore(Path(sys.argv[1]), "hashing", "1", 64)
        texts = [f"text number {n}" for n in range(100_000)]
        for done, total in embed_missing(store, HashingEmbedder(), texts):
            print(done, flush=True)
    """
    process = run(program, str(tmp_path))
    assert process.stdout
    done = [int(process.stdout.readline()) for _ in range(5)][-1]
    process.kill()
    process.wait()
    process.stdout.close()
    kept = VectorStore(tmp_path, "hashing", "1", 64)
    missing = kept.missing([f"text number {n}" for n in range(100_000)])
    assert len(missing) <= 100_000 - done
    assert kept.damaged == 0
    assert next(embed_missing(kept, HashingEmbedder(), missing)) == (BATCH, len(missing))


def test_nothing_is_embedded_twice(tmp_path: Path) -> None:
    page = "A short page that fits every size."
    long_page = "\n\n".join(f"Paragraph {n} says something of its own." for n in range(40))
    papers = [
        Paper(
            id=name * 64,
            title=name,
            text=f"{page}\n{long_page}",
            page_starts=(0, len(page) + 1),
            source=name,
            kind="text",
        )
        for name in "ab"
    ]
    embedder = HashingEmbedder()
    kept = VectorStore(tmp_path, "hashing", "1", embedder.dimensions)
    for paper in papers:
        for size in (200, 300, 200):
            texts = [chunk.text for chunk in cut(paper, Chunking(size=size, overlap=50))]
            assert page in texts
            list(embed_missing(kept, embedder, texts))
            assert kept.missing(texts) == []
    assert len(embedder.embedded) == len(set(embedder.embedded))
    # A later process finds everything there.
    again = VectorStore(tmp_path, "hashing", "1", embedder.dimensions)
    assert list(embed_missing(again, embedder, embedder.embedded)) == []


def test_progress_counts_what_was_missing(tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    kept = VectorStore(tmp_path, "hashing", "1", embedder.dimensions)
    texts = [f"text {n}" for n in range(BATCH + 3)]
    list(embed_missing(kept, embedder, texts[:1]))
    steps = list(embed_missing(kept, embedder, texts + texts))
    assert steps == [(BATCH, BATCH + 2), (BATCH + 2, BATCH + 2)]
    found, missing = kept.get(texts)
    assert not missing.any()
    assert np.array_equal(found, embedder.embed(texts))
