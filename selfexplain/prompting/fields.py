"""Where in a reply a labelled field stands: in a JSON object, in a tag, or on a line `Label: value`.

Nothing is decided here about the value. A label that stands in several places gives several fields, and the reader of
the value says whether they agree.
"""

import bisect
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from selfexplain.prompting.final_text import Located
from selfexplain.prompting.json_objects import JsonObject, Member, Scanned, scan_objects

ANSWER_FIRST = ("final answer", "my final answer", "the final answer", "最终答案", "最終答案", "最终回答", "最終回答")
ANSWER = (
    *("answer", "my answer", "the answer", "correct answer", "the correct answer", "best answer", "guess", "my guess"),
    *(
        "best guess",
        "response",
        "答案",
        "回答",
        "我的答案",
        "正确答案",
        "正確答案",
        "答え",
        "解答",
        "답",
        "답변",
        "정답",
    ),
)
RATIONALE = (
    *("because", "reason", "reasons", "reasoning", "why", "explanation", "rationale", "justification"),
    *("理由", "解释", "解釋", "说明", "說明", "原因", "推理", "因为", "因為", "説明", "根拠", "이유", "설명", "근거"),
)
CONFIDENCE_FIRST = (
    *("overall confidence", "final confidence", "overall probability", "final probability"),
    *("总体置信度", "最终置信度", "總體置信度", "最終確信度"),
)
CONFIDENCE = (
    *("confidence", "confidence level", "confidence score", "confidence rating", "confidence percentage"),
    *("confidence percent", "my confidence", "my confidence level", "confidence in answer", "confidence in my answer"),
    *("confidence in this answer", "confidence in the answer", "level of confidence", "degree of confidence"),
    *("how confident i am", "how confident am i", "how sure i am", "how sure am i"),
    *("probability", "probability correct", "probability of being correct", "probability that my answer is correct"),
    *("probability that the answer is correct", "probability that this answer is correct", "my probability"),
    *("certainty", "certainty level", "likelihood", "p(correct)", "p(true)"),
    *(
        "置信度",
        "置信水平",
        "置信",
        "把握",
        "把握程度",
        "信心",
        "信心水平",
        "信心程度",
        "可信度",
        "自信度",
        "确信度",
        "確信度",
        "确定度",
        "信心指数",
        "信心值",
        "信心度",
        "把握度",
        "置信指数",
    ),
    *(
        "概率",
        "機率",
        "正确概率",
        "正确的概率",
        "正确率",
        "可能性",
        "信頼度",
        "自信",
        "確率",
        "신뢰도",
        "확신도",
        "확신",
        "확률",
        "자신감",
        "자신도",
    ),
)
KNOWN = (*ANSWER_FIRST, *ANSWER, *RATIONALE, *CONFIDENCE_FIRST, *CONFIDENCE)

Missing = Literal["absent", "truncated"]


@dataclass(frozen=True, slots=True)
class Field:
    """One place where a label stands, and its value.

    Parameters
    ----------
    start, stop : int
        The value in the normalised text, without white space around it; equal when nothing is written.
    at_end : bool
        Nothing closes the value before the reply ends, so a reply that was cut may have been cut here.
    form : str
        `json` (a bare JSON value), `string` (the inside of a JSON string), `tag` or `line`.
    cut : bool
        The text ends where the field needs more: inside an object that was opened and not closed.
    label : str
        What stands before the value, from the beginning of its line: `Confidence (1-10):`. It may state a scale.
    """

    start: int
    stop: int
    at_end: bool
    form: Literal["json", "string", "tag", "line"]
    cut: bool = False
    label: str = ""


def canonical(label: str) -> str:
    """Return a label as labels are compared: `PROBABILITY_YES (%)` and `probability yes` are one.

    Examples
    --------
    >>> canonical("PROBABILITY_YES (0-100)")
    'probability yes'
    """
    return _canonical(label) if len(label) <= 80 else _canonical.__wrapped__(label)


@functools.lru_cache(maxsize=1024)  # ninety comparisons a reply, nearly all with the same few labels
def _canonical(label: str) -> str:
    bare = re.sub(r"(?<=[^\s])\s{0,3}[(\[][^()\[\]]{0,60}[)\]]\s{0,3}$", "", label.strip()[:200])
    bare = label.strip()[:200] if canonical_is_literal(label) else bare
    return re.sub(r"[\s_-]+", " ", bare.rstrip(" %:")).casefold().strip()


