"""Questions out of text: JSON lines with a "question" each, or plain lines. Knows no gold."""

import json
import re

from core.errors import BadInput

HALF = re.compile("[\ud800-\udfff]")  # half of a character, as JSON may write it


def read(text: str) -> tuple[str, ...]:
    """The questions in order, one a line; empty lines are passed over.

    A line that begins with "{" is JSON with the key "question". Errors: BadInput for one that is
    not, with its number.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip("\ufeff \t")
        if line.startswith("{"):
            line = _question(line, number)
        if line:
            found.append(line)
    return tuple(found)


def _question(line: str, number: int) -> str:
    try:
        question = json.loads(line)["question"]
    except (ValueError, KeyError, RecursionError) as error:
        raise BadInput(
            f'Line {number} begins with "{{" but is no JSON with a "question"; mend it or write'
            " the question alone."
        ) from error
    if not isinstance(question, str) or HALF.search(question):
        raise BadInput(f"The question in line {number} is no text.")
    return question.strip()
