"""Witnesses that ask again, on models whose every reply is known: what they find, cost and leave out."""

import math
from typing import Any

import pytest
from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.errors import InputError, ProviderError
from selfexplain.evidence import Evidence, ScoredUnit
from selfexplain.glass.provider import Glass
from selfexplain.records import Alternative, Item, Reading, Request, Response, Token
from selfexplain.witnesses import occlusion_asked, shapley_asked
from selfexplain.witnesses.answer_margin import margin_of
from selfexplain.witnesses.asked_occlusion import Base, scored_unit
from selfexplain.witnesses.case import Unit
from selfexplain.witnesses.inquiry import AskingWitness, Seen
from witnesses.asked_models import REVIEW, Asked, inquiry, letter_of

BAG = Glass("bag-honest").generate
TREE = Glass("tree-honest").generate


def by_text(found: Evidence) -> dict[str, ScoredUnit]:
    return {unit.text: unit for unit in found.units}


def scores(found: Evidence) -> dict[str, float | None]:
    return {unit.text: unit.score for unit in found.units}


async def test_a_word_scores_whether_the_answer_flips_and_then_what_confidence_goes() -> None:
    """The logit is 0.2 − 1.7 + 2.4, 71 %; 93 % without `dull`, negative without `superb`; a tenth of −0.22 orders."""
    found = await occlusion_asked(BAG, await inquiry(BAG))
    units = by_text(found)

    assert scores(found) == pytest.approx(
        {"A": 0, "dull": -0.022, "plot": 0, "but": 0, "superb": 1, "actors": 0, "<punctuation>": 0}
        | {"negative": 0, "positive": 0, "<template>": None}
    )
    assert {text for text, unit in units.items() if unit.also.get("counts")} == {"superb"}
    assert units["superb"].also == pytest.approx({"n": 1, "flip": 1, "low": 0.2065, "high": 1, "counts": 1}, abs=1e-4)
    assert units["dull"].also["confidence"] == pytest.approx(-0.22)
    assert (found.target, found.baseline, found.status, found.item) == ("flip", "delete", "ok", "q")
    assert [found.checks[name] for name in ("floor", "n_floor", "value")] == pytest.approx([0, 5, 0.71])
    assert REVIEW.question[slice(*units["superb"].spans[0])] == "superb"


async def test_what_moves_the_confidence_is_another_question() -> None:
    """Where the answer flips, its confidence is that of another answer and tells nothing."""
    found = await occlusion_asked(BAG, await inquiry(BAG), target="confidence")

    assert scores(found)["dull"] == pytest.approx(-0.22)
    assert scores(found)["plot"] == pytest.approx(0.0)
    assert scores(found)["superb"] is None
    assert {text for text, unit in by_text(found).items() if unit.also.get("counts")} == {"dull"}


async def test_a_margin_is_the_logit_that_a_word_adds() -> None:
    """Where the model gives the probabilities of both options; options themselves are held fixed."""
    found = await occlusion_asked(BAG, await inquiry(BAG), target="margin")

    assert {text: scores(found)[text] for text in ("superb", "dull", "plot")} == pytest.approx(
        {"superb": 2.4, "dull": -1.7, "plot": 0.0}, abs=1e-9
    )
    assert scores(found)["negative"] is None
    assert found.checks["value"] == pytest.approx(0.9)
    assert "bounded" not in found.checks
    assert found.n_forward == 7 + 1 + 5


async def test_a_rival_that_is_not_told_of_is_bounded_by_the_least_that_is() -> None:
    """The rival has at most 0.04, so the margin is at least log(0.9 / 0.04)."""
    top = tuple(Alternative(text, math.log(p)) for text, p in ((" positive", 0.9), (" I", 0.04)))
    tokens = (Token("Answer:", 0.0), Token(" positive", math.log(0.9), top), Token("\nConfidence: 90", 0.0))
    reply = Response("completed", "Answer: positive\nConfidence: 90", tokens)
    ask = Asked(lambda _, __: reply)
    found = await occlusion_asked(ask, await inquiry(ask), target="margin")

    assert found.checks["value"] == pytest.approx(math.log(0.9 / 0.04))
    assert found.checks["bounded"] == 7.0
    whole = Reading("positive", "read", span=(8, 16))
    assert margin_of(reply, replace(whole, span=(9, 16)), "positive", ["negative"]).value is None  # in mid-token
    assert margin_of(reply, whole, "neither", ["negative"]).value is None
    assert {request.top_logprobs for request in ask.requests[1:]} == {20}


