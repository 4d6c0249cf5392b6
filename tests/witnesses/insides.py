"""Models to look into: random ones of several kinds, and one in which a letter decides by construction."""

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from providers.tiny_models import need_the_extra, save_tiny, save_tokenizer
from selfexplain.providers.inside import Inside, look_inside
from selfexplain.providers.loaded_model import LoadedModel
from selfexplain.records import Message

WINDOW = 48

KINDS: dict[str, dict[str, Any]] = {
    "llama": {},
    "gpt2": {},
    "mistral": {"sliding_window": WINDOW},
    "qwen2": {"max_window_layers": 0},
    "qwen3": {"head_dim": 12},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8, "sliding_window": WINDOW},
    "gemma3_text": {"head_dim": 8, "sliding_window": WINDOW},
}
"""Heads in groups, learned places, windows that slide in all layers or in every other one, norms in other places,
embeddings that are scaled."""

DECIDING, ANSWER, OTHER = "Z", "Y", "N"

TURNS = (Message("system", "Be brief."), Message("user", "What is 2 + 5, aZb?"))


@lru_cache
def inside(kind: str) -> Inside:
    """Return a random model of a kind, computed in 64 bits so that differences can be taken."""
    need_the_extra()
    with tempfile.TemporaryDirectory() as folder:
        made = look_inside(save_tiny(Path(folder) / kind, kind, **KINDS[kind]), device="cpu")
    made.model.double()
    return made


@lru_cache
def deciding() -> Inside:
    """Return a transformer of one layer that answers `Y` if and only if it has read a `Z`.

    The row of each letter is (1, is it Z, 0 …). Every position asks for Z; what it finds is written into the third
    number, which the head of the model turns into the logit of `Y`; `N` has a constant one.
    """
    need_the_extra()
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    size, n = 8, 258
    config = LlamaConfig(
        vocab_size=n,
        hidden_size=size,
        intermediate_size=2,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        max_position_embeddings=512,
        tie_word_embeddings=False,
        eos_token_id=256,
        bos_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 1e12},
    )
    model = LlamaForCausalLM(config).double().eval().requires_grad_(False)  # noqa: FBT003 - torch takes it by position
    with tempfile.TemporaryDirectory() as folder:
        save_tokenizer(Path(folder))
        tokenizer = AutoTokenizer.from_pretrained(folder)
    (decides,), (yes,), (no,) = (tokenizer(each)["input_ids"] for each in (DECIDING, ANSWER, OTHER))
    for parameter in model.parameters():
        parameter.data.zero_()
    layer = model.model.layers[0]
    for norm in (layer.input_layernorm, layer.post_attention_layernorm, model.model.norm):
        norm.weight.data.fill_(1.0)
    rows = model.model.embed_tokens.weight.data
    rows[:, 0] = 1.0
    rows[:, 3:] = 0.1 * torch.sin(torch.arange(n * 5).double()).reshape(n, 5)  # what nothing reads
    rows[decides, 1] = 1.0
    slow = size // 2 - 1  # the pair of numbers that turns least with the place
    layer.self_attn.q_proj.weight.data[slow, 0] = 3.0
    layer.self_attn.k_proj.weight.data[slow, 1] = 3.0
    layer.self_attn.v_proj.weight.data[1, 1] = 1.0
    layer.self_attn.o_proj.weight.data[2, 1] = 2.0
    model.lm_head.weight.data[yes, 2] = 6.0
    model.lm_head.weight.data[no, 0] = 1.0
    return Inside(LoadedModel(model, tokenizer, frozenset({256}), 512), name="hf/deciding")
