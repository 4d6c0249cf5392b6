"""A remark says how sure its speaker is, in a closed vocabulary."""

import pytest

from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.remark import remark


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("I'd say about 80%", 80),
        ("I'm not very confident, maybe 30%", 30),
        ("not 100% sure, but around 80%", 80),
        ("75% - I am fairly confident", 75),
        ("on a scale from 0 to 100, I'd say 85", 85),
        ("满分100，我给95", 95),
        ("18 (very confident)", 18),
    ],
)
def test_the_number_of_a_remark_is_the_confidence(text: str, number: int) -> None:
    said = remark(text, scale="percent")

    assert said is not None
    assert [one.low for one in said] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "I'd say humidity is 80%",
        "I'm not 90% sure",
        "I think it is 50%",
        "I am certain: 50%",
        "I'd say 71% of it",
        "I am 40 and I am sure",
        "maybe 7",
        "我确定是42%",
    ],
)
def test_a_number_that_may_be_the_answer_or_is_denied_makes_no_remark(text: str) -> None:
    assert not remark(text, scale="percent")


def test_in_passing_a_remark_must_name_the_sureness() -> None:
    """Beside other sentences "I'd say 70%" may answer the question."""
    assert read_confidence("Oceans cover most of it. I'd say 70%.", scale="percent").why == "absent"
    assert read_confidence("It is Lima. I'm fairly confident, say 70%.", scale="percent").value == 0.7


def test_an_estimate_keeps_its_note() -> None:
    assert read_confidence("About 80%, I'd say.", scale="percent").notes == ("approx",)
