"""Where in a reply a labelled field stands: in a JSON object, in a tag, in a table, or on a line `Label: value`.

Nothing is decided here about the value. A label that stands in several places gives several fields, and the reader of
the value says whether they agree.
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from selfexplain.prompting.field import KNOWN, Field, canonical, trim
from selfexplain.prompting.final_text import Located
from selfexplain.prompting.json_objects import JsonObject, Member, Scanned, scan_objects
from selfexplain.prompting.labelled_lines import alternatives, line_end, line_fields, line_pattern

Missing = Literal["absent", "truncated"]


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
    found = (
        _table_fields(view.text, names, known, stop)
        or _separated_fields(view.text, names, known, stop)
        or tuple(line_fields(view, names, known, stop, lines=lines))
    )
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
    start, stop = trim(text, member.start, member.stop)
    if not member.quoted and (wrapped := inside.get(start)) is not None:
        values = [one for one in wrapped.members if canonical(one.key) not in REMARKS]
        if len(values) == 1 and canonical(values[0].key) in WRAPPED:  # "confidence": {"value": 80}
            member = values[0]
            start, stop = trim(text, member.start, member.stop)
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
        rf"<(?P<close>/?)[ ]?(?:{alternatives(tuple(sorted(names)))})"
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
            start, stop = trim(text, opened, tag.start())
            opened = None
            if not _is_form(text[start:stop], known):
                found.append(Field(start, stop, at_end=False, form="tag"))
    if not found and opened is not None and text[opened:end].strip() and not _is_form(text[opened:end], known):
        line = text.rfind("\n", 0, opened) + 1
        if re.match(r"\s{0,8}<[^<>:]{1,80}>", text[line:opened]):
            return None
    return tuple(found)


def _is_form(inside: str, known: Sequence[str]) -> bool:
    return FORM_INSIDE.search(inside) is not None or line_pattern(tuple(known)).search(inside) is not None


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
        while begin < below and "|" in (row := text[begin : line_end(text, begin, end)]):
            opening = len(row) - len(row.lstrip(" ")) + row.lstrip(" ").startswith("|")
            cells = list(CELL.finditer(row, opening))
            # Of two columns the first may name the fields: then the heading is a field too, and this row another.
            if at < len(cells) and (len(heads) > 2 or canonical(cells[0][0]) not in known):
                start, stop = trim(text, begin + cells[at].start(), begin + cells[at].end())
                found.append(
                    Field(start, stop, at_end=begin + len(row) >= end and "|" not in row[-2:], form="line", label=label)
                )
            begin += len(row) + 1
    return tuple(found)


# --- comma-separated values ----------------------------------------------------------------------------------------

HEADS = re.compile(
    r"^[ ]{0,8}(?P<heads>[\w \"()%-]{1,40}(?:,[\w \"()%-]{1,40}){1,8}"
    r"|[\w \"()%-]{1,40}(?:;[\w \"()%-]{1,40}){1,8})\n(?=[^\n])",
    re.MULTILINE,
)
VALUES = {mark: re.compile(rf'(?:^|{mark})(?P<cell>[ ]?"[^"]*"[ ]?|[^{mark}"]*)') for mark in ",;"}


def _separated_fields(text: str, names: frozenset[str], known: Sequence[str], end: int) -> tuple[Field, ...]:
    """Return the values below a line of names, `answer,confidence`; a row with another number of values has none."""
    found = []
    done = 0
    for line in HEADS.finditer(text, 0, end):
        mark = "," if "," in line["heads"] else ";"
        heads = [canonical(head.strip(' "')) for head in line["heads"].split(mark)]
        at = next((place for place, head in enumerate(heads) if head in names), None)
        if at is None or line.start() < done or sum(head in known for head in heads) <= 1:
            continue
        begin = line.end()
        while begin < end and (row := text[begin : line_end(text, begin, end)]).strip():
            cells = list(VALUES[mark].finditer(row))
            if len(cells) != len(heads):
                break
            start, stop = trim(text, begin + cells[at].start("cell"), begin + cells[at].end("cell"))
            found.append(Field(start, stop, at_end=begin + len(row) >= end, form="line", label=line["heads"]))
            begin += len(row) + 1
        done = begin
    return tuple(found)
