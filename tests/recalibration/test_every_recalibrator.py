"""What every method must do, those not yet written included: the list is what `--method` finds.

scikit-learn's own checks are run where they feed no data. Those that do feed columns of any real numbers in two
dimensions, and a confidence is one number in [0, 1]; the tests below ask the same of rows that a method is made for.
"""

import pickle
from collections.abc import Callable
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from selfexplain import plugins
from selfexplain.calibration import auroc
from selfexplain.errors import InputError, SelfexplainError, Undefined
from selfexplain.recalibration import Beta, ConfidenceMap, Isotonic, Platt, Temperature, ValueMap
from selfexplain.recalibration.confidence_map import Provenance
from selfexplain.recalibration.recalibrator import Recalibrator

METHODS = plugins.recalibrators()

VALUES = [0.0, 0.05, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]
GRID = np.linspace(0, 1, 1001)

Rows = list[tuple[float, int]]
ROWS = st.lists(st.tuples(st.sampled_from(VALUES), st.integers(0, 1)), min_size=1, max_size=40)

CONFIDENCE = [0.6] * 10 + [0.8] * 10 + [0.9] * 10
CORRECT = ([1] * 4 + [0] * 6) + ([1] * 5 + [0] * 5) + ([1] * 8 + [0] * 2)

every_method = pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)


def fitted(make: Callable[[], Recalibrator], rows: Rows, weight: list[float] | None = None) -> Recalibrator:
    """Fit, or give the example up where the method says that these rows determine no map."""
    try:
        return make().fit([c for c, _ in rows], [y for _, y in rows], weight)
    except Undefined:
        hypothesis.reject()


def saved(recalibrator: Recalibrator) -> ConfidenceMap:
    made = Provenance("", "", "", "given", "", "", 1, 1, recalibrator.method, {}, {}, "", "")
    return ConfidenceMap(tuple(recalibrator.knots()), recalibrator.error_bound, made)


def test_the_five_methods_are_found() -> None:
    """The search itself works; methods added later make the list longer."""
    assert {"temperature", "platt", "beta", "isotonic", "value-map"} <= set(METHODS)


@every_method
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimators_unfitted,
    ],
    ids=lambda check: check.__name__.removeprefix("check_"),
)
def test_scikit_learns_checks_without_data_pass(make: Callable[[], Recalibrator], check: Any) -> None:
    """Parameters are kept as they are, copied, changed and shown; nothing is predicted before it is learned."""
    check(make().method, make())


@every_method
def test_a_method_behaves_as_an_estimator_does(make: Callable[[], Recalibrator]) -> None:
    """Fit returns itself, keeps parameters and data, forgets what it had learned, and survives a pickle."""
    confidence, correct = np.array(CONFIDENCE), np.array(CORRECT)
    for array in (confidence, correct):
        array.flags.writeable = False
    recalibrator = make()
    before = recalibrator.get_params()

    assert recalibrator.fit(confidence, correct) is recalibrator
    first = recalibrator.predict(confidence)
    assert recalibrator.get_params() == before
    assert np.array_equal(pickle.loads(pickle.dumps(recalibrator)).predict(confidence), first)
    assert np.array_equal(recalibrator.fit([0.5, 0.9], [1, 0]).fit(CONFIDENCE, CORRECT).predict(confidence), first)
    assert np.array_equal(make().fit(pd.Series(CONFIDENCE), pd.Series(CORRECT)).predict(confidence), first)
    with pytest.raises(NotFittedError):
        clone(recalibrator).predict(confidence)


@every_method
def test_a_table_of_one_column_is_that_column(make: Callable[[], Recalibrator]) -> None:
    """As scikit-learn's cross-validation and a data frame have it; of two columns neither is meant."""
    stated, right = np.array(CONFIDENCE), np.array(CORRECT)
    alone = make().fit(stated, right).predict(stated)

    assert np.array_equal(make().fit(stated[:, None], right).predict(stated[:, None]), alone)
    assert np.array_equal(make().fit(pd.DataFrame({"c": stated}), right).predict(pd.DataFrame({"c": stated})), alone)
    with pytest.raises(InputError, match="2 dimensions"):
        make().fit(np.column_stack([stated, stated]), right)


@every_method
def test_a_method_says_what_it_is(make: Callable[[], Recalibrator]) -> None:
    """Definition, how it misleads, edge cases, source and an example that runs."""
    page = make().__doc__ or ""

    for part in ("**Definition.**", "**How it misleads.**", "**Edge cases.**", "References", ">>> "):
        assert part in page


