"""Which lines of a document's pages are running heads, feet and page numbers. Pure.

They stand outside of all else on their page, at the same height as on other pages, and say the same
there, but for numbers; a number alone has to count the pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from core.papers.rows import PageRow

NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
SAME_HEIGHT = 2.0  # points, about
DEEPEST = 4  # rows at the top and at the foot that are looked at
FEW_PAGES = 6  # in so many, two of a kind are enough; in more, three


def find(pages: Sequence[Sequence[PageRow]]) -> list[list[PageRow]]:
    """Those of each page, among its lines, in their order."""
    needed = 2 if sum(map(bool, pages)) <= FEW_PAGES else 3
    sizes = Counter[float]()
    alike: dict[tuple[str, int, int], set[int]] = defaultdict(set)  # pages
    for line in (line for page in pages for line in page):
        sizes[line.size] += len(line.text)
        alike[*_kind(line), _height(line)].add(line.page)
    largest = 1.1 * sizes.most_common(1)[0][0] if sizes else 0.0

    def repeated(line: PageRow) -> bool:
        words, ahead = _kind(line)
        near = (alike.get((words, ahead, _height(line) + step), set()) for step in (-1, 0, 1))
        # A slide's title may stand on several slides, but it is large.
        fits = bool(words) and (words == "#" or line.size <= largest)
        return fits and len(set().union(*near)) >= needed

    found = []
    for page in pages:
        marginal = {id(line) for line in page if not line.size and repeated(line)}
        for side in (1, -1):
            inside = False
            for row in _outermost(page, side):
                here = [line for line in row if repeated(line)]
                # What stands behind other text is none, unless it is the number of the page.
                marginal |= {id(line) for line in here if not inside or _kind(line)[0] == "#"}
                inside |= len(here) < len(row)
        found.append([line for line in page if id(line) in marginal])
    return found


def _height(line: PageRow) -> int:
    """Where a line's foot is, in steps of `SAME_HEIGHT`: if it is turned, how far to the left."""
    return round((line.bottom if line.size else line.left) / SAME_HEIGHT)


def _outermost(page: Sequence[PageRow], side: int) -> Sequence[list[PageRow]]:
    """The outermost rows at the top (1) or the foot (-1)."""
    rows: list[list[PageRow]] = []
    for line in sorted((line for line in page if line.size), key=lambda line: -side * line.bottom):
        if rows and abs(line.bottom - rows[-1][0].bottom) < line.size / 2:
            rows[-1].append(line)
        elif len(rows) < DEEPEST:
            rows.append([line])
        else:
            break
    return rows


def _kind(line: PageRow) -> tuple[str, int]:
    """What it says, but for numbers, and for a number alone how far it is from the page's; nothing
    for a line that says nothing, as the numbers of a table do."""
    words = NUMBER.sub("#", line.text.casefold())
    if sum(map(str.isalpha, words)) > 2:
        return words, 0
    number = NUMBER.search(line.text.casefold())
    if number is None or words.count("#") != 1:
        return "", 0
    return "#", int(number[0]) - line.page if number[0].isdigit() else 0
