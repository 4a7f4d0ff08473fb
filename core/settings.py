"""What the environment may change, read and checked once at the start."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import BadInput
from core.types import Family

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
HUB_CACHE = Path("~/.cache/huggingface/hub").expanduser()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model behind an OpenAI-compatible address. Holds no key: what shows or keeps settings can
    then show and keep none (`key_for`)."""

    name: str  # as this lab calls it
    address: str  # "http://127.0.0.1:8000/v1"
    model: str  # as the server calls it
    family: Family = "generator"
    requests: int = 8  # answered at once, 1 to 64
    dollars_in: float | None = None  # a million tokens of prompts cost; None: nobody said
    dollars_out: float | None = None  # a million tokens of answers

    @property
    def key_variable(self) -> str:
        """The variable of its own key: TRIPTYCH_ENDPOINT_KEY_ and its name in capitals."""
        return f"TRIPTYCH_ENDPOINT_KEY_{re.sub('[^A-Z0-9]', '_', self.name.upper())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things live and how much a file may cost. Sizes in MB are 1,000,000 bytes."""

    data: Path = ROOT / "data"
    models: Path = ROOT / "data" / "models"
    named: tuple[Path, ...] = ()  # GGUF files elsewhere, which a command named by their paths
    prepared: Path = ROOT / "data" / "models"  # what was unpacked at the install, for every `data`
    device: str = "auto"  # auto, cpu, cuda, mps
    threads: int = 0  # for torch and onnxruntime; 0: as many as there are cores
    max_file_mb: int = 200
    max_zip_mb: int = 5_000  # of all files in a zip file of papers together, unpacked
    max_zip_files: int = 20_000
    read_seconds: int = 30  # for reading one file
    read_mb: int = 2_000  # memory of the reading process
    hub: str = "https://huggingface.co"  # asked only when a person wants a model downloaded
    hub_cache: Path = HUB_CACHE
    endpoints: tuple[Endpoint, ...] = ()
    endpoint_seconds: int = 60  # the longest silence of an endpoint
    door_address: str = ""  # what a class is let in by; empty: every network of this machine
    door_port: int = 0  # 0: the port behind that of the pages
    chroma: str = ""  # a Chroma server, "host:port"; empty: in memory
    warm: bool = False  # whether a server makes itself ready before it is asked

    @property
    def cores(self) -> int:
        """How many threads the models may use."""
        return self.threads or os.cpu_count() or 1


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings with every TRIPTYCH_* variable applied, and the Hugging Face cache where that
    library's own variables put it. Errors: BadInput for a value that is not
    a number, not positive, no known device, no switch, or no address."""
    data = Path(environment.get("TRIPTYCH_DATA", ROOT / "data")).expanduser().resolve()
    models = Path(environment.get("TRIPTYCH_MODELS", data / "models")).expanduser().resolve()
    hub_home = Path(environment.get("HF_HOME", HUB_CACHE.parent))
    hub_cache = Path(environment.get("HF_HUB_CACHE", hub_home / "hub")).expanduser().resolve()
    device = environment.get("TRIPTYCH_DEVICE", "auto")
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise BadInput(f"TRIPTYCH_DEVICE is {device!r}; it must be auto, cpu, cuda or mps.")
    door_address, door_port = _door(environment.get("TRIPTYCH_DOOR", ""))
    return Settings(
        data=data,
        models=models,
        hub=_hub(environment.get("HF_ENDPOINT", "https://huggingface.co")),
        hub_cache=hub_cache,
        device=device,
        threads=_number(environment, "TRIPTYCH_THREADS", 0, least=0),
        max_file_mb=_number(environment, "TRIPTYCH_MAX_FILE_MB", 200),
        max_zip_mb=_number(environment, "TRIPTYCH_MAX_ZIP_MB", 5_000),
        max_zip_files=_number(environment, "TRIPTYCH_MAX_ZIP_FILES", 20_000),
        read_seconds=_number(environment, "TRIPTYCH_READ_SECONDS", 30),
        read_mb=_number(environment, "TRIPTYCH_READ_MB", 2_000),
        endpoints=_endpoints(environment.get("TRIPTYCH_ENDPOINTS", "")),
        endpoint_seconds=_number(environment, "TRIPTYCH_ENDPOINT_SECONDS", 60),
        door_address=door_address,
        door_port=door_port,
        chroma=_chroma(environment.get("TRIPTYCH_CHROMA", "")),
        warm=_switch(environment, "TRIPTYCH_WARM"),
    )


def key_for(endpoint: Endpoint, environment: Mapping[str, str] = os.environ) -> str:
    """The endpoint's own key, or the one for all endpoints; empty without either.

    Errors: BadInput for what can be no key. No error ever says what the key is.
    """
    names = (endpoint.key_variable, "TRIPTYCH_ENDPOINT_KEY")
    name = next((name for name in names if environment.get(name, "").strip()), "")
    key = environment.get(name, "").strip()
    if key and not re.fullmatch("[!-~]+", key):
        raise BadInput(f"{name} holds spaces or characters that no key has; set it anew.")
    return key


def _hub(address: str) -> str:
    if urlsplit(address).scheme not in ("http", "https"):
        raise BadInput("HF_ENDPOINT is no address; write it like https://huggingface.co.")
    return address.rstrip("/")


def _door(text: str) -> tuple[str, int]:
    """PORT, or ADDRESS:PORT to let a class in by one network alone."""
    address, _, port = text.rpartition(":")
    if text and not (port.isdecimal() and 0 < int(port) < 65536):
        raise BadInput(
            f"TRIPTYCH_DOOR is {text!r}; it must be a port such as 8502, or an address and a port"
            " such as 192.168.1.5:8502."
        )
    return address, int(port or 0)


def _chroma(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and not (host and "/" not in host and port.isdecimal() and 0 < int(port) < 65536):
        raise BadInput(
            f"TRIPTYCH_CHROMA is {text!r}; it must be a host and a port such as 127.0.0.1:8000."
        )
    return text


def _endpoints(text: str) -> tuple[Endpoint, ...]:
    """NAME=ADDRESS#MODEL, ... such as "qwen=http://127.0.0.1:8000/v1#Qwen/Qwen2.5-3B-Instruct"."""
    endpoints = [_endpoint(entry.strip()) for entry in text.split(",") if entry.strip()]
    variables = [endpoint.key_variable for endpoint in endpoints]
    for endpoint in endpoints:
        if variables.count(endpoint.key_variable) > 1:
            raise BadInput(
                f"TRIPTYCH_ENDPOINTS has more than one {endpoint.name!r} (names that differ only in"
                " case or punctuation count as one); give each a name of its own."
            )
    return tuple(endpoints)


