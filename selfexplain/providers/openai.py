"""Any server that speaks the chat-completions protocol: OpenAI, llama.cpp, vLLM, Ollama, LM Studio, gateways."""

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from selfexplain.errors import InputError, ProviderError, ProviderFailure, ReplyError
from selfexplain.records import Outcome, Request, Response, Token, Usage

TIMEOUT_SECONDS = 120.0

OUTCOMES: dict[str, Outcome] = {"stop": "completed", "length": "truncated", "content_filter": "refused"}

UNSUPPORTED = re.compile(
    r"unsupported|unrecogni[sz]ed|unknown|not support|not permitted|not allowed|extra inputs", re.IGNORECASE
)
"""Words by which servers say that they do not know a parameter, as opposed to disliking its value."""

DISLIKED = re.compile(r"above_max|below_min|invalid_type|invalid_value|out_of_range")
"""Codes by which servers say that they know a parameter and dislike its value: the user must hear that."""

TOO_LONG = re.compile(r"maximum context length|context (?:size|length|window)", re.IGNORECASE)

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

    Raises
    ------
    InputError
        When there is no key and no `base_url` that could do without one.
    """

    prefix = "openai"
    concurrency = 8

    def __init__(self, model: str, *, base_url: str | None = None, api_key: str | None = None) -> None:
        import openai  # noqa: PLC0415 - 1.7 s that `selfexplain --help` must not pay

        base_url = (base_url or os.environ.get("OPENAI_BASE_URL") or "").strip() or None
        if base_url is not None:
            require_address(base_url)
        self._key = (api_key or os.environ.get("OPENAI_API_KEY") or "").strip() or ("none" if base_url else "")
        if not self._key.isascii() or not self._key.isprintable():
            raise InputError(
                "the API key holds a character that no key has",  # which one stays unsaid: so does the key
                hint="copy the key again into OPENAI_API_KEY: plain letters, digits and signs on one line",
            )
        if not self._key:
            raise InputError(
                f"openai/{model} needs an API key and `OPENAI_API_KEY` is not set",
                hint="export OPENAI_API_KEY=…, or name a server that needs none with --base-url http://HOST:PORT/v1",
            )
        self.name = f"openai/{model}"
        self._model = model
        # We retry ourselves, so that each try is recorded; two layers of retries would multiply.
        require_no_secrets(base_url)
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=self._key,
            max_retries=0,
            timeout=TIMEOUT_SECONDS,
            # A proxy from the environment cannot reach a server on this very machine.
            http_client=openai.DefaultAsyncHttpx2Client(trust_env=False) if is_here(base_url) else None,
        )
        self.identity: Mapping[str, str] = {"base_url": without_secrets(str(self._client.base_url))}
        self._refused: set[str] = set()
        self._limit = "max_tokens"

    async def generate(self, request: Request) -> Response:
        """Send one Request; a parameter that the server refuses is dropped, for good, and the Response says so."""
        while True:
            sent = to_openai(request, without=self._refused, limit=self._limit)
            try:
                with provider_errors(self.name, secret=self._key):
                    raw = await self._client.chat.completions.create(model=self._model, **sent)
            except UnsupportedParameterError as refusal:
                if not self._learn(refusal.parameter, sent):
                    raise refusal.error from None
                continue
            dropped = tuple(sorted(self._refused & wanted(request)))
            return without_key(from_openai(raw, name=self.name, dropped=dropped, secret=self._key), self._key)

    def _learn(self, parameter: str, sent: Mapping[str, Any]) -> bool:
        """Remember a refused parameter; False when leaving it out would not change the next try."""
        if parameter == "max_tokens":
            if "max_tokens" not in sent:
                return False
            self._limit = "max_completion_tokens"  # the newer name, which reasoning models insist on
            return True
        if parameter not in sent and parameter not in sent.get("extra_body", {}):
            return False  # the server complains of something that is not there: asking again would never end
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


OF_STATUS: Mapping[int, tuple[ProviderFailure, str | None]] = {
    401: ("auth", "check OPENAI_API_KEY and what this key may use"),
    402: ("quota", "the account has no credit left"),
    403: ("auth", "check OPENAI_API_KEY and what this key may use"),
    404: ("unavailable", "check the model's name and that --base-url ends in /v1"),
    408: ("overloaded", None),
    409: ("overloaded", None),
    429: ("rate", None),
}


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


def from_openai(raw: Any, *, name: str = "openai", dropped: tuple[str, ...] = (), secret: str = "") -> Response:
    """Turn the SDK's reply into a Response.

    Raises
    ------
    ReplyError
        When the body is not a chat completion: the SDK returns a bare `str` for a 200 that is not JSON.
    """
    try:
        choice = raw.choices[0]
        message, logprobs = choice.message, choice.logprobs
        refusal = getattr(message, "refusal", None)
        return msgspec.convert(
            {
                "outcome": "refused" if refusal else OUTCOMES.get(choice.finish_reason or "stop", "completed"),
                "text": message.content or refusal or "",
                "tokens": pieces_of(message.content or "", getattr(logprobs, "content", None) or ()),
                "model": raw.model,
                "finish_reason": choice.finish_reason,
                "usage": usage_of(raw.usage),
                "dropped": dropped,
            },
            Response,
        )
    except (AttributeError, IndexError, KeyError, TypeError, msgspec.ValidationError):
        shown = blotted(str(raw), secret)[:80]
        raise ReplyError(
            f"{name}: the server answered 200 with something that is not a chat completion: {shown!r}",
            hint="check that --base-url ends in /v1 and that no proxy or login page stands in between",
        ) from None


def pieces_of(text: str, tokens: Sequence[Any]) -> tuple[Token, ...]:
    """Return tokens whose texts join to `text`, or none when the server's tokens do not.

    A character that spans several model tokens becomes one piece with the summed log-probability. Tokens without
    text (the end of the turn) and tokens after the end of `text` (a stop sequence) are left out.
    """
    pieces: list[Token] = []
    pending, logprob, length = b"", 0.0, 0
    for token in tokens:
        try:
            pending += bytes(token.bytes) if token.bytes is not None else token.token.encode()
            logprob += float(token.logprob)
            piece = pending.decode()
        except UnicodeDecodeError:
            continue
        except (AttributeError, TypeError, ValueError):  # no bytes, half a character, no number
            return ()
        if piece and length < len(text):
            if not -math.inf < logprob <= ROUNDED_UP:
                return ()
            pieces.append(Token(piece, min(logprob, 0.0)))
            length += len(piece)
        pending, logprob = b"", 0.0
    return tuple(pieces) if "".join(piece.text for piece in pieces) == text else ()


def usage_of(raw: Any) -> Usage | None:
    """Return the token counts, where the server gives them."""
    prompt, completion = getattr(raw, "prompt_tokens", None), getattr(raw, "completion_tokens", None)
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    cached = getattr(getattr(raw, "prompt_tokens_details", None), "cached_tokens", None)
    return Usage(prompt=prompt, completion=completion, cached=cached if isinstance(cached, int) else 0)


def without_key(response: Response, secret: str) -> Response:
    """Return a Response in which a server that repeats our key has it blotted out; its tokens no longer join then."""
    clean = {name: blotted(getattr(response, name) or "", secret) for name in ("text", "model", "finish_reason")}
    if all(text == (getattr(response, name) or "") for name, text in clean.items()):
        return response
    tokens = response.tokens if clean["text"] == response.text else ()
    return msgspec.structs.replace(response, **clean, tokens=tokens)


def blotted(text: str, secret: str) -> str:
    """Return a text without the key; a placeholder such as `none` is a word like any other."""
    return text.replace(secret, "[API key]") if len(secret) > len("none") else text


@contextmanager
def provider_errors(name: str, *, secret: str) -> Iterator[None]:
    """Turn the SDK's exceptions into ours, cause kept, the key blotted out of every message."""
    import openai  # noqa: PLC0415 - already imported by whoever has a client

    try:
        yield
    except openai.APIStatusError as error:
        # Without its cause: the SDK's exception carries the request's headers.
        raise of_status(error, f"{name}: {shortened(blotted(said(error), secret))}") from None
    except openai.APITimeoutError as error:
        raise ProviderError(f"{name}: no reply within {TIMEOUT_SECONDS:.0f} s", kind="timeout") from error
    except openai.APIConnectionError as error:
        cause = error.__cause__ or error
        raise ProviderError(
            blotted(f"{name}: no connection to the server ({cause})", secret),
            kind="connection",
            hint="is the server running, and is --base-url right?",
        ) from None  # the cause's text may hold the address with a password
    except (openai.APIError, ValueError, RecursionError) as error:  # a body that calls itself JSON and is none
        raise ReplyError(blotted(f"{name}: the reply is not readable ({error})", secret)) from None


