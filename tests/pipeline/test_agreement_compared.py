"""Agreement on two sides: each answer of the gate and of the comparison, with values worked out by hand."""

from collections.abc import Mapping, Sequence

import pytest

from selfexplain.calibration.harm import Judged
from selfexplain.errors import InputError
from selfexplain.pipeline.agreement_compared import compare_agreement, judge_agreement, over_families
from selfexplain.pipeline.gate import Verdict, gate
from selfexplain.pipeline.join import Joined
from selfexplain.runs.agreed import Agreed, Looking, Values
from selfexplain.runs.answers import Answers
from selfexplain.settings import Policy
from sides import FILE, row, side

FAMILIES = {
    "occlusion": "perturbation",
    "shapley": "perturbation",
    "saliency": "gradients",
    "attention": "attention",
}


def agreed(rows: Sequence[Values], *, claim: str = "words", settings: Mapping[str, object] | None = None) -> Agreed:
    """Return agreement of Items 0, 1, 2 …; a witness that is named anywhere has looked."""
    names = dict.fromkeys(name for values in rows for name in values)
    how = {"unit": "word"} if settings is None else settings
    looked = {name: Looking(FAMILIES[name], how) for name in names}
    return Agreed(claim, "named_auroc", looked, {(str(place), 0): each for place, each in enumerate(rows) if each})


def by(values: Sequence[float], witness: str = "occlusion") -> Agreed:
    return agreed([{witness: value} for value in values])


def asked(n: int, clusters: Sequence[str] | None = None) -> Joined:
    rows = [row(place, cluster=clusters[place] if clusters else None) for place in range(n)]
    return Joined(tuple(zip(rows, rows, strict=True)))


def judged(a: Agreed, b: Agreed | None, n: int, tolerance: float = 0.05) -> Judged:
    return judge_agreement(asked(n), a, b, tolerance, 0.95)


def test_an_answer_has_the_mean_over_families_of_the_mean_over_witnesses() -> None:
    """(0.1 + 0.3) / 2 = 0.2 by perturbation, 0.4 by gradients: 0.3, where all witnesses alike would say 0.267."""
    assert over_families({"occlusion": 0.1, "shapley": 0.3, "saliency": 0.4}, FAMILIES) == pytest.approx(0.3)
    assert over_families({"occlusion": 0.1, "attention": 0.5}, FAMILIES) == pytest.approx(0.3)
    assert over_families({"attention": 0.5}, FAMILIES) is None


def test_the_difference_is_paired_and_has_students_interval() -> None:
    """Falls of 0.1, 0.3, 0.1, 0.3: mean 0.2, s = 0.2/√3, SE = 0.1/√3; t(3) = 3.182446."""
    found = compare_agreement(by([0.2, 0.4, 0.6, 0.4]), by([0.1, 0.1, 0.5, 0.1]), asked(4))
    assert found is not None
    half = 3.182446 * 0.1 / 3**0.5

    assert (found.a, found.b) == pytest.approx((0.4, 0.2))
    assert (found.difference.value, found.difference.low, found.difference.high) == pytest.approx(
        (-0.2, -0.2 - half, -0.2 + half), abs=1e-6
    )


def test_what_was_drawn_together_is_one_unit() -> None:
    """Falls of 0.1 in one passage and of 0.3 in another: SE = √(2 · (0.2² + 0.2²)) / 4 = 0.1; t(1) = 12.7062."""
    a, b = by([0.4, 0.4, 0.6, 0.6]), by([0.3, 0.3, 0.3, 0.3])
    found = compare_agreement(a, b, asked(4, ["p", "p", "q", "q"]))
    assert found is not None

    assert found.difference.low == pytest.approx(-0.2 - 1.27062, abs=1e-5)


def test_only_witnesses_that_looked_at_both_sides_alike_are_compared() -> None:
    """Saliency, which says 0.9, has looked at A only; the seed of draws is no difference."""
    a = agreed([{"occlusion": 0.2, "saliency": 0.9}] * 3, settings={"unit": "word", "seed": 0})
    b = agreed([{"occlusion": 0.3}] * 3, settings={"unit": "word", "seed": 7})
    found = compare_agreement(a, b, asked(3))
    assert found is not None

    assert found.witnesses == ("occlusion",)
    assert (found.a, found.b) == pytest.approx((0.2, 0.3))
    assert "saliency" in found.remarks[0]


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        (by([0.1]), None, "no witness has looked at B"),
        (None, by([0.1]), "no witness has looked at A"),
        (by([0.1]), by([0.1], "saliency"), "no witness has looked at both with the same settings"),
        (by([0.1]), agreed([{"occlusion": 0.1}], settings={"unit": "word", "baseline": "mask"}), "the same settings"),
        (by([0.1], "attention"), by([0.1], "attention"), "it is never alone"),
        (by([0.1]), agreed([{"occlusion": 0.1}], claim="rationale"), "A claims words, B rationale"),
    ],
)
def test_what_cannot_be_compared_is_said_and_is_no_error(a: Agreed | None, b: Agreed | None, why: str) -> None:
    found = compare_agreement(a, b, asked(1))
    assert found is not None

    assert why in found.why
    assert found.difference.value is None


def test_two_runs_without_evidence_have_no_agreement_to_speak_of() -> None:
    assert compare_agreement(None, None, asked(1)) is None


