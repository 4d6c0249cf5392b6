"""How sure a number is: the Estimate, and the intervals that go with it.

Everything here works on bare arrays and knows nothing of confidences. Rows may come with `times`, how often each one
occurs, so that a table of counts is measured without being unrolled.

=============================  ================================================================
:func:`wilson`                 a share of independent rows
:func:`share`                  a share of rows, drawn together in clusters or not
:func:`clopper_pearson`        the same with a guarantee, for many shares at once
:func:`mean_by_t`              a mean of independent rows
:func:`mean_by_cluster_t`      a mean of rows that were drawn together in clusters
:func:`mean_with_pseudo_rows`  a mean of rows of two kinds, one of them rare
:func:`percentile_bootstrap`   any statistic that can be recomputed on a resample
:func:`percentile_interval`    the same from the statistics of resamples
:func:`cluster_bootstrap`      the same, resampling whole clusters of rows
:func:`equal_rows`             what remains to be said when all rows are the same
=============================  ================================================================
"""

from selfexplain.inference.arrays import SAME, Floats, Ints, Range
from selfexplain.inference.clusters import (
    FEW_CLUSTERS,
    FEW_UNEQUAL_CLUSTERS,
    TOO_NARROW,
    few_clusters,
    so_many,
    unequal_clusters,
)
from selfexplain.inference.estimate import Estimate, value_alone
from selfexplain.inference.means import PSEUDO_ROWS, equal_rows, mean_by_cluster_t, mean_by_t, mean_with_pseudo_rows
from selfexplain.inference.quantiles import checked_level, normal_quantile, t_quantile
from selfexplain.inference.resampling import (
    LARGEST_UNDEFINED_SHARE,
    REPLICATES,
    cluster_bootstrap,
    percentile_bootstrap,
    percentile_interval,
    stream,
    times_drawn,
)
from selfexplain.inference.shares import clopper_pearson, share, share_of_counts, wilson

__all__ = [
    "FEW_CLUSTERS",
    "FEW_UNEQUAL_CLUSTERS",
    "LARGEST_UNDEFINED_SHARE",
    "PSEUDO_ROWS",
    "REPLICATES",
    "SAME",
    "TOO_NARROW",
    "Estimate",
    "Floats",
    "Ints",
    "Range",
    "checked_level",
    "clopper_pearson",
    "cluster_bootstrap",
    "equal_rows",
    "few_clusters",
    "mean_by_cluster_t",
    "mean_by_t",
    "mean_with_pseudo_rows",
    "normal_quantile",
    "percentile_bootstrap",
    "percentile_interval",
    "share",
    "share_of_counts",
    "so_many",
    "stream",
    "t_quantile",
    "times_drawn",
    "unequal_clusters",
    "value_alone",
    "wilson",
]
