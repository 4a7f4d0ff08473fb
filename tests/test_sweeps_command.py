"""`python -m core sweep`: JSON lines on stdout, sentences on stderr."""

from pathlib import Path

import pytest

from tests.support.commands import ran

PRESET = """
baseline = true
chunks = ["200/20", "60/0"]
embedder = "hashing"
reranker = ["none", "word-overlap"]
candidates = [2]
top_k = [1, 3]

[answers]
generator = "echo"
max_tokens = 20
"""


@pytest.fixture
def preset(home: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The path of a preset over two notes; half of its settings ask for more than there is."""
    ran(capsys, "add", str(home / "lamp.md"), str(home / "tide.txt"))
    (home / "mine.toml").write_text(PRESET)
    (home / "two.jsonl").write_text('{"question": "What burns?"}\n{"question": "What rises?"}\n')
    return str(home / "mine.toml")


def test_a_plan_that_takes_a_while_says_how_far_it_is(
    home: Path,
    preset: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.commands.sweeps.SAID_SECONDS", 0)
    _, lines, said = ran(capsys, "sweep", preset, "--dry-run")
    assert len(lines) == 1
    assert "Papers are cut: 0 of 2\n" in said


def test_dry_run(home: Path, preset: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--questions", str(home / "two.jsonl")]
    status, (line,), said = ran(capsys, "sweep", preset, *asked, "--dry-run")
    assert status == 0
    assert list(line) == [
        "questions",
        "answers",
        "rerank_pairs",
        "embedded_texts",
        "distinct_prompts_at_most",
        "seconds_estimated",
        "dropped",
    ]
    assert (line["questions"], line["answers"], line["rerank_pairs"]) == (2, 10, 8)
    assert line["distinct_prompts_at_most"] == 10
    assert len(line["dropped"]) == 4
    assert "Left out: 200/20 · top 3 and 3 more: Top k is 3, but only 2 candidates" in said
    assert "The time is a guess: here nothing was measured yet for embed" in said


def test_sweep(home: Path, preset: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--questions", str(home / "two.jsonl")]
    status, lines, _ = ran(capsys, "sweep", preset, *asked)
    assert status == 0
    *cells, totals = lines
    assert len(cells) == totals["done"] == 10
    assert {cell["status"] for cell in cells} == {"done"}
    assert {cell["question"] for cell in cells} == {"What burns?", "What rises?"}
    assert all(cell["run"] for cell in cells)
    _, (line,), said = ran(capsys, "sweep", preset, *asked, "--dry-run")
    assert line["seconds_estimated"] == 0
    assert "10 of 10 cells are answered already" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "no preset called 'nothing'; known are: axes, chunk-sizes"),
        (["nowhere.toml"], "nowhere.toml cannot be read"),
        (["classic", "--questions", "nowhere"], "nowhere is no deck, and no file that can be read"),
        (["classic", "--papers", "x"], "'x' fits no paper"),
        ([], "PRESET"),
    ],
)
def test_wrong_usage(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    status, lines, sentence = ran(capsys, "sweep", *arguments)
    assert (status, lines) == (2, [])
    assert said in sentence


def test_questions_of_a_deck(home: Path, preset: str, capsys: pytest.CaptureFixture[str]) -> None:
    deck = "# Flashcards: Varn\n---\n#### Lamp\n:p What\nburns?\n??x\nOil.\nx??\n---\n"
    (home / "cards.md").write_text(deck)
    ran(capsys, "import", "deck", str(home / "cards.md"))
    status, lines, _ = ran(capsys, "sweep", preset, "--questions", "Varn")
    assert status == 0
    assert {line["question"] for line in lines[:-1]} == {"What burns?"}
