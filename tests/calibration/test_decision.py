"""From which confidence on to answer: the rule by hand, at its edges, and beside a second implementation."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import beta, binom

import selfexplain as sx
from selfexplain.calibration.decision import Decision, decide
from selfexplain.calibration.error_limit import (
    binomial_limit,
    binomial_p,
    hoeffding_bentkus_limit,
    hoeffding_bentkus_p,
)
from selfexplain.errors import InputError, Undefined

VALUES = [0.5, 0.7, 0.8, 0.9, 0.95, 1.0]
N = [20, 30, 60, 140, 160, 90]
RIGHT = [13, 19, 51, 117, 150, 84]
C = np.repeat(VALUES, N)
Y = np.concatenate([[1] * s + [0] * (n - s) for n, s in zip(N, RIGHT, strict=True)])


@pytest.fixture(scope="module")
def golden() -> Decision:
    return decide(C, Y, error=0.12)


def test_the_p_values_of_the_golden_table(golden: Decision) -> None:
    """P(Bin(n, 0.12) ≤ errors) for answers from 1, 0.95, … on, worked out elsewhere."""
    rows = golden.thresholds[::-1]
    p = binomial_p([row.wrong for row in rows], [row.answered for row in rows], 0.12)

    assert p == pytest.approx([0.074031, 0.002438, 0.126222, 0.214400, 0.611535, 0.815480], abs=5e-7)


def test_the_golden_table_is_answered_from_95_percent_on(golden: Decision) -> None:
    """Six thresholds share 0.05: only 0.002438 is below 0.05/6. From 100 % on 84 of 90 are right: not enough."""
    chosen = golden.chosen

    assert golden.threshold == 0.95
    assert chosen is not None
    assert (chosen.answered, chosen.wrong, chosen.coverage, chosen.observed) == (250, 16, 0.5, 0.064)
    assert [row.promised for row in golden.thresholds] == [False, False, False, False, True, False]
    assert chosen.limit == pytest.approx(beta.ppf(1 - 0.05 / 6, 17, 234), abs=1e-9)


def test_a_threshold_answers_what_is_stated_with_just_as_much_and_nothing_below() -> None:
    """Two confidences that differ in the ninth digit, and all wrong below."""
    found = decide([0.9] * 100 + [0.899999999] * 10, [1] * 100 + [0] * 10)

    assert [(row.threshold, row.answered, row.wrong) for row in found.thresholds] == [
        (0.899999999, 110, 10),
        (0.9, 100, 0),
    ]


def test_without_an_error_the_limit_is_a_root() -> None:
    """(1 − limit)^n = 0.05; 59 right answers promise 5 %, 58 do not."""
    assert decide([0.9] * 59, [1] * 59).threshold == 0.9
    none = decide([0.9] * 58, [1] * 58)

    assert none.threshold is None
    assert none.chosen is None
    assert none.thresholds[0].limit == pytest.approx(1 - 0.05 ** (1 / 58), abs=1e-9)
    assert "at least 59 answers without a single error" in (none.reason or "")


def test_one_threshold_named_beforehand_promises_more_than_many() -> None:
    """0.074 is above 0.05, also undivided; 0.0488 is below, and six could not share it."""
    alone = decide(C, Y, error=0.13, thresholds=[1.0])
    among = decide(C, Y, error=0.13)

    assert binomial_p([6], [90], 0.13)[0] < 0.05
    assert alone.threshold == 1.0
    assert not among.thresholds[-1].promised
    assert len(alone.thresholds) == 1


def test_a_threshold_between_stated_values_answers_what_lies_above() -> None:
    """And one above everything answers nothing, so it is no candidate."""
    rows = decide(C, Y, thresholds=[0.85, 0.2]).thresholds

    assert [(row.threshold, row.answered) for row in rows] == [(0.2, 500), (0.85, 390)]
    assert decide([0.5] * 9, [1] * 9, thresholds=[0.9]).reason == "no answer has a confidence as high as the thresholds"


def test_a_threshold_whose_limit_is_broken_above_it_may_still_be_kept() -> None:
    """Ten wrong answers at 1, a thousand right ones at 0.9: the rule from 0.9 on holds, the one from 1 on does not."""
    decision = decide([1.0] * 10 + [0.9] * 1000, [0] * 10 + [1] * 1000)

    assert decision.threshold == 0.9
    assert [row.promised for row in decision.thresholds] == [True, False]


@given(n=st.integers(1, 400), share=st.floats(0, 1), delta=st.sampled_from([0.05, 0.01, 0.05 / 6]))
def test_the_exact_limit_is_where_the_exact_test_turns(n: int, share: float, delta: float) -> None:
    """Clopper-Pearson and P(Bin ≤ e) are one rule: at the limit the p-value is delta."""
    errors = round(share * n)
    (limit,) = binomial_limit(np.array([errors]), np.array([n]), delta).tolist()

    if errors == n:
        assert limit == 1.0
    else:
        assert binom.cdf(errors, n, limit) == pytest.approx(delta, rel=1e-6)


@given(n=st.integers(1, 300), share=st.floats(0, 0.99), delta=st.sampled_from([0.05, 0.01]))
def test_the_limit_for_clusters_by_another_route(n: int, share: float, delta: float) -> None:
    """The formula written out with scipy.stats, its root found by Brent's method."""

    def p(alpha: float) -> float:
        kl = (share * math.log(share / alpha) if share else 0.0) + (1 - share) * math.log((1 - share) / (1 - alpha))
        return min(math.exp(-n * kl), math.e * float(binom.cdf(math.ceil(n * share - 1e-9), n, alpha)))

    limit = hoeffding_bentkus_limit(share, n, delta)
    assert hoeffding_bentkus_p(share, n, min(limit, 1 - 1e-12)) == pytest.approx(p(min(limit, 1 - 1e-12)), rel=1e-6)
    if p(1 - 1e-9) < delta:
        found = brentq(lambda alpha: p(alpha) - delta, share + 1e-12, 1 - 1e-9)
        assert limit == pytest.approx(found, abs=1e-6)


