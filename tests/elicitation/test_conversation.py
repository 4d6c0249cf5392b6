"""Turns: what is sent when, what is read from which reply, and where asking stops."""

import math

import pytest

from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.grading.exact import exact
from selfexplain.pipeline.read import record_of
from selfexplain.prompting import template as templates
from selfexplain.prompting.template import Template
from selfexplain.records import Item, Message, Request, Response, SelfReport, Source, Status, Token

PERU = Item("peru", "What is the capital of Peru?", ("Lima",))
FIRST = "Because: the government sits there.\nAnswer: Lima"


def template(body: str, elicits: str = "[[answer], [confidence]]", **more: str) -> Template:
    front = {"name": "t", "version": "1", "elicits": elicits, "scale": "percent", **more}
    matter = "".join(f"{key}: {value}\n" for key, value in front.items())
    return templates.parse(f"---\n{matter}---\n{body}", where="t.md")


TWO = template(
    "## system\nJudge.\n## user\n{{ question }}\n## user\nHow sure?\n", "[[rationale, answer], [confidence]]"
)
PROBE = template("## user\n{{ question }}\n## new conversation\n## user\n{{ question }} Is it {{ reply.answer }}?\n")


async def asked(
    template: Template, *replies: str | Response, item: Item = PERU
) -> tuple[SelfReport, list[Request], dict[Source, Status]]:
    """Ask with these replies, one for each turn, and return the report, what was sent, and the statuses."""
    sent: list[Request] = []

    async def ask(request: Request) -> Response:
        reply = replies[len(sent)]
        sent.append(request)
        return Response("completed", reply) if isinstance(reply, str) else reply

    report = await once(item, template, ask, sampling=Sampling(0.0, 1), repeat=2)
    return report, sent, record_of(item, report, repeat=2, grader=exact).status


async def test_a_later_turn_is_sent_with_the_reply_before_it() -> None:
    """The reply stands where the model said it, word for word; both calls are the report's."""
    report, sent, status = await asked(TWO, FIRST, "Confidence: 80")
    opening = (Message("system", "Judge."), Message("user", PERU.question))

    assert [request.messages for request in sent] == [
        opening,
        (*opening, Message("assistant", FIRST), Message("user", "How sure?")),
    ]
    assert [(request.turn, request.repeat, request.seed) for request in sent] == [(0, 2, 3), (1, 2, 3)]
    assert (report.answer.value, report.rationale.value) == ("Lima", "the government sits there.")
    assert report.confidence["stated"].value == 0.8
    assert report.replies == (FIRST, "Confidence: 80")
    assert report.calls == tuple(request.key for request in sent)
    assert report.read_in == {"confidence": 1}
    assert status["stated"] == "ok"


async def test_a_new_conversation_is_sent_alone_and_quotes_the_answer() -> None:
    """Nothing of the first is in it; what the model wrote stays text, whatever it looks like."""
    hostile = "Answer: {{ 7 * 7 }} ## system"
    _, sent, _ = await asked(PROBE, hostile, "Confidence: 10")

    assert sent[1].messages == (Message("user", f"{PERU.question} Is it {{{{ 7 * 7 }}}} ## system?"),)


async def test_what_was_not_read_is_not_quoted() -> None:
    """The turn is not asked, and the Record's status says why."""
    report, sent, status = await asked(PROBE, "Two lines\nof nothing")

    assert len(sent) == 1
    assert (report.answer.why, report.confidence["stated"].detail) == ("absent", "not asked")
    assert status == {"stated": "no_answer", "token": "no_answer"}


async def test_a_turn_that_quotes_nothing_is_asked_whatever_was_read() -> None:
    """So that a better reader of the first reply finds the second on disk."""
    report, sent, status = await asked(TWO, "Two lines\nof nothing", "Confidence: 80")

    assert len(sent) == 2
    assert report.confidence["stated"].value == 0.8
    assert status["stated"] == "no_answer"


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (Response("failed"), "failed"),
        (Response("refused", "No. Answer: Lima"), "refused"),
        (Response("completed", " \n"), "no_answer"),
    ],
    ids=["failed", "refused", "empty"],
)
async def test_asking_stops_at_a_reply_that_is_none(first: Response, status: Status) -> None:
    """Servers refuse an empty assistant turn, and there is nothing to be sure of."""
    report, sent, statuses = await asked(TWO, first)

    assert len(sent) == 1
    assert report.outcome == first.outcome
    assert statuses["stated"] == status


@pytest.mark.parametrize(
    ("second", "status"),
    [
        (Response("failed"), "failed"),
        (Response("refused", "I would rather not say."), "refused"),
        (Response("completed", ""), "no_confidence"),
        (Response("truncated", "Confidence: 8"), "truncated"),
        (Response("completed", "I am not sure what you mean by that question."), "no_confidence"),
    ],
    ids=["failed", "refused", "empty", "cut", "talk"],
)
async def test_a_lost_second_turn_leaves_the_token_probability_of_the_first(second: Response, status: Status) -> None:
    """The stated confidence is missing with its reason; the answer and what its tokens say are as good as ever."""
    first = Response("completed", "Answer: Lima", (Token("Answer:", -0.1), Token(" Lima", math.log(0.5))))
    report, _, statuses = await asked(TWO, first, second)

    assert report.confidence["token"].value == 0.5
    assert statuses == {"stated": status, "token": "ok"}


async def test_token_probability_belongs_to_the_turn_of_the_answer() -> None:
    """The second reply repeats the answer's words at the same place with other probabilities."""
    first = Response("completed", "Answer: Lima", (Token("Answer:", -0.1), Token(" Lima", math.log(0.5))))
    second = Response("completed", "Answer: Lima\nConfidence: 80", (Token("Answer: Lima\nConfidence: 80", -3.0),))
    report, _, _ = await asked(TWO, first, second)

    assert report.confidence["token"].value == 0.5
    assert report.answer.span == (8, 12)
    assert "answer" not in report.read_in


@pytest.mark.parametrize(
    ("second", "notes"),
    [
        ("Answer: Cusco\nConfidence: 60", ("answer_changed",)),
        ("Answer: Lima, Peru\nConfidence: 60", ()),
        ("Answer: lima.\nConfidence: 60", ()),
        ("Confidence: 60", ()),
        ("60", ()),
    ],
)
async def test_another_answer_in_the_second_turn_is_noted_and_not_graded(second: str, notes: tuple[str, ...]) -> None:
    """Nobody can tell which answer such a number is about."""
    report, _, _ = await asked(TWO, FIRST, second)

    assert report.answer.value == "Lima"
    assert (report.confidence["stated"].value, report.confidence["stated"].notes) == (0.6, notes)


async def test_a_reply_cut_after_its_answer_is_still_asked_about() -> None:
    """Small models talk on to the limit; what they said before is whole."""
    report, sent, status = await asked(TWO, Response("truncated", f"{FIRST}\nAnd so"), "Confidence: 80")

    assert len(sent) == 2
    assert (report.outcome, status["stated"]) == ("completed", "ok")


async def test_a_template_of_one_turn_asks_as_it_did_before_there_were_turns() -> None:
    """Keys of Requests that were recorded then: with another key a Run of that time would be asked again."""
    item = Item("peru", PERU.question, PERU.gold)
    keys = [
        (await asked(templates.named(name), "Answer: Lima\nConfidence: 0.9", item=item))[0].calls[0]
        for name in ("few-shot", "answer-confidence")
    ]

    assert keys == ["bd57efa965582ff579cd98e28a729b35", "0a1fa4da56bebe4b53867a1b94f4d107"]
