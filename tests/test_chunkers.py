"""Cutting: our spans against LangChain's chunks, and what the core does around a chunker."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_text_splitters import RecursiveCharacterTextSplitter

from core.chunkers import check, cut
from core.chunkers.recursive import spans
from core.errors import BadInput
from core.types import Chunk, Chunking, Paper

WORDS = ["retrieval", "a", "the", "of", "注意機構", "は", "x" * 90, "naïve", "…", "\u00a0"]
BREAKS = [" ", " ", " ", "  ", "\n", "\n\n", "\n\n\n", " \n \n", "\t", ""]

papers_like = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(BREAKS)).map("".join), max_size=60
).flatmap(lambda parts: st.integers(1, 40).map(lambda times: "".join(parts) * times))
texts = st.one_of(
    papers_like,
    st.text(max_size=200),
    st.text(alphabet="ab \n", max_size=200),
    st.text(alphabet=" \n", max_size=50),
    st.integers(0, 4000).map(lambda times: "word" * times),
)
usual_sizes = st.sampled_from([(800, 100), (1200, 200), (1600, 300)])
small_sizes = st.integers(2, 50).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(0, size - 1))
)


def paper(text: str, page_starts: tuple[int, ...] = (0,)) -> Paper:
    return Paper(
        id="p" * 64, title="T", text=text, page_starts=page_starts, source="t.txt", kind="text"
    )


def langchain(text: str, size: int, overlap: int) -> list[str]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap)
    return splitter.split_text(text)


@settings(deadline=None)
@given(text=texts, sizes=st.one_of(usual_sizes, small_sizes))
def test_cuts_where_langchain_cuts(text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    chunks = cut(paper(text), Chunking(size=size, overlap=overlap))
    assert [chunk.text for chunk in chunks] == langchain(text, size, overlap)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


@settings(deadline=None)
@given(text=texts, sizes=small_sizes)
def test_no_chunk_is_longer_than_asked(text: str, sizes: tuple[int, int]) -> None:
    assert all(end - start <= sizes[0] for start, end in spans(text, *sizes))


@pytest.mark.parametrize("sizes", [(800, 100), (1200, 200), (1600, 300)])
def test_real_texts_are_cut_as_langchain_cuts_them(shared: Path, sizes: tuple[int, int]) -> None:
    files = sorted(shared.glob("chunking_evaluation/corpora/*.md"))
    if not files:
        pytest.skip("no corpora beside the checkout")
    for file in files:
        text = file.read_text(encoding="utf-8")
        chunks = cut(paper(text), Chunking(size=sizes[0], overlap=sizes[1]))
        assert [chunk.text for chunk in chunks] == langchain(text, *sizes)


def test_spans_by_hand() -> None:
    # Two paragraphs; the second is too long, so it is cut at lines, where the first "\n" stays
    # alone, and then at spaces: "\nthree" + " four" would be 11 characters.
    text = "one two\n\nthree four five"
    assert spans(text, 10, 0) == [(0, 7), (7, 8), (8, 14), (14, 24)]
    # " bb" is short enough to be shared, and then " cc".
    assert spans("aa bb cc dd", 6, 3) == [(0, 5), (2, 8), (5, 11)]
    assert spans("aa bb cc dd", 6, 2) == [(0, 5), (5, 11)]
    assert spans("abcdefgh", 4, 1) == [(0, 4), (3, 7), (6, 8)]


def test_chunks_have_no_white_space_at_their_ends() -> None:
    text = "  one two\n\n \n\n  three "
    chunks = cut(paper(text), Chunking(size=10, overlap=0))
    assert [(c.start, c.end, c.text) for c in chunks] == [(2, 9, "one two"), (16, 21, "three")]


def test_pages_are_cut_by_themselves_unless_asked() -> None:
    two_pages = paper("first page and\nsecond page", (0, 15))
    apart = cut(two_pages, Chunking(size=100, overlap=0))
    assert [chunk.text for chunk in apart] == ["first page and", "second page"]
    assert [(chunk.start, chunk.end) for chunk in apart] == [(0, 14), (15, 26)]
    together = cut(two_pages, Chunking(size=100, overlap=0, across_pages=True))
    assert together == (Chunk(paper_id="p" * 64, start=0, end=26, text=two_pages.text),)


@settings(deadline=None)
@given(
    text=st.text(alphabet="ab \n", min_size=1, max_size=100),
    starts=st.sets(st.integers(1, 99), max_size=5),
    sizes=small_sizes,
)
def test_no_chunk_crosses_a_page(text: str, starts: set[int], sizes: tuple[int, int]) -> None:
    page_starts = (0, *sorted(start for start in starts if start < len(text)))
    pages = paper(text, page_starts)
    for chunk in cut(pages, Chunking(size=sizes[0], overlap=sizes[1])):
        assert len(pages.pages_of(chunk.start, chunk.end)) == 1
        assert text[chunk.start : chunk.end] == chunk.text


def test_a_paper_without_text_has_no_chunks() -> None:
    assert cut(paper(""), Chunking()) == ()
    assert cut(paper(" \n\n "), Chunking()) == ()


@pytest.mark.parametrize(
    ("chunking", "sentence"),
    [
        (Chunking(chunker="nosuch"), r"no chunker called 'nosuch'; known are: .*recursive"),
        (Chunking(size=0, overlap=0), r"size is 0; .* at least 1"),
        (Chunking(size=200, overlap=200), r"overlap is 200; .* chunk size, which is 200"),
        (Chunking(size=200, overlap=-1), r"overlap is -1"),
    ],
)
def test_numbers_that_cannot_be_meant(chunking: Chunking, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check(chunking)
    with pytest.raises(BadInput, match=sentence):
        cut(paper("text"), chunking)