def canonical_is_literal(label: str) -> bool:
    """Tell labels whose parenthesis belongs to the name: P(correct), P(YES)."""
    return re.match(r"\s{0,3}[pP]\(", label) is not None


def find_fields(
    view: Located, labels: Sequence[str], *, others: Sequence[str] = (), lines: bool = False
) -> tuple[Field, ...] | Missing:
    """Return every field with one of the labels, from the first form in which there is any.

    JSON comes first (the last complete object that has the key; all its siblings when it stands in an array), then
    tags, then lines that begin with the label, then labels inside a line.

    Parameters
    ----------
    view : Located
        Normalised final text.
    labels : sequence of str
        Names of the field; case, spaces, underscores and hyphens do not matter.
    others : sequence of str
        Names of other fields, beside the usual ones: a value ends where one of them begins.
    lines : bool
        A value may run over several lines, up to the next known label.

    Returns
    -------
    tuple of Field, or "absent", or "truncated" when the text ends inside an unclosed object
    """
    names = frozenset(canonical(label) for label in labels)
    scanned = scan_objects(view.text)
    from_json = _json_fields(view.text, scanned, names)
    if from_json:
        return from_json
    if scanned.open_at is not None and any(canonical(key) in names for key in scanned.open_keys):
        return "truncated"
    stop = len(view.text) if scanned.open_at is None else scanned.open_at
    known = (*sorted(names), *(canonical(other) for other in others), *KNOWN)
    tags = _tag_fields(view.text, names, known, stop)
    if tags:
        return tags
    found = _table_fields(view.text, names, known, stop) or tuple(_line_fields(view, names, known, stop, lines=lines))
    if found:
        return found
    if scanned.open_at is not None or tags is None:
        return "truncated"
    return "absent"


# --- JSON ----------------------------------------------------------------------------------------------------------


def _json_fields(text: str, scanned: Scanned, names: frozenset[str]) -> tuple[Field, ...]:
    having = [one for one in scanned.complete if any(canonical(member.key) in names for member in one.members)]
    if not having:
        return ()
    objects = having[-1:]
    if objects[0].array is not None:
        objects = [one for one in scanned.complete if one.array == objects[0].array]
    else:
        # Objects beside it say something of their own, as two lines with one label do; those inside it are its parts.
        for one in reversed(having[:-1]):
            if one.array is not None or one.stop > objects[-1].start:
                continue
            if LAST_WORD.search(text, one.stop, objects[-1].start):
                break
            objects.append(one)
        objects.reverse()
    inside = {one.start: one for one in scanned.complete}
    return tuple(
        _json_field(text, member, inside) for one in objects for member in one.members if canonical(member.key) in names
    )


LAST_WORD = re.compile(r"\b(?:final(?:ly)?|correct(?:ed|ion)|revised|instead)\b|最终|最終|更正|修正", re.IGNORECASE)
"""Between two objects: the second takes the place of the first."""
WRAPPED = frozenset({"value", "score", "number", "percent", "percentage"})
REMARKS = frozenset({"unit", "reason", "reasoning", "explanation", "justification", "rationale"})


def _json_field(text: str, member: Member, inside: Mapping[int, JsonObject]) -> Field:
    start, stop = _trim(text, member.start, member.stop)
    if not member.quoted and (wrapped := inside.get(start)) is not None:
        values = [one for one in wrapped.members if canonical(one.key) not in REMARKS]
        if len(values) == 1 and canonical(values[0].key) in WRAPPED:  # "confidence": {"value": 80}
            member = values[0]
            start, stop = _trim(text, member.start, member.stop)
    return Field(start, stop, at_end=False, form="string" if member.quoted else "json", label=member.key)


def unescaped(written: str) -> str:
    r"""Return what a JSON string's inside says, or the inside as it is where its escapes are none.

    Examples
    --------
    >>> unescaped(r"S\u00e3o Paulo")
    'São Paulo'
    """
    if "\\" not in written:
        return written
    try:
        decoded = json.loads(f'"{written}"', strict=False)
    except ValueError:
        return written
    return decoded if isinstance(decoded, str) else written


# --- tags ----------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _tag_pattern(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile(
        rf"<(?P<close>/?)[ ]?(?:{_alternatives(tuple(sorted(names)))})"
        r"(?:\s\w{1,20}=[^<>\n]{0,80})?[ ]?>",
        re.IGNORECASE,
    )


