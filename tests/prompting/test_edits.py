"""What an edited question took out or changed: by hand, and against slow second implementations."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selfexplain.prompting.edits import (
    differences,
    found_in,
    read_counterfactual,
    read_redaction,
    unique_in_order,
)
from selfexplain.words_in import words_in

PERU = "What is the capital of Peru?"
MARKERS = (
    *("[REDACTED]", "[redacted]", "[ REDACTED ]", "<REDACTED>", "{{REDACTED}}", "(redacted)", "[MASK]", "<mask>"),
    *("████", "█", "___", "_____", "[___]", "[...]", "[…]", "[]", "[X]", "XXXX", "****", "REDACTED", "■■■", "▓▓"),
    *("【已删除】", "【】", "[已遮盖]", "（已隐去）", "[REDACTED_1]", "[REMOVED]", "[BLANK]", "**[REDACTED]**"),
)


def taken_out(edited: str, question: str = PERU) -> list[str] | str:
    reading = read_redaction(edited, question)
    return reading.detail if reading.value is None else [unit.text for unit in reading.value.units]


@pytest.mark.parametrize("marker", MARKERS)
def test_markers_in_every_form_stand_for_words(marker: str) -> None:
    """Alone, beside punctuation, and two in a row."""
    assert taken_out(f"What is the {marker} of Peru?") == ["capital"]
    assert taken_out(f"What is the capital of {marker}?") == ["Peru"]
    assert taken_out(f"What is the {marker} {marker} Peru?") == ["capital of"]


@pytest.mark.parametrize(
    ("edited", "question", "found"),
    [
        (PERU, PERU, "unchanged"),
        ("what is the CAPITAL of Peru", PERU, "unchanged"),
        ("What is the of Peru?", PERU, "no_marker"),
        ("What is the capital of Chile?", PERU, "not_a_redaction"),
        ("What is the [REDACTED] of Chile?", PERU, "not_a_redaction"),
        ("Please: what is the [REDACTED] of Peru?", PERU, "not_a_redaction"),
        ("What is the [REDACTED] capital of Peru?", PERU, "not_a_redaction"),
        ("What is the [CITY] of Peru?", PERU, "not_a_redaction"),
        ("", PERU, "not_a_redaction"),
        ("[REDACTED] is the capital of Peru?", PERU, ["What"]),
        ("[REDACTED]", PERU, ["What is the capital of Peru"]),
        ("**What** is the *capital* of [REDACTED]?", PERU, ["Peru"]),
        ("秘鲁的███是哪里？", "秘鲁的首都是哪里？", ["首都"]),
        ("The capital of ___ is [REDACTED].", "The capital of ___ is Lima.", ["Lima"]),
        ("The capital of ___ is Lima.", "The capital of ___ is Lima.", "unchanged"),
        ("Is redacted text [REDACTED]?", "Is redacted text readable?", ["readable"]),
        ("8 + [REDACTED]", "8 + 7", ["7"]),
        ("8 [REDACTED] 7", "8 + 7", ["+"]),
        ("8 − [REDACTED]", "8 + 7", "not_a_redaction"),
    ],
)
def test_a_redaction_takes_words_out_and_changes_no_other(edited: str, question: str, found: list[str] | str) -> None:
    """A word in another place, a new word, or one gone without a marker makes it none."""
    assert taken_out(edited, question) == found


def test_what_a_marker_may_also_stand_for_is_noted() -> None:
    """The `a` that was left is the second or the third of `a b a c a d`."""
    claim = read_redaction("a [REDACTED] a [REDACTED]", "a b a c a d").value

    assert claim is not None
    assert claim.notes == ("other_place_possible",)
    assert read_redaction("What is the [REDACTED] of Peru?", PERU).value.notes == ()  # type: ignore[union-attr]


@given(
    st.lists(st.sampled_from(["ab", "cd", "ef"]), min_size=1, max_size=8),
    st.sets(st.integers(0, 7), min_size=1),
)
@settings(deadline=None)  # a loaded machine is no bug
def test_every_redaction_that_was_made_is_read(words: list[str], hidden: set[int]) -> None:
    """As what was hidden, or as another way to hide words that leaves the same text."""
    question = " ".join(words)
    edited = " ".join("[REDACTED]" if place in hidden else word for place, word in enumerate(words))
    if not any(place < len(words) for place in hidden):
        return
    claim = read_redaction(edited, question).value
    assert claim is not None

    truth = [(w.start, w.stop) for place, w in enumerate(words_in(question)) if place in hidden]
    covered = [any(s <= start and stop <= e for u in claim.units for s, e in u.spans) for start, stop in truth]
    rest = sum(len(unit.text.split()) for unit in claim.units)
    assert all(covered) or "other_place_possible" in claim.notes
    assert rest == len(truth)
    assert claim.share_changed == rest / len(words)


@pytest.mark.parametrize(
    ("edited", "changes", "share", "notes"),
    [
        ("What is the capital of Chile?", [("Peru", "Chile")], 1 / 6, ()),
        ("Which is the biggest capital of Peru?", [("What", "Which"), ("", "biggest")], 2 / 6, ()),
        ("What is the capital?", [("of Peru", "")], 2 / 6, ()),
        ("What is the capital of Peru? Santiago", [("", "Santiago")], 1 / 6, ("label_leaked",)),
        ("Who wrote Hamlet?", [("What is the capital of Peru", "Who wrote Hamlet")], 1.0, ("not_minimal",)),
        ("WHAT is **the** capital of *Chile*", [("Peru", "Chile")], 1 / 6, ()),
    ],
)
def test_a_counterfactual_is_what_changed(
    edited: str, changes: list[tuple[str, str]], share: float, notes: tuple[str, ...]
) -> None:
    """Word by word, with what stands there now."""
    claim = read_counterfactual(edited, PERU, "Santiago").value

    assert claim is not None
    assert [(unit.text, unit.becomes) for unit in claim.units] == changes
    assert claim.share_changed == pytest.approx(share)
    assert claim.notes == notes


@pytest.mark.parametrize("edited", [PERU, "what is the capital of peru"])
def test_an_unchanged_question_is_no_counterfactual(edited: str) -> None:
    assert read_counterfactual(edited, PERU).detail == "unchanged"


def test_a_single_letter_is_no_leak() -> None:
    """`B` may be the label of a choice, and a word of any question."""
    claim = read_counterfactual("Is B right?", "Is A right?", "B").value

    assert claim is not None
    assert claim.notes == ()


WORDS = st.lists(st.sampled_from("abc"), max_size=7)


@given(WORDS, WORDS)
@example([], ["a"])
@settings(deadline=None)  # a loaded machine is no bug
def test_no_smaller_edit_leads_from_one_to_the_other(old: list[str], new: list[str]) -> None:
    """The words kept are as many as in the longest common subsequence, found by trying all."""
    changes, exact = differences(old, new)
    kept = len(old) - sum(change.stop - change.start for change in changes)
    subsequences = {s for n in range(len(new) + 1) for s in itertools.combinations(new, n)}
    longest = max(n for n in range(len(old) + 1) if any(s in subsequences for s in itertools.combinations(old, n)))

    assert exact
    assert kept == longest
    rebuilt = list(old)
    for start, stop, begin, end in reversed(changes):
        rebuilt[start:stop] = new[begin:end]
    assert rebuilt == new


@given(st.permutations(range(7)))
@settings(deadline=None)  # a loaded machine is no bug
def test_unique_words_in_the_order_of_both_are_as_many_as_can_be(order: list[int]) -> None:
    a, b = [str(n) for n in range(7)], [str(n) for n in order]
    ascending = max(n for n in range(8) if any(list(s) == sorted(s) for s in itertools.combinations(order, n)))

    pairs = unique_in_order(a, b)

    assert len(pairs) == ascending
    assert all(a[i] == b[j] for i, j in pairs)


def test_a_long_edit_is_compared_coarsely_and_says_so() -> None:
    """Two thousand words that all changed places with repeated ones: rebuilt all the same."""
    old, new = [str(n % 7) for n in range(2_000)], [str(n % 5) for n in range(2_000)]
    changes, exact = differences(old, new)

    rebuilt = list(old)
    for start, stop, begin, end in reversed(changes):
        rebuilt[start:stop] = new[begin:end]
    assert rebuilt == new
    assert not exact


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), st.lists(st.sampled_from("ab"), max_size=12))
@settings(deadline=None)  # a loaded machine is no bug
def test_a_sequence_is_found_wherever_it_stands(wanted: list[str], words: list[str]) -> None:
    slow = [place for place in range(len(words)) if words[place : place + len(wanted)] == wanted]

    assert list(found_in(wanted, words)) == slow


@given(st.text(max_size=80), st.text(max_size=80))
@settings(deadline=None)  # a loaded machine is no bug
def test_any_two_texts_are_compared_without_an_error(edited: str, question: str) -> None:
    """And whatever is found lies in the question."""
    for reading in (read_redaction(edited, question), read_counterfactual(edited, question, "x")):
        assert (reading.value is None) == (reading.why != "read")
        for unit in reading.value.units if reading.value else ():
            ((start, stop),) = unit.spans
            assert question[start:stop] == unit.text
            assert 0 <= start <= stop <= len(question)
