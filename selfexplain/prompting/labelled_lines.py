"""Fields on lines: `Label: value` at the beginning of one or inside it, and where such a value ends."""

import bisect
import functools
import re
from collections.abc import Iterator, Sequence

from selfexplain.prompting.field import KNOWN, Field, canonical, trim
from selfexplain.prompting.final_text import Located

SOMETHING = re.compile(r"\S")
VALUE = re.compile(r"[^ \t\"'|]")
LINE_END = re.compile(r"\n")
SECOND_THOUGHT = re.compile(
    r"\b(?:actually|rather|wait|correction|revis\w{1,4}|instead|no,|on reflection"
    r"|thoughts?\b|thinking again|reconsider\w{0,3}|updated?\b)|不对|不對|更正",
    re.IGNORECASE,
)
CLOSED = re.compile(r"[},]\Z|\"[^\"\n]{1,200}\"\Z")
"""How the value of a key ends that is not torn: with its object, with a comma, with the quote that it began with."""
BRACKET = re.compile(r"[<\[({\"']")
GAP = r"[^\S\n]"
CLOSERS = r"[\])\"'”’」』】]"
# What may stand between a label and its colon: closing brackets or quotes, "(0-100)", a percent sign, "is".
AFTER_LABEL = (
    rf"{CLOSERS}{{0,3}}\.?{GAP}{{0,3}}(?:[(\[][^()\[\]\n]{{0,60}}[)\]])?{GAP}{{0,2}}%?{CLOSERS}{{0,3}}{GAP}{{0,3}}"
    rf"(?:(?:from|between){GAP}\d{{1,3}}%?{GAP}?(?:to|and|-){GAP}?\d{{1,3}}%?{GAP}{{0,2}})?"
    rf"(?:(?:in|as){GAP}(?:an?{GAP})?(?:%|percent(?:age)?){GAP}{{0,2}})?"
    rf"(?:is{GAP}?|[是为為は])?"
)
WHOSE = (
    r"(?:(?:as for|my|your|our|own|answer|self-(?:rated|reported|assessed|estimated|stated)|estimated|stated|current"
    r"|subjective|我的|你的|您的)[ ]?){0,3}"
)
# "Confidence that my answer is right": the field is the same, however much of the question its name repeats.
OF_THE_ANSWER = (
    r"(?:[ ]that[ ](?![^:\n]{0,60}\b(?:not|wrong|incorrect|false|never)\b)"
    r"[^:=\d\n]{1,60}[ ]is[ ](?:correct|right|true|accurate)"
    r"|[ ](?:in|of|about|for|regarding|that)(?:[ ](?:my|your|our|the|this|that|it|its|i|am|i'm|is|being|answer|guess"
    r"|response|choice|selection|prediction|solution|final|chosen|selected|given|above|own|correct|right|true|accurate"
    r"|correctness|accuracy|proposed|suggested|candidate|shown)(?![^\W_])){1,8})?"
)
# How confident am I? 80%. A question that the reply asks itself, with a number in the answer.
QUESTION = r"\?(?=[ ]{1,3}[^\n?]{0,40}\d)"
BRACKETED = r"(?<=[\]】])(?=[ ]{0,3}[~<]?[\d一二三四五六七八九十百])"
BRACKETED_INSIDE = (
    r"(?<=[\]】])(?=[ ]{0,3}[~<]?(?:\d{1,3}(?:\.\d{1,4})?[ ]?(?:[%/]|$|[.,;\[【])|[一二三四五六七八九十百]{1,3}成))"
)
COLON = rf"(?P<separator>:|=(?!=)|{QUESTION}|{BRACKETED_INSIDE}|(?<=\s)-{{1,2}}(?=[ ]{{1,2}}\d))"
# Without any sign: a number that fills the line, or one behind a label in brackets, `[Confidence] 80`.
UNSIGNED = (
    r"(?<=\s)(?=[~<(]?(?:\d{2,3}|\d(?=[.%]))(?:\.\d{1,6})?[ ]?(?:%|percent|/[ ]?\d{1,3}%?)?[>).]{0,2}[ ]{0,8}$)"
    rf"|{BRACKETED}"
)
SEPARATOR = (
    rf"(?:(?P<separator>:|=(?![=>])|->|=>|[→»➔➙➜➝➡⇒⟶⟹►▶]|\||(?<=\s)-{{1,2}}(?=\s)|(?<![\s-])--(?![->])|\.{{2,60}}|…|(?=[~≈])|{QUESTION}|{UNSIGNED})"
    r"|(?P<heading>)[^\w\n]{0,8}$)"
)
NUMBERING = rf"(?:(?:\d{{1,2}}|[a-z])[.)]{GAP}{{1,4}})?"


def alternatives(names: Sequence[str]) -> str:
    """Return the labels as one pattern, the longest first."""
    ordered = sorted(set(names), key=lambda name: (-len(name), name))
    return "|".join(r"[\s_-]{1,2}".join(re.escape(word) for word in name.split()) for name in ordered if name) or "(?!)"


