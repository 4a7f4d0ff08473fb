"""What all tests share: a lab of their own, with small real backends where models are not meant."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture
def shared() -> Path:
    """The local test data beside the checkout; the test is skipped where there is none."""
    if not SHARED.is_dir():
        pytest.skip("no local test data beside the checkout")
    return SHARED
