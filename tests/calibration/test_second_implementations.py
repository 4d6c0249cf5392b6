"""Every metric twice: as counts here, and straight from its definition in exact fractions or by scikit-learn."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from selfexplain.calibration import CalibrationTable, accuracy, auroc, brier, ece, gap, log_loss, mean_confidence
from selfexplain.calibration.area_under_roc import delong_standard_error
from selfexplain.calibration.metric import Metric

Rows = list[tuple[float, int]]

HUNDREDTHS = st.integers(0, 100).map(lambda k: k / 100)
ROWS = st.lists(st.tuples(HUNDREDTHS, st.integers(0, 1)), min_size=1, max_size=30)
BOTH_CLASSES = ROWS.filter(lambda rows: len({y for _, y in rows}) == 2)
BINS = st.integers(1, 25)


def exact(rows: Rows) -> list[tuple[Fraction, int]]:
    """Return each confidence as the decimal it prints as."""
    return [(Fraction(str(c)), y) for c, y in rows]


def columns(rows: Rows) -> tuple[list[float], list[int]]:
    return [c for c, _ in rows], [y for _, y in rows]


def mean_of(score: Callable[[Fraction, int], Fraction | int]) -> Callable[[Rows], Fraction]:
    return lambda rows: sum((Fraction(score(c, y)) for c, y in exact(rows)), Fraction(0)) / len(rows)


def slow_ece(rows: Rows, bins: int = 10) -> Fraction:
    """Walk through the bins (k/bins, (k+1)/bins] one by one."""
    error = Fraction(0)
    for k in range(bins):
        low, high = Fraction(k, bins), Fraction(k + 1, bins)
        inside = [c - y for c, y in exact(rows) if low < c <= high or (k == 0 and c == 0)]
        error += abs(sum(inside, Fraction(0)))
    return error / len(rows)


def slow_auroc(rows: Rows) -> Fraction:
    """Ask every pair."""
    right, wrong = ([c for c, y in exact(rows) if y == wanted] for wanted in (1, 0))
    won = sum((Fraction(r > w) + Fraction(r == w, 2) for r, w in product(right, wrong)), Fraction(0))
    return won / (len(right) * len(wrong))


@pytest.mark.parametrize(
    ("metric", "slow"),
    [
        (accuracy, mean_of(lambda _, y: y)),
        (mean_confidence, mean_of(lambda c, _: c)),
        (gap, mean_of(lambda c, y: c - y)),
        (brier, mean_of(lambda c, y: (c - y) ** 2)),
        (ece, slow_ece),
    ],
    ids=["accuracy", "mean_confidence", "gap", "brier", "ece"],
)
@given(rows=ROWS)
def test_the_metric_is_its_definition_in_exact_fractions(
    metric: Metric[...], slow: Callable[[Rows], Fraction], rows: Rows
) -> None:
    """Row by row, without a table and without floating point."""
    assert metric(*columns(rows)) == pytest.approx(float(slow(rows)), abs=1e-12)


@given(BOTH_CLASSES)
def test_the_auroc_is_the_share_of_pairs_won(rows: Rows) -> None:
    """Exactly: numerator and denominator are whole."""
    assert auroc(*columns(rows)) == float(slow_auroc(rows))


@given(ROWS)
def test_the_log_loss_is_the_mean_surprise(rows: Rows) -> None:
    """Row by row with math.log."""
    expected = [-math.log(min(max(c if y else 1 - c, 0.005), 0.995)) for c, y in rows]

    assert log_loss(*columns(rows)) == pytest.approx(math.fsum(expected) / len(rows), abs=1e-12)


@given(BOTH_CLASSES)
def test_scikit_learn_agrees_where_it_has_the_metric(rows: Rows) -> None:
    """Brier, AUROC, and log loss on confidences clipped beforehand."""
    confidence, correct = columns(rows)

    assert brier(confidence, correct) == pytest.approx(brier_score_loss(correct, confidence), abs=1e-12)
    assert auroc(confidence, correct) == pytest.approx(roc_auc_score(correct, confidence), abs=1e-12)
    clipped = np.clip(confidence, 0.005, 0.995)
    assert log_loss(confidence, correct) == pytest.approx(sklearn_log_loss(correct, clipped), abs=1e-12)


@given(BOTH_CLASSES)
def test_scikit_learns_reliability_curve_has_the_same_ece(rows: Rows) -> None:
    """Its curve drops empty bins and keeps no counts, so these are counted here, on its edges."""
    confidence, correct = columns(rows)
    shares, means = calibration_curve(correct, confidence, n_bins=10)
    index = np.searchsorted(np.linspace(0, 1, 11)[1:-1], confidence)
    counts = np.bincount(index)[np.unique(index)]

    assert ece(confidence, correct) == pytest.approx(float(counts @ abs(shares - means) / len(rows)), abs=1e-12)


@given(ROWS, BINS)
def test_the_gap_is_never_larger_than_the_ece_of_any_binning(rows: Rows, bins: int) -> None:
    """The triangle inequality: a gap cannot appear from errors that the bins do not have."""
    table = CalibrationTable.from_rows(*columns(rows))

    assert abs(gap(table)) <= ece(table, bins=bins) + 1e-12
    assert abs(gap(table)) <= ece(table, bins=bins, closed="left") + 1e-12
    assert abs(gap(table)) <= ece(table, bins=bins, scheme="mass") + 1e-12
    assert abs(gap(table)) <= ece(table, scheme="distinct") + 1e-12


@given(ROWS, BINS)
def test_distinct_values_are_the_finest_bins_and_have_the_largest_ece(rows: Rows, bins: int) -> None:
    """Joining bins lets errors cancel and can only lower the sum."""
    table = CalibrationTable.from_rows(*columns(rows))

    assert ece(table, bins=bins) <= ece(table, scheme="distinct") + 1e-12
    assert ece(table, bins=bins, scheme="mass") <= ece(table, scheme="distinct") + 1e-12


@given(BOTH_CLASSES)
def test_the_auroc_ignores_how_far_apart_confidences_are(rows: Rows) -> None:
    """Squares keep the order of confidences, hence the AUROC; turning the order round mirrors it."""
    confidence, correct = columns(rows)

    assert auroc([c * c for c in confidence], correct) == auroc(confidence, correct)
    assert auroc([1 - c for c in confidence], correct) == pytest.approx(1 - auroc(confidence, correct), abs=1e-12)


def test_delongs_variance_is_that_of_placements_row_by_row() -> None:
    """Every placement by asking all pairs; the two sample variances over their class sizes."""
    rng = np.random.default_rng(5)
    confidence = rng.integers(0, 8, size=60) / 8
    correct = (rng.random(60) < confidence).astype(int)
    right, wrong = confidence[correct == 1], confidence[correct == 0]
    won = (right[:, None] > wrong) + 0.5 * (right[:, None] == wrong)
    expected = math.sqrt(won.mean(axis=1).var(ddof=1) / len(right) + won.mean(axis=0).var(ddof=1) / len(wrong))

    assert delong_standard_error(CalibrationTable.from_rows(confidence, correct)) == pytest.approx(expected, abs=1e-12)