@pytest.mark.parametrize(("target", "why"), [("margin", "probabilities of the options"), ("confidence", "confidence")])
async def test_what_the_model_does_not_give_cannot_be_explained(target: str, why: str) -> None:
    ask = Asked(lambda _, __: "Answer: positive")
    found = await occlusion_asked(ask, await inquiry(ask), target=target)

    assert found.status == "not_applicable"
    assert why in found.why


async def test_calls_are_known_before_are_all_different_and_are_replayed() -> None:
    """Nine units three times, and four times the question as it is; then nothing new is asked."""
    ask = Asked(lambda question, _: f"Answer: {'positive' if 'superb' in question else 'negative'}\nConfidence: 80")
    asked = await inquiry(ask)
    found = await occlusion_asked(ask, asked, repeats=3, floor=4)

    assert found.n_forward == 9 * 3 + 4
    assert len(ask.requests) == len(ask.known) == 1 + 31
    assert {request.repeat for request in ask.requests} == {0, 1, 2, 3, 4}
    assert {request.item for request in ask.requests} == {"q"}
    replayed = await occlusion_asked(ask.again, asked, repeats=3, floor=4)
    assert replace(replayed, seconds=0.0) == replace(found, seconds=0.0)


async def test_nothing_is_asked_twice() -> None:
    """Either `so` leaves the same question; a failure reaches whoever waits."""
    item = Item("q", "so so fine", ("positive",))
    ask = Asked(lambda _, __: "Answer: positive\nConfidence: 80")
    found = await occlusion_asked(ask, await inquiry(ask, item))

    assert found.n_forward == 2 + 5
    assert len(ask.requests) == len(ask.known) == 8

    async def fails(request: Request) -> Response:
        raise ProviderError(f"{request.item} is gone", kind="connection")

    with pytest.raises(ProviderError, match="q is gone"):
        await occlusion_asked(fails, await inquiry(ask, item))


async def test_a_reply_that_cannot_be_read_is_no_flip() -> None:
    """Refused without `superb`, declined without `dull`: neither has a score, and both are counted by name."""

    def reply(question: str, _: Request) -> str | Response:
        if "superb" not in question:
            return Response("refused", "No.")
        return "Answer: positive\nConfidence: 90" if "dull" in question else "Answer: I don't know\nConfidence: 5"

    ask = Asked(reply)
    found = await occlusion_asked(ask, await inquiry(ask))

    assert [scores(found)[word] for word in ("superb", "dull")] == [None, None]
    assert scores(found)["plot"] == pytest.approx(0.0)
    assert (found.checks["n_unread"], found.checks["unread"]) == (2.0, "declined 1, refused 1")
    assert found.status == "ok"


async def test_replies_that_can_all_not_be_read_are_a_failure() -> None:
    ask = Asked(lambda question, _: "Answer: positive\nConfidence: 90" if question == REVIEW.question else "")
    found = await occlusion_asked(ask, await inquiry(ask))

    assert (found.status, found.checks["n_unread"]) == ("failed", 7.0)


async def test_a_restless_model_sets_a_floor() -> None:
    """It changes its mind in every other repeat, 2 of 4 times; a word counts only when Wilson's interval is above."""

    def reply(question: str, request: Request) -> str:
        is_positive = "superb" in question and request.repeat % 2 == 0
        return f"Answer: {'positive' if is_positive else 'negative'}\nConfidence: 80"

    ask = Asked(reply)
    found = await occlusion_asked(ask, await inquiry(ask), repeats=4, floor=4)
    units = by_text(found)

    assert found.checks["floor"] == 0.5
    assert (units["plot"].also["flip"], units["plot"].also["counts"]) == (0.5, 0.0)
    assert units["plot"].error == pytest.approx(0.25)
    assert units["superb"].also["low"] == pytest.approx(0.5101, abs=1e-4)
    assert (units["superb"].also["flip"], units["superb"].also["counts"]) == (1.0, 1.0)


async def test_floor_repeats_are_those_after_the_record_itself() -> None:
    """A Run with several repeats has asked them already; the third Record's own repeat is 2."""
    ask = Asked(lambda _, __: "Answer: positive\nConfidence: 80")
    await occlusion_asked(ask, await inquiry(ask, repeat=2), floor=3)

    assert [request.repeat for request in ask.requests if request.messages == ask.requests[0].messages] == [2, 3, 4, 5]


async def test_an_option_that_moves_up_is_still_itself() -> None:
    """It answers by letter: `positive` is B, and A once `negative` is gone. Without `positive` it can only flip."""
    ask = Asked(lambda _, request: f"Answer: {letter_of('positive', request)}\nConfidence: 80")
    found = await occlusion_asked(ask, await inquiry(ask), "option")

    assert [(unit.part, unit.score) for unit in found.units] == [
        ("question", pytest.approx(0.0)),
        ("option A", pytest.approx(0.0)),
        ("option B", 1.0),
        ("template", None),
    ]


