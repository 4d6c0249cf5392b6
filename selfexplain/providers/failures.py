"""What goes wrong between us and a server, in our words: the SDKs' exceptions, and replies that are none."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import Any

import msgspec

from selfexplain.errors import ProviderError, ProviderFailure, ReplyError
from selfexplain.providers.access import blotted
from selfexplain.records import Response

UNSUPPORTED = re.compile(
    r"unsupported|unrecogni[sz]ed|unknown|not support|not permitted|not allowed|extra inputs|deprecated|may only be",
    re.IGNORECASE,
)
"""Words by which servers say that they do not take a parameter, as opposed to disliking its value."""

DISLIKED = re.compile(r"above_max|below_min|invalid_type|invalid_value|out_of_range")
"""Codes by which servers say that they know a parameter and dislike its value: the user must hear that."""

TOO_LONG = re.compile(r"maximum context length|context (?:size|length|window|limit)|prompt is too long", re.IGNORECASE)

NO_CREDIT = re.compile(r"credit balance is too low", re.IGNORECASE)
"""Anthropic has said so with status 400, which would otherwise be one Item's own failure."""

NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
"""Codes by which servers say that no waiting helps, with whatever status."""

PARTS_OF_A_WAIT = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
"""A duration as OpenAI's rate-limit headers state it: `6m0s`, `1.5s`, `20ms`."""

NOT_AS_PROMISED = (AttributeError, IndexError, KeyError, TypeError, msgspec.ValidationError)
"""What reading a body raises that has another form than the protocol's."""


class UnsupportedParameterError(Exception):
    """The server refused one parameter that we can do without."""

    def __init__(self, parameter: str, error: ProviderError) -> None:
        super().__init__(parameter)
        self.parameter, self.error = parameter, error


@dataclass(frozen=True)
class LineError:
    """An error reply that came on a line of its own, in the form in which the SDKs raise one."""

    status_code: int
    body: Any
    """The inner `error` object, or whatever stands there."""

    @property
    def headers(self) -> Mapping[str, str]:
        """None: a line has no Retry-After."""
        return {}

    @property
    def response(self) -> "LineError":
        """What has the headers."""
        return self

    @property
    def code(self) -> Any:
        """The server's word for what went wrong."""
        return self._said("code")

    @property
    def type(self) -> Any:
        """The kind of it."""
        return self._said("type")

    @property
    def param(self) -> Any:
        """Which parameter it is about."""
        return self._said("param")

    def _said(self, name: str) -> Any:
        return self.body.get(name) if isinstance(self.body, dict) else None

    def __str__(self) -> str:
        return f"Error code: {self.status_code}"


@dataclass(frozen=True)
class Server:
    """What a failure's words need to know of who failed."""

    name: str
    """`prefix/NAME`, with which every message begins."""
    sdk: ModuleType
    key_variable: str
    secrets: Sequence[str]
    optional: Mapping[str, str]
    """Parameters on the wire that can be left out or renamed, and the Request's word for each."""
    timeout: float
    address: str = "--base-url"
    """What to check of the address, when something else seems to answer there."""

    async def post(self, client: Any, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that a server answers, through the SDK's own door for whatever has no method of its own.

        That door builds, signs and sends like the methods; what it saves is checking on the way out and in that costs
        more than all the rest. A body that is no JSON is returned as text.

        Raises
        ------
        ProviderError, UnsupportedParameterError
            As in :meth:`errors`.
        """
        import httpx2  # noqa: PLC0415 - there already, since a client of the SDK is

        with self.errors():
            response = await client.post(path, body=body, cast_to=httpx2.Response)
        return decoded(response)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the SDK's exceptions into ours, with the keys blotted out of every message.

        Raises
        ------
        ProviderError
            With the `kind` that decides what happens next.
        UnsupportedParameterError
            When leaving out one parameter may help.
        """
        sdk = self.sdk
        try:
            yield
        except sdk.APIStatusError as error:
            # Without its cause: the SDK's exception carries the request's headers.
            raise self._of_status(error) from None
        except sdk.APITimeoutError as error:
            raise ProviderError(f"{self.name}: no reply within {self.timeout:.0f} s", kind="timeout") from error
        except sdk.APIConnectionError as error:
            cause = error.__cause__ or error
            raise ProviderError(
                blotted(f"{self.name}: no connection to the server ({cause})", self.secrets),
                kind="connection",
                hint="is the server running, and is --base-url right?",
            ) from None  # the cause's text may hold the address with a password
        except (sdk.APIError, ValueError, RecursionError) as error:
            raise ReplyError(blotted(f"{self.name}: the reply is not readable ({error})", self.secrets)) from None
        except root_of(sdk) as error:  # not of any request: a client of the user's found no key, or could not trade it
            raise ProviderError(
                blotted(f"{self.name}: no credentials ({error})", self.secrets), kind="auth", hint=self._hint("auth")
            ) from None

    def without_secrets(self, response: Response) -> Response:
        """Return a Response in which a server that repeats a key has it blotted out; its tokens no longer join then."""
        clean = {
            name: blotted(getattr(response, name) or "", self.secrets) for name in ("text", "model", "finish_reason")
        }
        if all(text == (getattr(response, name) or "") for name, text in clean.items()):
            return response
        tokens = response.tokens if clean["text"] == response.text else ()
        return msgspec.structs.replace(response, **clean, tokens=tokens)

    def of_line(self, line: "LineError") -> ProviderError | UnsupportedParameterError:
        """Return our exception for an error that stands on a line of a batch's results."""
        return self._of_status(line)

    def clean(self, text: str) -> str:
        """Return the beginning of what a server said, without the keys."""
        return shortened(blotted(text, self.secrets))

    def no_reply(self, raw: Any, *, expected: str) -> ReplyError:
        """Return the exception for a 200 whose body is not what the protocol promises."""
        shown = blotted(str(raw), self.secrets)[:80]
        return ReplyError(
            f"{self.name}: the server answered 200 with something that is not {expected}: {shown!r}",
            hint=f"check {self.address} and that no proxy or login page stands in between",
        )

    def _of_status(self, error: Any) -> ProviderError | UnsupportedParameterError:
        """Return our exception for a reply whose HTTP status says that something is wrong."""
        words, parameter = f"{self.name}: {shortened(blotted(said(error), self.secrets))}", None
        kind = kind_of(error)
        if error.status_code in {400, 422}:  # 422 is what FastAPI servers answer
            parameter = refused_parameter(error, self.optional)
        ours = ProviderError(words, kind=kind, hint=self._hint(kind), retry_after=retry_after(error.response.headers))
        return ours if parameter is None else UnsupportedParameterError(parameter, ours)

    def _hint(self, kind: ProviderFailure) -> str | None:
        hints: dict[ProviderFailure, str] = {
            "auth": f"check {self.key_variable} and what this key may use",
            "quota": "the account has no credit left: add some, then run the same command, which asks what is missing",
            "unavailable": f"check the model's name and {self.address}",
        }
        return hints.get(kind)


def decoded(response: Any) -> Any:
    """Return the JSON in a response, or its text where it is none."""
    content = response.content
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # more lenient: an infinite log-probability, half a character
        return json.loads(content)
    except (ValueError, RecursionError):
        return response.text


def root_of(sdk: ModuleType) -> type[Exception]:
    """Return the class of all that an SDK raises on purpose, before any request too."""
    found: type[Exception] = getattr(sdk, "OpenAIError", None) or sdk.AnthropicError
    return found


OF_STATUS: Mapping[int, ProviderFailure] = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "unavailable",
    408: "overloaded",
    409: "overloaded",
    429: "rate",
}


