"""What a Run's claims come to, counted by hand."""

import pytest

from selfexplain import plugins
from selfexplain.claims import Claim, Unit
from selfexplain.pipeline.claims import measure_claims
from selfexplain.pipeline.claims_compared import Side, compare_claims, places_claimed
from selfexplain.pipeline.same_answer import same_answer
from selfexplain.prompting.read_claim import read_claim
from selfexplain.records import Grade, Item, Reading, Record, SelfReport, Verdict
from selfexplain.words_in import words_in

QUESTION = "What is the capital of Peru?"
NOTHING: Reading[str] = Reading(None, "absent")


def item(name: str, question: str = QUESTION, **more: str) -> Item:
    return Item(name, question, ("Lima",), **more)  # type: ignore[arg-type]


def record(
    name: str,
    answer: str | None = "Lima",
    *,
    verdict: Verdict = "correct",
    confidence: float = 0.9,
    rationale: str | None = None,
    claims: dict[str, Reading[Claim]] | None = None,
    again: Reading[str] | None = None,
    target: str | None = None,
) -> Record:
    report = SelfReport(
        Reading(answer, "read") if answer is not None else NOTHING,
        Reading(rationale, "read") if rationale is not None else NOTHING,
        {"stated": Reading(confidence, "read")},
        "completed",
        ("",),
        ("k",),
        attribution=claims or {},  # type: ignore[arg-type]
        answer_again=again,
        target=None if target is None else Reading(target, "read"),
    )
    return Record(name, report, Grade(verdict, "exact"), {"stated": "ok"})


def words(text: str, question: str = QUESTION) -> dict[str, Reading[Claim]]:
    return {"words": read_claim(f"Words: {text}", "words", question=question)}


def redaction(edited: str) -> dict[str, Reading[Claim]]:
    return {"redaction": read_claim(f"Redacted: {edited}", "redaction", question=QUESTION)}


def counterfactual(edited: str, target: str) -> dict[str, Reading[Claim]]:
    return {"counterfactual": read_claim(f"Edited: {edited}", "counterfactual", question=QUESTION, target=target)}


def items_of(*records: Record, **more: str) -> dict[str, Item]:
    return {each.item: item(each.item, **more) for each in records}


def test_a_run_without_claims_measures_none() -> None:
    """Its metrics object has the keys that it had before."""
    assert measure_claims([record("a")], items_of(record("a")), plugins.graders()) == {}


def test_units_are_counted_and_missing_claims_too() -> None:
    """Three units of the first and one of the second are different; two of these four stand in the question."""
    records = [
        record("a", claims=words("capital, Peru, city, Peru")),
        record("b", claims=words("towns")),
        record("c", claims={"words": Reading(None, "absent")}),
        record("d", claims={"words": Reading(None, "ambiguous", detail="conflict")}),
    ]
    found = measure_claims(records, items_of(*records), plugins.graders())["claims"]["words"]

    assert (found["n"], found["n_read"]) == (4, 2)
    assert found["missing"] == {"absent": 1, "conflict": 1}
    assert found["units"] == {"placed": 2, "not_in_text": 2, "duplicate": 1}
    assert found["in_input_rate"]["value"] == 0.5
    assert found["in_input_rate"]["n"] == 4
    assert found["in_input_rate"]["method"] == "t interval over 2 clusters"


def test_what_was_answered_to_a_redaction_is_told_apart() -> None:
    """Unknown and another answer: no longer given, 2 of 3; a Record without redaction or second answer is missing."""
    good = redaction("What is the ___ of ___?")
    records = [
        record("same", claims=good, again=Reading("Lima", "read")),
        record("unknown", claims=good, again=Reading(None, "declined")),
        record("another", claims=good, again=Reading("Cusco", "read")),
        record("no edit", claims=redaction("Who wrote ___?"), again=Reading(None, "absent", detail="not asked")),
        record("cut", claims=good, again=Reading(None, "truncated")),
        record("no answer", None, claims=good, again=Reading("Lima", "read")),
    ]
    found = measure_claims(records, items_of(*records), plugins.graders())["self_consistency"]["redaction"]

    assert (found["n"], found["n_told"]) == (6, 3)
    assert found["outcomes"] == {"unknown": 1, "another_answer": 1, "same_answer": 1}
    assert found["missing"] == {"not_a_redaction": 1, "truncated": 1, "no_answer": 1}
    assert found["rate"]["value"] == pytest.approx(2 / 3)
    assert found["rate"]["method"] == "Wilson interval"
    assert found["rate"]["warnings"] == [
        (
            "self-consistency of the explanation, not its faithfulness: no witness and no chance level; "
            "`selfexplain trial RUN -t random-edits` asks for what as many words drawn at random do"
        )
    ]


