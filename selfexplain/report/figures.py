"""Each picture of a page with its words: a text alternative, one sentence, and the numbers behind it as a table."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from selfexplain.calibration.brier_score import brier
from selfexplain.calibration.isotonic_discrimination import corp_dsc
from selfexplain.calibration.isotonic_miscalibration import corp_mcb
from selfexplain.calibration.isotonic_uncertainty import corp_unc
from selfexplain.display.axes import Drawable
from selfexplain.display.confidence_by_correctness import ConfidenceByCorrectnessDisplay
from selfexplain.display.corp import CorpDisplay
from selfexplain.display.decision import DecisionDisplay
from selfexplain.display.evaluated import table_of
from selfexplain.display.groups import MEASURES, GroupForestDisplay
from selfexplain.display.recalibration import RecalibrationDisplay
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.risk_coverage import RiskCoverageDisplay, spread
from selfexplain.report.decision import limit_of
from selfexplain.report.decision import sentence as decided
from selfexplain.report.numbers import percent, written
from selfexplain.report.picture import display_of
from selfexplain.report.recalibration import change_in_words
from selfexplain.report.rows import LONGEST_NAME, cut
from selfexplain.report.sentences import Metrics, drawn_together, sentence, source_words
from selfexplain.report.visible import visible
from selfexplain.report.words import words_for

D_co = TypeVar("D_co", bound=Drawable, covariant=True)

LONGEST = 60
"""Rows of a table behind a picture; `metrics.json` has every count."""


@dataclass(frozen=True)
class Dot:
    """What a dot of the reliability diagram opens: the answers of one tenth of the scale."""

    tenth: int
    """From 0 to 9."""
    label: str
    """What a screen reader says."""
    range: str
    """Which confidences it holds."""


@dataclass(frozen=True)
class Figure(Generic[D_co]):
    """One picture and its words."""

    title: str
    display: D_co
    alternative: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """When the table does not hold every row."""
    dots: tuple[Dot, ...] = ()


def reliability_figure(metrics: Metrics, source: str) -> Figure[ReliabilityDisplay]:
    """Return the reliability diagram of a source."""
    shown, words = display_of(metrics, source), words_for(metrics["about"])
    truth = "happened" if shown.event else "right"
    told = [
        f"{percent(says)} {words.sure}, {percent(right)} {truth}, {_answers(n)}"
        for says, right, n in zip(shown.mean_confidence, shown.accuracy, shown.n, strict=True)
    ]
    ranges = [_range(left, right) for left, right in zip(shown.left, shown.right, strict=True)]
    return Figure(
        title="Reliability diagram",
        display=shown,
        alternative=f"Reliability diagram, {shown.label}: {'; '.join(told) or 'no answers'}.",
        sentence=drawn_together(shown.clusters, "the lines of the dots take"),
        columns=("Confidence", "Mean", truth.capitalize(), "Interval", "Answers"),
        rows=tuple(
            (place, percent(says), percent(right), _interval(low, high), f"{n:,}")
            for place, says, right, low, high, n in zip(
                ranges, shown.mean_confidence, shown.accuracy, shown.low, shown.high, shown.n, strict=True
            )
        ),
        dots=tuple(
            Dot(round(10 * left), f"{text}: list them", place)
            for left, text, place in zip(shown.left, told, ranges, strict=True)
        ),
    )


def apart_figures(
    metrics: Metrics, source: str
) -> tuple[Figure[ConfidenceByCorrectnessDisplay], Figure[RiskCoverageDisplay]]:
    """Return the two pictures that tell right from wrong answers: their confidences, and what a threshold keeps."""
    label, event = source_words(source).title, metrics["about"] == "event"
    data = metrics["sources"][source]
    return (
        _by_correctness(ConfidenceByCorrectnessDisplay.from_evaluation(data, label, event=event)),
        _risk_coverage(RiskCoverageDisplay.from_evaluation(data, label, event=event)),
    )


def recalibration_figure(metrics: Metrics, source: str) -> Figure[RecalibrationDisplay] | None:
    """Return the picture before and after recalibration, out of fold; None where it was not tried."""
    numbers = metrics["sources"][source].get("recalibration")
    if numbers is None:
        return None
    told = []
    for name, title in (("gap", "Gap"), ("brier", "Brier score"), ("ece", "ECE")):
        both = [str(written(name, numbers[when]["metrics"][name])) for when in ("stated", "recalibrated")]
        told.append((title, *both))
    return Figure(
        title="Before and after recalibration",
        display=RecalibrationDisplay.from_recalibration(numbers),
        alternative=f"Reliability as stated and recalibrated, {source_words(source).title}: "
        f"{'; '.join(f'{title} {before}, then {after}' for title, before, after in told)}.",
        sentence=f"Each value replaced by what it was worth on other answers ({numbers['folds']} folds). "
        f"{change_in_words(numbers['brier_change'])}",
        columns=("", "As stated", "Recalibrated"),
        rows=tuple(told),
    )


def decision_figure(metrics: Metrics, source: str) -> Figure[DecisionDisplay] | None:
    """Return what each threshold answers and promises; None where answers are few."""
    decision = metrics["sources"][source].get("decision")
    if decision is None:
        return None
    rows = tuple(
        (
            f"{100 * row['threshold']:g} %",  # not rounded: two rows are two rules
            f"{row['answered']:,}",
            percent(row["coverage"]),
            percent(row["observed"], 1),
            limit_of(row["limit"]),
        )
        for row in decision["thresholds"]
    )
    told = [f"from {at} on {share} are answered, at most {limit} of them wrong" for at, _, share, _, limit in rows]
    return Figure(
        title="Answer only from a confidence on",
        display=DecisionDisplay.from_decision(decision),
        alternative=f"Error that is promised from each confidence on, {source_words(source).title}: {'; '.join(told)}.",
        sentence=decided(decision),
        columns=("Answer from", "Answers", "Share", "Seen wrong", "At most wrong"),
        rows=rows,
        note="A row is a rule: answer when the confidence is at least this, and say nothing otherwise. At most the "
        f"share in the last column is then wrong. All rows hold together with {percent(decision['level'])}, so any of "
        "them may be chosen; it is promised for new questions of the same kind.",
    )


def corp_figure(metrics: Metrics, source: str) -> Figure[CorpDisplay]:
    """Return the CORP diagram of a source: value by value, the curve, and the band for a test about the diagonal."""
    data, event = metrics["sources"][source], metrics["about"] == "event"
    shown = CorpDisplay.from_evaluation(data, source_words(source).title, event=event)
    words = words_for(metrics["about"])
    table = table_of(data)
    at = spread([(i + 1) / len(shown.n) for i in range(len(shown.n))], LONGEST)
    more = len(shown.confidence) - len(at)
    told = ""
    if table.total:
        told = (
            f"the Brier score of {brier(table):.3f} is {corp_mcb(table):.3f} (MCB: a rising map could mend it) − "
            f"{corp_dsc(table):.3f} (DSC: what confidence tells) + {corp_unc(table):.3f} (UNC: how hard to guess)"
        )
    outside = sum(
        not low <= y <= high
        for y, low, high in zip(
            shown.accuracy if shown.has_dots else shown.curve, shown.band_low, shown.band_high, strict=True
        )
    )
    what = "dots" if shown.has_dots else "the curve"
    grey = (
        f"the grey band is no interval but a test: where {what} would lie 9 times in 10, one confidence at a time, if "
        f"every confidence were exactly true; {outside:,} of {len(shown.confidence):,} lie outside"
    )
    together = drawn_together(shown.clusters, "lines and band take" if shown.has_dots else "the band takes")
    return Figure(
        title="Value by value",
        display=shown,
        alternative=f"CORP reliability diagram, {shown.label}: {'; '.join(_corners(shown)) or 'no answers'}.",
        sentence=" ".join(filter(None, (sentence(told), sentence(grey) if table.total else "", together))),
        columns=("Confidence", words.right.capitalize(), "Interval", "Curve", "Test band", "Answers"),
        rows=tuple(
            (
                _confidence(shown.confidence[i]),
                percent(shown.accuracy[i]),
                _interval(shown.low[i], shown.high[i]),
                percent(shown.curve[i]),
                _interval(shown.band_low[i], shown.band_high[i]),
                f"{shown.n[i]:,}",
            )
            for i in at
        ),
        note=f"{more:,} more confidences lie between; metrics.json has every count." if more else "",
    )


def _corners(shown: CorpDisplay) -> list[str]:
    """Say where the curve rises: the first and the last confidence of each level, at most six levels."""
    levels: dict[float, list[float]] = {}
    for x, y in zip(shown.confidence, shown.curve, strict=True):
        levels.setdefault(y, []).append(x)
    some = list(levels.items())
    kept = [some[i] for i in spread([(i + 1) / len(some) for i in range(len(some))], 6)]
    return [f"from {_confidence(xs[0])} to {_confidence(xs[-1])} the curve is at {percent(y)}" for y, xs in kept]


def forest_figure(metrics: Metrics, source: str) -> Figure[GroupForestDisplay] | None:
    """Return the forest plot of a source's groups; None with fewer than two, or when nothing of it was measured."""
    data, event = metrics["sources"][source], metrics["about"] == "event"
    groups = {visible(cut(name, LONGEST_NAME)): group for name, group in data.get("groups", {}).items()}
    shown = GroupForestDisplay.from_evaluation({"metrics": data["metrics"], "groups": groups}, event=event)
    if len(shown.n) < 2 or not shown.pooled:
        return None
    truth = "Happened" if event else "Right"
    names = {"gap": "Gap", "accuracy": truth, "auroc": "AUROC"}
    measured = [metric for metric in MEASURES if metric in shown.pooled]
    told = [
        f"{name}, {', '.join(f'{names[metric]} {_cell(shown, name, metric)}' for metric in measured)}"
        for name in shown.drawn
    ]
    left = len(shown.n) - len(shown.drawn)
    return Figure(
        title=source_words(source).title,
        display=shown,
        alternative=f"Forest plot of groups, {source_words(source).title}: {'; '.join(told)}.",
        sentence="",
        columns=("Group", *(names[metric] for metric in measured), "Answers"),
        rows=tuple(
            (name, *(_cell(shown, name, metric) for metric in measured), f"{n:,}") for name, n in shown.n.items()
        ),
        note=f"The picture shows the {len(shown.drawn)} largest groups; {left:,} more are in the table."
        if left
        else "",
    )