# A tag that wraps a whole form is no field: <answer>DECISION: … PROBABILITY: …</answer>.
FORM_INSIDE = re.compile(r"^[ ]{0,8}[A-Z][A-Z_]{2,40}[ ]?:", re.MULTILINE)


def _tag_fields(text: str, names: frozenset[str], known: Sequence[str], end: int) -> tuple[Field, ...] | None:
    """Return the fields between an opening and a closing tag; None when only an opening one is there, with text."""
    found = []
    opened: int | None = None
    for tag in _tag_pattern(names).finditer(text, 0, end):
        if not tag["close"]:
            opened = tag.end()
        elif opened is not None:
            start, stop = _trim(text, opened, tag.start())
            opened = None
            if not _is_form(text[start:stop], known):
                found.append(Field(start, stop, at_end=False, form="tag"))
    if not found and opened is not None and text[opened:end].strip() and not _is_form(text[opened:end], known):
        line = text.rfind("\n", 0, opened) + 1
        if re.match(r"\s{0,8}<[^<>:]{1,80}>", text[line:opened]):
            return None
    return tuple(found)


def _is_form(inside: str, known: Sequence[str]) -> bool:
    return FORM_INSIDE.search(inside) is not None or _line_pattern(tuple(known)).search(inside) is not None


# --- tables --------------------------------------------------------------------------------------------------------

TABLE = re.compile(
    r"^[ ]{0,8}(?P<heads>[^\n]{1,400})\n[ ]{0,8}\|?[ ]{0,8}:?-{2,40}:?[ ]{0,8}"
    r"(?:\|[ ]{0,8}:?-{2,40}:?[ ]{0,8}){0,20}\|?[ ]{0,8}$",
    re.MULTILINE,
)
CELL = re.compile(r"[^|]+")


def _table_fields(text: str, names: frozenset[str], known: Sequence[str], end: int) -> tuple[Field, ...]:
    """Return the cells below a heading, of all tables `| Answer | Confidence |` that have it."""
    found = []
    tables = list(TABLE.finditer(text, 0, end))
    for number, table in enumerate(tables):
        if "|" not in table["heads"]:
            continue
        heads = [canonical(head) for head in table["heads"].strip().strip("|").split("|")]
        at = next((place for place, head in enumerate(heads) if head in names), None)
        if at is None:
            continue
        label = table["heads"].strip().strip("|").split("|")[at]
        begin = table.end() + 1
        below = tables[number + 1].start() if number + 1 < len(tables) else end
        while begin < below and "|" in (row := text[begin : _line_end(text, begin, end)]):
            opening = len(row) - len(row.lstrip(" ")) + row.lstrip(" ").startswith("|")
            cells = list(CELL.finditer(row, opening))
            # Of two columns the first may name the fields: then the heading is a field too, and this row another.
            if at < len(cells) and (len(heads) > 2 or canonical(cells[0][0]) not in known):
                start, stop = _trim(text, begin + cells[at].start(), begin + cells[at].end())
                found.append(
                    Field(start, stop, at_end=begin + len(row) >= end and "|" not in row[-2:], form="line", label=label)
                )
            begin += len(row) + 1
    return tuple(found)


# --- lines ---------------------------------------------------------------------------------------------------------

