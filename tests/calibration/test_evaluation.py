"""From rows to every number: groups, clusters, coverage and the numbers behind the reliability picture."""

import json

import numpy as np
import pytest

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    Reliability,
    accuracy,
    auroc,
    brier,
    coverage,
    ece,
    estimate,
    evaluate,
    gap,
    log_loss,
    mean_confidence,
)
from selfexplain.errors import InputError

ALL = [accuracy, mean_confidence, gap, brier, log_loss, ece, auroc]


def test_an_evaluation_is_strict_json_with_groups_shown_apart() -> None:
    """n, metrics, for each group by name n and metrics, and the counts."""
    evaluation = evaluate([0.9, 0.9, 0.6, 0.6], [1, 0, 1, 0], metrics=[gap], group=["b", "b", "a", None])
    plain = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))

    assert list(plain) == ["n", "clusters", "metrics", "groups", "table", "reliability"]
    assert plain["n"] == 4
    assert plain["metrics"]["gap"]["value"] == pytest.approx(0.25)
    assert list(plain["groups"]) == ["a", "b"]
    assert plain["groups"]["b"]["metrics"]["gap"]["value"] == pytest.approx(0.4)
    assert plain["groups"]["a"]["n"] == 1


def test_an_empty_evaluation_has_a_reason_for_every_metric() -> None:
    """No usable row is a result to be shown, not an exception."""
    evaluation = evaluate([], [], metrics=ALL)

    assert evaluation.n == 0
    assert {each.undefined for each in evaluation.metrics.values()} == {"no graded answer with a confidence"}


def test_clusters_widen_every_interval_when_their_rows_agree() -> None:
    """Forty questions asked five times with the same answer are forty questions, not two hundred."""
    rng = np.random.default_rng(11)
    confidence = np.repeat(rng.choice([0.5, 0.7, 0.9, 1.0], size=40), 5)
    correct = np.repeat(rng.random(40) < 0.7, 5)
    apart = evaluate(confidence, correct, metrics=ALL)
    together = evaluate(confidence, correct, metrics=ALL, cluster=np.repeat(np.arange(40), 5))

    for name, rows in apart.metrics.items():
        clusters = together.metrics[name]
        assert clusters.value == pytest.approx(rows.value, abs=1e-15)
        assert None not in (rows.low, rows.high, clusters.low, clusters.high)
        assert clusters.high - clusters.low > 1.2 * (rows.high - rows.low)  # type: ignore[operator]


def test_clusters_of_one_row_each_change_nothing() -> None:
    """The iid method is used, by name and by number."""
    confidence, correct = [0.9, 0.8, 0.7, 0.6] * 10, [1, 1, 0, 1, 0, 1, 1, 0] * 5

    assert evaluate(confidence, correct, metrics=ALL, cluster=range(40)).to_dict() == (
        evaluate(confidence, correct, metrics=ALL).to_dict()
    )


def test_rows_that_do_not_fit_are_named() -> None:
    """A group or a cluster for each row, or none at all."""
    with pytest.raises(InputError, match="`group` has 1 rows and `confidence` has 2"):
        evaluate([0.5, 0.5], [1, 0], metrics=ALL, group=["a"])
    with pytest.raises(InputError, match="`cluster` has 3 rows and `confidence` has 2"):
        evaluate([0.5, 0.5], [1, 0], metrics=ALL, cluster=["a", "b", "c"])


def test_percentages_can_be_evaluated_as_such() -> None:
    """The same numbers as after dividing by 100."""
    whole = evaluate([90, 60], [1, 0], metrics=[ece], scale="percent")

    assert whole.to_dict() == evaluate([0.9, 0.6], [1, 0], metrics=[ece]).to_dict()


def test_fewer_than_five_clusters_leave_the_ece_without_an_interval() -> None:
    """Four clusters cannot say how clusters vary; thirty can, with a warning below."""
    confidence, correct = [0.9, 0.5] * 20, [1, 0, 1, 1] * 10

    four = evaluate(confidence, correct, metrics=[ece], cluster=[k % 4 for k in range(40)]).metrics["ece"]
    twenty = evaluate(confidence, correct, metrics=[ece], cluster=[k % 20 for k in range(40)]).metrics["ece"]
    assert (four.low, four.warnings) == (None, ("4 clusters; an interval needs at least 5",))
    assert twenty.low is not None
    assert "rests on 20 clusters" in twenty.warnings[0]


