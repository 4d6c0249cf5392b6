"""A GGUF file becomes a folder once: whole or not at all, and with the numbers that the file stands for."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from providers.tiny_gguf import KINDS, tiny, write_gguf
from providers.tiny_models import need_the_extra
from selfexplain.errors import InputError
from selfexplain.providers import gguf_conversion, model_file
from selfexplain.providers.gguf_conversion import ARCHITECTURES, convert, converted, put
from selfexplain.providers.loaded_model import load

DIGEST = "ab" * 32


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SELFEXPLAIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "converted"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF and nothing else")
    return path


def test_what_was_converted_once_is_not_converted_again(
    cache: Path, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the file nor a library is looked at; another hash is another folder."""
    monkeypatch.setitem(sys.modules, "torch", None)
    (cache / f"{DIGEST}-1").mkdir(parents=True)

    assert converted(broken, DIGEST) == cache / f"{DIGEST}-1"
    with pytest.raises(InputError, match="needs torch and transformers"):
        converted(broken, "cd" * 32)


def test_half_a_folder_is_never_seen(tmp_path: Path) -> None:
    """What breaks off leaves nothing behind."""

    def half(folder: Path) -> None:
        (folder / "config.json").write_text("{")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(tmp_path / "target", half)
    assert list(tmp_path.iterdir()) == []

    put(tmp_path / "target", lambda folder: (folder / "config.json").touch())
    assert [path.name for path in tmp_path.rglob("*")] == ["target", "config.json"]


def test_a_cache_that_cannot_be_made_is_told(tmp_path: Path, broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands in its way."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SELFEXPLAIN_CACHE", str(tmp_path / "file"))

    with pytest.raises(InputError, match=r"cannot write to .*converted: .*\nhint: make room for about 0 MB, or name"):
        converted(broken, DIGEST)


@pytest.mark.parametrize("name", ["gguf", "accelerate"])
def test_a_missing_package_is_told_with_the_way_to_get_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked: None if asked == name else object())

    with pytest.raises(InputError, match=rf"needs the package {name}\nhint: pip install 'selfexplain\[whitebox\]'"):
        gguf_conversion.require_gguf()


def test_a_file_that_is_no_model_leaves_nothing(cache: Path, broken: Path) -> None:
    """It begins like one, and that is all."""
    need_the_extra()
    with pytest.raises(InputError, match=r"the model in .*broken\.gguf cannot be loaded: "):
        converted(broken, DIGEST)

    assert [path.name for path in cache.iterdir() if path.suffix != ".lock"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_computes_what_the_model_does_that_the_file_was_made_of(kind: str, tmp_path: Path) -> None:
    """And what transformers' own loader makes of the file: the same log-probabilities behind each of 40 tokens."""
    model = tiny(kind)
    import torch
    from transformers import AutoModelForCausalLM

    convert(write_gguf(model, tmp_path / "tiny.gguf"), tmp_path)
    loaded = load(tmp_path, device="cpu")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="tiny.gguf", local_files_only=True)
    ids = torch.tensor([[7 * place % 250 for place in range(40)]])
    with torch.inference_mode():
        expected, ours, own = (each(ids).logits.log_softmax(-1) for each in (model, loaded.model, theirs))

    assert torch.allclose(ours, expected, atol=1e-4)
    assert torch.allclose(own, expected, atol=1e-4)
    assert loaded.ends == {256}
    assert loaded.context == 256
    assert kind.partition(",")[0] in ARCHITECTURES


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"also": {"rope.scaling.type": "yarn"}}, "its `rope.scaling.type`, yarn, would be passed over"),
        ({"also": {"rope.scaling.factor": 8.0}}, "its `rope.scaling.factor`, 8.0, would be passed over"),
        ({"extra": ("rope_freqs.weight",)}, "its positions are scaled by a tensor"),
    ],
)
def test_a_file_that_would_become_another_model_is_refused(change: Any, why: str, tmp_path: Path) -> None:
    """Transformers passes over how positions are scaled, without a word; the error names the architecture."""
    file = write_gguf(tiny("llama"), tmp_path / "tiny.gguf", **change)
    with pytest.raises(InputError, match=f"architecture 'llama', which .*{why}.*\nhint: leave out hf/: with -m"):
        convert(file, tmp_path)
    convert(write_gguf(tiny("llama"), file, also={"rope.scaling.type": "none", "rope.scaling.factor": 1.0}), tmp_path)


@pytest.mark.parametrize("name", ["gemma", "gemma2", "gemma3", "mamba", "qwen3", "stablelm", "starcoder2"])
def test_an_architecture_that_is_not_tested_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    """Transformers would take most: how fast positions turn, how wide heads are, how attention is scaled go missing."""
    need_the_extra()
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "other.gguf", name)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    with pytest.raises(InputError, match=f"architecture '{name}', which .*only llama, qwen2 are"):
        convert(tmp_path / "other.gguf", tmp_path)


def test_the_numbers_are_those_that_the_file_stands_for(embedded_model: Path) -> None:
    """Bit for bit, as 32-bit floats: the embedding and the last norm of the embedded model; no kind of cell is lost."""
    need_the_extra()
    import gguf
    import numpy as np
    from safetensors import safe_open

    folder = converted(embedded_model, model_file.sha256(embedded_model))
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(embedded_model).tensors}
    names = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    with safe_open(folder / "model.safetensors", "np") as ours:
        assert len(ours.keys()) == len(stored) == 272
        for name, theirs in names.items():
            tensor = stored[theirs]
            assert np.array_equal(ours.get_tensor(name), gguf.dequantize(tensor.data, tensor.tensor_type))

    assert json.loads((folder / "config.json").read_text())["architectures"] == ["LlamaForCausalLM"]
