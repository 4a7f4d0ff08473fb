"""What is made of the figures of a soak: waits, turns and memory. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

# How much the memory may grow in its last half, as a share of it: what is less cannot be told from
# the few hundred MB that answers take and give back.
FLAT = 0.1
STRETCH = 30.0  # seconds; what an answer needs for a moment is given back within them

ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)  # where one begins in a log
WRONG = re.compile(r"Traceback|Error|ERROR|WARN")
# Streamlit begins to draw a page (runner.fastReruns) while a thread still draws the one that was
# left, and what the first takes away the other may be looking for. What that one says goes nowhere.
LEFT = re.compile(r"in register_widget\b.*^KeyError: 'st\.session_state has no key", re.S | re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question that somebody put and that was answered; moments in seconds."""

    who: str
    asked: float
    answered: float


@dataclass(slots=True, kw_only=True)
class Report:
    """What was seen. A fault is anything that should not have been."""

    faults: list[str] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)  # by kind, in seconds
    turns: dict[str, list[Turn]] = field(default_factory=dict)  # by line
    memory: list[tuple[float, float]] = field(default_factory=list)  # at a second, in MB
    notes: list[str] = field(default_factory=list)

    def waited(self, kind: str, seconds: float) -> None:
        self.waits.setdefault(kind, []).append(seconds)

    def lines(self) -> Iterable[str]:
        """The table, the notes and the faults."""
        yield "what | times | p50, s | p95, s | longest, s"
        for kind, waits in self.waits.items():
            shares = " | ".join(f"{at(waits, share):.2f}" for share in (0.5, 0.95, 1.0))
            yield f"{kind} | {len(waits):,} | {shares}"
        for line, turns in self.turns.items():
            yield f"{line}: {len(turns)} answered, at most {rounds_waited(turns)} rounds waited"
        yield from self.notes
        yield from (f"FAULT: {fault}" for fault in self.faults)


def at(waits: Sequence[float], share: float) -> float:
    """The smallest wait that this share of all do not exceed."""
    ordered = sorted(waits)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def rounds_waited(turns: Iterable[Turn]) -> int:
    """The most turns that one other had while somebody waited for theirs. What was under way when
    the question was put does not count, and who has several questions waits for each in turn."""
    served = sorted(turns, key=lambda turn: turn.answered)
    most, last = 0, dict[str, float]()
    for mine in served:
        since = max(mine.asked, last.get(mine.who, 0.0))
        between = [each.who for each in served if since < each.answered < mine.answered]
        if since == mine.asked:
            between = between[1:]
        most = max(most, *Counter(between).values(), 0)
        last[mine.who] = mine.answered
    return most


def growth(memory: Sequence[tuple[float, float]]) -> float:
    """How much what is held rises over the last half of the samples, in MB: a line through the
    least of each stretch, since an answer takes a few hundred MB and gives them back."""
    half = [sample for sample in memory if sample[0] >= (memory[0][0] + memory[-1][0]) / 2]
    held: dict[int, float] = {}
    for second, amount in half:
        at = int((second - half[0][0]) // STRETCH)
        held[at] = min(amount, held.get(at, amount))
    middle, level = fmean(held), fmean(held.values())
    spread = sum((at - middle) ** 2 for at in held)
    slope = sum((at - middle) * (amount - level) for at, amount in held.items()) / (spread or 1)
    return slope * (max(held) - min(held))


def entries(log: str) -> tuple[list[str], int]:
    """What a server's log says of faults, and how many of them are of a page that was left."""
    wrong = [entry for entry in ENTRY.split(log) if WRONG.search(entry)]
    faults = [entry for entry in wrong if not LEFT.search(entry)]
    return faults, len(wrong) - len(faults)
