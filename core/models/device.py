"""Which device torch computes on, and with how many threads. Knows no model."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from core.errors import BadInput, OutOfSpace, TriptychError
from core.settings import Settings

MEMORY = Path("/proc/meminfo")
PROCESSORS = Path("/proc/cpuinfo")
GPUS = Path("/proc/driver/nvidia/gpus")
NVIDIA, AMD, WSL = Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg")

# Read by OpenMP when torch loads it. Threads that spin while they wait make two processes on the
# same cores slow each other many times over (34 s instead of 1 s for a server and a command line
# on two cores); threads that sleep cost one process alone about a tenth.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@cache
def pick(settings: Settings) -> str:
    """The device as torch names it: cuda, mps or cpu; "auto" takes the first of these there is and
    that torch has code for. From then on `likely`, `half_precision` and `facts` say the same.

    Sets torch's thread count as well, on purpose and once: left alone, each process takes every
    core, and two of them slow each other down many times over.
    Errors: BadInput for a device that this machine lacks, or that torch has no code for.
    """
    import torch

    torch.set_num_threads(settings.cores)
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    without_code = _without_code() if there["cuda"] and settings.device in ("auto", "cuda") else ""
    if settings.device == "auto":
        there["cuda"] &= not without_code
        place = next(name for name, found in there.items() if found)
    elif not there[settings.device]:
        raise BadInput(
            f"TRIPTYCH_DEVICE is {settings.device}, but this machine has no {settings.device} "
            "device; set it to auto or cpu."
        )
    elif without_code:
        raise BadInput(f"{without_code} Or set TRIPTYCH_DEVICE to cpu.")
    else:
        place = settings.device
    _PICKED[settings.device] = _Picked(place, _half(place), without_code)
    return place


@dataclass(frozen=True, slots=True)
class _Picked:
    place: str
    half: str
    without_code: str  # why a GPU that is here was not taken


_PICKED: dict[str, _Picked] = {}  # by the device of the settings


def likely(settings: Settings) -> str:
    """The device that `pick` took, or before that the one it will most likely take, found without
    torch: for lists of models."""
    picked = _PICKED.get(settings.device)
    return picked.place if picked else _guess(settings.device)


def half_precision(place: str) -> str:
    """The 16-bit numbers that a GPU computes with: bfloat16, or float16 on cards that lack it (the
    T4, V100 and GTX; Macs before macOS 14). Until `pick` has looked it is taken for bfloat16."""
    return next((each.half for each in _PICKED.values() if each.place == place), "bfloat16")


def agreed(settings: Settings) -> str:
    """The device of `pick`, for a load of something that was listed for `likely`.

    Errors: TriptychError, once, where the two differ: what was listed before names another
    precision than the one that would be computed in.
    """
    listed = likely(settings), half_precision(likely(settings))
    place = pick(settings)
    if listed != (place, half_precision(place)):
        was, is_now = (
            name if name == "cpu" else f"{name} in {half}"
            for name, half in (listed, (place, half_precision(place)))
        )
        raise TriptychError(
            f"The models were listed for {was}, but torch computes on {is_now} here; they are"
            " listed anew: please try again."
        )
    return place


@cache
def _guess(device: str) -> str:
    if device != "auto":
        return device
    if sys.platform == "darwin":
        return "mps" if os.uname().machine == "arm64" else "cpu"
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return "cpu"
    built_for = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    # Torch calls AMD's cards cuda as well. Under WSL2 cards of both makers are one node.
    for kind, node, switches in (
        ("cuda", NVIDIA, ("CUDA_VISIBLE_DEVICES",)),
        ("hip", AMD, ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")),
    ):
        hidden = any(os.environ.get(switch) in ("", "-1") for switch in switches)
        built = re.search(rf"^{kind}\b.*=\s*'", built_for, re.MULTILINE)
        if built and not hidden and (node.exists() or WSL.exists()):
            return "cuda"
    return "cpu"


def _half(place: str) -> str:
    import torch

    if place == "cuda":
        has = torch.cuda.is_bf16_supported(including_emulation=False)
    elif place == "mps":
        has = torch.backends.mps.is_macos_or_newer(14, 0)
    else:
        has = True
    return "bfloat16" if has else "float16"


def _without_code() -> str:
    """A sentence where torch was built without code for the card; empty if all is well.

    A card of compute capability X.Y runs code for sm_XZ with Z <= Y, and compiles what is kept as
    compute_VW for any newer one (CUDA's rules of binary and PTX compatibility)."""
    import torch

    listed = torch.cuda.get_arch_list()
    if torch.version.hip:
        card = torch.cuda.get_device_properties(0).gcnArchName.split(":")[0]
        runs = card in listed
    else:
        here = torch.cuda.get_device_capability()
        card = f"sm_{here[0]}{here[1]}"
        runs = any(_runs(each, here) for each in listed)
    if runs or not listed:
        return ""
    return (
        f"This torch {torch.__version__} has no code for {torch.cuda.get_device_name()} ({card}),"
        f" only for {', '.join(listed)}; install a torch that was built for it."
    )


def _runs(code: str, here: tuple[int, int]) -> bool:
    found = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", code)
    if not found:
        return False
    kind, built = found[1], (int(found[2]), int(found[3]))
    if found[4] == "a":  # features of exactly one capability
        return built == here
    return built <= here and (kind == "compute" or built[0] == here[0])


OUT_OF_MEMORY = re.compile(
    r"DefaultCPUAllocator|Failed to allocate memory|bad_alloc|out of memory|_STATUS_ALLOC_FAILED"
    r"|BLAS_STATUS_NOT_INITIALIZED when calling `\w+Create",  # it found no room for its workspace
    re.IGNORECASE,
)


def out_of_memory(error: Exception) -> bool:
    """Whether that is what went wrong. Often it is a plain RuntimeError, known by what it says: of
    torch's allocator on a CPU or a Mac, of a GPU's driver, BLAS or cuDNN, of onnxruntime."""
    if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)):
        return True
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


