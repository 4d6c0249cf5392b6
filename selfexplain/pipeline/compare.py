"""Compare two sides: what became better or worse on the same Items, and which answers changed."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from selfexplain.calibration.area_under_roc import auroc
from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.confidence_gap import gap
from selfexplain.calibration.expected_calibration_error import ece
from selfexplain.calibration.harm import coverage_fell, negative
from selfexplain.calibration.metric import Metric
from selfexplain.calibration.paired_difference import (
    accuracy_difference,
    auroc_difference,
    brier_difference,
    ece_difference,
    gap_difference,
)
from selfexplain.calibration.paired_table import PairedTable
from selfexplain.calibration.reliability import Reliability
from selfexplain.calibration.share_correct import accuracy
from selfexplain.calibration.table import CalibrationTable
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate
from selfexplain.pipeline.agreement_compared import AgreementCompared, compare_agreement
from selfexplain.pipeline.claims_compared import ClaimsCompared
from selfexplain.pipeline.join import Differs, Joined, count, differences, obstacles, remarks
from selfexplain.records import RANKS_ONLY, SCHEMA_VERSION, Answered, Source
from selfexplain.runs.answers import Answers

SURE = 0.9
"""An answer stated with so much is one that people rely on."""

LOST_MANY = 0.02
"""A fall of coverage by more than this, which the gate tolerates, may explain the other differences."""

MEASURES: Mapping[str, tuple[Metric[...], Callable[[PairedTable, float], Estimate]]] = {
    "accuracy": (accuracy, lambda pairs, level: accuracy_difference(pairs, level=level)),
    "gap": (gap, lambda pairs, level: gap_difference(pairs, level=level)),
    "brier": (brier, lambda pairs, level: brier_difference(pairs, level=level)),
    "auroc": (auroc, lambda pairs, level: auroc_difference(pairs, level=level)),
    "ece": (ece, lambda pairs, level: ece_difference(pairs, level=level)),
}
"""What is compared on pairs: the metric of one side, and its difference."""

CACHED = "every answer is the same: if B was asked anew, make sure that no cache answered in the model's place"


class Side(msgspec.Struct, frozen=True):
    """What a comparison says of one of its sides."""

    name: str
    source: str
    model: str
    template: str
    dataset: str
    scale: str


class Difference(msgspec.Struct, frozen=True):
    """A metric on both sides, and B − A."""

    a: float | None
    b: float | None
    difference: Estimate


NO_PROBABILITIES = Difference(
    None, None, Estimate.missing("the numbers of one side only put answers in order", n=0, level=0.95)
)


class Changed(msgspec.Struct, frozen=True):
    """An answer whose grade changed."""

    item: str
    repeat: int
    confidence_a: float | None
    confidence_b: float | None


class Flips(msgspec.Struct, frozen=True):
    """Which answers changed, in the order of Items."""

    right_to_wrong: tuple[Changed, ...] = ()
    wrong_to_right: tuple[Changed, ...] = ()
    wrong_and_sure: tuple[Changed, ...] = ()
    """Wrong in B and stated with at least 0.9, and not so in A."""


class StatusPair(msgspec.Struct, frozen=True):
    """How many answers had one status in A and one in B."""

    a: str
    b: str
    n: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides, compared; `why` says what stands in the way where they cannot be."""

    a: Side
    b: Side
    comparable: bool
    why: tuple[str, ...] = ()
    differs: tuple[Differs, ...] = ()
    remarks: tuple[str, ...] = ()
    n_items: int = 0
    n_answers: int = 0
    """Asked on both sides."""
    n_pairs: int = 0
    """Usable on both sides: what every metric but coverage rests on."""
    identical: bool = False
    metrics: Mapping[str, Difference] = {}
    flips: Flips = Flips()
    statuses: tuple[StatusPair, ...] = ()
    reliability: Mapping[str, Any] = {}
    """Of A and of B on the pairs, as in a metrics object."""
    claims: ClaimsCompared | None = None
    """What the two Runs' explanations claim; None unless both claim something."""
    agreement: AgreementCompared | None = None
    """How far these claims agree with witnesses; None where none has looked at either."""

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values; `claims` and `agreement` are there where there is something to compare."""
        differs = [each._asdict() for each in self.differs]
        found = {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(self), "differs": differs}
        idle = {name for name in ("claims", "agreement") if getattr(self, name) is None}
        return {key: found[key] for key in found if key not in idle}


def compare(a: Answers, b: Answers, *, translated: Collection[str] = ()) -> Comparison:
    """Compare side B with side A on the same Items.

    Parameters
    ----------
    a, b : Answers
    translated : collection of str
        Items that one side asks in translation (:func:`selfexplain.pipeline.shared_units.translations`).

    Returns
    -------
    Comparison
        With `comparable=False` and the reasons where Items, gold answers, graders, clusters or sources differ.
    """
    why = obstacles(a, b, strict=False, translated=translated)
    differs = tuple(differences(a, b))
    if why:
        return Comparison(a=side_of(a), b=side_of(b), comparable=False, why=tuple(why), differs=differs)
    joined = Joined.of(a, b)
    pairs = joined.table()
    said = remarks(a, b)
    if joined.identical:
        said.append(CACHED)
    if asked := {one.item for one, _ in joined.pairs} & set(translated):
        said.append(f"{count(asked, 'Item')} asked in translation, each side graded by gold answers of its own")
    metrics = measured(joined, pairs, sources=(a.source, b.source))
    said += selection(metrics["coverage"])
    return Comparison(
        a=side_of(a),
        b=side_of(b),
        comparable=True,
        differs=differs,
        remarks=tuple(said),
        n_items=len({one.item for one, _ in joined.pairs}),
        n_answers=len(joined.pairs),
        n_pairs=pairs.total,
        identical=joined.identical,
        metrics=metrics,
        flips=flips(joined),
        statuses=tuple(StatusPair(one, other, n) for (one, other), n in joined.statuses.items()),
        reliability={"a": Reliability.of(pairs.a).to_dict(), "b": Reliability.of(pairs.b).to_dict()},
        agreement=compare_agreement(a.agreed, b.agreed, joined),
    )


def side_of(answers: Answers) -> Side:
    """Return what is said of one side."""
    known = answers.provenance
    dataset = f"{known.dataset} {known.dataset_version}".strip()
    return Side(answers.name, answers.source, known.model, known.template, dataset, known.scale)


def measured(
    joined: Joined, pairs: PairedTable, *, sources: tuple[Source, Source], level: float = 0.95
) -> dict[str, Difference]:
    """Return every metric of a comparison; coverage over everything that was asked, the others over pairs.

    A source that only ranks has no gap: what is left then is what needs no probabilities.
    """
    ranking = bool(RANKS_ONLY & set(sources))
    found = {
        name: NO_PROBABILITIES
        if ranking and name not in {"accuracy", "auroc"}
        else Difference(value_of(metric, pairs.a), value_of(metric, pairs.b), difference(pairs, level))
        for name, (metric, difference) in MEASURES.items()
    }
    fell = coverage_drop(joined, level=level)
    before, after = (share_usable(joined, side) for side in (0, 1))
    found["coverage"] = Difference(before, after, negative(fell))
    return found


def selection(coverage: Difference) -> list[str]:
    """Return what to bear in mind where B can be used less often than A: what is left may be the easy part."""
    change = coverage.difference.value
    if change is None or change >= -LOST_MANY:
        return []
    fell = f"the share of usable answers fell by {-100 * change:.1f} points"
    rest = "the other differences are over the rest, and may look better only because hard answers are missing"
    return [f"{fell}: {rest}"]


def coverage_drop(joined: Joined, *, level: float) -> Estimate:
    """Return by how much the share of usable answers fell over what was asked."""
    usable_a, usable_b = ([pair[side].status == "ok" for pair in joined.pairs] for side in (0, 1))
    return coverage_fell(usable_a, usable_b, joined.clusters, level=level)


def share_usable(joined: Joined, side: int) -> float | None:
    """Return the share of usable answers of one side."""
    usable = [pair[side].status == "ok" for pair in joined.pairs]
    return sum(usable) / len(usable) if usable else None


def value_of(metric: Metric[...], table: CalibrationTable) -> float | None:
    """Return a metric's value, or None where it has none."""
    try:
        return metric(table)
    except Undefined:
        return None


def flips(joined: Joined) -> Flips:
    """Return which answers changed; an answer whose grade or confidence is missing on a side is left out."""
    graded = joined.where(lambda a, b: a.correct is not None and b.correct is not None).pairs
    return Flips(
        right_to_wrong=tuple(changed(a, b) for a, b in graded if a.correct and not b.correct),
        wrong_to_right=tuple(changed(a, b) for a, b in graded if b.correct and not a.correct),
        wrong_and_sure=tuple(
            changed(a, b) for a, b in joined.usable.pairs if wrong_and_sure(b) and not wrong_and_sure(a)
        ),
    )


def wrong_and_sure(row: Answered) -> bool:
    """Tell whether an answer is wrong and stated with much confidence."""
    return row.correct is False and row.confidence is not None and row.confidence >= SURE


def changed(a: Answered, b: Answered) -> Changed:
    """Return a pair as a changed answer."""
    return Changed(a.item, a.repeat, a.confidence, b.confidence)