def of_status(error: Any, words: str) -> ProviderError | UnsupportedParameterError:
    """Return our exception for a reply whose HTTP status says that something is wrong."""
    status = error.status_code
    other: tuple[ProviderFailure, str | None] = ("overloaded" if status >= 500 else "bad_request", None)
    kind, hint = OF_STATUS.get(status, other)
    if "insufficient_quota" in {error.code, error.type}:  # comes as 429, and no waiting helps
        kind, hint = OF_STATUS[402]
    parameter = None
    if status in {400, 422}:  # 422 is what FastAPI servers answer
        kind, parameter = bad_request_kind(error), refused_parameter(error)
    ours = ProviderError(words, kind=kind, hint=hint, retry_after=retry_after(error.response.headers))
    return ours if parameter is None else UnsupportedParameterError(parameter, ours)


def said(error: Any) -> str:
    """Return what the server said, which the SDK leaves out where it is not in OpenAI's form."""
    told = getattr(error.body, "get", lambda _: None)("message")
    return str(error) if told or error.body is None else f"{error} - {error.body}"


def shortened(text: str) -> str:
    """Return the beginning of a text: an error page may be as long as it likes."""
    return text if len(text) <= 500 else text[:499] + "…"


def bad_request_kind(error: Any) -> ProviderFailure:
    """Tell a prompt that is too long from any other refused request."""
    too_long = error.type == "exceed_context_size_error" or error.code == "context_length_exceeded"
    too_long = too_long or TOO_LONG.search(said(error)) is not None
    return "context_too_long" if too_long else "bad_request"


