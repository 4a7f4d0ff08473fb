"""Which models lie on this machine as folders, and which ones of the hub are known by name.

Looks in TRIPTYCH_MODELS (a folder each) and in the Hugging Face cache; reads small files only,
imports nothing heavy and calls nobody. Knows what a folder is made for, not how it is run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.models import device
from core.settings import Settings
from core.types import Family, Model, digest

Kind = Literal["causal_lm", "embedder", "cross_encoder", "language_model_reranker"]
FAMILIES: dict[Kind, Family] = {
    "causal_lm": "generator",
    "embedder": "embedder",
    "cross_encoder": "reranker",
    "language_model_reranker": "reranker",
}
DOWNLOAD = "run `python -m core download {}`"
ORIGIN = "download.json"  # in a folder that was downloaded: its repository and commit
HALF = ("bfloat16", "float16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model of the hub; `megabytes` is what a download brings, about."""

    repository: str
    kind: Kind
    megabytes: int
    parameters: str
    suggested: bool = True  # else only its name is known, as it was once suggested

    @property
    def name(self) -> str:
        return self.repository.split("/")[1]


def _known(
    kind: Kind, repository: str, megabytes: int, parameters: str, *, suggested: bool = True
) -> Known:
    return Known(
        kind=kind,
        repository=repository,
        megabytes=megabytes,
        parameters=parameters,
        suggested=suggested,
    )


# Suggested are at most two of a kind of work, all free for every use (docs/models.md).
KNOWN = (
    _known("causal_lm", "Qwen/Qwen3-4B-Instruct-2507", 8_060, "4.0 billion"),
    _known("causal_lm", "Qwen/Qwen2.5-3B-Instruct", 6_180, "3.1 billion", suggested=False),
    _known("causal_lm", "Qwen/Qwen2.5-1.5B-Instruct", 3_100, "1.5 billion"),
    _known("causal_lm", "Qwen/Qwen2.5-0.5B-Instruct", 1_000, "494 million", suggested=False),
    _known("embedder", "Qwen/Qwen3-Embedding-0.6B", 1_210, "596 million"),
    _known("embedder", "BAAI/bge-small-en-v1.5", 134, "33 million"),
    _known("cross_encoder", "cross-encoder/ms-marco-MiniLM-L-6-v2", 92, "23 million"),
    _known("language_model_reranker", "Qwen/Qwen3-Reranker-0.6B", 1_210, "596 million"),
)


def models(settings: Settings, kind: Kind, precision: str) -> list[Model]:
    """Models of a kind: those that are suggested, best first, then the others that are here.

    `precision` is the one they run in; it becomes part of their revisions.
    """
    here = {model.name: model for model in _here(settings, kind, precision)}
    listed = [
        here.pop(each.name)
        if each.name in here
        else Model(
            name=each.name,
            family=FAMILIES[kind],
            source="hub",
            available=False,
            reason=absent(each),
            megabytes=each.megabytes,
            parameters=each.parameters,
            device=device.likely(settings),
            precision=precision,
        )
        for each in KNOWN
        if each.kind == kind and (each.suggested or each.name in here)
    ]
    return listed + list(here.values())


def known(name: str) -> Known | None:
    """The model of the hub that is called so, if it is known."""
    return next((each for each in KNOWN if each.name == name), None)


def absent(known: Known) -> str:
    """Why one that is known is not here, and what brings it."""
    return f"not downloaded ({known.megabytes:,} MB); {DOWNLOAD.format(known.name)}."


def bytes_in(model: Model, precision: str) -> int:
    """About how much memory a model's weights take in a precision (float32, bfloat16, 4bit)."""
    stored = 2 if _config(Path(model.folder)).get(_DTYPE) in HALF else 4
    wanted = {"float32": 4.0, "bfloat16": 2.0, "4bit": 0.7}[precision]
    return int(model.megabytes * 1_000_000 * wanted / stored)


_DTYPE = "dtype"


