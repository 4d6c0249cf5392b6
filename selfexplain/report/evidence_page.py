"""The page of a Run's Evidence: the verdict, the table of agreement, and each question with its words tinted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.report import evidence_words as say
from selfexplain.report.evidence_rows import EvidenceRow
from selfexplain.report.html import fill
from selfexplain.report.numbers import percent
from selfexplain.report.removed import CAUTION, RemovedView, habit, other_items, removed_view


@dataclass(frozen=True)
class AgreementRow:
    """One witness by one measure."""

    witness: str
    is_main: bool
    """Whether it is by the measure that the verdict rests on."""
    family: str
    question: str
    title: str
    value: str
    chance: str
    above: str
    n: str


@dataclass(frozen=True)
class TercileRow:
    """One part of the Records by support."""

    name: str
    support: str
    n: str
    accuracy: str
    confidence: str
    gap: str


@dataclass(frozen=True)
class EvidenceView:
    """All that the page shows; its texts are raw."""

    headline: str
    title: str
    because: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    measure: str
    """What the verdict rests on, in words."""
    agreement: tuple[AgreementRow, ...]
    pairs: tuple[tuple[str, ...], ...]
    """Two witnesses, their agreement, what chance gives, and by how much they are above it."""
    others: tuple[tuple[str, ...], ...]
    """A witness, its agreement, that of claims about other questions, and by how much it is above these."""
    removals: RemovedView | None
    terciles: tuple[TercileRow, ...]
    joined: tuple[str, ...]
    alarming: tuple[Mapping[str, Any], ...]
    records: tuple[EvidenceRow, ...]
    note: str
    measured: tuple[str, ...]
    run: str
    removed_caution: str = CAUTION
    rows: tuple[()] = ()
    """The page has no table that a script filters."""


def view_of(
    numbers: say.Numbers,
    rows: tuple[EvidenceRow, ...],
    facts: Mapping[str, tuple[str, str]],
    note: str = "",
    *,
    made_with: str = "",
) -> EvidenceView:
    """Choose and word what the page shows.

    Parameters
    ----------
    numbers : mapping
        What `selfexplain witness --json` prints.
    rows : tuple of EvidenceRow
    facts : mapping of measure to (title, meaning)
    note : str
        Which Records are not shown.
    made_with : str
        Versions, for the foot of the page.
    """
    dataset, joined = numbers["dataset"], numbers["joined"]
    titles = {name: title for name, (title, _) in facts.items()}
    has_attention = any(each["family"] == "attention" for each in numbers["witnesses"].values())
    return EvidenceView(
        headline=say.headline(numbers),
        title=" · ".join([f"{dataset['name']} {dataset['version']}", numbers["model"], numbers["template"]]),
        because=say.because(numbers),
        sentences=tuple(
            filter(None, (*say.sentences(numbers), habit(numbers), say.ceiling(numbers), say.hallucinated(numbers)))
        ),
        cautions=tuple(
            filter(None, (say.targets(numbers), say.SHARED, say.NEVER_OF_ONE, say.DISPUTE if has_attention else ""))
        ),
        measure=": ".join(facts[say.verdict_of(numbers)["measure"]]).rstrip("."),
        agreement=tuple(agreement_rows(numbers, titles)),
        pairs=tuple(
            (*pair.split(" | "), say.interval(each), chance(each), say.above(each))
            for pair, each in numbers["pairs"].items()
            if each["n"]
        ),
        others=tuple(other_items(numbers)),
        removals=removed_view(numbers, titles),
        terciles=() if joined is None else tuple(tercile_rows(joined)),
        joined=tuple(say.joined(numbers)),
        alarming=() if joined is None else tuple(joined["sure_wrong_unsupported"]),
        records=rows,
        note=note,
        measured=tuple(filter(None, (*measured(numbers), made_with))),
        run=numbers["run"],
    )


def measured(numbers: say.Numbers) -> tuple[str, ...]:
    """Return what stands at the foot of the page."""
    told = (say.cost, say.found_before, say.check, say.shuffled, say.left_out)
    return tuple(sentence(numbers) for sentence in told)


def agreement_rows(numbers: say.Numbers, titles: Mapping[str, str]) -> list[AgreementRow]:
    """Return one row for each witness by the verdict's measure, and one for each other measure that has a value."""
    found, main = [], say.verdict_of(numbers)["measure"]
    for name, witness in numbers["witnesses"].items():
        known = {measure: each for measure, each in witness["agreement"].items() if each["n"] or measure == main}
        for measure, each in known.items():
            found.append(
                AgreementRow(
                    witness=name,
                    is_main=measure == main,
                    family=witness["family"],
                    question=witness["question"],
                    title=titles.get(measure, measure),
                    value=say.interval(each) if each["n"] else "not measured",
                    chance=chance(each),
                    above=say.above(each),
                    n=f"{each['n']:,}",
                )
            )
    return found


def chance(each: say.Numbers) -> str:
    """Write what random claims score."""
    return "–" if each["chance"] is None else say.number(each["chance"])


def tercile_rows(joined: say.Numbers) -> list[TercileRow]:
    """Return accuracy, confidence and gap by support."""
    parts = joined["terciles"]
    names = {1: ("all",), 2: ("less", "more")}.get(len(parts), ("least", "middle", "most"))
    return [
        TercileRow(
            name=f"{name} support" if len(parts) > 1 else "the same support",
            support=f"{percent(part['support'][0])} to {percent(part['support'][1])}",
            n=f"{part['n']:,}",
            accuracy=shares(part["accuracy"]),
            confidence=shares(part["confidence"]),
            gap=f"{say.in_points(part['gap'])}",
        )
        for name, part in zip(names, parts, strict=True)
    ]


def shares(each: say.Numbers) -> str:
    """Write a share with its interval."""
    ends = f" ({100 * each['low']:.0f}–{100 * each['high']:.0f})" if each["low"] is not None else ""
    return f"{percent(each['value'])}{ends}"


def render(view: EvidenceView) -> str:
    """Return the page as text: HTML that fetches nothing and runs nothing; every text that a model wrote is escaped."""
    return fill("evidence.html.j2", view=view)
