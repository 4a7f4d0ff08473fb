"""Sweeps: presets (which values to vary), the grid they span, and the plan of its work. Pure: knows
no model, no store and no page; `core.sweeps.runner` does the work."""
