"""What a Run's explanations claim, counted: how much of it could be read, and how much stands in the question."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from selfexplain.claims import CLAIM_KINDS, LISTED_KINDS, Claim, ClaimKind
from selfexplain.grading.grader import Grader
from selfexplain.inference import Estimate, mean_by_cluster_t, share
from selfexplain.pipeline.same_answer import same_answer
from selfexplain.records import Item, Reading, Record

SAME, TARGET, ANOTHER, UNKNOWN = "same_answer", "target", "another_answer", "unknown"
"""What the answer to an edited question is: the one before, the one that was aimed at, a third one, or none."""

LEVEL = 0.95


def measure_claims(
    records: Sequence[Record], items: Mapping[str, Item], graders: Mapping[str, Grader]
) -> dict[str, Any]:
    """Return the keys `claims` and `self_consistency` of the metrics object; nothing where no claim was asked for.

    Parameters
    ----------
    records : sequence of Record
    items : mapping of Item id to Item
    graders : mapping
        Tell whether two answers are the same.
    """
    kinds = [kind for kind in CLAIM_KINDS if any(kind in record.report.attribution for record in records)]
    if not kinds:
        return {}
    found: dict[str, Any] = {"claims": {kind: counted(kind, records, items) for kind in kinds}}
    again = {
        kind: after_edit(kind, records, items, graders) for kind in kinds if kind in {"redaction", "counterfactual"}
    }
    again = {kind: each for kind, each in again.items() if each is not None}
    return found | ({"self_consistency": again} if again else {})


def counted(kind: ClaimKind, records: Sequence[Record], items: Mapping[str, Item]) -> dict[str, Any]:
    """Return how many claims of a kind were read, why the others were not, and what became of their units."""
    readings = [(record, record.report.attribution[kind]) for record in records if kind in record.report.attribution]
    claims = [(record, reading.value) for record, reading in readings if reading.value is not None]
    said = [(record, unit) for record, claim in claims for unit in claim.said]
    notes = Counter(note for _, claim in claims for note in (*claim.notes, *(n for u in claim.units for n in u.notes)))
    rated = kind in LISTED_KINDS
    changed = [(record, claim.share_changed) for record, claim in claims if claim.share_changed is not None]
    return {
        "n": len(readings),
        "n_read": len(claims),
        "missing": dict(Counter(reason(reading) for _, reading in readings if reading.value is None)),
        "units": dict(Counter(unit.place for _, claim in claims for unit in claim.units)),
        "notes": dict(sorted(notes.items())),
        "in_input_rate": share(
            [unit.in_text for _, unit in said] if rated else [],
            [items[record.item].drawn_with for record, _ in said] if rated else None,
            level=LEVEL,
        ).to_dict(),
        "share_changed": mean_by_cluster_t(
            [part for _, part in changed],
            [items[record.item].drawn_with for record, _ in changed],
            within=(0.0, 1.0),
            level=LEVEL,
        ).to_dict(),
    }


def reason(reading: Reading[Any]) -> str:
    """Return why a Reading has no value, in one word or two.

    >>> reason(Reading(None, "ambiguous", detail="not_a_redaction")), reason(Reading(None, "absent"))
    ('not_a_redaction', 'absent')
    """
    return reading.detail.replace(" ", "_") or reading.why


def after_edit(
    kind: ClaimKind, records: Sequence[Record], items: Mapping[str, Item], graders: Mapping[str, Grader]
) -> dict[str, Any] | None:
    """Return what the model answered to its own edit; None where it was not asked again.

    `rate` is the share whose answer is no longer the one before (redaction), or is the one that was aimed at
    (counterfactual): whether the explanation agrees with the model's own later answer. It is no faithfulness: there is
    no witness behind it, and no chance level.
    """
    asked = [
        record for record in records if kind in record.report.attribution and record.report.answer_again is not None
    ]
    if not asked:
        return None
    became = [(record, answer_after(kind, record, items[record.item], graders)) for record in asked]
    told = [(record, outcome) for record, (outcome, _) in became if outcome]
    outcomes = Counter(outcome for _, outcome in told)
    hits = [outcome == TARGET if kind == "counterfactual" else outcome != SAME for _, outcome in told]
    leaked = sum(holds(record, kind, "label_leaked") for record, outcome in told if outcome == TARGET)
    rate = share(hits, [items[record.item].drawn_with for record, _ in told], level=LEVEL)
    return {
        "n": len(asked),
        "n_told": len(told),
        "outcomes": {word: outcomes[word] for word in (TARGET, UNKNOWN, ANOTHER, SAME) if outcomes[word]},
        "label_leaked": leaked,
        "missing": dict(Counter(why for _, (outcome, why) in became if not outcome)),
        "rate": warned(rate).to_dict(),
    }


def warned(rate: Estimate) -> Estimate:
    """Return a rate with what it is not."""
    return rate.warned("self-consistency of the explanation, not its faithfulness: no witness and no chance level")


def holds(record: Record, kind: ClaimKind, note: str) -> bool:
    """Tell whether a Record's claim has a note."""
    claim: Claim | None = record.report.attribution[kind].value
    return claim is not None and note in claim.notes


def answer_after(kind: ClaimKind, record: Record, item: Item, graders: Mapping[str, Grader]) -> tuple[str, str]:
    """Return what the answer to an edited question is, or nothing and the reason why that cannot be told."""
    report, grader = record.report, graders[item.graded_by]
    answer, again, edit = report.answer.value, report.answer_again, report.attribution[kind]
    target = report.target.value if report.target is not None else None
    unusable = {
        "no_answer": answer is None,
        reason(edit): edit.value is None,
        "no_target": kind == "counterfactual" and target is None,
        "target_is_not_another_answer": answer is not None
        and target is not None
        and same_answer(answer, target, item, grader) is not False,
    }
    why = next((why for why, so in unusable.items() if so), "")
    if why or answer is None or again is None:
        return "", why
    if again.value is None:
        return (UNKNOWN, "") if again.why == "declined" else ("", reason(again))
    if target is not None and same_answer(target, again.value, item, grader):
        return TARGET, ""
    same = same_answer(answer, again.value, item, grader)
    return ("", "undecided") if same is None else (SAME if same else ANOTHER, "")


def missing_in_words(missing: Mapping[str, int]) -> str:
    """Return why claims are missing as people read it.

    >>> missing_in_words({"absent": 3, "not_a_redaction": 1})
    '3 absent, 1 not a redaction'
    """
    return ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in sorted(missing.items(), key=lambda each: -each[1]))


TITLES: Mapping[ClaimKind, str] = {
    "words": "important words",
    "word_scores": "word scores",
    "quotes": "quotes",
    "redaction": "redaction",
    "counterfactual": "counterfactual",
    "steps": "steps",
}
