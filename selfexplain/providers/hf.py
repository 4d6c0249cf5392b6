"""Models in this process by transformers: a folder of safetensors, or a GGUF file converted once; processor or GPU."""

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import TemplateError
from msgspec.structs import replace

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers import model_file
from selfexplain.providers.batch_decoding import Decoder, Prompt, Row
from selfexplain.providers.chat_prompt import prompt_ids
from selfexplain.providers.failures import shortened
from selfexplain.providers.gathering import Gathering, Seat
from selfexplain.providers.gguf_conversion import converted
from selfexplain.providers.loaded_model import PRECISIONS, LoadedModel, Precision, load, load_tokenizer, require_torch
from selfexplain.providers.local import EMBEDDED, NAME, card_of, embedded
from selfexplain.providers.model_folder import identity_of, name_of, parameters_in, weight_files
from selfexplain.providers.provider import wanted
from selfexplain.providers.written_tokens import Written, pieces_of
from selfexplain.records import Openness, Request, Response, Transparency, Usage

TOKENS_AT_ONCE: Mapping[str, int] = {"cpu": 4096, "cuda": 65_536}
"""Prompts and replies of a batch together, by kind of device: each token takes memory in every layer."""

NOT_TAKEN = frozenset({"grammar", "form", "effort"})
"""Parameters that only a server with a sampler for them can honour."""


class Asked(NamedTuple):
    """One Request, cut into tokens."""

    request: Request
    prompt: Prompt


