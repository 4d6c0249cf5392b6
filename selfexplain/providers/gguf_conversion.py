"""A GGUF file as a folder that transformers loads: converted once, kept in the user's cache under the file's hash.

transformers can read GGUF itself, but takes the better part of a minute each time; what it reads is written down here.
The weights are what the quantised numbers stand for, as 32-bit floats: nothing is rounded a second time.
"""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from selfexplain.errors import InputError
from selfexplain.providers import model_file
from selfexplain.providers.loaded_model import loading, require_torch
from selfexplain.providers.model_folder import ONE_FILE

LAYOUT = 1
"""Grows when the same GGUF file becomes another folder."""


def converted(gguf: Path, digest: str) -> Path:
    """Return the folder that a GGUF file was converted to, converting it first where nobody has.

    Parameters
    ----------
    gguf : Path
        Of any architecture whose GGUF files transformers reads.
    digest : str
        The file's sha256.

    Raises
    ------
    InputError
        When a library is missing, the file cannot be read, or the cache cannot be written.
    """
    target = model_file.cached().parent / "converted" / f"{digest}-{LAYOUT}"
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f"{digest}.lock"):  # two that start at once convert it once
            if not target.is_dir():
                put(target, lambda folder: convert(gguf, folder))
    except OSError as error:
        raise InputError(
            f"cannot write to {target.parent}: {error.strerror or error}",
            hint=f"make room for about {7 * gguf.stat().st_size / 1e6:.0f} MB, or name a folder with SELFEXPLAIN_CACHE",
        ) from None
    return target


def put(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder so that nobody ever sees half of it."""
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix="convert-"))
    try:
        fill(folder)
        folder.replace(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def convert(gguf: Path, folder: Path) -> None:
    """Write configuration, tokenizer and weights of a GGUF file into a folder, as JSON and safetensors."""
    torch, transformers = require_torch()
    require_gguf()
    with loading(gguf):
        from safetensors.torch import save_file  # noqa: PLC0415 - an extra

        config = transformers.AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True)
        with torch.device("meta"):  # names and shapes alone: no random numbers are made only to be thrown away
            empty = transformers.AutoModelForCausalLM.from_config(config)
        config.architectures, config.dtype = [type(empty).__name__], torch.float32
        config.save_pretrained(folder)
        tensors = {name: tensor.contiguous() for name, tensor in tensors_of(gguf, empty).items()}
        save_file(tensors, folder / ONE_FILE, {"format": "pt"})
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            gguf.parent, gguf_file=gguf.name, local_files_only=True, trust_remote_code=False
        )
        tokenizer.save_pretrained(folder)


def tensors_of(gguf: Path, empty: Any) -> dict[str, Any]:
    """Return what the numbers of a GGUF file stand for, by the names that transformers gives to the parameters."""
    from transformers import modeling_gguf_pytorch_utils as reading  # noqa: PLC0415 - an extra

    bar, reading.tqdm = reading.tqdm, lambda each, **_: each  # its progress bar cannot be turned off otherwise
    try:
        tensors: dict[str, Any] = reading.load_gguf_checkpoint(str(gguf), return_tensors=True, model_to_load=empty)[
            "tensors"
        ]
    finally:
        reading.tqdm = bar
    return tensors


def require_gguf() -> None:
    """Raise InputError unless the packages that read GGUF are installed: transformers' own words name no remedy."""
    for name in ("gguf", "accelerate"):
        if importlib.util.find_spec(name) is None:
            raise InputError(
                f"a GGUF file in this process needs the package {name}", hint="pip install 'selfexplain[whitebox]'"
            )
