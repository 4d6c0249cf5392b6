"""What a folder of weights must hold; no tensor is read, and no library of tensors needed."""

import hashlib
import json
from pathlib import Path

import pytest

from selfexplain.errors import InputError
from selfexplain.providers.model_folder import identity_of, name_of, parameters_in, weight_files


def safetensors(**shapes: list[int]) -> bytes:
    """Return a file of the format whose tensors have these shapes, and no numbers."""
    header = {name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()}
    text = json.dumps({"__metadata__": {"format": "pt"}} | header).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(safetensors(a=[3, 5], b=[7]))
    return tmp_path


def sharded(folder: Path) -> Path:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model-00002-of-00002.safetensors").write_bytes(safetensors(c=[100]))
    names = {"b": "model-00002-of-00002.safetensors", "a": "model-00001-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    return folder


def test_one_file_or_several_are_found_and_counted(folder: Path) -> None:
    """3 × 5 and 7 make 22; with another 100 in a second part 122."""
    assert parameters_in(weight_files(folder)) == 22
    parts = weight_files(sharded(folder))

    assert [path.name for path in parts] == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    assert parameters_in(parts) == 122


def test_the_identity_is_what_sha256sum_prints(folder: Path) -> None:
    """Of one file its own; of several that of the list. A changed setting changes the other half."""
    one = identity_of(folder, weight_files(folder))
    parts = weight_files(sharded(folder))
    printed = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in parts)
    several = identity_of(folder, parts)
    (folder / "generation_config.json").write_text('{"eos_token_id": 3}')

    assert one["weights_sha256"] == hashlib.sha256(safetensors(a=[3, 5], b=[7])).hexdigest()
    assert several["weights_sha256"] == hashlib.sha256(printed.encode()).hexdigest()
    assert identity_of(folder, parts)["settings_sha256"] != several["settings_sha256"]
    assert one["settings_sha256"] == several["settings_sha256"]


@pytest.mark.parametrize(
    ("absent", "present", "told"),
    [
        ("config.json", "", "holds no config.json"),
        ("tokenizer.json", "", "holds no tokenizer"),
        ("model.safetensors", "", r"holds no model\.safetensors"),
        ("model.safetensors", "pytorch_model.bin", "holds pickled weights only, and reading a pickle can run any code"),
        ("model.safetensors", "consolidated.00.pth", "holds pickled weights only"),
        ("model.safetensors", "adapter_model.safetensors", r"holds no model\.safetensors"),
    ],
)
def test_what_is_missing_or_pickled_is_told(folder: Path, absent: str, present: str, told: str) -> None:
    """Before anything is loaded."""
    (folder / absent).unlink()
    if present:
        (folder / present).write_bytes(b"")

    with pytest.raises(InputError, match=told):
        weight_files(folder)


def test_a_pickle_beside_safetensors_is_nobodys_business(folder: Path) -> None:
    """It is not read."""
    (folder / "pytorch_model.bin").write_bytes(b"")

    assert [path.name for path in weight_files(folder)] == ["model.safetensors"]


@pytest.mark.parametrize(
    ("index", "told"),
    [
        ('{"weight_map": {"a": "../../etc/passwd"}}', "no safetensors file beside it"),
        ('{"weight_map": {"a": "pytorch_model.bin"}}', "no safetensors file beside it"),
        ('{"weight_map": {"a": "part.safetensors"}}', r"lacks part\.safetensors"),
        ('{"weight_map": []}', "names no files"),
        ("[", "names no files"),
    ],
)
def test_an_index_may_name_files_beside_it_only(folder: Path, index: str, told: str) -> None:
    """Whatever it says."""
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index)

    with pytest.raises(InputError, match=told):
        weight_files(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\x08\0\0\0\0\0\0\0nonsense", b"\xff" * 12, (2).to_bytes(8, "little") + b"[]"]
)
def test_a_damaged_header_counts_nothing(folder: Path, content: bytes) -> None:
    """The number is unknown then, never 0."""
    (folder / "model.safetensors").write_bytes(content)

    assert parameters_in(weight_files(folder)) is None


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the way to name one."""
    with pytest.raises(InputError, match=r"no folder at .*nowhere\nhint: .*nothing is downloaded"):
        weight_files(tmp_path / "nowhere")


def test_a_model_is_called_by_its_folder() -> None:
    """In Hugging Face's cache that would be a hash: there it is the repository's name."""
    assert name_of(Path("models/tiny-chat/")) == "tiny-chat"
    assert name_of(Path("hub/models--acme--tiny-chat/snapshots/0a1b2c")) == "tiny-chat"
