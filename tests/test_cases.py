"""The small inputs that once came out wrong, as they were given: one function a folder of them.

Each has a test with a fixture of its own beside what it tests; these run where the folder is.
"""

from pathlib import Path

import pytest

from core.lab import Lab


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    return folder


def test_find_in_paper(cases: Path, lab: Lab) -> None:
    added = lab.papers.add(cases / "find-in-paper" / "typography.md")
    assert added.paper
    paper = lab.papers.get(added.paper.id)
    for typed in (
        "doesn't stop",
        '"ever"',
        "résumé",
        "state-of-the-art",
        "-1 crown",
        "32 teeth",
        "植物把光能变成化学能",
    ):
        assert len(lab.papers.find(paper, typed)) == 1, typed
    (taken,) = lab.questions.add(cases / "questions" / "curly.jsonl")
    assert (taken.status, taken.reason) == ("added", "")
