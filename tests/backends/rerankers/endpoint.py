"""Those behind an address, as the core has them: beside the small ones in a lab of the tests."""

from core.rerankers.endpoint import load, models

__all__ = ["load", "models"]
