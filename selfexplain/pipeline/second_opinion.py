"""Two graders of the same answers: how often they agree, and what the second one's errors may do to the result.

A judge with a false-negative rate f turns an accuracy a into a(1 − f), and the gap grows by af; so its rates are
measured where an exact grader decides too, and the result is shown as it may be within them.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from selfexplain.grading.judge import NAME as JUDGE
from selfexplain.inference import Estimate, clopper_pearson, share
from selfexplain.records import RANKS_ONLY, Item, Record, Source, Verdict

FEWEST = 20
"""With fewer answers that both have graded, a rate says little; the sentence says so."""


def second_opinion(records: Sequence[Record], items: Mapping[str, Item]) -> dict[str, Any] | None:
    """Return how the second grader compares with the first, and how accuracy may change within its error.

    Parameters
    ----------
    records : sequence of Record
        Those with a `second` grade are looked at.
    items : mapping of Item id to Item

    Returns
    -------
    dict or None
        None where nobody was graded twice and nobody by a judge alone. `n_both` answers that both decided;
        `agreement`, `false_positive` (second says right where the first says wrong) and `false_negative`, as
        Estimates; `undecided` of the second; `graded_alone`, the answers that rest on the second grader; `accuracy`
        of these, with `low` and `high` as they may be within its error (Rogan & Gladen 1978, American Journal of
        Epidemiology 107:71, at the corners of exact limits that hold together with 95 %); `sensitivity`, what that does
        to accuracy and gap of each source.
    """
    found = Twice()
    for record in records:  # once through, since they may be read from a file
        found.add(record, items)
    if found.grader is None:
        return None
    counts = found.counts
    agree = share([one == other for one, other in found.both], found.clusters)
    accuracy = within_error(found.alone, counts)
    return {
        "first": first_of(found.plain or found.first),
        "grader": found.grader,
        "n_both": len(found.both),
        "undecided": found.undecided,
        "agreement": agree.to_dict(),
        "false_positive": rate(counts["wrong", "correct"], counts["wrong", "wrong"]).to_dict(),
        "false_negative": rate(counts["correct", "wrong"], counts["correct", "correct"]).to_dict(),
        "graded_alone": found.n_alone,
        "accuracy": accuracy,
        "sensitivity": sensitivity(found.stated, accuracy),
    }


@dataclass
class Stated:
    """The usable answers of one source."""

    confidence: "array[float]" = field(default_factory=lambda: array("d"))
    right: int = 0
    """Of those that the second grader did not grade alone."""
    doubtful: int = 0
    """That it did."""


@dataclass
class Twice:
    """What Records say of two graders, counted as they pass."""

    n_alone: int = 0
    """Answers that rest on the second grader."""
    alone: list[bool] = field(default_factory=list)
    """Whether each of these that it could decide is right."""
    both: list[tuple[Verdict | None, Verdict | None]] = field(default_factory=list)
    """What both decided, where the first can."""
    clusters: list[str] = field(default_factory=list)
    """Of these answers."""
    undecided: int = 0
    first: dict[str, None] = field(default_factory=dict)
    """The first graders of what was graded twice."""
    plain: dict[str, None] = field(default_factory=dict)
    """Those of Items that are not for a judge."""
    stated: dict[Source, Stated] = field(default_factory=dict)
    _of_twice: str | None = None
    _of_alone: str | None = None

    @property
    def grader(self) -> str | None:
        """The second grader; None where there is none."""
        return self._of_alone if self._of_twice is None else self._of_twice

    @property
    def counts(self) -> "Counter[tuple[Verdict | None, Verdict | None]]":
        """How often both said what."""
        return Counter(self.both)

    def add(self, record: Record, items: Mapping[str, Item]) -> None:
        """Count a Record."""
        alone = record.grade is not None and record.second == record.grade
        for source, status in record.status.items():
            stated = self.stated.setdefault(source, Stated())
            if status == "ok":
                stated.confidence.append(record.report.confidence[source].value or 0.0)
                stated.doubtful += alone
                stated.right += record.verdict == "correct" and not alone
        if record.second is None:
            return
        second = record.second.verdict
        self.undecided += not decided(second)
        if alone:
            self._of_alone = self._of_alone or record.second.grader
            self.n_alone += 1
            if decided(second):
                self.alone.append(second == "correct")
            return
        self._of_twice = self._of_twice or record.second.grader
        name = {} if record.grade is None else {record.grade.grader: None}
        self.first |= name
        # Of an Item for a judge the first grader knows only a gold text word for word: that they agree there says
        # nothing.
        if items[record.item].graded_by != JUDGE:
            self.plain |= name
            if decided(record.verdict) and decided(second):
                self.both.append((record.verdict, second))
                self.clusters.append(items[record.item].drawn_with)


def sensitivity(stated: Mapping[Source, Stated], accuracy: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return for each source where accuracy and gap may lie, as far as the error of the second grader goes.

    The answers that it graded alone count with the range of :func:`within_error`, from none to all of them right where
    its error is not known; the others with their grade. It is no interval for chance: that comes on top.
    """
    if accuracy is None:
        return {}
    unknown = accuracy["low"] is None
    low, high = (0.0, 1.0) if unknown else (accuracy["low"], accuracy["high"])
    found: dict[str, dict[str, Any]] = {}
    for source, usable in stated.items():
        n = len(usable.confidence)
        if not n or source in RANKS_ONLY:
            continue
        least, most = (usable.right + low * usable.doubtful) / n, (usable.right + high * usable.doubtful) / n
        mean = sum(usable.confidence) / n
        found[source] = {
            "accuracy": {"low": least, "high": most},
            "gap": {"low": mean - most, "high": mean - least},
            "n": n,
            "graded_alone": usable.doubtful,
        }
    return found


