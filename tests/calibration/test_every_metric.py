"""What every metric must do, those not yet written included: the list is made by looking into the package.

To join, put a file with a function marked `@metric` into `selfexplain/calibration/`; nothing here changes.
"""

import dataclasses
import importlib
import inspect
import json
import math
import pkgutil
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import selfexplain.calibration
from selfexplain.calibration import CalibrationTable, ClusterTable, MetricFacts, auroc, estimate, evaluate, gap
from selfexplain.calibration.metric import Metric, metric, over, tabulate
from selfexplain.calibration.resamples import Resamples
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Estimate

Rows = list[tuple[float, int]]

METRICS: list[Metric[...]] = [
    value
    for module in pkgutil.iter_modules(selfexplain.calibration.__path__)
    for value in vars(importlib.import_module(f"selfexplain.calibration.{module.name}")).values()
    if isinstance(getattr(value, "facts", None), MetricFacts)
    and value.__module__ == f"selfexplain.calibration.{module.name}"
]

SMALL: dict[str, tuple[list[float], list[int]]] = {
    "one row": ([0.8], [1]),
    "one row at nought": ([0.0], [1]),
    "one row at one": ([1.0], [0]),
    "one class, all right": ([0.7, 0.8, 0.9], [1, 1, 1]),
    "one class, all wrong": ([0.7, 0.8, 0.9], [0, 0, 0]),
    "one value": ([0.9] * 10, [1] * 8 + [0] * 2),
    "one value, all right": ([0.9] * 10, [1] * 10),
    "certain and right": ([1.0] * 10, [1] * 10),
    "certain and wrong": ([1.0] * 10, [0] * 10),
    "told apart perfectly": ([0.9] * 5 + [0.1] * 5, [1] * 5 + [0] * 5),
    "told apart backwards": ([0.9] * 5 + [0.1] * 5, [0] * 5 + [1] * 5),
    "one wrong answer": ([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0]),
}

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0]), st.integers(0, 1)), max_size=25
)

every_metric = pytest.mark.parametrize("metric", METRICS, ids=attrgetter("__name__"))


def value_or_reason(metric: Metric[...], *data: Any) -> float | str:
    try:
        return metric(*data)
    except Undefined as undefined:
        return undefined.message


def table_of(rows: Rows) -> CalibrationTable:
    return CalibrationTable.from_rows([c for c, _ in rows], [y for _, y in rows])


def check(estimate: Estimate, facts: MetricFacts) -> None:
    """Assert that an Estimate is complete, in range and strict JSON."""
    json.dumps(estimate.to_dict(), allow_nan=False)
    lowest, highest = facts.within
    for number in (estimate.value, estimate.low, estimate.high):
        assert number is None or lowest - 1e-9 <= number <= highest + 1e-9
    assert (estimate.value is None) == (estimate.undefined is not None)
    assert (estimate.low is None) == (estimate.high is None)
    if estimate.low is None:
        assert estimate.undefined or estimate.warnings, "no interval, and not a word why"
    elif estimate.high is not None:
        assert estimate.low < estimate.high, "an interval of no width claims certainty"
        assert estimate.method


def test_all_headline_metrics_are_found() -> None:
    """The search itself works; metrics added later make the list longer."""
    assert {"accuracy", "mean_confidence", "gap", "brier", "log_loss", "ece", "auroc"} <= {m.__name__ for m in METRICS}


@every_metric
def test_facts_are_complete(metric: Metric[...]) -> None:
    """What a page prints for somebody who has never heard of calibration, and what a gate must know."""
    facts = metric.facts

    assert facts.name.startswith(metric.__name__)  # a key may say more than a function's name can
    assert facts.title
    assert facts.meaning.endswith(".")
    assert "calibrat" not in facts.meaning.lower()
    assert facts.within[0] < facts.within[1]
    assert facts.best is None or facts.within[0] <= facts.best <= facts.within[1]
    assert facts.direction in {"higher", "lower", "closer", "none"}
    json.dumps(facts.to_dict(), allow_nan=False)


@every_metric
def test_the_docstring_is_the_page_of_the_metric(metric: Metric[...]) -> None:
    """What, definition, how it misleads, edge cases, interval, source and an example that runs."""
    page = inspect.getdoc(metric) or ""

    for part in ("**Definition.**", "**How it misleads.**", "**Edge cases.**", "**Interval.**", "References", ">>> "):
        assert part in page, f"{metric.__name__} lacks {part}"


@every_metric
def test_without_rows_a_metric_is_undefined_and_says_so(metric: Metric[...]) -> None:
    """Neither 0 nor NaN, by either way in."""
    with pytest.raises(Undefined, match="no graded answer with a confidence"):
        metric([], [])
    with pytest.raises(Undefined):
        metric(CalibrationTable.from_counts({}))


