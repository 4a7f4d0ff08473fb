"""What a folder with a model is made for and why it may not be used, as its small files say.

Imports nothing heavy: which kinds of models transformers knows is read from its source.
"""

import ast
import json
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from core.models.gguf_shapes import SERVE

Kind = Literal["causal_lm", "embedder", "cross_encoder", "language_model_reranker"]
CONDITIONAL = "ForConditionalGeneration"
# What runs weights that were quantised before: by their config's method, its title and package.
QUANTISERS = {
    "awq": ("AWQ", "gptqmodel"),
    "gptq": ("GPTQ", "gptqmodel"),
    "bitsandbytes": ("bitsandbytes", "bitsandbytes"),
    "compressed-tensors": ("compressed-tensors", "compressed_tensors"),
}
# Endings of files that hold weights, in a format that is read here or in another one.
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".msgpack", ".ggml")


def kind(name: str, folder: Path, config: dict[str, Any]) -> Kind | None:
    """What a folder is made for, as its config says; None for what is not run here."""
    architecture = _architecture(config)
    if architecture.endswith("ForSequenceClassification"):
        return "cross_encoder" if _labels(config) == 1 else None
    # Such rerankers are language models like any other, but for what they were trained to say.
    if architecture.endswith("ForCausalLM") and "reranker" in name.lower():
        return "language_model_reranker"
    if (folder / "modules.json").is_file():
        return "embedder"
    if architecture.endswith("ForCausalLM"):
        return "causal_lm"
    # Models that see and hear too, where transformers runs them as language models.
    writes = architecture.endswith(CONDITIONAL) and config.get("model_type") in _writers()
    reads_apart = config.get("is_encoder_decoder")  # speech, say, which is no chat
    return "causal_lm" if writes and not reads_apart else None


def stranger(folder: Path, config: dict[str, Any]) -> tuple[Kind | None, str]:
    """Among which models a folder is listed that looks like one and has no kind, and why it is not
    used; None for what does not look like one."""
    architecture = _architecture(config)
    if (folder / "adapter_config.json").is_file():
        base = (read_json(folder / "adapter_config.json") or {}).get("base_model_name_or_path")
        return (
            "causal_lm",
            f"it is an adapter of {base or 'another model'}; merge it into that model.",
        )
    if architecture.endswith("ForSequenceClassification"):
        labels = _labels(config)
        return "cross_encoder", f"it tells {labels} labels apart; a reranker has one. Use another."
    if architecture.endswith(("Model", "ForMaskedLM")):
        said = "it has no modules.json, which says how vectors are made; use one that has it."
        return "embedder", said
    if architecture:
        return "causal_lm", f"it is a {architecture}, which is not run here; use another."
    file = folder / "config.json"
    weights = [each for each in folder.rglob("*") if each.suffix in WEIGHTS]
    if not weights and (not file.is_file() or _holds_gguf(folder)):
        return None, ""
    if not file.is_file():
        return (None, "") if _holds_gguf(folder) else ("causal_lm", _NO_CONFIG)
    if isinstance(read_json(file), dict):
        return "causal_lm", "its config.json names no architecture; download it again."
    return "causal_lm", "its config.json cannot be read; download it again."


_NO_CONFIG = "it holds weights but no config.json, which says what they are; download it again."


def fault(folder: Path, config: dict[str, Any], made_for: Kind) -> str:
    """Why a folder cannot be used; empty if it can."""
    modules = read_json(folder / "modules.json")
    kinds = [str(each.get("type")) for each in modules] if isinstance(modules, list) else []
    if "auto_map" in config or not all(kind.startswith("sentence_transformers.") for kind in kinds):
        return "it needs program code of its own, which is never run here; use another."
    if unread := _unread(config):
        return unread
    if unknown := _unknown(config, made_for):
        return unknown
    if not all((folder / part).is_file() for part in _parts(folder)):
        return "its weights are not whole, or not in safetensors; download it again."
    if not (folder / "tokenizer.json").is_file():
        return "it has no tokenizer.json; download it again, or use another."
    return ""