@functools.lru_cache(maxsize=64)
def line_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds one of the labels at the beginning of a line, up to its value."""
    return re.compile(
        rf"^[^\w\n]{{0,40}}{NUMBERING}[^\w\n]{{0,4}}{WHOSE}(?P<label>{alternatives(names)})(?![^\W_]|_\w)"
        rf"{OF_THE_ANSWER}{AFTER_LABEL}{SEPARATOR}",
        re.IGNORECASE | re.MULTILINE,
    )


@functools.lru_cache(maxsize=64)
def _inline_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-]){WHOSE}(?P<label>{alternatives(names)})(?![^\W_]|_\w){OF_THE_ANSWER}{AFTER_LABEL}{COLON}",
        re.IGNORECASE,
    )


def line_fields(
    view: Located, names: frozenset[str], known: tuple[str, ...], end: int, *, lines: bool
) -> Iterator[Field]:
    """Yield every field on a line: those that begin one, else those inside one."""
    text = view.text
    wanted = tuple(sorted(names))
    any_known = frozenset(known)
    last = -1
    # Looked up once: a reply that repeats a label a thousand times must not be searched to its end a thousand times.
    ends = _ends_of_lines(view, end, known) if lines else None
    for match in line_pattern(wanted).finditer(text, 0, end):
        if match["heading"] is not None and BRACKET.search(match[0]):
            continue  # `[confidence]` alone in a line is no heading: a placeholder, or the tag around a form
        field = _value_of(view, match, known, end, ends)
        if canonical(text[field.start : field.stop].strip(" |")) not in any_known:
            last = field.stop
            yield field
    # Inside a line a label counts when no line begins with one; after such a line, only as a second thought.
    same_line = -1 if last < 0 else line_end(text, last, end)
    for match in _inline_pattern(wanted).finditer(text, max(0, last), end):
        begin = match.start()
        if _is_quotation(text, match):
            continue
        if (
            begin < same_line or SECOND_THOUGHT.search(text, max(0, begin - 60), begin)
            if last >= 0
            else _may_begin(text, begin)
        ):
            yield _value_of(view, match, known, end, ends)


def _is_quotation(text: str, match: re.Match[str]) -> bool:
    """Tell whether a label stands in somebody's words: behind a quote that, unlike a key's, does not close there."""
    begin, label_end = match.start(), match.end("label")
    if text[begin - 1 : begin] not in {'"', "\u201c"} or text[label_end : label_end + 1] in {'"', "\u201d"}:
        return False
    return re.search(r"[^\W\d_][^\n:{]*:?[ ]{0,3}$", text[max(0, begin - 41) : begin - 1]) is not None


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
    end_of_line = line_end(text, begin, end)
    if VALUE.search(text, begin, end_of_line) is None:
        begin = _next_line(text, end_of_line, end, known)
        cited = ">" in match[0][: match.start("label") - match.start()]
        while cited and text.startswith((" ", "> "), begin, end):  # the mark of the quotation and no bound
            begin += 1
        end_of_line = line_end(text, begin, end)
    stop = end_of_line if ends is None else ends[min(bisect.bisect_right(ends, begin), len(ends) - 1)]
    if match.groupdict().get("separator") == "|":
        cell_end = text.find("|", begin, stop)
        stop = cell_end if cell_end >= 0 else stop
    opening = text[max(0, match.start("label") - 1) : match.start("label")]
    closing = text.find(")" if opening == "(" else "]", begin, stop) if opening in {"(", "["} else -1
    if closing >= 0:
        stop = closing
    start, stop = trim(text, begin, end_before_label(text, begin, stop, known))
    nothing_follows = SOMETHING.search(text, stop) is None
    # A line break after a value closes it, unless the value may go on in the next line or has not even begun.
    at_end = nothing_follows and (ends is not None or start == stop or "\n" not in text[stop : stop + 8])
    quoted = match.start("label") > 0 and text[match.start("label") - 1] in "\"'"
    return Field(
        start,
        stop,
        at_end=at_end,
        form="line",
        cut=quoted and at_end and CLOSED.search(text, max(start, stop - 202), stop) is None,
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


def line_end(text: str, begin: int, end: int) -> int:
    """Return where the line ends in which a place stands."""
    found = text.find("\n", begin, end)
    return end if found < 0 else found


def _next_line(text: str, end_of_line: int, end: int, known: tuple[str, ...]) -> int:
    """Return where the next line with a word begins, or `end_of_line` when that line is a field of its own."""
    begin = end_of_line
    while begin < end and text[begin].isspace():
        begin += 1
    line = text[begin : line_end(text, begin, end)]
    return end_of_line if line_pattern(known).match(line) else begin


REMOVED = 6
"""A line break that stands for more raw characters than `<br />` has marks where reasoning was taken out."""


def _ends_of_lines(view: Located, end: int, known: tuple[str, ...]) -> list[int]:
    """Return where values of several lines end: before each known label, and where reasoning was taken out."""
    labels = [found.start() for found in line_pattern(known).finditer(view.text, 0, end)]
    removed = [
        found.start()
        for found in LINE_END.finditer(view.text, 0, end)
        if view.stops[found.start()] - view.starts[found.start()] > REMOVED
    ]
    return sorted([*labels, *removed, end])


def begins_with_label(text: str, labels: Sequence[str]) -> bool:
    """Tell whether a text's first line is a field with one of the labels."""
    first = line_pattern(tuple(labels)).search(text)
    return first is not None and not text[: first.start()].strip()