@every_method
def test_unusable_rows_are_refused_with_their_place(make: Callable[[], Recalibrator]) -> None:
    for confidence, correct, weight, says in (
        ([0.5, 95.0], [1, 0], None, r"`confidence\[1\]` is 95"),
        ([0.5, 0.9], [1, 2], None, r"`correct\[1\]` is 2"),
        ([0.5, 0.9], [1], None, "`correct` has 1 rows"),
        ([0.5, 0.9], [1, 0], [1.0], "`sample_weight` has shape"),
        ([0.5, 0.9], [1, 0], [1.0, -1.0], r"`sample_weight\[1\]` is -1"),
        ([0.5, 0.9], [1, 0], [float("inf"), 1.0], r"`sample_weight\[0\]` is inf"),
    ):
        with pytest.raises(InputError, match=says):
            make().fit(confidence, correct, weight)
    with pytest.raises(Undefined):
        make().fit([], [])
    with pytest.raises(Undefined):
        make().fit([0.5], [1], [0.0])
    with pytest.raises(InputError):
        make().fit(CONFIDENCE, CORRECT).predict([float("nan")])


@every_method
@given(rows=ROWS)
def test_every_prediction_is_a_probability_or_nothing_was_learned(make: Callable[[], Recalibrator], rows: Rows) -> None:
    """One value, one class, 0 and 1 included."""
    predicted = fitted(make, rows).predict(GRID)

    assert np.isfinite(predicted).all()
    assert (predicted >= 0).all()
    assert (predicted <= 1).all()


@every_method
@given(rows=ROWS, data=st.data())
def test_a_weight_is_a_number_of_rows(make: Callable[[], Recalibrator], rows: Rows, data: st.DataObject) -> None:
    """Also in another order; and a row of weight 0 is not there."""
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    assume(any(times))
    repeated = [row for row, n in zip(rows, times, strict=True) for _ in range(n)]

    weighted = fitted(make, rows, [float(n) for n in times]).predict(GRID)
    assert fitted(make, repeated[::-1]).predict(GRID) == pytest.approx(weighted, abs=1e-9)


@every_method
@given(rows=ROWS)
def test_the_saved_points_are_the_map(make: Callable[[], Recalibrator], rows: Rows) -> None:
    """Everywhere in [0, 1], within the bound that the file states."""
    recalibrator = fitted(make, rows)
    as_points = saved(recalibrator)

    grid = np.concatenate([GRID, np.geomspace(1e-6, 0.02, 300), 1 - np.geomspace(1e-6, 0.02, 300)])
    off = np.abs(np.array([as_points(c) for c in grid.tolist()]) - recalibrator.predict(grid))
    assert off.max() <= recalibrator.error_bound + 1e-9


@pytest.mark.parametrize("make", [Temperature, Platt, Beta, Isotonic])
@given(rows=ROWS)
def test_a_map_that_promises_never_to_fall_never_falls(make: Callable[[], Recalibrator], rows: Rows) -> None:
    """Also when the surest answers are the worst."""
    assert (np.diff(fitted(make, rows).predict(GRID)) >= -1e-12).all()


def is_rising(recalibrator: Recalibrator) -> bool:
    """Tell whether what was learned makes it strictly rising, and no steeper than doubles can show."""
    slopes = [value for name, value in recalibrator.learned().items() if name not in {"intercept", "d"}]
    return max(slopes) > 1e-3 and all(value < 4 for value in slopes)


@pytest.mark.parametrize("make", [Temperature, Platt, Beta])
@given(rows=ROWS)
def test_a_strictly_rising_map_leaves_the_auroc_as_it_was(make: Callable[[], Recalibrator], rows: Rows) -> None:
    """On the answers themselves, with one map."""
    recalibrator = fitted(make, rows)
    confidence, correct = [c for c, _ in rows], [y for _, y in rows]
    assume(is_rising(recalibrator) and 0 < sum(correct) < len(correct))

    assert auroc(recalibrator.predict(confidence), correct) == pytest.approx(auroc(confidence, correct), abs=1e-12)


@pytest.mark.parametrize(
    ("recalibrator", "says"),
    [
        (Temperature(clip=0.0), "`clip`"),
        (Platt(clip=0.5), "`clip`"),
        (Beta(clip=-1), "`clip`"),
        (Isotonic(shrink=-1), "`shrink`"),
        (ValueMap(m=float("nan")), "`m`"),
    ],
)
def test_impossible_parameters_are_refused_when_they_are_used(recalibrator: Recalibrator, says: str) -> None:
    with pytest.raises(InputError, match=says):
        recalibrator.fit(CONFIDENCE, CORRECT)


def test_an_unknown_method_is_answered_with_what_there_is() -> None:
    with pytest.raises(SelfexplainError) as refused:
        plugins.recalibrator("histogram")

    assert "value-map" in (refused.value.hint or "")
