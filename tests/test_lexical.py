"""Words and BM25, by hand; and the files that its counts are kept in."""

import errno
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, OutOfSpace
from core.indexes import word_files
from core.lab import Lab
from core.retrieval import bm25
from core.retrieval.bm25 import WordIndex, name
from core.storage import crash_recovery
from core.text.words import words
from core.types import Chunking, Hit
from tests.support.labs import asked, by, everything

TEXTS = ["red cat", "red dog red", "...", "red cat", "shy bird"]


def index(data: Path, texts: Sequence[str] = TEXTS, named: str = "texts") -> WordIndex:
    return WordIndex(data, named, lambda: texts, ["p"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CAT’s what?", ["cat's", "cat", "s"]),
        ("GPT-4, 3.14", ["gpt-4", "gpt", "4", "3.14", "3", "14"]),
        ("fine\u2010tuning — now", ["fine-tuning", "fine", "tuning", "now"]),
        ("self_attention.", ["self_attention", "self", "attention"]),
        ("注意は ＡＢＣ", ["注", "意", "は", "abc"]),
        ("ﬁne STRASSE straße", ["fine", "strasse", "strasse"]),
        ("Ünïcode 한국어", ["ünïcode", "한국어"]),
        ("micro\u00adscope re\u0301sume\u0301", ["microscope", "résumé"]),
        ("state‑of‑the‑art −1", ["state-of-the-art", "state", "art", "1"]),
        ("so—he", ["he"]),
        ("… — ?!", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_scores_by_hand(tmp_path: Path) -> None:
    (first, score), (second, same) = index(tmp_path).search("Cat?", 10)
    # 2 of 5 texts hold it, once in 2 words; a text has (2 + 3 + 0 + 2 + 2) / 5 words
    rarity = math.log(1 + (5 - 2 + 0.5) / (2 + 0.5))
    assert score == same == pytest.approx(rarity / (1 + 1.5 * (0.25 + 0.75 * 2 / 1.8)))
    assert (first, second) == (0, 3)
    assert [place for place, _ in index(tmp_path).search("the red cat", 10)] == [0, 3, 1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_last_one_asked_for_is_the_first_of_its_equals(tmp_path: Path, count: int) -> None:
    texts = ["dog cat", "cat dog", "bird", "red cat", "dog cat"]
    found = index(tmp_path, texts).search("cat dog", count)
    assert [place for place, _ in found] == [0, 1, 4][:count]


def test_only_what_holds_a_word_is_found(tmp_path: Path) -> None:
    assert index(tmp_path).search("zebra", 10) == []
    assert index(tmp_path).search("?", 10) == index(tmp_path).search("What is it?", 10) == []
    assert [place for place, _ in index(tmp_path).search("zebra bird", 10)] == [4]


@pytest.mark.parametrize("texts", [[], ["..."], ["", "?"]])
def test_no_words_at_all(tmp_path: Path, texts: list[str]) -> None:
    assert index(tmp_path, texts).search("cat", 10) == []
    assert index(tmp_path, texts).ready


def test_compounds_match_themselves_best_and_their_parts(tmp_path: Path) -> None:
    texts = ["gpt and 4 more", "gpt-4 and more", "4 birds", "no birds"]
    assert [place for place, _ in index(tmp_path, texts).search("GPT-4", 10)] == [1, 0, 2]


SOME = st.lists(st.sampled_from(["red", "cat", "dog", "été", "fine-tuning", "注"]), max_size=6)


@given(st.lists(SOME, min_size=1, max_size=9), SOME)
def test_files_score_as_memory_does(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], question: list[str]
) -> None:
    from bm25s import BM25

    data = tmp_path_factory.mktemp("data")
    counted = [words(" ".join(text)) for text in texts]
    asked = words(" ".join(question))
    scores = [0.0] * len(texts)
    if any(counted) and asked:
        memory = BM25(method="lucene", k1=1.5, b=0.75, dtype="float64")
        memory.index(counted, show_progress=False)
        scores = list(memory.get_scores(asked))
    found = index(data, [" ".join(text) for text in texts]).search(" ".join(question), 9)
    best = sorted(range(len(texts)), key=lambda place: -scores[place])
    assert found == [(place, scores[place]) for place in best if scores[place]]
    shutil.rmtree(data)


def test_what_was_counted_is_opened(tmp_path: Path) -> None:
    first = index(tmp_path)
    assert not first.ready
    found = first.search("red cat bird", 9)
    again = WordIndex(tmp_path, "texts", lambda: pytest.fail("counted twice"), ["p"])
    assert again.ready
    assert again.search("red cat bird", 9) == found


def lie(file: Path) -> None:
    """Change every byte of a file, but not its length."""
    file.write_bytes(bytes(each ^ 0x15 for each in file.read_bytes()))


def halve(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize("harm", [lie, halve, Path.unlink])
@pytest.mark.parametrize(
    "damaged",
    [
        "data.csc.index.npy",
        "indices.csc.index.npy",
        "indptr.csc.index.npy",
        "params.index.json",
        "papers.json",
        "starts.npy",
        "sums.json",
        "sums.npy",
        "words.npy",
    ],
)
def test_a_damaged_file_is_counted_anew(tmp_path: Path, damaged: str, harm: object) -> None:
    assert callable(harm)
    found = index(tmp_path).search("red cat bird", 9)
    harm(tmp_path / "vectors" / "words" / "texts" / damaged)
    assert index(tmp_path).search("red cat bird", 9) == found
    assert index(tmp_path).ready


def test_scores_that_change_under_an_open_index_are_counted_anew(tmp_path: Path) -> None:
    opened = index(tmp_path)
    found = opened.search("red cat bird", 9)
    file = tmp_path / "vectors" / "words" / "texts" / "data.csc.index.npy"
    with file.open("r+b") as data:
        data.seek(-3, os.SEEK_END)
        data.write(b"???")
    assert opened.search("red cat bird", 9) == found


def test_processes_that_count_at_once_find_the_same(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.retrieval.bm25 import WordIndex;"
        "index = WordIndex(Path(sys.argv[1]), 'texts', lambda: sys.argv[2:]); index.count();"
        "print([(place, score.hex()) for place, score in index.search('red cat bird', 9)])"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), *TEXTS],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2", "3")
    ]
    said = {each.communicate()[0] for each in running}
    assert [each.returncode for each in running] == [0, 0, 0]
    assert len(said) == 1
    assert [each.name for each in (tmp_path / "vectors" / "words").iterdir()] == ["texts"]


def test_the_name_holds_all_that_scores_depend_on() -> None:
    def named(*cut: tuple[str, list[tuple[int, int]]], size: int = 800) -> str:
        return name(Chunking(size=size), cut)

    a, b = ("a", [(0, 5), (5, 9)]), ("b", [(0, 5)])
    names = [
        named(a, b),
        named(b, a),
        named(a),
        named(a, b, size=900),
        named(("a", [(0, 5)]), ("b", [(5, 9), (0, 5)])),
        named(("a", [(0, 5), (5, 8)]), b),
    ]
    assert len(set(names)) == len(names)
    assert named(a, b) == names[0]


def test_those_not_used_for_longest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_files, "KEPT", 2)
    for at, named in enumerate(["first", "second", "third"]):
        index(tmp_path, named=named).search("cat", 1)
        os.utime(tmp_path / "vectors" / "words" / named, (at, at))
    assert {each.name for each in (tmp_path / "vectors" / "words").iterdir()} == {"second", "third"}


def test_words_of_a_paper_that_goes_meanwhile_do_not_stay(tmp_path: Path) -> None:
    def gone() -> None:
        raise BadInput("There is no paper p here (any more).")

    with pytest.raises(BadInput, match="no paper p"):
        WordIndex(tmp_path, "texts", lambda: TEXTS, ["p"], gone).search("cat", 1)
    assert list((tmp_path / "vectors" / "words").iterdir()) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bm25, "_write", full)
    with pytest.raises(OutOfSpace, match="The disk is full: the words were not counted"):
        index(tmp_path).search("cat", 1)
    assert list((tmp_path / "vectors" / "words").iterdir()) == []


