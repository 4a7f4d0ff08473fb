"""The index against exact search, and what goes in and out of it."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.chunkers import cut
from core.indexes.chroma import Index
from core.indexes.vectors import VectorStore, embed_missing
from core.types import Chunk, Chunking, Paper
from tests.backends.embedders.hashing import HashingEmbedder

EMBEDDER = HashingEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorStore(tmp_path, "hashing", "1", EMBEDDER.dimensions)


@pytest.fixture
def index(store: VectorStore) -> Iterator[Index]:
    made = Index(store)
    yield made
    made.close()


def chunks_of(paper_id: str, texts: Sequence[str]) -> list[Chunk]:
    chunks, start = [], 0
    for text in texts:
        chunks.append(Chunk(paper_id=paper_id, start=start, end=start + len(text), text=text))
        start += len(text) + 1
    return chunks


def add(index: Index, store: VectorStore, chunks: Sequence[Chunk]) -> None:
    list(embed_missing(store, EMBEDDER, [chunk.text for chunk in chunks]))
    index.add(chunks[0].paper_id, chunks)


def vector(question: str) -> np.ndarray:
    found: np.ndarray = EMBEDDER.embed([question], query=True)[0]
    return found


def exact(
    store: VectorStore, papers: Sequence[Sequence[Chunk]], question: str, count: int
) -> list[tuple[Chunk, float]]:
    """The same search without an index."""
    order = {chunks[0].paper_id: place for place, chunks in enumerate(papers)}
    chunks = [chunk for paper in papers for chunk in paper]
    vectors, _ = store.get([chunk.text for chunk in chunks])
    similarities = (vectors.astype(np.float64) * vector(question)).sum(axis=1).clip(-1, 1)
    found = list(zip(chunks, similarities.tolist(), strict=True))
    return sorted(found, key=lambda hit: (-hit[1], order[hit[0].paper_id], hit[0].start))[:count]


def generated(paper: int, sentences: int) -> list[str]:
    """Texts that share words as real ones do: few words often, many words seldom."""
    chance = random.Random(paper)
    words = [f"word{n}" for n in range(3000)]
    weights = [1 / (n + 1) for n in range(3000)]
    return [" ".join(chance.choices(words, weights, k=30)) for _ in range(sentences)]


def test_generated_texts_are_found_as_an_exact_search_finds_them(
    store: VectorStore, index: Index
) -> None:
    papers = [chunks_of(f"paper{n}", generated(n, 500)) for n in range(4)]
    for chunks in papers:
        add(index, store, chunks)
    ids = [chunks[0].paper_id for chunks in papers]
    for question in generated(99, 20):
        assert index.search(vector(question), ids, 50) == exact(store, papers, question, 50)
        some = index.search(vector(question), ids[1:3], 50)
        assert some == exact(store, papers[1:3], question, 50)


def test_real_texts_are_found_as_an_exact_search_finds_them(
    store: VectorStore, index: Index, shared: Path
) -> None:
    files = sorted(shared.glob("chunking_evaluation/corpora/*.md"))
    if not files:
        pytest.skip("no corpora beside the checkout")
    papers = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        paper = Paper(id=file.name, title="", text=text, source=file.name, kind="markdown")
        papers.append(list(cut(paper, Chunking(size=400, overlap=50)))[:1200])
    assert 3000 < sum(map(len, papers)) <= 5000
    for chunks in papers:
        add(index, store, chunks)
    ids = [chunks[0].paper_id for chunks in papers]
    texts = [chunk.text for chunks in papers for chunk in chunks]
    for question in random.Random(0).sample(texts, 30):
        assert index.search(vector(question), ids, 50) == exact(store, papers, question, 50)


def test_hits_by_hand(store: VectorStore, index: Index) -> None:
    (paper,) = papers = [chunks_of("p", ["red green", "red", "blue", "red red green"])]
    add(index, store, paper)
    found = index.search(vector("red"), ["p"], 3)
    assert [chunk.text for chunk, _ in found] == ["red", "red red green", "red green"]
    assert [similarity for _, similarity in found] == pytest.approx([1, 2 / 5**0.5, 1 / 2**0.5])
    assert len(index.search(vector("red"), ["p"], 50)) == 4
    assert found == exact(store, papers, "red", 3)


def test_ties_stand_in_the_order_of_papers_and_text(store: VectorStore, index: Index) -> None:
    # Far more equal texts than asked for, within a paper and over papers.
    papers = [chunks_of(f"p{n}", ["other", *["the same"] * 40, f"own {n}"]) for n in range(30)]
    for chunks in papers:
        add(index, store, chunks)
    ids = [f"p{n}" for n in range(30)]
    assert index.search(vector("the same"), ids, 45) == exact(store, papers, "the same", 45)
    found = index.search(vector("the same"), ids[::-1], 45)
    assert [chunk.paper_id for chunk, _ in found] == ["p29"] * 40 + ["p28"] * 5
    assert [chunk.start for chunk, _ in found[:3]] == [6, 15, 24]


def test_a_thousand_equal_texts_hide_nothing(store: VectorStore, index: Index) -> None:
    paper = chunks_of("p", [*generated(1, 300), *["a footer on each page"] * 1000])
    add(index, store, paper)
    assert len(index.search(vector("a footer"), ["p"], 2000)) == 1300
    for question in generated(2, 10):
        assert index.search(vector(question), ["p"], 50) == exact(store, [paper], question, 50)


def test_the_same_chunk_twice_is_found_once(store: VectorStore, index: Index) -> None:
    (chunk,) = chunks_of("p", ["red"])
    add(index, store, [chunk, chunk])
    assert [found for found, _ in index.search(vector("red"), ["p"], 5)] == [chunk]


def test_papers_come_and_go(store: VectorStore, index: Index) -> None:
    red, blue = chunks_of("r", ["red"]), chunks_of("b", ["blue"])
    add(index, store, red)
    add(index, store, blue)
    add(index, store, red)
    index.add("empty", [])
    assert index.papers == {"r", "b", "empty"}
    assert [c for c, _ in index.search(vector("red"), ["r", "b"], 5)] == [*red, *blue]
    index.remove("r")
    index.remove("empty")
    index.remove("never there")
    assert index.papers == {"b"}
    assert [c for c, _ in index.search(vector("red"), ["b"], 5)] == blue
    with pytest.raises(KeyError):
        index.search(vector("red"), ["r", "b"], 5)
    again = chunks_of("r", ["red again", "red"])
    add(index, store, again)
    assert [c for c, _ in index.search(vector("red"), ["r"], 5)] == [again[1], again[0]]


def test_nothing_to_search_finds_nothing(index: Index) -> None:
    index.add("empty", [])
    assert index.search(vector("red"), ["empty"], 5) == []
    assert index.search(vector("red"), [], 5) == []


def test_indexes_of_one_process_do_not_share_chunks(store: VectorStore, index: Index) -> None:
    add(index, store, chunks_of("p", ["red"]))
    other = Index(store)
    other.add("p", chunks_of("p", []))
    assert other.search(vector("red"), ["p"], 5) == []
    other.close()
    assert len(index.search(vector("red"), ["p"], 5)) == 1


def test_chunks_without_a_vector_are_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="1 chunks of paper p have no vector"):
        index.add("p", chunks_of("p", ["never embedded"]))
    assert index.papers == frozenset()


def test_more_chunks_than_fit_one_call(store: VectorStore, index: Index) -> None:
    paper = chunks_of("p", [f"number{n}" for n in range(6000)])
    vectors = np.eye(EMBEDDER.dimensions, dtype=np.float32)[np.arange(6000) % 60]
    vectors += np.random.default_rng(0).normal(0, 0.1, vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.add([chunk.text for chunk in paper], vectors)
    index.add("p", paper)
    ((first, similarity), *_) = index.search(vectors[5999], ["p"], 3)
    assert first == paper[5999]
    assert similarity == pytest.approx(1)
