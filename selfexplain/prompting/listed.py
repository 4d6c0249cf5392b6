"""The units of a list as models write it: on one line or several, numbered, quoted, scored, or as JSON."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from selfexplain.prompting.alignment import Told

ITEM = re.compile(r"\s{0,12}(?:[-*+•·–—]{1,2}\s|[(（\[]?\d{1,3}[.)）\]、:：](?!\d)|[①-⑳])\s{0,4}")
"""What a line of a list begins with."""
STEP = re.compile(
    r"\s{0,12}(?:[*_#>]{0,4}\s?)(?:step\s{0,2}\d{1,3}|第[一二三四五六七八九十\d]{1,3}步|步骤\s?[一二三四五六七八九十\d]{1,3})"
    r"[\s*_]{0,4}[.):：、,，-]?[*_]{0,3}\s{0,4}",
    re.IGNORECASE,
)
INLINE_NUMBER = re.compile(r"(?<=\s)(?=\d{1,2}[.)]\s)")

QUOTED = r"\"[^\"\n]*\"|“[^“”\n]*”|„[^„“”\n]*[“”]|«[^«»\n]*»|「[^「」\n]*」|『[^『』\n]*』|‘[^‘’\n]*’(?![^\W_])"
QUOTE = re.compile(QUOTED)
SINGLE_QUOTE = re.compile(r"(?<![^\W_])'[^'\n]*'(?![^\W_])")
PIECE = re.compile(rf"{QUOTED}|[^,;，；、|\n\"“„«「『‘,]+|,(?=\d{{3}}(?!\d))(?<=\d,)|.", re.DOTALL)
"""A stretch without a separator; a comma inside 1,000 is none."""
SEPARATORS = frozenset(",;，；、|\n")
COMMENT = re.compile(r"\s{1,3}[-–—]{1,2}\s{1,3}(?=[^\W\d_])|[:：]\s|\s{0,3}[(（](?=[^\W\d_])")
"""What begins a remark behind a word: `capital (a noun)`, `capital - tells what is asked`."""
AND = re.compile(r"(?:and|&|和|以及)\s{1,3}", re.IGNORECASE)
EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|`{1,3})(?P<inside>.*)\1", re.DOTALL)

SCORE = re.compile(
    r"(?<![A-Za-z0-9.,])(?P<sign>[-+−]\s?)?(?P<number>\d{1,9}(?:\.\d{1,15})?|\.\d{1,15})\s?(?P<percent>%?)[\s)\]】|*_`]{0,6}$"
)
BEFORE_SCORE = " \t:=|(（[【-–—→>：＝*_`"
NO_ROW = re.compile(
    r"[\s|:+-]*|[\s|*]*(?:word|token|词语?)s?[\s|:,*/]*(?:importance |重要性)?(?:scores?|分数|得分|评分)[\s|*]*",
    re.IGNORECASE,
)

LONGEST_LINE_ALONE = 60
"""A longer line below a list without marks is a remark."""


def words(text: str) -> list[Told]:
    r"""Return the units of a list of words or phrases.

    Examples
    --------
    >>> [told.text for told in words('"capital", Peru and more\n')], [told.text for told in words("1. big\n2. **red**")]
    (['"capital"', 'Peru and more'], ['big', 'red'])
    """
    from_json = told_in_json(text)
    if from_json is not None:
        return from_json
    pieces = [piece for line in lines_of_list(text) for piece in split(line)]
    if len(pieces) > 1:
        pieces[-1] = AND.sub("", pieces[-1], count=1) if AND.match(pieces[-1]) else pieces[-1]
    return [Told(bare) for piece in pieces if (bare := without_comment(piece))]


def scored(text: str) -> list[Told]:
    r"""Return the units of a list of words with a score each; what is no number in [−1, 1] is noted, not used.

    Examples
    --------
    >>> for told in scored("capital: 0.9\nof -0.2\nthe\nPeru = 7"):
    ...     print(*told)
    capital 0.9 ()
    of -0.2 ()
    the None ('no_score',)
    Peru None ('score_out_of_range',)
    """
    from_json = told_in_json(text)
    if from_json is not None:
        return [
            each if each.score is not None or each.notes else Told(each.text, None, ("no_score",)) for each in from_json
        ]
    rows = [row for row in text.split("\n") if row.strip()]
    if len(rows) == 1:
        rows = list(split(rows[0], table=True))
    return [with_score(without_bullet(row)) for row in rows if not NO_ROW.fullmatch(row.strip())]


def without_bullet(row: str) -> str:
    """Return a row without its bullet, unless the bullet is the word: `+ 0.5` scores the sign of a sum."""
    bare = unmarked(row)
    return row.strip() if SCORE.fullmatch(bare) else bare


def with_score(row: str) -> Told:
    """Return one word with the score behind it."""
    tail = max(0, len(row) - 40)
    found = SCORE.search(row, tail)
    word = row[: found.start()].rstrip(BEFORE_SCORE).strip(" |*`") if found else ""
    sign = (found["sign"] or "") if found else ""
    if not word and sign.endswith(" "):
        word, sign = sign.strip(), ""  # `+ 0.5`: the sign is the word
    if found is None or not word:
        return Told(row.strip(" |*`"), None, ("no_score",))
    if sign.endswith(" ") or (
        not sign and row[: found.start()].rstrip().endswith(("-", "−", "–")) and word not in "-−–"
    ):
        return Told(word, None, ("no_score",))  # `word - 0.3`, `word-0.3`: a dash or a minus, nobody can tell
    number = float(found["number"]) * (-1 if sign in {"-", "−"} else 1)
    return checked(word, number) if not found["percent"] else Told(word, None, ("score_out_of_range",))


def checked(word: str, score: float) -> Told:
    """Return a word with its score, if it is one."""
    return Told(word, score) if -1 <= score <= 1 else Told(word, None, ("score_out_of_range",))


def quotes(text: str) -> list[Told]:
    r"""Return the quoted spans; without quotation marks, each line or part between semicolons is one.

    Examples
    --------
    >>> [told.text for told in quotes('"the capital", and also “of Peru”.')]
    ['"the capital"', '“of Peru”']
    """
    from_json = told_in_json(text)
    if from_json is not None:
        return from_json
    marked = [found[0] for found in QUOTE.finditer(text)] or [found[0] for found in SINGLE_QUOTE.finditer(text)]
    if marked:
        return [Told(each) for each in marked if each.strip("\"'“”„«»「」『』‘’ ")]
    parts = (part for line in lines_of_list(text) for part in re.split("[;；|]", line))
    return [Told(part.strip()) for part in parts if part.strip()]


def steps(text: str) -> list[Told]:
    r"""Return the steps of a reasoning, one for each line or number.

    Examples
    --------
    >>> [told.text for told in steps("1. Peru is asked for.\n2. Its seat is Lima.")]
    ['Peru is asked for.', 'Its seat is Lima.']
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) == 1:
        lines = INLINE_NUMBER.split(lines[0])
    return [Told(bare) for line in lines if (bare := unmarked(line))]


