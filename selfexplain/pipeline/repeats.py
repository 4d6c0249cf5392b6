"""What asking again changes by itself: nothing was altered between one time and the next, so this is noise."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from selfexplain.calibration.paired_difference import brier_difference, gap_difference
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.inference import Floats
from selfexplain.pipeline.answered_rows import AnsweredRows
from selfexplain.pipeline.join import arrays
from selfexplain.records import Answered, Record

Key = tuple[str, int]
"""An Item and which time it was asked."""


def answers_by_key(records: Iterable[Record]) -> dict[Key, str]:
    """Return what was answered, by Item and repeat; without case and space at the ends, which change nothing."""
    read = ((record, record.report.answer.value) for record in records)
    return {(record.item, record.repeat): text.strip().casefold() for record, text in read if text is not None}


def asked_again(rows: Sequence[Answered], answers: Mapping[Key, str] | None = None) -> dict[str, Any] | None:
    """Return what the repeats of a Run or a table show of the noise between them, or None where nothing was repeated.

    Parameters
    ----------
    rows : sequence of Answered
        Of one source.
    answers : mapping of (Item, repeat) to text, optional
        What was answered; without it nobody can tell whether a wrong answer became another wrong one.

    Returns
    -------
    dict or None
        `n_items` that were asked at least twice and at most `times`; `n_pairs` of one time and the next, both usable.
        Shares of these pairs: `answers_changed` (None without answers), `grades_changed`, `confidences_changed`; and
        `usable_changed`, of all pairs. `confidence_moved` is the mean distance of the two confidences. `gap` and
        `brier` hold the `difference` of the second time from the first, an Estimate; the `spread`, the standard
        deviation of such a difference in one Item; and the `correlation` of an Item's errors from time to time, as an
        intraclass correlation (Fisher 1925), None where nothing varies.

    Examples
    --------
    >>> rows = [Answered("a", "a", None, 0.9, True, "ok", r) for r in (0, 1)]
    >>> rows += [Answered("b", "b", None, confidence, False, "ok", r) for r, confidence in enumerate((0.8, 0.6))]
    >>> found = asked_again(rows)
    >>> found["n_items"], found["confidences_changed"], round(found["confidence_moved"], 12)
    (2, 0.5, 0.1)
    """
    if isinstance(rows, AnsweredRows) and not rows.is_repeated:
        return None
    by_item: dict[str, list[Answered]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.item, row.repeat)):
        by_item[row.item].append(row)
    repeated = [times for times in by_item.values() if len(times) > 1]
    if not repeated:
        return None
    asked = [pair for times in repeated for pair in pairwise(times)]
    pairs = [pair for pair in asked if pair[0].status == pair[1].status == "ok"]
    first = [times[:2] for times in repeated if times[0].status == times[1].status == "ok"]
    table = paired(first)
    residuals = [residuals_of(times) for times in repeated]
    moved = [abs((a.confidence or 0.0) - (b.confidence or 0.0)) for a, b in pairs]
    return {
        "n_items": len(repeated),
        "times": max(map(len, repeated)),
        "n_pairs": len(pairs),
        "answers_changed": None if answers is None else changed_answers(asked, answers),
        "grades_changed": mean([a.correct != b.correct for a, b in pairs]),
        "confidences_changed": mean([distance > 0 for distance in moved]),
        "confidence_moved": mean(moved),
        "usable_changed": mean([(a.status == "ok") != (b.status == "ok") for a, b in asked]),
        "gap": {"difference": gap_difference(table).to_dict(), **spread_of(residuals)},
        "brier": {"difference": brier_difference(table).to_dict(), **spread_of([r**2 for r in residuals])},
    }


def paired(first: Sequence[Sequence[Answered]]) -> PairedTable:
    """Return the first time beside the second."""
    a, b = (arrays(times[side] for times in first) for side in (0, 1))
    return PairedTable.from_rows(*a, *b, cluster=[times[0].cluster for times in first])


def residuals_of(times: Sequence[Answered]) -> Floats:
    """Return confidence − correct of the usable answers to one Item."""
    confidence, correct = arrays(row for row in times if row.status == "ok")
    return confidence - correct


def changed_answers(pairs: Sequence[tuple[Answered, Answered]], answers: Mapping[Key, str]) -> float | None:
    """Return how often the answer of one time is another than that of the time before, where both could be read."""
    read = [[answers.get((row.item, row.repeat)) for row in pair] for pair in pairs]
    return mean([one != other for one, other in read if one is not None and other is not None])


def spread_of(values: Sequence[Floats]) -> dict[str, float | None]:
    """Return how much one Item's numbers vary from time to time, and how much of all variation stays.

    Parameters
    ----------
    values : sequence of array
        The numbers of each Item; Items with a single one say nothing of how it varies.

    Notes
    -----
    With the mean squares between and within k Items asked m times, ρ = (B − W) / (B + (m − 1) W); a difference of two
    times has the variance 2 W. With unequal m it is (N − Σ m² / N) / (k − 1).

    Examples
    --------
    >>> spread_of([np.array([0.0, 0.0]), np.array([1.0, 1.0])])
    {'spread': 0.0, 'correlation': 1.0}
    """
    kept = [each for each in values if len(each) > 1]
    if len(kept) < 2:
        return {"spread": None, "correlation": None}
    sizes = np.array([len(each) for each in kept])
    n, items = int(sizes.sum()), len(kept)
    means = np.array([each.mean() for each in kept])
    within = sum(float(((each - each.mean()) ** 2).sum()) for each in kept) / (n - items)
    between = float(sizes @ (means - np.concatenate(kept).mean()) ** 2) / (items - 1)
    times = (n - float((sizes**2).sum()) / n) / (items - 1)
    total = between + (times - 1) * within
    return {"spread": (2 * within) ** 0.5, "correlation": None if total <= 0 else (between - within) / total}


def mean(numbers: Sequence[float]) -> float | None:
    """Return a mean, or None of nothing."""
    return sum(numbers) / len(numbers) if numbers else None
