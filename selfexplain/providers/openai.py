"""Any server that speaks the chat-completions protocol: OpenAI, llama.cpp, vLLM, Ollama, LM Studio, gateways."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from selfexplain.errors import InputError, ProviderError, ReplyError
from selfexplain.records import Outcome, Request, Response, Token, Usage

TIMEOUT_SECONDS = 120.0

OUTCOMES: dict[str, Outcome] = {"stop": "completed", "length": "truncated", "content_filter": "refused"}

UNSUPPORTED = re.compile(r"unsupported|unrecogni[sz]ed|unknown|not support|not permitted|not allowed|extra inputs", re.I)
"""Words by which servers say that they do not know a parameter, as opposed to disliking its value."""


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

    Raises
    ------
    InputError
        When there is no key and no `base_url` that could do without one.
    """

    prefix = "openai"
    concurrency = 8

    def __init__(self, model: str, *, base_url: str | None = None, api_key: str | None = None) -> None:
        import openai  # noqa: PLC0415 - 1.7 s that `selfexplain --help` must not pay

        base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        self._key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        if self._key is None:
            raise InputError(
                f"openai/{model} needs an API key and `OPENAI_API_KEY` is not set",
                hint="export OPENAI_API_KEY=…, or name a server that needs none with --base-url http://HOST:PORT/v1",
            )
        self.name = f"openai/{model}"
        self._model = model
        # We retry ourselves, so that each try is recorded; two layers of retries would multiply.
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=self._key, max_retries=0, timeout=TIMEOUT_SECONDS
        )
        self.identity: Mapping[str, str] = {"base_url": without_secrets(str(self._client.base_url))}
        self._refused: set[str] = set()
        self._limit = "max_tokens"

    async def generate(self, request: Request) -> Response:
        """Send one Request; a parameter that the server refuses is dropped, for good, and the Response says so."""
        while True:
            sent = to_openai(request, without=self._refused, limit=self._limit)
            try:
                with provider_errors(self.name, secret=str(self._key)):
                    raw = await self._client.chat.completions.create(model=self._model, **sent)
            except UnsupportedParameterError as refusal:
                if not self._learn(refusal.parameter, sent):
                    raise refusal.error from None
                continue
            return from_openai(raw, dropped=tuple(sorted(self._refused & wanted(request))))

    def _learn(self, parameter: str, sent: Mapping[str, Any]) -> bool:
        """Remember a refused parameter; False when leaving it out would not change the next try."""
        if parameter == "max_tokens" and self._limit in sent:
            if self._limit == "max_completion_tokens":
                return False
            self._limit = "max_completion_tokens"  # the newer name, which reasoning models insist on
            return True
        if parameter in self._refused:
            return True  # another request in flight has learnt it meanwhile
        self._refused.add(parameter)
        return True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


class UnsupportedParameterError(Exception):
    """The server refused one parameter that we can do without."""

    def __init__(self, parameter: str, error: ProviderError) -> None:
        super().__init__(parameter)
        self.parameter, self.error = parameter, error


OPTIONAL: dict[str, str] = {
    "temperature": "temperature",
    "seed": "seed",
    "logprobs": "logprobs",
    "top_logprobs": "logprobs",
    "grammar": "grammar",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
}
"""Parameters on the wire that can be left out or renamed, and the Request's word for each."""


def wanted(request: Request) -> set[str]:
    """Return the optional parameters that a Request asks for."""
    present = {"temperature": request.temperature is not None, "seed": request.seed is not None}
    present |= {"logprobs": request.logprobs, "grammar": request.grammar is not None}
    return {name for name, is_there in present.items() if is_there}


def to_openai(request: Request, *, without: set[str] | frozenset[str] = frozenset(), limit: str) -> dict[str, Any]:
    """Return the SDK's keywords for a Request, leaving out the parameters named in `without`."""
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
    if "grammar" in asked:
        sent["extra_body"] = {"grammar": request.grammar}
    return sent


