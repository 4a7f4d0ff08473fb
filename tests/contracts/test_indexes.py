"""What every index promises; each file in core/indexes is found by itself."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from core import indexes
from core.chunkers import cut
from core.errors import BadInput
from core.indexes import Index, VectorStore, Wanted, embed_missing, key_of, search
from core.settings import Settings
from core.types import Chunk, Chunking, Paper
from tests.backends.embedders.hashing import HashingEmbedder

EMBEDDER = HashingEmbedder()
Found = list[tuple[Chunk, float]]


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorStore(tmp_path, "hashing", "1", EMBEDDER.dimensions)


@pytest.fixture(params=indexes.names())
def index(request: pytest.FixtureRequest, store: VectorStore) -> Iterator[Index]:
    made = indexes.opened(request.param, store, Settings())
    yield made
    made.close()


def chunks_of(paper_id: str, texts: Sequence[str]) -> list[Chunk]:
    chunks, start = [], 0
    for text in texts:
        chunks.append(Chunk(paper_id=paper_id, start=start, end=start + len(text), text=text))
        start += len(text) + 1
    return chunks


def wanted(store: VectorStore, papers: Sequence[Sequence[Chunk]]) -> Wanted:
    """All chunks of these papers, embedded; a paper without chunks has no name here."""
    chunks = [chunk for paper in papers for chunk in paper]
    list(embed_missing(store, EMBEDDER, [chunk.text for chunk in chunks]))
    records = store.records()
    return Wanted(
        name="way",
        records=records,
        paper_ids=tuple(paper[0].paper_id if paper else "empty" for paper in papers),
        papers=np.repeat(np.arange(len(papers)), [len(paper) for paper in papers]),
        rows=np.array([records.rows[key_of(chunk.text)] for chunk in chunks], np.intp),
    )


def vectors_of(*questions: str) -> np.ndarray:
    found: np.ndarray = EMBEDDER.embed(questions, query=True)
    return found


def found(
    index: Index, store: VectorStore, papers: Sequence[Sequence[Chunk]], question: str, count: int
) -> Found:
    chunks = [chunk for paper in papers for chunk in paper]
    (places,) = search(index, vectors_of(question), wanted(store, papers), count)
    return [(chunks[place], similarity) for place, similarity in places]


def exact(
    store: VectorStore, papers: Sequence[Sequence[Chunk]], question: str, count: int
) -> Found:
    """The same search without an index."""
    chunks = [chunk for paper in papers for chunk in paper]
    vectors, _ = store.get([chunk.text for chunk in chunks])
    similarities = (vectors.astype(np.float64) * vectors_of(question)).sum(axis=1).clip(-1, 1)
    best = (-similarities).argsort(kind="stable")[:count]
    return [(chunks[place], float(similarities[place])) for place in best]


def generated(paper: int, sentences: int) -> list[str]:
    """Texts that share words as real ones do: few words often, many words seldom."""
    chance = random.Random(paper)
    words = [f"word{n}" for n in range(3000)]
    weights = [1 / (n + 1) for n in range(3000)]
    return [" ".join(chance.choices(words, weights, k=30)) for _ in range(sentences)]


def test_one_half_and_all_papers_are_searched_as_an_exact_search_does(
    store: VectorStore, index: Index
) -> None:
    papers = [chunks_of(f"paper{n}", generated(n, 500)) for n in range(4)]
    for question in generated(99, 10):
        for some in (papers, papers[1:3], papers[2:3], papers[::-1]):
            assert found(index, store, some, question, 50) == exact(store, some, question, 50)


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
    texts = [chunk.text for chunks in papers for chunk in chunks]
    for question in random.Random(0).sample(texts, 30):
        assert found(index, store, papers, question, 50) == exact(store, papers, question, 50)


def test_hits_by_hand(store: VectorStore, index: Index) -> None:
    papers = [chunks_of("p", ["red green", "red", "blue", "red red green"])]
    best = found(index, store, papers, "red", 3)
    assert [chunk.text for chunk, _ in best] == ["red", "red red green", "red green"]
    assert [similarity for _, similarity in best] == pytest.approx([1, 2 / 5**0.5, 1 / 2**0.5])
    assert len(found(index, store, papers, "red", 50)) == 4


def test_questions_together_are_answered_as_one_by_one(store: VectorStore, index: Index) -> None:
    papers = [chunks_of(f"paper{n}", generated(n, 200)) for n in range(3)]
    papers.append(chunks_of("ties", ["the same"] * 40))
    some, questions = wanted(store, papers), vectors_of(*generated(9, 12), "the same", "nothing")
    together = search(index, questions, some, 20)
    assert together == [search(index, each[None], some, 20)[0] for each in questions]
    assert search(index, questions[:0], some, 20) == []


def test_ties_stand_in_the_order_of_papers_and_text(store: VectorStore, index: Index) -> None:
    # Far more equal texts than asked for, within a paper and over papers.
    papers = [chunks_of(f"p{n}", ["other", *["the same"] * 40, f"own {n}"]) for n in range(30)]
    assert found(index, store, papers, "the same", 45) == exact(store, papers, "the same", 45)
    best = found(index, store, papers[::-1], "the same", 45)
    assert [chunk.paper_id for chunk, _ in best] == ["p29"] * 40 + ["p28"] * 5
    assert [chunk.start for chunk, _ in best[:3]] == [6, 15, 24]


def test_different_texts_of_one_vector_are_a_tie(store: VectorStore, index: Index) -> None:
    papers = [chunks_of("p", [" ".join(["red"] * count) for count in range(100, 0, -1)])]
    assert found(index, store, papers, "red", 7) == exact(store, papers, "red", 7)


def test_a_thousand_equal_texts_hide_nothing(store: VectorStore, index: Index) -> None:
    papers = [chunks_of("p", [*generated(1, 300), *["a footer on each page"] * 1000])]
    assert len(found(index, store, papers, "a footer", 2000)) == 1300
    for question in generated(2, 10):
        assert found(index, store, papers, question, 50) == exact(store, papers, question, 50)


def test_papers_come_and_go(store: VectorStore, index: Index) -> None:
    red, blue = chunks_of("r", ["red"]), chunks_of("b", ["blue"])
    assert [c for c, _ in found(index, store, [red, blue], "red", 5)] == [*red, *blue]
    indexes.forget(store.file.parent, {"b"})
    assert [c for c, _ in found(index, store, [blue, []], "red", 5)] == blue
    again = chunks_of("s", ["red again", "red"])
    assert [c for c, _ in found(index, store, [again], "red", 5)] == [again[1], again[0]]


def test_what_left_the_file_is_there_for_a_search_under_way(
    store: VectorStore, index: Index
) -> None:
    paper = chunks_of("gone", ["red", "blue"])
    some = wanted(store, [paper])
    store.note({"gone": [key_of("red"), key_of("blue")]})
    indexes.forget(store.file.parent, ())
    assert store.missing(["red", "blue"]) == ["red", "blue"]
    assert search(index, vectors_of("red"), some, 1) == [[(0, pytest.approx(1))]]
    assert list(store.file.parent.glob("*.index")) == []


def test_nothing_to_search_finds_nothing(store: VectorStore, index: Index) -> None:
    assert found(index, store, [[]], "red", 5) == []
    assert found(index, store, [], "red", 5) == []


def test_indexes_of_one_process_do_not_share_chunks(
    store: VectorStore, index: Index, tmp_path: Path
) -> None:
    other_store = VectorStore(tmp_path / "other", "hashing", "1", EMBEDDER.dimensions)
    other = indexes.opened(index.__module__.rpartition(".")[2], other_store, Settings())
    assert len(found(other, other_store, [chunks_of("p", ["red", "blue"])], "red", 5)) == 2
    assert len(found(index, store, [chunks_of("p", ["red"])], "red", 5)) == 1
    other.close()
    assert len(found(index, store, [chunks_of("p", ["red"])], "red", 5)) == 1


def test_more_chunks_than_fit_one_call(store: VectorStore, index: Index) -> None:
    paper = chunks_of("p", [f"number{n}" for n in range(6000)])
    vectors = np.eye(EMBEDDER.dimensions, dtype=np.float32)[np.arange(6000) % 60]
    vectors += np.random.default_rng(0).normal(0, 0.1, vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.add([chunk.text for chunk in paper], vectors)
    (((first, similarity), *_),) = search(index, vectors[5999:], wanted(store, [paper]), 3)
    assert (first, similarity) == (5999, pytest.approx(1))


def test_what_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="known are: chroma, exact"):
        indexes.check("annoy")
