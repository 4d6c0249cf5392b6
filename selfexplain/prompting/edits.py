"""What an edited question took out or changed, in characters of the question: redactions and counterfactuals."""

import bisect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from selfexplain.claims import Claim, Unit
from selfexplain.prompting.characters import EMPHASIS
from selfexplain.records import Reading
from selfexplain.words_in import Word, words_in

NAMES = r"redact(?:ed|ion)?|mask(?:ed)?|removed?|hidden|blank|deleted|omitted|censored|unknown|token|word"
HAN_NAMES = "已删除|已刪除|已隐去|已隱去|已遮盖|已遮蓋|已屏蔽|删除|刪除|遮盖|遮蓋|隐藏|隱藏|屏蔽|掩码|空白"
MARKER = re.compile(
    rf"[\[<({{【〔（［＜]{{1,2}}[\s*_/]{{0,3}}(?:{NAMES}|{HAN_NAMES})[\s*_\d]{{0,4}}[\])>}}】〕）］＞]{{1,2}}"
    r"|\[\s{0,3}(?:\.{3}|…|_{1,20}|X{1,20}|\?{1,3}|\*{1,20})?\s{0,3}\]|【\s{0,3}】"
    r"|[█▇▆■▓▒░▮●※□◼⬛＿]+|_{2,}|\*{3,}|(?<![^\W_])X{3,}(?![^\W_])|(?<![^\W_])(?:REDACTED|MASKED)(?![^\W_])",
    re.IGNORECASE,
)
"""What models write in the place of what they take out; in any case, but for XXX and bare words."""

EXACT_CELLS = 1_000_000
"""Up to so many pairs of words the smallest edit is found; beyond, what stands between unique words counts whole."""

MUCH = 0.5
"""An edit that changes more of the words than this is noted as `not_minimal`."""

GAP = "\x00"
"""A marker among words."""


class Change(NamedTuple):
    """Words [start, stop) of the question that became words [from, to) of the edited text."""

    start: int
    stop: int
    begin: int
    end: int


def read_redaction(edited: str, question: str) -> Reading[Claim]:
    """Return what a redacted question took out.

    Each marker stands for one or more words of the question; everything else must be the question's own words, in
    order. Where the markers could stand for other words as well, `other_place_possible` is noted.

    Parameters
    ----------
    edited : str
        The redacted question as the model wrote it.
    question : str
        The Item's question.

    Returns
    -------
    Reading of Claim
        Without a value it is `ambiguous`, and `detail` says why: `unchanged`, `no_marker` (words are gone and nothing
        stands in their place), `not_a_redaction` (other words were changed).

    Examples
    --------
    >>> claim = read_redaction("What is the [REDACTED] of ___?", "What is the capital of Peru?").value
    >>> [(unit.text, unit.spans) for unit in claim.units], round(claim.share_changed, 2)
    ([('capital', ((12, 19),)), ('Peru', ((23, 27),))], 0.33)
    >>> read_redaction("What is the [REDACTED] of Chile?", "What is the capital of Peru?").detail
    'not_a_redaction'
    """
    words, pieces = words_in(question), words_and_gaps(edited, plain=EMPHASIS.search(question) is None)
    texts = [word.text for word in words]
    if GAP not in pieces:
        return no_edit("unchanged" if pieces == texts else "no_marker" if goes_through(pieces, texts) else "")
    runs = gaps_of(pieces, texts)
    if runs is None and MARKER.search(question):
        # A question may hold blanks of its own, as in `The capital of ___ is Lima`: there they are words.
        words = words_with_gaps(question)
        texts = [word.text for word in words]
        runs = gaps_of(pieces, texts)
    if runs is None:
        return no_edit("")
    runs = taken_out(runs, texts)
    if not runs:
        return no_edit("unchanged")
    other = gaps_of(pieces[::-1], texts[::-1]) or []
    mirrored = taken_out([(len(words) - stop, len(words) - start) for start, stop in reversed(other)], texts)
    removed = sum(stop - start for start, stop in runs)
    notes = holding(other_place_possible=mirrored != runs, everything_removed=removed == len(words))
    units = tuple(unit_of(question, words[start].start, words[stop - 1].stop) for start, stop in runs)
    return Reading(Claim("redaction", units, edited, removed / len(words), notes), "read")


