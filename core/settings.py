"""What the environment may change, read and checked once at the start; and what an endpoint is."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import BadInput
from core.types import Family

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
HUB_CACHE = Path("~/.cache/huggingface/hub").expanduser()
USUAL_REQUESTS, MOST_REQUESTS = 8, 64  # of an endpoint, at once
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_KEY = 200, 2_000, 4_096  # characters
LARGEST_PRICE = 1e6  # dollars a million tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model behind an OpenAI-compatible address. Holds no key: what shows or keeps settings can
    then show and keep none (`key_for`)."""

    name: str  # as this lab calls it
    address: str  # "http://127.0.0.1:8000/v1"
    model: str  # as the server calls it
    family: Family = "generator"
    requests: int = USUAL_REQUESTS  # answered at once, 1 to 64
    dollars_in: float | None = None  # a million tokens that it reads cost; None: nobody said
    dollars_out: float | None = None  # a million tokens that it writes

    @property
    def key_variable(self) -> str:
        """The variable of its own key: TRIPTYCH_ENDPOINT_KEY_ and its name in capitals."""
        return f"TRIPTYCH_ENDPOINT_KEY_{re.sub('[^A-Z0-9]', '_', self.name.upper())}"

    def dollars(self, prompt_tokens: float | None, answer_tokens: float | None) -> float | None:
        """What these tokens cost at its price; None where no price was typed, or where nobody
        counted the tokens that it is for."""
        if self.dollars_in is None:
            return None
        parts = ((prompt_tokens, self.dollars_in), (answer_tokens, self.dollars_out or 0.0))
        if any(tokens is None and price for tokens, price in parts):
            return None
        return sum((tokens or 0) * price / 1e6 for tokens, price in parts)


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
    endpoint_faults: tuple[str, ...] = ()  # entries that name none, a sentence each
    endpoint_seconds: int = 60  # the longest silence of an endpoint, once it has begun to answer
    endpoint_first_seconds: int = 900  # and before: a CPU reads a long prompt for minutes
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
    library's own variables put it. An entry that names no endpoint hides no other one: it is told
    in `endpoint_faults`. Errors: BadInput for a value that is not a number, not positive, no known
    device, no switch, or no address."""
    data = Path(environment.get("TRIPTYCH_DATA", ROOT / "data")).expanduser().resolve()
    models = Path(environment.get("TRIPTYCH_MODELS", data / "models")).expanduser().resolve()
    hub_home = Path(environment.get("HF_HOME", HUB_CACHE.parent))
    hub_cache = Path(environment.get("HF_HUB_CACHE", hub_home / "hub")).expanduser().resolve()
    device = environment.get("TRIPTYCH_DEVICE", "auto")
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise BadInput(f"TRIPTYCH_DEVICE is {device!r}; it must be auto, cpu, cuda or mps.")
    door_address, door_port = _door(environment.get("TRIPTYCH_DOOR", ""))
    endpoints, endpoint_faults = _endpoints(environment.get("TRIPTYCH_ENDPOINTS", ""))
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
        endpoints=endpoints,
        endpoint_faults=endpoint_faults,
        endpoint_seconds=_number(environment, "TRIPTYCH_ENDPOINT_SECONDS", 60),
        endpoint_first_seconds=_number(environment, "TRIPTYCH_ENDPOINT_FIRST_SECONDS", 900),
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
    return checked_key(environment.get(name, ""), name)


def checked_key(text: str, where: str) -> str:
    """The key without white space around it; `where` is what holds it. Errors: BadInput for what
    can be no key. No error ever says what the key is."""
    key = text.strip()
    if key and not (re.fullmatch("[!-~]+", key) and len(key) <= LONGEST_KEY):
        raise BadInput(f"{where} holds spaces or characters that no key has; set it anew.")
    return key


def checked(endpoint: Endpoint) -> Endpoint:
    """The endpoint, if it can be one, its address without a slash at the end.

    Errors: BadInput; what is wrong is told without the address, which may hold a password.
    """
    name, address = endpoint.name, endpoint.address
    if not re.fullmatch(r"[A-Za-z0-9][\w.:-]*", name, re.ASCII) or len(name) > LONGEST_NAME:
        raise BadInput(
            "The name of an endpoint must have letters, digits and . _ : - alone, and begin with a"
            " letter or a digit, such as qwen2.5:3b."
        )
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"[^!-~]|\\", address) or len(address) > LONGEST_ADDRESS:
        raise BadInput(
            f"The address of the endpoint {name!r} is none; write it like http://127.0.0.1:8000/v1."
        )
    if "@" in parts.netloc or "?" in address or "#" in address:
        raise BadInput(
            f"The address of the endpoint {name!r} holds a password or a query; leave it out: a key"
            " is typed in Settings, or set as TRIPTYCH_ENDPOINT_KEY."
        )
    model = endpoint.model
    if not model.strip() or not model.isprintable() or len(model) > LONGEST_NAME:
        raise BadInput(f"The endpoint {name!r} needs the name that its server has for the model.")
    if not 1 <= endpoint.requests <= MOST_REQUESTS:
        raise BadInput(f"The endpoint {name!r} can be asked 1 to {MOST_REQUESTS} requests at once.")
    for price in (endpoint.dollars_in, endpoint.dollars_out):
        if price is not None and not (math.isfinite(price) and 0 <= price <= LARGEST_PRICE):
            raise BadInput(
                f"A price of the endpoint {name!r} is none; it must be dollars a million tokens, 0"
                " or more."
            )
    writes = endpoint.family == "generator"
    if writes and (endpoint.dollars_in is None) != (endpoint.dollars_out is None):
        raise BadInput(f"The endpoint {name!r} needs both prices, or none; 0 is one.")
    return replace(endpoint, address=address.rstrip("/"), model=model.strip())


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


def _endpoints(text: str) -> tuple[tuple[Endpoint, ...], tuple[str, ...]]:
    """NAME=ADDRESS#MODEL, ... such as "qwen=http://127.0.0.1:8000/v1#Qwen/Qwen2.5-3B-Instruct";
    and a sentence for each entry that is none."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    endpoints, faults = [], []
    for place, entry in enumerate(entries, start=1):
        try:
            endpoints.append(_endpoint(entry))
        except BadInput as error:
            faults.append(f"Entry {place} of TRIPTYCH_ENDPOINTS is left out. {error.sentence}")
    variables = [endpoint.key_variable for endpoint in endpoints]
    alike = [each for each in endpoints if variables.count(each.key_variable) > 1]
    faults += [
        f"The entry {each.name!r} of TRIPTYCH_ENDPOINTS is left out: there is more than one (names"
        " that differ only in case or punctuation count as one); give each a name of its own."
        for each in alike
    ]
    return tuple(each for each in endpoints if each not in alike), tuple(faults)


def _endpoint(entry: str) -> Endpoint:
    name, _, rest = entry.partition("=")
    address, _, model = rest.partition("#")
    # What is wrong is told without the entry itself, which may hold a password.
    if not name or not address or not model:
        raise BadInput(
            "It must be NAME=ADDRESS#MODEL, several with commas between them, such as"
            " qwen=http://127.0.0.1:8000/v1#Qwen/Qwen2.5-3B-Instruct."
        )
    return checked(Endpoint(name=name, address=address, model=model))


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
