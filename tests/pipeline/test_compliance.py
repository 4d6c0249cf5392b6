"""Whether replies kept to the order, the language and the form asked for, seen in the raw text."""

import asyncio
from typing import Any

import pytest

from selfexplain import plugins
from selfexplain.elicitation.elicitation import Sampling
from selfexplain.elicitation.once import once
from selfexplain.pipeline.compliance import compliance_of, strayed
from selfexplain.pipeline.read import record_of
from selfexplain.prompting.template import Template
from selfexplain.records import Item, Record, Request, Response, SelfReport

ITEM = Item("q", "What is the capital of Peru?", ("Lima",))


def records(template: Template, *replies: str, again: int = 0) -> list[Record]:
    """Ask once for each reply; with `again`, the replies come one after the other."""
    queue = list(replies)

    async def ask(_: Request) -> Response:
        return Response("completed", queue.pop(0))

    found = []
    while queue:
        sampling = Sampling(0.0, 1, again=again)

        async def asked(sampling: Sampling = sampling) -> SelfReport:
            return await once(ITEM, template, ask, sampling=sampling, repeat=0)

        report = asyncio.run(asked())
        found.append(record_of(ITEM, report, repeat=0, grader=plugins.graders()["exact"]))
    return found


def seen(name: str, *replies: str, **more: Any) -> dict[str, Any]:
    template = plugins.template(name)
    return compliance_of(records(template, *replies, **more), template)


def test_the_order_of_fields_is_seen_in_the_text() -> None:
    """Confidence before the answer is a forecast; a single field has no order."""
    found = seen("answer-confidence", "Answer: Lima\nConfidence: 90", "Confidence: 90\nAnswer: Lima", "Answer: Lima")

    assert found["order"] == {"kept": 1, "strayed": 1, "untold": 1}
    assert strayed(found) == [
        "in 1 of 2 replies the fields stand in another order than asked for, so confidence may be about something else"
    ]


def test_the_order_of_a_json_object_is_that_of_its_keys() -> None:
    found = seen(
        "json",
        '{"rationale": "It is.", "answer": "Lima", "confidence": 90}',
        '{"answer": "Lima", "confidence": 90, "rationale": "It is."}',
    )

    assert found["order"] == {"kept": 1, "strayed": 1, "untold": 0}


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("答案：利马\n理由：因为它是秘鲁的首都。\n置信度：90", {"kept": 1, "strayed": 0, "untold": 0}),
        ("答案：利马\n理由：It is the capital of Peru.\n置信度：90", {"kept": 0, "strayed": 1, "untold": 0}),
        ("答案：利马\n置信度：90", {"kept": 0, "strayed": 0, "untold": 1}),
    ],
)
def test_an_explanation_in_another_language_is_seen(reply: str, kept: dict[str, int]) -> None:
    assert seen("answer-why-confidence-zh", reply)["language"] == kept


def test_a_form_is_believed_when_it_is_seen() -> None:
    found = seen(
        "json-structured",
        '{"rationale": "It is.", "answer": "Lima", "confidence": 90}',
        'Sure! {"rationale": "It is.", "answer": "Lima", "confidence": 90}',
        "",
    )

    assert found["structured"] == {"kept": 1, "strayed": 1, "untold": 1}
    assert "structured" not in seen("json", "{}")


def test_replies_that_were_asked_for_again_are_counted_apart() -> None:
    """Of two that could not be read, one could be read then."""
    found = seen("answer-confidence", "Answer: Lima", "Answer: Lima\nConfidence: 90", "Hm.", "Hm.", again=1)

    again = found["asked_again"]
    assert (again["records"], again["calls"], again["then_usable"], again["without"]) == (2, 2, 1, {})
    assert any("2 replies could not be read" in sentence for sentence in strayed(found))
    assert "asked_again" not in seen("answer-confidence", "Answer: Lima\nConfidence: 90")


def test_what_could_be_read_the_first_time_has_numbers_of_its_own() -> None:
    """Two answers at 90 %, one of them right: a gap of 40 points without the one that was asked for twice."""
    good, bad = "Answer: Lima\nConfidence: 90", "Answer: Quito\nConfidence: 90"
    found = seen("answer-confidence", good, bad, "Hm.", good, again=1)

    without = found["asked_again"]["without"]["stated"]
    assert (without["n"], without["accuracy"]) == (2, 0.5)
    assert without["gap"] == pytest.approx(0.4)


def test_a_confidence_on_another_scale_is_seen() -> None:
    """Between 0 and 1 where percent were asked for, and beyond 100."""
    found = seen(
        "answer-confidence",
        "Answer: Lima\nConfidence: 90",
        "Answer: Lima\nConfidence: 0.9",
        "Answer: Lima\nConfidence: 150",
        "Answer: Lima",
    )

    assert found["scale"] == {"kept": 1, "strayed": 2, "untold": 1}
    assert "scale" not in seen("choice", "B")


@pytest.mark.parametrize(
    ("name", "kept", "another"),
    [
        ("answer-confidence", ["90", "90%", "90/100", "90 percent"], ["9/10", "九成", "9 out of 10"]),
        ("scale-unit", ["0.9", "0.9/1"], ["90%", "9/10", "90 percent"]),
        ("scale-20", ["18", "18/20", "18 out of 20"], ["90%", "九成"]),
        ("words", ["Likely"], ["90%"]),
    ],
)
def test_a_number_that_is_read_by_its_unit_is_still_on_another_scale(
    name: str, kept: list[str], another: list[str]
) -> None:
    found = records(plugins.template(name), *(f"Answer: Lima\nConfidence: {said}" for said in kept + another))
    looked = compliance_of(found, plugins.template(name))["scale"]

    assert all(one.report.confidence["stated"].value is not None for one in found)
    assert looked == {"kept": len(kept), "strayed": len(another), "untold": 0}