def read_counterfactual(edited: str, question: str, target: str = "") -> Reading[Claim]:
    """Return what an edited question changed.

    Parameters
    ----------
    edited : str
        The edited question as the model wrote it.
    question : str
        The Item's question.
    target : str
        The answer that the edit is meant to have; when its words were written into the question, `label_leaked` is
        noted.

    Returns
    -------
    Reading of Claim
        A unit for each run of words that was changed, with what it became; an insertion has an empty span. Without a
        value it is `ambiguous`, and `detail` is `unchanged`.

    Examples
    --------
    >>> claim = read_counterfactual("What is the capital of Chile?", "What is the capital of Peru?", "Santiago").value
    >>> [(unit.text, unit.becomes, unit.spans) for unit in claim.units], claim.notes
    ([('Peru', 'Chile', ((23, 27),))], ())
    """
    if EMPHASIS.search(question) is None:
        edited = EMPHASIS.sub("", edited)
    words, new = words_in(question), words_in(edited)
    changes, exact = differences([word.text for word in words], [word.text for word in new])
    if not changes or not new:
        return no_edit("unchanged" if new else "")
    units = []
    for start, stop, begin, end in changes:
        becomes = edited[new[begin].start : new[end - 1].stop] if end > begin else ""
        units.append(unit_of(question, *limits(words, start, stop, question), becomes=becomes))
    share = sum(max(stop - start, end - begin) for start, stop, begin, end in changes) / max(len(words), 1)
    written = [[word.text for word in new[begin:end]] for _, _, begin, end in changes]
    notes = holding(not_minimal=share > MUCH, label_leaked=leaks(target, written), coarse_diff=not exact)
    return Reading(Claim("counterfactual", tuple(units), edited, min(1.0, share), notes), "read")


def holding(**notes: bool) -> tuple[str, ...]:
    """Return the names of what holds."""
    return tuple(name for name, holds in notes.items() if holds)


def no_edit(detail: str) -> Reading[Claim]:
    """Return the Reading of a text that is not the edit that was asked for."""
    return Reading(None, "ambiguous", detail=detail or "not_a_redaction")


def unit_of(question: str, start: int, stop: int, *, becomes: str | None = None) -> Unit:
    """Return a stretch of the question as a unit."""
    return Unit(question[start:stop], "placed", ((start, stop),), becomes=becomes)


def limits(words: Sequence[Word], start: int, stop: int, question: str) -> tuple[int, int]:
    """Return the characters of words [start, stop); of none, the place before the next word."""
    if start < stop:
        return words[start].start, words[stop - 1].stop
    place = words[start].start if start < len(words) else len(question.rstrip())
    return place, place


def leaks(target: str, written: Sequence[Sequence[str]]) -> bool:
    """Tell whether what was newly written holds a target of more than one character."""
    wanted = [word.text for word in words_in(target)]
    if len("".join(wanted)) < 2:
        return False
    return any(next(found_in(wanted, run), None) is not None for run in written)


# --- redaction -----------------------------------------------------------------------------------------------------


def words_with_gaps(text: str) -> list[Word]:
    """Return the words of a text and, in their places, its markers."""
    found: list[Word] = []
    for start, stop, is_marker in stretches_of(text):
        if is_marker:
            found.append(Word(GAP, start, stop))
        else:
            found += (Word(word.text, word.start + start, word.stop + start) for word in words_in(text[start:stop]))
    return found


def words_and_gaps(text: str, *, plain: bool) -> list[str]:
    """Return the words of a text, each run of markers as one gap; `plain` takes Markdown's emphasis out of it."""
    texts: list[str] = []
    for start, stop, is_marker in stretches_of(text):
        if not is_marker:
            stretch = text[start:stop]
            texts += (word.text for word in words_in(EMPHASIS.sub("", stretch) if plain else stretch))
        elif texts[-1:] != [GAP]:
            texts.append(GAP)
    return texts


