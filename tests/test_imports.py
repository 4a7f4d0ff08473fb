"""The order of the rooms: each imports from those beneath it, and only what their faces show."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.libraries import HEAVY

ROOT = Path(__file__).resolve().parent.parent
# From the top down, as it is read aloud. Rooms of one row do not import each other.
ORDER = (
    ("app",),
    ("pages", "__main__"),
    ("commands",),
    ("lab",),
    ("evaluation",),
    ("sweeps", "classroom"),
    ("answering", "history", "storage", "selfcheck"),
    ("retrieval", "gold", "cards"),
    ("papers", "metrics", "charts"),
    ("labels",),
    ("choices",),
    ("indexes", "chunkers", "rerankers", "generators", "embedders", "rewritings"),
    ("models", "store", "logs"),
    ("documents",),
    ("tasks", "files", "text", "settings", "pdf", "ocr"),
    ("types", "codec"),
    ("errors",),
)
# Rooms that no page looks into: it asks the services that stand on them.
BEHIND = {
    "store",
    "indexes",
    "models",
    "files",
    "codec",
    "pdf",
    "ocr",
    "logs",
    "embedders",
    "rerankers",
    "generators",
    "rewritings",
}
# Libraries that one place alone imports.
ONLY: dict[str, str | tuple[str, ...]] = {
    "streamlit": ("app", "pages"),
    "chromadb": "core.indexes.chroma",
    "faiss": "core.indexes.exact",
    "bm25s": "core.retrieval.bm25",
    "sqlite3": "core.store",
    "fcntl": "core.files",
    "pybtex": "core.papers.bibtex",
    "markitdown": "core.documents",
    "rapidocr": "core.ocr",
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
    """core.papers.reader -> papers; core.errors -> errors; pages.ui.shared -> pages"""
    top, *inner = module.split(".")
    return inner[0] if top == "core" and inner else top


FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_room_imports_only_from_those_beneath_it(path: Path) -> None:
    module = module_of(path)
    for name, _ in imports(path):
        ours = name.split(".")[0] in ("app", "pages", "core") and room_of(name) != "core"
        if ours and room_of(name) != room_of(module):
            assert FLOOR[room_of(name)] > FLOOR[room_of(module)], f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_room_takes_of_another_only_what_its_face_shows(path: Path) -> None:
    module = module_of(path)
    for name, _ in imports(path):
        if name.startswith("core.") and room_of(name) != room_of(module):
            *_, inside = name.removeprefix("core.").partition(".")
            assert not inside or inside in face(room_of(name)), f"{module} reaches into {name}"


def face(room: str) -> list[str]:
    """What a room offers to others: names, and files that are taken as a whole."""
    shown: list[str] = importlib.import_module(f"core.{room}").__all__
    return shown


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_pages_import_services_types_errors_and_labels(path: Path) -> None:
    module = module_of(path)
    if room_of(module) in ("app", "pages"):
        for name, _ in imports(path):
            top = name.split(".")[0]
            assert top != "core" or room_of(name) not in BEHIND, f"{module} imports {name}"
            page = module.startswith("pages.") and module.count(".") == 1
            assert not (page and top == "pages" and name.count(".") == 1 and name != "pages.ui")


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_library_is_known_to_the_room_that_needs_it(path: Path) -> None:
    module = module_of(path)
    for name, at_top in imports(path):
        top = name.split(".")[0]
        if top in ONLY:
            assert module.startswith(ONLY[top]), f"{module} knows {top}"
        if top in HEAVY:
            assert not module.startswith(("pages", "app", "core.commands", "core.lab"))
            assert not at_top, f"{module} imports {name} before it is needed"
        if room_of(module) in ("types", "errors"):
            assert top in sys.stdlib_module_names or top in ("core", "numpy", "tokenizers")


def test_each_room_has_its_place_in_the_order() -> None:
    assert {room_of(module_of(path)) for path in FILES} - {"core"} == set(FLOOR)


def test_no_two_public_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module_of(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_stay_small(path: Path) -> None:
    page = path.parent == ROOT / "pages"
    most = 150 if page else 450
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
