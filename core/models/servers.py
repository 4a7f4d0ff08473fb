"""Servers of models that run already: which of the usual ones answer on this machine, and what they
say they serve. Called only when a person asks for it; follows no redirect and uses no proxy. What a
server says of itself is a text like any other: it names models, and never an address.
"""

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from core.errors import TriptychError
from core.settings import Endpoint, checked, checked_key
from core.types import Family

OLLAMA_PORT = 11434
PORTS = {  # where they listen unless they are told otherwise
    1234: "LM Studio",
    8000: "vLLM",
    8080: "llama.cpp, text-embeddings-inference",
    OLLAMA_PORT: "Ollama",
}
OWNERS = {"vllm": "vLLM", "llamacpp": "llama.cpp", "library": "Ollama"}  # as /v1/models has them
TEI = "text-embeddings-inference"
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0  # from the connection to the last byte
LARGEST_REPLY = 4_000_000  # bytes
MOST_MODELS = 200
LONGEST_WORDS = 60  # characters of what a server says beside a model's name


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model as its server calls it; what it is for is told by TEI, and guessed of others from
    its name. `about` is what the server says of it, empty if nothing."""

    name: str
    family: Family
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """A server that answers on this machine. `name` is the program as far as it tells itself, or
    those that usually listen there; `fault` says why it has no models."""

    name: str
    address: str
    models: tuple[ServedModel, ...] = ()
    fault: str = ""


def look() -> list[LocalServer]:
    """Those of the usual servers that answer on 127.0.0.1, all asked at once."""
    with ThreadPoolExecutor(len(PORTS)) as threads:
        found = threads.map(_look_at, PORTS, PORTS.values())
        return [each for each in found if each]


def served(address: str, key: str) -> tuple[ServedModel, ...]:
    """The models that the server behind an address lists. Errors: BadInput for what is no address
    or key, TriptychError if it cannot be reached or lists none."""
    key = checked_key(key, "The key")
    checked(Endpoint(name="this", address=address, model="-"))
    address = address.rstrip("/")
    try:
        models = _models(_get(f"{address}/models", key))
        return tuple(each for each in models if not key or key not in each.name + each.about)
    except OSError:
        said = "cannot be reached; start it, or correct the address"
    except ValueError as error:
        said = f"lists no models ({error}); correct the address, which often ends in /v1"
    raise TriptychError(f"The server at this address {said}.")


def short_name(model: str) -> str:
    """What a model may be called here, by its server's name for it, which may be a path."""
    last = re.split(r"[/\\]", model.strip("/\\"))[-1].removesuffix(".gguf")
    return re.sub(r"[^A-Za-z0-9_.:-]+", "-", last).strip("-_.:")[:LONGEST_WORDS] or "model"


def _look_at(port: int, usual: str) -> LocalServer | None:
    root = f"http://127.0.0.1:{port}"
    address = f"{root}/v1"
    try:
        reply = _get(f"{address}/models")
        models = tuple(_models(reply))
    except OSError:
        return None
    except ValueError as error:
        # It embeds by OpenAI's call as well, and reranks by its own.
        if model := _tei(root):
            where = root if model.family == "reranker" else address
            return LocalServer(name=TEI, address=where, models=(model,))
        name = f"{usual} or another server"
        return LocalServer(name=name, address=address, fault=f"it lists no models ({error})")
    owners = {OWNERS.get(str(each.get("owned_by")), "") for each in _entries(reply)}
    name = owners.pop() if len(owners) == 1 else ""
    if name == "Ollama" or port == OLLAMA_PORT:
        models = _said_by_ollama(root, models)
    name = name or f"{usual} or another server"
    fault = "" if models else "it lists no model yet; load one there, and look again"
    return LocalServer(name=name, address=address, models=models, fault=fault)