def test_a_mean_at_or_above_alpha_refutes_nothing() -> None:
    assert hoeffding_bentkus_p(0.2, 1000, 0.2) == 1.0
    assert hoeffding_bentkus_limit(1.0, 10, 0.05) == 1.0


def test_without_an_error_clusters_promise_what_as_many_rows_do() -> None:
    """(1 − limit)^clusters = delta: repeats of 100 questions are 100 questions."""
    repeats = decide([0.9] * 300, [1] * 300, cluster=[at // 3 for at in range(300)])
    rows = decide([0.9] * 100, [1] * 100)

    assert repeats.clusters == 100
    assert repeats.thresholds[0].units == 100
    assert repeats.thresholds[0].limit == pytest.approx(rows.thresholds[0].limit, abs=1e-6)


def test_each_cluster_counts_once_with_its_answered_rows() -> None:
    """From 0.9 on: a has 1 wrong of 2, b has 0 of 1, c answers nothing: (½ + 0)/2."""
    decision = decide([0.9, 0.9, 0.9, 0.5, 0.5], [1, 0, 1, 0, 0], cluster=["a", "a", "b", "b", "c"])
    low, high = decision.thresholds

    assert (high.units, high.answered, high.wrong, high.observed) == (2, 3, 1, 0.25)
    assert (low.units, low.observed) == (3, (0.5 + 0.5 + 1) / 3)
    assert any("3 clusters" in warning for warning in decision.warnings)


@given(rows=st.lists(st.tuples(st.sampled_from([0.5, 0.9, 1.0]), st.integers(0, 1)), min_size=1, max_size=60))
def test_clusters_of_one_row_are_rows_and_copies_are_no_evidence(rows: list[tuple[float, int]]) -> None:
    confidence, correct = [c for c, _ in rows], [y for _, y in rows]
    plain = decide(confidence, correct)
    alone = decide(confidence, correct, cluster=range(len(rows)))
    copied = decide(confidence * 3, correct * 3, cluster=[*range(len(rows))] * 3)

    assert alone == plain
    for once, thrice in zip(plain.thresholds, copied.thresholds, strict=True):
        assert thrice.limit >= once.limit - 1e-6


def test_what_cannot_be_decided_is_refused() -> None:
    for error in (0.0, 1.0, 5.0):
        with pytest.raises(InputError, match="`error`"):
            decide([0.9], [1], error=error)
    with pytest.raises(InputError, match="`level`"):
        decide([0.9], [1], level=95)
    with pytest.raises(InputError, match=r"`thresholds\[0\]` is 90"):
        decide([0.9], [1], thresholds=[90])
    with pytest.raises(Undefined):
        decide([], [])


def test_many_thresholds_are_warned_of() -> None:
    confidence = np.linspace(0, 1, 150)

    assert any("150 thresholds" in warning for warning in decide(confidence, [1] * 150).warnings)


def test_a_decision_is_a_frame_and_strict_json(golden: Decision) -> None:
    held = json.loads(json.dumps(golden.to_dict(), allow_nan=False))

    assert golden.frame()["answered"].tolist() == [500, 480, 450, 390, 250, 90]
    assert [row["wrong"] for row in held["thresholds"]] == [66, 59, 48, 39, 16, 6]
    assert held["threshold"] == 0.95
    assert sx.decide(C, Y, error=0.12) == golden


def test_the_reason_and_the_table_say_the_same_of_a_limit_and_none_seems_kept_that_is_not() -> None:
    """58 without an error: 1 − 0.05^(1/58) = 5.03 %, which is not 5.0 %; and one threshold is one."""
    decision = decide([1.0] * 58, [1] * 58)

    assert decision.reason == (
        "the lowest limit is 5.1 %, at 1 (58 answers, 0.0 % wrong); to promise 5.0 % for 1 threshold takes at least "
        "59 answers without a single error"
    )
    assert decision.method == "exact binomial upper limits; 1 threshold shares 0.05"
