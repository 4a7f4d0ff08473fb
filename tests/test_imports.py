"""Imports point one way: app -> pages -> pages.ui -> core.lab -> rooms of core -> types, errors."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "chromadb",
    "onnxruntime",
    "bm25s",
    "choix",
    "openai",
    "scipy",
    "ir_measures",
    "tiktoken",
}
FILES = [
    ROOT / "app.py",
    *sorted((ROOT / "pages").rglob("*.py")),
    *sorted((ROOT / "core").rglob("*.py")),
]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every imported module, also inside functions, and whether it is imported at the top when
    the file runs (not inside a function, not for type checkers alone)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late: set[ast.AST] = set()
    for node in ast.walk(tree):
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if typing_only or isinstance(node, ast.FunctionDef):
            late.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            known = {module_of(file) for file in FILES}
            names = [name if name in known else node.module for name in inner]
        else:
            continue
        for name in names:
            yield name, node not in late


def room_of(module: str) -> str:
    """core.papers.reader -> core.papers; core.types -> core.types"""
    return ".".join(module.split(".")[:2])


def layer(module: str) -> int:
    match module.split("."):
        case ["app"]:
            return 5
        case ["pages", "ui", *_]:
            return 3
        case ["pages", *_]:
            return 4
        case ["core", "lab" | "commands" | "__main__", *_]:
            return 2
        case ["core", "types" | "errors", *_]:
            return 0
        case _:
            return 1


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_point_one_way(path: Path) -> None:
    module = module_of(path)
    for name, at_top in imports(path):
        top = name.split(".")[0]
        if top in ("app", "pages", "core"):
            assert layer(name) <= layer(module), f"{module} imports {name}"
            assert not (layer(module) == layer(name) == 4), f"pages import no pages: {name}"
            if layer(module) == layer(name) == 1:
                inside = name.count(".") > 1 and room_of(name) != room_of(module)
                assert not inside, f"{module} reaches inside another room: {name}"
        elif top == "streamlit":
            assert layer(module) >= 3, f"{module} knows streamlit"
        elif top == "chromadb":
            assert module == "core.indexes.chroma"
        elif top == "bm25s":
            assert module == "core.retrieval.bm25"
        elif top == "sqlite3":
            assert room_of(module) == "core.store"
        if top in HEAVY:
            assert layer(module) == 1
            assert not at_top, f"{module} imports {name} before it is needed"
        if layer(module) == 0:
            assert top in sys.stdlib_module_names or layer(name) == 0


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_stay_small(path: Path) -> None:
    most = 150 if layer(module_of(path)) == 4 else 450
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


def test_opening_a_lab_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from core.lab import Lab; from core.settings import from_environment;"
        "lab = Lab(from_environment()); lab.models.all(); lab.papers.all();"
        "lab.comparisons.recorded();"
        f"print(sorted(set(sys.modules) & {HEAVY | {'pypdfium2', 'pypdf', 'streamlit'}!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"TRIPTYCH_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
