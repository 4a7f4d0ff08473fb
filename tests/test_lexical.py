"""Words and BM25, by hand."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.retrieval.bm25 import WordIndex
from core.text.words import words
from tests.support.chunks import TEXTS, chunks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CAT’s what?", ["cat’s", "cat", "s"]),
        ("GPT-4, 3.14", ["gpt-4", "gpt", "4", "3.14", "3", "14"]),
        ("fine\u2010tuning — now", ["fine-tuning", "fine", "tuning", "now"]),
        ("self_attention.", ["self_attention", "self", "attention"]),
        ("注意は ＡＢＣ", ["注", "意", "は", "abc"]),
        ("ﬁne STRASSE straße", ["fine", "strasse", "strasse"]),
        ("Ünïcode 한국어", ["ünïcode", "한국어"]),
        ("… — ?!", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_scores_by_hand() -> None:
    index = WordIndex(chunks(TEXTS))
    (first, score), (second, same) = index.search("Cat?", 10)
    # 2 of 5 chunks hold it, once in 2 words; a chunk has (2 + 3 + 0 + 2 + 2) / 5 words
    rarity = math.log(1 + (5 - 2 + 0.5) / (2 + 0.5))
    assert score == same == pytest.approx(rarity / (1 + 1.5 * (0.25 + 0.75 * 2 / 1.8)))
    assert (first.start, second.start) == (0, 300)
    assert [chunk.start for chunk, _ in index.search("the red cat", 10)] == [0, 300, 100]
    assert [chunk.start for chunk, _ in index.search("the red cat", 1)] == [0]


def test_only_what_holds_a_word_is_found() -> None:
    index = WordIndex(chunks(TEXTS))
    assert index.search("zebra", 10) == []
    assert index.search("?", 10) == index.search("What is it?", 10) == []
    assert [chunk.text for chunk, _ in index.search("zebra bird", 10)] == ["shy bird"]


@pytest.mark.parametrize("texts", [[], ["..."], ["", "?"]])
def test_no_words_at_all(texts: list[str]) -> None:
    assert WordIndex(chunks(texts)).search("cat", 10) == []


def test_the_same_chunk_twice_is_one() -> None:
    (chunk,) = chunks(["red cat"])
    assert len(WordIndex([chunk, chunk]).search("cat", 10)) == 1


def test_compounds_match_themselves_best_and_their_parts() -> None:
    index = WordIndex(chunks(["gpt and 4 more", "gpt-4 and more", "4 birds", "no birds"]))
    assert [chunk.text for chunk, _ in index.search("GPT-4", 10)] == [
        "gpt-4 and more",
        "gpt and 4 more",
        "4 birds",
    ]


def test_every_process_gets_the_same_scores() -> None:
    code = (
        "from tests.support.chunks import TEXTS, chunks; from core.retrieval.bm25 import WordIndex;"
        "print([(c.start, s.hex()) for c, s in WordIndex(chunks(TEXTS)).search('red cat bird', 9)])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