def refused_parameter(error: Any) -> str | None:
    """Return the Request's word for the parameter that a 400 complains of, if we can do without it."""
    message = said(error)
    if bad_request_kind(error) == "context_too_long":
        return None
    if error.param in OPTIONAL and (UNSUPPORTED.search(message) or not DISLIKED.search(str(error.code))):
        return OPTIONAL[error.param]
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


def require_address(url: str) -> None:
    """Raise InputError unless a base URL is an address that can be asked."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = url.rpartition("@")[2]  # what stands before may be a password
        raise InputError(f"{shown!r} is no address of a server", hint="write http://HOST:PORT/v1 or https://HOST/v1")


def is_here(url: str | None) -> bool:
    """Tell whether an address is this machine's own."""
    host = urlsplit(url or "").hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def require_no_secrets(url: str | None) -> None:
    """Raise InputError for an address with a password or a query in it: addresses are recorded, keys never."""
    parts = urlsplit(url or "")
    if parts.username or parts.password or parts.query:
        raise InputError(
            f"the address {without_secrets(url or '')} came with a user, password or query",
            hint="give the address alone and put the key into OPENAI_API_KEY",
        )


def without_secrets(url: str) -> str:
    """Return an address without user, password, query and fragment.

    >>> without_secrets("https://me:pw@example.org:8000/v1/?key=s3cret")
    'https://example.org:8000/v1/'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))
