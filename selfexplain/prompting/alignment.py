"""Where in a question the units of a claim stand.

All units are looked for in one pass over the question (Aho & Corasick 1975), word by word: the time is linear in the
length of both, also for texts made to be slow.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec.structs import replace

from selfexplain.claims import Place, Span, Unit
from selfexplain.words_in import Word, stem, words_in

MOST_PLACES = 100
"""So many places of one unit are kept."""

QUOTES = "\"'“”‘’„‟«»‹›「」『』`＂＇"
OPENING = re.compile(rf"\s*[{QUOTES}]")


class Told(NamedTuple):
    """One unit as the model wrote it, before it is looked for."""

    text: str
    score: float | None = None
    notes: tuple[str, ...] = ()


def align(told: Iterable[Told], question: str, *, ranked: bool = True, in_order: bool = False) -> tuple[Unit, ...]:
    """Return the units of a claim, each with its places in the question or the reason why it has none.

    Words are compared without case, in compatibility form, and as whole words; spaces and punctuation do not matter. A
    unit that is not there word for word is looked for once more without endings of inflection, which is noted.

    Parameters
    ----------
    told : iterable of Told
        What the model wrote.
    question : str
        The Item's question.
    ranked : bool
        The order of the units is the model's ranking.
    in_order : bool
        A word that is listed again means its next place in the question, as in a score for every word. Otherwise it is
        a duplicate.

    Examples
    --------
    >>> for unit in align([Told("“Capitals”"), Told("the"), Told("city")], "What is the capital of the Peru?"):
    ...     print(unit.place, unit.spans, unit.notes)
    placed ((12, 19),) ('quotes_stripped', 'inflected')
    ambiguous ((8, 11), (23, 26)) ()
    not_in_text () ()
    """
    told, words = list(told), words_in(question)
    units = [words_in(each.text) for each in told]
    exact = places_of(units, words, as_written)
    lost = [unit if not found else [] for unit, found in zip(units, exact, strict=True)]
    inflected = places_of(lost, words, stem)
    seen, known = Seen(in_order=in_order), scripts(question)
    aligned = []
    for number, (each, unit) in enumerate(zip(told, units, strict=True), 1):
        found = exact[number - 1] or inflected[number - 1]
        spans = tuple((words[place].start, words[place + len(unit) - 1].stop) for place in found[:MOST_PLACES])
        place, spans = seen.place(tuple(word.text for word in unit), spans)
        notes = (*each.notes, *notes_on(each.text, spans, known))
        notes += ("inflected",) if inflected[number - 1] else ()
        notes += ("more_places",) if len(found) > MOST_PLACES else ()
        rank = number if ranked else None
        aligned.append(Unit(each.text, place, spans, rank=rank, score=each.score, notes=notes))
    return ranks_without_duplicates(aligned)


def notes_on(text: str, spans: Sequence[Span], known: AbstractSet[bool]) -> tuple[str, ...]:
    """Return what a careful reader would remark about how a unit is written, given the scripts of the question."""
    quoted = ("quotes_stripped",) if OPENING.match(text) and text.rstrip(" .,;:!?")[-1:] in QUOTES else ()
    foreign = not spans and any(map(str.isalpha, text)) and not scripts(text) & known
    return (*quoted, "other_script") if foreign else quoted


def scripts(text: str) -> set[bool]:
    """Return whether a text has letters of the Latin script and its neighbours, of others, or of both."""
    return {letter < "\u0590" for letter in text if letter.isalpha()}


class Seen:
    """The places that earlier units of a claim have taken."""

    def __init__(self, *, in_order: bool) -> None:
        self.in_order = in_order
        self.spans: set[tuple[Span, ...]] = set()
        self.texts: set[tuple[str, ...]] = set()
        self.times: dict[tuple[Span, ...], int] = {}

    def place(self, text: tuple[str, ...], spans: tuple[Span, ...]) -> tuple[Place, tuple[Span, ...]]:
        """Return what became of a unit, and the spans that it is left with."""
        if not spans:
            again = text in self.texts
            self.texts.add(text)
            return ("duplicate" if again else "not_in_text"), ()
        if self.in_order and len(spans) > 1:
            time = self.times[spans] = self.times.get(spans, 0) + 1
            return ("placed", spans[time - 1 : time]) if time <= len(spans) else ("duplicate", ())
        if spans in self.spans:
            return "duplicate", ()
        self.spans.add(spans)
        return ("placed" if len(spans) == 1 else "ambiguous"), spans


def ranks_without_duplicates(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units with ranks that count each once; a duplicate has none."""
    ranked, rank = [], 0
    for unit in units:
        rank += unit.place != "duplicate"
        now = None if unit.place == "duplicate" or unit.rank is None else rank
        ranked.append(replace(unit, rank=now))
    return tuple(ranked)


