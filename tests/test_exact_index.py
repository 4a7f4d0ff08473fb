"""The file that exact search keeps beside the vectors: made once, and thrown away when in doubt."""

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.indexes import VectorStore, search
from core.indexes.exact import ROUGH, Exact
from core.settings import ROOT
from tests.support.vectors import DIMENSIONS, best, by_numpy, everything, filled, random_vectors

FILLING = """if True:
    import sys
    from pathlib import Path
    from tests.support.vectors import best, filled
    print(best(filled(Path(sys.argv[1]), 2000)))
"""


def file_of(store: VectorStore) -> Path:
    (file,) = store.file.parent.glob("*.index")
    return file


def test_random_vectors_are_all_found(tmp_path: Path) -> None:
    """The hardest case: nothing is near anything."""
    store = filled(tmp_path, 20_000)
    assert best(store) == by_numpy(store)


@pytest.mark.parametrize("count", [1, 50, 100])
def test_few_texts_among_others_are_found_without_faiss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    every = everything(filled(tmp_path, 300))
    some = replace(every, papers=every.papers[40:100], rows=every.rows[40:100])
    monkeypatch.delattr(Exact, "_opened")
    questions = random_vectors(1, 5)
    scores = questions @ every.records.vectors(some.rows).astype(np.float64).T
    found = search(Exact(filled(tmp_path, 300)), questions, some, count)
    assert [[place for place, _ in each] for each in found] == [
        (-each).argsort(kind="stable")[:count].tolist() for each in scores
    ]


def test_what_faiss_says_is_never_further_off_than_is_allowed_for(tmp_path: Path) -> None:
    store = filled(tmp_path, 2_000)
    wanted, questions = everything(store), random_vectors(1, 5)
    for question, (rows, rough) in zip(
        questions, Exact(store).nearest(questions, wanted, 2_000), strict=True
    ):
        exact = wanted.records.vectors(rows).astype(np.float64) @ question
        assert np.abs(exact - rough).max() < ROUGH


def test_the_file_is_made_once_and_anew_for_other_vectors(tmp_path: Path) -> None:
    store = filled(tmp_path, 500)
    best(store)
    first = file_of(store)
    made = first.stat().st_mtime_ns
    best(filled(tmp_path, 500))
    assert file_of(store).stat().st_mtime_ns == made
    store = filled(tmp_path, 600)
    assert best(store) == by_numpy(store)
    assert file_of(store) != first


@pytest.mark.parametrize("harm", ["a bit", "half", "nothing", "another's"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, harm: str) -> None:
    store = filled(tmp_path, 500)
    best(store)
    whole = file_of(store).read_bytes()
    content = bytearray(whole)
    content[-100] ^= 1
    other = filled(tmp_path / "other", 400)
    best(other)
    harmed = {
        "a bit": bytes(content),
        "half": whole[: len(whole) // 2],
        "nothing": b"",
        "another's": file_of(other).read_bytes(),
    }
    file_of(store).write_bytes(harmed[harm])
    assert best(store) == by_numpy(store)
    assert file_of(store).read_bytes() == whole


def test_what_a_kill_leaves_goes_with_the_next(tmp_path: Path) -> None:
    store = filled(tmp_path, 500)
    store.file.with_name(f"{store.file.stem}.new.index").write_bytes(b"half of")
    assert best(store) == by_numpy(store)
    assert "new" not in file_of(store).name


def test_a_damaged_vector_is_not_found(tmp_path: Path) -> None:
    store = filled(tmp_path, 500)
    (first, *_), *_ = by_numpy(store)
    content = bytearray(store.file.read_bytes())
    content[first * len(content) // 500 + 40] ^= 1
    store.file.write_bytes(content)
    damaged = VectorStore(tmp_path, "random", "1.5", DIMENSIONS)
    assert len(everything(damaged).rows) == 499
    assert best(damaged, 499) == by_numpy(damaged, 499)


def test_a_full_disk_keeps_no_file_and_searches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path, 500)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert best(store) == by_numpy(store)
    assert list(tmp_path.glob("*.index")) == []


def test_vectors_that_left_while_one_searched_are_kept_in_no_file(tmp_path: Path) -> None:
    store = filled(tmp_path, 500)
    wanted = everything(store)
    store.file.unlink()
    assert search(Exact(store), random_vectors(1, 1), wanted, 1)[0]
    assert list(tmp_path.iterdir()) == []


def test_two_processes_may_make_it_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILLING, str(tmp_path)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    store = filled(tmp_path, 2000)
    assert said == [f"{by_numpy(store)}\n"] * 2
    assert file_of(store)
