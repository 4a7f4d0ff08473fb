"""Those behind an address, as the core has them: beside the small ones in a lab of the tests."""

from core.embedders.endpoint import load, models, reading

__all__ = ["load", "models", "reading"]
