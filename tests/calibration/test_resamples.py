"""Many resamples at once: that they are drawn as resamples are, for rows and for whole clusters, small or large."""

import numpy as np
import pytest

from selfexplain.calibration import CalibrationTable, ClusterTable, auroc, brier, estimate, evaluate, gap
from selfexplain.calibration import resamples as module
from selfexplain.calibration.metric import by_bootstrap
from selfexplain.calibration.resamples import coarsened, resamples


@pytest.mark.parametrize("counts", [{0.5: (4, 1), 0.9: (4, 3)}, {0.5: (400, 100), 0.9: (400, 300)}])
def test_a_resample_has_as_many_rows_and_the_same_cells_on_average(counts: dict[float, tuple[int, int]]) -> None:
    """Both ways of drawing (few rows per cell, many rows per cell) are multinomial: mean and variance fit."""
    table = CalibrationTable.from_counts(counts)
    drawn = resamples(table, seed=1, replicates=3000)
    right, rows = drawn.n_correct[:, 1], table.total
    share = counts[0.9][1] / rows

    assert set(drawn.n.sum(axis=1).tolist()) == {rows}
    assert right.mean() / rows == pytest.approx(share, abs=0.01)
    assert right.var() / rows == pytest.approx(share * (1 - share), rel=0.1)


def test_what_never_happened_never_happens_in_a_resample() -> None:
    """No wrong answer at 1 and no right one at 0.1: their cells stay empty, at ten rows and at a billion."""
    for rows in (10, 10**9):
        drawn = resamples(CalibrationTable.from_counts({0.1: (rows, 0), 1.0: (rows, rows)}), replicates=200)

        assert drawn.n_correct[:, 0].max() == 0
        assert np.array_equal(drawn.n_correct[:, 1], drawn.n[:, 1])


def test_resamples_as_tables_have_no_empty_confidences() -> None:
    """Four rows, four values: a resample that has one of them twice lacks another."""
    drawn = resamples(CalibrationTable.from_rows([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1]), replicates=50)

    for table, n in zip(drawn.tables(), drawn.n, strict=True):
        assert table.total == 4
        assert table.n.min() >= 1
        assert len(table.n) == np.count_nonzero(n)


@pytest.mark.parametrize("dense", [True, False])
def test_a_resample_of_clusters_keeps_each_cluster_whole(monkeypatch: pytest.MonkeyPatch, dense: bool) -> None:  # noqa: FBT001
    """Three clusters with 1, 10 and 100 rows: every total is a sum of three of these."""
    if not dense:  # as if the table had too many values for a matrix of clusters and cells
        monkeypatch.setattr(module, "AT_ONCE", 2)
    size = [1, 10, 100]
    table = ClusterTable.from_rows(np.full(111, 0.5), [0] * 100 + [1] * 11, np.repeat(["a", "b", "c"], [100, 10, 1]))
    drawn = resamples(table, seed=2, replicates=200)
    totals = set(drawn.n.sum(axis=1).tolist())

    assert totals <= {i + j + k for i in size for j in size for k in size}
    assert len(totals) == 10  # all multisets of three
    assert set((drawn.n - drawn.n_correct).ravel().tolist()) <= {0, 100, 200, 300}  # the wrong ones are one cluster


def test_both_ways_of_adding_up_clusters_give_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product of matrices and the sum entry by entry, from the same draws."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(30), 4)
    table = ClusterTable.from_rows(rng.choice([0.5, 0.8, 1.0], 120), rng.random(120) < 0.6, owner)
    product = resamples(table, seed=4, replicates=100)
    monkeypatch.setattr(module, "AT_ONCE", 60)
    entries = resamples(table, seed=4, replicates=101)  # another number, so that the last draws are not handed out

    assert np.array_equal(product.n, entries.n[:100])
    assert np.array_equal(product.n_correct, entries.n_correct[:100])


def test_all_metrics_of_one_table_share_one_set_of_draws() -> None:
    """Drawn once per table and seed, and not handed to another table or seed."""
    table = CalibrationTable.from_counts({0.5: (20, 9), 0.9: (30, 27)})
    same = CalibrationTable.from_counts({0.5: (20, 9), 0.9: (30, 27)})
    drawn = resamples(table, seed=5)

    assert resamples(table, seed=5) is drawn
    assert np.array_equal(resamples(same, seed=5).n, drawn.n)
    assert not np.array_equal(resamples(table, seed=6).n, drawn.n)


def test_the_bootstrap_of_a_mean_is_its_normal_interval() -> None:
    """500 rows: the percentile interval of the gap lies within a twentieth of its width from that of t."""
    table = CalibrationTable.from_counts({0.5: (100, 40), 0.8: (200, 170), 1.0: (200, 180)})
    drawn, exact = by_bootstrap(gap, table, level=0.95, seed=0), estimate(gap, table)

    assert drawn.low is not None
    assert exact.low is not None
    assert exact.high is not None
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=(exact.high - exact.low) / 20)


@pytest.mark.parametrize("clustered", [False, True])
def test_a_table_of_very_many_values_has_the_interval_of_the_mean(clustered: bool) -> None:  # noqa: FBT001
    """Token probabilities, all distinct: the bootstrap of the Brier score is within a twelfth of the interval of t."""
    rng = np.random.default_rng(8)
    confidence = rng.random(6000)
    correct = rng.random(6000) < confidence
    table = CalibrationTable.from_rows(confidence, correct)
    counts = ClusterTable.from_rows(confidence, correct, np.arange(6000) // 4) if clustered else table
    drawn, exact = by_bootstrap(brier, counts, level=0.95, seed=0), estimate(brier, counts)

    assert drawn.value == exact.value
    assert exact.low is not None
    assert exact.high is not None
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=(exact.high - exact.low) / 12)


def test_resamples_of_very_many_values_have_few_enough_to_be_held() -> None:
    """Three thousand values in at most a thousand blocks of equal mass, with the same rows and mean confidence."""
    rng = np.random.default_rng(9)
    table = CalibrationTable.from_rows(rng.random(3000), rng.integers(0, 2, 3000))
    coarse = coarsened(table).pooled
    drawn = resamples(table, replicates=20)

    assert len(coarse.n) == drawn.n.shape[1] == 1000
    assert set(coarse.n.tolist()) == {3}
    assert gap(coarse) == pytest.approx(gap(table), abs=1e-12)
    assert auroc(coarse) == pytest.approx(auroc(table), abs=1e-3)
    assert set(drawn.n.sum(axis=1).tolist()) == {3000}


def test_few_values_are_not_touched() -> None:
    """A thousand values are themselves."""
    table = CalibrationTable.from_rows(np.arange(1000) / 1000, [0, 1] * 500)

    assert coarsened(table) is table


def test_an_evaluation_does_not_depend_on_which_other_metrics_are_asked() -> None:
    """By seed and table alone."""
    confidence, correct = [0.9, 0.8, 0.6, 0.5] * 15, [1, 1, 0, 1, 0, 1] * 10
    clusters = np.arange(60) // 3

    together = evaluate(confidence, correct, metrics=[gap, auroc, brier], cluster=clusters, seed=3)
    alone = evaluate(confidence, correct, metrics=[auroc], cluster=clusters, seed=3)
    assert together.metrics["auroc"] == alone.metrics["auroc"]