async def test_an_example_is_left_out_of_the_template() -> None:
    """The answer hangs on the second example, which the messages then no longer show."""
    examples = [
        Item(f"e{number}", text, ("positive",), choices=REVIEW.choices)
        for number, text in enumerate(("One.", "Two.", "Three.", "Four."))
    ]
    template = plugins.template("classify").showing(examples)
    ask = Asked(
        lambda _, request: f"Answer: {'positive' if 'Two.' in str(request.messages) else 'negative'}\nConfidence: 80"
    )
    found = await occlusion_asked(ask, await inquiry(ask, template=template), "example")

    assert {unit.part: unit.also.get("flip") for unit in found.units if unit.part != "template"} == {
        "question": 0.0,
        "example 1": 0.0,
        "example 2": 1.0,
        "example 3": 0.0,
        "example 4": 0.0,
    }


@pytest.mark.parametrize(
    ("baseline", "expected"), [("delete", "A plot, but superb actors."), ("mask", "A ___ plot, but superb actors.")]
)
async def test_what_stands_in_a_units_place_is_made_anew_from_the_item(baseline: str, expected: str) -> None:
    ask = Asked(lambda _, __: "Answer: positive\nConfidence: 80")
    await occlusion_asked(ask, await inquiry(ask), baseline=baseline)
    questions = {request.messages[-1].content.split("\n\n")[0] for request in ask.requests}

    assert expected in questions
    expected_messages = plugins.template("answer-confidence").render(replace(REVIEW, question=expected))
    assert expected_messages in {request.messages for request in ask.requests}


async def test_other_words_stand_in_as_often_as_there_are_draws() -> None:
    """Only words that look alike, another draw in each repeat; the floor is asked as ever."""
    ask = Asked(lambda question, _: f"Answer: {'positive' if 'superb' in question else 'negative'}\nConfidence: 80")
    found = await occlusion_asked(ask, await inquiry(ask), baseline="replace", pool=["warm Anna stays", "cold Ben 7"])
    without_dull = {
        words[1]
        for request in ask.requests
        if (words := request.messages[-1].content.split("\n\n")[0].split())[2:] == REVIEW.question.split()[2:]
        and words[0] == "A"
    }

    assert (scores(found)["superb"], found.seed, found.mode) == (1.0, 0, "5 repeats, floor of 5")
    assert without_dull - {"dull"} <= {"warm", "stays", "cold"}
    assert len(without_dull) > 2


@pytest.mark.parametrize("witness", [occlusion_asked, shapley_asked], ids=lambda each: each.facts.name)
async def test_another_seed_asks_other_questions_and_the_same_one_the_same(witness: AskingWitness) -> None:
    """Which words stand in, and in which order words come: seven words have too many orders to be drawn twice."""
    settings: dict[str, Any] = (
        {"baseline": "replace", "pool": ["warm Anna stays", "cold Ben 7"]} if witness is occlusion_asked else {}
    )

    async def asked(seed: int) -> set[str]:
        ask = Asked(lambda _, __: "Answer: positive\nConfidence: 80")
        found = await witness(ask, await inquiry(ask), seed=seed, **settings)
        assert found.seed == seed
        return set(ask.known)

    assert len({frozenset(await asked(seed)) for seed in (0, 10, 20)}) == 3
    assert await asked(10) == await asked(10)


async def test_only_the_turns_up_to_answer_and_confidence_are_asked() -> None:
    ask = Asked(lambda _, __: "Answer: positive\nConfidence: 80\nRedacted question: A [REDACTED] plot")
    template = plugins.template("redact")
    asked = await inquiry(ask, template=template)
    ask.requests.clear()
    found = await occlusion_asked(ask, asked, floor=1)

    assert {request.turn for request in ask.requests} == {0}
    assert found.n_forward == 9 + 1


async def test_two_words_that_would_each_do_share_by_shapley() -> None:
    """The tree says negative of any bad word: without one of two nothing flips; v is 1, 1, 1 and 0, a half for each."""
    item = Item("q", "dull slow", ("negative",), choices=REVIEW.choices)
    alone = await occlusion_asked(TREE, await inquiry(TREE, item))
    shared = await shapley_asked(TREE, await inquiry(TREE, item), exact=True)

    assert (by_text(alone)["dull"].also["flip"], by_text(alone)["slow"].also["flip"]) == (0.0, 0.0)
    assert scores(shared) == {"dull": 0.5, "slow": 0.5, "negative": None, "positive": None, "<template>": None}
    assert shared.checks == {"value": 1.0, "without_units": 0.0, "efficiency": 0.0}
    assert (shared.n_forward, shared.mode, shared.status) == (3, "exact", "ok")


