"""A transformers model in this process: loaded from a folder, never from the network, never with code of the folder's.

What looks inside a model starts from here as well: the same weights, the same tokenizer.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from selfexplain.errors import InputError
from selfexplain.providers.failures import shortened

Precision = Literal["float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True)
class LoadedModel:
    """A causal language model, ready to compute."""

    model: Any
    """transformers.PreTrainedModel, in evaluation mode, on its device."""
    tokenizer: Any
    """transformers.PreTrainedTokenizerBase."""
    ends: frozenset[int]
    """The tokens that end a turn, by the model's own settings."""
    context: int | None
    """How many tokens it was made for; None when its configuration does not say."""


def load(folder: Path, *, precision: Precision = "float32", device: str | None = None) -> LoadedModel:
    """Return the model of a folder: safetensors only, no code of the folder's is run, nothing is fetched.

    Parameters
    ----------
    folder : Path
        As `save_pretrained` writes it.
    precision : str
        What the weights are turned into, and computed with.
    device : str, optional
        Where, in torch's words; default the first CUDA device, else the processor.

    Raises
    ------
    InputError
        When torch or transformers is not installed, or the folder holds no model that can be loaded whole.
    """
    torch, transformers = require_torch()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cpu":
        use_threads(torch)
    tokenizer = load_tokenizer(folder)
    with loading(folder):
        model, told = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, precision),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        require_whole(folder, told)
        model = model.to(device).eval().requires_grad_(False)  # noqa: FBT003 - torch takes it by position
    config = model.config.get_text_config()
    return LoadedModel(
        model,
        tokenizer,
        ends_of(model.generation_config.eos_token_id) | ends_of(config.eos_token_id) | ends_of(tokenizer.eos_token_id),
        getattr(config, "max_position_embeddings", None),
    )


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a folder alone, which is soon there.

    Raises
    ------
    InputError
        When transformers is not installed, or the folder holds no tokenizer with a chat template.
    """
    _, transformers = require_torch()
    with loading(folder):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if not tokenizer.chat_template:
        raise InputError(
            f"the tokenizer in {folder} has no chat template, so nobody knows how to put a question to its model",
            hint="take a model that was trained to answer (-Instruct, -chat)",
        )
    return tokenizer


def require_torch() -> tuple[Any, Any]:
    """Return the modules torch and transformers.

    Raises
    ------
    InputError
        When one of them is not installed.
    """
    try:
        import torch  # noqa: PLC0415 - seconds, and an extra of 1 GB
        import transformers  # noqa: PLC0415 - the same
    except ImportError as error:
        raise InputError(
            f"a model in this process needs torch and transformers: {error}", hint="pip install 'selfexplain[whitebox]'"
        ) from None
    return torch, transformers


def use_threads(torch: Any) -> None:
    """Let torch use half the cores, unless `OMP_NUM_THREADS` says otherwise: more only wait for each other."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while loading into our words, and keep transformers from writing to the terminal."""
    from transformers.utils import logging  # noqa: PLC0415 - seconds, and an extra

    level, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"the model in {folder} cannot be loaded: {shortened(words)}",
            hint="is it complete, is there memory for it, and does the installed transformers know its kind? "
            "Code that comes with a model is never run",
        ) from error
    finally:
        logging.set_verbosity(level)
        if had_bar:
            logging.enable_progress_bar()


def require_whole(folder: Path, told: Any) -> None:
    """Raise InputError when weights are missing: transformers would put random numbers in their place."""
    missing = sorted(told["missing_keys"]) + sorted(str(each) for each in told["mismatched_keys"])
    if missing:
        raise InputError(
            f"the weights in {folder} lack {len(missing)} of what the configuration promises, such as {missing[0]}",
            hint="fetch the folder again: configuration and weights are of different models, or a part is missing",
        )


def ends_of(ids: int | list[int] | None) -> frozenset[int]:
    """Return a setting that may be one token, several or none, as a set."""
    return frozenset(() if ids is None else [ids] if isinstance(ids, int) else ids)