def test_a_value_on_one_side_only_is_counted_and_left_out() -> None:
    """Items 0 and 1 on both sides, 2 lost, 3 gained, 4 on neither."""
    a = agreed([{"occlusion": 0.2}, {"occlusion": 0.2}, {"occlusion": 0.9}, {}, {}])
    b = agreed([{"occlusion": 0.1}, {"occlusion": 0.2}, {}, {"occlusion": 0.9}, {}])
    found = compare_agreement(a, b, asked(5))
    assert found is not None

    assert (found.difference.n, found.n_lost, found.n_gained) == (2, 1, 1)
    assert found.difference.value == pytest.approx(-0.05)


def test_a_fall_that_is_surely_above_the_tolerance_fails() -> None:
    found = judged(by([0.4] * 40), by([0.3, 0.1] * 20), 40)

    assert (found.verdict, found.n) == ("fail", 40)
    assert found.harm == pytest.approx(0.2)
    assert found.low is not None
    assert found.low > 0.05


def test_a_rise_never_fails_and_small_changes_both_ways_pass() -> None:
    assert judged(by([0.1, 0.2] * 100), by([0.4, 0.5] * 100), 200).verdict == "pass"
    assert judged(by([0.3] * 200), by([0.28, 0.32] * 100), 200).verdict == "pass"


def test_a_fall_that_nobody_saw_is_not_ruled_out_by_few_answers() -> None:
    """One of 40 rose by 0.1 and none fell: still 1 − 0.025^(1/40) = 8.8 % of claims may fall, by all there is."""
    found = judged(by([0.4] * 40), by([0.5, *[0.4] * 39]), 40)

    assert found.verdict == "inconclusive"
    assert found.high == pytest.approx(-0.1 / 40 + 1 - 0.025 ** (1 / 40), abs=1e-9)


def test_nothing_changed_passes_also_where_so_few_answers_decide_nothing_else() -> None:
    found = judged(by([0.4] * 30), by([0.4] * 30), 30, tolerance=0.0)

    assert (found.verdict, found.why) == ("pass", "identical: no claim agrees more or less than before")


def test_too_few_explained_answers_decide_nothing_even_if_nothing_changed() -> None:
    found = judged(by([0.4] * 29), by([0.4] * 29), 29)

    assert (found.verdict, found.n) == ("inconclusive", 29)
    assert "too few: 29" in found.why


@pytest.mark.parametrize(("m", "verdict"), [(2, "pass"), (10, "inconclusive")])
def test_losing_evidence_never_passes_by_what_is_lost(m: int, verdict: str) -> None:
    """M of 200 lost at 0.3, at worst now −1: m · 1.3 / 200 on top, 0.013 of 2 and 0.065 of 10."""
    rows: list[Values] = [{"occlusion": 0.3}] * 200
    found = judged(agreed(rows), agreed([*rows[m:], *[{}] * m]), 200)

    assert found.verdict == verdict
    if verdict == "inconclusive":
        assert found.high == pytest.approx(0.065)
        assert "only without the 10 answers" in found.why


def test_an_answer_that_lost_one_of_its_witnesses_is_lost() -> None:
    """What is left of it may be the witness that agrees more."""
    both: list[Values] = [{"occlusion": 0.3, "saliency": 0.3}] * 100
    now: list[Values] = [*both[20:], *[{"occlusion": 0.3}] * 20]
    found = judged(agreed(both), agreed(now), 100)

    assert (found.n, found.verdict) == (80, "inconclusive")


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (None, "holds no Evidence as the baseline's by occlusion"),
        (by([0.4] * 50, "saliency"), "holds no Evidence as the baseline's by occlusion"),
        (agreed([{"occlusion": 0.4}] * 50, claim=""), "this run claims nothing, and the baseline words"),
        (agreed([{"occlusion": 0.4}, *[{}] * 49]), "too few: 1 answers"),
    ],
)
def test_a_run_without_such_evidence_is_inconclusive(now: Agreed | None, why: str) -> None:
    found = judged(by([0.4] * 50), now, 50)

    assert found.verdict == "inconclusive"
    assert why in found.why


def of(values: Agreed | None, n: int = 60, name: str = "main") -> Answers:
    return Answers.of(name, "given", FILE, side([row(place) for place in range(n)]).rows, values)


ONLY = Policy(tolerance={"agreement": 0.05}, off=("overconfidence", "underconfidence", "brier", "coverage"))


def outcome(verdict: Verdict) -> dict[str, str]:
    return {rule.name: rule.verdict for rule in verdict.rules}


def test_the_gate_judges_agreement_only_where_it_is_asked_for() -> None:
    before, after = of(by([0.4] * 60)), of(by([0.3, 0.1] * 30), name="run")

    assert "agreement" not in outcome(gate(after, before, Policy()))
    assert outcome(gate(after, before, ONLY)) == {"agreement": "fail"}
    assert outcome(gate(after, before, ONLY, anchor=before)) == {"agreement": "fail", "anchor:agreement": "fail"}


def test_answers_alike_whose_claims_agree_less_are_not_called_identical() -> None:
    before, after = of(by([0.4] * 60)), of(by([0.3, 0.1] * 30), name="run")

    assert gate(after, before, Policy()).identical
    assert not gate(after, before, ONLY).identical
    assert gate(before, before, ONLY).identical


@pytest.mark.parametrize("missing", ["baseline", "anchor"])
def test_a_policy_cannot_judge_agreement_against_what_holds_none(missing: str) -> None:
    full, bare = of(by([0.4] * 60)), of(None, name="bare")
    baseline, anchor = (bare, None) if missing == "baseline" else (full, bare)

    with pytest.raises(InputError, match=rf"the {missing} 'bare' holds none") as refused:
        gate(full, baseline, ONLY, anchor=anchor)
    assert "selfexplain baseline set RUN bare --replace" in (refused.value.hint or "")