def test_what_a_kill_left_half_written_goes(tmp_path: Path) -> None:
    index(tmp_path).search("cat", 1)
    part = tmp_path / "vectors" / "words" / ".texts-abc"
    part.mkdir()
    (part / "papers.json").write_text('["p"]')
    crash_recovery.clear(tmp_path, 0, lambda: {"p"}, lambda: None)
    assert [each.name for each in part.parent.iterdir()] == ["texts"]
    crash_recovery.clear(
        tmp_path, 0, lambda: {"q"}, lambda: None
    )  # the paper went before its words did
    assert list(part.parent.iterdir()) == []


def test_a_lab_counts_once_and_holds_two(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[WordIndex] = []
    count = WordIndex.count

    def noted(self: WordIndex) -> object:
        counted.append(self)
        return count(self)

    monkeypatch.setattr(WordIndex, "count", noted)
    lamp, tide = everything(lab)
    found: dict[tuple[str, ...], tuple[Hit, ...]] = {}
    for papers in ((lamp, tide), (lamp,), (tide,), (lamp, tide), (lamp,), (tide,)):
        run = lab.answering.search("whale oil tide", by("bm25", reranker=None), papers)
        assert found.setdefault(papers, run.candidates) == run.candidates
    assert len(counted) == 3
    words_of = [
        json.loads(each.read_text())
        for each in (lab.settings.data / "vectors" / "words").glob("*/papers.json")
    ]
    assert sorted(map(sorted, words_of)) == sorted(map(sorted, [[lamp, tide], [lamp], [tide]]))


def test_the_words_of_a_removed_paper_go(lab: Lab) -> None:
    lamp, tide = everything(lab)
    asked(lab, [by("bm25")])
    lab.answering.search("whale oil", by("bm25"), (lamp,))
    lab.papers.remove(tide)
    left = list((lab.settings.data / "vectors" / "words").glob("*/papers.json"))
    assert [json.loads(each.read_text()) for each in left] == [[lamp]]
