"""Out of fold means out of fold: no prediction may know anything of its own cluster."""

from typing import Any, ClassVar, Self

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.calibration import ece
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats
from selfexplain.recalibration import Isotonic, Temperature, ValueMap, cross_fitted
from selfexplain.recalibration.cross_fitting import fold_of

Rows = list[tuple[float, int, int]]
ROWS = st.lists(
    st.tuples(st.sampled_from([0.3, 0.6, 0.8, 0.9]), st.integers(0, 1), st.integers(0, 9)), min_size=30, max_size=60
).filter(lambda rows: len({cluster for _, _, cluster in rows}) >= 5)


def columns(rows: Rows) -> tuple[list[float], list[int], list[int]]:
    return [c for c, _, _ in rows], [y for _, y, _ in rows], [g for _, _, g in rows]


@given(rows=ROWS, chosen=st.integers(0, 59))
def test_what_a_cluster_did_does_not_move_its_own_predictions(rows: Rows, chosen: int) -> None:
    """All its outcomes are turned round: bit for bit the same for it, and not for all others."""
    cluster = rows[chosen % len(rows)][2]
    turned = [(c, 1 - y if g == cluster else y, g) for c, y, g in rows]
    before, after = (cross_fitted(ValueMap(m=1), *columns(each)) for each in (rows, turned))

    own = np.array([g == cluster for _, _, g in rows])
    assert np.array_equal(before[own], after[own])


def test_outcomes_of_other_clusters_do_move_them() -> None:
    """Else the test above could not fail."""
    rows = [(0.9, y, g) for g in range(10) for y in (0, 1)]
    turned = [(c, 1 if g == 3 else y, g) for c, y, g in rows]
    before, after = (cross_fitted(ValueMap(m=1), *columns(each)) for each in (rows, turned))

    assert (before != after).sum() == 16  # all but the two folds' mates: cluster 3 and the one dealt with it


@given(rows=ROWS, seed=st.integers(0, 9))
def test_the_order_of_rows_makes_no_difference(rows: Rows, seed: int) -> None:
    """The same clusters are dealt to the same folds."""
    order = np.random.default_rng(seed).permutation(len(rows))

    straight = cross_fitted(ValueMap(), *columns(rows), seed=seed)
    shuffled = cross_fitted(ValueMap(), *columns([rows[at] for at in order]), seed=seed)
    assert straight[order] == pytest.approx(shuffled, abs=1e-12)


class Counting(ValueMap):
    """Remembers, over all its copies, how many rows it learned from and predicted."""

    seen: ClassVar[list[tuple[str, int]]] = []

    def fit(self, confidence: Any, correct: Any, sample_weight: Any = None) -> Self:
        self.seen.append(("fit", len(confidence)))
        return super().fit(confidence, correct, sample_weight)

    def predict(self, confidence: Any) -> Floats:
        self.seen.append(("predict", len(confidence)))
        return super().predict(confidence)


def test_every_row_is_predicted_once_by_a_map_from_the_others() -> None:
    """Eleven clusters of two rows in five folds: three, two, two, two, two; the original learns nothing."""
    Counting.seen.clear()
    original = Counting()
    cross_fitted(original, [0.9] * 22, [0, 1] * 11, [at // 2 for at in range(22)])

    predicted = [n for what, n in Counting.seen if what == "predict"]
    assert sorted(predicted) == [4, 4, 4, 4, 6]
    assert [n for what, n in Counting.seen if what == "fit"] == [22 - n for n in predicted]
    assert not hasattr(original, "fitted_")


def test_folds_are_dealt_evenly_and_by_the_seed() -> None:
    assert sorted(np.bincount(fold_of(13, 5, seed=0)).tolist()) == [2, 2, 3, 3, 3]
    assert np.array_equal(fold_of(13, 5, seed=0), fold_of(13, 5, seed=0))
    assert not np.array_equal(fold_of(13, 5, seed=0), fold_of(13, 5, seed=1))


def test_in_sample_flatters_and_out_of_fold_does_not() -> None:
    """300 answers, every confidence a lie: right half the time whatever is said. Stairs through the noise."""
    rng = np.random.default_rng(5)
    confidence, correct = np.round(rng.random(300), 6), rng.integers(0, 2, 300)
    in_sample = ece(Isotonic(shrink=0).fit(confidence, correct).predict(confidence), correct, scheme="distinct")
    out_of_fold = ece(cross_fitted(Isotonic(shrink=0), confidence, correct), correct, scheme="distinct")

    assert in_sample < 1e-9
    assert out_of_fold > 0.05


def test_too_few_clusters_or_folds_are_refused() -> None:
    for clusters, folds, says in ((["a", "a", "b", "b"], 3, "2 clusters cannot be dealt to 3"), (None, 1, "`folds`")):
        with pytest.raises(InputError, match=says):
            cross_fitted(ValueMap(), [0.9] * 4, [1, 0, 1, 1], clusters, folds=folds)
    with pytest.raises(InputError, match="0 clusters"):
        cross_fitted(ValueMap(), [], [])


def test_what_determines_no_map_names_the_fold() -> None:
    """All right and all above 0.5: no temperature."""
    with pytest.raises(Undefined, match=r"without fold 1 of 5: no temperature") as undefined:
        cross_fitted(Temperature(), [0.9] * 10, [1] * 10)

    assert "value-map" in (undefined.value.hint or "")
