"""The command line: JSON lines on stdout, sentences on stderr, exit 0, 1 or 2."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.__main__ import main
from core.classroom.lesson import Server
from core.lab import Lab
from core.models import Models
from core.settings import from_environment
from core.types import Model
from tests.support import pdfs
from tests.support.commands import FEW, OPTIONS, ran
from tests.support.labs import NOTES, QUESTION


def test_add_is_known_the_second_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(home / name) for name in NOTES]
    status, lines, _ = ran(capsys, "add", *files)
    assert status == 0
    assert [list(line) for line in lines] == [
        ["file", "paper", "title", "pages", "characters", "status", "reason"]
    ] * 2
    assert [line["status"] for line in lines] == ["added", "added"]
    (home / "empty.txt").write_bytes(b"")
    status, lines, _ = ran(capsys, "add", *files, str(home / "empty.txt"))
    assert status == 1
    assert [line["status"] for line in lines] == ["known", "known", "failed"]
    assert "empty" in lines[2]["reason"]
    assert lines[2]["paper"] is None


def test_papers_and_remove(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", str(home / "lamp.md"))
    _, (paper,), _ = ran(capsys, "papers")
    assert (paper["title"], paper["pages"], paper["source"]) == ("The lamp", 1, "lamp.md")
    status, _, said = ran(capsys, "remove", "nothing")
    assert (status, "fits no paper" in said) == (2, True)
    status, (line,), _ = ran(capsys, "remove", paper["paper"][:8])
    assert (status, line["status"]) == (0, "removed")
    assert ran(capsys, "papers") == (0, [], "")


def test_ask_three_ways(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    status, runs, _ = ran(capsys, "ask", QUESTION, "--three-ways", *OPTIONS.split(), *FEW.split())
    assert status == 0
    evidence = [run["recipe"]["evidence"] for run in runs]
    assert evidence[0] is None
    assert [each["reranker"] for each in evidence[1:]] == [None, "word-overlap"]
    assert all(run["answer"]["finish_reason"] in ("stop", "length") for run in runs)
    for run in runs:
        for hit in run["candidates"]:
            assert len(hit["chunk"]["text"]) == hit["chunk"]["end"] - hit["chunk"]["start"]
    again = ran(capsys, "ask", QUESTION, "--three-ways", *OPTIONS.split(), *FEW.split())[1]
    assert [run["id"] for run in again] == [run["id"] for run in runs]


def test_search_has_no_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    _, papers, _ = ran(capsys, "papers")
    chosen = papers[0]["paper"][:12]
    status, (run,), _ = ran(
        capsys, "search", QUESTION, "--papers", chosen, *OPTIONS.split(), "--top-k", "1"
    )
    assert status == 0
    assert run["answer"] is None
    assert run["paper_ids"] == [papers[0]["paper"]]
    assert {hit["chunk"]["paper_id"] for hit in run["candidates"]} == {papers[0]["paper"]}


def test_a_size_is_the_chunkers_usual_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", str(home / "lamp.md"))
    backends = "--embedder hashing --reranker none --generator echo"
    for options, size, overlap in [
        ("", 800, 100),
        ("--chunker words", 150, 20),
        ("--chunker words --size 9 --overlap 0", 9, 0),
    ]:
        _, (run,), _ = ran(capsys, "search", QUESTION, *backends.split(), *options.split())
        chunking = run["recipe"]["chunking"]
        assert (chunking["size"], chunking["overlap"]) == (size, overlap)


def test_search_by_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    options = [*OPTIONS.split(), "--retriever", "bm25", "--embedder", "none"]
    status, (run,), _ = ran(capsys, "search", "whale oil", *options)
    assert status == 0
    (hit,) = run["candidates"]
    assert (hit["similarity"], hit["fused_score"], hit["rank_before"]) == (None, None, 1)
    assert hit["lexical_score"] > 0


def test_search_by_either_index(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    _, (exact,), _ = ran(capsys, "search", QUESTION, *OPTIONS.split())
    _, (chroma,), _ = ran(capsys, "search", QUESTION, *OPTIONS.split(), "--index", "chroma")
    assert [run["recipe"]["evidence"]["index"] for run in (exact, chroma)] == ["exact", "chroma"]
    assert exact["candidates"] == chroma["candidates"]
    assert exact["key"] != chroma["key"]


def test_questions_in_listed_and_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    good = {"question": QUESTION, "gold": [{"paper": "lamp", "quote": "was lit in 1874"}]}
    bad = {"question": "Why?", "gold": [{"paper": "lamp", "quote": "was lit in 1875"}]}
    file = home / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, (good, bad))))
    status, lines, said = ran(capsys, "questions", "add", str(file))
    assert (status, said) == (1, "1 added, 1 failed.\n")
    assert [line["status"] for line in lines] == ["added", "failed"]
    assert lines[0]["gold"][0]["end"] - lines[0]["gold"][0]["start"] == len("was lit in 1874")
    assert lines[1]["nearest"] == "was lit in 1874"
    (instead,) = lines[1]["instead"]
    assert (instead["page"], instead["passage"]["quote"]) == (1, "was lit in 1874")
    assert 0.9 < instead["likeness"] < 1
    held = home / "held.jsonl"
    held.write_text(json.dumps({"question": "Held?"}))
    assert ran(capsys, "questions", "add", str(held), "--held-out")[0] == 0

    _, (kept,), _ = ran(capsys, "questions", "list")
    assert (kept["text"], kept["held_out"]) == (QUESTION, False)
    _, (other,), _ = ran(capsys, "questions", "list", "--held-out")
    assert other["text"] == "Held?"

    _, (line,), _ = ran(capsys, "questions", "export")
    assert (line["gold"][0]["paper"], line["gold"][0]["quote"]) == ("lamp.md", "was lit in 1874")
    copy = home / "copy.jsonl"
    assert ran(capsys, "questions", "export", "--to", str(copy))[:2] == (0, [])
    assert json.loads(copy.read_text()) == line
    _, (again,), _ = ran(capsys, "questions", "add", str(copy))
    assert again["status"] == "known"
    for wrong, why in ((home / "gone.jsonl", "cannot be read"), (home / "lamp.md", "JSON lines")):
        status, lines, said = ran(capsys, "questions", "add", str(wrong))
        assert (status, lines) == (2, [])
        assert why in said


def test_reproducing_needs_the_data_set(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--omega"]):
        status, lines, said = ran(capsys, "reproduce", str(home), *options)
        assert (status, lines) in ((2, []), (1, []))
        assert "published at" in said or "is not here: run" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "q", "--overlap", "200"], "overlap is 200"),
        (["ask", "q", "--top-k", "21"], "21"),
        (["ask", "q", "--retriever", "axe"], "known are: dense, bm25, hybrid"),
        (["ask", "q", "--index", "axe"], "no index called 'axe'; known are: exact, chroma"),
        (["ask", "q", "--style", "axe"], "no style called 'axe'; known are: chat, completion"),
        (["ask", "q", "--chunker", "axe"], "no chunker called 'axe'; known are: headings, pages"),
        (["ask", "q", "--embedder", "oracle"], "no embedder called 'oracle'"),
        (["ask", " "], "question is empty"),
        (["ask", "x" * 300_000], "300,000 characters"),
        (["ask", "q", "--three-ways", "--reranker", "none"], "--three-ways"),
        (["ask"], "QUESTION"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_2(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    ran(capsys, "add", str(home / "lamp.md"))
    verb, *rest = arguments
    options = OPTIONS.split() if len(arguments) > 1 else []
    status, lines, sentence = ran(capsys, verb, *options, *rest)
    assert (status, lines) == (2, [])
    assert said in sentence


def test_a_text_is_printed_as_it_is_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "two.pdf").write_bytes(pdfs.pdf(pdfs.text("First page."), pdfs.text("Second page.")))
    (home / "old.txt").write_bytes("Światło padło na liście, więc świeciła.".encode("cp1250"))
    _, (added,), _ = ran(capsys, "add", str(home / "two.pdf"))
    for named in (added["paper"][:12], str(home / "two.pdf")):
        assert main(["text", named, "--page", "2"]) == 0
        assert capsys.readouterr().out == "Second page.\n"
        assert main(["text", named]) == 0
        pages = capsys.readouterr().out.split("\f")
        assert [page.strip() for page in pages] == ["First page.", "Second page."]
    assert main(["text", str(home / "old.txt")]) == 0
    out, said = capsys.readouterr()
    assert out == "Światło padło na liście, więc świeciła.\n"
    assert said == "old.txt: read as Windows-1250 (Central European).\n"
    assert main(["text", added["paper"], "--page", "3"]) == 2
    assert "has pages 1 to 2, not 3" in capsys.readouterr().err
    assert [line["paper"] for line in ran(capsys, "papers")[1]] == [added["paper"]]


def test_models_and_doctor(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, models, _ = ran(capsys, "models")
    assert status == 0
    assert {model["family"] for model in models} == {"embedder", "reranker", "generator"}
    assert {"name", "family", "source", "available", "reason"} <= models[0].keys()
    _, checks, _ = ran(capsys, "doctor")
    assert all(check["ok"] for check in checks if check["check"] != "disk")


def test_unpack_loads_what_its_first_load_would_unpack_and_nothing_else(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(capsys, "unpack")[:2] == (0, [])
    every = Models.all

    def packed(models: Models) -> list[Model]:
        return [replace(model, first_load="unpacked once") for model in every(models)]

    monkeypatch.setattr(Models, "all", packed)
    assert ran(capsys, "unpack")[:2] == (0, [{"name": "echo", "status": "unpacked"}])


def test_a_data_folder_that_cannot_be_used(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(home / "lamp.md"))
    status, lines, said = ran(capsys, "papers")
    assert (status, lines) == (1, [])
    assert "cannot be used" in said
    monkeypatch.setenv("TRIPTYCH_DEVICE", "abacus")
    assert ran(capsys, "papers")[0] == 2


def test_a_class_is_ended_without_its_pin(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, said = ran(capsys, "class", "end")
    assert (status, said) == (2, "No class is open; start one on the Compare page.\n")
    lab = Lab(from_environment())
    opened, _ = lab.classes.start(Server(address="0.0.0.0", port=8501))
    status, (ended,), _ = ran(capsys, "class", "end")
    assert (status, ended["code"]) == (0, opened.code)
    assert lab.classes.now() is None