def _unread(config: dict[str, Any]) -> str:
    """Why weights that were quantised before cannot be read."""
    method = quantised_by(config)
    if not method:
        return ""
    if method == "MLX":
        return f"it is quantised for MLX, which is not read here; {SERVE}."
    title, package = QUANTISERS.get(method, (method, ""))
    if not package:
        return f"it is quantised by {title}, which is not run here; {SERVE}."
    if find_spec(package) is None:
        needs = f"needs the package {package}; install it, or {SERVE}"
        return f"it is quantised by {title}, which {needs}."
    return ""


def _unknown(config: dict[str, Any], made_for: Kind) -> str:
    """Why transformers cannot run a kind of model: it may be newer than this version."""
    called = str(config.get("model_type", ""))
    writes = made_for in ("causal_lm", "language_model_reranker")
    there = _writers() if writes else _known()
    if not called or not there or called in there:
        return ""
    return (
        f"the installed transformers ({version('transformers')}) does not know models of the kind"
        f" {called!r}; {SERVE}."
    )


def quantised_by(config: dict[str, Any]) -> str:
    """The method by which weights were quantised before; empty if they were not."""
    if isinstance(config.get("quantization"), dict) and "bits" in config["quantization"]:
        return "MLX"
    given = config.get("quantization_config")
    return str(given.get("quant_method") or "unknown") if isinstance(given, dict) else ""


def size(folder: Path) -> int:
    """Of the weights that are loaded, in bytes: some folders hold them a second time."""
    parts = [folder / part for part in _parts(folder)]
    return sum(part.stat().st_size for part in parts if part.is_file())


def _parts(folder: Path) -> set[str]:
    """The files that hold the weights, by their paths in the folder."""
    index = read_json(folder / "model.safetensors.index.json")
    given = index.get("weight_map") if isinstance(index, dict) else None
    parts = {str(part) for part in given.values()} if isinstance(given, dict) else set()
    parts = parts or {"model.safetensors"}
    # Parts of embedders (dense layers) are pickles where they are not in safetensors.
    deeper = [*folder.glob("*/pytorch_model.bin"), *folder.glob("*/model.safetensors")]
    return parts | {f"{each.parent.name}/model.safetensors" for each in deeper}


def _architecture(config: dict[str, Any]) -> str:
    given = config.get("architectures")
    return str(given[0]) if isinstance(given, list) and given else ""


def _labels(config: dict[str, Any]) -> int:
    return len(config.get("id2label") or [0, 0])


def _holds_gguf(folder: Path) -> bool:
    return next(folder.rglob("*.gguf"), None) is not None


@cache
def _writers() -> frozenset[str]:
    """The kinds of models that transformers runs as language models."""
    return _names("modeling_auto", "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES")


@cache
def _known() -> frozenset[str]:
    """All kinds of models that transformers knows."""
    return _names("auto_mappings", "CONFIG_MAPPING_NAMES")


def _names(module: str, table: str) -> frozenset[str]:
    """The first of each pair in a table of transformers' source; none without transformers.

    Errors: LookupError if there is no such table: then it is another version than the pinned one.
    """
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        return frozenset()
    file = Path(spec.origin).parent / "models" / "auto" / f"{module}.py"
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            pairs = ast.literal_eval(node.value.args[0]) if isinstance(node.value, ast.Call) else ()
            return frozenset(str(name) for name, _ in pairs)
    raise LookupError(f"{file} has no {table}")


def config(folder: Path) -> dict[str, Any]:
    """A model's config; empty if there is none. Older ones call the type of numbers otherwise."""
    found = read_json(folder / "config.json")
    if not isinstance(found, dict):
        return {}
    return found | {"dtype": found.get("dtype") or found.get("torch_dtype")}


def read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):  # none, or no JSON: then it is no model of ours
        return None
