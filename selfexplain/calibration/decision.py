"""From which confidence on an answer may be used, with a promise about how often it is then wrong."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from selfexplain.calibration.error_limit import binomial_limit, hoeffding_bentkus_limit
from selfexplain.calibration.rows import read_confidence, read_correct, read_labels
from selfexplain.calibration.table import sums
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints, checked_level, few_clusters, so_many

if TYPE_CHECKING:  # only who asks for a frame pays for pandas
    import pandas as pd

MANY_THRESHOLDS = 100
"""The promise is shared by all thresholds: with more than these, hardly any can be kept."""


@dataclass(frozen=True)
class Threshold:
    """What "answer when the confidence is at least this" would do."""

    threshold: float
    answered: int
    """Answers with at least this confidence."""
    units: int
    """What the limit rests on: these answers, or the clusters they come from."""
    coverage: float
    """Share of all answers, in (0, 1]."""
    wrong: int
    observed: float
    """Share wrong among those answered; with clusters, averaged within each first."""
    limit: float
    """Upper limit of that share, which all thresholds keep together."""
    promised: bool
    """Whether the limit is at most the error that was asked for."""


@dataclass(frozen=True)
class Decision:
    """Every threshold with its promise, and the one to use."""

    error: float
    """The error rate among answered questions that was asked for."""
    level: float
    """How sure the promise is."""
    n: int
    clusters: int | None
    """None where every row stands alone."""
    threshold: float | None
    """The lowest that keeps the promise; None if none does."""
    reason: str | None
    """Why there is none."""
    method: str
    thresholds: tuple[Threshold, ...]
    """Ascending."""
    warnings: tuple[str, ...] = ()

    @property
    def chosen(self) -> Threshold | None:
        """What the chosen threshold does."""
        return next((each for each in self.thresholds if each.threshold == self.threshold), None)

    def frame(self) -> "pd.DataFrame":
        """Return one row per threshold."""
        import pandas as pd  # noqa: PLC0415

        columns = [field.name for field in fields(Threshold)]
        return pd.DataFrame([[getattr(each, name) for name in columns] for each in self.thresholds], columns=columns)

    def to_dict(self) -> Mapping[str, Any]:
        """Return strict JSON values."""
        rows = [{field.name: getattr(each, field.name) for field in fields(each)} for each in self.thresholds]
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain | {"thresholds": rows, "warnings": list(self.warnings)}


def decide(
    confidence: ArrayLike,
    correct: ArrayLike,
    *,
    error: float = 0.05,
    level: float = 0.95,
    cluster: Iterable[Hashable] | None = None,
    thresholds: ArrayLike | None = None,
) -> Decision:
    """Find the lowest confidence from which on answers are wrong at most as often as is tolerable, with a promise.

    **The promise.** With probability at least `level` over the questions that were graded, *every* limit in the table
    is at least the true error rate among answers of that confidence or more. So any row may be picked after looking at
    the table, and `threshold` is the one that answers most with a limit of at most `error`. It speaks of new questions
    of the same kind, asked of the same model with the same template, and of no others.

    **How it is kept.** For each of K thresholds the exact binomial upper limit at 1 − (1 − level)/K (Bonferroni: the
    thresholds share their answers, so they are not independent). That accepts t exactly where P(Bin(nₜ, error) ≤ eₜ) ≤
    (1 − level)/K, with nₜ answers, eₜ of them wrong. Testing from the top down without dividing by K is stronger only
    if the surest answers are many and clean; models' 100 % seldom are, and a few wrong answers there end it.

    **Clusters.** Rows that were drawn together make the binomial wrong. Then each cluster counts once, with the share
    wrong among its answered rows, and the limit is that of Hoeffding and Bentkus for a mean in [0, 1], whatever happens
    inside clusters: it promises for a random cluster (a question, a passage) and a random one of its answered rows.

    Parameters
    ----------
    confidence : array of float, shape (n,)
        Stated probability that the answer is correct, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether it was.
    error : float, in (0, 1)
        The largest error rate among answered questions that is tolerable.
    level : float, in (0, 1)
        How sure the promise must be.
    cluster : iterable of hashable, length n, optional
        What each row was drawn with.
    thresholds : array of float, optional
        The candidates, chosen without looking at `correct`; by default each confidence that was stated. Fewer
        candidates give lower limits.

    Raises
    ------
    InputError
        If a row, `error`, `level` or a threshold cannot be used.
    Undefined
        If there are no rows.

    References
    ----------
    Angelopoulos, Bates, Candès, Jordan & Lei 2021 (arXiv 2110.01052), Learn then Test; Geifman & El-Yaniv 2017 (arXiv
    1705.08500) for selective prediction with a guaranteed risk.

    Examples
    --------
    >>> sure = decide([0.9] * 100 + [0.5] * 100, [1] * 99 + [0] + [1] * 60 + [0] * 40, error=0.1)
    >>> sure.threshold, [round(each.limit, 3) for each in sure.thresholds]
    (0.9, [0.268, 0.054])
    """
    stated = read_confidence(confidence)
    wrong = 1 - read_correct(correct, n=len(stated))
    if not 0 < error < 1:
        raise InputError(f"`error` is {error}; expected a share between 0 and 1", hint="5 % is error=0.05")
    if not len(stated):
        raise Undefined("no graded answer with a confidence")
    candidates = np.unique(stated if thresholds is None else read_confidence(thresholds, name="thresholds"))
    candidates = candidates[candidates <= stated.max()]  # from there on nothing is ever answered
    delta = (1 - checked_level(level)) / max(len(candidates), 1)
    owner, clusters = None, None
    if cluster is not None:
        names, index = read_labels(cluster, n=len(stated), name="cluster")
        if len(names) < len(stated):
            owner, clusters = index, len(names)
    rows = tuple(_threshold(t, stated, wrong, owner, clusters, delta=delta, error=error) for t in candidates.tolist())
    kept = [row.threshold for row in rows if row.promised]
    share = f"{so_many(len(candidates), 'threshold')} share{'s' if len(candidates) == 1 else ''} {1 - level:.3g}"
    return Decision(
        error=error,
        level=level,
        n=len(stated),
        clusters=clusters,
        threshold=kept[0] if kept else None,
        reason=None if kept else _why_none(rows, delta, error, unit="answer" if clusters is None else "cluster"),
        method=f"exact binomial upper limits; {share}"
        if clusters is None
        else f"Hoeffding-Bentkus upper limits over {so_many(clusters, 'cluster')}; {share}",
        thresholds=rows,
        warnings=_warnings(len(candidates), clusters),
    )


def _threshold(
    t: float, stated: Floats, wrong: Ints, owner: Ints | None, clusters: int | None, *, delta: float, error: float
) -> Threshold:
    answered = stated >= t
    n, errors = int(answered.sum()), int(wrong[answered].sum())
    if owner is None or clusters is None:
        units, observed = n, errors / n
        limit = float(binomial_limit(np.array([errors]), np.array([n]), delta)[0])
    else:
        size = np.bincount(owner[answered], minlength=clusters)
        shares = sums(owner[answered], wrong[answered], clusters)[size > 0] / size[size > 0]
        units, observed = len(shares), float(shares.mean())
        limit = hoeffding_bentkus_limit(observed, units, delta)
    return Threshold(t, n, units, n / len(stated), errors, observed, limit, promised=limit <= error)


def _why_none(rows: tuple[Threshold, ...], delta: float, error: float, *, unit: str) -> str:
    if not rows:
        return "no answer has a confidence as high as the thresholds"
    best = min(rows, key=lambda row: row.limit)
    needed = math.ceil(math.log(delta) / math.log1p(-error))
    limit = math.ceil(1000 * best.limit - 1e-9) / 1000  # rounded down it could seem to keep what it does not
    return (
        f"the lowest limit is {100 * limit:.1f} %, at {best.threshold:g} ({so_many(best.units, unit)}, "
        f"{100 * best.observed:.1f} % wrong); to promise {100 * error:.1f} % for {so_many(len(rows), 'threshold')} "
        f"takes at least {needed} {unit}s without a single error"
    )


def _warnings(candidates: int, clusters: int | None) -> tuple[str, ...]:
    warnings = []
    if candidates > MANY_THRESHOLDS:
        warnings.append(
            f"{candidates} thresholds share the promise, so that each limit is high; name a few as `thresholds`, "
            "without looking at the answers"
        )
    if clusters is not None and few_clusters(clusters):
        warnings.append(f"{so_many(clusters, 'cluster')}: the limits hold, and will hardly be low enough for anything")
    return tuple(warnings)
