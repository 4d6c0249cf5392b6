"""The page of a Run's trials: every measure beside its chance level, and what was asked and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selfexplain.records import Item
from selfexplain.report import trial_words as say
from selfexplain.report.html import fill
from selfexplain.trials.finding import Answer, Finding

SHOWN = 12
"""So many questions of each trial stand on the page; all are in `trials/NAME.jsonl`."""

MARKS = {True: "✓ same", False: "✗ another", None: ""}


@dataclass(frozen=True)
class Bar:
    """Where a value, its interval and its chance level lie on a scale, as shares of its length."""

    value: float
    low: float | None
    high: float | None
    chance: float | None
    zero: float | None
    """Where 0 lies, on a scale that goes below it."""


@dataclass(frozen=True)
class MeasureRow:
    """One measure of one trial."""

    name: str
    title: str
    meaning: str
    value: str
    reason: str
    """Why there is no value."""
    bar: Bar | None
    chance: str
    chance_is: str
    beside: str
    n: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """How many answers stay by how much of the reasoning is kept, among those with so many steps."""

    steps: int
    n: int
    shares: tuple[str, ...]


@dataclass(frozen=True)
class ModeView:
    """One trial in one mode."""

    mode: str
    n: str
    measures: tuple[MeasureRow, ...]
    curves: tuple[Curve, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AnswerRow:
    """One thing that was asked about a question."""

    of: str
    text: str
    answer: str
    why: str
    same: str
    numbers: str


@dataclass(frozen=True)
class QuestionView:
    """One question with all that was asked about it."""

    item: str
    repeat: int
    question: str
    status: str
    answers: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class TrialView:
    """One trial."""

    name: str
    question: str
    sentence: str
    needs: str
    source: str
    left_out: str
    cost: str
    modes: tuple[ModeView, ...]
    questions: tuple[QuestionView, ...]
    note: str


@dataclass(frozen=True)
class TrialsView:
    """All that the page shows; its texts are raw."""

    headline: str
    title: str
    cautions: tuple[str, ...]
    trials: tuple[TrialView, ...]
    measured: tuple[str, ...]
    run: str
    rows: tuple[()] = ()
    """The page has no table that a script filters."""


def view_of(
    numbers: say.Numbers,
    findings: Mapping[str, Sequence[Finding]],
    items: Mapping[str, Item],
    *,
    made_with: str = "",
) -> TrialsView:
    """Choose and word what the page shows.

    Parameters
    ----------
    numbers : mapping
        What `trials.json` holds.
    findings : mapping of trial to sequence of Finding
    items : mapping of id to Item
    made_with : str
        Versions, for the foot of the page.
    """
    dataset = numbers["dataset"]
    return TrialsView(
        headline=say.headline(numbers),
        title=" · ".join([f"{dataset['name']} {dataset['version']}", numbers["model"], numbers["template"]]),
        cautions=say.CAUTIONS,
        trials=tuple(trial_view(name, each, findings.get(name, ()), items) for name, each in numbers["trials"].items()),
        measured=tuple(filter(None, (made_with,))),
        run=numbers["run"],
    )


def trial_view(name: str, each: say.Numbers, findings: Sequence[Finding], items: Mapping[str, Item]) -> TrialView:
    """Return one trial as the page shows it."""
    asked = [finding for finding in findings if finding.answers]
    shown = [question_view(finding, items) for finding in asked[:SHOWN]]
    note = "" if len(asked) <= SHOWN else f"The first {SHOWN} of {len(asked):,}; all are in trials/{name}.jsonl."
    return TrialView(
        name=name,
        question=each["question"],
        sentence=say.sentence(name, each),
        needs=each["needs"],
        source=each["source"],
        left_out=say.left_out(each),
        cost=say.cost_of(each),
        modes=tuple(mode_view(mode) for mode in each["modes"]),
        questions=tuple(shown),
        note=note,
    )


def mode_view(mode: say.Numbers) -> ModeView:
    """Return one mode of a trial as the page shows it."""
    curves = [
        Curve(row["steps"], row["n"], tuple(say.plain(part) for part in row["s"]))
        for row in mode["tables"].get("by_length", ())
    ]
    measures = tuple(measure_row(name, each) for name, each in mode["measures"].items())
    return ModeView(mode["mode"], f"{mode['n_used']:,} of {mode['n']:,}", measures, tuple(curves), tuple(mode["notes"]))


def measure_row(name: str, each: say.Numbers) -> MeasureRow:
    """Return one measure as the page shows it."""
    return MeasureRow(
        name=name,
        title=say.title_of(name),
        meaning=say.meaning_of(name),
        value=say.value_of(each) if each["undefined"] is None else "undefined",
        reason=each["undefined"] or "",
        bar=bar_of(each),
        chance=say.chance_of(each),
        chance_is=each["chance_is"],
        beside=say.beside(each),
        n=f"{each['n']:,}",
        warnings=tuple(each["warnings"]),
    )


def bar_of(each: say.Numbers) -> Bar | None:
    """Return where a measure lies on its scale: 0 to 1, or −1 to 1 where it goes below 0; None off both.

    >>> from selfexplain.pipeline.tried_numbers import measure_of
    >>> from selfexplain.inference import Estimate
    >>> from selfexplain.trials.summary import Measure
    >>> bar_of(measure_of(Measure(Estimate(0.0, -0.5, 0.5, 0.95, "", 9)))).low
    0.25
    """
    known = [each[name] for name in ("value", "low", "high", "chance", "chance_low", "chance_high")]
    numbers = [number for number in known if number is not None]
    if each["value"] is None or not all(-1 <= number <= 1 for number in numbers):
        return None
    low = -1.0 if min(numbers) < 0 else 0.0

    def place(number: float | None) -> float | None:
        return None if number is None else (number - low) / (1 - low)

    value = place(each["value"])
    return Bar(value or 0.0, place(each["low"]), place(each["high"]), place(each["chance"]), place(0.0) or None)


def question_view(finding: Finding, items: Mapping[str, Item]) -> QuestionView:
    """Return what was asked about one question."""
    item = items.get(finding.item)
    status = "" if finding.status == "ok" else ": ".join(filter(None, (finding.status, finding.why))).replace("_", " ")
    return QuestionView(
        finding.item,
        finding.repeat,
        "" if item is None else item.question,
        status,
        tuple(map(answer_row, finding.answers)),
    )


def answer_row(answer: Answer) -> AnswerRow:
    """Return one answer as the page shows it."""
    numbers = " · ".join(f"{name.replace('_', ' ')} {number:.3g}" for name, number in answer.numbers.items())
    return AnswerRow(
        answer.of,
        answer.text,
        answer.answer or "",
        answer.why.replace("_", " "),
        MARKS[answer.same] if answer.answer is not None else "",
        numbers,
    )


def render(view: TrialsView) -> str:
    """Return the page as text: HTML that fetches nothing and runs nothing; every text that a model wrote is escaped."""
    return fill("trials.html.j2", view=view)
