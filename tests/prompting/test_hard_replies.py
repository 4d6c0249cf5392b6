"""Replies written to mislead: each holds a number that is no confidence in the answer, or one that is easy to miss."""

import pytest

from selfexplain.prompting.own_scale import own_scale
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.read_verdict import read_verdict
from selfexplain.prompting.worth import Scale

NOT_SAID_OF_MYSELF = [
    "I'm far from 100% certain.",
    "Nobody can be 100% certain",
    "It is hard to be 100% sure",
    "I wish I could be 100% sure",
    "If I were 100% sure, I would say so",
    "If the source is right, I am 90% sure",
    "Unless you're 100% sure, do not act",
    "Are you 100% sure?",
    "I was 100% sure yesterday, now I doubt",
    "You should be 100% certain before",
    "A confidence of 100 would mean",
    "For example, a confidence of 75 means",
    "My colleague is 90% sure.",
    "She said that I am 90% sure",
    "Experts, 95% confident, agree.",
    'He wrote: "I am 90% sure"',
    "The effect holds with 95% confidence.",
    "The 95% confidence interval is wide.",
    "I am 90% sure that this is wrong",
    "I am 100% confident in my ability to answer.",
    "I have 100% confidence in my own abilities.",
    "I'm 100% sure that I can help you!",
    "I'm fully (100%) confident in my ability to help",
    "I am 100% confident that I understand the question.",
    "I am 90% sure that you will like it.",
    "I am 100% certain that this is a trick question.",
    "I am 100% sure that the question is about Norway",
    "只有九成把握我才回答。",
    "I could be 90% sure",
    "I will be 90% sure tomorrow",
    "I am 90% sure, no, 80% sure.",
    "我有九成把握，不，八成把握",
    "很难有百分之百的把握",
    "如果我有百分之百的把握",
    "我希望有九成把握",
    "专家有九成把握",
    "我没有九成把握",
    "谁有九成把握？",
    "我有九成把握才怪",
    "我本来有九成把握",
]
THE_ANSWER = [
    "I am sure the answer is 42.",
    "I am certain: 42.",
    "我确定是42",
    "Answer: 7\nI am certain: 7.",
    "Answer: The probability is 1/6.",
    "Answer: 30% chance",
    "There is a 30% chance of rain tomorrow.",
    "The probability of heads is 50%.",
    "I computed it. The probability is 50%.",
    "抛硬币正面的概率是50%。",
    "明天下雨的可能性是30%",
]
DENIED = [
    "5% chance of being wrong",
    "10% likely to be wrong",
    "95% that it is wrong",
    "15% error",
    "20% uncertain",
    "5% margin of error",
    "30% probability that the answer is not Paris",
    "10% doubtful",
    "10% chance that it's Cusco instead",
    "100%? No.",
    "80%?",
    "100% (wrong)",
    "有两成可能是错的",
    "10%的不确定性",
    "三成把握都没有",
]
BOUNDS = [
    *("90% at most", "90% at least", "90% at best", "90 tops", "90% max", "90 minimum", "=>90", "=<90", "90‹"),
    *("八成多", "90%, at most", "90% or better"),
]
OWN_SCALE = [
    "Confidence (1-10): 8",
    "Confidence (0-10): 8",
    "Confidence (1 to 5): 4",
    "Confidence (out of 10): 8",
    "Confidence: 3 (on a scale of 1 to 5)",
    "On a scale from 1 to 10:\nConfidence: 8",
    "Confidence (0-20): 15",
    "Confidence: Level 5 (highest)",
    "Confidence: level 3",
    "Confidence: 9 (very high)",
    "Confidence: 4 stars",
    "Confidence (1=low, 5=high): 4",
    "Confidence: 8 (10 = certain)",
    "Confidence: 8, where 10 is certain",
    "把握：九分",
    "把握（1-10）：8",
    '{"confidence (1-10)": 8}',
]
NO_NUMBER = [
    "A: 70%, B: 30%",
    "A 70%",
    "85‰",
    "9?%",
    "9_%",
    "九成九分",
    "90% of experts agree",
    "90% humidity",
    "85% chance of rain",
    "85% probability of an upset",
]
CONFLICTS = [
    "Confidence: 90\nOn reflection, confidence: 70",
    "Confidence: 90\nRevised confidence: 70",
    "Confidence: 85 … confidence: low",
    "Confidence: 85, certainty: 60",
    "Confidence: 85% right, 25% wrong",
    "| Guess | Confidence |\n|---|---|\n| Lima | 60% |\n| Cusco | 30% |",
    "Confidence: 90%. Wait, that is too high.",
    "Confidence: 90%\nActually, 70%.",
    "Confidence: 90% if A, 70% if B",
    "I am 90% sure. Actually, 70%.",
    "I'm 90% sure. Or rather 70% sure.",
    "置信度：九成\n更正：七成",
]


