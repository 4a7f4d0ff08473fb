"""A small town: a paper of facts, and questions whose gold they are."""

import json
from pathlib import Path

from core.lab import Lab

FACTS = [
    ("lamp", "The lamp of Varn burns whale oil to this day."),
    ("tide", "The tide at Varn rises four metres and falls twice a day."),
    ("harbour", "The harbour of Varn was dug by hand in 1702."),
    ("bell", "The bell of Varn is rung by the youngest sailor."),
    ("baker", "The baker of Varn sells dark bread before sunrise."),
    ("school", "The school of Varn has eleven pupils and one teacher."),
]
PRESET = """
chunks = ["60/0", "600/0"]
embedder = "hashing"
reranker = ["none", "word-overlap"]
candidates = 4
top_k = 1
"""


def town(lab: Lab, tmp_path: Path) -> str:
    """A paper of facts with gulls between them, and a question for each fact; the paper's id."""
    file = tmp_path / "town.md"
    file.write_text("\n\n".join(f"{fact}\n\n{'Gulls cry. ' * 20}" for _, fact in FACTS))
    paper = lab.papers.add(file).paper
    assert paper
    lines = [
        {"question": f"What of the {what} of Varn?", "gold": [{"paper": "town", "quote": fact}]}
        for what, fact in FACTS
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, [*lines, {"question": "And the moon?"}])))
    assert {each.status for each in lab.questions.add(questions)} == {"added"}
    return paper.id
