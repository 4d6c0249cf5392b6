"""GGUF files, the embedded SmolLM2-135M-Instruct first of all: served by llama.cpp inside this process, on loopback."""

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Request, Response

NAME = "smollm2-135m-instruct"
CONTEXT_TOKENS = 2048
OWN_CONTEXT_TOKENS = 8192
"""For a file of the user's own: what it was trained on may be so long that no memory would hold it."""


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
        When no model of this name is embedded, or the file is not here (`selfexplain model pull` brings the embedded
        one), or it is not a GGUF file.
    """

    prefix = "local"
    concurrency = 1

    def __init__(self, model: str | Path) -> None:
        self._embedded = isinstance(model, str)
        if isinstance(model, Path):
            self._file, name = model_file.checked_gguf(model, shown=str(model)), model.stem
        else:
            self._file, name = embedded(model), model
        self.name = f"local/{name}"
        self.identity: Mapping[str, str] = {"gguf_sha256": model_file.sha256(self._file)}
        self._started = asyncio.Lock()
        self._server: Any = None
        self._adapter: OpenAI | None = None

    async def generate(self, request: Request) -> Response:
        """Send one Request to the server, which is started by the first."""
        if self._embedded and not any(message.role == "system" for message in request.messages):
            # Without one the model's chat template inserts its own, which ruins the answers.
            raise ProviderError(f"{self.name} needs a system message", kind="bad_request", hint="add `## system`")
        async with self._started:
            if self._adapter is None:
                self._adapter = await self._start()
        return await self._adapter.generate(request)

    async def _start(self) -> OpenAI:
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


def embedded(name: str) -> Path:
    """Return the file of the embedded model of this name."""
    if name != NAME:
        raise InputError(
            f"local/{name} is not embedded",
            hint=f"the embedded model is local/{NAME}; for a file of your own write its path: -m path/to/model.gguf",
        )
    found = model_file.find()
    if found is None:
        raise InputError("the embedded model's file is not on this machine", hint="run `selfexplain model pull` once")
    return found


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