@pytest.mark.parametrize("text", NOT_SAID_OF_MYSELF)
def test_a_sureness_that_is_denied_wished_asked_or_of_somebody_else_is_none(text: str) -> None:
    assert read_confidence(text, scale="percent").value is None


@pytest.mark.parametrize("text", THE_ANSWER)
def test_the_answer_is_no_confidence(text: str) -> None:
    assert read_confidence(text, scale="percent").value is None


@pytest.mark.parametrize("value", DENIED)
@pytest.mark.parametrize("label", ["Confidence: ", "置信度："])
def test_a_probability_of_being_wrong_is_neither_read_nor_turned_round(label: str, value: str) -> None:
    reading = read_confidence(label + value, scale="percent")

    assert (reading.value, reading.why, reading.detail) == (None, "ambiguous", "denied")


@pytest.mark.parametrize("value", BOUNDS)
def test_a_bound_may_stand_behind_its_number(value: str) -> None:
    reading = read_confidence(f"Confidence: {value}", scale="percent")

    assert (reading.value, reading.why, reading.detail) == (None, "ambiguous", "bound")
    assert (reading.low is None) != (reading.high is None)


@pytest.mark.parametrize("text", OWN_SCALE)
def test_a_number_on_the_replys_own_scale_is_not_taken_for_one_on_ours(text: str) -> None:
    reading = read_confidence(text, scale="percent")

    assert (reading.value, reading.why, reading.detail) == (None, "ambiguous", "scale")


@pytest.mark.parametrize(
    ("text", "scale", "value"),
    [
        ("Confidence (0-100): 15", "percent", 0.15),
        ("Confidence (0-100): 15", "0-20", None),
        ("Confidence (0-20): 15", "0-20", 0.75),
        ("Confidence (1-10): 80%", "percent", 0.8),
        ("Confidence (1-10): 8/10", "percent", 0.8),
        ("Confidence (0-1): 0.8", "probability", 0.8),
        ("Confidence (probability): 0.85", "percent", 0.85),
        ("Confidence: 80 (3 of 4 sources)", "percent", 0.8),
        ("Confidence: 9 (not high)", "percent", 0.09),
        ("把握：九十分", "percent", 0.9),
    ],
)
def test_a_stated_scale_that_is_ours_or_a_unit_is_no_obstacle(text: str, scale: Scale, value: float | None) -> None:
    assert read_confidence(text, scale=scale).value == value


def test_a_scale_is_found_in_the_label_and_a_remark_is_none() -> None:
    assert own_scale("Confidence (1-10):", "8", frozenset()).tops == {10}
    assert own_scale("Confidence:", "80 (70-90)", frozenset()).tops == frozenset()


@pytest.mark.parametrize("value", NO_NUMBER)
def test_what_only_looks_like_a_percentage_is_none(value: str) -> None:
    assert read_confidence(f"Confidence: {value}", scale="percent").why == "non_numeric"