SOMETHING = re.compile(r"\S")
VALUE = re.compile(r"[^ \t\"'|]")
LINE_END = re.compile(r"\n")
SECOND_THOUGHT = re.compile(
    r"\b(?:actually|rather|wait|correction|revis\w{1,4}|instead|no,|on reflection"
    r"|thoughts?\b|thinking again|reconsider\w{0,3}|updated?\b)|不对|不對|更正",
    re.IGNORECASE,
)
BRACKET = re.compile(r"[<\[({\"']")
GAP = r"[^\S\n]"
CLOSERS = r"[\])\"'”’」』】]"
# What may stand between a label and its colon: closing brackets or quotes, "(0-100)", a percent sign, "is".
AFTER_LABEL = (
    rf"{CLOSERS}{{0,3}}\.?{GAP}{{0,3}}(?:[(\[][^()\[\]\n]{{0,60}}[)\]])?{GAP}{{0,2}}%?{CLOSERS}{{0,3}}{GAP}{{0,3}}"
    rf"(?:(?:in|as){GAP}(?:an?{GAP})?(?:%|percent(?:age)?){GAP}{{0,2}})?"
    rf"(?:is{GAP}?|[是为為は])?"
)
WHOSE = r"(?:(?:my|your|our|own|answer|self-[a-z]{4,9}|estimated|stated|current|subjective|我的|你的|您的)[ ]?){0,3}"
# "Confidence that my answer is right": the field is the same, however much of the question its name repeats.
OF_THE_ANSWER = (
    r"(?:[ ]that[ ][^:=\d\n]{1,60}[ ]is[ ](?:correct|right|true|accurate)"
    r"|[ ](?:in|of|about|for|regarding|that)(?:[ ](?:my|your|our|the|this|that|it|its|i|am|i'm|is|being|answer|guess"
    r"|response|choice|selection|prediction|solution|final|chosen|selected|given|above|own|correct|right|true|accurate"
    r"|correctness|accuracy|proposed|suggested|candidate|shown)(?![^\W_])){1,8})?"
)
COLON = r"(?P<separator>:|=(?!=)|(?<=\s)-{1,2}(?=[ ]{1,2}\d))"
# Without any sign: a number that fills the line, or one behind a label in brackets, `[Confidence] 80`.
UNSIGNED = (
    r"(?<=\s)(?=[~<(]?(?:\d{2,3}|\d(?=[.%]))(?:\.\d{1,6})?[ ]?(?:%|percent|/[ ]?\d{1,3}%?)?[>).]{0,2}[ ]{0,8}$)"
    r"|(?<=[\]】])(?=[ ]{0,3}[~<]?[\d一二三四五六七八九十百])"
)
SEPARATOR = (
    rf"(?:(?P<separator>:|=(?![=>])|->|=>|[→»➔➙➜➝➡⇒⟶⟹►▶]|\||(?<=\s)-{{1,2}}(?=\s)|(?<![\s-])--(?![->])|\.{{2,5}}|…|(?=[~≈])|{UNSIGNED})"
    r"|(?P<heading>)[^\w\n]{0,8}$)"
)
NUMBERING = rf"(?:(?:\d{{1,2}}|[a-z])[.)]{GAP}{{1,4}})?"


def _alternatives(names: Sequence[str]) -> str:
    """Return the labels as one pattern, the longest first."""
    ordered = sorted(set(names), key=lambda name: (-len(name), name))
    return "|".join(r"[\s_-]{1,2}".join(re.escape(word) for word in name.split()) for name in ordered if name) or "(?!)"


@functools.lru_cache(maxsize=64)
def _line_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"^[^\w\n]{{0,40}}{NUMBERING}[^\w\n]{{0,4}}{WHOSE}(?P<label>{_alternatives(names)})(?![^\W_]|_\w)"
        rf"{OF_THE_ANSWER}{AFTER_LABEL}{SEPARATOR}",
        re.IGNORECASE | re.MULTILINE,
    )


@functools.lru_cache(maxsize=64)
def _inline_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-]){WHOSE}(?P<label>{_alternatives(names)})(?![^\W_]|_\w){OF_THE_ANSWER}{AFTER_LABEL}{COLON}",
        re.IGNORECASE,
    )


def _line_fields(
    view: Located, names: frozenset[str], known: tuple[str, ...], end: int, *, lines: bool
) -> Iterator[Field]:
    text = view.text
    wanted = tuple(sorted(names))
    any_known = frozenset(known)
    last = -1
    # Looked up once: a reply that repeats a label a thousand times must not be searched to its end a thousand times.
    ends = _ends_of_lines(view, end, known) if lines else None
    for match in _line_pattern(wanted).finditer(text, 0, end):
        if match["heading"] is not None and BRACKET.search(match[0]):
            continue  # `[confidence]` alone in a line is no heading: a placeholder, or the tag around a form
        field = _value_of(view, match, known, end, ends)
        if canonical(text[field.start : field.stop].strip(" |")) not in any_known:
            last = field.stop
            yield field
    # Inside a line a label counts when no line begins with one; after such a line, only as a second thought.
    same_line = -1 if last < 0 else _line_end(text, last, end)
    for match in _inline_pattern(wanted).finditer(text, max(0, last), end):
        begin = match.start()
        if (
            begin < same_line or SECOND_THOUGHT.search(text, max(0, begin - 60), begin)
            if last >= 0
            else _may_begin(text, begin)
        ):
            yield _value_of(view, match, known, end, ends)