def from_openai(raw: Any, *, dropped: tuple[str, ...] = ()) -> Response:
    """Turn the SDK's reply into a Response.

    Raises
    ------
    ReplyError
        When the body is not a chat completion: the SDK returns a bare `str` for a 200 that is not JSON.
    """
    choices = getattr(raw, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise ReplyError(
            f"the server answered 200 with something that is not a chat completion: {str(raw)[:80]!r}",
            hint="check that --base-url ends in /v1 and that no proxy or login page stands in between",
        )
    choice = choices[0]
    refusal = getattr(choice.message, "refusal", None)
    text = choice.message.content or refusal or ""
    return Response(
        outcome="refused" if refusal else OUTCOMES.get(choice.finish_reason or "stop", "completed"),
        text=text,
        tokens=pieces_of(text, getattr(choice.logprobs, "content", None) or ()),
        model=raw.model,
        finish_reason=choice.finish_reason,
        usage=usage_of(raw.usage),
        dropped=dropped,
    )


def pieces_of(text: str, tokens: Sequence[Any]) -> tuple[Token, ...]:
    """Return tokens whose texts join to `text`, or none when the server's tokens do not.

    A character that spans several model tokens becomes one piece with the summed log-probability. Tokens without
    text (the end of the turn) and tokens after the end of `text` (a stop sequence) are left out.
    """
    pieces: list[Token] = []
    pending, logprob, length = b"", 0.0, 0
    for token in tokens:
        pending += bytes(token.bytes) if token.bytes is not None else token.token.encode()
        logprob += token.logprob
        try:
            piece = pending.decode()
        except UnicodeDecodeError:
            continue
        if piece and length < len(text):
            pieces.append(Token(piece, logprob))
            length += len(piece)
        pending, logprob = b"", 0.0
    return tuple(pieces) if "".join(piece.text for piece in pieces) == text else ()


def usage_of(raw: Any) -> Usage | None:
    """Return the token counts, where the server gives them."""
    if raw is None:
        return None
    cached = getattr(getattr(raw, "prompt_tokens_details", None), "cached_tokens", None)
    return Usage(prompt=raw.prompt_tokens, completion=raw.completion_tokens, cached=cached or 0)


@contextmanager
def provider_errors(name: str, *, secret: str) -> Iterator[None]:
    """Turn the SDK's exceptions into ours, cause kept, the key blotted out of every message."""
    import openai  # noqa: PLC0415 - already imported by whoever has a client

    def words(error: Exception) -> str:
        text = f"{name}: {error}"
        return text.replace(secret, "[API key]") if len(secret) > len("none") else text

    try:
        yield
    except openai.APITimeoutError as error:
        raise ProviderError(f"{name}: no reply within {TIMEOUT_SECONDS:.0f} s", kind="timeout") from error
    except openai.APIConnectionError as error:
        cause = error.__cause__ or error
        raise ProviderError(
            words(Exception(f"no connection to the server ({cause})")),
            kind="connection",
            hint="is the server running, and is --base-url right?",
        ) from None  # the cause's text may hold the address with a password
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise ProviderError(
            words(error), kind="auth", hint="check OPENAI_API_KEY and what this key may use"
        ) from None  # the SDK's exception carries the request's headers
    except openai.NotFoundError as error:
        raise ProviderError(
            words(error), kind="unavailable", hint="check the model's name and that --base-url ends in /v1"
        ) from None
    except openai.RateLimitError as error:
        if error.code == "insufficient_quota":
            raise ProviderError(words(error), kind="quota", hint="the account has no credit left") from None
        raise ProviderError(words(error), kind="rate", retry_after=retry_after(error.response.headers)) from None
    except openai.BadRequestError as error:
        refusal = ProviderError(words(error), kind=bad_request_kind(error))
        parameter = refused_parameter(error)
        if parameter is not None:
            raise UnsupportedParameterError(parameter, refusal) from None
        raise refusal from None
    except openai.APIStatusError as error:
        transient = error.status_code in {408, 409} or error.status_code >= 500  # noqa: PLR2004 - HTTP's own numbers
        raise ProviderError(
            words(error),
            kind="overloaded" if transient else "bad_request",
            retry_after=retry_after(error.response.headers),
        ) from None
    except openai.APIError as error:
        raise ReplyError(words(error)) from None


def bad_request_kind(error: Any) -> Any:
    """Tell a prompt that is too long from any other refused request."""
    too_long = error.type == "exceed_context_size_error" or error.code == "context_length_exceeded"
    return "context_too_long" if too_long else "bad_request"


def refused_parameter(error: Any) -> str | None:
    """Return the Request's word for the parameter that a 400 complains of, if we can do without it."""
    if error.param in OPTIONAL:
        return OPTIONAL[error.param]
    message = str(error)
    if not UNSUPPORTED.search(message):
        return None
    named = [ours for theirs, ours in OPTIONAL.items() if re.search(rf"\b{theirs}\b", message)]
    return named[0] if named else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks us to wait, when it says so as a number."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return None


def without_secrets(url: str) -> str:
    """Return an address without user, password, query and fragment.

    >>> without_secrets("https://me:pw@example.org:8000/v1/?key=s3cret")
    'https://example.org:8000/v1/'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))
