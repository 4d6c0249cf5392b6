"""A folder of weights as Hugging Face lays it out: what must be there, what is refused, and by which hash it is known.

Only files are looked at here: nothing is loaded, and no library of tensors is needed.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from selfexplain.errors import InputError
from selfexplain.providers.model_file import sha256

ONE_FILE, INDEX = "model.safetensors", "model.safetensors.index.json"

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
"""How files are called whose reading can run code."""

SETTINGS = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
)
"""The files beside the weights that decide what is read and written."""

TOKENIZERS = frozenset({"tokenizer.json", "tokenizer.model", "vocab.json"})

LONGEST_HEADER = 100_000_000
"""Bytes; what the format itself allows."""


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the safetensors files of a model folder, once it is certain that everything else is there too.

    Raises
    ------
    InputError
        When the folder, its configuration, its tokenizer or its weights are missing, or the weights are pickled.
    """
    if not folder.is_dir():
        raise InputError(
            f"no folder at {folder}", hint="name a folder with config.json, or a .gguf file; nothing is downloaded"
        )
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder} holds no config.json", hint="name the folder that a model was saved to with save_pretrained"
        )
    found = files_of_weights(folder)
    if not found and any(path for pattern in PICKLES for path in folder.glob(pattern)):
        raise InputError(
            f"{folder} holds pickled weights only, and reading a pickle can run any code",
            hint="convert them where you trust them: AutoModelForCausalLM.from_pretrained(…).save_pretrained(…) "
            "writes safetensors",
        )
    if not found:
        raise InputError(f"{folder} holds no {ONE_FILE}", hint="are the weights downloaded, and not only the config?")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise InputError(f"{folder} holds no tokenizer", hint="save it there: tokenizer.save_pretrained(…)")
    return found


def files_of_weights(folder: Path) -> tuple[Path, ...]:
    """Return the one file of weights, or those that the index names; empty when there is neither."""
    if (folder / ONE_FILE).is_file():
        return (folder / ONE_FILE,)
    try:
        names = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    except OSError:
        return ()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / INDEX} names no files", hint="fetch it again") from None
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
            raise InputError(f"{folder / INDEX} names {name!r}, which is no safetensors file beside it")
        if not (folder / name).is_file():
            raise InputError(f"{folder} lacks {name}, which {INDEX} names", hint="fetch the missing part")
    return tuple(folder / name for name in names)


def identity_of(folder: Path, weights: Sequence[Path]) -> dict[str, str]:
    """Return by what a model folder is known: the sha256 of its weights, and that of its configuration and tokenizer.

    One file of weights has its own sha256; several have the sha256 of what `sha256sum FILES` prints, in the order of
    their names, and so have the other files.
    """
    settings = [folder / name for name in sorted(SETTINGS) if (folder / name).is_file()]
    one = sha256(weights[0]) if len(weights) == 1 else sha256_of_list(weights)
    return {"weights_sha256": one, "settings_sha256": sha256_of_list(settings)}


def sha256_of_list(files: Iterable[Path]) -> str:
    """Return the sha256 of the lines that `sha256sum` prints for files, called by their names alone."""
    lines = "".join(f"{sha256(path)}  {path.name}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def parameters_in(weights: Iterable[Path]) -> int | None:
    """Return how many parameters the headers of safetensors files count; None when they cannot be read.

    The format: eight bytes of length, then so many bytes of JSON with the shape of each tensor.
    """
    n = 0
    try:
        for path in weights:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = json.loads(file.read(min(length, LONGEST_HEADER)))
            n += sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return n or None


def name_of(folder: Path) -> str:
    """Return what to call the model of a folder: its last part; in Hugging Face's own cache, the repository's name.

    >>> name_of(Path("/data/models/tiny-chat")), name_of(Path("hub/models--acme--tiny-chat/snapshots/0a1b2c"))
    ('tiny-chat', 'tiny-chat')
    """
    folder = folder.absolute()
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.name
