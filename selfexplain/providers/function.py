"""A Python function as a model: whatever runs in this process, or is reached in a way that no adapter knows."""

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from selfexplain.errors import InputError, ProviderError
from selfexplain.providers.failures import shortened
from selfexplain.providers.provider import wanted
from selfexplain.records import Request, Response, Token

Messages = list[dict[str, str]]
PREFIX = "python"
"""What the names of models that are functions begin with."""
Said = str | tuple[str, Sequence[tuple[str, float]]]


class Function:
    """A function from messages to a reply.

    It gets a list of `{"role": …, "content": …}` and returns the reply's text, or `(text, tokens)` with tokens
    `(text, natural log-probability)` that join to the text. It may be async; one that is not runs in a thread, one
    call at a time unless more are asked for. It is not told of temperature, seed and grammar, which stand in
    `dropped`, nor of the limit.

    What it raises stops the Run, which can be resumed; `TimeoutError` and `ConnectionError` are tried again, and a
    `ProviderError` says itself what to do.

    Parameters
    ----------
    function : callable
        What to ask.
    name : str, optional
        What files, pages and errors call the model; default `python/NAME_OF_THE_FUNCTION`. With a name of your own,
        changing the function is your business: the same name is the same Run.

    Raises
    ------
    InputError
        When it is not callable, or has no source by which two functions could be told apart and no name is given.

    Examples
    --------
    >>> import asyncio
    >>> from selfexplain.records import Message, Request
    >>> model = Function(lambda messages: messages[-1]["content"].upper(), name="shout")
    >>> asyncio.run(model.generate(Request("q1", (Message("user", "lima"),), max_tokens=8))).text
    'LIMA'
    """

    def __init__(self, function: Callable[[Messages], Said | Awaitable[Said]], *, name: str | None = None) -> None:
        if not callable(function):
            raise InputError(
                f"{type(function).__name__} is no model: expected a name, a function, or a Provider",
                hint="a client of an SDK goes into OpenAI(MODEL, client=…) or Anthropic(MODEL, client=…)",
            )
        plain = inner(function)
        self.name = name or f"{PREFIX}/{getattr(plain, '__qualname__', type(plain).__qualname__)}"
        self.identity: Mapping[str, str] = {} if name else {"source_sha256": fingerprint(function, self.name)}
        called = plain if inspect.isroutine(plain) else type(plain).__call__
        self._is_async = inspect.iscoroutinefunction(called)
        self._function: Any = function
        self.concurrency = 8 if self._is_async else 1

    async def generate(self, request: Request) -> Response:
        """Call the function with one Request's messages."""
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            if self._is_async:
                said = await self._function(messages)
            else:
                said = await asyncio.to_thread(self._function, messages)
                said = await said if inspect.isawaitable(said) else said  # as of `lambda messages: ask(messages)`
        except ProviderError:
            raise
        except TimeoutError as error:
            raise ProviderError(f"{self.name}: {words_of(error)}", kind="timeout") from error
        except ConnectionError as error:
            raise ProviderError(f"{self.name}: {words_of(error)}", kind="connection") from error
        except Exception as error:
            raise ProviderError(
                f"{self.name}: {words_of(error)}",
                kind="unavailable",
                hint="mend the function and run the same again: it resumes; raise selfexplain.ProviderError "
                'with kind="bad_request" to give up one question only',
            ) from error
        text, tokens = self._read(said)
        unheard = wanted(request) - ({"logprobs"} if tokens else set())
        return Response(outcome="completed", text=text, tokens=tokens, dropped=tuple(sorted(unheard)))

    def _read(self, said: Any) -> tuple[str, tuple[Token, ...]]:
        """Return text and tokens of what the function returned; another form is the function's fault."""
        text, pieces = said if isinstance(said, tuple) and len(said) == 2 else (said, ())
        try:
            found = msgspec.convert(pieces, tuple[tuple[str, float], ...])
            tokens = tuple(Token(piece, logprob) for piece, logprob in found)
            fits = isinstance(text, str) and all(token.logprob <= 0 for token in tokens)
        except msgspec.ValidationError:
            tokens, fits = (), False
        if not fits or (tokens and "".join(token.text for token in tokens) != text):
            raise ProviderError(
                f"{self.name} returned {shortened(repr(said))}; expected a text, or (text, tokens) with tokens of "
                "(text, log-probability) that join to the text",
                kind="unavailable",
                hint="mend the function and run the same again: it resumes",
            )
        return text, tokens

    async def aclose(self) -> None:
        """Hold nothing, so let go of nothing."""


def words_of(error: Exception) -> str:
    """Return what an exception says, with its kind."""
    return shortened(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def inner(function: Any) -> Any:
    """Return the function inside a `functools.partial`."""
    while isinstance(function, partial):
        function = function.func
    return function


def fingerprint(function: Any, name: str) -> str:
    """Return the sha256 of a function's source and of the plain values that it can see.

    Two functions of one name are two models, whose replies must not meet in one Run; neither must those of
    `lambda messages: ask(model, messages)` before and after `model` has changed.
    """
    plain = inner(function)
    seen: dict[str, Any] = {}
    while isinstance(function, partial):
        seen |= {f"argument {place}": value for place, value in enumerate(function.args)} | function.keywords
        function = function.func
    try:
        source = source_of(plain)
    except (OSError, TypeError):
        raise InputError(
            f"{name} has no source by which to tell it from another model",
            hint='give it a name of its own: Function(f, name="…") from selfexplain.providers.function',
        ) from None
    if inspect.isfunction(plain) or inspect.ismethod(plain):
        closure = inspect.getclosurevars(plain)
        seen |= {**closure.globals, **closure.nonlocals}
        seen |= {f"default {place}": value for place, value in enumerate(plain.__defaults__ or ())}
    holder = getattr(plain, "__self__", None) if inspect.isroutine(plain) else plain
    seen |= getattr(holder, "__dict__", {})
    visible = sorted((key, repr(value)) for key, value in seen.items() if isinstance(value, str | int | float | bool))
    return hashlib.sha256(msgspec.json.encode((source, visible))).hexdigest()


def source_of(plain: Any) -> str:
    """Return the text of a function, or of the class of an object that can be called."""
    if inspect.isroutine(plain):
        return inspect.getsource(plain)
    try:
        return inspect.getsource(type(plain))
    except (OSError, TypeError):  # a class from a file that was named by its path is in no module that Python knows
        return inspect.getsource(type(plain).__call__)