@every_metric
@pytest.mark.parametrize("name", SMALL)
def test_small_and_degenerate_tables_give_a_value_in_range_or_a_reason(metric: Metric[...], name: str) -> None:
    """Never NaN, and no interval of no width, for independent rows and for clusters."""
    confidence, correct = SMALL[name]
    value = value_or_reason(metric, confidence, correct)

    assert isinstance(value, str) or not math.isnan(value)
    check(estimate(metric, CalibrationTable.from_rows(confidence, correct)), metric.facts)
    pairs = [place // 2 for place in range(len(correct))]
    check(estimate(metric, ClusterTable.from_rows(confidence, correct, pairs)), metric.facts)


@every_metric
@given(one=ROWS, two=ROWS)
def test_a_metric_is_the_same_merged_or_counted_at_once(metric: Metric[...], one: Rows, two: Rows) -> None:
    """Bit for bit: shards, order of rows, table or arrays make no difference."""
    at_once = value_or_reason(metric, table_of(one + two))
    backwards = list(reversed(one + two))

    assert value_or_reason(metric, table_of(one) + table_of(two)) == at_once
    assert value_or_reason(metric, [c for c, _ in backwards], [y for _, y in backwards]) == at_once


@every_metric
@given(rows=ROWS)
def test_a_value_is_within_its_range(metric: Metric[...], rows: Rows) -> None:
    """As the facts state it."""
    value = value_or_reason(metric, table_of(rows))

    assert isinstance(value, str) or metric.facts.within[0] - 1e-12 <= value <= metric.facts.within[1] + 1e-12


@pytest.mark.parametrize("metric", [each for each in METRICS if each.facts.over_resamples], ids=attrgetter("__name__"))
@settings(max_examples=30)
@given(tables=st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=6, max_size=6), max_size=4))
def test_many_tables_at_once_measure_as_each_of_them_alone(
    metric: Metric[...], tables: list[list[tuple[int, int]]]
) -> None:
    """Confidences that a table does not have, tables of one class and tables without rows among them."""
    confidence = np.array([0.0, 0.3, 0.5, 0.8, 0.95, 1.0])
    counts = np.array(tables, dtype=np.int64).reshape(-1, 6, 2)
    drawn = Resamples(confidence, counts.sum(axis=2), counts[:, :, 0])
    one_by_one = [value_or_reason(metric, table) for table in drawn.tables()]

    expected = [math.nan if isinstance(value, str) else value for value in one_by_one]
    assert over(metric, drawn).tolist() == pytest.approx(expected, abs=1e-12, rel=1e-12, nan_ok=True)


@every_metric
def test_an_interval_is_that_of_the_definition_on_each_resample(metric: Metric[...]) -> None:
    """Taking the formula for many tables away changes neither limit."""
    table = CalibrationTable.from_rows([0.5, 0.6, 0.7, 0.8, 0.9, 0.95] * 10, [1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1] * 5)
    slow = dataclasses.replace(metric.facts, over_resamples=None)

    def by_definition(*args: Any) -> float:
        return metric(*args)

    by_definition.facts = slow  # type: ignore[attr-defined]
    fast, one_by_one = estimate(metric, table), estimate(by_definition, table)  # type: ignore[arg-type]
    assert (fast.low, fast.high) == pytest.approx((one_by_one.low, one_by_one.high), abs=1e-12)


@every_metric
def test_repeats_of_a_question_do_not_make_the_interval_narrower(metric: Metric[...]) -> None:
    """Sixty questions, each row copied five times: as clusters no narrower than the sixty rows themselves."""
    confidence = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95] * 10
    correct = [1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1] * 5
    once = estimate(metric, CalibrationTable.from_rows(confidence, correct))
    copied = estimate(metric, ClusterTable.from_rows(confidence * 5, correct * 5, list(range(60)) * 5))
    pooled = estimate(metric, CalibrationTable.from_rows(confidence * 5, correct * 5))

    def width(estimate: Estimate) -> float:
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.high - estimate.low

    if copied.value is None:
        assert "independent" in (copied.undefined or ""), "only a test of independent rows may have no value here"
        return
    assert copied.value == pytest.approx(pooled.value, abs=1e-12)  # clusters say how sure, not how much
    if copied.low is None:
        assert copied.warnings, "no interval, and not a word why"
        return
    assert width(copied) > 0.85 * width(once)
    assert width(copied) > 1.3 * width(pooled)


@every_metric
def test_an_estimate_is_decided_by_its_seed(metric: Metric[...]) -> None:
    """Twice the same numbers, and the same whether asked for alone or among others."""
    confidence, correct = SMALL["one value"][0] + [0.5] * 10, SMALL["one value"][1] + [1, 0] * 5
    together = evaluate(confidence, correct, metrics=[gap, metric, auroc], seed=7)

    alone = estimate(metric, CalibrationTable.from_rows(confidence, correct), seed=7)
    assert alone == together.metrics[metric.facts.name]


def test_a_new_metric_is_ten_lines_and_gets_its_interval_from_its_table() -> None:
    """The example of `metric.py`, with whole clusters resampled where there are any."""

    @metric(title="Share certain", meaning="How often it was sure.", best=None, within=(0.0, 1.0))
    def certain(confidence: Any, correct: Any = None) -> float:
        table = tabulate(confidence, correct)
        return float(table.n[table.confidence == 1].sum() / table.total)

    confidence, correct = [1.0, 0.5] * 40, [1, 1] * 40
    rows = estimate(certain, CalibrationTable.from_rows(confidence, correct))
    clusters = estimate(certain, ClusterTable.from_rows(confidence, correct, [place // 4 for place in range(80)]))

    assert rows.value == clusters.value == 0.5
    assert rows.method == "percentile row bootstrap, 2000 resamples"
    assert clusters.low is None  # every cluster is half certain, so resampling them cannot move
    assert certain([1.0, 0.5], [0, 0]) == 0.5


def test_a_table_and_outcomes_together_are_refused() -> None:
    """It would be unclear which of the two was meant; and confidences alone cannot be measured."""
    table = CalibrationTable.from_counts({0.5: (1, 1)})

    with pytest.raises(InputError, match="beside a table"):
        tabulate(table, [1])
    with pytest.raises(InputError, match="`correct` is missing"):
        tabulate([0.5])
