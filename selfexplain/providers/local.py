"""GGUF files, the embedded SmolLM2-135M-Instruct first of all: served by llama.cpp inside this process, on loopback."""

import asyncio
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.gguf_header import read_header
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Openness, Request, Response, Transparency

NAME = "smollm2-135m-instruct"
CONTEXT_TOKENS = 2048
OWN_CONTEXT_TOKENS = 8192
"""For a file of the user's own: what it was trained on may be so long that no memory would hold it."""

EMBEDDED = Transparency(
    weights=Openness("open", "in this process: a 4-bit GGUF file, known by its hash"),
    parameters=Openness("open", "134,515,008"),
    training_process=Openness(
        "open",
        "published: 2 trillion tokens, then supervised fine-tuning and DPO; code and report (Allal et al. 2025, "
        "arXiv:2502.02737, which is mostly about the sibling of 1.7 billion parameters)",
    ),
    training_data=Openness(
        "open",
        "published as the sets it was mixed from (FineWeb-Edu, DCLM, The Stack and others, then smol-smoltalk and "
        "UltraFeedback), not as the one mixture that it saw",
    ),
    token_probabilities=Openness("open", "the server in this process gives them"),
    reasoning_text=Openness("closed", "there is none: it was not trained to reason before it answers"),
    licence=Openness("open", "Apache-2.0"),
)
"""What is known of SmolLM2-135M-Instruct, from its model card and report; the parameters are counted in the file."""


class Local:
    """A GGUF file served inside this process, behind the ordinary chat-completions adapter.

    The server runs one slot: batching gains nothing at the embedded model's size, and only a fixed order of requests
    makes temperature 0 repeatable. The embedded model gets one thread, since two collapse when a core is busy; a file
    of your own gets half the cores. It starts with the first Request, on a port chosen by the system, behind a random
    key.

    Parameters
    ----------
    model : str or Path
        `smollm2-135m-instruct`, the embedded model; or the path of a `.gguf` file, whose stem becomes the name.

    Raises
    ------
    InputError
        When no model of this name is embedded, or a file of your own is not there or not a GGUF file. Without its file
        the embedded model can be described, and asking it raises (`selfexplain model pull` brings it).
    """

    prefix = "local"
    concurrency = 1

    def __init__(self, model: str | Path) -> None:
        self._embedded = isinstance(model, str)
        self._file: Path | None
        if isinstance(model, Path):
            self._file, name = model_file.checked_gguf(model, shown=str(model)), model.stem
        else:
            self._file, name = embedded(model), model
        self.name = f"local/{name}"
        digest = model_file.FILE_SHA256 if self._file is None else model_file.sha256(self._file)
        self.identity: Mapping[str, str] = {"gguf_sha256": digest}
        self._started = asyncio.Lock()
        self._server: Any = None
        self._adapter: OpenAI | None = None

    @cached_property
    def transparency(self) -> Transparency:
        """What is known of the embedded model; of any other file, what its header says."""
        if self._file is None or self.identity["gguf_sha256"] == model_file.FILE_SHA256:
            return EMBEDDED
        return card_of(self._file)

    async def generate(self, request: Request) -> Response:
        """Send one Request to the server, which is started by the first."""
        if self._embedded and not any(message.role == "system" for message in request.messages):
            # Without one the model's chat template inserts its own, which ruins the answers.
            raise ProviderError(f"{self.name} needs a system message", kind="bad_request", hint="add `## system`")
        async with self._started:
            if self._adapter is None:
                self._adapter = await self._start()
        return await self._adapter.generate(request)

    async def count_tokens(self, request: Request) -> int | None:
        """Return how many tokens a Request's messages are, by the model's own tokenizer; None without file or library.

        Nothing is asked: the server of this process applies the chat format and cuts the text into tokens.
        """
        try:
            async with self._started:
                if self._adapter is None:
                    self._adapter = await self._start()
            messages = [{"role": message.role, "content": message.content} for message in request.messages]
            prompt = (await self._adapter.post("/apply-template", {"messages": messages}))["prompt"]
            cut = await self._adapter.post("/tokenize", {"content": prompt, "parse_special": True})
            return len(cut["tokens"])
        except (InputError, ProviderError, KeyError, TypeError):
            return None

    async def _start(self) -> OpenAI:
        if self._file is None:
            raise InputError(
                "the embedded model's file is not on this machine", hint="run `selfexplain model pull` once"
            )
        key, name = secrets.token_hex(), self.name.removeprefix("local/")
        context, threads = (CONTEXT_TOKENS, 1) if self._embedded else (OWN_CONTEXT_TOKENS, half_the_cores())
        self._server = await asyncio.to_thread(
            start_server, self._file, key, name=name, context=context, threads=threads
        )
        return OpenAI(name, base_url=f"{self._server.listening_address}/v1", api_key=key, name=self.name)

    async def aclose(self) -> None:
        """Stop the server."""
        if self._adapter is not None:
            await self._adapter.aclose()
        self._adapter = self._server = None


def embedded(name: str) -> Path | None:
    """Return the file of the embedded model of this name, None when it is not on this machine."""
    if name != NAME:
        raise InputError(
            f"local/{name} is not embedded",
            hint=f"the embedded model is local/{NAME}; for a file of your own write its path: -m path/to/model.gguf",
        )
    return model_file.find()


FREE = frozenset({"apache-2.0", "mit", "isc", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0"})
"""Licences under which weights may be used, changed and passed on; what others allow is for their readers to judge."""


def card_of(file: Path) -> Transparency:
    """Return what a GGUF file says of its model: that its weights are here, how many they are, and the licence."""
    header = read_header(file)
    n, licence = header.parameters, header.licence
    return Transparency(
        weights=Openness("open", "in this process: a GGUF file of the user's own"),
        parameters=Openness() if n is None else Openness("open", f"{n:,}, counted in the file"),
        token_probabilities=EMBEDDED.token_probabilities,
        licence=Openness(detail="the file names none")
        if licence is None
        else Openness("open" if licence.lower() in FREE else "unknown", f"the file names {licence}"),
    )


def half_the_cores() -> int:
    """Return how many threads to use: more than the real cores only wait for each other."""
    return max(1, (os.cpu_count() or 2) // 2)


def start_server(file: Path, key: str, *, name: str = NAME, context: int = CONTEXT_TOKENS, threads: int = 1) -> Any:
    """Return a running llama.cpp server; it stops when the last reference to it goes."""
    try:
        import xllamacpp  # noqa: PLC0415 - an extra, and a library of 100 MB
    except ImportError:
        raise InputError(
            "a model in this process needs the package xllamacpp, which is not installed",
            hint="pip install 'selfexplain[local]'; where it has no wheel, serve a model yourself and use --base-url",
        ) from None
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {name}  # else the whole path of the file
    params.n_ctx = context
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 0
    params.ui = False
    params.cors_origins = ""
    params.api_keys = [key]
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ProviderError(
            f"the embedded server did not start with {file.name}: {error}",
            kind="unavailable",
            hint=f"is there memory left (about twice the file's {file.stat().st_size / 1e6:.0f} MB), "
            "and is the file whole? `selfexplain model pull` checks the embedded one",
        ) from None
