"""What people's marks of answers come to. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from core.types import MARKS, Grade

LEAST, MOST = int(min(MARKS)), int(max(MARKS))


def mean_marks(grades: Iterable[Grade]) -> dict[tuple[str, str], float]:
    """By question and answer the mean of its marks, as a share (0..1) of the best one."""
    marks: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in grades:
        if each.mark:
            marks[each.question, each.answers[0]].append((each.mark - LEAST) / (MOST - LEAST))
    return {thing: sum(some) / len(some) for thing, some in marks.items()}