def give_back() -> None:
    """Hand what torch keeps of freed memory back to the device."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


@contextmanager
def room_for(what: str) -> Iterator[None]:
    """The memory's end in the user's words. Errors: OutOfSpace, and what is raised within."""
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise OutOfSpace(
            f"The memory is full: there is no room for {what}; choose a smaller model or smaller"
            " chunks, or close other programs.",
            str(error),
        ) from None


def free_bytes(place: str) -> int | None:
    """How much memory a device has free; None where nobody says."""
    if place == "cuda":
        import torch

        # What torch keeps of freed memory counts as taken there, but is used again first.
        kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return int(torch.cuda.mem_get_info()[0]) + int(kept)
    return _memory("MemAvailable") if place == "cpu" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What the models compute on. Bytes are None, and names empty, where nobody says."""

    place: str  # cpu, cuda or mps
    name: str
    free: int | None
    total: int | None
    threads: int
    torch: str  # its version
    note: str = ""  # why a GPU that is here is not used


def facts(settings: Settings) -> DeviceFacts:
    """What is known of the device without loading torch: the memory of a GPU is known once a model
    has been loaded."""
    chosen = settings.device in _PICKED
    place = likely(settings)
    name, free, total = processor(), None, None
    if place == "cpu":
        free, total = free_bytes(place), _memory("MemTotal")
    elif place == "cuda" and chosen:
        import torch

        name = torch.cuda.get_device_name()
        free, total = free_bytes(place), int(torch.cuda.mem_get_info()[1])
    elif place == "cuda":
        name = next((_named(file, "Model") for file in sorted(GPUS.glob("*/information"))), "")
    return DeviceFacts(
        place=place,
        name=name,
        free=free,
        total=total,
        threads=settings.cores,
        torch=torch_version(),
        note=_PICKED[settings.device].without_code if chosen else "",
    )


def torch_version() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def processor() -> str:
    return _named(PROCESSORS, "model name") or platform.processor() or platform.machine()


def _named(facts: Path, name: str) -> str:
    """What stands behind a name and a colon; empty if nothing does."""
    if not facts.exists():
        return ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", facts.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip() if found else ""


def _memory(name: str) -> int | None:
    """Bytes of this machine's memory, as the kernel counts them by name."""
    kilobytes = _named(MEMORY, name).removesuffix(" kB")
    return int(kilobytes) * 1024 if kilobytes.isdecimal() else None
