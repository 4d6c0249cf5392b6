import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.read_answer import read_answer, read_rationale
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.records import Why


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: Paris", "Paris"),
        ("**Answer:** Paris", "Paris"),
        ("**Answer: Paris**", "Paris"),
        ("Answer: **Paris**", "Paris"),
        ("Answer: the **Nile**", "the **Nile**"),
        ("Answer: **Nile** delta", "**Nile** delta"),
        ("Answer: `x = 2*3`", "x = 2*3"),
        ('Answer: "Hamlet"', '"Hamlet"'),
        ("Answer: [1, 2, 3]", "[1, 2, 3]"),
        ("Answer: [Option B]", "[Option B]"),
        ("Answer: <div>", "<div>"),
        ("Answer: Na", "Na"),
        ("Answer: Unknown Pleasures", "Unknown Pleasures"),
        ("Answer: None of the above", "None of the above"),
        ("Answer: I don't know, but probably Paris", "I don't know, but probably Paris"),
        ("Answer: ８０", "８０"),
        ("Answer:\n\nParis", "Paris"),
        ("The answer is: Paris", "Paris"),
        ("Guess: Paris\nProbability: 0.8", "Paris"),
        ("答案：巴黎\n置信度：80%", "巴黎"),
        ("回答: パリ", "パリ"),
        ("Answer: Paris (Confidence: 80%)", "Paris"),
        ("Answer: Paris, Confidence: 80%", "Paris"),
        ("Answer: Paris (80% confident)", "Paris"),
        ("Answer: Paris; confidence 80%", "Paris"),
        ("Confidence: 80%, Answer: Paris", "Paris"),
        ("Answer: 80%", "80%"),
        ("Answer: Lyon\nFinal answer: Paris", "Paris"),
        ("Answer: paris.\nAnswer: Paris", "Paris"),
        ("Answer: <answer>\nAnswer: Paris", "Paris"),
        ("<answer>Paris</answer>", "Paris"),
        ("<think>Answer: Rome</think>Answer: Paris", "Paris"),
        ('{"answer": "Paris", "confidence": 80}', "Paris"),
        ('{"confidence": 80, "answer": 42}', "42"),
        ("Paris", "Paris"),
        ("  Paris.\n", "Paris."),
        ("42", "42"),
        ("Paris (Confidence: 80%)", "Paris"),
    ],
)
def test_the_answer_is_exactly_the_raw_text_of_its_span(text: str, answer: str) -> None:
    reading = read_answer(text)

    assert (reading.value, reading.why) == (answer, "read")
    assert reading.span is not None
    assert text[slice(*reading.span)] == answer


def test_json_escapes_are_decoded_and_the_span_covers_what_was_written() -> None:
    text = r'{"answer": "S\u00e3o \"Paulo\""}'
    reading = read_answer(text)

    assert reading.value == 'São "Paulo"'
    assert reading.span is not None
    assert text[slice(*reading.span)] == r"S\u00e3o \"Paulo\""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "truncated"),
        ("<think>Paris", "truncated"),
        ('{"answer": "Par', "truncated"),
        ("Answer:", "truncated"),
        ("<answer>Par", "truncated"),
        ("Answer:\nConfidence: 80%", "absent"),
        ("Paris is big.\nIt lies in France.", "absent"),
        ("Confidence: 80%", "absent"),
        ('{"confidence": 80}', "absent"),
        ("<answer>\nDECISION: ANSWER\nPROBABILITY_YES: 70\n</answer>", "absent"),
        ("Answer: I don't know", "declined"),
        ("Answer: I don't know who painted it.", "declined"),
        ("I don't know.", "declined"),
        ("Answer: N/A", "declined"),
        ("Answer: NA", "declined"),
        ("Answer: unknown", "declined"),
        ("答案：不知道", "declined"),
        ("答え：わかりません", "declined"),
        ('{"answer": null}', "declined"),
        ("Answer: <answer>", "template_echo"),
        ("Answer: [your final answer]", "template_echo"),
        ("Answer: [answer] (Confidence: 80%)", "template_echo"),
        ("Answer: ...", "template_echo"),
        ("Answer: Paris\nAnswer: Lyon", "ambiguous"),
    ],
)
def test_no_answer_says_why(text: str, why: Why) -> None:
    reading = read_answer(text)

    assert (reading.value, reading.why) == (None, why)


def test_answer_and_confidence_are_independent() -> None:
    """An abstention with a confidence, an answer without one, and both in one line."""
    assert read_answer("Answer: N/A\nConfidence: 10").why == "declined"
    assert read_confidence("Answer: N/A\nConfidence: 10", scale="percent").value == 0.1
    assert read_answer("Answer: Paris\nConfidence: N/A").value == "Paris"
    assert read_confidence("Answer: Paris (Confidence: 80%)", scale="percent").value == 0.8


def test_an_answer_at_the_cut_is_truncated_and_a_closed_one_is_not() -> None:
    assert read_answer("Answer: Par", finish="truncated").why == "truncated"
    assert read_answer("Par", finish="truncated").why == "truncated"
    assert read_answer("Answer: Paris\nConf", finish="truncated").value == "Paris"
    assert read_answer("Answer: Paris\n", finish="truncated").value == "Paris"


def test_a_given_label_is_the_only_one_that_counts() -> None:
    assert read_answer("DECISION: YES\nAnswer: 3", label="decision").value == "YES"
    assert read_answer("G1: Paris\nP1: 0.8\nG2: Lyon\nP2: 0.1", label="G1").value == "Paris"
    assert read_answer("Paris", label="decision").why == "absent"


