"""Anthropic's message batches: all requests in one call, one stream of results when the batch has ended."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import msgspec

from selfexplain.providers.anthropic import from_anthropic, to_anthropic
from selfexplain.providers.batch import (
    Ended,
    Entry,
    Line,
    Outcome,
    Sought,
    State,
    Undecided,
    cancelled,
    expired,
    json_lines,
    key_of,
    reading,
)
from selfexplain.providers.failures import (
    NOT_AS_PROMISED,
    STATUS_OF_TYPE,
    LineError,
    Server,
    UnsupportedParameterError,
    error_within,
)
from selfexplain.providers.provider import wanted
from selfexplain.records import Request

STATUS_OF: Mapping[str, int] = {**STATUS_OF_TYPE, "request_too_large": 413, "timeout_error": 504}
"""The status with which each type of error comes outside a batch, where it stands on a line without one."""

CREATE_SECONDS = 600.0
A_PAGE = 100


class AnthropicBatches:
    """Message batches: up to 100,000 requests and 256 MB each, answered within 24 hours, kept for 29 days.

    A batch carries nothing of ours but the names of its requests, which can be read when it has ended. So one whose
    creation was not confirmed can be told from another of the same size only then.

    Parameters
    ----------
    client : anthropic.AsyncAnthropic
        Of the provider that the Requests are for.
    server : Server
        In whose words failures are told.
    model : str
    refused : set of str
        What the provider leaves out.
    """

    most_requests = 100_000
    most_bytes = 240_000_000
    """Of 256 MB, less what nobody has measured."""

    def __init__(self, client: Any, server: Server, *, model: str, refused: set[str]) -> None:
        self._client, self._server, self._model, self.refused = client, server, model, refused

    def entry(self, custom_id: str, request: Request) -> Entry:
        """Return a Request as it is written into a batch, without what is `refused`."""
        sent = to_anthropic(request, without=self.refused)
        params = {"model": self._model, **sent.pop("extra_body", {}), **sent}
        line = {"custom_id": custom_id, "params": params}
        return Entry(custom_id, line, len(msgspec.json.encode(line)) + 1)

    def learn(self, refusal: UnsupportedParameterError, request: Request) -> bool:
        """Leave a parameter out from now on; False when that would change nothing."""
        if refusal.parameter not in wanted(request) - self.refused:
            return False
        self.refused.add(refusal.parameter)
        return True

    async def newest(self) -> str | None:
        """Return the newest batch of the workspace."""
        with self._server.errors():
            page = await self._client.messages.batches.list(limit=1)
        return page.data[0].id if page.data else None

    async def upload(self, entries: Sequence[Entry], token: str) -> str:  # noqa: ARG002 - there is nothing to upload
        """Do nothing: requests are handed in when the batch is made."""
        return ""

    async def discard(self, token: str) -> None:
        """Do nothing: there is no file."""

    async def create(self, entries: Sequence[Entry], file: str, token: str) -> str:  # noqa: ARG002 - our token is in each name
        """Make a batch."""
        with self._server.errors():
            batch = await self._client.messages.batches.create(
                requests=[entry.body for entry in entries], timeout=CREATE_SECONDS
            )
        if not isinstance(getattr(batch, "id", None), str):
            raise self._server.no_reply(batch, expected="a message batch")
        return str(batch.id)

    async def find(self, sought: Sought) -> str | Undecided | None:
        """Look through the batches since then for one of the same size whose requests begin with our token."""
        begun = sought.since - timedelta(days=1)  # their clock may be another than ours
        running: list[str] = []
        ended: list[str] = []
        with self._server.errors():
            async for batch in self._client.messages.batches.list(limit=A_PAGE):
                if batch.id == sought.newest or batch.created_at < begun:
                    break
                counts = batch.request_counts
                total = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
                if total == sought.requests and batch.archived_at is None:
                    (ended if batch.processing_status == "ended" else running).append(str(batch.id))
        for each in ended:
            async with aclosing(self.lines(each)) as lines:
                async for line in lines:
                    if key_of(line.custom_id, sought.token) is not None:
                        return each
                    break  # one name is as good as all of them
        return Undecided(tuple(running)) if running else None

    async def state(self, batch: str) -> State:
        """Return how far a batch is; how many are answered is told only at its end."""
        with self._server.errors():
            found = await self._client.messages.batches.retrieve(batch)
        try:
            counts, status = found.request_counts, found.processing_status
            done = counts.succeeded + counts.errored + counts.canceled + counts.expired
            if status != "ended":
                return State(status, None, done)
            how: Ended = "cancelled" if counts.canceled else "expired" if counts.expired else "completed"
        except NOT_AS_PROMISED:
            raise self._server.no_reply(found, expected="a message batch") from None
        return State(status, how, done)

    async def lines(self, batch: str) -> AsyncGenerator[Line, None]:
        """Yield what came of each request, in whatever order."""
        with reading(self._server.name), self._server.errors():
            results = self._client.messages.batches.with_streaming_response.results(batch, timeout=CREATE_SECONDS)
            async with results as response:
                async for line in json_lines(response.iter_bytes()):
                    yield Line(str(line.get("custom_id")), self._outcome(line.get("result")))

    def _outcome(self, result: Any) -> Outcome:
        """Return what a line of results says."""
        kind = result.get("type") if isinstance(result, dict) else None
        if kind == "succeeded":
            return self._reply(result.get("message"))
        if kind == "expired":
            return expired(self._server.name)
        if kind == "canceled":
            return cancelled(self._server.name)
        error = result.get("error") if kind == "errored" else None
        inner = error.get("error", error) if isinstance(error, dict) else error
        named = inner.get("type") if isinstance(inner, dict) else None
        return self._server.of_line(LineError(STATUS_OF.get(str(named), 500), inner))

    def _reply(self, message: Any) -> Outcome:
        stated = error_within(message, {})
        if stated is not None:
            return self._server.of_line(stated)
        try:
            return self._server.without_secrets(from_anthropic(message))
        except NOT_AS_PROMISED:
            return self._server.no_reply(message, expected="a message")
