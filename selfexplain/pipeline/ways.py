"""Ways of asking the same questions, side by side: every number of each, and paired differences from the first."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from selfexplain.pipeline.agreement_compared import AgreementCompared, compare_agreement
from selfexplain.pipeline.compare import Difference, measured
from selfexplain.pipeline.evaluate import in_words
from selfexplain.pipeline.join import Joined, obstacles
from selfexplain.records import SCHEMA_VERSION
from selfexplain.runs.answers import Answers

SHOWN = ("accuracy", "gap", "brier", "ece", "auroc")
"""What stands beside each way, besides its coverage."""


class Asked(NamedTuple):
    """One Run of a comparison: its metrics object, or as much of it as there is, and its answers by source."""

    metrics: Mapping[str, Any]
    answers: Sequence[Answers]
    why: str = ""
    """Why nothing can be measured; empty otherwise."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way of asking: a Run seen through one source of confidence."""

    run: str
    model: str
    template: str
    source: str | None
    """None where nothing can be measured."""
    why: str = ""
    """Why nothing can be measured."""
    n: int = 0
    """Usable answers."""
    n_answers: int = 0
    """Asked for."""
    coverage: Mapping[str, Any] | None = None
    excluded: Mapping[str, int] = {}
    metrics: Mapping[str, Any] = {}
    """The Estimates of `SHOWN`."""
    usage: Mapping[str, Any]
    """Of the whole Run, whose other sources cost nothing more."""
    cost: Mapping[str, Any]
    roles: Mapping[str, Any] = {}
    """What the other models used and cost that the Run asked, by role."""
    claims: Mapping[str, Any] = {}
    """Of the Run: how much of each kind of claim could be read, where its template asks for one."""
    self_consistency: Mapping[str, Any] = {}
    """Of the Run: what the model answered to its own edits."""
    n_pairs: int = 0
    """Answers usable here and in the reference: what the differences but coverage rest on."""
    differences: Mapping[str, Difference] = {}
    """This way minus the reference; empty for the reference itself."""
    agreement: AgreementCompared | None = None
    """How far claims agree with witnesses here and in the reference; None where no witness has looked at either."""
    not_comparable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Of the Run."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """All of them; the first that can be measured is the reference of the differences."""

    dataset: str
    n_items: int
    """Asked; where nothing could be measured, those there are."""
    ways: tuple[Way, ...]
    reference: int | None
    """Its place in `ways`; None where none can be measured."""
    level: float
    """Of the intervals of all differences of one metric together."""
    each_level: float
    """Of each of them: 1 − (1 − level)/number of ways compared (Bonferroni), since the eye picks the best."""

    def to_dict(self) -> dict[str, Any]:
        """Return strict JSON values."""
        return {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(self)}


def side_by_side(runs: Sequence[Asked], *, level: float = 0.95) -> Ways:
    """Put ways of asking side by side.

    The sources of confidence differ from way to way, since that is what is compared; each is measured for itself and
    none is pooled with another.

    Parameters
    ----------
    runs : sequence of Asked
        Of one Dataset; at least one.
    level : float, in (0, 1)
        With which all differences of one metric hold together.
    """
    rows: list[tuple[Way, Answers | None]] = []
    for run in runs:
        rows += [(way_of(run, None), None)] if run.why else [(way_of(run, each), each) for each in run.answers]
    usable = [place for place, (way, _) in enumerate(rows) if way.n]
    reference = usable[0] if usable else None
    each_level = 1 - (1 - level) / max(len(usable) - 1, 1)
    ways = []
    for place, (way, answers) in enumerate(rows):
        first = None if reference is None or place == reference or not way.n else rows[reference][1]
        compared = first is not None and answers is not None
        ways.append(compare_with(way, answers, first, each_level) if compared else way)  # type: ignore[arg-type]
    about = runs[0].metrics
    return Ways(
        dataset=" ".join(filter(None, (about["dataset"]["name"], str(about["dataset"].get("version") or "")))),
        n_items=max(run.metrics.get("n_items", 0) for run in runs) or about["dataset"]["n_items"],
        ways=tuple(ways),
        reference=reference,
        level=level,
        each_level=each_level,
    )


def way_of(run: Asked, answers: Answers | None) -> Way:
    """Return a Run seen through one source, without differences yet."""
    metrics = run.metrics
    known = {key: metrics[key] for key in ("run", "model", "template", "usage", "cost")}
    known["warnings"] = tuple(metrics.get("warnings", ()))
    known |= {key: metrics.get(key, {}) for key in ("roles", "claims", "self_consistency")}
    if answers is None:
        return Way(**known, source=None, why=run.why)
    data = metrics["sources"][answers.source]
    return Way(
        **known,
        source=answers.source,
        why="" if data["n"] else f"no answer can be used: {in_words(data['excluded'])}",
        n=data["n"],
        n_answers=len(answers.rows),
        coverage=data["coverage"],
        excluded=data["excluded"],
        metrics={name: data["metrics"][name] for name in SHOWN if name in data["metrics"]},
    )


def compare_with(way: Way, answers: Answers, reference: Answers, level: float) -> Way:
    """Return a way with its paired differences from the reference."""
    why = obstacles(reference, answers, strict=False, sources=False, names=("the reference", "this way"))
    if why:
        return msgspec.structs.replace(way, not_comparable=tuple(why))
    joined = Joined.of(reference, answers)
    pairs = joined.table()
    return msgspec.structs.replace(
        way,
        n_pairs=pairs.total,
        differences=measured(joined, pairs, sources=(reference.source, answers.source), level=level),
        agreement=None  # a second source of the same Run claims nothing else
        if answers.name == reference.name
        else compare_agreement(reference.agreed, answers.agreed, joined, level=level),
    )
