"""Answers that are judged in a conversation of their own: self-probing, P(True) by tokens and by draws, rivals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asked import PERU, asked, template, with_tokens, with_top
from selfexplain.elicitation.p_true import averaged
from selfexplain.errors import InputError
from selfexplain.records import Alternative, Item, Message, Reading, Request, Response, Token

PROBE, OTHER = template("self-probe"), template("other-person")
TRUE, SWAPPED, DRAWS = template("p-true"), template("p-true-swapped"), template("p-true-draws", draws=4)
RIVALS = template("distractors")
JUDGED = "Because: it is the seat of government.\nConfidence: 85"


# --- self-probing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [PROBE, OTHER, template("self-probe-zh"), template("other-person-zh")])
async def test_the_answer_is_shown_twice_in_a_conversation_that_does_not_know_it(way: object) -> None:
    """Named twice, so that the model judges this answer and not one of its own."""
    report, sent, status = await asked(way, ["Answer: Lima", JUDGED], temperature=0.0)  # type: ignore[arg-type]

    assert [message.role for message in sent[1].messages] == ["system", "user"]
    assert sent[1].messages[1].content.count("Lima") == 2
    assert report.confidence["probe"].value == 0.85
    assert "stated" not in report.confidence
    assert report.read_in["confidence"] == 1
    assert status["probe"] == "ok"


async def test_a_judge_that_answers_itself_is_noted() -> None:
    """Nobody can tell which answer its number is about."""
    report, _, _ = await asked(PROBE, ["Answer: Lima", "Answer: Cusco\nConfidence: 85"])

    assert report.confidence["probe"].notes == ("answer_changed",)


@pytest.mark.parametrize(
    ("judgement", "status"),
    [("Confidence: I can't say", "declined"), (Response("refused"), "refused"), ("", "no_confidence")],
)
async def test_a_judgement_that_does_not_come_leaves_the_answer(judgement: str | Response, status: str) -> None:
    report, _, statuses = await asked(PROBE, ["Answer: Lima", judgement])

    assert report.answer.value == "Lima"
    assert statuses["probe"] == status


async def test_a_template_that_judges_beside_the_answer_is_refused() -> None:
    """Its number would be `stated`, and must not be called anything else."""
    with pytest.raises(InputError, match="judges no answer in a conversation of its own"):
        await asked(template("two-turn", elicitation="probe"), ["Answer: Lima", "Confidence: 0.5"])


# --- P(True) by tokens ---------------------------------------------------------------------------------------------


async def test_p_true_is_the_share_of_true_among_both_verdicts() -> None:
    """A 0.5, (A 0.1 and True 0.1 against B 0.2: 0.7 of 0.9; 0.9 together is enough."""
    top = with_top("A", **{"A": 0.5, "_(A": 0.1, "True": 0.1, "B": 0.2, "The": 0.1})
    report, sent, status = await asked(TRUE, ["Answer: Lima", top], temperature=0.0)

    assert report.confidence["probe"].value == pytest.approx(0.7 / 0.9)
    assert report.confidence["probe"].notes == ("label_mass 0.9",)
    assert sent[1].top_logprobs == 20
    assert sent[1].messages[0] == Message("system", "You judge answers to questions.")
    assert status["probe"] == "ok"


async def test_little_mass_on_both_is_flagged() -> None:
    """0.3 and 0.1: the model was about to write something else. Still 0.75."""
    report, _, _ = await asked(TRUE, ["Answer: Lima", with_top("A", A=0.3, B=0.1, I=0.6)])

    assert report.confidence["probe"].value == pytest.approx(0.75)
    assert report.confidence["probe"].notes == ("label_mass 0.4", "low_mass")


@pytest.mark.parametrize(
    ("reply", "why", "detail"),
    [
        ("A", "absent", "no token probabilities"),
        (with_top("Hmm", Hmm=0.9, A=0.1), "absent", "no verdict was written"),
        (with_tokens(("Tr", 0.9), ("ue", 0.9)), "absent", "no token probabilities"),
        (with_top("Truely", A=0.9, B=0.1), "absent", "no verdict was written"),
        (Response("failed"), "absent", "no verdict was written"),
    ],
)
async def test_without_a_verdict_in_the_tokens_there_is_no_confidence(
    reply: str | Response, why: str, detail: str
) -> None:
    """The word A in the text is worth nothing here: 1.0 would be a guess."""
    report, _, status = await asked(TRUE, ["Answer: Lima", reply])
    reading = report.confidence["probe"]

    assert (reading.why, reading.detail) == (why, detail)
    assert status["probe"] in {"no_confidence", "failed"}


async def test_the_verdict_is_measured_where_it_was_written() -> None:
    """Not at the article `a` before it, nor at the `no` of a figure of speech: at `False`, 0.2 to 0.8."""
    said = Response(
        "completed",
        "It is a False one",
        tuple(
            Token(text, math.log(0.5), tuple(Alternative(each, math.log(p)) for each, p in top.items()))
            for text, top in (
                ("It is", {"It is": 0.5}),
                (" a", {" a": 0.9, "B": 0.1}),
                (" False", {" False": 0.8, " True": 0.2}),
                (" one", {" one": 0.5}),
            )
        ),
    )
    report, _, _ = await asked(TRUE, ["Answer: Lima", said])

    assert report.confidence["probe"].value == pytest.approx(0.2)


async def test_a_question_that_was_not_answered_is_not_judged() -> None:
    report, sent, status = await asked(TRUE, ["Two\nlines"])

    assert len(sent) == 1
    assert report.confidence["probe"].detail == "not asked"
    assert status["probe"] == "no_answer"


async def test_a_liking_for_a_is_taken_out_by_asking_both_ways_round() -> None:
    """A 0.9 whatever it says: log-odds +2.2 and −2.2, so 0.5. In the second order A says false."""
    likes_a = with_top("A", A=0.9, B=0.1)
    report, sent, _ = await asked(SWAPPED, ["Answer: Lima", likes_a, likes_a])

    assert report.confidence["probe"].value == pytest.approx(0.5)
    assert report.confidence["probe"].notes == ("label_mass 1", "A first 0.9", "B first 0.1")
    assert "A) False\nB) True" in sent[2].messages[1].content


def test_the_mean_of_log_odds_is_not_that_of_probabilities() -> None:
    """0.99 and 0.5: odds 99 and 1, their geometric mean 9.95, 0.909; the plain mean would be 0.745."""
    found = averaged([Reading(0.99, "read"), Reading(0.5, "read")]).value

    assert found == pytest.approx(math.sqrt(99) / (1 + math.sqrt(99)))


def test_a_verdict_that_is_nowhere_among_the_tokens_has_no_log_odds() -> None:
    """1 and 0.5: the mean of the probabilities, and the notes say so."""
    found = averaged([Reading(1.0, "read"), Reading(0.5, "read")])

    assert (found.value, found.notes[-1]) == (0.75, "mean of probabilities")


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_which_order_came_first_does_not_matter(one: float, other: float) -> None:
    a, b = Reading(one, "read"), Reading(other, "read")

    assert averaged([a, b]).value == pytest.approx(averaged([b, a]).value)


# --- P(True) by draws ----------------------------------------------------------------------------------------------


def verdicts(*said: str | Response) -> object:
    return lambda request: "Answer: Lima" if request.turn == 0 else said[request.draw]


@pytest.mark.parametrize(
    ("said", "value", "notes"),
    [
        (("A", "A) True", "B", "True"), 0.75, ()),
        (("A", "hmm", "B", "A"), 0.6666666666667, ("n_valid 3 of 4",)),
        (("B", "B", "False", "(B)"), 0.0, ()),
        (("A", "", "B", "not true"), 0.5, ("n_valid 2 of 4",)),
    ],
)
async def test_the_share_of_true_verdicts(said: tuple[str, ...], value: float, notes: tuple[str, ...]) -> None:
    report, sent, status = await asked(DRAWS, verdicts(*said))  # type: ignore[arg-type]

    assert report.confidence["probe"].value == pytest.approx(value)
    assert report.confidence["probe"].notes == notes
    assert [(request.turn, request.draw, request.temperature) for request in sent] == [
        (0, 0, 0.0),
        *((1, draw, 1.0) for draw in range(4)),
    ]
    assert report.calls == tuple(request.key for request in sent)
    assert status["probe"] == "ok"


async def test_with_fewer_than_half_of_the_verdicts_there_is_none() -> None:
    report, _, status = await asked(DRAWS, verdicts("A", "hmm", "", "A) False"))  # type: ignore[arg-type]

    assert report.confidence["probe"].detail == "1 of 4 draws were read"
    assert status["probe"] == "no_confidence"


# --- rivals --------------------------------------------------------------------------------------------------------

LISTED = "Alternative 1: Cusco\nAlternative 2: Lima\nAlternative 3: Quito\nAlternative 4: cusco"


def judging(confidences: dict[str, str | Response], listed: str = LISTED, answer: str = "Lima") -> object:
    """Return who gives this answer, lists these rivals, and says these confidences of what is shown."""

    def say(request: Request) -> str | Response:
        if request.turn == 0:
            return f"Answer: {answer}"
        if request.turn == 1:
            return listed
        shown = request.messages[-1].content.split("Possible answer: ")[1].split("\n")[0]
        said = confidences[shown]
        return f"Confidence: {said}" if isinstance(said, str) else said

    return say


async def test_confidence_is_measured_against_that_in_rivals() -> None:
    """Lima 90, Cusco 60, Quito 30: 90 of 180. The rival Lima is the answer itself, and cusco came already."""
    say = judging({"Lima": "90", "Cusco": "60", "Quito": "30"})
    report, sent, status = await asked(RIVALS, say, temperature=0.0)  # type: ignore[arg-type]
    reading = report.confidence["probe"]

    assert reading.value == 0.5
    assert reading.notes == ("raw 0.9", "sum 1.8", "rivals 2 of 4", "same-answer@1 by exact@1")
    assert [(one.answer, one.confidence) for one in report.candidates] == [
        ("Lima", 0.9),
        ("Cusco", 0.6),
        ("Quito", 0.3),
    ]
    assert [(request.turn, request.draw) for request in sent] == [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2)]
    assert not any("Cusco" in message.content for message in sent[2].messages)
    assert len({request.key for request in sent}) == 5
    assert status["probe"] == "ok"


@pytest.mark.parametrize(
    ("confidences", "detail"),
    [
        ({"Lima": "90", "Cusco": "high", "Quito": "30"}, "1 of 4 rivals were judged"),
        ({"Lima": "0", "Cusco": "0", "Quito": "0"}, "every confidence is 0"),
        ({"Lima": Response("failed"), "Cusco": "60", "Quito": "30"}, ""),
    ],
)
async def test_without_enough_to_measure_against_there_is_no_confidence(
    confidences: dict[str, str | Response], detail: str
) -> None:
    report, _, status = await asked(RIVALS, judging(confidences))  # type: ignore[arg-type]

    assert (report.confidence["probe"].value, report.confidence["probe"].detail) == (None, detail)
    assert report.answer.value == "Lima"
    assert status["probe"] in {"no_confidence", "failed"}


async def test_rivals_that_were_not_listed_are_not_asked_about() -> None:
    """One judgement of the answer remains, which is no normalised confidence."""
    report, sent, _ = await asked(RIVALS, judging({"Lima": "90"}, listed="I cannot think of any."))  # type: ignore[arg-type]

    assert len(sent) == 3
    assert report.confidence["probe"].value is None


# --- steps ---------------------------------------------------------------------------------------------------------


async def test_the_overall_number_is_the_confidence_and_the_product_is_noted() -> None:
    """0.9 · 0.8 = 0.72 of two steps that were read; the overall 60 is what is stated."""
    steps = "Step 1 (90%): Peru is in South America.\nStep 2 (80%): its seat is Lima.\nStep 3: so\n"
    reply = f"{steps}Answer: Lima\nOverall confidence: 60"
    report, _, _ = await asked(template("multi-step"), [reply])

    assert report.confidence["stated"].value == 0.6
    assert report.confidence["stated"].notes == ("product 0.72 of 2 steps",)


async def test_steps_in_chinese_are_read_too() -> None:
    reply = "步骤1（90%）：秘鲁在南美洲。\n步骤2（50%）：首都是利马。\n答案：利马\n总体置信度：60"
    report, _, _ = await asked(template("multi-step-zh"), [reply])

    assert (report.answer.value, report.confidence["stated"].value) == ("利马", 0.6)
    assert report.confidence["stated"].notes == ("product 0.45 of 2 steps",)


# --- orders of options ---------------------------------------------------------------------------------------------

TOWNS = Item("towns", "Which is the capital of Peru?", ("Lima",), choices=("Quito", "Lima", "Cusco"))
ORDERS = template("choice-orders")


async def test_a_liking_for_a_place_is_averaged_out() -> None:
    """A gets 0.6, B 0.3, C 0.1 whatever stands there: each option has each once, so all have a third."""
    report, sent, status = await asked(ORDERS, lambda _: with_top("A", A=0.6, B=0.3, C=0.1), item=TOWNS)

    assert [request.messages[1].content.split("\n")[2:5] for request in sent] == [
        ["A) Quito", "B) Lima", "C) Cusco"],
        ["A) Lima", "B) Cusco", "C) Quito"],
        ["A) Cusco", "B) Quito", "C) Lima"],
    ]
    assert [request.draw for request in sent] == [0, 1, 2]
    assert [one.confidence for one in report.candidates] == [pytest.approx(1 / 3)] * 3
    assert report.answer.value == "A"
    assert status == {"token": "ok"}


async def test_what_the_model_knows_is_taken_back_to_the_option() -> None:
    """Lima has 0.8, 0.7 and 0.6 in places B, A and C: 0.7, under its own label, and 0.8 raw."""
    said = [
        with_top("B", A=0.1, B=0.8, C=0.1),
        with_top("A", A=0.7, B=0.2, C=0.1),
        with_top("C", A=0.1, B=0.3, C=0.6),
    ]
    report, _, _ = await asked(ORDERS, said, item=TOWNS)

    assert report.answer.value == "B"
    assert report.confidence["token"].value == pytest.approx(0.7)
    assert report.confidence["token"].notes == ("mean of 3 orders", "raw 0.8")
    assert [one.answer for one in report.candidates] == ["Quito", "Lima", "Cusco"]


async def test_orders_that_say_no_label_are_left_out_and_half_is_needed() -> None:
    """Two of three: their mean. One of three: none, and what was written first stands."""
    lima_first, lima_second = with_top("B", A=0.2, B=0.8), with_top("A", A=0.6, B=0.4)
    two, _, _ = await asked(ORDERS, [lima_first, lima_second, "Hmm"], item=TOWNS)
    one, _, status = await asked(ORDERS, [lima_first, "Hmm", "Hmm"], item=TOWNS)

    assert two.confidence["token"].value == pytest.approx(0.7)
    assert two.confidence["token"].notes == ("mean of 2 orders", "raw 0.8")
    assert (one.answer.value, one.confidence["token"].detail) == ("B", "1 of 3 orders were read")
    assert status == {"token": "no_confidence"}


async def test_an_item_without_choices_is_not_one_for_orders() -> None:
    with pytest.raises(InputError, match="has no choices"):
        ORDERS.require_suits([PERU])