def test_an_answer_to_an_edit_that_cannot_be_compared_is_no_other_answer() -> None:
    """The numeric grader cannot tell whether `many` is `15`."""
    made = record("a", "15", claims=redaction("What is the ___ of ___?"), again=Reading("many", "read"))
    found = measure_claims([made], items_of(made, grader="numeric"), plugins.graders())["self_consistency"]

    assert found["redaction"]["missing"] == {"undecided": 1}
    assert found["redaction"]["outcomes"] == {}


def test_what_was_answered_to_edits_of_one_cluster_is_drawn_once() -> None:
    """Ten Items on two passages, one of which loses every answer: as much as two Items tell."""
    edit = redaction("What is the ___ of ___?")
    records = [record(f"{n}", claims=edit, again=Reading("Lima" if n % 2 else "Cusco", "read")) for n in range(10)]
    items = {each.item: item(each.item, cluster=f"passage {int(each.item) % 2}") for each in records}
    rate = measure_claims(records, items, plugins.graders())["self_consistency"]["redaction"]["rate"]

    assert (rate["value"], rate["low"], rate["high"]) == (0.5, 0.0, 1.0)
    assert rate["method"] == "t interval over 2 clusters"


def test_a_target_that_may_be_the_answer_itself_is_missing() -> None:
    """`many` and `15` cannot be told apart or together by the numeric grader."""
    edit = counterfactual("What is the capital of Chile?", "many")
    made = record("a", "15", claims=edit, again=Reading("16", "read"), target="many")
    found = measure_claims([made], items_of(made, grader="numeric"), plugins.graders())["self_consistency"]

    assert found["counterfactual"]["missing"] == {"target_is_not_another_answer": 1}


def test_what_was_answered_to_a_counterfactual_is_told_apart() -> None:
    """Became the target in 2 of 4, once with the target written into the question."""
    edit = counterfactual("What is the capital of Chile?", "Santiago")
    leak = counterfactual("What is the capital of Santiago?", "Santiago")
    records = [
        record("target", claims=edit, again=Reading("santiago", "read"), target="Santiago"),
        record("leaked", claims=leak, again=Reading("Santiago", "read"), target="Santiago"),
        record("same", claims=edit, again=Reading("Lima", "read"), target="Santiago"),
        record("third", claims=edit, again=Reading("Cusco", "read"), target="Santiago"),
        record("no target", claims=edit, again=Reading("Santiago", "read")),
        record("its own", claims=edit, again=Reading("Lima", "read"), target="lima"),
    ]
    found = measure_claims(records, items_of(*records), plugins.graders())["self_consistency"]["counterfactual"]

    assert found["outcomes"] == {"target": 2, "another_answer": 1, "same_answer": 1}
    assert found["label_leaked"] == 1
    assert found["missing"] == {"no_target": 1, "target_is_not_another_answer": 1}
    assert found["rate"]["value"] == 0.5


@pytest.mark.parametrize(
    ("answer", "other", "question", "same"),
    [
        ("15", "8 + 7 = 15", Item("s", "?", ("1",), grader="numeric"), True),
        ("15", "16", Item("s", "?", ("1",), grader="numeric"), False),
        ("15", "many", Item("s", "?", ("1",), grader="numeric"), None),
        ("B", "b) Quito", Item("c", "?", ("A",), choices=("Lima", "Quito")), True),
        ("Quito", "A", Item("c", "?", ("A",), choices=("Lima", "Quito")), False),
        ("The Lima", "lima.", Item("e", "?", ("x",)), True),
    ],
)
def test_the_items_own_grader_says_whether_two_answers_are_the_same(
    answer: str,
    other: str,
    question: Item,
    same: bool | None,  # noqa: FBT001
) -> None:
    assert same_answer(answer, other, question, plugins.graders()[question.graded_by]) is same


def side(*records: Record, **more: str) -> Side:
    return Side(records, items_of(*records, **more))


