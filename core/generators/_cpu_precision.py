"""Whether a CPU answers faster in bfloat16 than in float32, measured once for each model.

What was measured is kept in a file beside the models. A process goes by what stood there when it
first looked, so that a model's revision, and with it the keys of its answers, stay as they are
until the next start.
"""

import json
import re
import time
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.files import write_atomically
from core.models import device
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

FILE = "precisions.json"
LEAST = 1.5  # times as fast: less is not worth answers that depend a little on their neighbours
INSTRUCTIONS = frozenset({"amx_bf16", "avx512_bf16"})  # without them it is emulated, and slower
NUMBERS = 64_000_000  # of weights to try: more than a processor's caches hold
READ, WRITTEN, STEPS, GOES = 32, 3, 8, 3  # tokens read at once, rows of a step, steps; best of


def measured(settings: Settings, model: Model) -> float | None:
    """How many times as fast bfloat16 was at the start of this process; None: not known."""
    return _kept(settings.models / FILE).get(_key(model))


def measured_since(settings: Settings, model: Model) -> float | None:
    """The same now: what this process measured counts from the next start on."""
    return _read(settings.models / FILE).get(_key(model))


def has_bfloat16() -> bool:
    if not device.PROCESSORS.exists():
        return False
    text = device.PROCESSORS.read_text(encoding="utf-8")
    found = re.search(r"^flags\s*:\s*(.+)$", text, re.MULTILINE)
    return bool(found and INSTRUCTIONS & set(found[1].split()))


def measure(model: "PreTrainedModel", listed: Model, settings: Settings) -> None:
    """Try the first linear layers of a model in float32, a second or two, and keep the result."""
    import torch

    whole: list[torch.nn.Linear] = []
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            whole.append(module)
        if sum(each.weight.numel() for each in whole) > NUMBERS:
            break
    half = [deepcopy(each).to(torch.bfloat16) for each in whole]
    for each in half:
        each.__class__ = torch.nn.Linear  # core.generators._few_rows is for float32
    goes = [(_seconds(whole), _seconds(half)) for _ in range(GOES)]
    slow, fast = (min(times) for times in zip(*goes, strict=True))
    place = settings.models / FILE
    results = _read(place) | {_key(listed): round(slow / fast, 2) if fast else 1.0}
    write_atomically(place, json.dumps(results, indent=1))


def _seconds(layers: "Sequence[torch.nn.Linear]") -> float:
    """Of the processor for reading and writing a little; other programs do not count."""
    import torch

    started = time.process_time()
    with torch.inference_mode():
        for rows in (READ, *[WRITTEN] * STEPS):
            for layer in layers:
                layer(torch.ones(1, rows, layer.in_features, dtype=layer.weight.dtype))
    return time.process_time() - started


def _key(model: Model) -> str:
    """Measured anew for other weights, another processor, or another torch."""
    weights = model.revision.partition("/")[0]
    return f"{model.name} {weights} · {device.processor()} · torch {device.torch_version()}"


@cache
def _kept(place: Path) -> dict[str, float]:
    return _read(place)


def _read(place: Path) -> dict[str, float]:
    """What stands there; nothing where nobody can read it, and it is measured again."""
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return {
        key: value
        for key, value in (found.items() if isinstance(found, dict) else ())
        if isinstance(value, int | float)
    }