def _get(address: str, key: str = "") -> Any:
    """What the server answers, as JSON. Errors: OSError where nobody answers in time, ValueError
    for what is no such answer."""
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    with closing(kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)) as connection:
        connection.connect()
        connection.sock.settimeout(ANSWER_SECONDS)
        late = Timer(ANSWER_SECONDS, _shut, [connection.sock])  # also for one that dribbles
        late.start()
        try:
            connection.request("GET", parts.path, headers=headers)
            reply = connection.getresponse()
            body = reply.read(LARGEST_REPLY + 1)
        except HTTPException as error:
            if isinstance(error, OSError):
                raise
            raise ValueError("it does not speak HTTP") from None  # its words may be anything
        finally:
            late.cancel()
    if reply.status != 200:
        raise ValueError(f"status {reply.status}")
    if len(body) > LARGEST_REPLY:
        raise ValueError("its answer is too long")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("its answer is no JSON") from None


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it was closed already
        connection.shutdown(socket.SHUT_RDWR)


def _entries(reply: Any) -> list[dict[str, Any]]:
    """Errors: ValueError for what is no list of models."""
    match reply:
        case {"data": list(entries)}:
            return [each for each in entries if isinstance(each, dict)][:MOST_MODELS]
        case {"object": "list", "data": None}:  # Ollama without a model
            return []
    raise ValueError("its answer is no list of models")


def _models(reply: Any) -> Iterator[ServedModel]:
    for entry in _entries(reply):
        match entry:
            case {"id": str(name)} if _is_name(name):
                yield ServedModel(name=name, family=_family(name), about=_about(entry))


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and len(name) <= LONGEST_WORDS * 3


def _family(name: str) -> Family:
    """What a model is for, by its name."""
    name = name.lower()
    if "rerank" in name:
        return "reranker"
    embeds = ("embed", "bge-", "minilm", "gte-", "e5-")
    return "embedder" if any(each in name for each in embeds) else "generator"


def _about(entry: dict[str, Any]) -> str:
    """Of what llama.cpp and vLLM say of a model beside its name."""
    said = []
    match entry:
        case {"meta": {"n_params": int(parameters)}}:
            said.append(f"{parameters / 1e9:.1f} billion parameters")
    match entry:
        case {"meta": {"size": int(size)}}:
            said.append(f"{size / 1e9:.2f} GB")
    match entry:
        case {"max_model_len": int(window)} | {"meta": {"n_ctx_train": int(window)}}:
            said.append(f"window of {window:,} tokens")
    return ", ".join(said)


def _said_by_ollama(root: str, models: tuple[ServedModel, ...]) -> tuple[ServedModel, ...]:
    """With the size, the number of parameters and the quantisation that Ollama knows."""
    try:
        reply = _get(f"{root}/api/tags")
        tags = {each["name"]: each for each in reply["models"]}
    except (OSError, ValueError, KeyError, TypeError):
        return models  # another program, or one that says less
    return tuple(_tagged(model, tags.get(model.name)) for model in models)


def _tagged(model: ServedModel, tag: Any) -> ServedModel:
    match tag:
        case {"size": int(size), "details": dict(details)}:
            words = [details.get("parameter_size"), details.get("quantization_level")]
            said = [f"{size / 1e9:.2f} GB"]
            said += [each[:LONGEST_WORDS] for each in words if isinstance(each, str) and each]
            embeds = "bert" in str(details.get("family")).lower()
            return ServedModel(
                name=model.name,
                family="embedder" if embeds else model.family,
                about=", ".join(said),
            )
    return model


def _tei(root: str) -> ServedModel | None:
    """The one model of text-embeddings-inference, which says what it is; None for others."""
    try:
        reply = _get(f"{root}/info")
    except (OSError, ValueError):
        return None
    match reply:
        case {"model_id": str(name), "model_type": {"reranker": _}} if _is_name(name):
            family: Family = "reranker"
        case {"model_id": str(name), "model_type": {"embedding": _}} if _is_name(name):
            family = "embedder"
        case _:
            return None
    window = reply.get("max_input_length")
    about = f"window of {window:,} tokens" if isinstance(window, int) else ""
    return ServedModel(name=name, family=family, about=about)