async def test_drawn_orders_give_each_word_its_logit() -> None:
    """In the bag a word adds its weight in every order, so the error is 0; 0.2 is what is there without any."""
    found = await shapley_asked(BAG, await inquiry(BAG), target="margin")

    assert {text: scores(found)[text] for text in ("superb", "dull", "plot", "<punctuation>")} == pytest.approx(
        {"superb": 2.4, "dull": -1.7, "plot": 0.0, "<punctuation>": 0.0}, abs=1e-9
    )
    assert by_text(found)["superb"].error == pytest.approx(0.0, abs=1e-9)
    assert found.checks["without_units"] == pytest.approx(0.2)
    assert found.checks["efficiency"] == pytest.approx(0.0, abs=1e-9)
    assert (found.mode, found.seed, found.status) == ("4 permutations", 0, "ok")
    assert found.n_forward <= 4 * 6 + 2


async def test_a_set_that_cannot_be_read_has_no_value() -> None:
    """Nothing is put in its place: from all sets there are no shares, from orders those that can be had."""

    def reply(question: str, _: Request) -> str:
        return f"Answer: {'positive' if 'superb' in question else 'negative'}\nConfidence: 80" if question else ""

    ask, item = Asked(reply), Item("q", "superb plot", ("positive",), choices=REVIEW.choices)
    exact = await shapley_asked(ask, await inquiry(ask, item), exact=True)
    drawn = await shapley_asked(ask, await inquiry(ask, item), exact=False)

    assert (exact.status, scores(exact)["superb"], exact.checks["unread"]) == ("incomplete", None, "no_answer 1")
    assert (drawn.status, scores(drawn)["superb"], scores(drawn)["plot"]) == ("ok", 1.0, 0.0)
    assert "efficiency" not in drawn.checks


UNIT = Unit("word", "question", ((0, 4),), ())


@pytest.mark.parametrize("n", [2, 3, 5, 12, 30])
def test_confidence_never_outweighs_a_flip(n: int) -> None:
    """The two closest rates that n askings can give: 1 of n, and 1 of n − 1 where one reply cannot be read."""

    def scored(n_read: int, sure: float) -> ScoredUnit:
        seen = [Seen("ok", same=place > 0, confidence=sure) for place in range(n_read)]
        return scored_unit(UNIT, [*seen, *[Seen("declined")] * (n - n_read)], Base(0, 5, [0.5]), "flip")

    lower, higher = scored(n, 0.0), scored(n - 1, 1.0)

    assert lower.also["flip"] == pytest.approx(1 / n)
    assert higher.also["flip"] == pytest.approx(1 / (n - 1))
    assert lower.score is not None
    assert higher.score is not None
    assert higher.score > lower.score


@pytest.mark.parametrize("witness", plugins.asking_witnesses().values(), ids=lambda each: each.facts.name)
async def test_every_asking_witness_says_what_it_is(witness: AskingWitness) -> None:
    """Its cost before it is called is what it then spends: six words, without options and punctuation."""
    facts, item = witness.facts, Item("q", "A dull plot but superb actors", ("positive",))
    asked = await inquiry(TREE, item)
    found = await witness(TREE, asked)

    assert facts.needs == "provider"
    assert facts.family == "perturbation"
    assert facts.question.endswith("?")
    assert facts.source
    assert found.target == facts.targets[0] == "flip"
    assert found.n_forward <= facts.cost(6, 0).forward
    assert found.status == "ok"
    assert plugins.asking_witness(found.witness) is witness
    with pytest.raises(InputError, match="cannot explain `prob`"):
        await witness(TREE, asked, target="prob")
    nothing: Reading[str] = Reading(None, "declined")
    unread = asked._replace(record=replace(asked.record, report=replace(asked.record.report, answer=nothing)))
    with pytest.raises(InputError, match="no answer to explain: declined"):
        await witness(TREE, unread)


async def test_settings_that_make_no_sense_are_refused() -> None:
    asked = await inquiry(BAG)
    with pytest.raises(InputError, match="at least 1"):
        await occlusion_asked(BAG, asked, repeats=0)
    with pytest.raises(InputError, match="needs all of them"):
        await shapley_asked(BAG, asked, "option", target="margin")
    with pytest.raises(InputError, match="`replace` needs other texts"):
        await occlusion_asked(BAG, asked, baseline="replace")
