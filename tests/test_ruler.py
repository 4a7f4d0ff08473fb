"""How much of a cut paper an embedder reads, by hand; and the chart of the chunks' lengths."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts import SETTINGS, lengths, palette
from core.errors import BadInput
from core.lab import Lab
from core.models.windows import covered
from core.retrieval.coverage import Coverage
from core.types import Chunking

EMBEDDER = "hashing"  # its tokens are words, and it reads 256 of them


@pytest.fixture
def long(lab: Lab, tmp_path: Path) -> str:
    """A text of 600 words of four letters: 3,000 characters with their spaces."""
    (tmp_path / "long.txt").write_text(" ".join(f"{n:04d}" for n in range(600)))
    added = lab.papers.add(tmp_path / "long.txt")
    assert added.paper
    return added.paper.id


def test_what_it_never_sees_is_counted(lab: Lab, long: str) -> None:
    cut = lab.ruler.cut(long, Chunking(chunker="words", size=300, overlap=0), EMBEDDER)
    assert cut.room == 256
    assert [(each.tokens, each.reads) for each in cut.chunks] == [(300, 1279), (300, 1279)]
    # Two chunks of 300 * 4 + 299 characters; of each, 44 words and the 44 spaces before them.
    assert cut.coverage == Coverage(chunks=2, too_long=2, characters=2998, unseen=440)
    assert cut.coverage.share == 440 / 2998


def test_an_overlap_shows_what_the_chunk_before_hid(lab: Lab, long: str) -> None:
    cut = lab.ruler.cut(long, Chunking(chunker="words", size=300, overlap=50), EMBEDDER)
    assert [each.chunk.start for each in cut.chunks] == [0, 1250, 2500]
    # Words 256 to 299 of the first chunk are among the first 256 of the second, and so on.
    assert cut.coverage.chunks == 3
    assert cut.coverage.too_long == 2
    assert cut.coverage.unseen == 0


def test_chunks_that_fit_are_seen_whole(lab: Lab, long: str) -> None:
    coverage = lab.ruler.cut(long, Chunking(size=800, overlap=100), EMBEDDER).coverage
    assert (coverage.too_long, coverage.unseen, coverage.share) == (0, 0, 0)


def test_tokens_are_the_embedders(lab: Lab, long: str) -> None:
    cut = lab.ruler.cut(long, Chunking(chunker="tokens", size=200, overlap=0), EMBEDDER)
    assert [each.tokens for each in cut.chunks] == [200, 200, 200]


def test_chunks_of_a_place_have_their_numbers(lab: Lab, long: str) -> None:
    cut = lab.ruler.cut(long, Chunking(chunker="words", size=100, overlap=0), EMBEDDER)
    assert [number for number, _ in cut.within(499, 1500)] == [2, 3]
    assert [number for number, _ in cut.within(0, 499)] == [1]
    assert cut.within(0, 0) == ()


def test_coverage_of_the_library_is_the_sum_of_its_papers(lab: Lab, long: str) -> None:
    settings = [Chunking(chunker="words", size=300, overlap=0), Chunking(chunker="pages")]
    rows = list(lab.ruler.coverage(lab.papers.resolve(()), settings, EMBEDDER))
    assert [row.source for row, _ in rows] == ["lamp.md", "tide.txt", "long.txt"]
    total = sum((found[0] for _, found in rows), Coverage())
    assert total.chunks == 4
    assert total.unseen == 440
    # One page of 600 words: 256 are read.
    assert rows[2][1][1].unseen == 2999 - (256 * 5 - 1)
    assert Coverage().share == 0


def test_nonsense_is_refused(lab: Lab, long: str) -> None:
    with pytest.raises(BadInput, match="overlap"):
        lab.ruler.cut(long, Chunking(size=100, overlap=100), EMBEDDER)
    with pytest.raises(BadInput, match="no embedder"):
        lab.ruler.cut(long, Chunking(), "nobody")
    with pytest.raises(BadInput, match="no paper"):
        lab.ruler.cut("0" * 64, Chunking(), EMBEDDER)


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple))


@given(spans)
def test_covered_counts_places_once(some: list[tuple[int, int]]) -> None:
    assert covered(some) == len({place for start, end in some for place in range(start, end)})


# The chart


def test_bins_are_round_and_hold_all() -> None:
    assert lengths.bins([[3, 9]]) == list(range(11))
    assert lengths.bins([[100, 260], []]) == list(range(0, 281, 20))
    assert lengths.bins([]) == [0, 1]


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=5), max_size=4))
def test_every_chunk_is_in_one_bin(some: list[list[int]]) -> None:
    drawn = lengths.figure([""] * len(some), SETTINGS[: len(some)], some, 254)
    assert [sum(trace.y) for trace in drawn.data] == [len(each) for each in some]


def test_a_line_a_setting_in_its_colour() -> None:
    drawn = lengths.figure(["a", "b"], SETTINGS[:2], [[1, 1, 2], [5]], 254)
    assert [trace.name for trace in drawn.data] == ["a", "b"]
    assert [trace.line.color for trace in drawn.data] == list(SETTINGS[:2])
    assert list(drawn.data[0].y) == [0, 2, 1, 0, 0, 0, 0]
    assert drawn.layout.shapes[0].x0 == 254


def test_the_page_wears_the_same_colours() -> None:
    css = palette.custom_properties()
    assert tuple(re.findall(r"--cut-\d: (#\w+);", css)) == SETTINGS