def as_written(word: str) -> str:
    """Return a word as it is."""
    return word


def places_of(units: Sequence[Sequence[Word]], words: Sequence[Word], form: Callable[[str], str]) -> list[list[int]]:
    """Return for each unit the places of its first word in the words of a text, in order, one more than are kept."""
    patterns = [tuple(form(word.text) for word in unit) for unit in units]
    # What is longer than the text cannot stand in it, and would only fill the memory.
    wanted = {pattern: list[int]() for pattern in patterns if 0 < len(pattern) <= len(words)}
    for pattern, place in occurrences(tuple(wanted), [form(word.text) for word in words], most=MOST_PLACES + 1):
        wanted[pattern].append(place)
    return [wanted.get(pattern, []) for pattern in patterns]


def occurrences(
    patterns: Sequence[tuple[str, ...]], words: Sequence[str], *, most: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield each pattern with each place where it begins, the first `most` of each.

    Examples
    --------
    >>> list(occurrences([("a",), ("a", "b")], ["a", "b", "a"], most=9))
    [(('a',), 0), (('a', 'b'), 0), (('a',), 2)]
    """
    steps, ends = trie(patterns)
    falls = fallbacks(steps, len(ends))
    left = [0 if pattern is None else most for pattern in ends]
    # From any state, the nearest end of a pattern that is still wanted; ends that have enough drop out of the chain.
    nearest = [state if left[state] else falls[state] for state in range(len(ends))]

    def wanted_from(state: int) -> int:
        while nearest[state] != state:
            nearest[state] = nearest[nearest[state]]
            state = nearest[state]
        return state

    state = 0
    for place, word in enumerate(words):
        while state and (state, word) not in steps:
            state = falls[state]
        state = steps.get((state, word), 0)
        end = wanted_from(state)
        while end:
            pattern = ends[end]
            if pattern is not None:
                yield pattern, place - len(pattern) + 1
                left[end] -= 1
            if not left[end]:
                nearest[end] = falls[end]
            end = wanted_from(falls[end])


def trie(patterns: Iterable[tuple[str, ...]]) -> tuple[dict[tuple[int, str], int], list[tuple[str, ...] | None]]:
    """Return the steps from state to state, and the pattern that ends in each state."""
    steps: dict[tuple[int, str], int] = {}
    ends: list[tuple[str, ...] | None] = [None]
    for pattern in patterns:
        state = 0
        for word in pattern:
            if (state, word) not in steps:
                steps[state, word] = len(ends)
                ends.append(None)
            state = steps[state, word]
        ends[state] = pattern
    return steps, ends


def fallbacks(steps: dict[tuple[int, str], int], states: int) -> list[int]:
    """Return for each state the longest other state that ends in the same words."""
    children: list[list[tuple[str, int]]] = [[] for _ in range(states)]
    for (parent, word), child in steps.items():
        children[parent].append((word, child))
    falls = [0] * states
    level = [0]
    while level:
        following = []
        for parent in level:
            for word, child in children[parent]:
                following.append(child)
                fall = falls[parent]
                while fall and (fall, word) not in steps:
                    fall = falls[fall]
                falls[child] = steps.get((fall, word), 0) if parent else 0
        level = following
    return falls
