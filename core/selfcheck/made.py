"""Models with random weights, made from their configs and saved as those of the hub are, so that
they are found, loaded and asked like any other. What they say means nothing."""

import json
from pathlib import Path
from typing import Any

from core.selfcheck.sizes import Shape

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
WINDOW = 4096
LONGEST = 256  # tokens that the embedder and the reranker read
CHAOS = 2.4  # of initial weights x the root of the width: what was read decides every next token


def generator(
    folder: Path, shape: Shape, *, kind: str = "Llama", place: str = "cpu", counts: bool = False
) -> Path:
    """A causal language model of an architecture (Llama, Qwen2, Qwen3), in float32.

    What it says depends on all it has read. One that `counts` instead says the words of its
    vocabulary in their order, whatever it read, and is kept in bfloat16: no answer ends before its
    limit or repeats itself, so it can be timed.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        head_dim=shape.width // shape.heads,
        max_position_embeddings=WINDOW,
        initializer_range=0.02 if counts else CHAOS / shape.width**0.5,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]), torch.device(place):
        torch.manual_seed(1)
        model = transformers.AutoModelForCausalLM.from_config(
            config, dtype=torch.bfloat16 if counts else torch.float32
        )
        if counts:
            _let_count(model)
    model.save_pretrained(folder)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_letters(SPECIAL, shape.vocabulary),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def _let_count(model: Any) -> None:
    """The last layer knows each word's embedding as that of the word before; what lies between
    changes little."""
    import torch

    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        embeddings.normal_()
        model.get_output_embeddings().weight.copy_(embeddings.roll(1, dims=0))
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.mul_(0.02)
            layer.mlp.down_proj.weight.mul_(0.02)


def embedder(folder: Path, shape: Shape) -> Path:
    """BERT, its vectors averaged, as sentence-transformers keeps it."""
    import transformers

    tokenizer, config = _bert(shape)
    _save(transformers.BertModel, config, tokenizer, folder)
    parts = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling")])
    ]
    (folder / "1_Pooling").mkdir()
    for name, value in {
        "modules.json": parts,
        "sentence_bert_config.json": {"max_seq_length": LONGEST, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {}},
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.width,
            "pooling_mode_mean_tokens": True,
        },
    }.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return folder


def reranker(folder: Path, shape: Shape) -> Path:
    """BERT with one label over a question and a text."""
    import transformers

    tokenizer, config = _bert(shape, num_labels=1)
    return _save(transformers.BertForSequenceClassification, config, tokenizer, folder)


def _bert(shape: Shape, **how: Any) -> tuple[Any, Any]:
    from tokenizers import processors
    from transformers import BertConfig, PreTrainedTokenizerFast

    letters = _letters(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], shape.vocabulary)
    letters.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=letters,
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        model_max_length=LONGEST,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=LONGEST,
        initializer_range=CHAOS / shape.width**0.5,
        **how,
    )
    return tokenizer, config


def _save(architecture: Any, config: Any, tokenizer: Any, folder: Path) -> Path:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        architecture(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _letters(special: list[str], size: int) -> Any:
    """A tokenizer that reads each letter as a token, and has words besides, which only models
    say."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    tokens = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokens += [f"Ġw{number}" for number in range(size - len(tokens))]
    made = Tokenizer(BPE({token: number for number, token in enumerate(tokens)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(special)
    return made