def first_of(names: Iterable[str]) -> str:
    """Return the names of the first graders."""
    return ", ".join(name.partition("@")[0] for name in names)


def decided(verdict: Verdict | None) -> bool:
    """Tell whether a grader said right or wrong."""
    return verdict in {"correct", "wrong"}


def rate(erred: int, kept: int) -> Estimate:
    """Return an error rate with its exact interval."""
    n = erred + kept
    if not n:
        return Estimate.missing("no answer that the first grader calls so was graded twice", n=0, level=0.95)
    low, high = clopper_pearson([erred], [n])
    return Estimate(erred / n, float(low[0]), float(high[0]), 0.95, "Clopper–Pearson interval", n)


def within_error(right: Sequence[bool], counts: Mapping[tuple[Any, Any], int]) -> dict[str, Any] | None:
    """Return the accuracy of answers that the second grader alone decided, and its range within that grader's error.

    The true accuracy a makes the second grader say right with p = a(1 − fn) + (1 − a)fp, so a = (p − fp)/(1 − fn − fp).
    The range goes over the corners of exact limits of p, fn and fp, each at 1 − .05/3, so that all three hold together
    with 95 %.

    Examples
    --------
    Nobody is graded by the second alone:

    >>> within_error([], {}) is None
    True
    """
    if not right:
        return None
    value = sum(right) / len(right)
    errors = [
        (counts.get(("correct", "wrong"), 0), counts.get(("correct", "correct"), 0)),
        (counts.get(("wrong", "correct"), 0), counts.get(("wrong", "wrong"), 0)),
    ]
    if not all(erred + kept for erred, kept in errors):
        why = "the second grader's error is not known: no right or no wrong answer was graded by both"
        return {"value": value, "low": None, "high": None, "n": len(right), "unknown": why}
    (p_low, p_high), (fn_low, fn_high), (fp_low, fp_high) = (
        limits(hits, n) for hits, n in ((sum(right), len(right)), *((erred, erred + kept) for erred, kept in errors))
    )
    corners = [
        (p - fp) / (1 - fn - fp)
        for p in (p_low, p_high)
        for fn in (fn_low, fn_high)
        for fp in (fp_low, fp_high)
        if fn + fp < 1
    ]
    if fn_high + fp_high >= 1:
        return {"value": value, "low": 0.0, "high": 1.0, "n": len(right), "unknown": None}  # no better than a coin
    low, high = (min(1.0, max(0.0, end)) for end in (min(corners), max(corners)))
    return {"value": value, "low": low, "high": high, "n": len(right), "unknown": None}


def limits(hits: int, n: int) -> tuple[float, float]:
    """Return exact limits of a share, one of three that hold together with 95 %."""
    low, high = clopper_pearson([hits], [n], level=1 - 0.05 / 3)
    return float(low[0]), float(high[0])


def opinions(found: Mapping[str, Any] | None) -> list[str]:
    """Return what a reader must know of the second grader, a sentence each; nothing where there is none."""
    if found is None:
        return []
    said = []
    if found["n_both"]:
        agreement = found["agreement"]
        told = f"{found['grader']} agrees with {found['first']} on {100 * agreement['value']:.0f} % of "
        told += f"{found['n_both']} answers that both decided"
        if agreement["low"] is not None:
            told += f" (95 % interval {100 * agreement['low']:.0f}–{100 * agreement['high']:.0f})"
        said.append(told + (", too few to rely on" if found["n_both"] < FEWEST else ""))
    accuracy = found["accuracy"]
    if accuracy is not None:
        told = f"{found['graded_alone']} answers are graded by {found['grader']} alone"
        if accuracy["unknown"] is not None:
            said.append(f"{told}; {accuracy['unknown']}")
        else:
            said.append(
                f"{told}: it calls {100 * accuracy['value']:.0f} % right, which within its measured error is "
                f"{100 * accuracy['low']:.0f} to {100 * accuracy['high']:.0f} %"
            )
    measured = accuracy is not None and accuracy["unknown"] is None
    known = "within the error of its grader" if measured else "whatever its grader errs"
    for source, ends in found["sensitivity"].items():
        said.append(
            f"{source}: {known}, right are {in_hundredths(ends['accuracy'])} % and the gap is "
            f"{in_hundredths(ends['gap'])} points; the intervals shown take its verdicts for true"
        )
    return said


def in_hundredths(ends: Mapping[str, float]) -> str:
    """Return a range in hundredths.

    >>> in_hundredths({"low": -0.051, "high": 0.2})
    '−5 to 20'
    """
    return " to ".join(f"{100 * ends[end]:.0f}".replace("-", "−") for end in ("low", "high"))
