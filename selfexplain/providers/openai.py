"""Any server that speaks the chat-completions protocol: OpenAI, llama.cpp, vLLM, Ollama, LM Studio, gateways."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import msgspec

from selfexplain.providers.access import (
    is_here,
    of_user,
    secrets_of,
    stated_address,
    stated_key,
    without_secrets,
)
from selfexplain.providers.failures import NOT_AS_PROMISED, DeclinedError, Server, UnsupportedParameterError, is_count
from selfexplain.providers.first_alone import FirstAlone, Waiting, patient
from selfexplain.providers.importing import nothing_collected
from selfexplain.providers.provider import wanted
from selfexplain.records import Alternative, Outcome, Request, Response, Token, Usage

if TYPE_CHECKING:
    from selfexplain.providers.openai_batch import OpenAIBatches

KEY_VARIABLE = "OPENAI_API_KEY"
TIMEOUT_SECONDS = 120.0

OUTCOMES: dict[str, Outcome] = {"stop": "completed", "length": "truncated", "content_filter": "refused"}

ROUNDED_UP = 1e-3
"""Largest log-probability that can still be the rounding of a certain token's 0."""


class OpenAI:
    """A model behind the chat-completions protocol, through the `openai` SDK.

    Parameters
    ----------
    model : str
        The name that the server knows the model by.
    base_url : str, optional
        Address of a compatible server, with `/v1`; default `OPENAI_BASE_URL`, else OpenAI's own.
    api_key : str, optional
        Default `OPENAI_API_KEY`; a server with its own `base_url` may need none.
    name : str, optional
        What files, pages and errors call the model; default `openai/MODEL`.
    client : openai.AsyncOpenAI, optional
        A client that you have made, such as `AsyncAzureOpenAI`, instead of an address and a key. It stays open.

    Raises
    ------
    InputError
        When there is no key and no `base_url` that could do without one, or the client is not an asynchronous one.

    Examples
    --------
    >>> import openai
    >>> client = openai.AsyncAzureOpenAI(
    ...     azure_endpoint="https://example.org", api_version="2024-10-21", api_key="secret"
    ... )
    >>> OpenAI("my-deployment", client=client, name="azure/my-deployment").identity
    {'base_url': 'https://example.org/openai/'}
    """

    prefix = "openai"
    concurrency = 8

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        name: str | None = None,
        client: Any = None,
    ) -> None:
        with nothing_collected():
            import openai  # noqa: PLC0415 - 1.7 s that `selfexplain --help` must not pay

            from selfexplain.providers.http import over_aiohttp  # noqa: PLC0415 - with it

        self.name = name or f"openai/{model}"
        self._model, self._is_ours = model, client is None
        if client is not None:
            self._client = of_user(client, openai, base_url=base_url, api_key=api_key)
            hidden = secrets_of(client)
        else:
            base_url = stated_address(base_url, "OPENAI_BASE_URL")
            hidden = [stated_key(api_key, KEY_VARIABLE, model=self.name, base_url=base_url)]
            self._client = openai.AsyncOpenAI(
                base_url=base_url,
                api_key=hidden[0],
                max_retries=0,  # we retry ourselves, so that each try is recorded; two layers would multiply
                timeout=TIMEOUT_SECONDS,
                # A proxy from the environment cannot reach a server on this very machine.
                http_client=over_aiohttp.client_of(openai, trust_env=not is_here(base_url)),
            )
        self.identity: Mapping[str, str] = {"base_url": without_secrets(str(self._client.base_url))}
        self._server = Server(
            self.name, openai, KEY_VARIABLE, hidden, OPTIONAL, TIMEOUT_SECONDS, address="that --base-url ends in /v1"
        )
        self.stated = self._server.stated
        self._refused: set[str] = set()
        self._limit, self._first = "max_tokens", FirstAlone()

    async def generate(self, request: Request) -> Response:
        """Send one Request.

        Raises
        ------
        ProviderError
            To be asked again `at once` where the server refused a parameter, which from now on is left out: the next
            Response says so. Else as the server failed.
        """
        turn = self.first_alone(request)
        if turn is None:
            return await self._send(request)
        async with turn:
            return await self._send(request)

    def first_alone(self, request: Request, *, waiting: Waiting = patient) -> AbstractAsyncContextManager[None] | None:
        """Return a block to send a Request in, alone where it may find out what is refused; None where it need not."""
        if self._first.knows(self._asked(request)):
            return None
        return self._first.of(lambda: self._asked(request), waiting=waiting)

    def _asked(self, request: Request) -> set[str]:
        """Return the parameters that a server may refuse, of those that a Request would be sent with."""
        return (wanted(request) - self._refused) | {self._limit}

    async def _send(self, request: Request) -> Response:
        sent = {"model": self._model} | to_openai(request, without=self._refused, limit=self._limit)
        dropped = tuple(sorted(self._refused & wanted(request)))
        try:
            raw = await self._server.post(self._client, "/chat/completions", sent)
        except UnsupportedParameterError as refusal:
            raise (refusal.learned() if self._learn(refusal.parameter, sent) else refusal.error) from None
        except DeclinedError as declined:
            return msgspec.structs.replace(declined.response, dropped=dropped)
        try:
            return self._server.without_secrets(from_openai(raw, dropped=dropped))
        except NOT_AS_PROMISED:
            raise self._server.no_reply(raw, expected="a chat completion") from None

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that the server answers at a path of its own, outside the protocol: llama.cpp has some."""
        root = str(self._client.base_url).rstrip("/").removesuffix("/v1")
        return await self._server.post(self._client, f"{root}{path}", dict(body))

    def batch_endpoint(self) -> "OpenAIBatches":
        """Return where the same model takes batches."""
        from selfexplain.providers.openai_batch import OpenAIBatches  # noqa: PLC0415 - it needs this module

        return OpenAIBatches(
            self._client,
            self._server,
            model=self._model,
            keywords=lambda request: to_openai(request, without=self._refused, limit=self._limit),
            learn=self._learn,
            refused=self._refused,
        )

    def _learn(self, parameter: str, sent: Mapping[str, Any]) -> bool:
        """Remember a refused parameter; False when leaving it out would not change the next try."""
        if parameter == "max_tokens":
            if "max_tokens" not in sent:
                return False
            self._limit = "max_completion_tokens"  # the newer name, which reasoning models insist on
            return True
        if parameter == "top_logprobs" and parameter not in sent:
            parameter = "logprobs"  # some name the one when they mean the other
        on_wire = next((theirs for theirs, ours in OPTIONAL.items() if ours == parameter), parameter)
        if on_wire not in sent:
            return False  # the server complains of something that is not there: asking again would never end
        self._refused |= {parameter, "top_logprobs"} if parameter == "logprobs" else {parameter}
        return True

    async def aclose(self) -> None:
        """Close the connections, unless they are the user's."""
        if self._is_ours:
            await self._client.close()


