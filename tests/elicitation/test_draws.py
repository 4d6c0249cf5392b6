"""Several draws: who wins, with what share, what ties and unread draws do, and that their order decides nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asked import SUM, asked, template, with_tokens
from selfexplain.elicitation.clusters import clusters
from selfexplain.errors import InputError
from selfexplain.records import Item, Request, Response

FIVE = template("self-consistency", draws=5)
WEIGHTED = template("average-confidence", draws=5)
MEANINGS = template("semantic-entropy", draws=5)
JUDGED = template("semantic-entropy-entailment", draws=3)
SURVEY = Item("tea", "Tea or coffee?", choices=("tea", "coffee"), grader="option")
RULE = "same-answer@1 by exact@1"


def answers(*texts: str) -> list[str]:
    return [f"Answer: {text}" for text in texts]


def stated(*pairs: tuple[str, int | str]) -> list[str]:
    return [f"Answer: {text}\nConfidence: {confidence}" for text, confidence in pairs]


async def test_the_most_frequent_answer_wins_with_its_share() -> None:
    """Lima three times of five in three spellings, Cusco and Quito once: 0.6."""
    report, sent, status = await asked(FIVE, answers("Cusco", "Lima", "lima.", "Quito", "the LIMA"))
    reading = report.confidence["consistency"]

    assert (report.answer.value, reading.value, reading.notes) == ("Lima", 0.6, (RULE,))
    assert [(one.answer, one.confidence) for one in report.candidates] == [
        ("Cusco", 0.2),
        ("Lima", 0.6),
        ("Quito", 0.2),
    ]
    assert status == {"consistency": "ok"}
    assert report.read_in == {"answer": 1}
    assert [(request.draw, request.temperature, request.seed) for request in sent] == [
        (draw, 1.0, 1 + 1000 * draw) for draw in range(5)
    ]
    assert report.calls == tuple(request.key for request in sent)
    assert report.replies[1][slice(*report.answer.span or ())] == "Lima"


async def test_answers_are_compared_by_the_grader_of_the_item() -> None:
    """1,200 and 600 + 600 = 1200.0 are one number; as texts they are three."""
    report, _, _ = await asked(FIVE, answers("1,200", "1200", "600 + 600 = 1200.0", "120", "1300"), item=SUM)

    assert report.confidence["consistency"].value == 0.6
    assert report.confidence["consistency"].notes == ("same-answer@1 by numeric@2",)


async def test_in_a_survey_draws_are_compared_by_their_category() -> None:
    """`B`, `coffee` and `B) coffee` choose the same; `both` chooses nothing, and is no third `both`."""
    report, _, _ = await asked(FIVE, answers("B", "coffee", "B) coffee", "tea", "A"), item=SURVEY)

    assert report.confidence["consistency"].value == 0.6
    assert report.confidence["consistency"].notes == ("same-answer@1 by option@1",)


async def test_a_tie_is_settled_by_one_reply_at_temperature_0() -> None:
    """Two against two: Cusco was first, and the greedy reply says Lima."""
    report, sent, _ = await asked(FIVE, answers("Cusco", "Lima", "Cusco", "Lima", "Quito", "lima"))

    assert [(request.draw, request.temperature) for request in sent][4:] == [(4, 1.0), (5, 0.0)]
    assert report.answer.value == "Lima"
    assert report.confidence["consistency"].value == 0.4
    assert report.confidence["consistency"].notes == (RULE, "tie of 2, settled at temperature 0")
    assert len(report.calls) == 6


@pytest.mark.parametrize(
    "greedy", ["Answer: Quito", "Answer: Bogotá", Response("failed")], ids=["third", "new", "none"]
)
async def test_a_tie_that_the_greedy_reply_does_not_settle_goes_to_the_first_seen(greedy: str | Response) -> None:
    report, _, _ = await asked(FIVE, [*answers("Cusco", "Lima", "Cusco", "Lima", "Quito"), greedy])

    assert report.answer.value == "Cusco"
    assert report.confidence["consistency"].notes == (RULE, "tie of 2, settled by the first seen")


async def test_unread_draws_count_neither_above_nor_below_the_line() -> None:
    """Three of five read, two of them Lima: 2/3, not 2/5."""
    report, _, status = await asked(FIVE, ["Answer: Lima", "Two\nlines", "Answer: lima", "", "Answer: Cusco"])

    assert report.confidence["consistency"].value == pytest.approx(2 / 3)
    assert report.confidence["consistency"].notes == (RULE, "n_valid 3 of 5")
    assert status["consistency"] == "ok"


@pytest.mark.parametrize(
    ("unread", "why", "status"),
    [
        (Response("completed", "Answer: I don't know"), "declined", "declined"),
        (Response("truncated", "Answer: Li"), "truncated", "truncated"),
        (Response("failed"), "absent", "failed"),
        (Response("completed", "Two\nlines"), "absent", "no_answer"),
    ],
    ids=["declined", "cut", "failed", "talk"],
)
async def test_with_fewer_than_half_there_is_no_answer_and_the_usual_reason(
    unread: Response, why: str, status: str
) -> None:
    """Two of five are fewer than three. No share of two is passed off as one of five."""
    report, _, statuses = await asked(FIVE, ["Answer: Lima", unread, unread, "Answer: Lima", unread])

    assert (report.answer.value, report.answer.why, report.answer.detail) == (None, why, "2 of 5 draws were read")
    assert report.confidence["consistency"].value is None
    assert statuses == {"consistency": status}
    assert len(report.calls) == 5


def test_one_draw_is_refused() -> None:
    """One reply agrees with itself."""
    import asyncio

    with pytest.raises(InputError, match="draws one reply"):
        asyncio.run(asked(template("self-consistency", draws=1), answers("Lima")))


async def test_repeats_do_not_share_a_draw() -> None:
    """Another repeat has other keys and other seeds."""
    _, first, _ = await asked(FIVE, lambda _: "Answer: Lima")
    _, second, _ = await asked(FIVE, lambda _: "Answer: Lima", repeat=1)

    assert not {request.key for request in first} & {request.key for request in second}
    assert not {request.seed for request in first} & {request.seed for request in second}


@settings(deadline=None)
@given(said=st.lists(st.sampled_from(["Lima", "lima", "Cusco", "Quito"]), min_size=5, max_size=5), data=st.data())
async def test_the_order_of_draws_decides_nothing(said: list[str], data: st.DataObject) -> None:
    """The confidence is k/5 and the same in any order; so is the answer where there is no tie."""
    other = data.draw(st.permutations(said))
    one, two = [(await asked(FIVE, [*answers(*each), "Answer: Quito"]))[0] for each in (said, other)]
    confidence = one.confidence["consistency"].value

    assert confidence == two.confidence["consistency"].value
    assert confidence in {k / 5 for k in range(1, 6)}
    assert (one.answer.value or "").casefold() == (two.answer.value or "").casefold() or any(
        "first seen" in note for note in one.confidence["consistency"].notes
    )


@given(st.permutations(range(4)))
def test_a_chain_of_equal_answers_is_one_cluster_in_any_order(order: list[int]) -> None:
    """0 – 1 – 2 are neighbours, 9 is none: {0, 1, 2} and {9}, also when 1 comes last and joins what stood apart."""
    numbers = [(0, 1, 2, 9)[place] for place in order]
    found = clusters([str(n) for n in numbers], lambda a, b: abs(int(a) - int(b)) <= 1)

    assert {frozenset(numbers[place] for place in group) for group in found} == {frozenset({0, 1, 2}), frozenset({9})}
    assert [group[0] for group in found] == sorted(group[0] for group in found)


# --- average confidence --------------------------------------------------------------------------------------------


async def test_draws_weigh_what_they_state() -> None:
    """Lima 90 + 60, Cusco 30 + 20 + 50: 150 of 250, although Cusco was said more often. Mean of Lima: 75."""
    pairs = stated(("Cusco", 30), ("Lima", 90), ("Cusco", 20), ("lima", 60), ("Cusco", 50))
    report, _, status = await asked(WEIGHTED, pairs)

    assert report.answer.value == "Lima"
    assert report.confidence["consistency"].value == 0.6
    assert report.confidence["stated"].value == 0.75
    assert report.confidence["stated"].notes == (RULE, "consistency 0.4")
    assert [(one.answer, one.confidence) for one in report.candidates] == [("Cusco", 0.4), ("Lima", 0.6)]
    assert status == {"consistency": "ok", "stated": "ok"}


async def test_where_every_confidence_is_0_there_is_nothing_to_divide_by() -> None:
    """0/0 is missing, never 0; the most frequent answer stands, with the mean that it states: 0."""
    pairs = stated(("Cusco", 0), ("Lima", 0), ("Lima", 0), ("Lima", 0), ("Cusco", 0))
    report, _, status = await asked(WEIGHTED, pairs)

    assert report.answer.value == "Lima"
    assert (report.confidence["consistency"].value, report.confidence["consistency"].detail) == (
        None,
        "every stated confidence is 0",
    )
    assert report.confidence["stated"].value == 0.0
    assert status == {"consistency": "no_confidence", "stated": "ok"}


async def test_a_draw_without_a_confidence_weighs_nothing_and_is_told() -> None:
    """Lima 80 and an unreadable one, Cusco 20 and 20: 80 of 120; the mean of Lima is over one draw."""
    pairs = stated(("Lima", 80), ("Lima", "high"), ("Cusco", 20), ("Cusco", 20), ("Cusco", "80-90"))
    report, _, _ = await asked(WEIGHTED, pairs)

    assert report.answer.value == "Lima"
    assert report.confidence["consistency"].value == pytest.approx(80 / 120)
    assert report.confidence["consistency"].notes == (RULE, "n_valid 3 of 5", "consistency 0.4")
    assert report.confidence["stated"].value == 0.8


async def test_with_too_few_confidences_the_answer_stands_and_has_none() -> None:
    """Two of five confidences: the answers were read all the same."""
    pairs = stated(("Lima", 80), ("Lima", "high"), ("Cusco", 90), ("Lima", "x"), ("Cusco", "sure"))
    report, _, status = await asked(WEIGHTED, pairs)

    assert report.answer.value == "Lima"
    assert status == {"consistency": "no_confidence", "stated": "no_confidence"}
    assert report.confidence["stated"].detail == "2 of 5 draws were read"


# --- semantic entropy ----------------------------------------------------------------------------------------------


async def test_semantic_entropy_counts_meanings() -> None:
    """Four and one of five: H = −0.8 ln 0.8 − 0.2 ln 0.2 = 0.5004; 1 − H / ln 5 = 0.6891."""
    report, _, status = await asked(MEANINGS, answers("Lima", "lima", "Lima", "Cusco", "Lima"))
    reading = report.confidence["entropy"]

    assert reading.value == pytest.approx(1 - 0.5004024235 / math.log(5))
    assert reading.notes == (RULE, "meanings 2", "entropy 0.5004")
    assert report.confidence["consistency"].value == 0.8
    assert report.confidence["weighted_entropy"].detail == "no token probabilities"
    assert status == {"consistency": "ok", "entropy": "ok", "weighted_entropy": "no_confidence"}


@pytest.mark.parametrize(("texts", "value"), [(["Lima"] * 5, 1.0), (["a1", "b2", "c3", "d4", "e5", "a1"], 0.0)])
async def test_its_ends_are_one_meaning_and_five(texts: list[str], value: float) -> None:
    report, _, _ = await asked(MEANINGS, answers(*texts))

    assert report.confidence["entropy"].value == value


async def test_an_unread_draw_does_not_move_the_scale() -> None:
    """Entropies of all Items are compared: ln 5 below the line, also where four of five were read."""
    report, _, _ = await asked(MEANINGS, [*answers("Lima", "Cusco", "Lima", "Cusco"), "", "Answer: Lima"])

    assert report.confidence["entropy"].value == pytest.approx(1 - math.log(2) / math.log(5))


async def test_weights_are_the_mean_log_probabilities_of_the_answers_tokens() -> None:
    """Lima 0.5 · 0.5 in two tokens counts exp(mean) = 0.5, Cusco 0.1 in one 0.1, twice each: p = 5/6 and 1/6."""
    lima = with_tokens(("Answer: ", 0.9), ("Li", 0.5), ("ma", 0.5))
    cusco = with_tokens(("Answer: ", 0.9), ("Cusco", 0.1))
    report, _, _ = await asked(template("semantic-entropy", draws=4), [lima, cusco, lima, cusco, "Answer: Lima"])
    entropy = -(5 / 6) * math.log(5 / 6) - (1 / 6) * math.log(1 / 6)

    assert report.confidence["weighted_entropy"].value == pytest.approx(1 - entropy / math.log(4))
    assert report.confidence["entropy"].value == pytest.approx(0.5)  # ln 2 / ln 4


def judged(verdicts: dict[tuple[str, str], str], said: list[str]) -> object:
    """Return who says these answers, and judges pairs of them."""

    def say(request: Request) -> str:
        if request.role != "entailment":
            return f"Answer: {said[request.draw]}"
        text = request.messages[-1].content
        pair = (text.split("First answer: ")[1].split("\n")[0], text.split("Second answer: ")[1].split("\n")[0])
        return verdicts[pair]

    return say


async def test_answers_that_follow_from_each_other_mean_the_same() -> None:
    """Lima and `the city of Lima` both ways; Cusco follows from none. Meanings {0, 1} and {2}."""
    say = judged(
        {
            ("Lima", "the city of Lima"): "A",
            ("the city of Lima", "Lima"): "A) Yes",
            ("Lima", "Cusco"): "B",
        },
        ["Lima", "the city of Lima", "Cusco"],
    )
    report, sent, _ = await asked(JUDGED, say)  # type: ignore[arg-type]
    judging = [request for request in sent if request.role]

    assert report.confidence["consistency"].value == pytest.approx(2 / 3)
    assert report.confidence["entropy"].notes[:2] == (RULE, "entailment asked 3")
    assert [(request.role, request.turn, request.temperature, request.draw) for request in judging] == [
        ("entailment", 1, 0.0, draw) for draw in range(3)
    ]
    assert set(report.calls) == {request.key for request in sent}


async def test_one_direction_is_not_enough_and_an_unread_verdict_joins_nothing() -> None:
    """Lima → Peru's Lima, not back; the judge mumbles about Cusco."""
    say = judged(
        {
            ("Lima", "a town"): "Yes",
            ("a town", "Lima"): "No",
            ("Lima", "Cusco"): "Hmm, well",
            ("a town", "Cusco"): "B",
        },
        ["Lima", "a town", "Cusco", "Lima"],
    )
    report, _, _ = await asked(JUDGED, say)  # type: ignore[arg-type]

    assert report.confidence["entropy"].value == 0.0
    assert report.confidence["entropy"].notes == (
        RULE,
        "entailment asked 4",
        "entailment unread 1",
        "meanings 3",
        "entropy 1.099",
    )


