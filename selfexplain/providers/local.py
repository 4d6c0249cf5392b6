"""The embedded model: SmolLM2-135M-Instruct, served by llama.cpp inside this process, on loopback."""

import asyncio
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


class Local:
    """The embedded model behind the ordinary chat-completions adapter.

    The server runs one slot and one thread. One slot, because batching gains nothing at this size and only a fixed
    order of requests makes temperature 0 repeatable; one thread, because two collapse when a core is busy.
    It starts with the first Request, on a port chosen by the system, behind a random key.

    Parameters
    ----------
    name : str
        Only `smollm2-135m-instruct` is embedded.

    Raises
    ------
    InputError
        When the name is another one, or the file is not here (`selfexplain model pull` brings it).
    """

    prefix = "local"
    concurrency = 1

    def __init__(self, name: str) -> None:
        if name != NAME:
            raise InputError(f"local/{name} is not embedded", hint=f"the embedded model is local/{NAME}")
        found = model_file.find()
        if found is None:
            raise InputError(
                "the embedded model's file is not on this machine", hint="run `selfexplain model pull` once"
            )
        self.name = f"local/{name}"
        self._file = found
        self.identity: Mapping[str, str] = {"gguf_sha256": model_file.sha256(found)}
        self._started = asyncio.Lock()
        self._server: Any = None
        self._adapter: OpenAI | None = None

    async def generate(self, request: Request) -> Response:
        """Send one Request to the server, which is started by the first."""
        if not any(message.role == "system" for message in request.messages):
            # Without one the model's chat template inserts its own, which ruins the answers.
            raise ProviderError(f"{self.name} needs a system message", kind="bad_request", hint="add `## system`")
        async with self._started:
            if self._adapter is None:
                key = secrets.token_hex()
                self._server = await asyncio.to_thread(start_server, self._file, key)
                address = f"{self._server.listening_address}/v1"
                self._adapter = OpenAI(NAME, base_url=address, api_key=key, name=self.name)
        return await self._adapter.generate(request)

    async def aclose(self) -> None:
        """Stop the server."""
        if self._adapter is not None:
            await self._adapter.aclose()
        self._adapter = self._server = None


def start_server(file: Path, key: str) -> Any:
    """Return a running llama.cpp server; it stops when the last reference to it goes."""
    try:
        import xllamacpp  # noqa: PLC0415 - an extra, and a library of 100 MB
    except ImportError:
        raise InputError(
            "the embedded model needs the package xllamacpp, which is not installed",
            hint="pip install 'selfexplain[local]'; where it has no wheel, serve a model yourself and use --base-url",
        ) from None
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {NAME}
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
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
            hint="is there memory left (about 200 MB)? `selfexplain model pull` checks the file",
        ) from None
