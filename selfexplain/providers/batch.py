"""What a provider's batch endpoint promises: many Requests handed in at once, answered within a day, at half price.

A batch is known by the provider's own name for it, and by our `token`, with which each of its lines begins: that is
how a batch is found again whose creation was not confirmed, and how no line of another one is ever taken for ours.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from selfexplain.errors import ProviderError, SelfexplainError
from selfexplain.providers.failures import UnsupportedParameterError
from selfexplain.records import Request, Response

Outcome = Response | ProviderError | UnsupportedParameterError

Ended = Literal["completed", "failed", "expired", "cancelled"]


class Entry(NamedTuple):
    """One Request as it stands in a batch."""

    custom_id: str
    body: Mapping[str, Any]
    n_bytes: int
    """As JSON."""


class Sought(NamedTuple):
    """What is known of a batch whose creation was not confirmed."""

    token: str
    requests: int
    """How many Requests it has."""
    newest: str | None
    """The provider's newest batch before it; None when there was none."""
    since: datetime
    """When it was tried, by our own clock."""


class Undecided(NamedTuple):
    """Batches of which one may be ours; it can be told when they have ended."""

    batches: tuple[str, ...]


class State(NamedTuple):
    """How far a batch is."""

    words: str
    """The provider's own word for it."""
    ended: Ended | None
    """None while it goes on."""
    done: int
    """Requests that have been answered or given up; 0 where the provider does not say before the end."""
    failure: ProviderError | None = None
    """Why the whole batch was refused, after it had been accepted; nothing in it was asked then."""
    is_too_much: bool = False
    """Refused because too much is waiting already: fewer at once, or later, will do."""


class Line(NamedTuple):
    """One line of a batch's results."""

    custom_id: str
    outcome: Outcome


@runtime_checkable
class BatchEndpoint(Protocol):
    """Where one model takes batches. Every method raises ProviderError when the server does not do what it should."""

    most_requests: int
    """In one batch."""
    most_bytes: int
    refused: set[str]
    """Parameters of a Request that are left out, since the model does not take them."""

    def entry(self, custom_id: str, request: Request) -> Entry:
        """Return a Request as it is written into a batch, without what is `refused`."""
        ...

    def learn(self, refusal: UnsupportedParameterError, request: Request) -> bool:
        """Leave a parameter out from now on; False when that would change nothing."""
        ...

    async def newest(self) -> str | None:
        """Return the newest batch that there is."""
        ...

    async def upload(self, entries: Sequence[Entry], token: str) -> str:
        """Hand in what is asked, which asks nothing yet; return the name of the file, empty where there is none."""
        ...

    async def discard(self, token: str) -> None:
        """Delete the file that was handed in under a token, if there is one: no batch will be made of it."""
        ...

    async def create(self, entries: Sequence[Entry], file: str, token: str) -> str:
        """Make a batch and return its name."""
        ...

    async def find(self, sought: Sought) -> str | Undecided | None:
        """Look up a batch whose creation was not confirmed; None where there is certainly none."""
        ...

    async def state(self, batch: str) -> State:
        """Return how far a batch is."""
        ...

    def lines(self, batch: str) -> AsyncGenerator[Line, None]:
        """Yield the results of a batch that has ended, replies before failures where they are kept apart."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A Provider whose model takes batches, too."""

    def batch_endpoint(self) -> BatchEndpoint:
        """Return where."""
        ...


def custom_id(token: str, key: str) -> str:
    """Return the name of a Request within a batch; both endpoints take up to 64 letters, digits, `_` and `-`.

    >>> custom_id("0123456789abcdef", "f" * 32)
    '0123456789abcdef-ffffffffffffffffffffffffffffffff'
    """
    return f"{token}-{key}"


def key_of(name: str, token: str) -> str | None:
    """Return the key of the Request that a line is about; None for a line of somebody else's.

    >>> key_of("0123456789abcdef-ffff", "0123456789abcdef"), key_of("request-1", "0123456789abcdef")
    ('ffff', None)
    """
    whose, _, key = name.partition("-")
    return key if whose == token and key else None


def file_name(token: str) -> str:
    """Return the name under which a batch is uploaded.

    >>> file_name("0123456789abcdef")
    'selfexplain-0123456789abcdef.jsonl'
    """
    return f"selfexplain-{token}.jsonl"


async def json_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines as it arrives; a line that is none, such as half a one, is left out.

    Whoever reads them knows what must be there, and reads again for what is missing. Split at line ends alone: other
    signs at which text may be split stand within what a model wrote.
    """
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if (found := object_on(line)) is not None:
                yield found
    if (found := object_on(rest)) is not None:
        yield found


def object_on(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object on a line, None where there is none."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what breaks off the reading of results into our words: the SDKs do so only for what is not streamed."""
    try:
        yield
    except SelfexplainError:
        raise
    except Exception as error:  # noqa: BLE001 - of whichever HTTP library the SDK uses this year
        raise ProviderError(f"{name}: the results broke off ({type(error).__name__})", kind="connection") from None


def expired(name: str) -> ProviderError:
    """Return what became of a Request that the day was too short for: it was not asked, nor paid."""
    return ProviderError(f"{name}: the batch expired before this request was answered", kind="overloaded")


def cancelled(name: str) -> ProviderError:
    """Return what became of a Request in a batch that somebody cancelled: not asked again until they say so."""
    return ProviderError(f"{name}: the batch was cancelled before this request was answered", kind="bad_request")
