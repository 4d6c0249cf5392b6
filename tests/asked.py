"""Asks one Item with an elicitation and replies that a test writes down."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.grading.exact import exact
from selfexplain.grading.numeric import numeric
from selfexplain.pipeline.read import record_of
from selfexplain.prompting.template import Template
from selfexplain.records import Alternative, Item, Request, Response, SelfReport, Source, Status, Token

PERU = Item("peru", "What is the capital of Peru?", ("Lima",))
SUM = Item("sum", "What is 600 + 600?", ("1200",), grader="numeric")

looked_up = functools.cache(plugins.elicitation)

Reply = str | Response
Say = Callable[[Request], Reply]


def template(name: str, **front: Any) -> Template:
    """Return a shipped template with other front matter."""
    shipped = plugins.template(name)
    return replace(shipped, front=replace(shipped.front, **front))


async def asked(
    way: Template, say: Say | Sequence[Reply], *, item: Item = PERU, temperature: float = 1.0, repeat: int = 0
) -> tuple[SelfReport, list[Request], dict[Source, Status]]:
    """Return the report, what was sent, and the statuses; a sequence of replies is said in order."""
    sent: list[Request] = []

    async def ask(request: Request) -> Response:
        reply = say(request) if callable(say) else say[len(sent)]
        sent.append(request)
        return Response("completed", reply) if isinstance(reply, str) else reply

    elicitation = looked_up(way.front.elicitation)
    report = await elicitation(item, way, ask, sampling=Sampling(temperature, 1), repeat=repeat)
    grader = numeric if item.grader == "numeric" else exact
    return report, sent, record_of(item, report, repeat=repeat, grader=grader).status


def with_tokens(*pieces: tuple[str, float]) -> Response:
    """Return a reply of these tokens, each with its probability."""
    return Response("completed", "".join(text for text, _ in pieces), tuple(Token(t, math.log(p)) for t, p in pieces))


def with_top(text: str, **top: float) -> Response:
    """Return a reply of one token and the probabilities of what might have stood there."""
    there = tuple(Alternative(each.replace("_", " "), math.log(p)) for each, p in top.items())
    return Response("completed", text, (Token(text, math.log(max(top.get(text, 0.0), 1e-9)), there),))
