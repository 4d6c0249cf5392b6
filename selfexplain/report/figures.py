"""Each picture of a page with its words: a text alternative, one sentence, and the numbers behind it as a table."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from selfexplain.calibration.table import CalibrationTable
from selfexplain.display.axes import Drawable
from selfexplain.display.confidence_by_correctness import ConfidenceByCorrectness
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.risk_coverage import RiskCoverage, spread
from selfexplain.report.numbers import percent
from selfexplain.report.picture import display_of
from selfexplain.report.sentences import Metrics, sentence, source_words
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
        sentence="",
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


def apart_figures(metrics: Metrics, source: str) -> tuple[Figure[ConfidenceByCorrectness], Figure[RiskCoverage]]:
    """Return the two pictures that tell right from wrong answers: their confidences, and what a threshold keeps."""
    label, event = source_words(source).title, metrics["about"] == "event"
    counts = {value: (n, n_correct) for value, n, n_correct in metrics["sources"][source]["table"]}
    table = CalibrationTable.from_counts(counts)
    return (
        _by_correctness(ConfidenceByCorrectness.of(table, label, event=event)),
        _risk_coverage(RiskCoverage.of(table, label, event=event)),
    )


def _by_correctness(shown: ConfidenceByCorrectness) -> Figure[ConfidenceByCorrectness]:
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


def _means(shown: ConfidenceByCorrectness) -> str:
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


def _risk_coverage(shown: RiskCoverage) -> Figure[RiskCoverage]:
    wrong = "Did not happen" if shown.event else "Wrong"
    at = spread(shown.coverage, LONGEST)
    cut = len(shown.threshold) - len(at)
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
        note=f"{cut:,} more thresholds lie between; metrics.json has every count." if cut else "",
    )


def _bargain(shown: RiskCoverage) -> str:
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
