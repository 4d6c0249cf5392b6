"""Any server that speaks Anthropic's messages protocol: Anthropic's own, llama.cpp, gateways."""

from collections.abc import Mapping
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
from selfexplain.records import Openness, Outcome, Request, Response, Transparency, Usage

if TYPE_CHECKING:
    from selfexplain.providers.anthropic_batch import AnthropicBatches

KEY_VARIABLE = "ANTHROPIC_API_KEY"
TIMEOUT_SECONDS = 120.0

OUTCOMES: dict[str, Outcome] = {
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "pause_turn": "truncated",
    "refusal": "refused",
}

NEVER_TAKEN = frozenset({"seed", "logprobs", "top_logprobs", "grammar"})
"""What the protocol has no word for: never sent, always told."""


class Anthropic:
    """A model behind the messages protocol, through the `anthropic` SDK.

    The protocol has no seed, no token probabilities and no grammar. Where a model refuses a temperature, its own
    holds: its replies are then draws, and differ from one repeat to the next.

    Parameters
    ----------
    model : str
        The name that the server knows the model by.
    base_url : str, optional
        Address of a compatible server, with or without `/v1`; default `ANTHROPIC_BASE_URL`, else Anthropic's own.
    api_key : str, optional
        Default `ANTHROPIC_API_KEY`; a server with its own `base_url` may need none.
    name : str, optional
        What files, pages and errors call the model; default `anthropic/MODEL`.
    client : anthropic.AsyncAnthropic, optional
        A client that you have made, such as `AsyncAnthropicBedrock`, instead of an address and a key. It stays open.

    Raises
    ------
    InputError
        When there is no key and no `base_url` that could do without one, or the client is not an asynchronous one.
    """

    prefix = "anthropic"
    concurrency = 8
    transparency = Transparency(token_probabilities=Openness("closed", "the messages protocol has no word for them"))

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
            import anthropic  # noqa: PLC0415 - 3.7 s that `selfexplain --help` must not pay

            from selfexplain.providers.http import over_aiohttp  # noqa: PLC0415 - with it

        self.name = name or f"anthropic/{model}"
        self._model, self._is_ours = model, client is None
        if client is not None:
            self._client = of_user(client, anthropic, base_url=base_url, api_key=api_key)
            hidden = secrets_of(client)
        else:
            base_url = stated_address(base_url, "ANTHROPIC_BASE_URL")
            # Checked here, since the SDK complains of a missing key with a bare TypeError in the middle of a Run.
            hidden = [stated_key(api_key, KEY_VARIABLE, model=self.name, base_url=base_url)]
            self._client = anthropic.AsyncAnthropic(
                # The SDK adds its own /v1.
                base_url=None if base_url is None else base_url.rstrip("/").removesuffix("/v1"),
                api_key=hidden[0],
                max_retries=0,  # we retry ourselves, so that each try is recorded
                timeout=TIMEOUT_SECONDS,
                open_telemetry={"traces": False, "propagation": False},  # what is asked is nobody else's business
                # A proxy from the environment cannot reach a server on this very machine.
                http_client=over_aiohttp.client_of(anthropic, trust_env=not is_here(base_url)),
            )
        self.identity: Mapping[str, str] = {"base_url": without_secrets(str(self._client.base_url))}
        self._server = Server(self.name, anthropic, KEY_VARIABLE, hidden, OPTIONAL, TIMEOUT_SECONDS)
        self.stated = self._server.stated
        self._refused: set[str] = set(NEVER_TAKEN)
        self._first = FirstAlone()

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
        if self._first.knows(wanted(request) - self._refused):
            return None
        return self._first.of(lambda: wanted(request) - self._refused, waiting=waiting)

    async def _send(self, request: Request) -> Response:
        asked = wanted(request) - self._refused
        dropped = tuple(sorted(self._refused & wanted(request)))
        sent = {"model": self._model} | to_anthropic(request, without=self._refused)
        try:
            raw = await self._server.post(self._client, "/v1/messages", sent)
        except UnsupportedParameterError as refusal:
            if refusal.parameter not in asked:  # of this very try: another may have been told meanwhile
                raise refusal.error from None  # asking again would never end
            self._refused.add(refusal.parameter)
            raise refusal.learned() from None
        except DeclinedError as declined:
            return msgspec.structs.replace(declined.response, dropped=dropped)
        try:
            return self._server.without_secrets(from_anthropic(raw, dropped=dropped))
        except NOT_AS_PROMISED:
            raise self._server.no_reply(raw, expected="a message") from None

    def batch_endpoint(self) -> "AnthropicBatches":
        """Return where the same model takes batches."""
        from selfexplain.providers.anthropic_batch import AnthropicBatches  # noqa: PLC0415 - it needs this module

        return AnthropicBatches(self._client, self._server, model=self._model, refused=self._refused)

    async def aclose(self) -> None:
        """Close the connections, unless they are the user's."""
        if self._is_ours:
            await self._client.close()


OPTIONAL: dict[str, str] = {"temperature": "temperature", "effort": "effort", "format": "form", "output_config": "form"}
"""Parameters on the wire that can be left out, and the Request's word for each."""


def to_anthropic(request: Request, *, without: set[str] | frozenset[str] = NEVER_TAKEN) -> dict[str, Any]:
    """Return the body that asks a Request, short of the model's name, leaving out the parameters named in `without`."""
    system = [message.content for message in request.messages if message.role == "system"]
    sent: dict[str, Any] = {
        "messages": [
            {"role": message.role, "content": message.content}
            for message in request.messages
            if message.role != "system"
        ],
        "max_tokens": request.max_tokens,
    }
    if system:
        sent["system"] = "\n\n".join(system)
    asked = wanted(request) - without
    config: dict[str, Any] = {}
    if "effort" in asked:
        config["effort"] = request.effort
    if "form" in asked:
        config["format"] = {"type": "json_schema", "schema": request.form}
    if config:
        sent["output_config"] = config
    if "temperature" in asked:
        sent["temperature"] = request.temperature  # the SDK has no keyword for it any more; older models take it
    return sent


def from_anthropic(raw: Any, *, dropped: tuple[str, ...] = ()) -> Response:
    """Turn the body of a reply into a Response: blocks of text are joined, thinking is left out.

    Raises
    ------
    Exception
        One of `NOT_AS_PROMISED`, when it is not a message.
    """
    text = "".join(block["text"] for block in raw["content"] if block["type"] == "text")
    stop_reason = raw.get("stop_reason")
    outcome = OUTCOMES.get(stop_reason or "end_turn", "completed")
    if outcome == "refused" and not text:
        text = (raw.get("stop_details") or {}).get("explanation") or ""
    return msgspec.convert(
        {
            "outcome": outcome,
            "text": text,
            "model": raw.get("model"),
            "finish_reason": stop_reason,
            "usage": usage_of(raw.get("usage")),
            "dropped": dropped,
        },
        Response,
    )


def usage_of(raw: Any) -> Usage | None:
    """Return the token counts, where the server gives them; here `input_tokens` leaves out what the cache had."""
    if not isinstance(raw, dict):
        return None
    read, written = raw.get("input_tokens"), raw.get("output_tokens")
    if not is_count(read) or not is_count(written):
        return None
    stated = (raw.get("cache_read_input_tokens"), raw.get("cache_creation_input_tokens"))
    cached, cached_now = (number if is_count(number) else 0 for number in stated)
    return Usage(prompt=read + cached_now + cached, completion=written, cached=cached)
