"""What goes wrong between us and a server, in our words: the SDKs' exceptions, and replies that are none."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import Any, TypeGuard

import msgspec

from selfexplain.errors import Again, ProviderError, ProviderFailure, ReplyError
from selfexplain.providers.access import blotted
from selfexplain.providers.stated_limits import Stated, seconds_until
from selfexplain.records import Response, Usage

UNSUPPORTED = re.compile(
    r"unsupported|unrecogni[sz]ed|unknown|not support|not permitted|not allowed|not enabled|extra inputs|deprecated"
    r"|may only be",
    re.IGNORECASE,
)
"""Words by which servers say that they do not take a parameter, as opposed to disliking its value."""

DISLIKED = re.compile(r"above_max|below_min|invalid_type|invalid_value|out_of_range")
"""Codes by which servers say that they know a parameter and dislike its value: the user must hear that."""

TOO_LONG = re.compile(r"maximum context length|context (?:size|length|window|limit)|prompt is too long", re.IGNORECASE)

NO_CREDIT = re.compile(r"credit balance is too low|reached your specified (?:API )?usage limit", re.IGNORECASE)
"""Anthropic says so with status 400, which would otherwise be one Item's own failure."""

NO_ACCESS = re.compile(r"API key not valid|organization has been disabled", re.IGNORECASE)
"""Google and Anthropic say so with status 400."""

FILTERED = frozenset({"content_filter", "content_policy_violation", "data_inspection_failed"})
"""Codes by which servers say that they will not answer a prompt for what it is about (Azure, OpenAI, Alibaba)."""

FILTERS = re.compile(
    r"content[ _-]filter|content management policy|content policy|usage policy|(?:was|were) flagged|safety system",
    re.IGNORECASE,
)
"""Words by which others say it: Anthropic with 400, OpenRouter's moderation with 403."""

NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
"""Codes by which servers say that no waiting helps, with whatever status."""

SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")
"""A duration as Google's errors state it."""

NOT_AS_PROMISED = (AttributeError, IndexError, KeyError, TypeError, msgspec.ValidationError)
"""What reading a body raises that has another form than the protocol's."""


class DeclinedError(Exception):
    """The server will not answer this prompt, and says so as an error: a refusal like one that came as a reply."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.text)
        self.response = response


class UnsupportedParameterError(Exception):
    """The server refused one parameter that we can do without."""

    def __init__(self, parameter: str, error: ProviderError) -> None:
        super().__init__(parameter)
        self.parameter, self.error = parameter, error

    def learned(self) -> ProviderError:
        """Return the failure that this try was, after which the next one leaves the parameter out."""
        self.error.again = "at once"
        return self.error


@dataclass(frozen=True)
class LineError:
    """An error without a status of HTTP, on a line of its own or in a 200, in the form in which the SDKs raise one."""

    status_code: int
    body: Any
    """The inner `error` object, or whatever stands there."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the 200; a line has no Retry-After."""

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
    stated: Stated = field(default_factory=Stated)
    """Told what the server says of its limits beside each reply."""

    async def post(self, client: Any, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that a server answers, through the SDK's own door for whatever has no method of its own.

        That door builds, signs and sends like the methods; what it saves is checking on the way out and in that costs
        more than all the rest. A body that is no JSON is returned as text.

        Raises
        ------
        ProviderError, UnsupportedParameterError
            As in :meth:`errors`; also for an error that comes with status 200, as those of gateways do that find out
            after they have sent the status.
        DeclinedError
            When the server will not answer this prompt for what it is about.
        """
        import httpx2  # noqa: PLC0415 - there already, since a client of the SDK is

        with self.errors():
            try:
                response = await client.post(path, body=body, cast_to=httpx2.Response)
            except self.sdk.APIStatusError as error:
                self._require_undeclined(error)
                raise
        self.stated.hear(response.headers.raw)
        raw = decoded(response)
        stated = error_within(raw, response.headers)
        if stated is not None:
            self._require_undeclined(stated)
            raise self._of_status(stated)
        return raw

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

    def of_line(self, line: "LineError") -> Response | ProviderError | UnsupportedParameterError:
        """Return what an error on a line of a batch's results comes to: outside a batch the same words do the same."""
        return self._declined(line) or self._of_status(line)

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

    def _require_undeclined(self, error: Any) -> None:
        """Raise DeclinedError where a server says that it will not answer a prompt for what it is about."""
        refused = self._declined(error)
        if refused is not None:
            raise DeclinedError(refused) from None  # the SDK's exception carries the request's headers

    def _declined(self, error: Any) -> Response | None:
        """Return the refusal that an error is, by which a server will not answer a prompt for what it is about."""
        if not is_filtered(error):
            return None
        # An error states no tokens; like every failed try it counts as free, and a budget goes on.
        words, nothing = self.clean(said(error)), Usage(prompt=0, completion=0)
        return Response("refused", words, finish_reason="content_filter", usage=nothing)

    def _of_status(self, error: Any) -> ProviderError | UnsupportedParameterError:
        """Return our exception for a reply whose HTTP status says that something is wrong."""
        words, parameter = f"{self.name}: {shortened(blotted(said(error), self.secrets))}", None
        kind = kind_of(error)
        # 422 is what FastAPI servers answer, 403 what OpenAI does where token probabilities are not to be had.
        if error.status_code in {400, 403, 422}:
            parameter = refused_parameter(error, self.optional)
        headers = error.response.headers
        wait = retry_after(headers)
        ours = ProviderError(
            words,
            kind=kind,
            hint=self._hint(kind),
            retry_after=stated_delay(error) if wait is None else wait,
            again=again_by(headers, kind),
        )
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


def is_count(number: Any) -> TypeGuard[int]:
    """Tell a number of tokens from what else a server may write there: a negative one would fill a budget up again.

    >>> [is_count(each) for each in (12, 0, -1, True, 12.0, None, 10**30)]
    [True, True, False, False, False, False, False]
    """
    return type(number) is int and 0 <= number < 1 << 53  # `true` is an int to Python, and no count in our files


def root_of(sdk: ModuleType) -> type[Exception]:
    """Return the class of all that an SDK raises on purpose, before any request too."""
    found: type[Exception] = getattr(sdk, "OpenAIError", None) or sdk.AnthropicError
    return found


OF_STATUS: Mapping[int, ProviderFailure] = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "unavailable",
    405: "unavailable",
    407: "auth",
    408: "overloaded",
    409: "overloaded",
    410: "unavailable",
    425: "overloaded",
    429: "rate",
    498: "overloaded",  # Groq's word for no capacity
}