class Transformers:
    """A Hugging Face folder or a GGUF file in this process, asked in batches.

    Requests that wait at the same time are answered together, and each gets what it would get alone: the same text,
    and log-probabilities that differ by rounding. At temperature 0 the most probable token is written; above it, the
    Request's seed decides, whoever else is in the batch. One thread does the work, on the first CUDA device or else on
    half the cores (`OMP_NUM_THREADS` says otherwise).

    Nothing is downloaded, and no code that comes with a model is run. A GGUF file is converted to safetensors once,
    into the user's cache. The model is loaded with the first Request.

    Parameters
    ----------
    model : str or Path
        A folder with `config.json`, safetensors and a tokenizer with a chat template; a `.gguf` file; or
        `smollm2-135m-instruct`, the embedded model.
    device : str, optional
        In torch's words, such as `cuda:1`; default the first CUDA device, else the processor.
    precision : str
        `float32`, `bfloat16` or `float16`: what the weights are turned into and computed with. The same on every
        device by default, so that a Run may go on elsewhere; the shorter ones halve the memory, and make replies
        depend on what shares a batch with them. Part of the identity.

    Raises
    ------
    InputError
        When there is no such folder or file, its weights are pickled, or the precision has another name.
    """

    prefix = "hf"
    concurrency = 32

    def __init__(self, model: str | Path, *, device: str | None = None, precision: Precision = "float32") -> None:
        if precision not in PRECISIONS:
            raise InputError(f"no precision is called {precision!r}", hint=f"one of {', '.join(PRECISIONS)}")
        self._device, self._precision = device, precision
        path = Path(model)
        self._is_embedded = model == NAME and not path.exists()
        self._gguf: Path | None = None
        self._weights: Sequence[Path] = ()
        if self._is_embedded or path.suffix.lower() == ".gguf":
            self._gguf = embedded(NAME) if self._is_embedded else model_file.checked_gguf(path, shown=str(path))
            name = path.stem if path.suffix else NAME
            known = {"gguf_sha256": model_file.FILE_SHA256 if self._gguf is None else model_file.sha256(self._gguf)}
        else:
            self._weights, name = weight_files(path), name_of(path)
            known = identity_of(path, self._weights)
        self._path = path
        self.name = f"hf/{name}"
        self.identity: Mapping[str, str] = {**known, "precision": precision}
        self._gathering: Gathering[Asked, Response] = Gathering(self._answer, self._how_many)
        self._tokenizer: Any = None
        self._loaded: LoadedModel | None = None
        self._decoder: Decoder | None = None
        self._most = TOKENS_AT_ONCE["cpu"]

    @cached_property
    def transparency(self) -> Transparency:
        """What is known of the embedded model; of any other, what its files say."""
        here = Openness("open", "the model in this process gives them")
        if self.identity.get("gguf_sha256") == model_file.FILE_SHA256:
            return replace(EMBEDDED, token_probabilities=here)
        if self._gguf is not None:
            return replace(card_of(self._gguf), token_probabilities=here)
        n = parameters_in(self._weights)
        return Transparency(
            weights=Openness("open", "in this process: safetensors of the user's own"),
            parameters=Openness() if n is None else Openness("open", f"{n:,}, counted in the files"),
            token_probabilities=here,
        )

    async def generate(self, request: Request) -> Response:
        """Answer one Request, together with those that wait at the same time."""
        if self._is_embedded and not any(message.role == "system" for message in request.messages):
            # Without one the model's chat template inserts its own, which ruins the answers.
            raise ProviderError(f"{self.name} needs a system message", kind="bad_request", hint="add `## system`")
        asked = await self._gathering.in_thread(lambda: self._cut(request))
        return await self._gathering.ask(asked)

    async def count_tokens(self, request: Request) -> int | None:
        """Return how many tokens a Request's messages are, by the model's own tokenizer; None where there is none."""

        def cut() -> int:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self._folder())
            return len(prompt_ids(self._tokenizer, request.messages))

        try:
            return await self._gathering.in_thread(cut)
        except (InputError, TemplateError):
            return None

    def _folder(self) -> Path:
        if self._gguf is not None:
            return converted(self._gguf, self.identity["gguf_sha256"])
        if self._is_embedded:
            raise InputError(
                "the embedded model's file is not on this machine", hint="run `selfexplain model pull` once"
            )
        return self._path

    def loaded(self) -> LoadedModel:
        """Return the model itself, loaded now where it is not yet: for whoever looks inside."""
        if self._loaded is None:
            self._loaded = load(self._folder(), precision=self._precision, device=self._device)
            self._decoder = Decoder(self._loaded.model, self._loaded.ends)
            self._most = TOKENS_AT_ONCE.get(self._loaded.model.device.type, TOKENS_AT_ONCE["cpu"])
        return self._loaded

    def _cut(self, request: Request) -> Asked:
        """Return a Request's tokens, once it is certain that they fit."""
        loaded = self.loaded()
        try:
            ids = prompt_ids(loaded.tokenizer, request.messages)
        except TemplateError as error:
            raise ProviderError(
                f"{self.name}: the model's chat template refuses these turns ({shortened(str(error))})",
                kind="bad_request",
                hint="some want turns of user and assistant to alternate: try another template",
            ) from None
        except (TypeError, ValueError) as error:  # half a character, an open turn that the chat template changes
            raise ProviderError(
                f"{self.name}: these turns cannot be cut into tokens ({shortened(str(error))})", kind="bad_request"
            ) from None
        room = request.max_tokens if loaded.context is None else loaded.context - len(ids)
        if room < 1:
            raise ProviderError(
                f"{self.name}: the prompt has {len(ids)} tokens, and the context length is {loaded.context}",
                kind="context_too_long",
            )
        top = request.top_logprobs if request.logprobs else 0
        temperature = 1.0 if request.temperature is None else request.temperature
        return Asked(request, Prompt(ids, min(request.max_tokens, room), temperature, request.seed, top))

    def _how_many(self, waiting: Sequence[Asked]) -> int:
        """Return how many of those that wait go together: padded to the longest, they have a limit on their tokens."""
        longest = 0
        for n, asked in enumerate(waiting):
            longest = max(longest, asked.prompt.longest)
            if n and (n + 1) * longest > self._most:
                return n
        return len(waiting)

    def _answer(self, batch: Sequence[Seat[Asked, Response]], enough: threading.Event) -> None:
        """Answer a batch in the worker thread."""
        try:
            self._decode([self._row(seat, enough) for seat in batch])
        except Exception as error:
            words = shortened(f"{type(error).__name__}: {error}")
            raise ProviderError(f"{self.name}: the model broke down ({words})", kind="unavailable") from error

    def _row(self, seat: Seat[Asked, Response], enough: threading.Event) -> Row:
        def tell(result: Written | ProviderError) -> None:
            if isinstance(result, ProviderError):
                seat.fail(ProviderError(f"{self.name}: {result.message}", kind=result.kind, hint=result.hint))
            else:
                seat.answer(self._response(seat.asked, result))

        return Row(seat.asked.prompt, tell, is_wanted=lambda: not (seat.is_empty or enough.is_set()))

    def _decode(self, rows: Sequence[Row]) -> None:
        """Decode rows; where the device's memory is too small for them, in halves, and from then on fewer at once."""
        torch, _ = require_torch()
        decoder = self._decoder
        if decoder is None:  # closed in the meantime: nobody waits any more
            return
        try:
            decoder.decode(rows)
        except torch.OutOfMemoryError:
            left = [dataclasses.replace(row, written=Written()) for row in rows if not row.is_over]
        else:
            return
        decoder.forget()
        torch.cuda.empty_cache()
        if len(left) == 1:
            n, where = left[0].prompt.longest, decoder.device
            left[0].tell(
                ProviderError(
                    f"{n} tokens of prompt and reply do not fit into the memory of {where}",
                    kind="context_too_long",
                    hint='Transformers(…, precision="bfloat16") takes half',
                )
            )
            return
        self._most = max(1, self._most // 2)
        self._decode(left[: len(left) // 2])
        self._decode(left[len(left) // 2 :])

    def _response(self, asked: Asked, written: Written) -> Response:
        """Return what was written as a Response."""
        request, pieces = asked.request, pieces_of(self.loaded().tokenizer, written)
        return Response(
            outcome="completed" if written.ended else "truncated",
            text="".join(piece.text for piece in pieces),
            tokens=pieces if request.logprobs else (),
            model=self.name.removeprefix("hf/"),
            finish_reason="stop" if written.ended else "length",
            usage=Usage(prompt=len(asked.prompt.ids), completion=len(written.ids)),
            dropped=tuple(sorted(wanted(request) & NOT_TAKEN)),
        )

    async def aclose(self) -> None:
        """Let go of the model, and of the thread that works with it."""
        await self._gathering.aclose()
        self._loaded = self._decoder = None