def _endpoint(entry: str) -> Endpoint:
    name, _, rest = entry.partition("=")
    address, _, model = rest.partition("#")
    # What is wrong is told without the entry itself, which may hold a password.
    if not re.fullmatch(r"[A-Za-z0-9][\w.:-]*", name, re.ASCII) or not address or not model:
        raise BadInput(
            "TRIPTYCH_ENDPOINTS must be NAME=ADDRESS#MODEL, several with commas between them, such"
            " as qwen=http://127.0.0.1:8000/v1#Qwen/Qwen2.5-3B-Instruct."
        )
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", address):
        raise BadInput(
            f"The address of the endpoint {name!r} is none; write it like http://127.0.0.1:8000/v1."
        )
    if "@" in parts.netloc or parts.query:
        raise BadInput(
            f"The address of the endpoint {name!r} holds a password or a query; leave it out, and"
            " set the key as TRIPTYCH_ENDPOINT_KEY."
        )
    return Endpoint(name=name, address=address.rstrip("/"), model=model)


def _switch(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "0")
    if text not in ("0", "1"):
        raise BadInput(f"{name} is {text!r}; it must be 0 or 1.")
    return text == "1"


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise BadInput(f"{name} is {text!r}; it must be a whole number of at least {least}.")
    return int(text)