def _cell(shown: GroupForestDisplay, name: str, metric: str) -> str:
    found = shown.estimates.get((name, metric))
    return "–" if found is None else str(written(metric, found))


def _by_correctness(shown: ConfidenceByCorrectnessDisplay) -> Figure[ConfidenceByCorrectnessDisplay]:
    words = words_for("event" if shown.event else "own_answer")
    numbers = list(zip(shown.left, shown.right, shown.n_correct, shown.n_wrong, strict=True))
    told = [f"{_range(a, b)}: {right} {words.right}, {wrong} {words.wrong}" for a, b, right, wrong in numbers]
    return Figure(
        title="Confidence by outcome" if shown.event else "Confidence of right and wrong answers",
        display=shown,
        alternative=f"Two histograms of confidence, {shown.label}: {'; '.join(told) or 'no answers'}.",
        sentence=sentence(_means(shown)),
        columns=("Confidence", words.right.capitalize(), words.wrong.capitalize()),
        rows=tuple((_range(a, b), f"{right:,}", f"{wrong:,}") for a, b, right, wrong in numbers),
    )


def _means(shown: ConfidenceByCorrectnessDisplay) -> str:
    right, wrong = shown.mean_correct, shown.mean_wrong
    if right is None and wrong is None:
        return "there are no answers"
    if shown.event:
        did = "nothing happened" if right is None else f"what happened was expected with {percent(right)} on average"
        did_not = "everything happened" if wrong is None else f"what did not, with {percent(wrong)}"
    else:
        did = (
            "no answer is right" if right is None else f"right answers come with {percent(right)} confidence on average"
        )
        did_not = "no answer is wrong" if wrong is None else f"wrong ones with {percent(wrong)}"
    return f"{did}, {did_not}"


