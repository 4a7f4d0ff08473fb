"""The device and torch's threads are chosen on purpose."""

from pathlib import Path

import pytest
import torch

from core.errors import BadInput
from core.models import device
from core.models.device import pick
from core.settings import Settings

THERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def test_auto_takes_an_accelerator_where_there_is_one() -> None:
    assert pick(Settings()) == next(name for name in ("cuda", "mps", "cpu") if THERE[name])


def test_the_processor_can_be_asked_for_and_threads_are_set() -> None:
    before = torch.get_num_threads()
    assert pick(Settings(device="cpu", threads=before + 1)) == "cpu"
    assert torch.get_num_threads() == before + 1
    torch.set_num_threads(before)


def test_a_device_this_machine_lacks_is_refused() -> None:
    lacking = next(name for name, there in THERE.items() if not there)
    with pytest.raises(BadInput, match=f"TRIPTYCH_DEVICE is {lacking}, but this machine"):
        pick(Settings(device=lacking))


def test_what_is_known_of_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory").write_text("MemTotal:   2000 kB\nMemFree: 1 kB\nMemAvailable: 500 kB\n")
    (tmp_path / "processors").write_text("vendor_id : X\nmodel name\t: A fast one\nmodel name: B\n")
    monkeypatch.setattr(device, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr(device, "PROCESSORS", tmp_path / "processors")
    pick.cache_clear()  # as before the first model is loaded
    facts = device.facts(Settings(device="cpu", threads=3))
    assert (facts.place, facts.name, facts.threads) == ("cpu", "A fast one", 3)
    assert (facts.free, facts.total) == (500 * 1024, 2000 * 1024)
    monkeypatch.setattr(device, "MEMORY", tmp_path / "nothing")
    assert device.facts(Settings(device="cpu")).total is None


def test_a_gpu_is_named_before_torch_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t NVIDIA H100\nIRQ: 7\n")
    monkeypatch.setattr(device, "GPUS", tmp_path)
    pick.cache_clear()  # as before the first model is loaded
    facts = device.facts(Settings(device="cuda"))
    assert (facts.place, facts.name, facts.free, facts.total) == ("cuda", "NVIDIA H100", None, None)
