"""Which device torch computes on, and with how many threads. Knows no model."""

import os
from functools import cache

from core.errors import BadInput
from core.settings import Settings

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
