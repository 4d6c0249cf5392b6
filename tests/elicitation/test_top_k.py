"""Several guesses: which one is the answer, what duplicates and gaps do, and what is noted of their sum."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asked import asked, template
from selfexplain.errors import InputError
from selfexplain.records import Response

ONE = template("top-4")
TWO = template("top-4-two-turn")
RULE = "same-answer@1 by exact@1"


def guesses(*pairs: tuple[str, float | str]) -> str:
    """Return the lines that the template asks for."""
    return "\n".join(f"Guess {n}: {text}\nProbability {n}: {p}" for n, (text, p) in enumerate(pairs, 1))


async def test_the_likeliest_guess_is_the_answer_wherever_it_stands() -> None:
    """The third of four, at 0.5; all four are kept in their order; 0.9 together is nothing to note."""
    report, sent, status = await asked(ONE, [guesses(("Cusco", 0.2), ("Quito", 0.1), ("Lima", 0.5), ("Ica", 0.1))])
    reading = report.confidence["stated"]

    assert (report.answer.value, reading.value, reading.notes) == ("Lima", 0.5, (RULE,))
    assert report.replies[0][slice(*report.answer.span or ())] == "Lima"
    assert report.replies[0][slice(*reading.span or ())] == "0.5"
    assert [one.confidence for one in report.candidates] == [0.2, 0.1, 0.5, 0.1]
    assert (len(sent), status) == (1, {"stated": "ok"})


async def test_of_equally_likely_guesses_the_earlier_is_the_answer() -> None:
    report, _, _ = await asked(ONE, [guesses(("Cusco", 0.1), ("Lima", 0.4), ("Quito", 0.4), ("Ica", 0.1))])

    assert report.answer.value == "Lima"


async def test_duplicates_are_one_guess_with_the_larger_probability() -> None:
    """Lima 0.3 and LIMA 0.5 are 0.5, not 0.8; the sum is that of the different guesses, 0.9."""
    report, _, _ = await asked(ONE, [guesses(("Lima", 0.3), ("Cusco", 0.4), ("LIMA", 0.5), ("lima.", 0.2))])

    assert report.answer.value == "Lima"
    assert report.confidence["stated"].value == 0.5
    assert report.confidence["stated"].notes == ("k_eff 2 of 4", RULE)
    assert [(one.answer, one.confidence) for one in report.candidates] == [("Lima", 0.5), ("Cusco", 0.4)]


@pytest.mark.parametrize(("last", "noted"), [(0.25, ()), (0.26, ("sum 1.06",))])
async def test_a_sum_above_1_05_is_noted_and_nothing_is_renormalised(last: float, noted: tuple[str, ...]) -> None:
    """0.4 + 0.3 + 0.1 + 0.25 = 1.05 is rounding; 1.06 is not. The answer has 0.4 both times."""
    report, _, _ = await asked(ONE, [guesses(("Lima", 0.4), ("Cusco", 0.3), ("Ica", 0.1), ("Puno", last))])

    assert report.confidence["stated"].value == 0.4
    assert report.confidence["stated"].notes == (*noted, RULE)


async def test_one_probability_for_all_is_noted() -> None:
    report, _, _ = await asked(ONE, [guesses(("Lima", 0.25), ("Cusco", 0.25), ("Ica", 0.25), ("Puno", 0.25))])

    assert report.confidence["stated"].notes == ("one probability for all", RULE)


async def test_what_can_be_read_of_fewer_guesses_counts() -> None:
    """Two guesses, the second without a number: it cannot be the likeliest."""
    report, _, status = await asked(ONE, ["Guess 1: Lima\nProbability 1: 0.2\nGuess 2: Cusco\nProbability 2: high"])

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.2)
    assert report.confidence["stated"].notes == ("k_eff 1 of 4", "no probability for Cusco", RULE)
    assert report.candidates[1].confidence is None
    assert status["stated"] == "ok"


@pytest.mark.parametrize(("first", "why"), [("60-90%", "ambiguous"), ("high", "non_numeric"), ("150%", "out_of_range")])
async def test_where_the_first_guess_has_no_readable_probability_no_other_takes_its_place(first: str, why: str) -> None:
    """Lima at "60 to 90 %" may well be likelier than Cusco at 0.2: it stays the answer, and has no confidence."""
    report, _, status = await asked(ONE, [guesses(("Lima", first), ("Cusco", 0.2), ("Ica", 0.1), ("Puno", 0.1))])

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", None)
    assert report.confidence["stated"].why == why
    assert status == {"stated": "no_confidence" if why == "non_numeric" else why}


UNREADABLE = ["<your guess>", "unknown", "[answer]"]


@pytest.mark.parametrize("first", UNREADABLE)
async def test_no_other_guess_takes_the_place_of_the_likeliest_when_that_cannot_be_read(first: str) -> None:
    """At 0.6 the first is the answer, whatever it says; Cusco at 0.2 is not what the model would have answered."""
    report, _, status = await asked(ONE, [guesses((first, 0.6), ("Cusco", 0.2), ("Ica", 0.1), ("Puno", 0.1))])

    assert report.answer.value is None
    assert report.answer.why in {"template_echo", "declined"}
    assert [one.answer for one in report.candidates] == ["Cusco", "Ica", "Puno"]
    assert status["stated"] in {"no_answer", "declined"}


@pytest.mark.parametrize("first", UNREADABLE)
async def test_an_unreadable_guess_that_is_less_likely_than_another_changes_nothing(first: str) -> None:
    report, _, status = await asked(ONE, [guesses((first, 0.1), ("Cusco", 0.5), ("Ica", 0.2), ("Puno", 0.2))])

    assert (report.answer.value, report.confidence["stated"].value) == ("Cusco", 0.5)
    assert status == {"stated": "ok"}


async def test_an_unreadable_first_guess_without_a_probability_leaves_no_answer() -> None:
    report, _, _ = await asked(ONE, [guesses(("unknown", "high"), ("Cusco", 0.5), ("Ica", 0.2), ("Puno", 0.2))])

    assert (report.answer.value, report.answer.why) == (None, "declined")


async def test_a_reply_that_was_cut_keeps_the_guesses_before_the_cut() -> None:
    """The number at the cut may lack digits, and is not read."""
    cut = Response("truncated", "Guess 1: Lima\nProbability 1: 0.6\nGuess 2: Cusco\nProbability 2: 0.")
    report, _, status = await asked(ONE, [cut])

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.6)
    assert report.candidates[1].confidence is None
    assert status["stated"] == "ok"


async def test_guesses_without_any_probability_leave_the_first_without_confidence() -> None:
    report, _, status = await asked(ONE, ["Guess 1: Lima\nGuess 2: Cusco"])

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", None)
    assert status == {"stated": "no_confidence"}


async def test_a_reply_in_another_form_has_no_answer() -> None:
    report, _, status = await asked(ONE, ["I would say Lima, at 80%."])

    assert report.answer.why == "absent"
    assert status == {"stated": "no_answer"}


async def test_in_two_turns_the_probabilities_stand_in_the_second_reply() -> None:
    """The second turn sees the first; the answer is read from reply 0, the confidence from reply 1."""
    first = "Guess 1: Cusco\nGuess 2: Lima\nGuess 3: Ica\nGuess 4: Puno"
    second = "Probability 1: 0.2\nProbability 2: 70%\nProbability 3: 0.05\nProbability 4: 0.05"
    report, sent, status = await asked(TWO, [first, second])

    assert sent[1].messages[2].content == first
    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", 0.7)
    assert report.read_in == {"confidence": 1}
    assert report.replies[1][slice(*report.confidence["stated"].span or ())] == "70%"
    assert status == {"stated": "ok"}


@pytest.mark.parametrize(("second", "status"), [(Response("refused", "No."), "refused"), ("", "no_confidence")])
async def test_a_lost_second_turn_leaves_the_first_guess(second: str | Response, status: str) -> None:
    report, _, statuses = await asked(TWO, ["Guess 1: Lima\nGuess 2: Ica", second])

    assert (report.answer.value, report.confidence["stated"].value) == ("Lima", None)
    assert statuses == {"stated": status}


async def test_a_template_that_elicits_something_else_is_refused() -> None:
    other = template("answer-confidence", elicitation="top-k")
    with pytest.raises(InputError, match="does not elicit what top-k asks for"):
        await asked(other, ["Answer: Lima"])


@settings(deadline=None)
@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
async def test_the_confidence_is_the_largest_that_was_stated(percent: list[int]) -> None:
    """And the answer its guess: the first of those that have it."""
    towns = ["Lima", "Cusco", "Ica", "Puno"]
    report, _, _ = await asked(ONE, [guesses(*((town, f"{p}%") for town, p in zip(towns, percent, strict=True)))])

    assert report.confidence["stated"].value == max(percent) / 100
    assert report.answer.value == towns[percent.index(max(percent))]
