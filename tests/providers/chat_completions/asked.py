"""What the chat-completions adapter is asked in its tests."""

from typing import Any

from selfexplain.records import Message, Request

KEY = "sk-very-secret-0123456789"


ASKED = Request(
    item="q1",
    messages=(Message("system", "Be brief."), Message("user", "2 + 2? ☕")),
    max_tokens=16,
    temperature=0.0,
    seed=7,
    logprobs=True,
    grammar="root ::= [0-9]",
)


PLAIN = Request(item="q1", messages=(Message("user", "2 + 2?"),), max_tokens=16)


def logprobs(*tokens: tuple[Any, Any, Any]) -> dict[str, Any]:
    return {"content": [{"token": token, "bytes": raw, "logprob": logprob} for token, raw, logprob in tokens]}
