"""What the environment may change, read and checked once at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things live and how much a file may cost. Sizes in MB are 1,000,000 bytes."""

    data: Path = ROOT / "data"
    models: Path = ROOT / "data" / "models"
    device: str = "auto"  # auto, cpu, cuda, mps
    threads: int = 0  # for torch and onnxruntime; 0: as many as there are cores
    max_file_mb: int = 200
    read_seconds: int = 30  # for reading one file
    read_mb: int = 2_000  # memory of the reading process

    @property
    def cores(self) -> int:
        """How many threads the models may use."""
        return self.threads or os.cpu_count() or 1


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings with every TRIPTYCH_* variable applied. Errors: BadInput for a value that is not
    a number, not positive, or no known device."""
    data = Path(environment.get("TRIPTYCH_DATA", ROOT / "data")).expanduser().resolve()
    models = Path(environment.get("TRIPTYCH_MODELS", data / "models")).expanduser().resolve()
    device = environment.get("TRIPTYCH_DEVICE", "auto")
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise BadInput(f"TRIPTYCH_DEVICE is {device!r}; it must be auto, cpu, cuda or mps.")
    return Settings(
        data=data,
        models=models,
        device=device,
        threads=_number(environment, "TRIPTYCH_THREADS", 0, least=0),
        max_file_mb=_number(environment, "TRIPTYCH_MAX_FILE_MB", 200),
        read_seconds=_number(environment, "TRIPTYCH_READ_SECONDS", 30),
        read_mb=_number(environment, "TRIPTYCH_READ_MB", 2_000),
    )


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise BadInput(f"{name} is {text!r}; it must be a whole number of at least {least}.")
    return int(text)
