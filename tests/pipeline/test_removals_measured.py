"""What came of taking words away, in numbers worked out by hand; and what a page says of a habit."""

from typing import Any

import pytest

from selfexplain.agreement.null import Null
from selfexplain.pipeline.claimed_places import Claimed
from selfexplain.pipeline.removal_questions import Question
from selfexplain.pipeline.removals import Taken
from selfexplain.pipeline.removals_measured import MEASURES, NAMED, Effectual, null_in, rows_of
from selfexplain.pipeline.witness import Asked
from selfexplain.records import Item, Reading, Record, Request, Response, SelfReport
from selfexplain.report.removed import habit
from selfexplain.runs.removal_files import Effect, Gone
from selfexplain.witnesses.asked_occlusion import FLOOR

BY_NAME: dict[str, Effectual] = {each.measure.facts.name: each for each in MEASURES}

PROBABILITIES = {
    (): 0.9,
    (0, 1, 2, 3): 0.5,
    (0,): 0.8,
    (1,): 0.7,
    (2,): 0.6,
    (0, 1): 0.2,
    (1, 2): 0.4,
    (0, 2): 0.3,
    (2, 3): 0.85,
    (0, 3): 0.65,
    (1, 3): 0.75,
    (1, 2, 3): 0.45,
    (0, 2, 3): 0.55,
    (0, 1, 3): 0.35,
}
"""Of the answer, by what is gone: three words and what stands between them."""


def taken(way: Any = "prob", values: dict[Gone, float | None] | None = None) -> Taken:
    """Return a question whose claim names its second word, then its first, beside all three pairs."""
    question = Question(
        units=(0, 1, 2),
        whole=frozenset(range(4)),
        spans=(((0, 1),), ((2, 3),), ((4, 5),)),
        claim=Claimed((1, 0), has_order=True, candidates=(True, True, True)),
        random=((0, 1), (2, 1), (0, 2)),
        every=True,
        sizes=(1, 2),
        seed=0,
    )
    report = SelfReport(Reading("yes", "read", span=(0, 3)), Reading(None, "absent"), {}, "completed", ("yes",), ())
    asked = Asked(Record("q", report, None, {}), Item("q", "a b c?"), Request("q", (), 1), Response("completed", "yes"))
    known = values or {Gone(gone): value for gone, value in PROBABILITIES.items()}
    return Taken(asked, way, question, {"w": (2, 1)}, {gone: Effect(gone, value) for gone, value in known.items()})


def one(name: str, taken: Taken) -> Any:
    return rows_of(BY_NAME[name], [taken])


@pytest.mark.parametrize(
    ("name", "named", "chance", "witness"),
    [
        ("comprehensiveness", 0.7, 0.6, 0.5),  # 0.9 − 0.2; random: 0.7, 0.5 and 0.6
        ("sufficiency", 0.05, 0.15, 0.25),  # two words kept are the third and the rest gone: 0.05, 0.25 and 0.15
        ("aopc_comprehensiveness", 0.45, 1.15 / 3, 0.4),  # bins of one and two: (0.2 + 0.7) / 2; 0.4, 0.4 and 0.35
        ("aopc_sufficiency", 0.2, 0.95 / 3, 0.4),  # (0.35 + 0.05) / 2; random: 0.25, 0.4 and 0.3
    ],
)
def test_values_chance_and_tops_are_those_of_the_probabilities(
    name: str, named: float, chance: float, witness: float
) -> None:
    rows = one(name, taken())
    (found,) = rows.found

    assert found[NAMED].value == pytest.approx(named)
    assert found["w"].value == pytest.approx(witness)
    assert found[NAMED].chance == found["w"].chance == pytest.approx(chance)
    assert rows.everything == pytest.approx([0.4])


def test_what_could_be_gained_is_the_whole_question_less_chance() -> None:
    """Taking all away does less than chance, so nothing could be gained; random words alone lose 0.15, these 0.05."""
    assert one("comprehensiveness", taken()).normalised == {}
    assert one("sufficiency", taken()).normalised == {0: pytest.approx(0.1 / 0.15)}


def null_of(way: Any, values: dict[Gone, float | None]) -> Null:
    return null_in(BY_NAME["flip_rate"], taken(way, values))


def test_chance_is_exact_where_all_sets_were_looked_at_and_read() -> None:
    """Of three pairs; one that was not read is none of its values, and what is left is a draw."""
    pairs = [Gone((0, 1)), Gone((1, 2)), Gone((0, 2))]
    exact = null_of("flip", dict(zip(pairs, (1.0, 0.0, 0.0), strict=True)))
    part = null_of("flip", dict(zip(pairs, (1.0, 0.0, None), strict=True)))

    assert (exact.standard_error, exact.method) == (0.0, "all 3 sets")
    assert exact.mean == pytest.approx(1 / 3)
    assert (part.mean, part.method) == (0.5, "2 random removals")
    assert part.standard_error == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("named", "floor", "why"),
    [(None, 0.0, "without the named units could be read"), (1.0, None, "there is no noise floor")],
)
def test_a_record_that_cannot_be_told_of_is_left_out_with_its_reason(
    named: float | None, floor: float | None, why: str
) -> None:
    values: dict[Gone, float | None] = {Gone((0, 1)): named, Gone((1, 2)): 0.0, Gone((0, 2)): 1.0}
    values |= {Gone((), repeat): floor for repeat in range(1, 1 + FLOOR)}
    rows = one("flip_rate", taken("flip", values))

    assert rows.found == []
    assert [reason for reason in rows.left_out if why in reason] == list(rows.left_out) != []


def families(above: float, other: float) -> dict[str, Any]:
    """Return what a page is told of one family whose lower limits are these."""
    gap = {"value": above + 0.1, "low": above, "high": above + 0.2}
    beside = {"n": 9, "above_chance": {"value": other + 0.1, "low": other, "high": other + 0.2}}
    family = {"above_chance": gap, "other_item": beside}
    return {"claim": "words", "verdicts": {"words": {"measure": "named_auroc", "families": {"attention": family}}}}


def test_a_claim_above_random_words_alone_may_be_a_habit() -> None:
    """And is not called one where it is above both, or above none."""
    assert "By attention the claims are above random words and not surely above these" in habit(families(0.02, -0.05))
    assert "may be all there is" not in habit(families(0.02, 0.01))
    assert "may be all there is" not in habit(families(-0.02, -0.05))
    assert "attention +0.05 (−0.05 to +0.15)" in habit(families(0.02, -0.05))
