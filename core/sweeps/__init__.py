"""Sweeps: presets (which values to vary), the grid they span, and the plan of its work. Pure: knows
no model, no store and no page; `core.sweeps.runner` does the work."""

from core.sweeps import presets
from core.sweeps.plan import SweepPlan
from core.sweeps.presets import Answers, Preset
from core.sweeps.runner import Sweeps

__all__ = ["Answers", "Preset", "SweepPlan", "Sweeps", "presets"]
