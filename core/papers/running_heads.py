"""Which lines of a document's pages are running heads, feet and page numbers. Pure.

They stand near the page's edge, outside of all else and apart from it, at the same height as on
other pages, and say the same there, but for numbers; a number alone has to count the pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import zip_longest

from core.papers.rows import PageRow

NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
SAME_HEIGHT = 2.0  # points, about
NEAR = 0.12  # of the height that is printed on
APART = 1.5  # times the type's size: how far they are from the text at least
DEEPEST = 4  # rows at the top and at the foot that are looked at
NEEDED, NUMBERS_NEEDED = 3, 2  # pages


def find(pages: Sequence[Sequence[PageRow]]) -> list[list[PageRow]]:
    """Those of each page, among its lines, in their order."""
    sizes = Counter[float]()
    for line in (line for page in pages for line in page):
        sizes[line.size] += len(line.text)
    largest = 1.1 * sizes.most_common(1)[0][0] if sizes else 0.0
    feet = [line.bottom for page in pages for line in page if line.size] or [0.0]
    near = NEAR * (max(feet) - min(feet))
    inner_foot, inner_top = min(feet) + near, max(feet) - near

    def is_inner(line: PageRow) -> bool:
        return line.size > 0 and inner_foot < line.bottom < inner_top

    alike: dict[tuple[str, int, int], set[int]] = defaultdict(set)  # pages
    for line in (line for page in pages for line in page):
        if not is_inner(line):
            alike[*_kind(line), _height(line)].add(line.page)

    def repeated(line: PageRow) -> bool:
        if is_inner(line):
            return False
        words, ahead = _kind(line)
        if not words or (words != "#" and line.size > largest):
            return False  # a slide's title may stand on several slides, but it is large
        steps = (alike.get((words, ahead, _height(line) + step), set()) for step in (-1, 0, 1))
        return len(set().union(*steps)) >= (NUMBERS_NEEDED if words == "#" else NEEDED)

    found = []
    for page in pages:
        marginal = {id(line) for line in page if not line.size and repeated(line)}
        for side in (1, -1):
            inside = False
            perhaps: list[PageRow] = []
            outer = _outermost(page, side)
            for row, inner in zip_longest(outer, outer[1:]):
                here = [line for line in row if repeated(line)]
                # Behind other text there is none, unless it is the number of the page.
                marginal |= {id(line) for line in here if _kind(line)[0] == "#"}
                perhaps += () if inside else here
                inside |= len(here) < len(row)
                if inner is None or abs(row[0].bottom - inner[0].bottom) > APART * row[0].size:
                    marginal |= set(map(id, perhaps))
                    perhaps = []
        found.append([line for line in page if id(line) in marginal])
    alone = all(len(some) == len(page) for some, page in zip(found, pages, strict=True))
    return [[] for _ in pages] if alone else found


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
