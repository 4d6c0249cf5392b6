"""The answer that a reply gives and the reason it gives for it, as they stand in the raw text."""

import re
from typing import Literal

from selfexplain.prompting.characters import normalise
from selfexplain.prompting.field import (
    ANSWER,
    ANSWER_AND_CONFIDENCE,
    ANSWER_FIRST,
    CONFIDENCE,
    CONFIDENCE_FIRST,
    RATIONALE,
    Field,
    both,
)
from selfexplain.prompting.fields import find_fields, unescaped
from selfexplain.prompting.final_text import Located, final_text
from selfexplain.prompting.labelled_lines import begins_with_label, end_before_label
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.wording import ANSWER_DECLINED, is_placeholder, unwrap
from selfexplain.records import Reading

Finish = Literal["completed", "truncated"]


def read_answer(text: str, *, label: str | None = None, finish: Finish = "completed") -> Reading[str]:
    """Return the answer that a reply gives.

    Parameters
    ----------
    text : str
        The raw reply, any text at all.
    label : str, optional
        The field's name, and then only that field counts. Default: the usual names in English, Chinese, Japanese and
        Korean; without any, a reply of one line is its answer.
    finish : {"completed", "truncated"}
        Whether the reply was cut off by a length limit: then an answer at its very end may lack words.

    Returns
    -------
    Reading of str
        `value` is the raw text of `span`, without white space and Markdown emphasis around it and without a
        confidence behind it. Only what stands in a JSON string with escapes differs from its span: it is decoded.

    Examples
    --------
    >>> read_answer("**Answer:** Paris (Confidence: 80%)")
    Reading(value='Paris', why='read', span=(12, 17))
    """
    return _read(
        text, ((label,),) if label is not None else (ANSWER_FIRST, ANSWER), finish, lines=False, whole=not label
    )


def read_rationale(
    text: str, *, label: str | None = None, finish: Finish = "completed", others: tuple[str, ...] = ()
) -> Reading[str]:
    r"""Return the reason that a reply gives for its answer; it may run over several lines, up to the next label.

    Parameters
    ----------
    text : str
        The raw reply, any text at all.
    label : str, optional
        The field's name, and then only that field counts. Default: the usual names (Because, Reason, 理由, …).
    finish : {"completed", "truncated"}
        Whether the reply was cut off by a length limit: then a reason at its very end is not the whole reason.
    others : tuple of str
        Labels of other fields that the template asks for, at which the reason ends.

    Returns
    -------
    Reading of str
        `value` is the raw text of `span`, as in `read_answer`.

    Examples
    --------
    >>> read_rationale("Answer: Paris\nBecause: it is the seat\nof government.\nConfidence: 80%").value
    'it is the seat\nof government.'
    """
    names = (label,) if label is not None else RATIONALE
    return _read(text, (names,), finish, lines=True, whole=False, others=others)


def differs(text: str, answer: str) -> bool:
    r"""Tell whether a later reply names, under the label of an answer, another answer than the one given before.

    Longer and shorter forms of one answer are no change: `Paris` and `Paris, France`.

    Parameters
    ----------
    text : str
        The raw later reply.
    answer : str
        The answer given before.

    Examples
    --------
    >>> differs("Answer: Rome\nConfidence: 60", "Paris"), differs("Confidence: 60", "Paris")
    (True, False)
    """
    said = _read(text, (ANSWER_FIRST, ANSWER), "completed", lines=False, whole=False)
    if said.value is None:
        return said.why == "ambiguous"
    one, other = (" ".join(("", *re.findall(r"\w+", value.casefold()), "")) for value in (said.value, answer))
    return one not in other and other not in one


def _read(
    text: str,
    groups: tuple[tuple[str, ...], ...],
    finish: Finish,
    *,
    lines: bool,
    whole: bool,
    others: tuple[str, ...] = (),
) -> Reading[str]:
    final = final_text(text)
    if final.truncated:
        return Reading(None, "truncated")
    view = normalise(final.located)
    if not view.text.strip():
        return Reading(None, "truncated")
    for names in groups:
        fields = find_fields(view, names, others=others, lines=lines)
        if fields == "truncated":
            return Reading(None, "truncated")
        if fields != "absent":
            return _agree([_field(text, view, field, finish) for field in fields])
    found = _beside_confidence(text, view, finish) if whole else None
    if found is None and whole and finish == "completed":
        found = _one_line(text, view)
    return found or Reading(None, "truncated" if finish == "truncated" else "absent")


