"""The models of this machine: which there are, how they come here, what they compute on."""

from core.models import (
    device,
    endpoints,
    gguf_header,
    gguf_shapes,
    memory,
    packages,
    registry,
    vocabularies,
    weights,
)
from core.models.device import out_of_memory
from core.models.loader import Models
from core.models.packages import checked
from core.models.registry import EmbedderBackend, GeneratorBackend, RerankerBackend, modules
from core.models.windows import ReadLengths, characters_read, covered, lengths, offsets, room

__all__ = [
    "EmbedderBackend",
    "GeneratorBackend",
    "Models",
    "ReadLengths",
    "RerankerBackend",
    "characters_read",
    "checked",
    "covered",
    "device",
    "endpoints",
    "gguf_header",
    "gguf_shapes",
    "lengths",
    "memory",
    "modules",
    "offsets",
    "out_of_memory",
    "packages",
    "registry",
    "room",
    "vocabularies",
    "weights",
]