async def test_equal_answers_are_not_put_to_the_judge() -> None:
    """Three times Lima: nothing to ask."""
    _, sent, _ = await asked(JUDGED, judged({}, ["Lima", "lima", "Lima."]))  # type: ignore[arg-type]

    assert len(sent) == 3


async def test_a_judge_that_fails_takes_the_numbers_and_leaves_the_answer() -> None:
    """What means the same is unknown, so every share is."""

    def say(request: Request) -> str | Response:
        return Response("failed") if request.role else f"Answer: {['Lima', 'Cusco', 'Lima'][request.draw]}"

    report, _, status = await asked(JUDGED, say)

    assert report.answer.value == "Lima"
    assert set(status.values()) == {"no_confidence"}
    assert report.confidence["entropy"].detail == "a judgement of entailment failed"


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_certainty_falls_with_every_split(sizes: list[int]) -> None:
    """Splitting any meaning of several draws in two never makes the model look surer."""
    from selfexplain.elicitation.semantic_entropy import certainty

    draws = max(2, sum(sizes))
    whole = certainty(sizes, draws, ()).value or 0.0
    for place, size in enumerate(sizes):
        if size > 1:
            split = [*sizes[:place], 1, size - 1, *sizes[place + 1 :]]
            assert (certainty(split, draws, ()).value or 0.0) < whole + 1e-9
