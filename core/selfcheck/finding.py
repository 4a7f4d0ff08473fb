"""What a check of the device says."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCheck:
    """One thing that was tried on the device, and what came of it. `ok` is None where it could not
    be tried here; the sentence says why."""

    check: str
    ok: bool | None
    sentence: str
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