def test_claims_of_two_runs_are_compared_beside_chance() -> None:
    """One word of two the same: overlap 1/3. By chance, two of six words each: X = 0, 1, 2 with 6, 8, 1 of 15."""
    a, b = record("a", claims=words("capital, Peru")), record("a", claims=words("Peru, What"))
    found = compare_claims(side(a), side(b), plugins.graders())
    assert found is not None
    (overlap,) = found.overlaps

    assert overlap.claim == "words"
    assert (overlap.n, overlap.words_a, overlap.words_b) == (1, 2, 2)
    assert overlap.jaccard.value == pytest.approx(1 / 3)
    assert overlap.jaccard_by_chance == pytest.approx(8 / 15 / 3 + 1 / 15)
    assert overlap.jaccard_above_chance.value == pytest.approx(1 / 3 - 8 / 45 - 3 / 45)
    assert overlap.ranked is not None
    assert found.why == ()


def test_changed_answers_and_grades_are_shares_with_their_n() -> None:
    """Two of three answers another one, one of them right before; the surer by 0.1 on average."""
    a = [record(name, claims=words("Peru")) for name in "abc"]
    b = [
        record("a", "Cusco", verdict="wrong", confidence=1.0, claims=words("Peru")),
        record("b", "Lima, Peru?", confidence=1.0, claims=words("Peru")),
        record("c", "lima", confidence=1.0, claims=words("Peru")),
    ]
    found = compare_claims(side(*a), side(*b), plugins.graders())
    assert found is not None

    assert found.answer_changed.value == pytest.approx(2 / 3)
    assert found.grade_changed.value == pytest.approx(1 / 3)
    assert found.confidence_difference.value == pytest.approx(0.1)


def test_where_the_question_is_another_text_claims_are_not_aligned() -> None:
    """Translations of a question keep their grades and confidences to be compared; and that is said."""
    a, b = record("a", claims=words("capital")), record("a", "利马", claims=words("首都", "秘鲁的首都是哪里？"))
    found = compare_claims(side(a), side(b, question="秘鲁的首都是哪里？"), plugins.graders())
    assert found is not None

    assert found.overlaps == ()
    assert found.why == ("claims cannot be aligned where the question differs, in 1 Item: a",)
    assert found.answer_changed.value is None
    assert found.grade_changed.value == 0.0
    assert found.confidence_difference.value == 0.0


def test_rationales_are_compared_by_the_content_words_they_name() -> None:
    """Content words: capital and Peru. Both name Peru, one capital too: overlap 1/2; three words longer."""
    a, b = record("a", rationale="Peru has it."), record("a", rationale="The capitals of Peru: one.  Yes")
    found = compare_claims(side(a), side(b), plugins.graders())
    assert found is not None
    (overlap,) = found.overlaps

    assert overlap.claim == "rationale"
    assert (overlap.words_a, overlap.words_b) == (1, 2)
    assert overlap.jaccard.value == 0.5
    assert overlap.jaccard_by_chance == 0.5
    assert overlap.length_difference is not None
    assert overlap.length_difference.value == 3
    assert overlap.ranked is None


def test_runs_that_claim_nothing_or_different_things_say_so() -> None:
    plain, told = record("a"), record("a", claims=words("Peru"))
    other = record("a", claims=redaction("What is the ___ of Peru?"))

    assert compare_claims(side(plain), side(told), plugins.graders()) is None
    found = compare_claims(side(told), side(other), plugins.graders())
    assert found is not None
    assert found.why == ("no kind of claim in common: words in A, redaction in B",)


def test_missing_claims_are_counted_on_each_side() -> None:
    a = [record("a", claims=words("Peru")), record("b", claims=words("Peru"))]
    b = [record("a", claims=words("Peru")), record("b", claims={"words": Reading(None, "truncated")})]
    found = compare_claims(side(*a), side(*b), plugins.graders())
    assert found is not None
    (overlap,) = found.overlaps

    assert (overlap.n, overlap.missing_a, overlap.missing_b) == (1, {}, {"truncated": 1})


def test_of_scores_what_speaks_for_the_answer_counts_the_highest_first() -> None:
    question = words_in(QUESTION)
    units = (
        Unit("What", "placed", ((0, 4),), score=0.0),
        Unit("capital", "placed", ((12, 19),), score=0.5),
        Unit("of", "placed", ((20, 22),), score=-0.9),
        Unit("Peru", "placed", ((23, 27),), score=0.9),
    )

    assert places_claimed(Claim("word_scores", units), question) == [5, 3]
    assert places_claimed(Claim("quotes", (Unit("x", "placed", ((8, 22),)),)), question) == [2, 3, 4]
    chinese = words_in("秘鲁的首都")  # characters that touch each other
    assert places_claimed(Claim("quotes", (Unit("首都", "placed", ((3, 5),)),)), chinese) == [3, 4]
    assert places_claimed(Claim("counterfactual", (Unit("", "placed", ((28, 28),), becomes="x"),)), question) == []
