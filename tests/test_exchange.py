"""`import` and `export` on the command line."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.logs import experiments
from tests.support.commands import FEW, OPTIONS, ran
from tests.support.labs import NOTES, QUESTION
from tests.support.logs import EXPERIMENT, RETRIEVAL

BLOCKS = """
   >>> VANILLA LLM (No Context)
{0} without context, {1}.

   >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG | Top_K=3]
{0}, small, {1}.

   >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG+RaR | Candidates=10 -> Top_K=3]


   >>> CHUNK STRATEGY: Large (1600) | [TYPE: RAG+RaR | Candidates=20 -> Top_K=5]
{0}, large
   and reranked,

\\==================== QUESTION 9 ====================
{1}.
"""
LARGER = "=== RAG & RaR EXPERIMENT RESULTS ===\n" + "".join(
    f"\n\n\n################ MODEL: {model} ################\n"
    + "".join(
        f"\n\n==================== QUESTION {number} ====================\nText: {question}\n"
        + BLOCKS.format(question, model)
        for number, question in enumerate(("Why?", "When, and who?", "Zuletzt: wo?"), start=1)
    )
    for model in ("org/model-b", "org/model-a", "model-c")
)


def test_logs_in_and_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "old.txt").write_text("chatter\n" + EXPERIMENT)
    (home / "search.txt").write_text(RETRIEVAL)
    status, (line,), _ = ran(capsys, "import", "log", str(home / "old.txt"))
    assert status == 0
    assert list(line) == ["file", "runs", "known", "repaired", "dropped"]
    assert (line["runs"], line["known"], line["repaired"]) == (4, 0, 0)
    assert [each["line"] for each in line["dropped"]] == [1]
    _, (line,), _ = ran(capsys, "import", "retrieval-log", str(home / "search.txt"))
    assert (line["hits"], line["dropped"]) == (3, [])
    _, (line,), _ = ran(capsys, "import", "log", str(home / "old.txt"))
    assert (line["runs"], line["known"]) == (4, 4)
    written = home / "new.txt"
    status, _, said = ran(capsys, "export", "log", "--to", str(written))
    assert (status, "bytes written" in said) == (0, True)
    assert "In 1874 [1]." in written.read_text()
    ran(capsys, "export", "retrieval-log", "--to", str(written))
    assert written.read_text() == RETRIEVAL


def test_a_bad_file_does_not_stop_the_others(
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "old.txt").write_text(EXPERIMENT)
    files = [str(home / name) for name in ("missing.txt", "lamp.md", "old.txt")]
    status, lines, said = ran(capsys, "import", "log", *files)
    assert status == 1
    assert [line["runs"] for line in lines] == [0, 0, 4]
    assert all(line["dropped"][0]["why"] for line in lines[:2])
    assert "missing.txt" in said


def test_a_view_chooses_what_is_written(
    home: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    (home / "old.txt").write_text(EXPERIMENT)
    main(["import", "log", str(home / "old.txt")])
    capsysbinary.readouterr()
    assert main(["export", "runs", "--view", "arm:no_context"]) == 0
    (line,) = capsysbinary.readouterr().out.splitlines()
    assert json.loads(line)["recipe"]["evidence"] is None
    assert main(["export", "runs", "--view", "colour:blue"]) == 2
    assert main(["export", "capsule", "--to", str(home / "a" / "b")]) == 1
    assert main(["export", "capsule", "--to", str(home / "c.capsule")]) == 0
    assert main(["import", "capsule", str(home / "c.capsule")]) == 0


def brought_in(kind: str, file: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import a file into the lab of another data folder, which is the one in use from then on."""
    monkeypatch.setenv("TRIPTYCH_DATA", str(data))
    assert main(["import", kind, str(file)]) == 0


def sent_out(kind: str, to: Path, view: str = "") -> bytes:
    assert main(["export", kind, "--to", str(to), "--view", view]) == 0
    return to.read_bytes()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("log", EXPERIMENT),
        ("log", LARGER),
        ("retrieval-log", RETRIEVAL),
        ("retrieval-log", "\n\n".join(RETRIEVAL.replace("What burns", f"{n}?") for n in range(9))),
    ],
)
def test_what_came_in_as_a_log_goes_out_letter_by_letter(
    kind: str,
    text: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = home / "log.txt"
    log.write_text(text)
    brought_in(kind, log, home / "first", monkeypatch)
    assert sent_out(kind, home / "out.txt").decode() == text
    # Also by way of a capsule, and beside others.
    capsule = sent_out("capsule", home / "log.capsule")
    brought_in("capsule", home / "log.capsule", home / "second", monkeypatch)
    assert sent_out(kind, home / "out.txt").decode() == text
    assert sent_out("capsule", home / "again.capsule") == capsule
    (home / "other.txt").write_text(EXPERIMENT.replace("1874", "1875"))
    assert main(["import", "log", str(home / "other.txt")]) == 0
    of_this = "origin:import:log.capsule"
    assert sent_out(kind, home / "out.txt", of_this).decode() == text


@pytest.mark.parametrize(
    ("kind", "name"), [("log", "experiment_log.txt"), ("retrieval-log", "retrieval_log.txt")]
)
def test_real_logs_go_out_as_they_came_in(
    kind: str,
    name: str,
    shared: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brought_in(kind, shared / "seeds" / name, home / "data", monkeypatch)
    assert sent_out(kind, home / "out.txt") == (shared / "seeds" / name).read_bytes()


def test_json_lines_stand_in_the_order_of_the_log(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "log.txt").write_text(LARGER)
    brought_in("log", home / "log.txt", home / "first", monkeypatch)
    lines = sent_out("runs", home / "runs.jsonl")
    read = experiments.read(LARGER, origin="").runs
    assert [json.loads(line)["id"] for line in lines.splitlines()] == [run.id for run in read]
    # Two labs that opened one capsule write the same lines.
    sent_out("capsule", home / "log.capsule")
    written = []
    for name in ("second", "third"):
        brought_in("capsule", home / "log.capsule", home / name, monkeypatch)
        written.append(sent_out("runs", home / "runs.jsonl"))
    assert written[0] == written[1]
    assert written[0].replace(b"import:log.capsule", b"import:log.txt") == lines


def test_a_capsule_is_the_same_from_another_lab(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of runs of one's own, and of a sweep."""
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    ran(capsys, "ask", QUESTION, "--three-ways", *OPTIONS.split(), *FEW.split())
    (home / "two.toml").write_text(
        'embedder = "hashing"\ncandidates = [2]\ntop_k = [1, 2]\nbaseline = true\n'
        '[answers]\ngenerator = "echo"\nmax_tokens = 4\n'
    )
    (home / "questions.txt").write_text("Why?\nWhat burns?\n")
    asking = ["--questions", str(home / "questions.txt")]
    status, lines, said = ran(capsys, "sweep", str(home / "two.toml"), *asking)
    assert (status, lines[-1]["done"]) == (0, 6), said
    sweep = lines[-1]["id"]
    whole = sent_out("capsule", home / "whole.capsule")
    of_sweep = sent_out("capsule", home / "sweep.capsule", f"sweep:{sweep}")
    brought_in("capsule", home / "whole.capsule", home / "second", monkeypatch)
    assert sent_out("capsule", home / "out.capsule") == whole
    brought_in("capsule", home / "sweep.capsule", home / "third", monkeypatch)
    assert sent_out("capsule", home / "out.capsule", f"sweep:{sweep}") == of_sweep
