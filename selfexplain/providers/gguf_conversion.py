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

ARCHITECTURES = frozenset({"llama", "qwen2"})
"""Those for which it is tested that the folder computes what the model computes that the file was made of.

transformers reads others as well, but passes over what the file says of them (how fast positions turn in StableLM and
StarCoder2, how wide Qwen3's heads are), or the file does not say it (how Gemma's attention is scaled). The model is
then another one, and nothing tells.
"""

PASSED_OVER = {"rope.scaling.type": "none", "rope.scaling.factor": 1.0, "expert_count": 0}
"""What transformers does not read of a file, and the value with which that changes nothing."""


def converted(gguf: Path, digest: str) -> Path:
    """Return the folder that a GGUF file was converted to, converting it first where nobody has.

    Parameters
    ----------
    gguf : Path
        Of one of `ARCHITECTURES`.
    digest : str
        The file's sha256.

    Raises
    ------
    InputError
        When a library is missing, the file cannot be read or converted faithfully, or the cache cannot be written.
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

        require_faithful(gguf)
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


def require_faithful(gguf: Path) -> None:
    """Raise InputError for a file that would become another model than it holds, naming its architecture."""
    from gguf import GGUFReader  # noqa: PLC0415 - an extra

    reader = GGUFReader(gguf)

    def said(key: str) -> Any:
        field = reader.get_field(key)
        return None if field is None else field.contents()

    architecture = said("general.architecture")
    why = ""
    if architecture not in ARCHITECTURES:
        why = f"only {', '.join(sorted(ARCHITECTURES))} are converted"
    for key, harmless in PASSED_OVER.items():
        found = said(f"{architecture}.{key}")
        if found is not None and found != harmless:
            why = why or f"its `{key}`, {found}, would be passed over"
    if not why and any(tensor.name.startswith("rope_") for tensor in reader.tensors):
        why = "its positions are scaled by a tensor (`rope_…`), which would be passed over"
    if why:
        raise InputError(
            f"{gguf} holds a model of the architecture {architecture!r}, which would be read as another model: {why}",
            hint=f"leave out hf/: with -m {gguf} llama.cpp serves it in this process; or name, behind hf/, the folder "
            "of safetensors that it was made from",
        )


def require_gguf() -> None:
    """Raise InputError unless the packages that read GGUF are installed: transformers' own words name no remedy."""
    for name in ("gguf", "accelerate"):
        if importlib.util.find_spec(name) is None:
            raise InputError(
                f"a GGUF file in this process needs the package {name}", hint="pip install 'selfexplain[whitebox]'"
            )