def _beside_confidence(text: str, view: Located, finish: Finish) -> Reading[str] | None:
    """Return the answer of `Answer and Confidence (0-100): Paris, 85%`, where a reply has such a line."""
    fields = find_fields(view, ANSWER_AND_CONFIDENCE)
    if isinstance(fields, str):
        return None
    pairs = [(both(view.text, field) or (field,))[0] for field in fields]
    return _agree([_field(text, view, answer, finish) for answer in pairs])


def _agree(readings: list[Reading[str]]) -> Reading[str]:
    """Return the last of several readings if all say the same, else a conflict."""
    said = [one for one in readings if one.why not in ("template_echo", "absent")] or readings[-1:]
    if len({(one.why, _compared(one.value)) for one in said}) > 1 and said[-1].why != "truncated":
        return Reading(None, "ambiguous", detail="conflict", span=said[-1].span)
    return said[-1]


def _compared(value: str | None) -> str | None:
    """Return a text as two statements of it are compared: case, spaces, closing stops and quotes do not matter."""
    return value if value is None else " ".join(value.casefold().split()).strip(".。!\"'`*_ ")


def _one_line(text: str, view: Located) -> Reading[str]:
    """Return a reply of one line as its own answer."""
    line = view.text.strip()
    if "\n" in line or begins_with_label(view.text, (*RATIONALE, *CONFIDENCE_FIRST, *CONFIDENCE)):
        return Reading(None, "absent")
    if line[0] in "{<" and line[-1] in "}>" and (":" in line or "</" in line):
        return Reading(None, "absent")  # an object or tags in which the answer has another name
    start = len(view.text) - len(view.text.lstrip())
    stop = end_before_label(view.text, start, start + len(line))
    return _field(text, view, Field(start, stop, at_end=True, form="line"), "completed")


def _field(text: str, view: Located, field: Field, finish: Finish) -> Reading[str]:
    """Return what one place says."""
    start, stop = field.start, field.stop
    if field.cut or start == stop:
        return Reading(None, "truncated" if field.cut or field.at_end else "absent")
    if field.form == "line":
        stop = _without_confidence(view.text, start, stop)
    inner, outer, bracketed = unwrap(view.text, start, stop)
    inside = view.text[inner:outer]
    span = _balanced(text, *view.raw_span(start, stop))
    if not inside.strip():
        return Reading(None, "absent", span=span)
    if finish == "truncated" and field.at_end:
        return Reading(None, "truncated", span=span)
    if is_placeholder(inside, bracketed=bracketed) and (bracketed or not any(sign.isdigit() for sign in inside)):
        return Reading(None, "template_echo", span=span)
    if ANSWER_DECLINED.fullmatch(inside):  # a JSON null among them
        return Reading(None, "declined", span=span)
    value = text[slice(*span)]
    return Reading(unescaped(value) if field.form == "string" else value, "read", span=span)


PERCENT = r"\d{1,3}(?:\.\d{1,4})?[ ]?"
NUMBER_BEHIND = re.compile(
    rf"[\s,;|–—-]{{1,4}}[(\[]?[\s]?(?P<said>{PERCENT}(?:%|percent)[ ](?:confident|confidence|sure|certain|certainty)"
    r"|(?:my )?(?:confidence|certainty|置信度|把握)(?: level| score)?[ ]?(?:is |of |at |为|=)?[ ]?"
    rf"{PERCENT}%?)[ ]?[)\]]?[.]?$",
    re.IGNORECASE,
)


def _without_confidence(value: str, start: int, stop: int) -> int:
    """Return where an answer ends before "(80% confident)" or ", confidence 80%"."""
    behind = NUMBER_BEHIND.search(value, max(start, stop - 60), stop)
    if behind is None or behind.start() <= start or read_confidence(behind["said"], scale="percent").value is None:
        return stop
    return behind.start()


def _balanced(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the raw limits with both ends of an emphasis or with neither: `the **Nile**` and not `the **Nile`."""
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    while start < stop and text[start].isspace():
        start += 1
    for mark in ("**", "__", "`", "*"):
        if text.count(mark, start, stop) % 2:
            if text.startswith(mark, stop):
                stop += len(mark)
            elif text.endswith(mark, 0, start):
                start -= len(mark)
    return start, stop