def _risk_coverage(shown: RiskCoverageDisplay) -> Figure[RiskCoverageDisplay]:
    wrong = "Did not happen" if shown.event else "Wrong"
    at = spread(shown.coverage, LONGEST)
    more = len(shown.threshold) - len(at)
    named = [
        f"at least {_confidence(shown.threshold[i])}: {percent(shown.coverage[i])} kept, "
        f"{percent(shown.risk[i])} {wrong.lower()}"
        for i in spread(shown.coverage, 6)
    ]
    return Figure(
        title="What a threshold keeps",
        display=shown,
        alternative=f"Risk and coverage, {shown.label}: {'; '.join(named) or 'no answers'}.",
        sentence=sentence(_bargain(shown)),
        columns=("Threshold", "Kept", "Share kept", wrong, "Interval", "Ideal"),
        rows=tuple(
            (
                f"≥ {_confidence(shown.threshold[i])}",
                f"{shown.n_kept[i]:,}",
                percent(shown.coverage[i]),
                percent(shown.risk[i]),
                _interval(shown.low[i], shown.high[i]),
                percent(shown.ideal_risk[i]),
            )
            for i in at
        ),
        note=f"{more:,} more thresholds lie between; metrics.json has every count." if more else "",
    )


def _bargain(shown: RiskCoverageDisplay) -> str:
    """Say what the threshold nearest to half of the answers would give, with its interval."""
    if not shown.threshold:
        return "there are no answers"
    if len(shown.threshold) == 1:
        return f"everything has the same confidence, {_confidence(shown.threshold[0])}: no threshold divides it"
    i = min(range(len(shown.threshold)), key=lambda rank: abs(shown.coverage[rank] - 0.5))
    if i == len(shown.threshold) - 1:
        i -= 1  # the lowest threshold keeps everything, which is no choice
    did, noun = ("did not happen", "forecasts") if shown.event else ("are wrong", "answers")
    return (
        f"keeping only {noun} with at least {_confidence(shown.threshold[i])} leaves {percent(shown.coverage[i])} of "
        f"them; {percent(shown.risk[i])} of these {did} ({_interval(shown.low[i], shown.high[i])}), of all "
        f"{percent(shown.risk[-1])}"
    )


def _answers(n: int) -> str:
    return f"{n:,} answer" if n == 1 else f"{n:,} answers"


def _confidence(value: float) -> str:
    """Write a confidence; 99.7 % is not certainty."""
    return percent(value, 1 if 0 < value < 0.01 or 0.99 < value < 1 else 0)


def _range(left: float, right: float) -> str:
    """Say which confidences a bin holds: its right edge belongs to it, and the first bin's left edge.

    >>> _range(0.4, 0.5), _range(0.0, 0.1)
    ('over 40 % up to 50 %', '0 % up to 10 %')
    """
    return f"{'over ' if left else ''}{percent(left)} up to {percent(right)}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}"
