"""The confidence that a reply states, as a probability, or the reason why it states none.

Never a guess: no midpoint of a range, no clipping, no number from running text that nobody called a confidence.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from selfexplain.errors import InputError
from selfexplain.prompting import probability_words
from selfexplain.prompting.beside_answer import beside_answer
from selfexplain.prompting.characters import normalise
from selfexplain.prompting.field import (
    ANSWER,
    ANSWER_AND_CONFIDENCE,
    ANSWER_FIRST,
    CONFIDENCE,
    CONFIDENCE_FIRST,
    Field,
    both,
)
from selfexplain.prompting.fields import find_fields
from selfexplain.prompting.final_text import Located, final_text
from selfexplain.prompting.numerals import scan
from selfexplain.prompting.own_scale import OwnScale, own_scale, scale_said
from selfexplain.prompting.remark import remark
from selfexplain.prompting.running_text import stated
from selfexplain.prompting.single_numbers import Quantity
from selfexplain.prompting.stated_value import Asked, Value
from selfexplain.prompting.wording import DECLINED, DECLINED_WHOLE, is_placeholder, unwrap
from selfexplain.prompting.worth import SCALES, Scale
from selfexplain.records import Reading, Why

Finish = Literal["completed", "truncated"]


LONGEST_VALUE = 2000
"""A field longer than this is read up to here; a confidence comes first."""


def read_confidence(
    text: str, *, scale: Scale, language: str = "en", label: str | None = None, finish: Finish = "completed"
) -> Reading[float]:
    r"""Return the confidence that a reply states.

    Parameters
    ----------
    text : str
        The raw reply, any text at all.
    scale : {"probability", "percent", "0-20", "words"}
        What the reply was asked for. It gives bare numbers their meaning; a unit in the reply (80%, 8/10, 八成) wins.
        Only on the scale of words is a phrase worth a number, by the list of its language.
    language : str
        Which list of phrases: `en` or `zh`.
    label : str, optional
        The field's name, and then only that field counts. Default: the usual names in English, Chinese, Japanese,
        Korean and seven European languages; without any, a reply that is one number, a remark on how sure the speaker
        is, or a short answer with its confidence beside it; else the one number in a clause that calls it a confidence.
    finish : {"completed", "truncated"}
        Whether the reply was cut off by a length limit: then a number at its very end may lack digits and is discarded.

    Returns
    -------
    Reading of float
        A probability in [0, 1]; or the reason why there is none, with `low` and `high` of a stated range or bound.
        `notes` may hold `approx` (the reply said "about") and `suspicious` (less than one percent, as in 0.8%); of a
        phrase they hold the phrase and the list, `said highly likely` and `words-en@1`.

    Raises
    ------
    InputError
        The scale is unknown, or there is no list of phrases for the language.

    Examples
    --------
    >>> read_confidence("Answer: Paris\nConfidence: about 80%", scale="percent")
    Reading(value=0.8, why='read', notes=('approx',), span=(32, 35))
    >>> read_confidence("Confidence: 80-90", scale="percent")
    Reading(value=None, why='ambiguous', detail='range', low=0.8, high=0.9, span=(12, 17))
    >>> read_confidence("Confidence: highly likely", scale="words")
    Reading(value=0.9, why='read', notes=('said highly likely', 'words-en@1'), span=(12, 25))
    """
    if scale not in SCALES:
        raise InputError(f"`scale` is {scale!r}; expected one of {', '.join(SCALES)}", hint="name one of these scales")
    asked = Asked(scale, probability_words.of(language).language if scale == "words" else None)
    final = final_text(text)
    if final.truncated:
        return Reading(None, "truncated")
    view = normalise(final.located)
    if not view.text.strip():
        return Reading(None, "truncated")
    for names in ((label,),) if label is not None else (CONFIDENCE_FIRST, CONFIDENCE):
        fields = find_fields(view, names)
        if fields == "truncated":
            return Reading(None, "truncated")
        if fields != "absent":
            asked = Asked(asked.scale, asked.language, scale_said(view.text))
            return _last_word(view, fields[-1].stop, _agree([_field(view, field, asked, finish) for field in fields]))
    joint = find_fields(view, ANSWER_AND_CONFIDENCE) if label is None else "absent"
    pairs = [] if isinstance(joint, str) else [both(view.text, field) for field in joint]
    if pairs:
        asked = Asked(asked.scale, asked.language, scale_said(view.text))
        return _agree([_field(view, pair[1], asked, finish) if pair else Reading(None, "absent") for pair in pairs])
    found = _unlabelled(view, asked, finish) if label is None else None
    return found or Reading(None, "truncated" if finish == "truncated" else "absent")


def _agree(readings: list[Reading[float]]) -> Reading[float]:
    """Return what several fields say together: one reading if they say the same, else a conflict."""
    if len(readings) > 1:
        # A copied line of the template, or a label with nothing behind it, contradicts nothing.
        readings = [one for one in readings if one.why not in ("template_echo", "absent")] or readings[-1:]
    last = readings[-1]
    said = {(one.value, one.why, one.detail if one.value is None else "", one.low, one.high) for one in readings}
    if len(said) == 1:
        return last
    if last.why == "truncated":
        return last
    return Reading(None, "ambiguous", detail="conflict", span=last.span)


SECOND_WORD = re.compile(
    r"(?:^|[.!?;,\n。！？；，])\s{0,3}(?:actually|or rather|rather|wait"
    r"|correction|on (?:reflection|second thoughts?)|scratch that"
    r"|no,|make that|更正|不对|不對|应该是|應該是)[^\n]{0,60}?(?:\d[ ]?(?:%|percent)|[一二三四五六七八九\d]成)",
    re.IGNORECASE,
)
"""A number that replaces the one before it."""


def _last_word(view: Located, stop: int, reading: Reading[float]) -> Reading[float]:
    """Return the reading, or a conflict where what directly follows it replaces it by another number."""
    if reading.value is None or SECOND_WORD.search(view.text, max(0, stop - 1), stop + 160) is None:
        return reading
    return Reading(None, "ambiguous", detail="conflict", span=reading.span)


SCALE_HINT = re.compile(
    r"(?:on )?(?:an? )?scale (?:of|from) \d{1,3}(?:\.0)?[ ]?(?:-|to)[ ]?\d{1,3}(?:\.0)?,?[ ]{1,3}(?=\S)"
    r"|[(\[](?:(?:on|out|scale|a|of|from|in|between|percent|%|number|integer)[ ]){0,6}"
    r"\d{1,3}(?:\.0)?%?[ ]?(?:-|to|and|~|至|到)[ ]?(?:1|1\.0|10|20|100)%?(?:[ ]?%)?[)\]][ ]?:?[ ]{0,3}",
    re.IGNORECASE,
)


WORTH_READING = re.compile(r"\w")


def _field(view: Located, field: Field, asked: "Asked", finish: Finish) -> Reading[float]:
    """Return what one labelled value says."""
    start, stop = field.start, min(field.stop, field.start + LONGEST_VALUE)
    if field.cut or (start == stop and field.at_end):
        return Reading(None, "truncated")
    if start == stop:
        return Reading(None, "absent")
    if field.form == "json" and (view.text[start] == "{" or view.text[start:stop].lower() in ("true", "false", "nan")):
        return Reading(None, "non_numeric", detail=view.text[start:stop][:80], span=view.raw_span(start, stop))
    hint = SCALE_HINT.match(view.text, start, stop)
    if hint and WORTH_READING.search(view.text, hint.end(), stop):
        start = hint.end()
    inner, outer, bracketed = unwrap(view.text, start, stop)
    if inner >= outer:
        why: Why = "declined" if DECLINED_WHOLE.fullmatch(view.text[start:stop].strip()) else "non_numeric"
        return Reading(None, why, detail=view.text[start:stop][:80], span=view.raw_span(start, stop))
    cut = finish == "truncated" and field.at_end
    own = own_scale(field.label, view.text[field.start : stop], asked.said)
    return Value(view, inner, outer, asked, bracketed=bracketed, cut=cut, own=own).reading()


# --- without a label -----------------------------------------------------------------------------------------------


def _unlabelled(view: Located, asked: Asked, finish: Finish) -> Reading[float] | None:
    """Return what a reply without the label says, if it says it in so many words."""
    text = view.text
    start, stop, bracketed = unwrap(text, 0, len(text))
    cut = finish == "truncated" and "\n" not in text[stop:]
    if start < stop <= start + 200:
        whole = Value(view, start, stop, asked, bracketed=bracketed, cut=cut)
        phrase = None if "\n" in whole.text else whole.phrase(list(scan(whole.text)))
        found = phrase or _whole_reply(whole) or _short_reply(replace(whole, own=OwnScale(scale_said(text))))
        if found is not None:
            return found
    said = list(stated(_without_answers(view)))
    own = OwnScale(scale_said(text))
    readings = [
        Value(view, *place, asked, bracketed=False, cut=finish == "truncated", own=own).clause(number)
        for place, number in said
    ]
    return _last_word(view, said[-1][0][1], _agree(readings)) if readings else None


VERBAL = re.compile(
    r"\b(?:un)?(?:likely|certain|sure|confident|probable|probably)\b|\b(?:im)?possible\b"
    r"|\b(?:very|quite|rather)? ?(?:high|medium|moderate|low)\b|\bchance\b"
    r"|可能|确定|確定|肯定|把握|^(?:很|非常)?[高低中]$",
    re.IGNORECASE,
)
"""Words that state a confidence without a number: a reply of such words was read, and holds none."""


MOST = 100
"""The top of the longest scale."""


def _whole_reply(value: Value) -> Reading[float] | None:
    """Return the reading of a reply that is one number, a placeholder or a word of declining, and nothing more."""
    text = value.text
    if is_placeholder(text, bracketed=value.bracketed):
        return value.none("template_echo")
    if "\n" not in text and len(text) <= 80 and DECLINED.match(text):
        return value.none("declined")
    found = list(scan(text))
    if not found:
        short = len(text.split()) <= 4 and "\n" not in text and text.isprintable()
        phrase = short and (value.asked.scale == "words" or VERBAL.search(text))
        return value.none("non_numeric", detail=text) if phrase else None
    rest = "".join(text[left:right] for left, right in _gaps(found, len(text)))
    if any(
        letter.isalnum() or letter in "$€£¥{}"
        for letter in re.sub(r"(?i)\b(?:between|from|or)\b|或|介于|在|之间", "", rest)
    ):
        return None
    if found[0].kind == "unreadable" or (len(found) > 1 and _is_year(found[0])):
        return None
    return value.combine(found)


def _is_year(one: Quantity) -> bool:
    """Tell whether a number is too large for a confidence on any scale: beside another one it is the answer."""
    return one.kind == "point" and one.unit == "bare" and one.low is not None and one.low > MOST


def _short_reply(value: Value) -> Reading[float] | None:
    """Return what a reply says that is a remark on its own confidence, or a short answer with a number beside it."""
    said = remark(value.text, scale=value.asked.scale)
    if said is not None:
        return value.clause(*said)
    pair = beside_answer(value.text, scale=value.asked.scale)
    return replace(value, start=value.start + pair[1]).clause(pair[0]) if pair else None


def _gaps(found: list[Quantity], length: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches outside the numbers."""
    done = 0
    for one in found:
        yield done, one.outer[0]
        done = one.outer[1]
    yield done, length


ANSWER_END = re.compile(r"[,;(\n。；，、]|[.!?](?=\s)|[ ]-{1,2}[ ]")


def _without_answers(view: Located) -> str:
    """Return the text with the answers in it blanked: "Answer: 30% chance" says nothing of a confidence."""
    text = view.text
    fields = find_fields(view, (*ANSWER_FIRST, *ANSWER))
    pieces: list[str] = []
    done = 0
    for field in () if isinstance(fields, str) else fields:
        end = ANSWER_END.search(text, field.start, field.stop) if field.form == "line" else None
        stop = field.stop if end is None else end.start()
        if field.start >= done:
            pieces += text[done : field.start], "\n" * (stop - field.start)
            done = stop
    return "".join((*pieces, text[done:]))
