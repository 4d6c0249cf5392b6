"""What a trial's findings come to in a Run: estimates with intervals by cluster, each beside its chance level."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from selfexplain.inference import Estimate, mean_by_cluster_t, share
from selfexplain.trials.finding import Finding

LEVEL = 0.95


class Measure(msgspec.Struct, frozen=True):
    """An estimate, and what it would be if there were nothing to find."""

    estimate: Estimate
    chance: Estimate | None = None
    """None where no chance level can be given."""
    chance_is: str = ""
    """What the chance level is, in words."""

    @property
    def value(self) -> float | None:
        """The value itself."""
        return self.estimate.value


class Summary(msgspec.Struct, frozen=True):
    """What one trial says of a Run, in one mode."""

    trial: str
    n: int
    """Findings."""
    n_used: int
    left_out: dict[str, int]
    """Why the others are left out, and how many."""
    measures: dict[str, Measure]
    mode: str = ""
    tables: dict[str, list[dict[str, Any]]] = {}
    """Counts behind the measures, by name."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the measures."""

    def to_dict(self) -> dict[str, Any]:
        """Return the Summary as strict JSON values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def by_mode(
    findings: Sequence[Finding], measured: Callable[[Sequence[Finding]], tuple[dict[str, Measure], dict[str, Any]]]
) -> tuple[Summary, ...]:
    """Return a Summary for each mode; findings of different modes are never pooled.

    Parameters
    ----------
    findings : sequence of Finding
        Of one trial, usable or not.
    measured : callable
        Returns measures and tables of usable findings, of which there may be none.
    """
    found = []
    for mode in sorted({each.mode for each in findings}):
        own = [each for each in findings if each.mode == mode]
        used = [each for each in own if each.status == "ok"]
        measures, tables = measured(used)
        left_out = Counter(f"{each.status}: {each.why}" if each.why else each.status for each in own)
        del left_out["ok"]
        found.append(Summary(own[0].trial, len(own), len(used), dict(left_out.most_common()), measures, mode, tables))
    return tuple(found)


def clusters_of(findings: Sequence[Finding]) -> list[str]:
    """Return what each finding's Item was drawn with."""
    return [each.cluster for each in findings]


def share_of(hits: Sequence[bool], findings: Sequence[Finding]) -> Estimate:
    """Estimate a share of findings, by cluster."""
    return share(list(hits), clusters_of(findings), level=LEVEL)


def mean_of(numbers: Sequence[float], findings: Sequence[Finding], *, low: float = 0.0, high: float = 1.0) -> Estimate:
    """Estimate a mean over findings, by cluster; `low` and `high` are what a number cannot leave."""
    return mean_by_cluster_t(list(numbers), clusters_of(findings), within=(low, high), level=LEVEL)


NO_DIFFERENCE = Estimate(0.0, 0.0, 0.0, LEVEL, "by definition", 0)


def difference_of(differences: Sequence[float], findings: Sequence[Finding]) -> Measure:
    """Return a mean difference on the same questions, beside none; each is in [−1, 1].

    Its interval is that of the pairs, so it tells apart what two intervals beside each other may not.
    """
    if not findings:
        return Measure(Estimate.missing("no pair of answers", n=0, level=LEVEL))
    return Measure(mean_of(differences, findings, low=-1.0), NO_DIFFERENCE, "no difference")
