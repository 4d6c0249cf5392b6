"""The statistical claims, by simulation with fixed seeds: a 95 % interval covers the truth about 95 times in 100."""

import math
from collections.abc import Callable
from operator import attrgetter

import numpy as np
import pytest

from selfexplain.calibration import (
    CalibrationTable,
    ClusterTable,
    accuracy_at_coverage,
    augrc,
    aurc,
    auroc,
    average_precision,
    average_precision_wrong,
    brier,
    brier_skill,
    calibration_intercept,
    calibration_slope,
    e_aurc,
    ece,
    ece_distinct,
    ece_mass_10,
    estimate,
    gap,
    honest_ece,
    mce,
    murphy_uncertainty,
    over,
    prr,
    rmsce,
    under,
)
from selfexplain.calibration.binning import bin_of
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.resamples import resamples
from selfexplain.calibration.table import sums
from selfexplain.inference import Floats

VALUES = np.array([0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
SHARES = np.array([0.04, 0.06, 0.12, 0.28, 0.32, 0.18])
SETS = 150

RIGHT: dict[str, Floats] = {
    "calibrated": VALUES,
    "slightly over": VALUES - 0.02,
    "mixed signs": VALUES - np.array([-0.03, 0.03, -0.03, 0.03, -0.03, 0.02]),
    "strongly over": VALUES - 0.2,
    "under": np.minimum(VALUES + 0.1, 1.0),
}
"""How often each of `VALUES` is right."""


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate the quantile inside each honest interval more coarsely; hundreds of intervals average that out."""
    monkeypatch.setattr(honest_ece, "DRAWS", 4000)


def least_allowed(sets: int) -> float:
    return 0.95 - 3 * math.sqrt(0.95 * 0.05 / sets)


def share_covered(
    metric: Metric[...], truth: float, draw: Callable[[np.random.Generator], Counts], sets: int = SETS
) -> float:
    rng, covered = np.random.default_rng(2026), 0
    for _ in range(sets):
        interval = estimate(metric, draw(rng))
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= truth + 1e-12 and truth <= interval.high + 1e-12
    return covered / sets


def rows(right: Floats, n: int) -> Callable[[np.random.Generator], CalibrationTable]:
    def draw(rng: np.random.Generator) -> CalibrationTable:
        counts = rng.multinomial(n, SHARES)
        correct = rng.binomial(counts, right)
        cells = zip(VALUES.tolist(), counts.tolist(), correct.tolist(), strict=True)
        return CalibrationTable.from_counts({v: (k, s) for v, k, s in cells})

    return draw


def repeats(right: Floats, clusters: int, size: int) -> Callable[[np.random.Generator], ClusterTable]:
    """Questions asked several times; two rows of one question share their luck half of the time."""

    def draw(rng: np.random.Generator) -> ClusterTable:
        owner = np.repeat(np.arange(clusters), size)
        place = rng.choice(len(VALUES), size=len(owner), p=SHARES)
        luck = np.where(rng.random(len(owner)) < 0.7, rng.random(clusters)[owner], rng.random(len(owner)))
        return ClusterTable.from_rows(VALUES[place], luck < right[place], owner)

    return draw


def true_ece(right: Floats) -> float:
    """In ten right-closed bins 0.95 and 1 share one; the others are alone."""
    error = SHARES * (VALUES - right)
    return float(np.abs(error[:4]).sum() + abs(error[4] + error[5]))


@pytest.mark.parametrize("truth", RIGHT)
@pytest.mark.parametrize("n", [100, 1000])
def test_the_honest_interval_covers_the_true_ece_wherever_it_lies(truth: str, n: int) -> None:
    """At calibration too, where every bootstrap of the ECE fails."""
    right = RIGHT[truth]

    assert share_covered(ece, true_ece(right), rows(right, n)) >= least_allowed(SETS)


@pytest.mark.parametrize("truth", ["calibrated", "mixed signs", "strongly over"])
def test_the_honest_interval_covers_for_repeated_questions(truth: str) -> None:
    """Sixty questions asked five times."""
    right = RIGHT[truth]

    assert share_covered(ece, true_ece(right), repeats(right, 60, 5)) >= least_allowed(SETS)


OTHERS: dict[str, Metric[...]] = {
    "over": over,
    "under": under,
    "rmsce": rmsce,
    "mce": mce,
    "ece_mass_10": ece_mass_10,
    "ece_distinct": ece_distinct,
}


def true_error(name: str, table: CalibrationTable, right: Floats) -> float:
    """Return the error in the bins of this very table, each stated value right as often as it truly is."""
    excess = table.n * (table.confidence - right) / table.total
    if name == "ece_distinct":
        return float(np.abs(excess).sum())
    index, bins = bin_of(table, scheme="mass" if name == "ece_mass_10" else "width")
    error, share = sums(index, excess, bins), sums(index, table.n, bins) / table.total
    heavy = share * table.total >= 20
    return {
        "over": lambda: float(np.maximum(error, 0).sum()),
        "under": lambda: float(np.maximum(-error, 0).sum()),
        "rmsce": lambda: math.sqrt(float((error[share > 0] ** 2 / share[share > 0]).sum())),
        "mce": lambda: float(np.abs(error[heavy] / share[heavy]).max()),
        "ece_mass_10": lambda: float(np.abs(error).sum()),
    }[name]()


@pytest.mark.parametrize("slip", [0.0, 0.02, 0.15], ids=["calibrated", "slightly over", "strongly over"])
@pytest.mark.parametrize("name", OTHERS)
def test_the_honest_interval_covers_in_other_bins_given_the_confidences(name: str, slip: float) -> None:
    """Sixty values between 0.405 and 0.995, 240 rows: bins by mass and by value follow from them, not from answers."""
    rng, covered, sets = np.random.default_rng(12), 0, 100
    values = np.round(np.linspace(0.405, 0.995, 60), 3)
    for _ in range(sets):
        n = rng.multinomial(240, values**6 / (values**6).sum())
        correct = rng.binomial(n, values - slip)
        cells = zip(values.tolist(), n.tolist(), correct.tolist(), strict=True)
        table = CalibrationTable.from_counts({v: (k, s) for v, k, s in cells})
        interval = estimate(OTHERS[name], table)
        assert interval.low is not None
        assert interval.high is not None
        truth = true_error(name, table, table.confidence - slip)
        covered += interval.low <= truth + 1e-12 and truth <= interval.high + 1e-12

    assert covered / sets >= least_allowed(sets)


def test_values_stated_once_prove_no_miscalibration() -> None:
    """300 different confidences near ½: the plain error is ½ by construction, and the truth is 0."""
    rng, proved = np.random.default_rng(13), 0
    for _ in range(20):
        stated = rng.beta(20, 20, 300)
        interval = estimate(ece_distinct, CalibrationTable.from_rows(stated, rng.random(300) < stated))
        assert interval.value is not None
        assert interval.value > 0.4
        assert interval.low is not None
        proved += interval.low > 0

    assert proved <= 3  # the gap may claim something by chance, once in forty sets


@pytest.mark.parametrize("name", ["over", "under", "rmsce"])
def test_the_other_honest_intervals_cover_for_repeated_questions(name: str) -> None:
    """Sixty questions asked five times by a model with errors of both signs; bins as in the table that came out."""
    right, rng, covered, sets = RIGHT["mixed signs"], np.random.default_rng(14), 0, 100
    draw = repeats(right, 60, 5)
    for _ in range(sets):
        table = draw(rng)
        interval = estimate(OTHERS[name], table)
        assert interval.low is not None
        assert interval.high is not None
        truth = true_error(name, table.pooled, right[np.searchsorted(VALUES, table.pooled.confidence)])
        covered += interval.low <= truth + 1e-12 and truth <= interval.high + 1e-12

    assert covered / sets >= least_allowed(sets)


def test_the_robust_interval_covers_the_true_line() -> None:
    """A model on a straight line of log-odds, slope 0.6 and intercept 0.2, and repeats of its questions."""
    log_odds = np.log(VALUES[:5] / (1 - VALUES[:5]))
    right = np.append(1 / (1 + np.exp(-(0.2 + 0.6 * log_odds))), 0.5)
    shares = np.append(SHARES[:5] / SHARES[:5].sum(), 0.0)
    rng, covered, sets = np.random.default_rng(15), np.zeros(2), 400
    for k in range(sets):
        if k % 2:
            n = rng.multinomial(400, shares)
            cells = zip(VALUES.tolist(), n.tolist(), rng.binomial(n, right).tolist(), strict=True)
            table: Counts = CalibrationTable.from_counts({v: (m, s) for v, m, s in cells})
        else:
            owner = np.repeat(np.arange(100), 4)
            place = rng.choice(6, size=400, p=shares)
            luck = np.where(rng.random(400) < 0.7, rng.random(100)[owner], rng.random(400))
            table = ClusterTable.from_rows(VALUES[place], luck < right[place], owner)
        for which, (metric, truth) in enumerate([(calibration_slope, 0.6), (calibration_intercept, 0.2)]):
            interval = estimate(metric, table)
            assert interval.low is not None
            assert interval.high is not None
            covered[which] += interval.low <= truth <= interval.high

    assert (covered / sets >= least_allowed(sets)).all()


def test_a_percentile_bootstrap_of_the_ece_would_not_have_covered() -> None:
    """Why the honest interval exists: at perfect calibration the true ECE of 0 lies below every resample."""
    table = rows(VALUES, 300)(np.random.default_rng(4))

    assert np.quantile([ece(each) for each in resamples(table, replicates=500).tables()], 0.025) > 0.005


@pytest.mark.parametrize("truth", ["calibrated", "strongly over"])
@pytest.mark.parametrize("metric", [gap, brier], ids=["gap", "brier"])
def test_the_t_interval_covers_the_true_mean(metric: Metric[...], truth: str) -> None:
    """For independent rows and for repeats of questions, within three standard errors of 95 %."""
    right = RIGHT[truth]
    true_gap = float(SHARES @ (VALUES - right))
    true_brier = float(SHARES @ (right * (1 - VALUES) ** 2 + (1 - right) * VALUES**2))
    true = true_gap if metric is gap else true_brier
    sets = 600

    for draw in (rows(right, 300), repeats(right, 80, 4)):
        assert share_covered(metric, true, draw, sets) == pytest.approx(0.95, abs=0.005 + 3 * math.sqrt(0.0475 / sets))


def test_repeats_taken_for_independent_rows_would_be_too_sure() -> None:
    """The trap: pooled, the same 95 % interval of the gap covers far less."""
    right = RIGHT["calibrated"]
    draw = repeats(right, 80, 4)

    assert share_covered(gap, 0.0, lambda rng: draw(rng).pooled, 300) < 0.90


def test_delongs_interval_covers_the_true_auroc() -> None:
    """The truth from the population's cells: right and wrong answers at each value."""
    right = RIGHT["mixed signs"]
    s, f = SHARES * right, SHARES * (1 - right)
    truth = float(s @ (np.cumsum(f) - f / 2) / s.sum() / f.sum())

    assert share_covered(auroc, truth, rows(right, 300), 600) >= least_allowed(600)


@pytest.mark.parametrize(
    "metric",
    [
        brier_skill,
        murphy_uncertainty,
        average_precision,
        average_precision_wrong,
        aurc,
        e_aurc,
        augrc,
        prr,
        accuracy_at_coverage,
    ],
    ids=attrgetter("__name__"),
)
def test_resampling_covers_the_value_of_the_population(metric: Metric[...]) -> None:
    """The truth from a table of ten million answers in the population's shares; some 120 of 1000 are wrong."""
    right = RIGHT["mixed signs"]
    counts = np.rint(SHARES * 10**7)
    cells = zip(VALUES.tolist(), counts.tolist(), np.rint(counts * right).tolist(), strict=True)
    truth = metric(CalibrationTable.from_counts({v: (int(n), int(s)) for v, n, s in cells}))

    assert share_covered(metric, truth, rows(right, 1000)) >= least_allowed(SETS)


def test_data_sets_without_a_single_miss_still_cover() -> None:
    """One miss in fifty, sixty rows: three sets in ten show no miss at all, and t would claim [0, 0] for them."""

    def draw(rng: np.random.Generator) -> CalibrationTable:
        return CalibrationTable.from_counts({1.0: (60, int(rng.binomial(60, 0.98)))})

    assert share_covered(gap, 0.02, draw, 600) >= least_allowed(600)