def _may_begin(text: str, start: int) -> bool:
    """Tell whether a label in the middle of a line begins a field: after punctuation, or after another field."""
    line = text.rfind("\n", max(0, start - 400), start) + 1 or max(0, start - 400)
    before = text[line:start]
    if not before.rstrip() or re.search(r"[^\w\s'-]$|\s-{1,2}$", before.rstrip()):
        return True
    return (
        re.search(r"(?:^|[\s>])[\w-]{1,40}[ ]?:[ ]?[^\s:]", before) is not None
        and before.endswith(" ")
        and (re.match(r"step\b", before.lstrip(" -*#"), re.IGNORECASE) is None)
    )


def _value_of(
    view: Located, match: re.Match[str], known: tuple[str, ...], end: int, ends: Sequence[int] | None
) -> Field:
    """Return the field whose label and separator matched; it ends with its line, or at the next of `ends`."""
    text = view.text
    begin = match.end()
    line_end = _line_end(text, begin, end)
    if VALUE.search(text, begin, line_end) is None:
        begin = _next_line(text, line_end, end, known)
        cited = ">" in match[0][: match.start("label") - match.start()]
        while cited and begin < end and text[begin] in "> ":  # the mark of the quotation and no bound
            begin += 1
        line_end = _line_end(text, begin, end)
    stop = line_end if ends is None else ends[min(bisect.bisect_right(ends, begin), len(ends) - 1)]
    if match.groupdict().get("separator") == "|":
        cell_end = text.find("|", begin, stop)
        stop = cell_end if cell_end >= 0 else stop
    opening = text[max(0, match.start("label") - 1) : match.start("label")]
    closing = text.find(")" if opening == "(" else "]", begin, stop) if opening in {"(", "["} else -1
    if closing >= 0:
        stop = closing
    start, stop = _trim(text, begin, end_before_label(text, begin, stop, known))
    nothing_follows = SOMETHING.search(text, stop) is None
    # A line break after a value closes it, unless the value may go on in the next line or has not even begun.
    at_end = nothing_follows and (ends is not None or start == stop or "\n" not in text[stop : stop + 8])
    quoted = match.start("label") > 0 and text[match.start("label") - 1] in "\"'"
    return Field(
        start,
        stop,
        at_end=at_end,
        form="line",
        cut=quoted and at_end and text[stop - 1 : stop] not in ("}", ","),
        label=text[max(text.rfind("\n", 0, match.start("label")) + 1, match.start("label") - 80) : match.end()],
    )


def end_before_label(text: str, begin: int, stop: int, known: Sequence[str] = KNOWN) -> int:
    """Return where a value ends when another field begins inside it, as in `Paris (Confidence: 80%)`; else `stop`."""
    pattern = _inline_pattern(tuple(known))
    following = pattern.search(text, begin, stop)
    while following and not (following.start() > begin and _may_begin(text, following.start())):
        following = pattern.search(text, following.end(), stop)
    if not following:
        return stop
    stop = following.start()
    while stop > begin and text[stop - 1] in " ,;([{<|/-\"'、，；\n":
        stop -= 1
    return stop


def _line_end(text: str, begin: int, end: int) -> int:
    found = text.find("\n", begin, end)
    return end if found < 0 else found


def _next_line(text: str, line_end: int, end: int, known: tuple[str, ...]) -> int:
    """Return where the next line with a word begins, or `line_end` when that line is a field of its own."""
    begin = line_end
    while begin < end and text[begin].isspace():
        begin += 1
    line = text[begin : _line_end(text, begin, end)]
    return line_end if _line_pattern(known).match(line) else begin


REMOVED = 6
"""A line break that stands for more raw characters than `<br />` has marks where reasoning was taken out."""


def _ends_of_lines(view: Located, end: int, known: tuple[str, ...]) -> list[int]:
    """Return where values of several lines end: before each known label, and where reasoning was taken out."""
    labels = [found.start() for found in _line_pattern(known).finditer(view.text, 0, end)]
    removed = [
        found.start()
        for found in LINE_END.finditer(view.text, 0, end)
        if view.stops[found.start()] - view.starts[found.start()] > REMOVED
    ]
    return sorted([*labels, *removed, end])


def _trim(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the limits without the white space at both ends."""
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    return start, stop


def begins_with_label(text: str, labels: Sequence[str]) -> bool:
    """Tell whether a text's first line is a field with one of the labels."""
    first = _line_pattern(tuple(labels)).search(text)
    return first is not None and not text[: first.start()].strip()
