"""A BEIR data set (Thakur et al., 2021) as its folder holds it: `corpus.jsonl`, `queries.jsonl`,
and `qrels.tsv` or `qrels/test.tsv`. Searches nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import BadInput
from core.types import Paper, digest

QRELS = ("qrels.tsv", "qrels/test.tsv")
SCIFACT = "99b64dbcfe3ed9f4"  # its documents and grades, as `BeirSet.digest` says them


@dataclass(frozen=True, kw_only=True)
class BeirSet:
    """Documents, and by the question's id its text and the grades of documents by their id."""

    papers: tuple[Paper, ...]
    questions: dict[str, str]
    relevance: dict[str, dict[str, int]]

    @cached_property
    def digest(self) -> str:
        """Of all that a result depends on."""
        texts = sorted((paper.id, paper.text) for paper in self.papers)
        return digest([texts, self.questions, self.relevance])

    @property
    def is_scifact(self) -> bool:
        """Whether this is the data set that published values are known of."""
        return self.digest == SCIFACT


def holds(folder: Path) -> bool:
    """Whether the folder looks like a BEIR data set."""
    return (folder / "corpus.jsonl").is_file()


def read(folder: Path) -> BeirSet:
    """The documents, and the questions of which a document is relevant. Errors: BadInput for a
    folder of something else, and for a line that is not as it should be."""
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    grades = next((file for name in QRELS if (file := folder / name).is_file()), folder / QRELS[0])
    for file in (corpus, queries, grades):
        if not file.is_file():
            raise BadInput(
                f"{folder} does not hold a BEIR data set (corpus.jsonl, queries.jsonl and qrels.tsv"
                " or qrels/test.tsv)."
            )
    papers = {each: _paper(each, title, text) for each, title, text in _objects(corpus)}
    asked = {each: text for each, _, text in _objects(queries)}
    relevance: dict[str, dict[str, int]] = {}
    for question, document, grade in _grades(grades):
        for name, known in ((question, asked), (document, papers)):
            if name not in known:
                raise BadInput(f"{grades} speaks of {name!r}, which is not in the data set.")
        relevance.setdefault(question, {})[document] = grade
    relevance = {each: found for each, found in relevance.items() if max(found.values()) > 0}
    if not relevance:
        raise BadInput(f"{grades} names no relevant document.")
    return BeirSet(
        papers=tuple(papers.values()),
        questions={each: asked[each] for each in relevance},
        relevance=relevance,
    )


def _objects(file: Path) -> Iterator[tuple[str, str, str]]:
    """Id, title (which may be missing) and text of each line. Errors: BadInput."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                fields = json.loads(line)
                found = fields["_id"], fields.get("title", ""), fields["text"]
                if not all(isinstance(each, str) for each in found):
                    raise TypeError
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise BadInput(f"{file}, line {number}: no object with _id and text.") from error
            yield found


def _grades(file: Path) -> Iterator[tuple[str, str, int]]:
    """Question, document and grade of each line. Errors: BadInput."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                question, document, grade = line.decode().rstrip("\r\n").split("\t")
                if number > 1:
                    yield question, document, int(grade)
            except ValueError as error:
                raise BadInput(
                    f"{file}, line {number}: no question, document and grade with tabs between."
                ) from error


def _paper(document: str, title: str, text: str) -> Paper:
    """With its text as BEIR joins it."""
    whole = f"{title} {text}".strip()
    return Paper(id=document, title=title, text=whole, source="corpus.jsonl", kind="text")