def test_perfect_separation_is_worth_as_many_disjoint_pairs_as_there_are() -> None:
    """Five right above twenty wrong: five pairs, all won; the least p with p⁵ ≥ 0.05 is 0.549280."""
    sure = estimate(auroc, CalibrationTable.from_counts({0.9: (5, 5), 0.4: (20, 0)}))

    assert (sure.value, sure.high) == (1.0, 1.0)
    assert sure.low == pytest.approx(0.549280, abs=1e-6)
    assert sure.method == "exact interval for 5 equal disjoint pairs"


def test_disjoint_pairs_of_clusters_share_no_cluster() -> None:
    """Six clusters with a right and a wrong answer each make three pairs of different clusters."""
    table = ClusterTable.from_rows([0.9, 0.1] * 6, [1, 0] * 6, np.arange(12) // 2)

    assert estimate(auroc, table).method == "exact interval for 3 equal disjoint pairs"


@pytest.mark.parametrize(("usable", "cluster"), [([1] * 97 + [0] * 3, None), ([1] * 97 + [0] * 3, range(100))])
def test_coverage_is_a_share_with_wilsons_interval(usable: list[int], cluster: range | None) -> None:
    """97 of 100: the score interval is [0.915481, 0.989745], the roots of (p − 0.97)² = z² p(1 − p)/100."""
    share = coverage(usable, cluster=cluster)

    assert share.value == 0.97
    assert (share.low, share.high) == pytest.approx((0.915481, 0.989745), abs=1e-6)


def test_coverage_of_repeats_counts_questions() -> None:
    """Ten questions asked ten times, one of them never usable: t over ten clusters, not Wilson over a hundred rows."""
    share = coverage([0] * 10 + [1] * 90, cluster=np.repeat(np.arange(10), 10))

    assert (share.value, share.method) == (0.9, "t interval over 10 clusters")
    assert share.low == pytest.approx(0.9 - 2.262157 * 0.1, abs=1e-6)  # SE = √(10/9 · (81 + 9))/100 = 0.1


def test_coverage_of_nothing_is_undefined() -> None:
    """Nothing asked, nothing covered."""
    assert coverage([]).undefined == "nothing was asked"


def test_the_reliability_picture_shows_bins_that_are_not_empty() -> None:
    """0.85 and 0.9 share (0.8, 0.9]: promised 0.875, kept 16 of 20. 0.5 has (0.4, 0.5] to itself."""
    summary = Reliability.of(CalibrationTable.from_counts({0.5: (4, 3), 0.85: (10, 7), 0.9: (10, 9)}))

    assert summary.left.tolist() == [0.4, 0.8]
    assert summary.right.tolist() == [0.5, 0.9]
    assert summary.mean_confidence.tolist() == pytest.approx([0.5, 0.875])
    assert summary.accuracy.tolist() == [0.75, 0.8]
    assert summary.n.tolist() == [4, 20]
    assert summary.n_correct.tolist() == [3, 16]
    json.dumps(summary.to_dict(), allow_nan=False)


def test_the_bands_of_the_reliability_picture_hold_together() -> None:
    """Two bins at 95 % in all: each at √0.95. All ten of ten: the lower limit p solves p¹⁰ = (1 − √0.95)/2."""
    summary = Reliability.of(CalibrationTable.from_counts({0.5: (10, 10), 0.9: (10, 0)}))
    limit = ((1 - 0.95**0.5) / 2) ** 0.1

    assert summary.low.tolist() == pytest.approx([limit, 0.0])
    assert summary.high.tolist() == pytest.approx([1.0, 1 - limit])


def test_the_reliability_of_nothing_is_empty() -> None:
    """A picture without dots, not an error."""
    assert Reliability.of(CalibrationTable.from_counts({})).to_dict()["n"] == []
