"""A setting taken home: the script that is written of it finds the same without this program."""

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from core import chunkers
from core.__main__ import main
from core.chunkers import recursive_tokens
from core.lab import Lab
from core.settings import SAMPLES, Settings
from core.text import words, words_as_code
from core.types import Chunking, Recipe, Retrieval

BM25 = Retrieval(retriever="bm25", reranker=None)
SETTINGS = (  # embedded once, for that costs most
    Recipe(chunking=Chunking(), evidence=BM25, generation=None),
    Recipe(
        chunking=Chunking(chunker="tokens", size=128, overlap=16), evidence=BM25, generation=None
    ),
    Recipe(
        chunking=Chunking(chunker="headings", size=700, overlap=100),
        evidence=Retrieval(retriever="hybrid", candidates=4, top_k=3),
        generation=None,
    ),
)
PAPERS = ("retrieval-and-reranking.pdf", "quantisation.md", "models-at-the-edge.txt")
FOUND = re.compile(r"^\d+\. (\S+)\.txt, characters (\d+) to (\d+)$", re.MULTILINE)


@pytest.mark.models
def test_a_script_finds_the_same_passages_in_the_same_order(tmp_path: Path) -> None:
    lab = Lab(Settings(data=tmp_path / "data"))
    if lab.models.missing_offline():
        pytest.skip("the packaged models are not installed")
    for name in PAPERS:
        lab.papers.add(SAMPLES / "papers" / name)
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert len(questions) == 24
    paper_ids = lab.papers.resolve(())
    texts = []
    for paper_id in sorted(paper_ids):
        paper = lab.papers.get(paper_id)
        pages = (slice(*paper.page_span(page)) for page in range(1, paper.pages + 1))
        texts.append(tmp_path / f"{paper_id}.txt")
        texts[-1].write_bytes("\f".join(paper.text[page] for page in pages).encode())
    for recipe in SETTINGS:
        script = tmp_path / "setting.py"
        script.write_text(lab.script(recipe), encoding="utf-8")
        elsewhere = subprocess.run(
            [sys.executable, "-I", script.name, "-", *(text.name for text in texts)],
            cwd=tmp_path,
            input="\n".join(questions),
            capture_output=True,
            text=True,
            check=True,
        )
        found = [
            (paper, int(start), int(end)) for paper, start, end in FOUND.findall(elsewhere.stdout)
        ]
        here = [
            (hit.chunk.paper_id, hit.chunk.start, hit.chunk.end)
            for question in questions
            for hit in lab.answering.search(question, recipe, paper_ids).hits
        ]
        assert found == here


@pytest.mark.models
@pytest.mark.parametrize(("size", "overlap"), recursive_tokens.USUAL)
def test_a_script_cuts_all_sample_papers_by_recursive_tokens_as_here(
    size: int, overlap: int, tmp_path: Path
) -> None:
    lab = Lab(Settings(data=tmp_path / "data"))
    if lab.models.missing_offline():
        pytest.skip("the packaged models are not installed")
    lab.papers.add_samples()
    chunking = Chunking(chunker="recursive_tokens", size=size, overlap=overlap)
    written = lab.script(Recipe(chunking=chunking, evidence=BM25, generation=None))
    script: dict[str, Any] = {}
    exec(written.partition("question, *files")[0], script)
    embedder = lab.models.find("embedder", lab.models.default("embedder"))
    counted = Tokenizer.from_file(f"{embedder.folder}/tokenizer.json")
    counted.no_truncation()
    counted.no_padding()
    for row in lab.papers.all():
        paper = lab.papers.get(row.id)
        pages = (slice(*paper.page_span(page)) for page in range(1, paper.pages + 1))
        found = list(script["chunks"]("\f".join(paper.text[page] for page in pages)))
        here = chunkers.cut(
            paper,
            chunking,
            lambda text: counted.encode(text, add_special_tokens=False).offsets,
        )
        assert found == [(chunk.start, chunk.text) for chunk in here]
        assert len(found) > 5


def test_the_command_line_writes_a_script_that_imports_nothing_of_this_program(
    home: Path,
) -> None:
    script = home / "setting.py"
    setting = "export script --retriever bm25 --chunker pages --reranker none --to"
    assert main([*setting.split(), str(script)]) == 0
    written = script.read_text(encoding="utf-8")
    imported = re.findall(r"^(?:from|import) (\w+)", written, re.MULTILINE)
    assert imported == ["numpy", "re", "sys", "unicodedata", "bm25s", "pathlib"]
    compile(written, script.name, "exec")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("--chunker sentences", "cannot cut by “sentences”"),
        ("--index chroma", "searches exactly"),
        ("--read section", "cannot do “reads section”; set passage read back to “reads chunk”."),
        ("--rewrite hyde", "cannot do “HyDE”; set query rewriting back to “no rewriting”."),
        ("--budget 500", "cannot do “budget 500 tokens”; set context budget back to “no budget”."),
    ],
)
def test_what_a_script_cannot_do_is_refused_in_a_sentence(
    setting: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = f"{setting} --embedder hashing --reranker none"
    assert main(["export", "script", *options.split()]) == 2
    assert sentence in capsys.readouterr().err


def counted() -> Callable[[str], list[str]]:
    found: dict[str, Any] = {"re": re, "unicodedata": unicodedata}
    exec(words_as_code(), found)
    return lambda text: list(found["words"](text))


COUNTED = counted()


@given(st.text(max_size=200))
def test_the_words_of_a_script_are_those_that_bm25_counts_here(text: str) -> None:
    assert COUNTED(text) == words(text)
