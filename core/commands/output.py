"""What the command line prints: JSON lines on stdout, sentences on stderr."""

import json
import sys


def show(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
