"""What a reply claims to have mattered, placed in the question it is about."""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from selfexplain.claims import LISTED_KINDS, Claim, ClaimKind, Unit
from selfexplain.prompting import listed
from selfexplain.prompting.alignment import QUOTES, Told, align
from selfexplain.prompting.characters import normalise
from selfexplain.prompting.edits import MARKER, read_counterfactual, read_redaction
from selfexplain.prompting.field import KNOWN, Field
from selfexplain.prompting.fields import find_fields, unescaped
from selfexplain.prompting.final_text import Located, final_text
from selfexplain.prompting.labelled_lines import begins_with_label
from selfexplain.prompting.read_answer import read_answer
from selfexplain.prompting.wording import ANSWER_DECLINED
from selfexplain.records import Reading

Finish = Literal["completed", "truncated"]

MOST_UNITS = 1000
"""So many units of a claim are kept."""

MOST_STATEMENTS = 20
"""A reply that makes more different claims of one kind makes none."""

EDITED = frozenset[ClaimKind]({"redaction", "counterfactual"})
"""Kinds that hold the question again, edited."""

LABELS: Mapping[ClaimKind, tuple[str, ...]] = {
    "words": (
        *("words", "important words", "most important words", "key words", "keywords", "top words"),
        *("重要词", "重要词语", "关键词", "关键词语", "词语"),
    ),
    "word_scores": ("scores", "word scores", "importance scores", "importance", "分数", "得分", "评分", "词语分数"),
    "quotes": ("quotes", "quote", "quoted words", "quotations", "evidence", "引用", "引文", "原文", "依据"),
    "redaction": (
        *("redacted question", "redacted text", "redacted", "redaction"),
        *("遮盖后的问题", "删除后的问题", "删减后的问题"),
    ),
    "counterfactual": (
        *("edited question", "edited text", "edited", "changed question", "new question", "counterfactual"),
        *("修改后的问题", "改写后的问题"),
    ),
    "steps": ("steps", "reasoning steps", "step by step", "步骤", "推理步骤"),
}
TARGET = ("other answer", "new answer", "different answer", "另一个答案", "新答案")

EVERY_LABEL = (*(label for labels in LABELS.values() for label in labels), *TARGET)

LISTS: Mapping[ClaimKind, Callable[[str], list[Told]]] = {
    "words": listed.words,
    "word_scores": listed.scored,
    "quotes": listed.quotes,
    "steps": listed.steps,
}

NOTHING = re.compile(r"none|nothing|n/a|-{1,3}|无|没有", re.IGNORECASE)
ECHO = re.compile(r"[<\[【].{1,60}[>\]】]|\.{3}|…")


def read_claim(
    text: str,
    kind: ClaimKind,
    *,
    question: str,
    target: str = "",
    asked: int | None = None,
    finish: Finish = "completed",
) -> Reading[Claim]:
    r"""Return what a reply claims to have mattered.

    Parameters
    ----------
    text : str
        The raw reply, any text at all; it is compared and never executed.
    kind : str
        `words`, `word_scores`, `quotes`, `redaction`, `counterfactual` or `steps`.
    question : str
        The Item's question, in which units are placed.
    target : str
        Of a counterfactual, the answer that the edit is meant to have.
    asked : int, optional
        How many units were asked for; another number is noted as `wrong_count`.
    finish : {"completed", "truncated"}
        Whether the reply was cut off: then a claim at its very end is not the whole claim.

    Returns
    -------
    Reading of Claim
        Its `span` is the claim's place in the reply.

    Examples
    --------
    >>> reply = "Answer: Lima\nWords: capital, Peru, city\nConfidence: 90"
    >>> claim = read_claim(reply, "words", question="What is the capital of Peru?").value
    >>> [(unit.rank, unit.text, unit.place, unit.spans) for unit in claim.units] == [
    ...     (1, "capital", "placed", ((12, 19),)), (2, "Peru", "placed", ((23, 27),)), (3, "city", "not_in_text", ())]
    True
    """
    final = final_text(text)
    view = normalise(final.located)
    if final.truncated or not view.text.strip():
        return Reading(None, "truncated")
    wanted = Wanted(kind, question, target, finish)
    fields = find_fields(view, LABELS[kind], others=EVERY_LABEL, lines=True)
    if fields == "truncated":
        return Reading(None, "truncated")
    if fields == "absent":
        fields = unlabelled(view, wanted)
    if not fields:
        return Reading(None, "truncated" if finish == "truncated" else "absent")
    end = len(view.text.rstrip())
    written: dict[str, Written] = {}
    for field in fields:
        said = written_in(text, view, field, wanted, end)
        written[said.text.casefold()] = said
    if len(written) > MOST_STATEMENTS:
        return Reading(None, "ambiguous", detail="conflict")
    readings = [read_written(said, wanted) for said in written.values()]
    if len({units_of(reading) for reading in readings if reading.value is not None}) > 1:
        return Reading(None, "ambiguous", detail="conflict", span=readings[-1].span)
    reading = next((each for each in reversed(readings) if each.value is not None), readings[-1])
    return counted(reading, asked)


class Wanted(NamedTuple):
    """What is looked for in a reply."""

    kind: ClaimKind
    question: str
    target: str
    finish: Finish


class Written(NamedTuple):
    """What was written in one place."""

    text: str
    span: tuple[int, int] | None
    field: Field
    at_end: bool
    """Nothing follows it in the reply."""