def kind_of(error: Any) -> ProviderFailure:
    """Return our word for what a status error says."""
    status, words = error.status_code, said(error)
    if codes_of(error) & NO_MONEY or (status == 400 and NO_CREDIT.search(words)):
        return "quota"  # comes as 429 or 400, and no waiting helps
    if status == 400 and NO_ACCESS.search(words):
        return "auth"
    if is_too_long(error):
        return "context_too_long"
    return OF_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")


def codes_of(error: Any) -> set[str]:
    """Return the words that a server files its error under; what is no text is none."""
    inner = inner_of(error)
    stated = [getattr(error, "code", None), getattr(error, "type", None)]
    stated += [inner.get("code"), inner.get("type")] if isinstance(inner, dict) else []  # not each SDK has both
    return {word for word in stated if isinstance(word, str)}


def inner_of(error: Any) -> Any:
    """Return the `error` object in the body of an error, or whatever stands in its place."""
    body = error.body
    if isinstance(body, list) and len(body) == 1:  # as Google does
        (body,) = body
    return body.get("error", body) if isinstance(body, dict) else body


def is_too_long(error: Any) -> bool:
    """Tell a prompt that is too long from any other refused request."""
    if error.status_code == 429:  # more than a whole minute's tokens: waiting helps no more than with a 400
        return "Request too large" in said(error)
    named = codes_of(error) & {"exceed_context_size_error", "context_length_exceeded"}
    return error.status_code in {400, 422} and (bool(named) or TOO_LONG.search(said(error)) is not None)


def is_filtered(error: Any) -> bool:
    """Tell a prompt that the server will not answer for what it is about."""
    if error.status_code not in {400, 403, 422} or kind_of(error) in {"context_too_long", "quota"}:
        return False
    return bool(codes_of(error) & FILTERED) or FILTERS.search(said(error)) is not None


STATUS_OF_TYPE: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "overloaded_error": 529,
}
"""The status with which each type of error comes, where it comes with 200 and states none."""


def error_within(raw: Any, headers: Mapping[str, str]) -> LineError | None:
    """Return the error that a body with status 200 holds in the place of a reply, or beside half of one.

    Gateways send the status before the model behind them has answered. One that names neither a status nor a type that
    we know stays a reply that cannot be read.

    >>> error_within({"error": {"code": 429, "message": "Slow down"}}, {}).status_code
    429
    """
    choices = raw.get("choices") if isinstance(raw, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    half = first if isinstance(first, dict) else {}
    inner = half.get("error") or (raw.get("error") if isinstance(raw, dict) else None)
    stated = inner if isinstance(inner, dict) else {}
    code, kind = str(stated.get("code")), stated.get("type")
    status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else None
    status = status or (STATUS_OF_TYPE.get(kind) if isinstance(kind, str) else None)
    if status is None and half.get("finish_reason") == "error":
        status, inner = 502, inner or "the reply ended with an error"
    return None if status is None else LineError(status, inner, headers)


def said(error: Any) -> str:
    """Return what the server said, in whatever form it says it."""
    body, inner = error.body, inner_of(error)
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
    named = [ours for theirs, ours in optional.items() if re.search(rf"\b{theirs}\b", message, re.IGNORECASE)]
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


def again_by(headers: Mapping[str, str], kind: ProviderFailure) -> Again | None:
    """Return whether a server says by `x-should-retry` that asking again is worth it, None where it does not say.

    A key that is wrong and an account without money stop a Run, whatever it says.

    >>> again_by({"x-should-retry": "false"}, "overloaded"), again_by({"x-should-retry": "true"}, "bad_request")
    ('never', 'later')
    """
    stated = headers.get("x-should-retry")
    if stated == "true":
        return None if kind in {"auth", "quota"} else "later"
    return "never" if stated == "false" else None


def stated_delay(error: Any) -> float | None:
    """Return the seconds that an error's own object asks to wait, as Google's do: `{"retryDelay": "34.1s"}`."""
    inner = inner_of(error)
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else ():
        stated = detail.get("retryDelay") if isinstance(detail, dict) else None
        parts = SECONDS.fullmatch(stated) if isinstance(stated, str) else None
        if parts is not None:
            return float(parts[1])
    return None


def until_reset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a limit that is used up is reset, where the headers say that one is.

    >>> until_reset({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"})
    62.5
    """
    waits = []
    for what in ("requests", "tokens"):
        wait = seconds_until(headers.get(f"x-ratelimit-reset-{what}") or "")
        if wait is not None and headers.get(f"x-ratelimit-remaining-{what}") == "0":
            waits.append(wait)
    return max(waits, default=None)
