"""How long a hundred thousand cards take to come in, and to be found again.

    python -m benchmarks.cards

Ours: the lab, from the file on. Plain: what must be done at least, for the import reading the
lines of the same file, for a search SQLite's own answer without the cards.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.lab import Lab
from core.settings import Settings
from core.store import EVERY, Scope

CARDS = 100_000
WORDS = [
    "harbour",
    "tide",
    "lamp",
    "moon",
    "whale",
    "rope",
    "fog",
    "stone",
    "winter",
    "signal",
    "keeper",
    "storm",
    "shore",
    "bell",
]
SEARCHES = {
    "the first page": Scope(),
    "a deep page": Scope(),
    "one deck": Scope(deck="Deck 7"),
    "a rare word": Scope(words="question77777"),
    "a word of every card": Scope(words="harbour"),
    "two words in a deck": Scope(deck="Deck 7", words="tide lam"),
    "a tag": Scope(tag="rating-9"),
}
LARGE_DECK = 250_000  # bytes


def deck(first: int, count: int, name: str) -> str:
    """`count` cards of about 400 characters."""
    parts = [f"# Flashcards: {name}\n\n---\n"]
    for number in range(first, first + count):
        words = [WORDS[(number * step) % len(WORDS)] for step in range(1, 40)]
        parts.append(
            f"#### Title {number}\n**Rating: {7 + number % 3}/10**\nOf the harbour.\n"
            f":p What is question{number}?\n??x\n{' '.join(words)}\n```c\nint i = {number};\n```\n"
            "x??\n\n---\n\n"
        )
    return "".join(parts)


def rows() -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Settings(data=Path(folder) / "data"))
        decks = Path(folder) / "decks"
        decks.mkdir()
        for number in range(100):
            text = deck(number * CARDS // 100, CARDS // 100, f"Deck {number}")
            (decks / f"{number}.md").write_text(text)
        large = Path(folder) / "large.md"
        large.write_text(deck(0, LARGE_DECK // len(deck(0, 100, "L")) * 100, "Large"))
        found = [
            row(
                f"import of {CARDS:,} cards in 100 files",
                lambda: sum(done.cards for done in lab.cards.load(decks)),
                lambda: sum(len(path.read_text().split("\n")) for path in decks.iterdir()),
                "under 60 s",
            ),
            row(
                f"import of one deck of {large.stat().st_size / 1000:,.0f} kB",
                lambda: list(lab.cards.load(large)),
                lambda: len(large.read_text().split("\n")),
                "under 0.3 s",
            ),
        ]
        for name, scope in SEARCHES.items():
            offset = 50_000 if name == "a deep page" else 0
            found.append(
                row(
                    f"{name} and its count ({lab.cards.count(scope):,} cards)",
                    lambda scope=scope, offset=offset: (  # type: ignore[misc]
                        lab.cards.find(scope, 50, offset),
                        lab.cards.count(scope),
                    ),
                    lambda: lab.cards.get(lab.cards.find(EVERY, 1)[0].id),
                    "under 0.5 s",
                )
            )
        return found


def row(
    what: str, ours: Callable[[], object], plain: Callable[[], object], demand: str
) -> dict[str, str]:
    start = time.perf_counter()
    ours()
    between = time.perf_counter()
    plain()
    end = time.perf_counter()
    return {
        "what": what,
        "ours_seconds": f"{between - start:.3f}",
        "plain_seconds": f"{end - between:.3f}",
        "ratio": f"{(between - start) / (end - between):.1f}",
        "demand": demand,
    }


def main() -> None:
    for measured in rows():
        print(measured)


if __name__ == "__main__":
    main()
