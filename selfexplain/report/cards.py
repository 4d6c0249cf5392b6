"""All that is said of one source of confidence at first sight."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.display.axes import Drawable
from selfexplain.display.corp import CorpDisplay
from selfexplain.display.decision import DecisionDisplay
from selfexplain.display.groups import GroupForestDisplay
from selfexplain.display.recalibration import RecalibrationDisplay
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.records import RANKS_ONLY
from selfexplain.report import sentences as say
from selfexplain.report.facts import Facts, title_of
from selfexplain.report.figures import (
    Figure,
    apart_figures,
    corp_figure,
    decision_figure,
    forest_figure,
    recalibration_figure,
    reliability_figure,
)
from selfexplain.report.numbers import Written, written


@dataclass(frozen=True)
class Bar:
    """A share as a bar: its name, its text and, in [0, 1], its value and interval."""

    name: str
    text: Written
    value: float
    low: float | None
    high: float | None
    reaches: float | None
    """Where the longer bar of the two ends; None for the longer one."""


@dataclass(frozen=True)
class Card:
    """All that is said of one source of confidence at first sight."""

    source: str
    title: str
    meaning: str
    verdict: str
    side: str
    """`over` or `under` when the gap's interval shows one of them, else empty."""
    bars: tuple[Bar, ...]
    key_numbers: tuple[tuple[str, Written], ...]
    diagram: Figure[ReliabilityDisplay]
    corp: Figure[CorpDisplay]
    """The same value by value."""
    recalibration: Figure[RecalibrationDisplay] | None
    """What a map from stated to recalibrated confidence would change; None where there are few answers."""
    forest: Figure[GroupForestDisplay] | None
    """Its groups; None when there are fewer than two."""
    decision: Figure[DecisionDisplay] | None
    """What each threshold answers and promises; None where there are few answers."""
    apart: tuple[Figure[Drawable], ...]
    """The pictures that tell right from wrong answers."""
    left_out: str
    worst_case: str
    coverage: Written
    n: int

    @property
    def ranks_only(self) -> bool:
        """Whether its numbers are no probabilities, so that no diagram can say how often they come true."""
        return self.source in RANKS_ONLY


def card_of(metrics: say.Metrics, source: str, facts: Facts) -> Card:
    """Return what is said of one source of confidence."""
    data, words = metrics["sources"][source], say.source_words(source)
    digits = say.decimals(metrics, source)
    return Card(
        source=source,
        title=words.title,
        meaning=words.meaning,
        verdict=say.sentence(say.verdict(metrics, source)),
        side=side_of(data["metrics"]),
        bars=_bars(metrics, source, digits),
        key_numbers=tuple(
            (title_of(name, facts), written(name, data["metrics"][name], digits))
            for name in ("gap", "auroc")
            if name in data["metrics"]
        ),
        diagram=reliability_figure(metrics, source),
        corp=corp_figure(metrics, source),
        recalibration=recalibration_figure(metrics, source),
        forest=forest_figure(metrics, source),
        decision=decision_figure(metrics, source),
        apart=apart_figures(metrics, source),
        left_out=say.sentence(say.left_out(metrics, source)),
        worst_case=say.sentence(say.worst_case(metrics, source)),
        coverage=written("coverage", data["coverage"]),
        n=data["n"],
    )


def _bars(metrics: say.Metrics, source: str, digits: int) -> tuple[Bar, ...]:
    """Return mean confidence and accuracy as two bars to compare; empty unless there are both."""
    data = metrics["sources"][source]["metrics"]
    verb = say.source_words(source).verb
    names = (("mean_confidence", "expects"), ("accuracy", "happens"))
    if metrics["about"] != "event":
        names = (("mean_confidence", verb), ("accuracy", "is right"))
    estimates = [(name, title, data.get(name)) for name, title in names]
    if any(estimate is None or estimate["value"] is None for _, _, estimate in estimates):
        return ()
    longest = max(estimate["value"] for _, _, estimate in estimates)
    return tuple(
        Bar(
            title,
            written(name, estimate, digits),
            estimate["value"],
            estimate["low"],
            estimate["high"],
            longest if estimate["value"] < longest else None,
        )
        for name, title, estimate in estimates
    )


def side_of(metrics: Mapping[str, Any]) -> str:
    """Return `over` or `under` when the interval of the gap shows it, else nothing."""
    gap = metrics.get("gap") or {}
    low, high = gap.get("low"), gap.get("high")
    if low is None or high is None:
        return ""
    return "over" if low > 0 else "under" if high < 0 else ""
