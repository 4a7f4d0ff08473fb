"""The device and torch's threads are chosen on purpose."""

import pytest
import torch

from core.device import pick
from core.errors import BadInput
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
