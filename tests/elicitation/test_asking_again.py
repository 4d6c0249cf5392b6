"""A reply that cannot be read is asked for once more, if the Run says so: recorded, counted apart, never hidden."""

from collections.abc import Sequence

import pytest

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.prompting.template import Template, parse
from selfexplain.records import Ask, Item, Outcome, Request, Response, SelfReport

ITEM = Item("q", "What is the capital of Peru?", ("Lima",))

ONE = "---\nname: one\nversion: 1\nelicits: [answer, confidence]\n---\n## user\n{{ question }}\n"
TWO = "---\nname: two\nversion: 1\nelicits: [[answer], [confidence]]\n---\n## user\n{{ question }}\n## user\nSure?\n"


def template(text: str) -> Template:
    return parse(text, where="t.md")


def scripted(*replies: str | Response) -> tuple[Ask, list[Request]]:
    """Return an `ask` that gives these replies in order, and what it heard."""
    heard: list[Request] = []

    async def ask(request: Request) -> Response:
        heard.append(request)
        reply = replies[len(heard) - 1]
        return reply if isinstance(reply, Response) else Response("completed", reply)

    return ask, heard


async def asked(text: str, replies: Sequence[str | Response], again: int = 1) -> tuple[SelfReport, list[Request]]:
    ask, heard = scripted(*replies)
    said = await converse(ITEM, template(text), ask, sampling=Sampling(0.0, 1, again=again))
    return report_on(said, template(text)), heard


async def test_what_is_missing_is_said_and_the_second_reply_is_read() -> None:
    report, heard = await asked(ONE, ["Answer: Lima", "Answer: Lima\nConfidence: 90"])

    assert report.confidence["stated"].value == 0.9
    assert report.asked_again == 1
    assert report.replies == ("Answer: Lima\nConfidence: 90",)
    assert report.calls == tuple(request.key for request in heard)
    assert len(set(report.calls)) == 2
    assert [message.role for message in heard[1].messages[-3:]] == ["user", "assistant", "user"]
    assert "confidence is missing" in heard[1].messages[-1].content
    assert heard[1].messages[-2].content == "Answer: Lima"


async def test_nobody_is_asked_again_unless_the_run_says_so() -> None:
    report, heard = await asked(ONE, ["Answer: Lima"], again=0)

    assert (len(heard), report.asked_again, report.confidence["stated"].why) == (1, 0, "absent")


async def test_it_ends_after_so_many_times() -> None:
    report, heard = await asked(ONE, ["Answer: Lima", "Hm.", "Answer: Lima"], again=2)

    assert (len(heard), report.asked_again) == (3, 2)
    assert report.confidence["stated"].value is None
    assert [request.again for request in heard] == [0, 1, 2]


@pytest.mark.parametrize(
    "reply",
    [
        "Answer: Lima\nConfidence: I can't say",
        Response("truncated", "Answer: Lima\nConf"),
        Response("refused", "I cannot help with that."),
        Response("failed"),
    ],
    ids=["declined", "truncated", "refused", "failed"],
)
async def test_what_asking_again_cannot_mend_is_left_as_it_is(reply: str | Response) -> None:
    """Who declines has answered; pressing for a number would make one up."""
    report, heard = await asked(ONE, [reply])

    assert len(heard) == 1
    assert report.confidence["stated"].value is None


async def test_a_later_turn_goes_on_from_the_mended_conversation() -> None:
    report, heard = await asked(TWO, ["", "Answer: Lima", "Confidence: 80"])
    outcome: Outcome = "completed"

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.8)
    assert [message.role for message in heard[2].messages] == ["user", "assistant", "user", "assistant", "user"]
    assert (report.replies, report.outcome) == (("Answer: Lima", "Confidence: 80"), outcome)


async def test_the_plea_is_in_the_templates_language() -> None:
    chinese = ONE.replace("version: 1", "version: 1\nlanguage: zh")
    _, heard = await asked(chinese, ["答案：利马", "答案：利马\n置信度：90"])

    assert "缺少 confidence" in heard[1].messages[-1].content
