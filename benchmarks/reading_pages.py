"""How much of documents whose text is known comes out right, for us and for three other readers.

    python -m benchmarks.reading_pages

Ours: core.papers.read. Beside it plain pypdfium2, pypdf, and pdftotext of poppler where it is
installed. Scans are read by OCR, which those lack. Of each document three shares:

Letters: one less the share of letters that would have to be put in, left out or changed. Words
that both texts have are taken away first, wherever they stand, and the edit distance is that of
the rest: order does not count here, and a text that is read twice does.
Order: of all two words that follow each other in the known text, how many do so as read. Words
that were read wrong are left out on both sides first.
Paragraphs: of the known paragraphs of twelve words or more, how many are a line of their own as
read, or stand by themselves between blank lines; words that were read wrong are left out here too.

Blanks and line ends are alike; ideographs are words of one letter; marks that nobody sees, and
whether a formula's letter is slanted, do not count.
"""

import re
import shutil
import subprocess
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isnan, nan
from pathlib import Path
from statistics import fmean
from threading import Event

import numpy as np

from benchmarks._known_pages import Known, all_pages, left_out, scans
from benchmarks._typesetting import IDEOGRAPH
from core import papers
from core.errors import Unreadable
from core.settings import Settings

WITHIN = 0.01  # of the best other reader's share
SHARP, MISREAD = 300, 0.02  # dpi from which on at most that share of letters may be wrong
LONG = 12  # words
WORD = re.compile(f"[{IDEOGRAPH}]|[^\\s{IDEOGRAPH}]+")
SLANTED = re.compile("[ℎ\U0001d400-\U0001d7ff]")


def ours(path: Path) -> str:
    try:
        return papers.read(path, path.name, Settings()).text
    except Unreadable:
        return ""


def by_ocr(path: Path) -> str:
    from core.papers.ocr import OCR
    from core.papers.reading import read_with_facts

    settings = Settings()
    return read_with_facts(path, path.name, settings, OCR(settings, Event()))[0].text


def pypdfium2(path: Path) -> str:
    from pypdfium2 import PdfDocument

    with PdfDocument(path) as pdf:
        return "\n".join(page.get_textpage().get_text_range(errors="replace") for page in pdf)


def pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def pdftotext(path: Path) -> str:
    said = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return said.stdout.decode("utf-8", "replace")


def readers() -> dict[str, Callable[[Path], str]]:
    """By name, ours first."""
    found = (ours, pypdfium2, pypdf, *((pdftotext,) if shutil.which("pdftotext") else ()))
    return {reader.__name__: reader for reader in found}


def words(text: str) -> list[str]:
    text = SLANTED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    seen = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    return WORD.findall("".join(seen))


def letters_right(flows: tuple[str, ...], read: str) -> float:
    known, found = words(" ".join(flows)), words(read)
    missed, more = (" ".join(left(one, other)) for one, other in ((known, found), (found, known)))
    return max(0.0, 1 - edits(missed, more) / len(" ".join(known)))


def left(these: list[str], those: list[str]) -> list[str]:
    """What is left of these words when those are taken away, each as often as it is there."""
    there = Counter(those)
    rest = []
    for word in these:
        there[word] -= 1
        if there[word] < 0:
            rest.append(word)
    return rest


def edits(one: str, other: str) -> int:
    """Levenshtein's distance, row by row; a row's own insertions are the running minimum."""
    across = np.arange(len(other) + 1)
    letters = np.array(list(other), dtype="U1")
    row = across
    for letter in one:
        below = row + 1
        below[1:] = np.minimum(below[1:], row[:-1] + (letters != letter))
        row = np.minimum.accumulate(below - across) + across
    return int(row[-1])


def order_right(flows: tuple[str, ...], read: str) -> float:
    both = set(words(read)) & set(words(" ".join(flows)))
    wanted = Counter(pair for flow in flows for pair in pairwise(only(both, flow)))
    there = Counter(pairwise(only(both, read)))
    return (wanted & there).total() / wanted.total() if wanted else 0.0


