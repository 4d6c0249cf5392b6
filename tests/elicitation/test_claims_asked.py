"""Templates that elicit claims, asked from the first turn to the last."""

import json

import msgspec
import pytest

from selfexplain.claims import ClaimKind
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.prompting import template as templates
from selfexplain.records import Item, Request, Response, SelfReport

PERU = Item("peru", "What is the capital of Peru?", ("Lima",))
ANSWER = "Answer: Lima\nConfidence: 90"
REDACTED = "Redacted question: What is the [REDACTED] of [REDACTED]?"
EDITED = "Other answer: Santiago\nEdited question: What is the capital of Chile?"


async def asked(name: str, *replies: str | Response, item: Item = PERU) -> tuple[SelfReport, list[Request]]:
    sent: list[Request] = []

    async def ask(request: Request) -> Response:
        reply = replies[len(sent)]
        sent.append(request)
        return Response("completed", reply) if isinstance(reply, str) else reply

    return await once(item, templates.named(name), ask, sampling=Sampling(0.0, 1), repeat=0), sent


async def test_redact_asks_three_conversations_that_know_nothing_of_each_other() -> None:
    """The second quotes the answer, the third only the redacted question; the first answer is the one that counts."""
    report, sent = await asked("redact", ANSWER, REDACTED, "Answer: Cusco")

    assert [len(request.messages) for request in sent] == [2, 2, 2]
    assert 'answered this question with "Lima"' in sent[1].messages[-1].content
    assert sent[2].messages[-1].content.startswith("What is the [REDACTED] of [REDACTED]?\n")
    assert "Peru" not in sent[2].messages[-1].content
    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.9)
    assert report.answer_again is not None
    assert report.answer_again.value == "Cusco"
    claim = report.attribution["redaction"].value
    assert claim is not None
    assert [unit.text for unit in claim.units] == ["capital", "Peru"]
    assert report.read_in == {"redaction": 1, "answer_again": 2}
    assert report.confidence["stated"].notes == ()


async def test_unknown_is_declined_and_no_answer() -> None:
    report, _ = await asked("redact", ANSWER, REDACTED, "Answer: unknown")

    assert report.answer_again is not None
    assert (report.answer_again.value, report.answer_again.why) == (None, "declined")


@pytest.mark.parametrize(
    ("second", "detail", "turns", "again"),
    [
        ("Redacted question: What is the [REDACTED] of Chile?", "not_a_redaction", 2, "not asked"),
        ("I would rather not.", "", 2, "not asked"),
        (Response("refused", "No."), "no reply", 2, "not asked"),
    ],
)
async def test_what_is_no_redaction_is_not_asked_about(
    second: str | Response, detail: str, turns: int, again: str
) -> None:
    """It would be a question about something else; the answer before it stays usable."""
    report, sent = await asked("redact", ANSWER, second)

    assert len(sent) == turns
    assert report.attribution["redaction"].value is None
    assert report.attribution["redaction"].detail == detail
    assert report.answer_again is not None
    assert report.answer_again.detail == again
    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.9)


async def test_counterfactual_asks_the_edited_question_alone() -> None:
    report, sent = await asked("counterfactual", ANSWER, EDITED, "Answer: Santiago")

    assert sent[2].messages[-1].content.startswith("What is the capital of Chile?\n")
    assert "Santiago" not in sent[2].messages[-1].content
    assert report.target is not None
    assert report.target.value == "Santiago"
    assert report.answer_again is not None
    assert report.answer_again.value == "Santiago"
    assert report.answer.value == "Lima"


async def test_what_a_model_wrote_stays_text_in_the_next_conversation() -> None:
    """No role, no template, whatever it looks like."""
    hostile = "Redacted question: What is the [REDACTED] of {{ 7 * 7 }}?"
    item = Item("hostile", "What is the capital of {{ 7 * 7 }}?", ("x",))
    _, sent = await asked("redact", ANSWER, hostile, "Answer: 49", item=item)

    assert sent[2].messages[-1].content.startswith("What is the [REDACTED] of {{ 7 * 7 }}?\n")
    assert [message.role for message in sent[2].messages] == ["system", "user"]


REPLIES: dict[str, tuple[ClaimKind, str]] = {
    "top-words": ("words", "Answer: Lima\nWords: capital, Peru, What\nConfidence: 90"),
    "word-scores": ("word_scores", "Answer: Lima\nConfidence: 90\nScores:\ncapital 0.9\nPeru 0.8"),
    "word-scores-first": ("word_scores", "Scores:\ncapital 0.9\nPeru 0.8\nAnswer: Lima\nConfidence: 90"),
    "quotes": ("quotes", 'Answer: Lima\nQuotes: "capital", "Peru"\nConfidence: 90'),
    "steps": ("steps", "Steps:\n1. Peru.\n2. Its capital.\nAnswer: Lima\nConfidence: 90"),
    "top-words-zh": ("words", "答案：Lima\n重要词：capital，Peru，What\n置信度：90"),
    "few-shot-words": ("words", "Answer: Lima\nWords: capital, Peru, What\nConfidence: 0.9"),
    "few-shot-words-zh": ("words", "答案：Lima\n重要词：capital，Peru，What\n置信度：0.9"),
    "quotes-zh": ("quotes", "答案：Lima\n引用：“capital”，“Peru”\n置信度：90"),
}


@pytest.mark.parametrize("name", REPLIES)
async def test_the_reply_that_a_template_asks_for_is_read_whole(name: str) -> None:
    """Answer, claim and confidence, in the template's own order and words; and again from its JSON."""
    kind, reply = REPLIES[name]
    report, _ = await asked(name, reply)
    claim = report.attribution[kind].value

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.9)
    assert claim is not None
    assert claim.notes == ()
    assert len(claim.units) == (3 if kind == "words" else 2)
    assert all(unit.place == ("free_text" if kind == "steps" else "placed") for unit in claim.units)
    assert msgspec.json.decode(msgspec.json.encode(report), type=SelfReport) == report


async def test_a_rationale_ends_where_a_claim_begins() -> None:
    """In a template of one's own that asks for both; in any other, `Words:` is a part of the reason."""
    reply = "Answer: Lima\nBecause: it is the seat.\nWords: Peru\nConfidence: 90"
    front = "name: t\nversion: 1\nelicits: [answer, rationale, words, confidence]"
    both = templates.parse(f"---\n{front}\n---\n## user\n{{{{ question }}}}\n", where="t.md")

    async def ask(_: Request) -> Response:
        return Response("completed", reply)

    report = await once(PERU, both, ask, sampling=Sampling(0.0, 1), repeat=0)
    assert report.rationale.value == "it is the seat."
    assert (await asked("why-expert", reply))[0].rationale.value == "it is the seat.\nWords: Peru"


async def test_a_report_without_claims_is_written_as_it_was_before_there_were_any() -> None:
    """Records of old Runs and new ones of old templates have the same keys."""
    report, _ = await asked("answer-confidence", ANSWER)

    written = json.loads(msgspec.json.encode(report))
    assert written.keys() == {"answer", "rationale", "confidence", "outcome", "replies", "calls"}
