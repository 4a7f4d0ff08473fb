"""GGUF weights unpacked once into plain float32 safetensors, which load ten times as fast.

Knows nothing of what the model is for.
"""

import json
from pathlib import Path

from core.files import require_space, unfinished_folder
from core.models import checked

GROWTH = 6  # four bits and their scales become 32


def unpack(gguf: Path, sha256: str, folder: Path) -> None:
    """Unpack the model and its tokenizer into `folder`, which appears whole or not at all.

    Takes about 20 seconds. Two processes may do it at once: the first to finish wins, with equal
    results. Errors: Damaged if the file has another sha256, OutOfSpace.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    checked(gguf, sha256)
    folder.parent.mkdir(parents=True, exist_ok=True)
    needed = GROWTH * gguf.stat().st_size
    require_space(
        folder.parent,
        needed,
        f"Unpacking {gguf.name} needs {needed / 1e6:,.0f} MB in {folder.parent}; make room, or"
        " choose another place with TRIPTYCH_MODELS.",
    )
    source = {"gguf_file": gguf.name, "local_files_only": True}
    model = AutoModelForCausalLM.from_pretrained(str(gguf.parent), dtype=torch.float32, **source)
    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), **source)
    # Otherwise the saved weights would claim to be quantised still.
    del model.config.quantization_config
    model.hf_quantizer = None

    with unfinished_folder(folder) as part:
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        origin = {"file": gguf.name, "sha256": sha256}
        (part / "origin.json").write_text(json.dumps(origin) + "\n", encoding="utf-8")
