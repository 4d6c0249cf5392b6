"""What asking would take: how many calls, how many tokens, what cost. Nothing is sent."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from selfexplain.elicitation.elicitation import Elicitation, Sampling
from selfexplain.grading.judge import Judge
from selfexplain.pipeline.usage import known, no_price, unknown
from selfexplain.prompting.template import Template
from selfexplain.records import LETTERS, Item, Request, Response
from selfexplain.runs.calls import Calls
from selfexplain.settings import Price
from selfexplain.words_in import words_in

BYTES_PER_TOKEN = 4
"""A rule of thumb for English prose; numbers, other languages and code take more tokens for as many bytes."""

TOKENS_PER_MESSAGE = 5
"""What a chat format adds round each message: its role, and where it begins and ends."""

AT_MOST = "completion tokens are an upper bound: the template's max_tokens for every call"

RULE = (
    f"prompt tokens are an estimate: UTF-8 bytes divided by {BYTES_PER_TOKEN}, "
    f"and {TOKENS_PER_MESSAGE} for each message; {AT_MOST}"
)

COUNTED = (
    "prompt tokens are counted by the model's own tokenizer, later turns with short replies in the place of those that "
    f"will come; {AT_MOST}"
)

Count = Callable[[Request], Awaitable[int | None]]

REHEARSED = "Answer: {}\nBecause: it is.\nConfidence: 50%\n" + "\n".join(
    f"Alternative {place}: another {place}" for place in range(1, 21)
)
"""Stands for a reply that has not been given, so that an elicitation with several turns goes on to the next.

Each draw gives another answer, and judgements of two answers contradict each other: then there is most to compare and
to judge, so that no more calls are made than said.
"""


def rehearsed(item: Item, letter: str) -> Response:
    """Return a reply that every later turn can quote: also the question, with a word taken out and with one more."""
    words = words_in(item.question)
    rest = item.question[words[0].stop :] if words else ""
    edits = {"redacted question": f"[REDACTED]{rest}", "edited question": f"{item.question} indeed"}
    return Response(
        "completed", text=f"{REHEARSED.format(letter)}\nOther answer: B\n{json.dumps(edits, ensure_ascii=False)}"
    )


class Forecast(NamedTuple):
    """What asking would take."""

    calls: int
    """Requests that have no recorded reply; where later ones depend on replies, as many as there can be."""
    recorded: int
    """Requests that have one, and will not be sent."""
    prompt_tokens: int
    """Estimated by `RULE`."""
    completion_tokens: int
    """At most."""
    roles: "Mapping[str, Forecast]" = MappingProxyType({})
    """The same of each other model that is asked, by role; not in the numbers above."""

    def cost(self, price: Price | None, *, model: str, in_batches: bool = False) -> dict[str, Any]:
        """Return what the calls would cost if every reply were as long as it may be, or why that is unknown.

        In batches only a share of the price is paid.
        """
        if price is None:
            return unknown(no_price(model))
        amount = price.of(prompt=self.prompt_tokens, completion=self.completion_tokens)
        return known(price.batch * amount if in_batches else amount, price, in_batches=in_batches)


async def forecast(
    items: Iterable[Item],
    *,
    repeats: int,
    template: Template,
    elicitation: Elicitation,
    sampling: Sampling,
    calls: Calls | None,
    judge: Judge | None = None,
    count: Count | None = None,
) -> Forecast:
    """Rehearse the asking and count: the elicitation itself says what it would send.

    What it asks after a reply that is not there yet is counted as after :func:`rehearsed`.

    Parameters
    ----------
    calls : Calls or None
        The recorded calls of the same Run, if it has begun.
    judge : Judge, optional
        Who is asked about every answer.
    count : callable, optional
        Counts the tokens of a Request's messages by the tokenizer of the model that is asked; None where it cannot,
        and then `RULE` does.
    """
    found = {"": Forecast(0, 0, 0, 0)}

    async def rehearse(request: Request) -> Response:
        so_far = found.get(request.role, Forecast(0, 0, 0, 0))
        reply = None if calls is None else calls.reply(request.key)
        if reply is not None:
            found[request.role] = so_far._replace(recorded=so_far.recorded + 1)
            return reply
        tokens = None if count is None else await count(request)
        found[request.role] = Forecast(
            so_far.calls + 1,
            so_far.recorded,
            so_far.prompt_tokens + (tokens if tokens is not None else estimated_tokens(request)),
            so_far.completion_tokens + request.max_tokens,
        )
        if request.role:  # a judgement, which quotes nothing: one letter and no other
            return Response("completed", REHEARSED.format("AB"[request.draw % 2]))
        return rehearsed(item, LETTERS[request.draw % len(LETTERS)])

    for item in items:
        for repeat in range(repeats):
            report = await elicitation(item, template, rehearse, sampling=sampling, repeat=repeat)
            if judge is not None and not item.is_survey:
                await judge(item, report.answer.value or "A", rehearse, repeat=repeat)
    return found.pop("")._replace(roles=found)


def estimated_tokens(request: Request) -> int:
    """Return about how many tokens a Request's messages are, by `RULE`, rounded up."""
    size = sum(len(message.content.encode(errors="replace")) for message in request.messages)
    return -(-size // BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * len(request.messages)
