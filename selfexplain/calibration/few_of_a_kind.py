"""What an interval rests on: not the number of answers, but that of the kind which is rarer, right ones or wrong ones.

A model that is right 199 times in 200 shows no wrong answer in most sets of 100, and whatever is then computed from
the spread of these answers is far too sure. Where rows were drawn together, what counts is in how many clusters the
rarer kind occurs.
"""

from typing import NamedTuple

import numpy as np

from selfexplain.calibration.cluster_table import ClusterTable, Counts
from selfexplain.inference import TOO_NARROW

FEW = 30
"""Fewer independent answers of a kind than this, and a formula's interval is made with more care or shown with a
warning."""

VERY_FEW = 10
"""With fewer a normal limit does not hold, whatever is added to the rows: exact limits of the share are used."""

FEW_TO_RESAMPLE = 100
"""The same for an interval by resampling, which cannot show an error that was not made yet at a high confidence."""


class RarerKind(NamedTuple):
    """The kind of answer that occurs less often."""

    units: int
    """How many independent rows are of this kind; how many clusters have one, where rows were drawn together."""
    words: str
    """What these are called, such as "wrong answers"."""


def rarer_kind(counts: Counts) -> RarerKind:
    """Return which kind of answer is rarer, and how many independent units have it.

    Examples
    --------
    >>> from selfexplain.calibration.table import CalibrationTable
    >>> rarer_kind(CalibrationTable.from_counts({0.9: (100, 97)}))
    RarerKind(units=3, words='wrong answers')
    """
    if isinstance(counts, ClusterTable):
        right = len(np.unique(counts.cluster[counts.n_correct > 0]))
        wrong = len(np.unique(counts.cluster[counts.n > counts.n_correct]))
        words = "clusters with a {} answer"
    else:
        right = int(counts.n_correct.sum())
        wrong, words = counts.total - right, "{} answers"
    units, kind = min((right, "right"), (wrong, "wrong"))
    words = words.format(kind)
    return RarerKind(units, words if units != 1 else words.replace("answers", "answer").replace("clusters", "cluster"))


def few_of_a_kind(counts: Counts, *, fewest: int = FEW) -> tuple[str, ...]:
    """Return the warning that an interval over few wrong, or few right, answers deserves.

    Examples
    --------
    >>> from selfexplain.calibration.table import CalibrationTable
    >>> few_of_a_kind(CalibrationTable.from_counts({0.9: (100, 97)}))
    ('the interval rests on 3 wrong answers; below 30 it tends to be too narrow',)
    """
    units, words = rarer_kind(counts)
    if units >= fewest:
        return ()
    return (f"the interval rests on {units} {words}; below {fewest} it {TOO_NARROW}",)
