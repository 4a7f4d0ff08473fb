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

from core.errors import BadInput, OutOfSpace
from core.settings import Settings

MEMORY = Path("/proc/meminfo")
PROCESSORS = Path("/proc/cpuinfo")
GPUS = Path("/proc/driver/nvidia/gpus")

# Read by OpenMP when torch loads it. Threads that spin while they wait make two processes on the
# same cores slow each other many times over (34 s instead of 1 s for a server and a command line
# on two cores); threads that sleep cost one process alone about a tenth.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@cache
def pick(settings: Settings) -> str:
    """The device as torch names it: cuda, mps or cpu; "auto" takes the first of these there is.

    Sets torch's thread count as well, on purpose and once: left alone, each process takes every
    core, and two of them slow each other down many times over.
    Errors: BadInput for a device that this machine lacks.
    """
    import torch

    torch.set_num_threads(settings.cores)
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if settings.device == "auto":
        return next(name for name, found in there.items() if found)
    if not there[settings.device]:
        raise BadInput(
            f"TRIPTYCH_DEVICE is {settings.device}, but this machine has no {settings.device} "
            "device; set it to auto or cpu."
        )
    return settings.device


@cache
def likely(settings: Settings) -> str:
    """The device that `pick` will most likely take, found without torch: for lists of models."""
    if settings.device != "auto":
        return settings.device
    if sys.platform == "darwin":
        return "mps" if os.uname().machine == "arm64" else "cpu"
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    spec = find_spec("torch")
    if spec is None or spec.origin is None or hidden or not Path("/dev/nvidiactl").exists():
        return "cpu"
    built_for = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    return "cuda" if re.search(r"^cuda.*=\s*'", built_for, re.MULTILINE) else "cpu"


def out_of_memory(error: Exception) -> bool:
    """Whether that is what went wrong. On a CPU torch raises a plain RuntimeError, known by its
    allocator's name; onnxruntime's errors are known by what they say."""
    signs = ("DefaultCPUAllocator", "Failed to allocate memory", "bad_alloc")
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in signs):
        return True
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


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

        return int(torch.cuda.mem_get_info()[0])
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


def facts(settings: Settings) -> DeviceFacts:
    """What is known of the device without loading torch: the memory of a GPU is known once a model
    has been loaded."""
    chosen = pick.cache_info().currsize > 0
    place = pick(settings) if chosen else likely(settings)
    name, free, total = _processor(), None, None
    if place == "cpu":
        free, total = free_bytes(place), _memory("MemTotal")
    elif place == "cuda" and chosen:
        import torch

        name = torch.cuda.get_device_name()
        free, total = torch.cuda.mem_get_info()
    elif place == "cuda":
        name = next((_named(file, "Model") for file in sorted(GPUS.glob("*/information"))), "")
    return DeviceFacts(
        place=place,
        name=name,
        free=free,
        total=total,
        threads=settings.cores,
        torch=_torch(),
    )


def _torch() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def _processor() -> str:
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