@pytest.mark.parametrize("text", CONFLICTS)
def test_two_statements_that_differ_are_a_conflict(text: str) -> None:
    reading = read_confidence(text, scale="percent")

    assert (reading.value, reading.why, reading.detail) == (None, "ambiguous", "conflict")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: a whole number from 0 to 100\nConfidence: 70", 0.7),
        ("Confidence: <a whole number from 0 to 100>\nConfidence: 70", 0.7),
        ("| Answer | Confidence |\n|---|---|\n| Lima | 85% |", 0.85),
        ("置信度：半成", 0.05),
        ("置信度：近九成", 0.9),
        ("置信度：千分之九百", 0.9),
        ("可信度：95%", 0.95),
        ("confidence 85", 0.85),
        ("Answer: Lima\nconfidence 85", 0.85),
        ("Confidence: 85; 3 sources", 0.85),
        ("Confidence: 85 — 3 sources", 0.85),
        ("Confidence: 85% right, 15% wrong", 0.85),
        ("Confidence: 95%, ±3", 0.95),
        ("85%\nConfidence (probability): 0.85", 0.85),
        ("Confidence: 80% (20% chance of being wrong)", 0.8),
        ("I say Paris with 90% confidence.", 0.9),
        ("Paris (90% sure).", 0.9),
        ("Answer: Paris. I am 95% confident.", 0.95),
        ("There is a 90% chance that this answer is correct.", 0.9),
        ("I could not check it, but I am 90% sure.", 0.9),
        ("I'm 90% confident that I am right.", 0.9),
        ("I'm 90% sure I have the right answer.", 0.9),
        ("I'd give this answer an 80% chance of being correct.", 0.8),
        ("Confidence: 87 on a scale of 0-100", 0.87),
        ("这个答案正确的概率约为百分之八十五。", 0.85),
        ("我只有三成把握。", 0.3),
        ("我对这个答案的把握是九成。", 0.9),
        ("我认为是利马，有九成的把握。", 0.9),
        ("这个答案正确的概率是90%。", 0.9),
    ],
)
def test_a_plain_statement_in_an_unusual_form_is_read(text: str, value: float) -> None:
    assert read_confidence(text, scale="percent").value == value


@pytest.mark.parametrize("text", ["a whole number from 0 to 100", "Confidence: a whole number from 0 to 100"])
def test_the_templates_words_without_brackets_are_an_echo(text: str) -> None:
    assert read_confidence(text, scale="percent").why == "template_echo"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Confidence: likely wrong", "en"),
        ("Confidence: highly likely false", "en"),
        ("Confidence: very good chance it's wrong", "en"),
        ("Confidence: little chance of error", "en"),
        ("Confidence: almost no chance of being wrong", "en"),
        ("Confidence: probably not wrong", "en"),
        ("Confidence: likely? no, unlikely", "en"),
        ("Confidence: almost certain, highly likely, very good chance", "en"),
        ("Confidence: almost certain / likely / unlikely", "en"),
        ("把握：几乎肯定不对", "zh"),
        ("把握：很有可能是错的", "zh"),
        ("把握：几乎肯定、极有可能、很有可能", "zh"),
    ],
)
def test_a_phrase_about_being_wrong_and_an_echo_of_the_list_are_no_number(text: str, language: str) -> None:
    assert read_confidence(text, scale="words", language=language).why == "ambiguous"


def test_it_is_likely_is_likely() -> None:
    assert read_confidence("Confidence: it's likely", scale="words").value == 0.7


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<think>A?</think>B) False because it lacks A", False),
        ("A, since B is a village", True),
        ("B，因为A不对", False),
        ("A) False because B", None),
    ],
)
def test_the_reason_behind_a_verdict_may_name_both_options(text: str, value: bool | None) -> None:  # noqa: FBT001 - the expected value
    assert read_verdict(text).value is value
