"""Which models lie on this machine, and which ones of the hub are known by name.

Looks in TRIPTYCH_MODELS (folders and GGUF files) and in the Hugging Face cache; reads small files
and headers only, imports nothing heavy and calls nobody. What lies in TRIPTYCH_MODELS and looks
like a model is listed, with the reason where it cannot be used. Knows not how a model is run.
"""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Damaged
from core.models import device, folders, gguf_header, gguf_shapes
from core.models.folders import Kind
from core.settings import Settings
from core.types import Family, Model, digest

FAMILIES: dict[Kind, Family] = {
    "causal_lm": "generator",
    "embedder": "embedder",
    "cross_encoder": "reranker",
    "language_model_reranker": "reranker",
}
DOWNLOAD = "run `python -m core download {}`"
ORIGIN = "download.json"  # in a folder that was downloaded: its repository and commit
HALF = ("bfloat16", "float16")
GGUF = ".gguf"


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
    if kind == "causal_lm":
        here |= {model.name: model for model in _gguf_files(settings, precision, here)}
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
    """About how much memory a model's weights take in a precision (float32, bfloat16,
    float16, 4bit)."""
    wanted = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "4bit": 0.7}[precision]
    place = Path(model.folder)
    if place.suffix == GGUF:
        return int(gguf_header.header(place).parameters * wanted)
    if model.quantisation:  # these stay as they are
        return model.megabytes * 1_000_000
    stored = 2 if folders.config(place).get("dtype") in HALF else 4
    return int(model.megabytes * 1_000_000 * wanted / stored)


def _here(settings: Settings, kind: Kind, precision: str) -> Iterator[Model]:
    """A name that is in both places is taken from TRIPTYCH_MODELS."""
    found = [(*each, False) for each in _cached(settings.hub_cache)]
    found += [(*each, True) for each in _folders(settings.models)]
    for name, folder, revision, own in found:
        config = folders.config(folder)
        made_for = folders.kind(name, folder, config)
        fault = folders.fault(folder, config, made_for) if made_for else ""
        if made_for is None and own:
            made_for, fault = folders.stranger(folder, config)
        if made_for != kind:
            continue
        size = folders.size(folder)
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
            quantisation=folders.quantised_by(config),
        )


def _gguf_files(settings: Settings, precision: str, taken: Container[str]) -> Iterator[Model]:
    """Each GGUF file, called as it is without its ending, or by its path where another model is
    called so; those that were named by their path keep that name."""
    places = [(name, folder) for name, folder, _ in _cached(settings.hub_cache)]
    found = [
        (str(Path(name, file.relative_to(folder))), file)
        for name, folder in [*places, ("", settings.models)]
        for file in sorted(folder.rglob(f"*{GGUF}"))
        if not any(part[0] == "." for part in file.relative_to(folder).parts)
    ]
    stems = Counter(file.stem for _, file in found)
    for name, file in [*found, *((str(file), file) for file in settings.named)]:
        unique = stems[file.stem] == 1 and file.stem not in taken and file not in settings.named
        yield _gguf_file(settings, precision, file.stem if unique else name, file)


def _gguf_file(settings: Settings, precision: str, name: str, file: Path) -> Model:
    facts: dict[str, Any] = {}
    try:
        size = file.stat()
        header = gguf_header.header(file)
    except (Damaged, OSError) as error:
        fault = error.sentence if isinstance(error, Damaged) else f"it cannot be read ({error})."
        facts["megabytes"] = round(file.stat().st_size / 1e6) if file.exists() else 0
    else:
        fault = gguf_shapes.fault(header)
        changed = digest([file.name, size.st_size, size.st_mtime_ns])[:12]
        facts = {
            "revision": f"{changed}/{precision}",
            "megabytes": round(size.st_size / 1e6),
            "parameters": _counted(header.parameters),
            "quantisation": gguf_header.quantisation(header),
            "context": 0 if fault else gguf_shapes.context(header),
            "chat_template": "tokenizer.chat_template" in header.facts,
        }
    return Model(
        name=name,
        family="generator",
        source="cached",
        available=not fault,
        reason=fault,
        folder=str(file),
        device=device.likely(settings),
        precision=precision,
        **facts,
    )


def _folders(models: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, folder and revision of what a person put into TRIPTYCH_MODELS."""
    for folder in sorted(models.iterdir()) if models.is_dir() else ():
        # What was unpacked from a package says so, and is listed as packaged.
        if folder.name[0] == "." or (folder / "origin.json").exists() or not folder.is_dir():
            continue
        origin = folders.read_json(folder / ORIGIN)
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


def _parameters(size: int, config: dict[str, Any]) -> str:
    if not size or folders.quantised_by(config):
        return ""
    return _counted(size / (2 if config.get("dtype") in HALF else 4))


def _counted(count: float) -> str:
    return f"{count / 1e9:.1f} billion" if count >= 1e9 else f"{count / 1e6:.0f} million"