OPTIONAL: dict[str, str] = {
    "temperature": "temperature",
    "seed": "seed",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "grammar": "grammar",
    "reasoning_effort": "effort",
    "response_format": "form",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
"""Parameters on the wire that can be left out or renamed, and the Request's word for each."""


def to_openai(request: Request, *, without: set[str] | frozenset[str] = frozenset(), limit: str) -> dict[str, Any]:
    """Return the body that asks a Request, short of the model's name, leaving out the parameters named in `without`."""
    asked = wanted(request) - without
    sent: dict[str, Any] = {
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        limit: request.max_tokens,
    }
    if "temperature" in asked:
        sent["temperature"] = request.temperature
    if "seed" in asked:
        sent["seed"] = request.seed
    if "logprobs" in asked:
        sent["logprobs"] = True
    if "top_logprobs" in asked:
        sent["top_logprobs"] = request.top_logprobs
    if "effort" in asked:
        sent["reasoning_effort"] = request.effort
    if "form" in asked:
        sent["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "strict": True, "schema": request.form},
        }
    if "grammar" in asked:
        sent["grammar"] = request.grammar
    return sent


def from_openai(raw: Any, *, dropped: tuple[str, ...] = ()) -> Response:
    """Turn the body of a reply into a Response.

    Raises
    ------
    Exception
        One of `NOT_AS_PROMISED`, when it is not a chat completion.
    """
    choice = raw["choices"][0]
    message, finish_reason = choice["message"], choice.get("finish_reason")
    text, refusal = message.get("content") or "", message.get("refusal")
    return msgspec.convert(
        {
            "outcome": "refused" if refusal else OUTCOMES.get(finish_reason or "stop", "completed"),
            "text": text or refusal or "",
            "tokens": pieces_of(text, (choice.get("logprobs") or {}).get("content") or ()),
            "model": raw.get("model"),
            "finish_reason": finish_reason,
            "usage": usage_of(raw.get("usage")),
            "dropped": dropped,
        },
        Response,
    )


def pieces_of(text: str, tokens: Sequence[Mapping[str, Any]]) -> tuple[Token, ...]:
    """Return tokens whose texts join to `text`, or none when the server's tokens do not.

    A character that spans several model tokens becomes one piece with the summed log-probability and without
    alternatives. Tokens without text (the end of the turn) and tokens after the end of `text` (a stop sequence) are
    left out.
    """
    pieces: list[Token] = []
    pending, logprob, length, parts = b"", 0.0, 0, 0
    for token in tokens:
        try:
            pending += bytes_of(token)
            logprob += float(token["logprob"])
            parts += 1
            piece = pending.decode()
        except UnicodeDecodeError:
            continue
        except NO_TOKEN:
            return ()
        if piece and length < len(text):
            if not -math.inf < logprob <= ROUNDED_UP:
                return ()
            top = () if parts > 1 else tuple(alternatives_to(token))
            pieces.append(Token(piece, min(logprob, 0.0), top))
            length += len(piece)
        pending, logprob, parts = b"", 0.0, 0
    return tuple(pieces) if "".join(piece.text for piece in pieces) == text else ()


NO_TOKEN = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a token raises that has no bytes, half a character or no number."""


def bytes_of(token: Mapping[str, Any]) -> bytes:
    """Return the bytes of a token; servers that do not give them give whole characters."""
    stated = token.get("bytes")
    return str(token["token"]).encode() if stated is None else bytes(stated)


def alternatives_to(token: Mapping[str, Any]) -> Iterator[Alternative]:
    """Yield what might have stood in a token's place; what is half a character or no number is left out."""
    for other in token.get("top_logprobs") or ():
        try:
            text, logprob = bytes_of(other).decode(), float(other["logprob"])
        except NO_TOKEN:
            continue
        if -math.inf < logprob <= ROUNDED_UP:
            yield Alternative(text, min(logprob, 0.0))


def usage_of(raw: Any) -> Usage | None:
    """Return the token counts, where the server gives them."""
    if not isinstance(raw, dict):
        return None
    prompt, completion = raw.get("prompt_tokens"), raw.get("completion_tokens")
    if not is_count(prompt) or not is_count(completion):
        return None
    details = raw.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return Usage(prompt=prompt, completion=completion, cached=cached if is_count(cached) else 0)