@pytest.mark.parametrize("label", ["Because", "Reason", "Why", "Explanation", "**Rationale**", "理由", "解释"])
def test_a_rationale_runs_up_to_the_next_label(label: str) -> None:
    text = f"Answer: Paris\n{label}: It is the seat\n\n- of *government*\n- since 987\nConfidence: 80%"
    reading = read_rationale(text)

    assert reading.value == "It is the seat\n\n- of *government*\n- since 987"
    assert reading.span is not None
    assert text[slice(*reading.span)] == reading.value


def test_a_rationale_does_not_reach_across_removed_reasoning() -> None:
    assert read_rationale("Because: one <think>two</think> three").value == "one"


def test_a_rationale_without_a_label_is_absent_and_a_cut_one_truncated() -> None:
    assert read_rationale("It is the capital.").why == "absent"
    assert read_rationale("Because: it is the cap", finish="truncated").why == "truncated"
    assert read_rationale('{"because": "it is the cap').why == "truncated"


PIECES = st.sampled_from(
    [
        "Answer: ",
        "Because: ",
        "Confidence: ",
        "80%",
        "Paris",
        "\n",
        " ",
        "**",
        "*",
        "`",
        "_",
        "(",
        ")",
        '"',
        "{",
        "}",
        '{"answer": ',
        "<answer>",
        "</answer>",
        "<think>",
        "</think>",
        "N/A",
        "[answer]",
        "\ud800",
        "\u200b",
        "é",
        "答案：",
        "\\n",
        "| ",
        "\r\n",
        "---",
    ]
)
REPLIES = st.text() | st.lists(PIECES, max_size=25).map("".join)


@pytest.mark.parametrize("read", [read_answer, read_rationale])
@settings(deadline=None)  # a loaded machine is no bug
@given(text=REPLIES, finish=st.sampled_from(["completed", "truncated"]))
def test_any_text_has_a_reading_and_its_span_is_its_value(read: type, text: str, finish: str) -> None:
    reading = read(text, finish=finish)

    assert (reading.why == "read") == (reading.value is not None)
    if reading.value is not None:
        raw = text[slice(*reading.span)]
        assert raw == reading.value or "\\" in raw
        assert reading.value == reading.value.strip()
        assert reading.value


@pytest.mark.parametrize(
    "unit", ["9", " ", "%", "(", "{", "- ", "Answer:\n", "confidence: ", "I don't know ", "*", "| "]
)
def test_a_hostile_text_of_200_000_characters_is_read_as_4_000_of_it_are(unit: str) -> None:
    """The same reason where there is no value; where there is one, the longer text gives the longer value."""
    long, short = (unit * (length // len(unit)) for length in (200_000, 4_000))

    for before, after in (("", ""), ("Answer: ", ""), ("Because: ", "\nConfidence: 1")):
        for read in (read_answer, read_rationale):
            whole, part = (read(before + body + after) for body in (long, short))
            assert (whole.why, whole.detail) == (part.why, part.detail), (before, read)
            if whole.value is not None and part.value is not None:
                assert whole.value.startswith(part.value.rstrip())


@pytest.mark.parametrize(
    ("text", "rationale", "confidence"),
    [
        ("答案：利马\n理由：政府在那里。\n置信度：90", "政府在那里。", 0.9),
        ("理由：政府在那里。\n答案：利马\n置信度：90%", "政府在那里。", 0.9),
        ("**理由**：政府\n在那里。\n**答案**：利马\n**把握**：九成", "政府\n在那里。", 0.9),
        ("答案：利马；理由：政府在那里；置信度：90", "政府在那里", 0.9),
        ("Because: the seat is there.\nAnswer: 利马\nConfidence: 90", "the seat is there.", 0.9),
    ],
)
def test_what_the_templates_ask_for_is_read_in_any_order(text: str, rationale: str, confidence: float) -> None:
    """The reason before the answer or after it, in Chinese or English, on lines of their own or on one."""
    assert read_answer(text).value == "利马"
    assert read_rationale(text).value == rationale
    assert read_confidence(text, scale="percent").value == confidence


@pytest.mark.parametrize(
    ("line", "answer", "confidence"),
    [
        ("Answer and Confidence (0-100): Paris, 85%", "Paris", 0.85),
        ("**Answer and Confidence (0-100):** Canberra, Australia, **85%**", "Canberra, Australia", 0.85),
        ("Final Answer and Overall Confidence (0-100): 1,234, 85%", "1,234", 0.85),
        ("答案和置信度（0-100）：巴黎，85%", "巴黎", 0.85),
        ("Answer and Confidence (0-100): 10, 20", "10, 20", None),  # a list, for all one can tell
        ("Answer and Confidence (0-100): 12,85%", "12,85%", None),  # a decimal comma, for all one can tell
        ("Answer and Confidence (0-100): Paris", "Paris", None),
    ],
)
@pytest.mark.parametrize("before", ["", "Explanation: the capital since 987, of 2 million.\n"])
def test_answer_and_confidence_may_share_a_line(before: str, line: str, answer: str, confidence: float | None) -> None:
    assert read_answer(before + line).value == answer
    assert read_confidence(before + line, scale="percent").value == confidence
    assert read_rationale(before + line).value in (None, "the capital since 987, of 2 million.")
