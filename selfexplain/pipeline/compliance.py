"""Did the replies keep to the way they were asked for? Checked in the raw text, never believed.

A confidence that is written before the answer is a forecast, not a judgement of that answer; explanations in another
language than the one asked for are for other readers; an object that a server promised may not be there.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from selfexplain.prompting.form import is_honoured
from selfexplain.prompting.template import Template
from selfexplain.records import RANKS_ONLY, Reading, Record, Source

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
LETTER = re.compile(r"[^\W\d_]")

SCRIPTS: Mapping[str, bool] = {"en": False, "zh": True}
"""Of the languages whose script tells them apart: whether most letters are Han characters."""

STRAYS = 0.02
"""From this share on a reader of the numbers must know."""


def compliance_of(records: Sequence[Record], template: Template) -> dict[str, Any]:
    """Return how many replies kept to the order, the language and the form asked for, and how many were asked again.

    Each is a mapping of counts; `untold` are Records in which it cannot be seen, since fields are missing, say. Under
    `asked_again` stand also, as `without`, the numbers of what could be read the first time.

    Parameters
    ----------
    records : sequence of Record
    template : Template
        What was asked for: `elicits` in its order, `language`, `structured`.
    """
    looks: dict[str, Callable[[Record], bool | None]] = {
        "order": lambda record: in_order(record, template),
        "language": lambda record: in_language(record, template.front.language),
    }
    if any("confidence" in turn.elicits for turn in template.turns):
        looks["scale"] = lambda record: on_scale(record, template.front.scale)
    if template.front.structured:
        looks["structured"] = lambda record: is_structured(record, template)
    seen: dict[str, Counter[bool | None]] = {name: Counter() for name in looks}
    again: Counter[str] = Counter()
    for record in records:  # once through, since they may be read from a file
        for name, look in looks.items():
            seen[name][look(record)] += 1
        if record.report.asked_again:
            again["records"] += 1
            again["calls"] += record.report.asked_again
            again["then_usable"] += "ok" in record.status.values()
    found: dict[str, Any] = {name: told(each) for name, each in seen.items()}
    if again:
        names = ("records", "calls", "then_usable")
        found["asked_again"] = {**{name: again[name] for name in names}, "without": without_these(records)}
    return found


ANOTHER_SCALE: Mapping[str, re.Pattern[str]] = {
    "percent": re.compile(r"[成‰]|(?:/|\bout of\b|\bin\b)\s*(?!100\b)\d", re.IGNORECASE),
    "probability": re.compile(r"[%％‰成]|百分|percent|(?:/|\bout of\b|\bin\b)\s*(?!1(?:\.0)?\b)\d", re.IGNORECASE),
    "0-20": re.compile(r"[%％‰成]|百分|percent|(?:/|\bout of\b|\bin\b)\s*(?!20\b)\d", re.IGNORECASE),
}
"""Units that belong to another scale than the one asked for. Their number is read by its unit, so it strays unseen."""


def on_scale(record: Record, scale: str) -> bool | None:
    """Tell whether the stated confidence is a number or phrase of the scale asked for; None where none is stated.

    A number that could be read is looked up in the reply: `95%` is a probability, but none between 0 and 1.
    """
    stated = record.report.confidence.get("stated")
    if stated is None or stated.why in {"absent", "declined", "truncated", "template_echo"}:
        return None
    if stated.value is None or "suspicious" in stated.notes:
        return False
    turn = record.report.read_in.get("confidence", 0)
    if stated.span is None or turn >= len(record.report.replies):  # a mean of several has no place
        return True
    if scale == "words":
        return any(note.startswith("said ") for note in stated.notes)
    start, stop = stated.span
    return ANOTHER_SCALE[scale].search(record.report.replies[turn][start:stop]) is None


def without_these(records: Sequence[Record]) -> dict[str, dict[str, float | int]]:
    """Return accuracy and gap of each source over the answers that could be read the first time."""
    stated: dict[Source, array[float]] = {}
    hits: Counter[Source] = Counter()
    for record in records:
        for source, status in record.status.items():
            first = stated.setdefault(source, array("d"))
            if status == "ok" and not record.report.asked_again:
                first.append(record.report.confidence[source].value or 0.0)
                hits[source] += record.verdict == "correct"
    found: dict[str, dict[str, float | int]] = {}
    for source, values in stated.items():
        if values and source not in RANKS_ONLY:
            right, mean = hits[source] / len(values), sum(values) / len(values)
            found[source] = {"n": len(values), "accuracy": right, "gap": mean - right}
    return found


def counts(kept: Iterable[bool | None]) -> dict[str, int]:
    """Count what was kept, what was not, and where it cannot be told.

    >>> counts([True, True, False, None])
    {'kept': 2, 'strayed': 1, 'untold': 1}
    """
    return told(Counter(kept))


def told(kept: Mapping[bool | None, int]) -> dict[str, int]:
    """Return such counts by their names."""
    return {"kept": kept.get(True, 0), "strayed": kept.get(False, 0), "untold": kept.get(None, 0)}


def readings_of(record: Record) -> dict[str, Reading[Any]]:
    """Return the fields of a Record whose place in a reply is known."""
    report = record.report
    fields: dict[str, Reading[Any]] = {"answer": report.answer, "rationale": report.rationale}
    if "stated" in report.confidence:
        fields["confidence"] = report.confidence["stated"]
    return {name: reading for name, reading in fields.items() if reading.span is not None}


def in_order(record: Record, template: Template) -> bool | None:
    """Tell whether the fields stand in the replies in the order asked for; None where fewer than two stand in one."""
    places = readings_of(record)
    told: bool | None = None
    for number, turn in enumerate(template.turns):
        here = [name for name in turn.elicits if name in places and record.report.read_in.get(name, 0) == number]
        starts = [places[name].span[0] for name in here]  # type: ignore[index]  # those without a span are left out
        if len(starts) > 1:
            told = (told is not False) and starts == sorted(starts)
    return told


def in_language(record: Record, language: str) -> bool | None:
    """Tell whether the explanation is in the script of its language; None where that cannot be seen."""
    text = record.report.rationale.value
    letters = len(LETTER.findall(text or ""))
    if language not in SCRIPTS or text is None or not letters:
        return None
    return (2 * len(HAN.findall(text)) > letters) == SCRIPTS[language]


def is_structured(record: Record, template: Template) -> bool | None:
    """Tell whether every reply is the object that was asked for; None where there is none."""
    replies = record.report.replies
    if not any(reply.strip() for reply in replies):
        return None
    return all(is_honoured(reply, turn.elicits) for reply, turn in zip(replies, template.turns, strict=False))


def strayed(compliance: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return what a reader must know, a sentence each."""
    words = {
        "order": "the fields stand in another order than asked for, so confidence may be about something else",
        "language": "the explanation is in another language than asked for",
        "scale": "the confidence is not on the scale asked for",
        "structured": "the reply is not the JSON object that was asked for: the server did not hold it to the form",
    }
    found = []
    for name, sentence in words.items():
        seen = compliance.get(name)
        if seen and seen["strayed"] > STRAYS * (seen["kept"] + seen["strayed"]):
            found.append(f"in {seen['strayed']} of {seen['kept'] + seen['strayed']} replies {sentence}")
    again = compliance.get("asked_again")
    if again:
        found.append(
            f"{again['records']} replies could not be read and were asked for once more; {again['then_usable']} of "
            "them can be used now, and are in the numbers"
        )
    return found
