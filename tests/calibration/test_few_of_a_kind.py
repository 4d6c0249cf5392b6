"""Intervals that rest on few answers of one kind: made with more care, or shown with a warning."""

import numpy as np
import pytest

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    accuracy,
    accuracy_at_coverage,
    augrc,
    auroc,
    brier,
    calibration_slope,
    estimate,
    gap,
    log_loss,
    mean_confidence,
)
from selfexplain.calibration.few_of_a_kind import RarerKind, few_of_a_kind, rarer_kind
from selfexplain.calibration.metric import Metric
from selfexplain.inference import TOO_NARROW, mean_by_t, mean_with_pseudo_rows, t_quantile

THREE_WRONG = CalibrationTable.from_counts({0.9: (40, 38), 0.95: (60, 59)})
MANY_WRONG = CalibrationTable.from_counts({0.9: (400, 340), 0.95: (600, 520)})


def test_the_rarer_kind_is_counted_in_rows_or_in_clusters_that_have_it() -> None:
    """Two wrong answers to one question are one unit."""
    together = ClusterTable.from_rows([0.9] * 6, [0, 0, 1, 1, 1, 1], ["a", "a", "b", "b", "c", "c"])

    assert rarer_kind(THREE_WRONG) == RarerKind(3, "wrong answers")
    assert rarer_kind(together) == RarerKind(1, "cluster with a wrong answer")
    assert rarer_kind(CalibrationTable.from_counts({0.1: (50, 1)})) == RarerKind(1, "right answer")
    assert few_of_a_kind(MANY_WRONG) == ()


def test_pseudo_rows_are_those_of_agresti_and_coull() -> None:
    """Of 100 shares 3 are hits: (3 + 2)/(100 + 4) ± t · √(104/103 · p(1 − p)/104), t for 100 rows."""
    sure = mean_with_pseudo_rows([1.0, 0.0], (1.0, 0.0), within=(0.0, 1.0), times=[3, 97])
    middle = 5 / 104
    half = t_quantile(0.95, 99) * (middle * (1 - middle) / 103) ** 0.5

    assert sure.value == 0.03
    assert (sure.low, sure.high) == pytest.approx((max(0.0, middle - half), middle + half), abs=1e-12)


def test_one_row_per_cluster_makes_the_interval_of_rows() -> None:
    """The formula for clusters contains the other."""
    x = [0.01] * 50 + [0.81] * 2
    rows = mean_with_pseudo_rows(x, (0.01, 0.81), within=(0.0, 1.0))
    clusters = mean_with_pseudo_rows(x, (0.01, 0.81), np.arange(52), within=(0.0, 1.0))

    assert (clusters.low, clusters.high) == pytest.approx((rows.low, rows.high), abs=1e-12)
    assert "clusters" in clusters.method


def test_means_of_scores_get_pseudo_rows_where_a_kind_is_rare_and_only_there() -> None:
    """Named in the method; the mean confidence has no kinds."""
    for metric in (gap, brier, log_loss):
        few, many = estimate(metric, THREE_WRONG), estimate(metric, MANY_WRONG)
        assert few.method == "t interval with four pseudo-rows"
        assert "pseudo" not in many.method
        assert few.value == metric(THREE_WRONG)
    assert estimate(mean_confidence, THREE_WRONG).method == "t interval"
    assert estimate(accuracy, THREE_WRONG).method == "Wilson interval"


def test_without_a_wrong_answer_the_gap_is_still_uncertain() -> None:
    """Confidences of 0.99 and 1 and no miss in 100: one in 50 may still be wrong, and t alone would exclude it."""
    table = CalibrationTable.from_counts({0.99: (50, 50), 1.0: (50, 50)})
    sure, t = estimate(gap, table), mean_by_t([-0.01, 0.0], within=(-1.0, 1.0), times=[50, 50])

    assert sure.high is not None
    assert t.high is not None
    assert t.high < 0.0
    assert sure.high > 0.015


@pytest.mark.parametrize("metric", [auroc, calibration_slope, accuracy_at_coverage], ids=["auroc", "slope", "accuracy"])
def test_intervals_that_are_too_narrow_say_so(metric: object) -> None:
    """With three wrong answers of 100, and not with 140 of 1000."""
    assert any(TOO_NARROW in word and "3 wrong answers" in word for word in estimate(metric, THREE_WRONG).warnings)  # type: ignore[arg-type]
    assert not any(TOO_NARROW in word for word in estimate(metric, MANY_WRONG).warnings)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", [gap, auroc], ids=lambda metric: metric.facts.name)
def test_a_single_cluster_has_no_interval_however_rare_a_kind_is(metric: Metric[...]) -> None:
    """Nothing is known of how clusters vary, however well the answers of this one are told apart."""
    alone = estimate(metric, ClusterTable.from_rows([0.9, 0.8, 0.7], [1, 1, 0], ["a", "a", "a"]))

    assert alone.low is None
    assert alone.warnings


@pytest.mark.parametrize(
    "metric", [accuracy, gap, brier, auroc, augrc, calibration_slope], ids=lambda metric: metric.facts.name
)
def test_a_few_clusters_that_hold_most_rows_make_every_interval_over_clusters_say_so(metric: Metric[...]) -> None:
    """90 clusters of two rows and 10 of 40: (580)²/(90·4 + 10·1600) = 20.6 clusters' worth; alike, 100."""
    rng = np.random.default_rng(7)
    confidence = rng.choice([0.5, 0.7, 0.9], size=580)
    correct = rng.random(580) < confidence - 0.2
    unequal = np.repeat(np.arange(100), [2] * 90 + [40] * 10)
    alike = np.repeat(np.arange(116), 5)

    warned = estimate(metric, ClusterTable.from_rows(confidence, correct, unequal)).warnings

    assert any(
        "100 clusters, so unequal that they count as 21; below 60 it tends to be too narrow" in w for w in warned
    )
    assert not estimate(metric, ClusterTable.from_rows(confidence, correct, alike)).warnings
