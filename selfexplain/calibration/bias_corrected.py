"""The bias-corrected and accelerated bootstrap: percentiles moved by what the resamples say of bias and skewness."""

import math
from statistics import NormalDist

import msgspec
import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.calibration.few_of_a_kind import FEW_TO_RESAMPLE, few_of_a_kind
from selfexplain.calibration.metric import Metric, over, resampled
from selfexplain.calibration.resamples import each_left_out
from selfexplain.inference import SAME, Estimate, Floats, Ints, percentile_interval, unequal_clusters

NORMAL = NormalDist()


def by_bias_corrected_bootstrap(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:
    """Estimate a smooth metric that is biased or skewed on few answers, by resampling rows or whole clusters.

    A percentile interval of such a metric lies too far on one side. Its two percentiles are moved by z₀, from the share
    of resamples below the value, and by a, the skewness of what single rows or clusters do to it. Where the plain
    bootstrap has no interval neither has this.

    Simulated coverage of the 95 % interval with about 12, 37 and 120 wrong answers of 100, 300 and 1000: AUGRC 0.94,
    0.94, 0.95; AURC 0.90, 0.94, 0.95; E-AURC 0.87, 0.92, 0.95; PRR 0.86, 0.90, 0.97 (plain percentiles: 0.82, 0.87,
    0.96). No resample shows an error that has not been made yet at a high confidence, so few errors deserve a warning.

    References
    ----------
    Efron 1987, JASA 82:171, eq. 2.3 and 6.6.
    """
    value = metric(counts.pooled)
    statistics = resampled(metric, counts, value, seed=seed)
    clusters = len(counts.clusters) if isinstance(counts, ClusterTable) else None
    plain = percentile_interval(value, statistics, n=counts.total, level=level, clusters=clusters)
    if plain.low is None:
        return plain
    known = statistics[np.isfinite(statistics)]
    parts = [(over(metric, each), times) for each, times in each_left_out(counts)]
    without, times = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if not np.isfinite(without).all():
        reason = "the value is undefined without one of the rows or clusters, so there is no interval"
        return msgspec.structs.replace(plain, low=None, high=None, method="", warnings=(*plain.warnings, reason))
    tails = corrected_tails(value, known, without, times, level=level)
    low, high = np.quantile(known, tails)
    if high - low <= SAME:
        reason = "nearly every resample has the same value, so there is no interval"
        return msgspec.structs.replace(plain, low=None, high=None, method="", warnings=(*plain.warnings, reason))
    unit = "row" if clusters is None else "cluster"
    method = f"bias-corrected and accelerated {unit} bootstrap, {len(statistics)} resamples"
    corrected = msgspec.structs.replace(plain, low=float(low), high=float(high), method=method)
    if isinstance(counts, ClusterTable):
        corrected = corrected.warned(*unequal_clusters(counts.sizes))
    return corrected.warned(*few_of_a_kind(counts, fewest=FEW_TO_RESAMPLE))


def corrected_tails(
    value: float, statistics: Floats, without: Floats, times: Ints, *, level: float
) -> tuple[float, float]:
    """Return which quantiles of the resamples are the limits.

    Parameters
    ----------
    value : float
        The statistic of the data.
    statistics : array of float, shape (r,)
        Of the resamples.
    without, times : arrays of shape (m,)
        The statistic with one unit left out, and how many units give just this.
    level : float, in (0, 1)

    Examples
    --------
    No bias and no skewness: the plain percentiles.

    >>> symmetric = np.array([-1.0, 1.0])
    >>> low, high = corrected_tails(0.0, np.linspace(-1, 1, 201), symmetric, np.array([5, 5]), level=0.9)
    >>> round(low, 12), round(high, 12)
    (0.05, 0.95)
    """
    below = np.count_nonzero(statistics < value - SAME) + np.count_nonzero(np.abs(statistics - value) <= SAME) / 2
    # A share of 0 or 1 would move a limit to infinity; half a resample is as far as they can tell.
    share = min(max(below, 0.5), len(statistics) - 0.5) / len(statistics)
    bias = NORMAL.inv_cdf(share)
    pull = float(times @ without / times.sum()) - without
    spread = float(times @ pull**2)
    skew = float(times @ pull**3) / (6 * spread**1.5) if spread > 0 else 0.0

    def moved(tail: float) -> float:
        z = bias + NORMAL.inv_cdf(tail)
        return NORMAL.cdf(bias + z / (1 - skew * z)) if skew * z < 1 else math.nextafter(1.0, 0.0)

    return moved((1 - level) / 2), moved((1 + level) / 2)