def read_target(text: str, *, finish: Finish = "completed") -> Reading[str]:
    r"""Return the other answer that a counterfactual is meant to have.

    Examples
    --------
    >>> read_target("Other answer: Santiago\nEdited question: What is the capital of Chile?").value
    'Santiago'
    """
    found = [read_answer(text, label=label, finish=finish) for label in TARGET]
    return next((reading for reading in found if reading.why != "absent"), found[0])


def units_of(reading: Reading[Claim]) -> tuple[tuple[str, float | None], ...]:
    """Return what a claim says, as two statements of it are compared."""
    claim = reading.value
    return () if claim is None else tuple((unit.text.casefold(), unit.score) for unit in claim.units)


def counted(reading: Reading[Claim], asked: int | None) -> Reading[Claim]:
    """Return a Reading with a note where it holds another number of units than were asked for."""
    claim = reading.value
    if claim is None or asked is None or len(claim.units) == asked:
        return reading
    return replace(reading, value=replace(claim, notes=(*claim.notes, "wrong_count")))


def unlabelled(view: Located, wanted: Wanted) -> tuple[Field, ...]:
    """Return the field of a reply without label: nothing but a redacted question, or steps that say so."""
    text, kind = view.text, wanted.kind
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    whole = (Field(start, stop, at_end=True, form="line"),)
    if kind == "steps":
        if listed.STEP.match(text, start) is None:
            return ()
        begins = itertools.accumulate((len(line) for line in text.splitlines(keepends=True)), initial=0)
        lines = zip(begins, text.splitlines(), strict=False)
        end = next((place for place, line in lines if begins_with_label(line, KNOWN)), stop)
        return (Field(start, end, at_end=end == stop, form="line"),)
    # A sentence alone may be an answer: only its markers show that it is meant as the question, edited.
    is_redacted = kind == "redaction" and MARKER.search(text) is not None
    return whole if is_redacted and lines_in(text) == lines_in(wanted.question) else ()


def lines_in(text: str) -> int:
    """Return how many lines of a text are not empty."""
    return sum(bool(line.strip()) for line in text.split("\n"))


def written_in(text: str, view: Located, field: Field, wanted: Wanted, end: int) -> Written:
    """Return what was written in a field: an edited question has as many lines as the question, and then it ends."""
    start, stop, at_end = field.start, field.stop, field.at_end
    if wanted.kind in EDITED and field.form == "line" and start < stop:
        # The question may hold words that are labels elsewhere: they end nothing here.
        stop = end_of_lines(view.text, start, lines_in(wanted.question))
        at_end = stop >= end
    if start >= stop:
        return Written("", None, field, at_end=at_end)
    span = view.raw_span(start, stop)
    return Written(text[slice(*span)].strip(), span, field, at_end=at_end)


def end_of_lines(text: str, start: int, count: int) -> int:
    """Return where the given number of lines with text ends."""
    stop = start
    while count and start < len(text):
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
        if text[start:line_end].strip():
            count, stop = count - 1, line_end
        start = line_end + 1
    return stop


def read_written(said: Written, wanted: Wanted) -> Reading[Claim]:
    """Return what one place says."""
    if said.field.cut or (wanted.finish == "truncated" and said.at_end):
        return Reading(None, "truncated", span=said.span)
    if not said.text:
        return Reading(None, "truncated" if said.at_end else "absent")
    written = unescaped(said.text) if said.field.form == "string" else said.text
    if NOTHING.fullmatch(written.strip(" .")) or ANSWER_DECLINED.fullmatch(written):
        return Reading(None, "declined", span=said.span)
    if wanted.kind in EDITED:
        reading = read_edit(written, wanted, more=not said.at_end and said.field.form == "line")
    else:
        reading = read_list(written, wanted.kind, wanted.question)
    return replace(reading, span=said.span)


def read_edit(written: str, wanted: Wanted, *, more: bool) -> Reading[Claim]:
    """Return what an edited question took out or changed."""
    question = wanted.question
    quoted = written[:1] in QUOTES and written[-1:] in QUOTES and len(written) > 1 and question[:1] not in QUOTES
    edited = written[1:-1].strip() if quoted else written
    if wanted.kind == "redaction":
        found = read_redaction(edited, question)
    else:
        found = read_counterfactual(edited, question, wanted.target)
    if found.value is None or not more:
        return found
    return replace(found, value=replace(found.value, notes=(*found.value.notes, "more_text")))


def read_list(written: str, kind: ClaimKind, question: str) -> Reading[Claim]:
    """Return a list of units, each placed in the question."""
    told = LISTS[kind](written)
    if not told:
        return Reading(None, "absent")
    kept = told[:MOST_UNITS]
    units = (
        align(kept, question, ranked=kind == "words", in_order=kind == "word_scores")
        if kind in LISTED_KINDS
        else tuple(Unit(each.text, "free_text", rank=number) for number, each in enumerate(kept, 1))
    )
    if kind in LISTED_KINDS and is_echo(units):
        return Reading(None, "template_echo")
    return Reading(Claim(kind, units, notes=("more_units",) if len(told) > MOST_UNITS else ()), "read")


def is_echo(units: Sequence[Unit]) -> bool:
    """Tell whether every unit is a placeholder: `[word 1], [word 2]`."""
    return all(ECHO.fullmatch(unit.text) and not unit.in_text for unit in units)
