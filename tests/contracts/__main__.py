"""Have mypy hold each file of a family to the family's Protocol: a part of `make check`.

mypy does not see what is imported by name while the program runs. So a line is written for each
file that the core would find, which hands it over as its Protocol, and mypy reads these.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mypy import api

from core.models import modules

PROTOCOLS = {
    "core.chunkers": "core.chunkers.Chunker",
    "core.indexes": "core.indexes.IndexBackend",
    "core.embedders": "core.models.EmbedderBackend",
    "core.rerankers": "core.models.RerankerBackend",
    "core.generators": "core.models.GeneratorBackend",
    "tests.backends.embedders": "core.models.EmbedderBackend",
    "tests.backends.rerankers": "core.models.RerankerBackend",
    "tests.backends.generators": "core.models.GeneratorBackend",
}

files = {f"{family}.{name}": family for family in PROTOCOLS for name in modules(family)}
lines = [f"import {module}" for module in ("core.chunkers", "core.indexes", "core.models", *files)]
lines += [
    f"_{number}: {PROTOCOLS[family]} = {file}"
    for number, (file, family) in enumerate(files.items())
]
with TemporaryDirectory() as folder:
    program = Path(folder, "backends.py")
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said, problem, status = api.run(["--pretty", str(program)])
sys.exit(said + problem if status else 0)
