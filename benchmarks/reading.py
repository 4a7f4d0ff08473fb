"""What reading a PDF with care costs beside reading it without.

    python -m benchmarks.reading

Ours: core.papers.read, from the file to the Paper (a process of its own, limits, mending, title,
map). Plain: a fresh Python that opens the file with pypdfium2 and writes its text out. The two
take turns on each file, and the fastest of several goes counts, so that a busy machine slows
neither alone.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from core import papers
from core.errors import Unreadable
from core.settings import ROOT, SAMPLES, Settings

DEMAND = 1.5
GOES = 7

PLAIN = """
import sys
import pypdfium2
with pypdfium2.PdfDocument(sys.argv[1]) as pdf:
    for page in pdf:
        sys.stdout.buffer.write(page.get_textpage().get_text_range().encode("utf-8", "replace"))
"""


def plain(path: Path) -> None:
    """The text by the shortest way there is."""
    command = [sys.executable, "-c", PLAIN, str(path)]
    subprocess.run(command, stdout=subprocess.PIPE, check=True)


def ours(path: Path) -> None:
    """The same file as a Paper; one without text is judged, which is as much work."""
    try:
        papers.read(path, path.name, Settings())
    except Unreadable:
        return


def rows() -> list[dict[str, str]]:
    """One row a file: what was read, both times, their ratio, and what is demanded of it."""
    return [row(path) for path in files()]


def files() -> list[Path]:
    """The sample papers, or the test papers beside the checkout, or our own small fixtures."""
    places = SAMPLES / "papers", ROOT.parent / "shared" / "papers", ROOT / "tests" / "fixtures"
    for place in places:
        if found := sorted(place.rglob("*.pdf")):
            return found
    return []


def row(path: Path) -> dict[str, str]:
    seconds = [(timed(ours, path), timed(plain, path)) for _ in range(GOES)]
    careful, careless = (min(column) for column in zip(*seconds, strict=True))
    return {
        "what": f"read {path.name}",
        "ours_seconds": f"{careful:.3f}",
        "plain_seconds": f"{careless:.3f}",
        "ratio": f"{careful / careless:.2f}",
        "demand": f"at most {DEMAND}",
    }


def timed(work: Callable[[Path], None], path: Path) -> float:
    start = time.perf_counter()
    work(path)
    return time.perf_counter() - start


def main() -> None:
    print(f"{'file':<40}{'ours s':>10}{'plain s':>10}{'ratio':>8}   demand")
    for measured in rows():
        print(
            f"{measured['what']:<40}{measured['ours_seconds']:>10}"
            f"{measured['plain_seconds']:>10}{measured['ratio']:>8}   {measured['demand']}"
        )


if __name__ == "__main__":
    main()
