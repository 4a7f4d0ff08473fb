"""The rules of a class: codes, letters, what a vote counts, how long a guesser waits. Pure.

Knows no database, no network and no page.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence

from core.errors import BadInput
from core.types import Asked, Round, Tally

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: what is read off a wall from the last row.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
CODE_LENGTH = 5  # 6.4 million codes
PIN_LENGTH = 6  # digits
LONGEST_NAME = 24  # characters
MOST_STUDENTS = 200  # in one class
MOST_WAITING = 3  # questions of one student
LETTERS = "ABCDEF"
REFERENCE = re.compile(r"[^\S\n]*\[\d{1,2}(?:\s*[,–-]\s*\d{1,2})*\]")

# Guesses that cost nothing, and the longest wait after more of them. Thirty students mistype a
# code; one teacher seldom mistypes a PIN. In an hour 65 PINs of a million can be tried.
FREE_PINS, LONGEST_PIN_WAIT = 3, 60
FREE_CODES, LONGEST_CODE_WAIT = 30, 10

QUESTIONS: dict[Asked, str] = {
    "read": "Which one read the paper?",
    "right": "Which one is right?",
}


def new_code() -> str:
    """A code to join by."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def new_pin() -> str:
    """What the teacher types on another screen."""
    return "".join(secrets.choice("0123456789") for _ in range(PIN_LENGTH))


def typed_code(text: str) -> str:
    """A code as somebody typed it, the way codes are written here."""
    return re.sub(r"[\s-]", "", text).upper()


def sealed(pin: str, salt: str) -> str:
    """What is kept of a PIN: its scrypt hash, in hex. `salt` is hex too."""
    key = hashlib.scrypt(pin.strip().encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1)
    return key.hex()


def new_salt() -> str:
    return secrets.token_hex(16)


def new_token() -> str:
    """A student's secret; nobody guesses 72 bits."""
    return secrets.token_urlsafe(9)


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(one.encode(), other.encode())


def wait_after(wrong: int, free: int, longest: int) -> int:
    """Seconds until the next guess, after so many wrong ones: none, then 1, 2, 4 ... `longest`."""
    return 0 if wrong < free else min(longest, 2 ** min(wrong - free, 16))


def checked_name(name: str) -> str:
    """A name on one line. Errors: BadInput for one that is empty or too long."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput(f"Choose a name of 1 to {LONGEST_NAME} characters.")
    return name


def shuffled(class_id: str, number: int, run_ids: Iterable[str]) -> tuple[str, ...]:
    """The runs in the order of their letters. It depends on the class and the round alone, and
    nobody who does not know the class's id can tell it beforehand."""

    def place(run_id: str) -> bytes:
        return hashlib.sha256(f"{class_id}:{number}:{run_id}".encode()).digest()

    return tuple(sorted(run_ids, key=place))


def blind(text: str) -> str:
    """An answer without its references to passages, such as [1], which tell that it read some."""
    return REFERENCE.sub("", text)


def check_round(texts: Sequence[str], readers: int, asked: Asked) -> None:
    """Errors: BadInput for a comparison that nobody can vote on; `texts` are its answers, of which
    `readers` had read a paper."""
    if not 2 <= len(texts) <= len(LETTERS):
        raise BadInput(
            f"A round compares 2 to {len(LETTERS)} answers; this comparison has {len(texts)}."
        )
    if not all(text.strip() for text in texts):
        raise BadInput("A panel of this comparison has no answer; choose another one.")
    if asked == "read" and readers == 0:
        raise BadInput("No panel here read a paper; ask which one is right.")
    if asked == "read" and readers == len(texts):
        raise BadInput("Every panel here read a paper; ask which one is right.")


def score(rounds: Iterable[tuple[Round, Tally]]) -> tuple[int, int]:
    """Of a class, never of persons: how many votes on who read the paper named one that did, and
    how many there were, over the rounds that are revealed."""
    found = total = 0
    for played, tally in rounds:
        if played.revealed:
            votes = tally.get("read", {})
            found += sum(votes.get(run_id, 0) for run_id in played.readers)
            total += sum(votes.values())
    return found, total
