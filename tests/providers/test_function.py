"""A Python function as a model: what it is told, what it may return, and whose replies they are."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import selfexplain
from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError, ProviderFailure
from selfexplain.providers.function import Function
from selfexplain.records import Message, Request, Response, Token

ASKED = Request(
    item="q1",
    messages=(Message("system", "Be brief."), Message("user", "2 + 2?")),
    max_tokens=16,
    temperature=0.0,
    seed=7,
    logprobs=True,
    grammar="root ::= [0-9]",
)
REPLY = "Answer: 4\nConfidence: 90"


class Counter:
    """Something that can be called, and has a setting."""

    def __init__(self, reply: str) -> None:
        self.reply = reply

    def __call__(self, _: Any) -> str:
        return self.reply

    async def later(self, _: Any) -> str:
        return self.reply


async def said(_: Any) -> str:
    return REPLY


def echo(messages: list[dict[str, str]]) -> str:
    return json.dumps(messages)


def given(reply: Any, _: Any) -> Any:
    return reply


async def test_it_is_told_the_messages_and_what_it_is_not_told_is_dropped() -> None:
    """Roles and contents, as every SDK has them."""
    response = await Function(echo).generate(ASKED)

    assert json.loads(response.text) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2 + 2?"},
    ]
    assert response.dropped == ("grammar", "logprobs", "seed", "temperature")
    assert (await Function(echo).generate(Request("q1", ASKED.messages, 16))).dropped == ()


@pytest.mark.parametrize(
    ("function", "at_once"),
    [
        (partial(given, REPLY), 1),
        (Counter(REPLY), 1),
        (said, 8),
        (Counter(REPLY).later, 8),
        (partial(said), 8),
        (lambda messages: said(messages), 1),  # noqa: PLW0108 - the point is that it is not async itself
    ],
    ids=["partial", "object", "async", "async method", "async partial", "returns an awaitable"],
)
async def test_anything_that_can_be_called_will_do(function: Any, at_once: int) -> None:
    """Nobody knows whether plain functions can be called from two threads at once."""
    model = Function(function)

    assert (await model.generate(ASKED)).text == REPLY
    assert model.concurrency == at_once
    assert model.name.startswith("python/")


async def test_token_probabilities_may_come_along() -> None:
    """Then they were not dropped."""
    response = await Function(partial(given, ("4.", [("4", -0.25), (".", -0.5)]))).generate(ASKED)

    assert response == Response(
        outcome="completed",
        text="4.",
        tokens=(Token("4", -0.25), Token(".", -0.5)),
        dropped=("grammar", "seed", "temperature"),
    )


@pytest.mark.parametrize(
    "reply",
    [None, 4, b"4", ("4", [("5", -1.0)]), ("4", [("4", 0.5)]), ("4", [("4", "x")]), ("4", 7), ("4", [], 1), [REPLY]],
)
async def test_another_kind_of_reply_stops_the_run(reply: Any) -> None:
    """It is the function that is wrong, and every question would meet it."""
    with pytest.raises(
        ProviderError, match=r"\Apython/given returned .*; expected a text, or \(text, tokens\)"
    ) as caught:
        await Function(partial(given, reply)).generate(ASKED)

    assert caught.value.kind == "unavailable"


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (ValueError("no weights"), "unavailable", "python/failing: ValueError: no weights"),
        (KeyError(), "unavailable", "python/failing: KeyError"),
        (TimeoutError("too slow"), "timeout", "python/failing: TimeoutError: too slow"),
        (ConnectionResetError("gone"), "connection", "python/failing: ConnectionResetError: gone"),
        (ProviderError("wait", kind="rate", retry_after=3.0), "rate", "wait"),
    ],
)
async def test_what_it_raises_is_told_with_its_kind(error: Exception, kind: ProviderFailure, told: str) -> None:
    """What waiting may mend is tried again; its own ProviderError passes as it is."""

    def failing(_: Any) -> str:
        raise error

    with pytest.raises(ProviderError) as caught:
        await Function(failing, name="python/failing").generate(ASKED)

    assert (caught.value.kind, caught.value.message) == (kind, told)
    assert type(error) in {type(caught.value), type(caught.value.__cause__)}


def identity(function: Callable[..., Any]) -> str:
    return Function(function).identity["source_sha256"]


def test_two_functions_are_two_models() -> None:
    """Else the second would be answered with the first one's recorded replies."""

    def made(model: str) -> Callable[..., str]:
        return lambda _: model

    names = ["big", "small"]
    closures = {identity(made(name)) for name in names}
    partials = {identity(partial(given, name)) for name in names} | {identity(given)}
    objects = {identity(Counter(name)) for name in names}
    methods = {identity(Counter(name).later) for name in names}
    defaults = {identity(lambda _, model=name: model) for name in names}

    assert [len(each) for each in (closures, partials, objects, methods, defaults)] == [2, 3, 2, 2, 2]
    assert identity(made("big")) == identity(made("big")), "the same model resumes"
    assert identity(echo) != identity(said)


def test_without_source_it_needs_a_name() -> None:
    """A name of one's own says which Run it is."""
    with pytest.raises(InputError, match=r"python/len has no source .*\nhint: give it a name of its own"):
        Function(partial(len))  # type: ignore[arg-type]

    named = Function(len, name="mine/len")  # type: ignore[arg-type]
    assert (named.name, named.identity) == ("mine/len", {})


def test_what_is_no_model_is_told() -> None:
    """With the way in for a client."""
    with pytest.raises(InputError, match=r"int is no model: expected a name, .*\nhint: a client .* OpenAI\(MODEL"):
        selfexplain.run(model=7)  # type: ignore[arg-type]


def test_a_function_is_asked_from_python_and_from_the_command_line(tmp_path: Path) -> None:
    """The same function in a file: 90 % sure of everything, right once in two."""
    (tmp_path / "mine.py").write_text(f"def ask(messages):\n    return {REPLY!r}\n")
    (tmp_path / "q.csv").write_text("question,gold\n2 + 2?,4\n2 + 3?,5\n")
    ask = plugins.from_file(f"{tmp_path}/mine.py:ask")
    result = selfexplain.run(str(tmp_path / "q.csv"), model=ask, template="answer-confidence", results=tmp_path)
    options = "-m mine.py:ask -t answer-confidence --results . --json"
    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", "run", "q.csv", *options.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.to_dict()["sources"]["stated"]["metrics"]["gap"]["value"] == pytest.approx(0.4)
    assert result.to_dict()["model"] == "python/ask"
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"] == result.to_dict()["sources"]
    assert len(list(tmp_path.glob("*__python-ask__*/calls/*.jsonl"))) == 1, "one Run: the second time nothing is asked"


def test_an_object_in_a_file_can_be_called_too(tmp_path: Path) -> None:
    """Its class is in no module that Python knows."""
    (tmp_path / "mine.py").write_text("class Mine:\n    def __call__(self, _):\n        return '4'\n\nask = Mine()\n")
    model = plugins.provider(f"{tmp_path}/mine.py:ask")

    assert model.name == "python/Mine"
    assert len(model.identity["source_sha256"]) == 64
