"""Files of questions: JSON lines or a JSON array, or the CSV of Chroma's chunking evaluation. Knows
no papers.

JSON: an object a line, or in the array, with `question`, `reference` (a short right answer; may be
missing) and `gold`, a list of passages; an empty one says that the papers do not answer the
question. `generated_by` names the model that wrote the question, if one did. A passage has `paper`
(id or its beginning, file name with or without its ending, or title) and `quote`, or `start` and
`end`, or both; `sha256` (the whole id), if there, goes before `paper`. All passages are
needed together, unless each has a whole number `alternative`: those of one number are needed
together, and any one alternative answers.

CSV: the columns `question`, `corpus_id` (a paper as above) and `references`, a JSON list of objects
with `content`, `start_index` and `end_index`, and `alternative` as above.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.text import Undecodable, decode, separator_of
from core.types import Paper, Question, Span

NEXT = re.compile(r"[^\s,]")  # an array's next element, or its end
JSON_NAMES = ("quote", "start", "end")
CSV_NAMES = ("content", "start_index", "end_index")
HALF = re.compile("[\ud800-\udfff]")  # half of a character, as JSON may write it


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPassage:
    """A gold passage as a file names it: by its text, by its offsets, or by both; and the number
    of the alternative that it belongs to, if there are several."""

    paper: str
    quote: str = ""
    start: int | None = None
    end: int | None = None
    alternative: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question as a file asks it, in line `line` (from 1; of a CSV, the row's first)."""

    line: int
    text: str
    passages: tuple[WrittenPassage, ...] = ()
    reference: str = ""
    generated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A line that holds no question, and why."""

    line: int
    why: str


def read(name: str, data: bytes) -> list[Written | Unread]:
    """Every question of a file, in order, and the lines that are none; its name says the format.

    Errors: BadInput for another kind of file, one that is no text, or a CSV without the columns.
    """
    try:
        text = decode(data).text
    except Undecodable as error:
        raise BadInput(f"{name} {error}; save it as UTF-8.") from error
    match _kind(name):
        case "jsonl" | "ndjson" | "json":
            in_array = text.lstrip().startswith("[")
            return list((_json_array if in_array else _json_lines)(text))
        case "csv":
            return list(_rows(name, text))
        case _:
            raise BadInput(f"{name} is no file of questions; give JSON lines (.jsonl) or .csv.")


def to_line(
    question: Question, papers: Mapping[str, Paper], left: Mapping[Span, str]
) -> dict[str, Any]:
    """A question as one object of JSON lines, which `read` reads. A passage of a paper that is not
    here has no quote, but for those `left` in earlier readings."""
    gold = []
    numbers = question.alternative_of or (None,) * len(question.gold)
    for span, number in zip(question.gold, numbers, strict=True):
        paper = papers.get(span.paper_id)
        gold.append(
            {
                "paper": paper.source if paper else span.paper_id,
                "sha256": span.paper_id,
                "start": span.start,
                "end": span.end,
                "quote": paper.text[span.start : span.end] if paper else left.get(span, ""),
                **({"alternative": number} if number is not None else {}),
            }
        )
    model = question.generated_by
    return {
        "question": question.text,
        "reference": question.reference,
        "gold": gold,
        **({"generated_by": model} if model else {}),
    }


def pasted(name: str, passage: WrittenPassage) -> str:
    """A passage as one line of JSON that a file of this name may hold in place of another one."""
    quote, start, end = CSV_NAMES if _kind(name) == "csv" else JSON_NAMES
    fields: dict[str, Any] = {} if _kind(name) == "csv" else {"paper": passage.paper}
    fields |= {quote: passage.quote, start: passage.start, end: passage.end}
    if passage.alternative is not None:
        fields["alternative"] = passage.alternative
    return json.dumps(fields, ensure_ascii=False)


def _kind(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _json_lines(text: str) -> Iterator[Written | Unread]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _question(number, json.loads(line))
            except (ValueError, RecursionError) as error:
                yield Unread(line=number, why=_why(error))


def _json_array(text: str) -> Iterator[Written | Unread]:
    """The elements one by one, so that each knows its line, and one that is no question is named
    and the others go on."""
    place, line = text.index("[") + 1, 1
    seen = 0  # up to here the lines are counted
    while (found := NEXT.search(text, place)) and found[0] != "]":
        line += text.count("\n", seen, found.start())
        seen = found.start()
        try:
            fields, place = json.JSONDecoder().raw_decode(text, seen)
        except (ValueError, RecursionError) as error:
            yield Unread(line=line, why=f"{_why(error)}; nothing behind it was read")
            return
        try:
            yield _question(line, fields)
        except ValueError as error:
            yield Unread(line=line, why=_why(error))
    if not found:
        yield Unread(line=line, why="the array does not end; something behind it may be missing")


def _question(number: int, fields: Any) -> Written:
    if not isinstance(fields, dict):
        raise ValueError("it is no object with a question")
    gold = fields.get("gold", [])
    if not isinstance(gold, list):
        raise ValueError("its gold is no list of passages")
    return Written(
        line=number,
        text=_text(fields, "question").strip(),
        passages=_passages(gold, None, *JSON_NAMES),
        reference=_text(fields, "reference", needed=False),
        generated_by=_text(fields, "generated_by", needed=False).strip(),
    )


def _rows(name: str, text: str) -> Iterator[Written | Unread]:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator_of(text))
    try:
        missing = {"question", "references", "corpus_id"} - set(rows.fieldnames or ())
    except csv.Error as error:
        raise BadInput(f"{name} is no CSV: {error}.") from error
    if missing:
        raise BadInput(f"{name} has no column called {', '.join(sorted(missing))}.")
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows, None)
            if row is None:
                return
            yield _row(number, row)
        except (ValueError, RecursionError, csv.Error) as error:
            yield Unread(line=number, why=_why(error))


def _row(number: int, row: dict[str, Any]) -> Written:
    references = json.loads(row["references"] or "[]")
    if not isinstance(references, list):
        raise ValueError("its references are no list")
    return Written(
        line=number,
        text=_text(row, "question").strip(),
        passages=_passages(references, row["corpus_id"], *CSV_NAMES),
    )


def _passages(
    listed: list[Any], paper: str | None, quote: str, start: str, end: str
) -> tuple[WrittenPassage, ...]:
    """As `_passage`, of all that a question lists."""
    found = tuple(_passage(each, paper, quote, start, end) for each in listed)
    if len({each.alternative is None for each in found}) > 1:
        raise ValueError("some of its passages have an alternative and some have none")
    return found


def _passage(fields: Any, paper: str | None, quote: str, start: str, end: str) -> WrittenPassage:
    """`quote`, `start` and `end` are the names it has here; so is its paper, if not given."""
    if not isinstance(fields, dict):
        raise ValueError("a passage is no object with a paper and a quote")
    paper = paper or fields.get("sha256") or fields.get("paper")
    if not isinstance(paper, str) or not paper.strip() or HALF.search(paper):
        raise ValueError("a passage names no paper")
    offsets, alternative = [fields.get(start), fields.get(end)], fields.get("alternative")
    if any(type(each) not in (int, type(None)) for each in offsets):
        raise ValueError(f"a passage's {start} or {end} is no whole number")
    if type(alternative) not in (int, type(None)):
        raise ValueError("a passage's alternative is no whole number")
    passage = WrittenPassage(
        paper=paper.strip(),
        quote=_text(fields, quote, needed=False),
        start=offsets[0],
        end=offsets[1],
        alternative=alternative,
    )
    if not passage.quote.strip() and None in offsets:
        raise ValueError(f"a passage has neither a {quote} nor {start} and {end}")
    return passage


def _text(fields: dict[str, Any], name: str, *, needed: bool = True) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str):
        raise ValueError(f"its {name} is no text")
    if needed and not value.strip():
        raise ValueError(f"it has no {name}")
    if HALF.search(value):
        raise ValueError(f"its {name} holds half a character")
    return value


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON ({error.msg} at character {error.pos + 1})"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
