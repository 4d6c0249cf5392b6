"""Models of a few thousand random numbers, made in a second: three architectures, a tokenizer of bytes, a chat format.

Without the extra `whitebox` the tests that need one are skipped.
"""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROLS = ("<|im_start|>", "<|im_end|>")
END = 256
"""The number of `<|im_end|>`."""
CONTEXT = 256

LLAMA = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
}
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": CONTEXT, "attn_pdrop": 0.0, "resid_pdrop": 0.0}
MISTRAL = LLAMA | {"sliding_window": 48}
KINDS: dict[str, dict[str, Any]] = {"llama": LLAMA, "gpt2": GPT2, "mistral": MISTRAL}
"""Rotated places and grouped queries; places that are learned and one head each; a window that slides."""


def save_tiny(folder: Path, kind: str, **settings: Any) -> Path:
    """Write a tiny model of a kind and its tokenizer into a folder; kinds not in `KINDS` are shaped as Llama is.

    Its numbers are large enough that no two tokens are nearly equally probable.
    """
    save_tokenizer(folder)
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(3)
    shape = KINDS.get(kind, LLAMA) | {"vocab_size": 256 + len(CONTROLS), "initializer_range": 0.5} | settings
    config = AutoConfig.for_model(kind, bos_token_id=None, eos_token_id=END, pad_token_id=None, **shape)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


def save_tokenizer(folder: Path, chat_template: str | None = CHAT_TEMPLATE) -> None:
    """Write a tokenizer that makes one token of each byte, and one of each control token."""
    need_the_extra()
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    cut = Tokenizer(models.BPE({letter: place for place, letter in enumerate(letters)}, []))
    cut.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    cut.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=cut, eos_token=CONTROLS[1], additional_special_tokens=[CONTROLS[0]]
    )
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)


def close() -> float:
    """Return how far log-probabilities may differ by the order of sums in 32-bit floats; here they are above -20.

    A GPU adds up in another order for each shape of a batch; a processor nearly does not.
    """
    import torch

    return 1e-3 if torch.cuda.is_available() else 1e-4


def need_the_extra() -> None:
    """Skip where torch or transformers is not installed at all; one that is and does not import is a failure."""
    if importlib.util.find_spec("transformers") is None or importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra `whitebox`")