def paragraphs_right(flows: tuple[str, ...], read: str) -> float:
    """Not a number where there are none."""
    both = set(words(read)) & set(words(" ".join(flows)))
    known = [part for flow in flows for part in flow.split("\n") if len(words(part)) >= LONG]
    parts = [*re.split(r"\n\s*\n|\f", read), *read.splitlines()]
    blocks = [only(both, part) for part in parts]
    return sum(only(both, part) in blocks for part in known) / len(known) if known else nan


def only(these: set[str], text: str) -> list[str]:
    return [word for word in words(text) if word in these]


def measured(known: Known) -> dict[str, tuple[float, ...]]:
    """The shares by reader."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "known.pdf"
        path.write_bytes(known.pdf)
        able = {"ours": by_ocr} if known.dpi else readers()
        texts = {name: read(path) for name, read in able.items()}
    return {
        name: tuple(share(known.flows, text) for share in SHARES.values())
        for name, text in texts.items()
    }


SHARES = {"letters": letters_right, "order": order_right, "paragraphs": paragraphs_right}


def behind(shares: dict[str, tuple[float, ...]]) -> str:
    """Where ours is more than `WITHIN` worse than the best of the others."""
    others = [share for name, share in shares.items() if name != "ours"]
    bests = map(max, zip(*others, strict=True))
    named = zip(SHARES, shares["ours"], bests, strict=True)
    return ", ".join(f"{what} BEHIND" for what, own, best in named if own < best - WITHIN)


def misread(known: Known, shares: dict[str, tuple[float, ...]]) -> str:
    """Whether a scan has more wrong letters than it may."""
    letters = shares["ours"][0]
    return "letters TOO FEW" if known.dpi >= SHARP and letters < 1 - MISREAD else ""


def rows() -> Iterator[dict[str, str]]:
    for known in all_pages():
        shares = measured(known)
        others = [share for name, share in shares.items() if name != "ours"]
        yield {
            "what": f"read {known.name}: {', '.join(SHARES)}",
            "ours_seconds": said(shares["ours"]),
            "plain_seconds": said(tuple(map(max, zip(*others, strict=True)))),
            "ratio": "",
            "demand": behind(shares) or "within 1 % of the best of three: met",
        }
    for known in scans():
        shares = measured(known)
        wanted = "98 % of letters: met" if known.dpi >= SHARP else ""
        yield {
            "what": f"read {known.name}: {', '.join(SHARES)}",
            "ours_seconds": said(shares["ours"]),
            "plain_seconds": "",
            "ratio": "",
            "demand": misread(known, shares) or wanted,
        }


def said(shares: tuple[float, ...]) -> str:
    return " ".join("     –" if isnan(share) else f"{share:6.1%}" for share in shares)


def main() -> None:
    names = list(readers())
    print(f"| document: {', '.join(SHARES)} |" + "".join(f" {name} |" for name in names) + " |")
    print("|---|" + "---|" * (len(names) + 1))
    everything = []
    for known in all_pages():
        shares = measured(known)
        everything.append(shares)
        cells = "".join(f" {said(shares[name])} |" for name in names)
        print(f"| {known.name} |{cells} {behind(shares)} |", flush=True)
    means = {
        name: tuple(
            fmean(share for share in column if not isnan(share))
            for column in zip(*(shares[name] for shares in everything), strict=True)
        )
        for name in names
    }
    cells = "".join(f" {said(means[name])} |" for name in names)
    print(f"| mean of {len(everything)} |{cells} {behind(means)} |", flush=True)
    for known in scans():
        begun = time.perf_counter()
        shares = measured(known)
        seconds = time.perf_counter() - begun
        cells = f" {said(shares['ours'])} |" + " |" * (len(names) - 1)
        print(f"| {known.name} |{cells} {seconds:.0f} s {misread(known, shares)} |", flush=True)
    print("\n".join(left_out()))


if __name__ == "__main__":
    main()
