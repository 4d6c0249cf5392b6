"""GGUF files of tiny random models, written with the gguf package as llama.cpp's converter writes real ones."""

from pathlib import Path
from typing import Any

import pytest

from providers.tiny_models import CHAT_TEMPLATE, CONTROLS, need_the_extra

SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": 257,
    "eos_token_id": 256,
    "initializer_range": 0.3,
    "rope_theta": 5000.0,
}
KINDS: dict[str, dict[str, Any]] = {
    "llama": {"tie_word_embeddings": False},
    "llama, tied": {"tie_word_embeddings": True},
    "qwen2": {"tie_word_embeddings": True},
    "qwen2, untied": {"tie_word_embeddings": False},
}
"""What transformers calls each, and what it has beside SHAPE; an untied head is a matrix of its own."""


def tiny(kind: str) -> Any:
    """Return a model of a kind of KINDS, with norms and biases that are not all 1 and 0."""
    need_the_extra()
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(5)
    shape = SHAPE | {"vocab_size": len(tokens())} | KINDS[kind]
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind.partition(",")[0], **shape)).float().eval()
    for name, weights in model.named_parameters():
        if name.endswith(("norm.weight", "bias")):
            weights.data += 0.2 * torch.randn_like(weights)
    return model


def tokens() -> list[str]:
    """Return a vocabulary: each byte, the control tokens, and one pair."""
    from tokenizers import pre_tokenizers

    return [*sorted(pre_tokenizers.ByteLevel.alphabet()), CONTROLS[1], CONTROLS[0], "ab"]


def write_gguf(model: Any, path: Path, *, also: dict[str, Any] | None = None, extra: tuple[str, ...] = ()) -> Path:
    """Write a model; `also` are more metadata, `extra` the names of tensors that no such model has."""
    gguf = pytest.importorskip("gguf")
    import numpy as np

    config, kind = model.config, model.config.model_type
    architecture = next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == kind)
    writer = gguf.GGUFWriter(path, kind)
    writer.add_name("tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    for key, value in (also or {}).items():
        (writer.add_string if isinstance(value, str) else writer.add_float32)(f"{kind}.{key}", value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens())
    writer.add_token_types([1] * 256 + [3, 3, 1])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(256)
    writer.add_bos_token_id(257)
    writer.add_chat_template(CHAT_TEMPLATE)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for name, weights in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        numbers = weights.numpy()
        if kind == "llama" and ("q_proj" in name or "k_proj" in name):
            numbers = interleaved(
                numbers, config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            )
        called = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert called, f"{kind}: GGUF has no name for {name}"
        writer.add_tensor(called, np.ascontiguousarray(numbers))
    for name in extra:
        writer.add_tensor(name, np.ones(8, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def interleaved(weights: Any, heads: int) -> Any:
    """Return the rows of each head as llama.cpp rotates them: neighbours in pairs, not halves."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(weights.shape)
