"""Sweeps: presets (which values to vary), the grid they span, the plan of its work, and
the work itself. Knows no page."""

from core.store import SweepRow
from core.sweeps import presets
from core.sweeps.plan import SweepPlan
from core.sweeps.preset_files import PresetFile
from core.sweeps.presets import Answers, Preset
from core.sweeps.runner import Planning, Sweeps

__all__ = [
    "Answers",
    "Planning",
    "Preset",
    "PresetFile",
    "SweepPlan",
    "SweepRow",
    "Sweeps",
    "presets",
]
