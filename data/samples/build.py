"""Makes the sample corpus from its sources: the three PDFs, and the places of the gold quotes.

    python -m data.samples.build          (from the folder of the project)

The PDFs in papers/ are compiled from source/*.typ with the package `typst` (0.15.0), which is no
requirement of the lab: `pip install typst==0.15.0` is needed only to change a PDF. It brings its
own fonts, none of the system is used, and each document carries a fixed date, so that the same
sources always give the same bytes. In questions.jsonl a person writes "paper" and "quote" of a gold
passage; this script finds the quote in the text of the paper as the lab reads it, whatever the
white space, and writes "start", "end" and the exact slice. A quote that stands there twice, or not
at all, is an error.
"""

import json
import re
from pathlib import Path
from typing import Any

from core import papers
from core.settings import Settings
from core.types import Paper

HERE = Path(__file__).resolve().parent
QUESTIONS = HERE / "questions.jsonl"
PDFS = ("attention", "lora-and-qlora", "retrieval-and-reranking")
SHORTEST, LONGEST = 60, 400  # characters of a gold quote


def compile_papers() -> None:
    """Write the three PDFs."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    for name in PDFS:
        target = HERE / "papers" / f"{name}.pdf"
        typst.compile(HERE / "source" / f"{name}.typ", output=target, font_paths=fonts)


def locate(quote: str, text: str) -> tuple[int, int]:
    """Start and end of the one place in `text` that reads like `quote`, white space aside.

    Errors: ValueError if there is none or more than one, or if the quote is too short or long.
    """
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    places = [found.span() for found in re.finditer(pattern, text)]
    if len(places) != 1:
        raise ValueError(f"This quote stands {len(places)} times in its paper: {quote}")
    start, end = places[0]
    if not SHORTEST <= end - start <= LONGEST:
        raise ValueError(f"This quote has {end - start} characters: {quote}")
    return start, end


def place_quotes() -> None:
    """Rewrite questions.jsonl with the places of all quotes in the texts as they are now."""
    texts = {paper.source: paper for paper in _read_all()}
    lines = []
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        question: dict[str, Any] = json.loads(line)
        question["gold"] = [_placed(gold, texts[gold["paper"]]) for gold in question["gold"]]
        lines.append(json.dumps(question, ensure_ascii=False) + "\n")
    QUESTIONS.write_text("".join(lines), encoding="utf-8")


def _placed(gold: dict[str, Any], paper: Paper) -> dict[str, Any]:
    start, end = locate(gold["quote"], paper.text)
    return {"paper": paper.source, "start": start, "end": end, "quote": paper.text[start:end]}


def _read_all() -> list[Paper]:
    files = sorted((HERE / "papers").iterdir())
    return [papers.read(file, file.name, Settings()) for file in files]


if __name__ == "__main__":
    compile_papers()
    place_quotes()
