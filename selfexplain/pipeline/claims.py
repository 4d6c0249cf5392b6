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
    claimed = {kind for record in records for kind in record.report.attribution}
    kinds = [kind for kind in CLAIM_KINDS if kind in claimed]
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
    n = n_read = 0
    missing, units, notes = Counter[str](), Counter[str](), Counter[str]()
    in_text: list[tuple[bool, str]] = []
    changed: list[tuple[float, str]] = []
    for record in records:  # once through, since they may be read from a file
        if kind not in record.report.attribution:
            continue
        n += 1
        reading = record.report.attribution[kind]
        claim = reading.value
        if claim is None:
            missing[reason(reading)] += 1
            continue
        n_read += 1
        units.update(unit.place for unit in claim.units)
        notes.update((*claim.notes, *(note for unit in claim.units for note in unit.notes)))
        cluster = items[record.item].drawn_with
        if kind in LISTED_KINDS:
            in_text += [(unit.in_text, cluster) for unit in claim.said]
        if claim.share_changed is not None:
            changed.append((claim.share_changed, cluster))
    hits, clusters = [hit for hit, _ in in_text], [cluster for _, cluster in in_text]
    shares, of_changed = [part for part, _ in changed], [cluster for _, cluster in changed]
    return {
        "n": n,
        "n_read": n_read,
        "missing": dict(missing),
        "units": dict(units),
        "notes": dict(sorted(notes.items())),
        "in_input_rate": share(hits, clusters if kind in LISTED_KINDS else None, level=LEVEL).to_dict(),
        "share_changed": mean_by_cluster_t(shares, of_changed, within=(0.0, 1.0), level=LEVEL).to_dict(),
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
    no witness behind it, and no chance level, which `selfexplain trial RUN -t random-edits` asks for.
    """
    n = leaked = 0
    missing = Counter[str]()
    told: list[tuple[str, str]] = []
    for record in records:  # once through, since they may be read from a file
        if kind not in record.report.attribution or record.report.answer_again is None:
            continue
        n += 1
        outcome, why = answer_after(kind, record, items[record.item], graders)
        if outcome:
            told.append((outcome, items[record.item].drawn_with))
            leaked += outcome == TARGET and holds(record, kind, "label_leaked")
        else:
            missing[why] += 1
    if not n:
        return None
    outcomes = Counter(outcome for outcome, _ in told)
    hits = [outcome == TARGET if kind == "counterfactual" else outcome != SAME for outcome, _ in told]
    rate = share(hits, [cluster for _, cluster in told], level=LEVEL)
    return {
        "n": n,
        "n_told": len(told),
        "outcomes": {word: outcomes[word] for word in (TARGET, UNKNOWN, ANOTHER, SAME) if outcomes[word]},
        "label_leaked": leaked,
        "missing": dict(missing),
        "rate": warned(rate).to_dict(),
    }


def warned(rate: Estimate) -> Estimate:
    """Return a rate with what it is not."""
    return rate.warned(
        "self-consistency of the explanation, not its faithfulness: no witness and no chance level; "
        "`selfexplain trial RUN -t random-edits` asks for what as many words drawn at random do"
    )


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
