"""OpenAI's batch endpoint: a file of requests is uploaded, a batch is made of it, two files hold what came of it."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from selfexplain.errors import ProviderError, ProviderFailure
from selfexplain.providers.batch import (
    Ended,
    Entry,
    Line,
    Outcome,
    Sought,
    State,
    cancelled,
    expired,
    file_name,
    json_lines,
    reading,
)
from selfexplain.providers.failures import (
    NO_MONEY,
    NOT_AS_PROMISED,
    LineError,
    Server,
    UnsupportedParameterError,
    error_within,
)
from selfexplain.providers.openai import from_openai
from selfexplain.records import Request

ENDPOINT = "/v1/chat/completions"
"""As the batch names it, wherever the server is."""

OURS = "selfexplain"
"""Under which the batch's metadata hold our token."""

ENDED: Mapping[str, Ended] = {
    "completed": "completed",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "cancelled",
}

TOO_MUCH = frozenset({"token_limit_exceeded", "request_limit_exceeded"})
"""Codes by which a batch is refused while too much is waiting in the account's queue."""

UPLOAD_SECONDS = 600.0
A_PAGE = 100


class OpenAIBatches:
    """Batches of chat completions: up to 50,000 requests and 200 MB each, answered within 24 hours.

    Parameters
    ----------
    client : openai.AsyncOpenAI
        Of the provider that the Requests are for.
    server : Server
        In whose words failures are told.
    model : str
    keywords : callable
        Returns the SDK's keywords for a Request.
    learn : callable
        Told a refused parameter and what was sent; False when leaving it out would change nothing.
    refused : set of str
        What the provider leaves out, kept up to date by `learn`.
    """

    most_requests = 50_000
    most_bytes = 190_000_000
    """Of 200 MB, less what nobody has measured."""

    def __init__(
        self,
        client: Any,
        server: Server,
        *,
        model: str,
        keywords: Callable[[Request], dict[str, Any]],
        learn: Callable[[str, Mapping[str, Any]], bool],
        refused: set[str],
    ) -> None:
        self._client, self._server, self._model = client, server, model
        self._keywords, self._learn, self.refused = keywords, learn, refused

    def entry(self, custom_id: str, request: Request) -> Entry:
        """Return a Request as it is written into a batch, without what is `refused`."""
        sent = self._keywords(request)
        body = {"model": self._model, **sent.pop("extra_body", {}), **sent}
        line = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
        return Entry(custom_id, line, len(msgspec.json.encode(line)) + 1)

    def learn(self, refusal: UnsupportedParameterError, request: Request) -> bool:
        """Leave a parameter out, or rename it, from now on; False when that would change nothing."""
        return self._learn(refusal.parameter, self._keywords(request))

    async def newest(self) -> str | None:
        """Return the newest batch of the account."""
        with self._server.errors():
            page = await self._client.batches.list(limit=1)
        return page.data[0].id if page.data else None

    async def upload(self, entries: Sequence[Entry], token: str) -> str:
        """Upload the requests, which asks nothing yet."""
        content = b"".join(msgspec.json.encode(entry.body) + b"\n" for entry in entries)
        with self._server.errors():
            file = await self._client.files.create(
                file=(file_name(token), content), purpose="batch", timeout=UPLOAD_SECONDS
            )
        return str(file.id)

    async def discard(self, token: str) -> None:
        """Delete the file that was uploaded under a token, if it is among the latest: no batch will be made of it."""
        with self._server.errors():
            page = await self._client.files.list(purpose="batch", order="desc", limit=A_PAGE)
            for file in page.data:
                if file.filename == file_name(token):
                    await self._client.files.delete(file.id)

    async def create(self, entries: Sequence[Entry], file: str, token: str) -> str:  # noqa: ARG002 - they are in the file
        """Make a batch of an uploaded file."""
        with self._server.errors():
            batch = await self._client.batches.create(
                completion_window="24h", endpoint=ENDPOINT, input_file_id=file, metadata={OURS: token}
            )
        return self._id_of(batch)

    async def find(self, sought: Sought) -> str | None:
        """Look through the batches since then for the one that holds our token."""
        begun = sought.since - timedelta(days=1)  # their clock may be another than ours
        with self._server.errors():
            async for batch in self._client.batches.list(limit=A_PAGE):
                if (batch.metadata or {}).get(OURS) == sought.token:
                    return self._id_of(batch)
                if batch.id == sought.newest or datetime.fromtimestamp(batch.created_at, UTC) < begun:
                    break
        return None

    async def state(self, batch: str) -> State:
        """Return how far a batch is."""
        with self._server.errors():
            found = await self._client.batches.retrieve(batch)
        try:
            counts = found.request_counts
            done = 0 if counts is None else (counts.completed or 0) + (counts.failed or 0)
            ended = ENDED.get(found.status)
            errors = (getattr(found.errors, "data", None) or []) if ended == "failed" else []
        except NOT_AS_PROMISED:
            raise self._server.no_reply(found, expected="a batch") from None
        if ended != "failed":
            return State(found.status, ended, done)
        codes = {error.code for error in errors}
        return State(found.status, ended, done, self._refusal(batch, errors), is_too_much=bool(codes & TOO_MUCH))

    async def lines(self, batch: str) -> AsyncGenerator[Line, None]:
        """Yield what came of each request: first the replies, then the errors, which stand in a file of their own."""
        with self._server.errors():
            found = await self._client.batches.retrieve(batch)
        for file in (found.output_file_id, found.error_file_id):
            if not file:  # None or empty: nothing was answered, or nothing failed
                continue
            with reading(self._server.name), self._server.errors():
                content = self._client.files.with_streaming_response.content(file, timeout=UPLOAD_SECONDS)
                async with content as response:
                    async for line in json_lines(response.iter_bytes()):
                        yield Line(str(line.get("custom_id")), self._outcome(line))

    def _outcome(self, line: Mapping[str, Any]) -> Outcome:
        """Return what a line of results says."""
        response, error = line.get("response"), line.get("error")
        if isinstance(response, dict) and response.get("status_code") == 200:
            return self._reply(response.get("body"))
        if isinstance(response, dict):
            body, status = response.get("body"), response.get("status_code")
            inner = body.get("error", body) if isinstance(body, dict) else body
            return self._server.of_line(LineError(status if isinstance(status, int) else 500, inner))
        code = error.get("code") if isinstance(error, dict) else None
        if code == "batch_expired":
            return expired(self._server.name)
        if code == "batch_cancelled":
            return cancelled(self._server.name)
        return self._server.of_line(LineError(500, error))

    def _reply(self, body: Any) -> Outcome:
        stated = error_within(body, {})
        if stated is not None:
            return self._server.of_line(stated)
        try:
            return self._server.without_secrets(from_openai(body))
        except NOT_AS_PROMISED:
            return self._server.no_reply(body, expected="a chat completion")

    def _refusal(self, batch: str, errors: Sequence[Any]) -> ProviderError:
        said = "; ".join(dict.fromkeys(str(error.message or error.code) for error in errors)) or "no reason was given"
        kind: ProviderFailure = "quota" if any(error.code in NO_MONEY for error in errors) else "unavailable"
        return ProviderError(
            self._server.clean(f"{self._server.name}: the batch {batch} was refused: {said}"),
            kind=kind,
            hint="mend the cause, then run the same command: nothing of that batch was asked",
        )

    def _id_of(self, batch: Any) -> str:
        if not isinstance(getattr(batch, "id", None), str):
            raise self._server.no_reply(batch, expected="a batch")
        return str(batch.id)
