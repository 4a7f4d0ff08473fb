"""What a repository of a model hub offers to be brought here."""

from dataclasses import dataclass

from core.types.asking import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    path: str
    bytes: int
    sha256: str  # of a large file; empty for a small one
    blob: str  # git's own sha1 of a small file


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model that a repository holds: its safetensors and what reads them, or one GGUF file."""

    name: str  # as it is called once it is here
    folder: str  # in TRIPTYCH_MODELS
    repository: str
    commit: str
    family: Family
    licence: str  # as the hub names it; empty where it names none
    files: tuple[HubFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def gguf(self) -> str:
        """The path of the GGUF file; empty for safetensors."""
        return self.files[0].path if self.files[0].path.endswith(".gguf") else ""
