"""The Brier score taken apart, by Murphy and by CORP: sums done by hand, identities, and each term a second time."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    accuracy,
    brier,
    brier_skill,
    corp_dsc,
    corp_mcb,
    corp_unc,
    estimate,
    murphy_reliability,
    murphy_resolution,
    murphy_uncertainty,
)
from selfexplain.calibration.isotonic_fit import pooled_blocks
from selfexplain.errors import Undefined

Rows = list[tuple[float, int]]

ROWS = st.lists(st.tuples(st.integers(0, 20).map(lambda k: k / 20), st.integers(0, 1)), min_size=1, max_size=30)

RISING = CalibrationTable.from_counts({0.9: (2, 2), 0.5: (2, 1)})
"""Right every time at 0.9, one time in two at 0.5."""

CROSSED = CalibrationTable.from_counts({0.6: (10, 6), 0.7: (10, 4), 0.9: (10, 9)})
"""0.7 is right less often than 0.6: a rising fit gives both 10/20."""


def table_of(rows: Rows) -> CalibrationTable:
    return CalibrationTable.from_rows([c for c, _ in rows], [y for _, y in rows])


def groups(rows: Rows) -> list[tuple[Fraction, int, int]]:
    """Return (confidence, rows, right) of each distinct confidence, as exact numbers."""
    exact = [(Fraction(str(c)), y) for c, y in rows]
    return [
        (v, sum(c == v for c, _ in exact), sum(y for c, y in exact if c == v)) for v in sorted({c for c, _ in exact})
    ]


def test_murphys_terms_of_four_answers() -> None:
    """Weights ½: REL ½·0.1² + ½·0² = 0.005; RES ½·0.25² + ½·0.25² = 0.0625; UNC ¾·¼; BS (2·0.01 + 2·0.25)/4 = 0.13."""
    assert murphy_reliability(RISING) == pytest.approx(0.005, abs=1e-15)
    assert murphy_resolution(RISING) == 0.0625
    assert murphy_uncertainty(RISING) == 0.1875
    assert brier(RISING) == pytest.approx(0.13, abs=1e-15)


def test_the_brier_skill_of_four_answers() -> None:
    """0.13 where always saying ¾ costs 0.1875: 1 − 13/18.75 = 23/75."""
    assert brier_skill(RISING) == pytest.approx(23 / 75, abs=1e-15)


def test_corps_terms_when_two_confidences_are_in_the_wrong_order() -> None:
    """S(fit) = (10·10/20 + 9·1/10)/30 = 177/900; BS = (2.4 + 3.3 + 0.9)/30 = 198/900; UNC = 19/30 · 11/30 = 209/900."""
    n, right = pooled_blocks(CROSSED)

    assert (n.tolist(), right.tolist()) == ([20, 10], [10, 9])
    assert corp_mcb(CROSSED) == pytest.approx(21 / 900, abs=1e-15)
    assert corp_dsc(CROSSED) == pytest.approx(32 / 900, abs=1e-15)
    assert corp_unc(CROSSED) == pytest.approx(209 / 900, abs=1e-15)


def test_blocks_of_equal_accuracy_are_one_block() -> None:
    """3/9 and 1/3 are equal, though 3/9 − 1/3 need not be 0 in floating point."""
    n, right = pooled_blocks(CalibrationTable.from_counts({0.2: (9, 3), 0.4: (3, 1), 0.8: (2, 1)}))

    assert (n.tolist(), right.tolist()) == ([12, 2], [4, 1])


def test_confidences_in_reverse_order_discriminate_nothing_for_corp_and_everything_for_murphy() -> None:
    """Always wrong at 0.9, always right at 0.1: no rising fit helps, yet each confidence tells the outcome."""
    table = CalibrationTable.from_counts({0.1: (5, 5), 0.9: (5, 0)})

    assert corp_dsc(table) == 0.0
    assert murphy_resolution(table) == murphy_uncertainty(table) == 0.25


def test_confidences_that_never_repeat_make_murphys_terms_say_nothing() -> None:
    """Each value is right always or never: REL is the Brier score, RES all of the uncertainty. CORP is not fooled."""
    table = CalibrationTable.from_rows([0.61, 0.62, 0.63, 0.64], [1, 0, 1, 0])

    assert murphy_reliability(table) == pytest.approx(brier(table))
    assert murphy_resolution(table) == murphy_uncertainty(table)
    assert corp_dsc(table) == 0.0  # right, wrong, right, wrong: the fit is ½ throughout
    assert corp_mcb(table) == pytest.approx(brier(table) - 0.25)


@pytest.mark.parametrize("right", [0, 10])
def test_there_is_no_skill_where_there_is_nothing_to_gain(right: int) -> None:
    """All right or all wrong: the best constant is perfect."""
    with pytest.raises(Undefined, match="needs both right and wrong answers"):
        brier_skill(CalibrationTable.from_counts({0.8: (10, right)}))


def test_stating_the_accuracy_has_no_skill_and_stating_the_opposite_less_than_none() -> None:
    """Half are right: ½ throughout scores 0; certain and wrong throughout scores 1 − 1/0.25."""
    assert brier_skill([0.5] * 4, [1, 0, 1, 0]) == 0.0
    assert brier_skill([0.0, 1.0], [1, 0]) == -3.0


@given(ROWS)
def test_both_decompositions_add_up_to_the_brier_score(rows: Rows) -> None:
    """Exactly but for rounding, since distinct confidences are not binned."""
    table = table_of(rows)
    murphy = murphy_reliability(table) - murphy_resolution(table) + murphy_uncertainty(table)

    assert brier(table) == pytest.approx(murphy, abs=1e-12)
    assert brier(table) == pytest.approx(corp_mcb(table) - corp_dsc(table) + corp_unc(table), abs=1e-12)


@given(ROWS)
def test_corp_charges_and_credits_no_more_than_murphy(rows: Rows) -> None:
    """A rising fit is one of all fits: it can mend no more, and explain no more; and it is at least as good as none."""
    table = table_of(rows)

    assert corp_mcb(table) <= murphy_reliability(table) + 1e-12
    assert corp_dsc(table) <= murphy_resolution(table) + 1e-12
    assert murphy_resolution(table) <= murphy_uncertainty(table) + 1e-12


@given(ROWS)
def test_murphys_terms_are_their_definitions_in_exact_fractions(rows: Rows) -> None:
    """Value by value, without floating point."""
    cells, n = groups(rows), len(rows)
    mean = Fraction(sum(s for _, _, s in cells), n)

    reliability = sum((Fraction(m, n) * (v - Fraction(s, m)) ** 2 for v, m, s in cells), Fraction(0))
    resolution = sum((Fraction(m, n) * (Fraction(s, m) - mean) ** 2 for _, m, s in cells), Fraction(0))
    assert murphy_reliability(table_of(rows)) == pytest.approx(float(reliability), abs=1e-13)
    assert murphy_resolution(table_of(rows)) == pytest.approx(float(resolution), abs=1e-13)
    assert murphy_uncertainty(table_of(rows)) == pytest.approx(float(mean * (1 - mean)), abs=1e-15)


@given(ROWS)
def test_the_isotonic_fit_is_the_largest_of_least_means(rows: Rows) -> None:
    """At value k, max over i ≤ k of min over j ≥ k of the accuracy from i to j, in exact fractions."""
    cells, n = groups(rows), len(rows)

    def accuracy_from(i: int, j: int) -> Fraction:
        return Fraction(sum(s for _, _, s in cells[i : j + 1]), sum(m for _, m, _ in cells[i : j + 1]))

    last = len(cells)
    fit = [max(min(accuracy_from(i, j) for j in range(k, last)) for i in range(k + 1)) for k in range(last)]
    mean = accuracy_from(0, last - 1)
    score = sum((s * (1 - x) ** 2 + (m - s) * x**2 for (_, m, s), x in zip(cells, fit, strict=True)), Fraction(0)) / n
    stated = sum((s * (1 - v) ** 2 + (m - s) * v**2 for v, m, s in cells), Fraction(0)) / n

    blocks, right = pooled_blocks(table_of(rows))
    assert sorted(set(fit)) == [Fraction(s, m) for m, s in zip(blocks.tolist(), right.tolist(), strict=True)]
    assert corp_mcb(table_of(rows)) == pytest.approx(float(stated - score), abs=1e-13)
    assert corp_dsc(table_of(rows)) == pytest.approx(float(mean * (1 - mean) - score), abs=1e-13)


@given(ROWS)
def test_scikit_learns_isotonic_regression_makes_the_same_fit(rows: Rows) -> None:
    """Its mean squared error on the rows is S(fit)."""
    confidence, correct = np.array([c for c, _ in rows]), np.array([float(y) for _, y in rows])
    fit = IsotonicRegression().fit_transform(confidence, correct)
    table = table_of(rows)

    assert brier(table) - corp_mcb(table) == pytest.approx(float(((fit - correct) ** 2).mean()), abs=1e-9)


def test_the_interval_of_the_uncertainty_is_the_image_of_the_accuracys() -> None:
    """434 of 500: Wilson [.835505, .894883], where p(1 − p) falls: [.894883 · .105117, .835505 · .164495]."""
    sure = estimate(murphy_uncertainty, CalibrationTable.from_counts({0.9: (500, 434)}))

    assert (sure.low, sure.high) == pytest.approx((0.894883 * 0.105117, 0.835505 * 0.164495), abs=1e-6)
    assert sure.method == "image of the accuracy's Wilson interval"


def test_where_the_accuracy_may_be_one_half_the_uncertainty_may_be_greatest() -> None:
    """A percentile bootstrap would end below 0.25, which no resample exceeds."""
    table = CalibrationTable.from_counts({0.9: (100, 48)})
    sure, right = estimate(corp_unc, table), estimate(accuracy, table)

    assert right.low is not None
    assert right.high is not None
    assert sure.high == 0.25
    assert sure.low == pytest.approx(min(right.low * (1 - right.low), right.high * (1 - right.high)))


def test_the_uncertainty_of_one_cluster_has_no_interval_for_the_reason_that_the_accuracy_has_none() -> None:
    """One cluster says nothing of how clusters vary."""
    table = ClusterTable.from_rows([0.9, 0.8], [1, 0], ["a", "a"])

    assert estimate(murphy_uncertainty, table).low is None
    assert estimate(murphy_uncertainty, table).warnings == estimate(accuracy, table).warnings


def test_a_million_distinct_confidences_are_pooled_in_linear_time() -> None:
    """Falling accuracy pools everything in one block, the most work there is: as many right as before."""
    n = 10**6
    confidence = np.arange(1, n + 1) / n
    n_correct = np.arange(n) < n // 2
    table = CalibrationTable(confidence, np.ones(n, dtype=np.int64), n_correct.astype(np.int64))
    blocks, right = pooled_blocks(table)

    assert (blocks.tolist(), right.tolist()) == ([n], [n // 2])
    assert math.isclose(corp_unc(table), 0.25)
