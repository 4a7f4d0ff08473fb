"""What the command line prints: JSON lines, or a text, on stdout; sentences on stderr."""

import json
import sys


def show(value: object) -> None:
    # Half a character, as a file's name may have, is then written as JSON writes it: \udce9.
    line = json.dumps(value, ensure_ascii=False)
    print(line.encode("utf-8", "backslashreplace").decode(), flush=True)


def print_as_it_is(text: str) -> None:
    """In UTF-8, whatever the terminal's encoding is."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def say(sentence: str) -> None:
    print(sentence.encode("utf-8", "backslashreplace").decode(), file=sys.stderr, flush=True)
