"""A BEIR data set: a tiny one of our own, its measures by hand, and SciFact where it lies beside
the checkout."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import BadInput
from core.evaluation import BeirRow, beir, beir_files
from core.lab import REPRODUCTION, Lab
from core.settings import ROOT, Settings
from core.tasks import result_of
from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.rerankers.word_overlap import WordOverlap
from tests.support.commands import ran

SMALL = Path(__file__).parent / "fixtures" / "beir"


@pytest.fixture(autouse=True)
def _small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beir, "EMBEDDER", "hashing")
    monkeypatch.setattr(beir, "RERANKER", "word-overlap")


def rows(lab: Lab, folder: Path = SMALL) -> dict[str, BeirRow]:
    table = result_of(lab.beir.whole(folder))
    assert table is lab.beir.table
    return {row.name: row for row in table.rows}


def test_documents_are_title_and_text_and_questions_those_with_a_relevant_one() -> None:
    data = beir_files.read(SMALL)
    texts = {paper.id: paper.text for paper in data.papers}
    assert texts["lamp"] == "The lamp of Varn The lamp burns whale oil."
    assert texts["tide"] == "The tide at Varn rises four metres."
    assert texts["blank"] == ""
    assert list(data.questions) == ["1", "2", "bell"]
    assert data.relevance["2"] == {"tide": 1, "moon": 1, "bell": 0}


def test_measures_by_hand(lab: Lab) -> None:
    found = rows(lab)["bm25"]
    # "Which lamp?": BM25 puts the lamp (grade 1) before the oil (grade 2). "How high …": of two
    # relevant documents the tide alone shares a word. "Bell …": the document of that name is left
    # out as the question's own; "Varn" is one of five words of the tide and of six of the lamp.
    first = (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))
    second = 1 / (1 + 1 / math.log2(3))
    assert found.ndcg.mean == pytest.approx(100 * (first + second + 1) / 3)
    assert found.recall.mean == pytest.approx(100 * (1 + 1 / 2 + 1) / 3)
    assert (found.questions, found.documents) == (3, 6)
    assert found.published == ()


def test_each_way_says_what_it_adds_and_the_embedder_what_it_leaves_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HashingEmbedder, "window", 12)
    found = rows(lab)
    assert list(found) == ["hashing", "bm25", "hybrid", "hybrid + word-overlap"]
    assert [row.adds_to for row in found.values()] == [None, None, "hashing", "hybrid"]
    added = found["hybrid"].adds
    assert added
    assert added.mean == pytest.approx(found["hybrid"].ndcg.mean - found["hashing"].ndcg.mean)
    assert found["hashing"].truncated == 1, "the oil is longer"
    assert found["bm25"].folds
    table = lab.beir.table
    assert table
    assert "hashing reads at most 12 tokens: 1 of 6 documents are truncated." in table.notes
    assert table.verdict.startswith("No published values of this data set are known here")


def test_published_values_are_held_against_our_interval(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beir_files, "SCIFACT", beir_files.read(SMALL).digest)
    near = (
        ("A paper", "ndcg@10", 85.0),
        ("Another", "ndcg@10", 1.0),
        ("A paper", "recall@100", 83),
    )
    monkeypatch.setattr(beir, "PUBLISHED", {"bm25": near})
    found = rows(lab)["bm25"]
    assert [(each.source, each.inside) for each in found.published] == [
        ("A paper", True),
        ("Another", False),
        ("A paper", True),
    ]
    table = lab.beir.table
    assert table
    assert table.verdict == "2 of 3 published values inside our 95 % interval."
    (line,) = [line for line in table.lines() if "Another" in line]
    assert line.split()[:3] == ["bm25", "ndcg@10", "1.00"]
    assert line.endswith("no")


def test_the_command_prints_rows_and_ends_with_ours(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines, said = ran(capsys, "reproduce", "--beir", str(SMALL))
    assert status == 0
    assert [line["name"] for line in lines[:-1]] == list(lines[-1]["ours"])
    assert lines[-1]["ours"]["bm25"] == {"ndcg@10": 82.43, "recall@100": 83.33}
    assert "95 % CI" in said
    assert "no stemming" in said


def test_a_run_that_was_killed_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, signal, sys; from core.__main__ import main; from core.evaluation import beir;"
        "from core.models import registry; from tests.backends import SMALL;"
        "from tests.backends.rerankers.word_overlap import WordOverlap;"
        "registry.PACKAGES.update(SMALL); beir.EMBEDDER, beir.RERANKER = 'hashing', 'word-overlap';"
        "score = WordOverlap.score;"
        "WordOverlap.score = lambda self, question, texts: score(self, question, texts)"
        " if 'lamp' in question else os.kill(os.getpid(), signal.SIGKILL);"
        "main(['reproduce', '--beir', sys.argv[1]])"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(SMALL)], cwd=ROOT, capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [json.loads(line)["name"] for line in killed.stdout.splitlines()] == [
        "hashing",
        "bm25",
        "hybrid",
    ]
    asked: list[str] = []
    score = WordOverlap.score

    def noted(self: WordOverlap, question: str, texts: list[str]) -> object:
        asked.extend([question] * len(texts))
        return score(self, question, texts)

    monkeypatch.setattr(WordOverlap, "score", noted)
    embedded: list[str] = []
    embed = HashingEmbedder.embed

    def counting(self: HashingEmbedder, texts: list[str], *, query: bool = False) -> object:
        embedded.extend([] if query else texts)
        return embed(self, texts, query=query)

    monkeypatch.setattr(HashingEmbedder, "embed", counting)
    lab = Lab(Settings(data=Path(os.environ["TRIPTYCH_DATA"]), models=home / "models"))
    found = rows(lab)
    assert embedded == [], "vectors are kept"
    assert set(asked) == {"How high does the tide rise?", "Bell in fog at Varn"}
    assert found["hybrid + word-overlap"].rerank_seconds is not None
    assert rows(lab)["hybrid + word-overlap"].rerank_seconds is None, "nothing is scored twice"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("corpus.jsonl", '{"_id": "a"}', "corpus.jsonl, line 1: no object with _id and text"),
        ("corpus.jsonl", "\x00", "corpus.jsonl, line 1: no object"),
        ("queries.jsonl", '{"_id": 3, "text": "x"}', "queries.jsonl, line 1: no object"),
        ("queries.jsonl", "[1]", "queries.jsonl, line 1: no object"),
        ("qrels.tsv", "head\n1\tlamp\t1", "qrels.tsv, line 1: no question, document and grade"),
        ("qrels.tsv", "a\tb\tc\n1\tlamp\tx", "qrels.tsv, line 2: no question, document and grade"),
        ("qrels.tsv", "a\tb\tc\n1\tnone\t1", "speaks of 'none', which is not in the data set"),
        ("qrels.tsv", "a\tb\tc\n9\tlamp\t1", "speaks of '9', which is not in the data set"),
        ("qrels.tsv", "a\tb\tc\n1\tlamp\t0", "names no relevant document"),
    ],
)
def test_a_folder_that_is_not_right_is_a_sentence(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    folder = shutil.copytree(SMALL, tmp_path / "set")
    (folder / file).write_text(text)
    with pytest.raises(BadInput, match=said):
        beir_files.read(folder)
    for part in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        with pytest.raises(BadInput, match="does not hold a BEIR data set"):
            beir_files.read(
                without(shutil.copytree(SMALL, tmp_path / part.replace("/", "-")), part)
            )


def without(folder: Path, part: str) -> Path:
    (folder / part).unlink()
    return folder


def test_the_page_starts_it_in_the_background(lab: Lab) -> None:
    job = lab.reproduce(SMALL)
    job.join()
    assert job.error is None
    assert lab.jobs.get(REPRODUCTION) is job
    assert lab.beir.table
    assert len(lab.beir.table.rows) == 4


def test_scifact_is_known_by_what_is_in_it(shared: Path) -> None:
    data = beir_files.read(shared / "scifact")
    assert data.is_scifact
    assert (len(data.papers), len(data.questions)) == (5_183, 300)
