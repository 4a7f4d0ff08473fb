"""The device and torch's threads are chosen on purpose."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.errors import BadInput, TriptychError
from core.models import device
from core.models.device import pick
from core.settings import Settings

GTX = "NVIDIA GeForce GTX 960"
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
    before_the_first_load(monkeypatch)
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
    before_the_first_load(monkeypatch)
    facts = device.facts(Settings(device="cuda"))
    assert (facts.place, facts.name, facts.free, facts.total) == ("cuda", "NVIDIA H100", None, None)


def before_the_first_load(monkeypatch: pytest.MonkeyPatch) -> None:
    pick.cache_clear()
    device._guess.cache_clear()
    monkeypatch.setattr(device, "_PICKED", {})


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A card as torch describes it, before the first model is loaded."""
    card = SimpleNamespace(
        there=True, name=GTX, bfloat16=True, capability=(9, 0), codes=["sm_80", "sm_90"]
    )
    before_the_first_load(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: card.there)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: card.bfloat16)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: card.codes)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: card.capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: card.name)
    monkeypatch.setattr(
        torch.cuda,
        "get_device_properties",
        lambda _: SimpleNamespace(gcnArchName="gfx1100:sramecc-"),
    )
    yield card
    before_the_first_load(monkeypatch)


def machine(monkeypatch: pytest.MonkeyPatch, folder: Path, built_for: str, *nodes: str) -> None:
    """A machine with these device nodes, and a torch whose version.py says what it is for."""
    (folder / "version.py").write_text(
        f"cuda: Optional[str] = None\nhip: Optional[str] = None\n{built_for}\n"
    )
    monkeypatch.setattr(device.sys, "platform", "linux")
    spec = SimpleNamespace(origin=str(folder / "__init__.py"))
    monkeypatch.setattr(device, "find_spec", lambda _name: spec)
    for name in ("NVIDIA", "AMD", "WSL"):
        node = folder / name
        if name in nodes:
            node.touch()
        monkeypatch.setattr(device, name, node)
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    before_the_first_load(monkeypatch)


CUDA, HIP = "cuda: Optional[str] = '12.8'", "hip: Optional[str] = '6.4'"


@pytest.mark.parametrize(
    ("built_for", "node", "place"),
    [
        (CUDA, "NVIDIA", "cuda"),
        (CUDA, "WSL", "cuda"),
        (HIP, "AMD", "cuda"),
        (HIP, "WSL", "cuda"),
        (CUDA, "AMD", "cpu"),
        (HIP, "NVIDIA", "cpu"),
        ("", "NVIDIA", "cpu"),
        (CUDA, "", "cpu"),
    ],
)
def test_what_torch_was_built_for_and_the_card_that_is_here_tell_the_likely_device(
    built_for: str, node: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, built_for, node)
    assert device.likely(Settings()) == place


def test_a_hidden_card_is_not_likely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, tmp_path, HIP, "AMD")
    monkeypatch.setenv("HIP_VISIBLE_DEVICES", "-1")
    assert device.likely(Settings()) == "cpu"


def test_once_torch_has_looked_the_list_says_what_it_found(
    tmp_path: Path, gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, tmp_path, CUDA, "NVIDIA")
    gpu.there = False  # a driver that is too old
    assert device.likely(Settings()) == "cuda"
    with pytest.raises(
        TriptychError, match=r"listed for cuda in bfloat16, but .+ on cpu here; they"
    ):
        device.agreed(Settings())
    assert device.likely(Settings()) == "cpu"
    assert device.agreed(Settings()) == "cpu"
    assert device.facts(Settings()).place == "cpu"


def test_a_card_without_bfloat16_computes_in_float16(gpu: Any) -> None:
    gpu.bfloat16 = False
    assert device.half_precision("cuda") == "bfloat16"  # as nobody has looked yet
    with pytest.raises(TriptychError, match="computes on cuda in float16 here"):
        device.agreed(Settings(device="cuda"))
    assert device.half_precision("cuda") == "float16"
    assert device.agreed(Settings(device="cuda")) == "cuda"


@pytest.mark.parametrize(
    ("capability", "codes", "runs"),
    [
        ((8, 6), ["sm_80"], True),  # code for a lower minor number of the same generation
        ((8, 0), ["sm_86"], False),
        ((9, 0), ["sm_80", "sm_86"], False),
        ((9, 0), ["sm_80", "compute_80"], True),  # compiled on the spot
        ((9, 0), ["sm_90a"], True),
        ((10, 0), ["sm_90", "sm_100"], True),
        ((10, 3), ["sm_100a"], False),  # only for that one capability
        ((5, 2), ["sm_70", "compute_90"], False),
        ((5, 2), [], True),  # nobody says
    ],
)
def test_a_card_that_torch_has_no_code_for_is_not_taken(
    capability: tuple[int, int], codes: list[str], runs: bool, gpu: Any
) -> None:
    gpu.capability, gpu.codes = capability, codes
    assert pick(Settings()) == ("cuda" if runs else "cpu")
    if not runs:
        said = f"has no code for {GTX} .sm_{capability[0]}{capability[1]}., only for {codes[0]}"
        assert device.facts(Settings()).note.startswith("This torch")
        with pytest.raises(BadInput, match=f"{said}.+Or set TRIPTYCH_DEVICE to cpu"):
            pick(Settings(device="cuda"))


def test_a_card_of_amd_is_known_by_its_name(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.4")
    gpu.codes = ["gfx90a", "gfx1100"]
    assert pick(Settings()) == "cuda"
    gpu.codes = ["gfx90a"]
    before_the_first_load(monkeypatch)
    assert pick(Settings()) == "cpu"


@pytest.mark.parametrize(
    "said",
    [
        "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory",
        "MPS backend out of memory (MPS allocated: 18.04 GiB, max allowed: 18.13 GiB)",
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "CUDA driver error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "HIP out of memory. Tried to allocate 2.00 GiB",
        "HIP error: out of memory",
        "CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`",
    ],
)
def test_a_full_memory_is_known_in_every_form(said: str) -> None:
    assert device.out_of_memory(RuntimeError(said))


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
        "CUDA error: device-side assert triggered",
        "expected scalar type Half but found Float",
    ],
)
def test_other_faults_of_a_device_are_no_full_memory(said: str) -> None:
    assert not device.out_of_memory(RuntimeError(said))


def test_blocks_that_torch_keeps_for_itself_count_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (3_000, 10_000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 6_000)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 1_000)
    assert device.free_bytes("cuda") == 8_000


def test_what_a_model_leaves_in_the_cache_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: emptied.append("mps"))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    device.give_back()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    device.give_back()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    device.give_back()
    assert emptied == ["cuda", "mps"]
