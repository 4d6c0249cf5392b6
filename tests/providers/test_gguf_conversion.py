"""A GGUF file becomes a folder once: whole or not at all, and with the numbers that the file stands for."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from providers.tiny_models import need_the_extra
from selfexplain.errors import InputError
from selfexplain.providers import gguf_conversion, model_file
from selfexplain.providers.gguf_conversion import converted, put

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