def stretches_of(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the limits of each marker and of what stands between them, and whether it is a marker."""
    done = 0
    for marker in MARKER.finditer(text):
        if not is_word(marker[0]):
            yield done, marker.start(), False
            yield *marker.span(), True
            done = marker.end()
    yield done, len(text), False


def taken_out(runs: Sequence[tuple[int, int]], words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the runs that hold a word; what is left is a blank that the question itself has."""
    return [(start, stop) for start, stop in runs if set(words[start:stop]) != {GAP}]


def is_word(marker: str) -> bool:
    """Tell a bare word in small letters, such as `redacted`, from a marker."""
    return marker.isalpha() and marker.isascii() and not marker.isupper()


def gaps_of(pieces: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]] | None:
    """Return what each gap stands for, as [start, stop) of the words; None where the rest is not what stands there.

    A pattern with gaps is matched from the left, each stretch at its first place: if it can be matched, that finds it.
    """
    stretches = list(split_at_gaps(pieces))
    first, last = stretches[0], stretches[-1]
    if list(words[: len(first)]) != first:
        return None
    found: list[tuple[int, int]] = []
    place = len(first)
    for stretch in stretches[1:-1]:
        begin = next(found_in(stretch, words, place + 1), None)
        if begin is None:
            return None
        found.append((place, begin))
        place = begin + len(stretch)
    end = len(words) - len(last)
    if place >= end or list(words[end:]) != last:
        return None
    return [*found, (place, end)]


def split_at_gaps(pieces: Sequence[str]) -> Iterator[list[str]]:
    """Yield the stretches of words before, between and after gaps."""
    stretch: list[str] = []
    for piece in pieces:
        if piece == GAP:
            yield stretch
            stretch = []
        else:
            stretch.append(piece)
    yield stretch


def found_in(wanted: Sequence[str], words: Sequence[str], begin: int = 0) -> Iterator[int]:
    """Yield where a sequence of words stands in another, in order (Knuth, Morris & Pratt 1977)."""
    fall, state = [0] * len(wanted), 0
    for place in range(1, len(wanted)):
        while state and wanted[place] != wanted[state]:
            state = fall[state - 1]
        state += wanted[place] == wanted[state]
        fall[place] = state
    state = 0
    for place in range(begin, len(words)):
        while state and (state == len(wanted) or words[place] != wanted[state]):
            state = fall[state - 1]
        state += words[place] == wanted[state]
        if state == len(wanted):
            yield place - state + 1


def goes_through(pieces: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether words stand in others, in order, with words between them."""
    others = iter(words)
    return 0 < len(pieces) < len(words) and all(piece in others for piece in pieces)


# --- counterfactual ------------------------------------------------------------------------------------------------


def differences(old: Sequence[str], new: Sequence[str]) -> tuple[list[Change], bool]:
    """Return the runs of words that differ, and whether no smaller edit leads from one to the other.

    Equal beginnings and ends go first; they belong to a smallest edit. What is left is compared word by word, or, where
    that would take more than a million comparisons, only at words that each side has once (patience sorting), n log n.

    Examples
    --------
    >>> differences("a b c".split(), "a x c d".split())
    ([Change(start=1, stop=2, begin=1, end=2), Change(start=3, stop=3, begin=3, end=4)], True)
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    exact = len(a) * len(b) <= EXACT_CELLS
    kept = common(a, b) if exact else unique_in_order(a, b)
    pairs = [*((i + head, j + head) for i, j in kept), (len(old) - tail, len(new) - tail)]
    changes = []
    i, j = head, head
    for next_i, next_j in pairs:
        if next_i > i or next_j > j:
            changes.append(Change(i, next_i, j, next_j))
        i, j = next_i + 1, next_j + 1
    return changes, exact


def common(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return a longest common subsequence, as pairs of places (Wagner & Fischer 1974)."""
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = longest[i], longest[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
    pairs, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def unique_in_order(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest run of pairs of words that each side has once, in the order of both (Fredman 1975)."""
    once_a, once_b = (Counter(side) for side in (a, b))
    place_in_b = {word: j for j, word in enumerate(b) if once_b[word] == 1}
    pairs = [(i, place_in_b[word]) for i, word in enumerate(a) if once_a[word] == 1 and word in place_in_b]
    ends: list[int] = []  # the smallest last place of an ascending run of each length
    best: list[int] = []  # which pair that is
    before: list[int | None] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect.bisect_left(ends, j)
        before.append(best[length - 1] if length else None)
        ends[length : length + 1] = [j]
        best[length : length + 1] = [number]
    kept = []
    at = best[-1] if best else None
    while at is not None:
        kept.append(pairs[at])
        at = before[at]
    return kept[::-1]
