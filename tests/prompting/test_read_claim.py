"""Claims in replies: the forms that models give them, and the reasons why there is none."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.claims import CLAIM_KINDS, Claim, ClaimKind
from selfexplain.prompting.read_claim import LABELS, read_claim, read_target
from selfexplain.prompting.turns import Field

PERU = "What is the capital of Peru?"


def read(reply: str, kind: ClaimKind = "words", question: str = PERU) -> list[str] | str:
    """Return the units of a claim as they are written, or the reason why there is none."""
    reading = read_claim(reply, kind, question=question)
    if reading.value is None:
        return reading.detail or reading.why
    return [unit.text for unit in reading.value.units]


def claim_in(reply: str, kind: ClaimKind, question: str = PERU, **more: str) -> Claim:
    claim = read_claim(reply, kind, question=question, **more).value  # type: ignore[arg-type]
    assert claim is not None
    return claim


def test_every_kind_of_claim_can_be_elicited_and_has_labels() -> None:
    """A kind that no template can name, or that no label announces, would never be read."""
    assert set(CLAIM_KINDS) <= set(get_args(Field))
    assert LABELS.keys() == set(CLAIM_KINDS)


@pytest.mark.parametrize(
    "reply",
    [
        "Words: capital, Peru",
        "Answer: Lima\nWords: capital, Peru\nConfidence: 90",
        "**Important words:** capital; Peru",
        "Words: capital and Peru".replace(" and ", ", and "),
        "Key words: 1. capital, 2. Peru",
        "Words:\n1. capital\n2. Peru\nThese two say what is asked, and where.",
        "Words:\n- **capital**\n- **Peru**\n\nConfidence: 90",
        "Words:\n* capital - the thing that is asked for\n* Peru (a country)",
        "Words:\ncapital\nPeru\n\nBecause: I chose them.",
        "Words: capital | Peru",
        "Words: **capital**, `Peru`",
        '{"answer": "Lima", "words": ["capital", "Peru"], "confidence": 90}',
        '```json\n{"words": [{"word": "capital", "rank": 1}, {"word": "Peru", "rank": 2}]}\n```',
        'Words: ["capital", "Peru"]',
        "<think>Words: Lima?</think>Words: capital, Peru",
        "Words: capital, Peru\nWords: capital, Peru",
        "重要词：capital、Peru",
        "<words>capital, Peru</words>",
    ],
)
def test_a_list_is_read_however_it_is_dressed(reply: str) -> None:
    assert read(reply) == ["capital", "Peru"]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Lima.", "absent"),
        ("", "truncated"),
        ("Words: none", "declined"),
        ("Words: N/A\nConfidence: 90", "declined"),
        ("Words: I don't know", "declined"),
        ("Words: [word 1], [word 2], [word 3]", "template_echo"),
        ("Words: capital, Peru\nWords: Lima", "conflict"),
        ("<think>Words: capital", "truncated"),
        ('{"words": ["capital", "Pe', "truncated"),
        ("Words:", "truncated"),
    ],
)
def test_what_is_no_claim_says_why(reply: str, why: str) -> None:
    assert read(reply) == why


def test_a_claim_at_the_end_of_a_reply_that_was_cut_is_not_whole() -> None:
    """One with something after it is."""
    assert read_claim("Words: capital, Pe", "words", question=PERU, finish="truncated").why == "truncated"
    assert read_claim("Words: capital, Peru\nConfidence: 9", "words", question=PERU, finish="truncated").why == "read"


def test_of_two_statements_that_say_the_same_the_last_one_is_shown() -> None:
    reply = "Words: capital, Peru\nAnswer: Lima\nWords: capital; Peru\n"
    found = read_claim(reply, "words", question="What is the capital of Peru?")

    assert found.why == "read"
    assert found.span is not None
    assert reply[slice(*found.span)] == "capital; Peru"


def test_another_number_of_words_than_was_asked_for_is_noted() -> None:
    for reply, notes in (("Words: capital, Peru, of", ()), ("Words: capital", ("wrong_count",))):
        claim = read_claim(reply, "words", question=PERU, asked=3).value
        assert claim is not None
        assert claim.notes == notes


@pytest.mark.parametrize(
    ("row", "word", "score", "notes"),
    [
        ("capital 0.9", "capital", 0.9, ()),
        ("capital: -0.9", "capital", -0.9, ()),
        ("capital = −1", "capital", -1.0, ()),
        ("- capital: .5", "capital", 0.5, ()),
        ("| capital | 0.25 |", "capital", 0.25, ()),
        ("1. capital (0.5)", "capital", 0.5, ()),
        ('"capital": 0.5,'.rstrip(","), '"capital"', 0.5, ("quotes_stripped",)),
        ("**capital**: 0.5", "capital", 0.5, ()),
        ("capital", "capital", None, ("no_score",)),
        ("capital - 0.3", "capital", None, ("no_score",)),
        ("capital-0.3", "capital", None, ("no_score",)),
        ("capital – 0.3", "capital", None, ("no_score",)),
        ("capital — 0.3", "capital", 0.3, ()),
        ("CO2", "CO2", None, ("no_score",)),
        ("capital 1.5", "capital", None, ("score_out_of_range",)),
        ("capital 80%", "capital", None, ("score_out_of_range",)),
        ("capital high", "capital high", None, ("no_score",)),
    ],
)
def test_scores_are_read_or_noted_and_never_guessed(
    row: str, word: str, score: float | None, notes: tuple[str, ...]
) -> None:
    """A dash before a number may be a minus: then it is no score."""
    (unit,) = claim_in(f"Scores:\n{row}\nAnswer: Lima", "word_scores").units

    assert (unit.text, unit.score, unit.rank) == (word, score, None)
    assert set(unit.notes) == set(notes)


def test_numbers_and_signs_of_a_sum_are_words_like_others() -> None:
    claim = claim_in("Scores:\nWhat 0\nis 0\n8 0.9\n+ 0.4\n7 0.8", "word_scores", "What is 8 + 7?")

    assert [(unit.text, unit.score, unit.place) for unit in claim.units][2:] == [
        ("8", 0.9, "placed"),
        ("+", 0.4, "placed"),
        ("7", 0.8, "placed"),
    ]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('Quotes: "the capital", "Peru"', ['"the capital"', '"Peru"']),
        ("Quotes: “the capital” and “Peru”.", ["“the capital”", "“Peru”"]),
        ("Quotes: 'the capital', 'Peru's'".replace("'s'", "'"), ["'the capital'", "'Peru'"]),
        ("Quotes: the capital; Peru", ["the capital", "Peru"]),
        ("引用：“首都”、「秘鲁」", ["“首都”", "「秘鲁」"]),
        ('{"quotes": ["the capital", "of Peru"]}', ["the capital", "of Peru"]),
    ],
)
def test_quotes_are_what_stands_in_quotation_marks(reply: str, found: list[str]) -> None:
    assert read(reply, "quotes") == found


@pytest.mark.parametrize(
    "reply",
    [
        "Steps:\n1. Peru is asked for.\n2. Lima is its seat.\nAnswer: Lima",
        "Steps: 1. Peru is asked for. 2. Lima is its seat.\nAnswer: Lima",
        "Step 1: Peru is asked for.\nStep 2: Lima is its seat.\nAnswer: Lima",
        "步骤：\n第一步：Peru is asked for.\n第二步：Lima is its seat.\n答案：Lima",
    ],
)
def test_steps_are_lines_or_numbers_and_no_part_of_the_question(reply: str) -> None:
    claim = claim_in(reply, "steps")

    assert [unit.text for unit in claim.units] == ["Peru is asked for.", "Lima is its seat."]
    assert {unit.place for unit in claim.units} == {"free_text"}
    assert claim.in_input_rate is None


@pytest.mark.parametrize(
    "reply",
    [
        "Redacted question: What is the [REDACTED] of Peru?",
        'Redacted question: "What is the [REDACTED] of Peru?"',
        "Redacted question:\nWhat is the [REDACTED] of Peru?\nI took out the noun.",
        "What is the [REDACTED] of Peru?",
        '{"redacted_question": "What is the [REDACTED] of Peru?"}',
    ],
)
def test_an_edited_question_has_as_many_lines_as_the_question(reply: str) -> None:
    """What stands behind it is a remark; it is what a later turn shows, word for word."""
    claim = claim_in(reply, "redaction")

    assert [unit.text for unit in claim.units] == ["capital"]
    assert claim.text == "What is the [REDACTED] of Peru?"
    assert claim.notes == (("more_text",) if "noun" in reply else ())


def test_labels_inside_an_edited_question_end_nothing() -> None:
    """A question may itself hold `Answer:`, on a line of its own."""
    question = "Text: it rains.\nAnswer: is it dry?\nConfidence: high?"
    claim = claim_in("Redacted: Text: it [REDACTED].\nAnswer: is it dry?\nConfidence: high?", "redaction", question)

    assert [unit.text for unit in claim.units] == ["rains"]


def test_a_sentence_without_label_is_no_edited_question() -> None:
    """A model that answers once more instead of editing has made no counterfactual."""
    assert read("The capital of Peru is Lima.", "counterfactual") == "absent"
    assert read("The capital of Peru is Lima.", "redaction") == "absent"


def test_a_counterfactual_knows_what_it_aims_at() -> None:
    reply = "Other answer: Santiago\nEdited question: What is the capital of Chile, Santiago?"

    assert read_target(reply).value == "Santiago"
    assert claim_in(reply, "counterfactual", target="Santiago").notes == ("label_leaked",)
    assert read_target("Edited question: What?").why == "absent"


@given(st.text(max_size=200), st.sampled_from(CLAIM_KINDS), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_reply_is_read_without_an_error(text: str, kind: ClaimKind, question: str) -> None:
    """Alone and behind its label; a Reading without a value has a reason, its span lies in the reply."""
    for reply in (text, f"{LABELS[kind][0]}: {text}"):
        reading = read_claim(reply, kind, question=question)

        assert (reading.value is None) == (reading.why != "read")
        if reading.span is not None:
            assert 0 <= reading.span[0] <= reading.span[1] <= len(reply)
        for unit in reading.value.units if reading.value else ():
            assert all(0 <= start <= stop <= len(question) for start, stop in unit.spans)


PIECES = st.sampled_from(
    ["Words: ", "Scores:\n", "a", ", ", "\n", '"', "“", "[", "]", "{", "}", ":", "0.5", "- ", "1. ", "|", "**", "Peru"]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(CLAIM_KINDS))
@settings(deadline=None)  # the first reply of each kind pays for its patterns
def test_pieces_of_forms_in_any_order_are_read_without_an_error(text: str, kind: ClaimKind) -> None:
    reading = read_claim(f"{LABELS[kind][0]}: {text}", kind, question=PERU)

    assert (reading.value is None) == (reading.why != "read")
    for unit in reading.value.units if reading.value else ():
        for start, stop in unit.spans:
            assert 0 <= start <= stop <= len(PERU)
            assert kind == "counterfactual" or PERU[start:stop].strip()  # where words were put in, none stood before


BIG = 1_000_000 // 4
HOSTILE = {
    "labels": "{label}: a\n",
    "units": "a, ",
    "lines": "- a\n",
    "quotes": '"',
    "open quotes": "“a ",
    "markers": "[REDACTED] ",
    "blanks": "_ ",
    "brackets": "[",
    "objects": '{{"a":',
    "stars": "*",
    "scores": "a 0.5\n",
    "spaces": " ",
    "breaks": "\n",
    "steps": "Step 1: x\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_long_reply_made_to_be_slow_is_read(name: str) -> None:
    """What grows with the square of the length would take hours."""
    for kind in CLAIM_KINDS:
        label = LABELS[kind][0]
        piece = HOSTILE[name].format(label=label)
        long, short = (
            read_claim(f"{label}: {piece * (length // len(piece))}x", kind, question="a b " * 5_000)
            for length in (BIG // len(CLAIM_KINDS), 4_000)
        )

        assert (long.why, long.detail) == (short.why, short.detail), kind
