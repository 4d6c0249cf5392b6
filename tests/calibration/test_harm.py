"""The rules of a gate: what is harm, when a verdict is possible, and what losing the hard questions leads to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration.harm import (
    RULES,
    Judged,
    Lost,
    brier_rose,
    coverage_fell,
    holm,
    judged,
    overall,
    overconfidence_grew,
    rise_of_gap,
    smallest_level,
    too_few,
    underconfidence_grew,
    with_room,
    with_the_lost,
    worsened,
)
from selfexplain.calibration.paired_difference import gap_difference
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Estimate, clopper_pearson


def stated(before: float, after: float, right: float = 0.8, n: int = 1000) -> PairedTable:
    """Return pairs of the same answers, all stated with one confidence before and another after."""
    correct = [1] * round(right * n) + [0] * (n - round(right * n))
    return PairedTable.from_rows([before] * n, correct, [after] * n, correct)


@pytest.mark.parametrize(
    ("before", "after", "over", "under"),
    [
        (0.8, 0.9, 0.1, -0.1),  # from calibrated to over
        (0.9, 1.0, 0.1, -0.2),  # from over to more so
        (0.6, 0.7, -0.1, -0.1),  # from under toward calibrated: the gap rose and is no harm
        (0.8, 0.7, -0.1, 0.1),  # from calibrated to under
        (1.0, 0.9, -0.1, -0.1),  # from over toward calibrated
        (0.7, 0.85, 0.05, -0.15),  # through calibrated: only what lies beyond it
    ],
)
def test_only_a_change_away_from_calibration_is_harm(before: float, after: float, over: float, under: float) -> None:
    pairs = stated(before, after)

    assert overconfidence_grew(pairs).value == pytest.approx(over)
    assert underconfidence_grew(pairs).value == pytest.approx(under)


def test_inflated_confidence_fails_on_overconfidence_though_the_brier_score_hardly_moves() -> None:
    pairs = stated(0.8, 0.9)

    assert judged("overconfidence", overconfidence_grew(pairs), 0.03).verdict == "fail"
    # 0.1² more than before.
    assert brier_rose(pairs).value == pytest.approx(0.01)
    assert judged("brier", brier_rose(pairs), 0.02).verdict == "pass"


def test_an_improvement_never_fails() -> None:
    pairs = stated(1.0, 0.8)
    harms = (overconfidence_grew(pairs), underconfidence_grew(pairs), brier_rose(pairs))

    assert "fail" not in {judged("rule", harm, 0.0).verdict for harm in harms}


def test_a_harm_without_an_interval_is_inconclusive_and_says_why() -> None:
    result = judged("brier", Estimate.missing("no pair of usable answers", n=0, level=0.95), 0.02)

    assert (result.verdict, result.why) == ("inconclusive", "no pair of usable answers")


def test_a_limit_on_the_tolerance_passes_and_just_above_does_not() -> None:
    def harm(high: float) -> Estimate:
        return Estimate(value=0.0, low=-0.1, high=high, level=0.95, method="", n=500)

    assert judged("x", harm(0.03), 0.03).verdict == "pass"
    assert judged("x", harm(0.0301), 0.03).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.03, 0.05, "inconclusive"), (0.0301, 0.05, "fail"), (0.03, 0.03, "pass"), (0.01, 0.03, "pass")],
)
def test_a_harm_of_just_the_tolerance_is_tolerated(low: float, high: float, verdict: str) -> None:
    harm = Estimate(value=(low + high) / 2, low=low, high=high, level=0.95, method="", n=1000)

    assert judged("x", harm, 0.03).verdict == verdict


def test_the_room_above_few_flips_in_clusters_is_that_of_clusters_and_of_what_flips_within_them() -> None:
    """Of 40 clusters of two one is seen, half of which flips: ½ · (the exact limit of 1 in 40 − 1/40)."""
    correct = [0] + [1] * 79
    pairs = PairedTable.from_rows([0.9] * 80, [1] * 80, [0.9] * 80, correct, [place // 2 for place in range(80)])
    harm = Estimate(value=0.0, low=-0.001, high=0.001, level=0.95, method="", n=80)
    found = with_room(harm, pairs, worsened(pairs))

    assert found.high == pytest.approx(0.5 * (clopper_pearson([1], [40])[1][0] - 1 / 40))


@pytest.mark.parametrize(("n", "verdict"), [(182, "inconclusive"), (183, "pass")])
def test_full_coverage_passes_from_183_answers_on(n: int, verdict: str) -> None:
    # The drop is at most 1 − 0.025^(1/n), which is 0.02 at n = ln 0.025 / ln 0.98 = 182.6.
    harm = coverage_fell([True] * n, [True] * n)

    assert harm.high == pytest.approx(1 - 0.025 ** (1 / n))
    assert judged("coverage", harm, 0.02).verdict == verdict


def test_a_model_that_stopped_stating_confidence_fails_on_coverage() -> None:
    harm = coverage_fell([True] * 200, [True] * 100 + [False] * 100)

    assert harm.value == pytest.approx(0.5)
    assert judged("coverage", harm, 0.02).verdict == "fail"


@pytest.mark.simulation
@pytest.mark.parametrize(("n", "drop"), [(100, 0.02), (200, 0.05), (300, 0.02), (1000, 0.03)])
def test_a_harm_that_only_comes_from_answers_turned_wrong_hardly_passes_at_its_tolerance(n: int, drop: float) -> None:
    """Confidence moves a little, and every flip is one to wrong: Student's t alone let 4 to 12 % pass."""
    rng, sets = np.random.default_rng(11), 1500
    passed = 0
    for _ in range(sets):
        before = rng.choice([0.8, 0.9], n)
        after, right = before + rng.choice([-0.05, 0, 0.05], n), (rng.random(n) < 0.7).astype(int)
        still = right * (rng.random(n) >= drop / 0.7)
        harm = overconfidence_grew(PairedTable.from_rows(before, right, after, still))
        passed += judged("overconfidence", harm, drop).verdict == "pass"

    assert passed / sets <= 0.025 + 3 * (0.025 * 0.975 / sets) ** 0.5


