"""Tiny models with random weights, of the shapes that hub models have, saved as they save theirs.

What they say means nothing; how they are read, cut and asked is the same. Their tokens are single
bytes, so that any text has some.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 2048,
}


def _tokenizer(special: list[str], words: Sequence[str]) -> Tokenizer:
    tokens = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = []
    for word in words:
        for end in range(2, len(word) + 1):
            merges.append((word[: end - 1], word[end - 1]))
            tokens.append(word[:end])
    made = Tokenizer(BPE({token: n for n, token in enumerate(tokens)}, merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(special)
    return made


def _save(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _qwen(
    kind: str, folder: Path, template: str | None, dtype: str, words: Sequence[str] = ()
) -> Path:
    import torch
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(SPECIAL, words),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = template
    torch.manual_seed(1)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer),
        num_key_value_heads=2,
        eos_token_id=2,
        initializer_range=0.4,
        **({"head_dim": 8} if kind == "Qwen3" else {}),
        **SHAPE,
    )
    model = getattr(transformers, f"{kind}ForCausalLM")(config)
    return _save(model.to(getattr(torch, dtype)), tokenizer, folder)


def qwen2(folder: Path, *, template: str | None = TEMPLATE, dtype: str = "bfloat16") -> Path:
    """As Qwen2.5-Instruct: rotary positions, grouped keys and values, biases, bfloat16."""
    return _qwen("Qwen2", folder, template, dtype)


def qwen3(folder: Path, *, dtype: str = "float32", words: Sequence[str] = ("yes", "no")) -> Path:
    """As Qwen3-4B-Instruct and Qwen3-Reranker: also normalised queries and keys. `words` are
    single tokens."""
    return _qwen("Qwen3", folder, TEMPLATE, dtype, words)


def _bert_tokenizer() -> Any:
    from transformers import PreTrainedTokenizerFast

    made = _tokenizer(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], [])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        model_max_length=256,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def _bert_config(size: int, **how: Any) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=size, initializer_range=0.3, **SHAPE | {"max_position_embeddings": 256}, **how
    )


def cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """As ms-marco-MiniLM: BERT with one label over a question and a text."""
    import torch
    from transformers import BertForSequenceClassification

    tokenizer = _bert_tokenizer()
    torch.manual_seed(1)
    model = BertForSequenceClassification(_bert_config(len(tokenizer), num_labels=labels))
    return _save(model, tokenizer, folder)


def embedder(folder: Path, *, prompts: dict[str, str] | None = None) -> Path:
    """As bge-small: BERT, its vectors averaged, with prompts of its own where given."""
    import torch
    from transformers import BertModel

    tokenizer = _bert_tokenizer()
    torch.manual_seed(1)
    _save(BertModel(_bert_config(len(tokenizer))), tokenizer, folder)
    kinds = ("models.Transformer", "models.Pooling")
    parts = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.{kind}"}
        for n, (kind, path) in enumerate(zip(kinds, ("", "1_Pooling"), strict=True))
    ]
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    for name, value in {
        "modules.json": parts,
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts or {}},
        "1_Pooling/config.json": pooling,
    }.items():
        (folder / name).write_text(json.dumps(value))
    return folder