def _here(settings: Settings, kind: Kind, precision: str) -> Iterator[Model]:
    """A name that is in both places is taken from TRIPTYCH_MODELS."""
    for name, folder, revision in [*_cached(settings.hub_cache), *_folders(settings.models)]:
        config = _config(folder)
        if _kind(name, folder, config) != kind:
            continue
        fault = _fault(folder, config)
        size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
        each = known(name)
        yield Model(
            name=name,
            family=FAMILIES[kind],
            source="cached",
            available=not fault,
            reason=fault,
            revision=f"{revision}/{precision}",
            folder=str(folder),
            megabytes=round(size / 1e6),
            parameters=each.parameters if each else _parameters(size, config),
            device=device.likely(settings),
            precision=precision,
        )


def _folders(models: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, folder and revision of what a person put into TRIPTYCH_MODELS."""
    for folder in sorted(models.iterdir()) if models.is_dir() else ():
        # What was unpacked from a package says so, and is listed as packaged.
        if folder.name[0] == "." or (folder / "origin.json").exists() or not folder.is_dir():
            continue
        origin = _json(folder / ORIGIN)
        if isinstance(origin, dict) and "commit" in origin:
            # ORG--NAME, as downloads name it; no repository has two hyphens in its name.
            yield folder.name.replace("--", "/", 1), folder, str(origin["commit"])[:12]
            continue
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        facts = [(str(path.relative_to(folder)), path.stat()) for path in files]
        yield folder.name, folder, digest([(n, s.st_size, s.st_mtime_ns) for n, s in facts])[:12]


def _cached(hub_cache: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, folder and commit of the newest snapshots in the Hugging Face cache. Models that are
    known have their short name, others the repository's."""
    for place in sorted(hub_cache.glob("models--*--*")):
        repository = place.name.removeprefix("models--").replace("--", "/")
        reference = place / "refs" / "main"
        commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else ""
        folder = place / "snapshots" / commit
        if commit and folder.is_dir():
            names = (each.name for each in KNOWN if each.repository == repository)
            yield next(names, repository), folder, commit[:12]


def _kind(name: str, folder: Path, config: dict[str, Any]) -> Kind | None:
    """What a folder is made for, as its config says; None for what is not run here."""
    architecture = str((config.get("architectures") or [""])[0])
    if architecture.endswith("ForSequenceClassification"):
        return "cross_encoder" if len(config.get("id2label") or [0, 0]) == 1 else None
    # Such rerankers are language models like any other, but for what they were trained to say.
    if architecture.endswith("ForCausalLM") and "reranker" in name.lower():
        return "language_model_reranker"
    if (folder / "modules.json").is_file():
        return "embedder"
    return "causal_lm" if architecture.endswith("ForCausalLM") else None


def _fault(folder: Path, config: dict[str, Any]) -> str:
    """Why a folder cannot be used; empty if it can."""
    modules = _json(folder / "modules.json")
    kinds = [str(each.get("type")) for each in modules] if isinstance(modules, list) else []
    if "auto_map" in config or not all(kind.startswith("sentence_transformers.") for kind in kinds):
        return "it needs program code of its own, which is never run here; use another."
    index = _json(folder / "model.safetensors.index.json")
    if isinstance(index, dict):
        parts = set(index.get("weight_map", {}).values())
    else:
        parts = {"model.safetensors"}
    # Parts of embedders (dense layers) are pickles where they are not in safetensors.
    pickled = [each.parent for each in folder.rglob("*/pytorch_model.bin")]
    parts |= {f"{each.relative_to(folder)}/model.safetensors" for each in pickled}
    if not all((folder / part).is_file() for part in parts):
        return "its weights are not whole, or not in safetensors; download it again."
    if not (folder / "tokenizer.json").is_file():
        return "it has no tokenizer.json; download it again, or use another."
    return ""


def _parameters(size: int, config: dict[str, Any]) -> str:
    count = size / (2 if config.get(_DTYPE) in HALF else 4)
    return f"{count / 1e9:.1f} billion" if count >= 1e9 else f"{count / 1e6:.0f} million"


def _config(folder: Path) -> dict[str, Any]:
    """A model's config; empty if there is none. Older ones call the type of numbers otherwise."""
    config = _json(folder / "config.json")
    if not isinstance(config, dict):
        return {}
    return config | {_DTYPE: config.get("dtype") or config.get("torch_dtype")}


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):  # none, or no JSON: then it is no model of ours
        return None