def lines_of_list(text: str) -> Iterator[str]:
    """Yield the lines that belong to a list, without their marks: what follows it is a remark of the model's.

    The first line always does; a later one when it has a mark, or is as short as a word in a list of single words.
    """
    plain, any_marked = True, False
    for number, line in enumerate(text.split("\n")):
        marked = ITEM.match(line) is not None
        ends = any_marked or not plain or not line.strip() or len(line) > LONGEST_LINE_ALONE
        if number and not marked and ends:
            return
        any_marked = any_marked or marked
        bare = unmarked(line)
        plain = plain and len(list(split(bare))) == 1
        if bare:
            yield bare


def split(line: str, *, table: bool = False) -> Iterator[str]:
    """Yield the parts of a line between separators that stand outside quotation marks."""
    part: list[str] = []
    for piece in PIECE.findall(line):
        if piece in SEPARATORS and not (table and piece == "|"):
            yield unmarked("".join(part))
            part = []
        else:
            part.append(piece)
    yield unmarked("".join(part))


def unmarked(line: str) -> str:
    """Return a line without number or bullet, and without emphasis around it."""
    for mark in (STEP, ITEM):
        found = mark.match(line)
        line = line[found.end() :] if found else line
    line = line.strip()
    emphasis = EMPHASIS.fullmatch(line) if line[:1] in {"*", "_", "`"} else None
    return emphasis["inside"].strip() if emphasis and emphasis["inside"].strip(" _*`") else line


def without_comment(piece: str) -> str:
    """Return a unit without the remark behind it, and without emphasis at its ends."""
    piece = piece.strip(" *`") or piece
    if QUOTE.fullmatch(piece):
        return piece if piece[1:-1].strip() else ""
    found = COMMENT.search(piece)
    return (piece[: found.start()] if found and found.start() else piece).strip()


def told_in_json(text: str) -> list[Told] | None:
    """Return the units of a JSON array or object; None where the text is neither."""
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    entries: Iterable[Any] = found.items() if isinstance(found, dict) else found
    told = [entry_of(entry) for entry in entries]
    return [each for each in told if each is not None and each.text.strip()]


def entry_of(entry: Any) -> Told | None:
    """Return one entry of a JSON list: a word, a word and its score, or an object that names both."""
    if isinstance(entry, dict):
        values = list(entry.values())
        entry = [
            next((value for value in values if isinstance(value, str)), None),
            next((value for value in values if isinstance(value, (int, float))), None),
        ]
    if isinstance(entry, (list, tuple)):
        word, score = (*entry, None, None)[:2]
        if not isinstance(word, str):
            return None
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            return Told(word)
        return checked(word, float(score))
    return Told(str(entry)) if isinstance(entry, (str, int, float)) and not isinstance(entry, bool) else None
