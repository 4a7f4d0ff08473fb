"""What a repository of the hub offers, read before anything is fetched: licence, files, bytes.

Speaks the hub's public interface over plain HTTP, without an account. Whether a model could be
used is told by the same code that lists what lies here: it is shown the repository's small files,
and empty ones in place of the weights. Writes nothing that stays.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from core.errors import BadInput, TriptychError
from core.files import disk_full_as
from core.models import gguf_shapes, registry, weights
from core.settings import Settings
from core.types import FAMILIES, HubFile, Model, Offer

PART = r"\w[\w.-]*"
REPOSITORY = re.compile(f"{PART}/{PART}", re.ASCII)
# Weights and what reads them; no other formats of the same weights, and no path that leads away.
WEIGHTS = re.compile(r"(\d+_\w+/)?model(-\d+-of-\d+)?\.safetensors", re.ASCII)
READS_THEM = re.compile(rf"(\d+_\w+/)?{PART}\.(json|txt|jinja)", re.ASCII)
TELLING = ("config.json", "modules.json", "model.safetensors.index.json")
PICKLED_PART = re.compile(r"\d+_\w+/pytorch_model\.bin", re.ASCII)
GGUF = re.compile(r"(\w[\w .+-]*/)?(?P<stem>\w[\w .+()-]*)\.gguf", re.ASCII)
IN_PARTS = re.compile(r".*-\d{5}-of-\d{5}\.gguf")
PROJECTOR = re.compile(r"(.*/)?mmproj.*")  # of pictures into a model's words: no model itself
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
SILENCE_SECONDS = 30
MOST_BYTES = 50_000_000  # of a listing or a small file: no honest one is larger


def look_up(wanted: str, settings: Settings) -> tuple[Offer, ...]:
    """What can be brought here of a repository, ORG/NAME, a model's known name, or its address at
    the hub: safetensors first, then GGUF files, small ones first. There is at least one.

    Errors: BadInput for what is no repository, is not public, or holds nothing that is run here;
    TriptychError when the hub does not answer.
    """
    repository = _repository(wanted, settings.hub)
    facts = _facts(repository, settings.hub)
    try:
        files = [_file(each) for each in facts["siblings"]]
        commit, repository = str(facts["sha"]), str(facts.get("id") or repository)
        licence = _licence(facts)
        whole = re.fullmatch("[0-9a-f]{40}", commit) and REPOSITORY.fullmatch(repository)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _nonsense(repository, settings.hub) from error
    if not whole or not files:
        raise _nonsense(repository, settings.hub)
    if facts.get("gated"):
        raise _gated(repository)
    known = next((each for each in weights.KNOWN if each.repository == repository), None)
    tensors = Offer(
        name=known.name if known else repository,
        folder=known.name if known else repository.replace("/", "--"),
        repository=repository,
        commit=commit,
        family="generator",
        licence=licence,
        files=tuple(file for file in files if _wanted(file.path)),
    )
    offers, refused = [], _missing_weights(files)
    if not refused:
        pickled = [file.path for file in files if PICKLED_PART.fullmatch(file.path)]
        model, refused = _verdict(tensors, pickled, settings)
        offers = [replace(tensors, family=model.family)] if model else []
    architecture = _gguf_architecture(facts)
    if architecture in (None, *gguf_shapes.SHAPES):
        offers += sorted(_quantised(tensors, files), key=lambda offer: offer.bytes)
    else:
        refused = f"its architecture {architecture!r} is not read here; {gguf_shapes.SERVE}."
    if not offers:
        raise BadInput(f"{repository} cannot be used here: {refused}")
    return tuple(offers)


def pick(offers: Iterable[Offer], file: str = "") -> Offer:
    """The offer of a GGUF file, or, without a name, of safetensors or of the only file there is.

    Errors: BadInput for a file that is not offered, or when one has to be named.
    """
    offers = tuple(offers)
    found = [offer for offer in offers if offer.gguf == file]
    found = found or [offer for offer in offers if offer.gguf.endswith(f"/{file}")]
    if len(found) == 1 or (not file and len(offers) == 1):
        return (found or offers)[0]
    names = ", ".join(f"{each.gguf} ({each.bytes / 1e6:,.0f} MB)" for each in offers if each.gguf)
    where = offers[0].repository
    if file:
        held = f"it holds: {names}." if names else "it holds none that is run here."
        raise BadInput(f"{where} has no GGUF file called {file!r}; {held}")
    raise BadInput(f"{where} holds several GGUF files; name one with --file: {names}.")


@contextmanager
def opened(address: str, name: str, start: int = 0) -> Iterator[Any]:
    """The reply to a request for an address, from a byte on. What fails while it is read or
    written to disk is said as well."""
    request = Request(address, headers={"Range": f"bytes={start}-"} if start else {})
    full = (
        f"The disk is full: the download of {name} stopped, and what came so far is kept;"
        " make room and start it again."
    )
    try:
        with disk_full_as(full), urlopen(request, timeout=SILENCE_SECONDS) as reply:
            yield reply
    except HTTPError as error:
        error.close()
        if error.code in (401, 403):
            raise _gated(name) from error
        raise TriptychError(
            f"The hub does not give {name} (status {error.code}); try again later, or choose"
            " another model.",
            address,
        ) from error
    except (OSError, HTTPException) as error:  # no name, no connection, silence
        raise TriptychError(
            f"The hub cannot be reached for {name}; check the network and try again (what came of"
            " a download is kept).",
            f"{address}: {error}",
        ) from error


def address_of(offer: Offer, file: HubFile, hub: str) -> str:
    return f"{hub}/{offer.repository}/resolve/{offer.commit}/{quote(file.path)}"


def _repository(wanted: str, hub: str) -> str:
    known = weights.known(wanted)
    name = known.repository if known else wanted.strip().removeprefix(f"{hub}/").strip("/")
    if not REPOSITORY.fullmatch(name) or "--" in name or ".." in name:
        raise BadInput(
            f"{wanted!r} is no model of the hub; write ORG/NAME, as in Qwen/Qwen2.5-0.5B-Instruct."
        )
    return name


def _facts(repository: str, hub: str) -> dict[str, Any]:
    address = f"{hub}/api/models/{repository}?blobs=true"
    try:
        with opened(address, repository) as reply:
            facts = json.loads(reply.read(MOST_BYTES))
    except TriptychError as error:
        # The hub says 401 also of what it does not have, to whoever has no account.
        if isinstance(error.__cause__, HTTPError) and error.__cause__.code in (401, 404):
            raise BadInput(
                f"The hub has no public model called {repository}; check how it is written."
            ) from error
        raise
    except ValueError as error:
        raise _nonsense(repository, hub) from error
    if not isinstance(facts, dict):
        raise _nonsense(repository, hub)
    return facts


def _file(facts: dict[str, Any]) -> HubFile:
    large = facts.get("lfs") or {}
    return HubFile(
        path=str(facts["rfilename"]),
        bytes=int(facts.get("size") or 0),
        sha256=str(large.get("sha256", "")),
        blob=str(facts.get("blobId", "")),
    )


def _licence(facts: dict[str, Any]) -> str:
    card, tags = facts.get("cardData") or {}, facts.get("tags") or []
    tagged = (tag.partition(":")[2] for tag in tags if str(tag).startswith("license:"))
    said = card.get("license") or next(tagged, "")
    if said == "other":
        said = card.get("license_name") or said
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said or "")


def _gguf_architecture(facts: dict[str, Any]) -> str | None:
    """Of its GGUF files, where the hub has read it."""
    told = facts.get("gguf")
    return told.get("architecture") if isinstance(told, dict) else None


def _wanted(path: str) -> bool:
    return bool(WEIGHTS.fullmatch(path) or READS_THEM.fullmatch(path))


def _missing_weights(files: list[HubFile]) -> str:
    """What stands in place of safetensors; empty where there are some."""
    if any(WEIGHTS.fullmatch(file.path) for file in files):
        return ""
    if any(IN_PARTS.fullmatch(file.path) for file in files):
        return "its GGUF files come in parts, which are not read here; choose another."
    if any(file.path.endswith(PICKLED) for file in files):
        return (
            "its weights are kept in a format that can run program code when it is read (pickle),"
            " and there are none in safetensors or GGUF; choose another."
        )
    return "it holds no weights of a model in safetensors or GGUF; choose another."


def _verdict(offer: Offer, pickled: list[str], settings: Settings) -> tuple[Model | None, str]:
    """The model as it would be listed, or why it would not be used."""
    with TemporaryDirectory() as place:
        folder = Path(place) / offer.folder
        for path in [*(file.path for file in offer.files), *pickled]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()
        for file in offer.files:
            if file.path in TELLING:
                (folder / file.path).write_bytes(_content(offer, file, settings.hub))
        (folder / weights.ORIGIN).write_text(json.dumps({"commit": offer.commit}))
        there = replace(settings, models=Path(place), hub_cache=Path(place), endpoints=())
        for family in FAMILIES:
            for model, _ in registry.catalogue(there, family):
                if model.folder == str(folder):
                    # What lacks here would lack again.
                    reason = re.sub("; (download|copy) .*", "; choose another.", model.reason)
                    return (model, "") if model.available else (None, reason)
    return None, "it is no model that answers, embeds or reranks; choose another."


def _content(offer: Offer, file: HubFile, hub: str) -> bytes:
    with opened(address_of(offer, file, hub), offer.repository) as reply:
        content: bytes = reply.read(MOST_BYTES)
    if len(content) != file.bytes:
        raise TriptychError(f"The hub broke off {file.path} of {offer.repository}; try again.")
    return content


def _quantised(tensors: Offer, files: list[HubFile]) -> Iterator[Offer]:
    """Each GGUF file that is whole in itself."""
    for file in files:
        found = GGUF.fullmatch(file.path)
        if found and not IN_PARTS.fullmatch(file.path) and not PROJECTOR.fullmatch(file.path):
            yield replace(tensors, name=found["stem"], folder=found["stem"], files=(file,))


def _nonsense(name: str, hub: str) -> TriptychError:
    return TriptychError(f"What {hub} says about {name} cannot be read; check HF_ENDPOINT.")


def _gated(name: str) -> BadInput:
    return BadInput(
        f"{name} is given only to accounts that its owner let in, and Triptych has none; choose"
        " another, or fetch it with the hub's own program: what lies in its cache is listed here."
    )