@pytest.mark.simulation
@pytest.mark.parametrize("n", [600, 1000, 3000])
def test_answers_lost_at_exactly_the_tolerance_hardly_pass(n: int) -> None:
    """Each lost for itself and none found again; Student's t alone let 4 % pass."""
    lost = np.bincount(np.random.default_rng(12).binomial(n, 0.02, 4000))
    passes = [
        judged("coverage", coverage_fell([True] * n, [False] * k + [True] * (n - k)), 0.02).verdict == "pass"
        for k in range(len(lost))
    ]

    assert lost @ passes / lost.sum() <= 0.025 + 3 * (0.025 * 0.975 / 4000) ** 0.5


def test_answers_that_did_not_flip_yet_leave_room_above_and_none_below() -> None:
    """300 answers, none flipped, every other one stated a tenth surer: 1 − 0.025^(1/300) = .0122 may flip."""
    right = [1] * 240 + [0] * 60
    pairs = PairedTable.from_rows([0.8] * 300, right, [0.8, 0.9] * 150, right)
    plain = gap_difference(pairs)

    assert rise_of_gap(pairs, 0.95).high == pytest.approx(0.05 + 0.01222, abs=1e-5)
    assert rise_of_gap(pairs, 0.95).low == plain.low


def test_answers_lost_together_are_one_unit() -> None:
    # 60 repeats of one question were lost: that is one cluster of 50, not 60 answers of 3,000.
    usable = [False] * 60 + [True] * 2940
    clusters = [place // 60 for place in range(3000)]

    assert coverage_fell([True] * 3000, usable).high < 0.03  # type: ignore[operator]
    assert coverage_fell([True] * 3000, usable, clusters).high > 0.1  # type: ignore[operator]


def test_a_pass_that_rests_on_losing_answers_is_inconclusive() -> None:
    passed = Judged("overconfidence", 0.0, -0.01, 0.01, 0.03, "pass", 1000, "within")

    after = with_the_lost(passed, 0.05, 30)
    assert (after.verdict, after.high) == ("inconclusive", 0.05)
    assert "30 answers that were usable before" in after.why
    assert with_the_lost(passed, 0.03, 30) == passed, "still within the tolerance"
    assert with_the_lost(passed, 0.05, 0) == passed, "nothing was lost"


def test_the_worst_that_lost_answers_could_have_been_is_each_rules_own() -> None:
    """98 answers of 100 are repeated, one of them right at 0.5 for each wrong one; residuals of the lost: -0.1, 0.6."""
    right = [1] * 49 + [0] * 49
    pairs = PairedTable.from_rows([0.5] * 98, right, [0.5] * 98, right)
    lost = Lost(np.array([0.9, 0.6]), np.array([1.0, 0.0]))
    # The gap of B is 0 ± t·SE with SE = 0.5 / √97; what was lost adds 2 to its sum, and 1.1 + 0.4 to that of the rise.
    most = {name: rule.highest(pairs, lost, 0.95) for name, rule in RULES.items()}

    assert most["overconfidence"] == pytest.approx(1.5 / 100)
    assert most["underconfidence"] == pytest.approx(2.5 / 100)
    assert most["brier"] == pytest.approx((0.99 + 0.64) / 100)


def test_lost_answers_of_an_overconfident_baseline_may_still_have_been_wrong_and_sure() -> None:
    """B is exactly right on what is left, so its own gap bounds the harm: a lost answer adds 1 to it, not 1 - 0.9."""
    right = [1] * 500 + [0] * 500
    pairs = PairedTable.from_rows([0.2] * 1000, right, [0.5] * 1000, right)
    lost = Lost(np.full(50, 0.9), np.zeros(50))
    gap = 1.98 * 0.5 / 1000**0.5

    assert RULES["overconfidence"].highest(pairs, lost, 0.95) == pytest.approx((gap * 1000 + 50) / 1050, rel=0.02)


def test_a_failed_rule_stays_failed_whatever_was_lost() -> None:
    failed = Judged("brier", 0.1, 0.05, 0.15, 0.02, "fail", 1000, "above")

    assert with_the_lost(failed, 0.9, 1) == failed


def test_too_few_pairs_or_too_few_errors_are_no_verdict() -> None:
    assert "99 pairs" in too_few(stated(0.8, 0.9, n=99))
    assert not too_few(stated(0.8, 0.9, n=100))  # 20 wrong in each run, 40 together
    assert "18 wrong answers" in too_few(stated(0.8, 0.9, right=0.91, n=100))


def test_any_fail_fails_and_then_any_doubt_is_doubt() -> None:
    one = Judged("x", 0.0, 0.0, 0.0, 0.1, "pass", 10, "")

    assert overall([one, one._replace(verdict="inconclusive"), one._replace(verdict="fail")]) == "fail"
    assert overall([one, one._replace(verdict="inconclusive")]) == "inconclusive"
    assert overall([one]) == "pass"


def test_a_p_value_agrees_with_the_interval_that_just_excludes_the_tolerance() -> None:
    rng = np.random.default_rng(4)
    before = rng.choice([0.7, 0.8, 0.9], 400)
    right = (rng.random(400) < 0.75).astype(int)
    pairs = PairedTable.from_rows(before, right, np.minimum(before + 0.1 * (rng.random(400) < 0.5), 1), right)
    p = smallest_level(lambda level: overconfidence_grew(pairs, level=level), 0.04)

    assert overconfidence_grew(pairs, level=1 - p).low == pytest.approx(0.04, abs=1e-6)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1))
def test_looking_at_many_groups_never_finds_more_than_looking_at_each(p_values: dict[str, float]) -> None:
    found = holm(p_values)

    assert found <= {name for name, p in p_values.items() if p <= 0.05}
    assert found >= {name for name, p in p_values.items() if p <= 0.05 / len(p_values)}
