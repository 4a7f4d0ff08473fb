"""The command line, called and read."""

import json
from typing import Any

import pytest

from core.__main__ import main

OPTIONS = "--size 200 --overlap 20 --embedder hashing --reranker word-overlap --generator echo"
FEW = "--candidates 2 --top-k 1"


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[Any], str]:
    """Exit status, the JSON lines, and what was said."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        status = int(str(stopped.code))
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err
