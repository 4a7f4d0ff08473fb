"""What torch, the driver and the card are, and why there is none."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from core.errors import BadInput
from core.models import device
from core.selfcheck.finding import DeviceCheck
from core.settings import Settings

DRIVER = Path("/proc/driver/nvidia/version")


def facts(settings: Settings) -> Iterator[DeviceCheck]:
    """Fails where a GPU was to be checked and torch takes none."""
    import torch
    import transformers

    try:
        place = device.pick(settings)
    except BadInput as error:
        said = f"{error.sentence} {_hindrance()}"
        yield DeviceCheck(check="device", ok=False, sentence=said)
        return
    known = device.facts(settings)
    figures: dict[str, float | int | str] = {
        "device": place,
        "name": known.name,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "built_for": _built_for(),
        "driver": _driver(),
        "threads": known.threads,
    }
    if known.total is not None and known.free is not None:
        figures |= {"memory_bytes": known.total, "memory_free": known.free}
    if place == "cuda" and not torch.version.hip:
        figures["capability"] = ".".join(map(str, torch.cuda.get_device_capability()))
    if place != "cpu":
        figures["half_precision"] = device.half_precision(place)
    said = _sentence(figures)
    ok = place != "cpu" or settings.device == "cpu"
    if not ok:
        said = f"torch takes no GPU here. {known.note or _hindrance()} --device cpu checks the"
        said += " processor."
    yield DeviceCheck(check="device", ok=ok, sentence=said, figures=figures)


def _sentence(figures: dict[str, float | int | str]) -> str:
    parts = [f"{figures['name'] or 'a device without a name'} ({figures['device']})"]
    if "memory_bytes" in figures:
        gigabytes = [float(figures[name]) / 1e9 for name in ("memory_free", "memory_bytes")]
        parts.append("{:.1f} of {:.1f} GB free".format(*gigabytes))
    if "capability" in figures:
        parts.append(f"compute capability {figures['capability']}")
    if "half_precision" in figures:
        parts.append(str(figures["half_precision"]))
    if figures["driver"]:
        parts.append(f"driver {figures['driver']}")
    parts.append(f"torch {figures['torch']} for {figures['built_for']}")
    parts.append(f"transformers {figures['transformers']}")
    if figures["device"] == "cpu":
        parts.append(f"threads: {figures['threads']}")
    return f"{', '.join(parts)}."


def _built_for() -> str:
    import torch

    if torch.version.cuda:
        return f"CUDA {torch.version.cuda}"
    if torch.version.hip:
        return f"ROCm {torch.version.hip}"
    return "Metal" if torch.backends.mps.is_built() else "processors alone"


def _driver() -> str:
    """The version of NVIDIA's driver; empty where it does not say."""
    text = DRIVER.read_text(encoding="utf-8") if DRIVER.exists() else ""
    found = re.search(r"(?:Kernel Module|x86_64|aarch64)\s+(\d[\d.]+)", text)
    return found[1] if found else ""


def _hindrance() -> str:
    """Why torch finds no GPU, as far as it says so."""
    import torch

    if sys.platform == "darwin":
        return "It needs a Mac with Apple silicon, and macOS 13 or newer."
    if _built_for() == "processors alone":
        return (
            f"This torch {torch.__version__} is built for {_built_for()}; install one that is built"
            " for the card (README, “Machines with a GPU”)."
        )
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return f"It is built for {_built_for()} and says: {str(error).splitlines()[0]}"
    return f"It is built for {_built_for()}, and no card is shown to it."
