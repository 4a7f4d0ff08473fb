"""Databases of every released schema, as tests/fixtures/schemas keeps them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from core.settings import ROOT
from core.text.words import spaced
from core.types import digest

SCHEMAS = sorted((ROOT / "tests" / "fixtures" / "schemas").glob("*.sql"))


def database_of(schema: int, path: Path) -> Path:
    """A database as the version of that schema left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("searchable", 1, spaced, deterministic=True)
        connection.create_function("set_digest", 1, lambda ids: digest(json.loads(ids)))
        for file in SCHEMAS[:schema]:
            connection.executescript(file.read_text(encoding="utf-8"))
    return path