def kind_of(error: Any) -> ProviderFailure:
    """Return our word for what a status error says."""
    status, codes = error.status_code, {getattr(error, "code", None), getattr(error, "type", None)}
    if codes & NO_MONEY or (status == 400 and NO_CREDIT.search(said(error))):
        return "quota"  # comes as 429 or 400, and no waiting helps
    if status in {400, 422} and is_too_long(error):
        return "context_too_long"
    return OF_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")


def is_too_long(error: Any) -> bool:
    """Tell a prompt that is too long from any other refused request."""
    named = error.type == "exceed_context_size_error" or getattr(error, "code", None) == "context_length_exceeded"
    return named or TOO_LONG.search(said(error)) is not None


def said(error: Any) -> str:
    """Return what the server said, in whatever form it says it."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else body
    told = inner.get("message") if isinstance(inner, dict) else inner
    words = told if isinstance(told, str) and told else body
    return f"Error code: {error.status_code} - {words}" if words else str(error)


def shortened(text: str) -> str:
    """Return the beginning of a text: an error page may be as long as it likes."""
    return text if len(text) <= 500 else text[:499] + "…"


def refused_parameter(error: Any, optional: Mapping[str, str]) -> str | None:
    """Return the Request's word for the parameter that a 400 complains of, if we can do without it."""
    if kind_of(error) in {"context_too_long", "quota"}:
        return None
    message, stated, code = said(error), getattr(error, "param", None), getattr(error, "code", None)
    if (
        isinstance(stated, str)
        and stated in optional
        and (UNSUPPORTED.search(message) or not DISLIKED.search(str(code)))
    ):
        return optional[stated]
    if not UNSUPPORTED.search(message):
        return None
    named = [ours for theirs, ours in optional.items() if re.search(rf"\b{theirs}\b", message)]
    return named[0] if named else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks us to wait: as a number, as a date, or as when its limit is reset."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        # From the server's own clock to the server's own date: ours may be wrong, and may jump.
        wait = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
        return max(0.0, wait.total_seconds())
    except (KeyError, TypeError, ValueError):  # no header, one date with a time zone and one without, no date
        return until_reset(headers)


def until_reset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a limit that is used up is reset, where the headers say that one is.

    >>> until_reset({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"})
    62.5
    """
    waits = []
    for what in ("requests", "tokens"):
        parts = PARTS_OF_A_WAIT.fullmatch(headers.get(f"x-ratelimit-reset-{what}") or "-")
        if parts is not None and headers.get(f"x-ratelimit-remaining-{what}") == "0":
            waits.append(
                sum(float(part or 0) * unit for part, unit in zip(parts.groups(), (3600, 60, 1, 0.001), strict=True))
            )
    return max(waits, default=None)
