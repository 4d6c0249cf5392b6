"""What every measure of agreement promises, and how a new one joins.

A model says which units of a question (words, sentences, examples) moved its answer; a witness gives every unit a
signed score. A measure compares the two and returns a float, or raises Undefined with the reason. A new one is a new
file in this package, and this is all of it::

    @agreement(
        title="Best word named",
        meaning="Whether the unit with the highest score of all is among those that the model named.",
        takes="set",
        direction="higher",
        within=(0.0, 1.0),
    )
    def best_is_named(said: ArrayLike, scores: ArrayLike) -> float:
        'What it is, its definition, how it misleads, edge cases, chance, an example.'
        claim = said_of(said, scores, some_unsaid=True)
        return float(within_top(claim.scores, 1)[claim.places].sum())

Its chance level comes from measuring random claims (:mod:`selfexplain.agreement.null`). Where that must be fast, or
exact for long questions, hand in a `form`: the same measure of many claims at once, and its mean over all of them.

Scores keep their sign: what spoke for the answer ranks first, what spoke against it last. To ask what mattered in
either direction, hand in absolute scores. Units with the same score have no order: a measure is then its mean over
all orders that they could have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, ParamSpec, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.errors import InputError, Undefined
from selfexplain.inference import Floats, Ints, Range

P = ParamSpec("P")
PM = ParamSpec("PM")

Bools = NDArray[np.bool_]

Takes = Literal["set", "ranking", "scores", "signs", "targets"]
"""What of a claim counts: which units it names; their order; the scores it states for them, or their order where it
states none; the signs of those scores. `targets`: what the model's answer became without them, no scores at all."""

Direction = Literal["higher", "lower"]

OF_A_CLAIM: frozenset[Takes] = frozenset({"set", "ranking", "scores", "signs"})
"""Measures with the arguments `said` and `scores`."""

STATED: frozenset[Takes] = frozenset({"scores", "signs"})
"""Measures that also take `stated`."""


class Form(Protocol):
    """A measure of many claims about one question at once. The claims differ in the places they name, nothing else."""

    def values(self, places: Ints, scores: Floats, stated: Floats | None, /) -> Floats:
        """Return the measure of each claim.

        Parameters
        ----------
        places : array of int, shape (r, k)
            A claim per row, the most important unit first.
        scores : array of float, shape (n,)
            The witness's.
        stated : array of float, shape (k,), or None
            What every claim states for its first, second, … unit.

        Returns
        -------
        array of float, shape (r,)
        """
        ...

    def expected(self, k: int, scores: Floats, candidates: Bools, stated: Floats | None, /) -> float:
        """Return the mean of the measure over all claims that name k of the candidates, in any order."""
        ...


@dataclass(frozen=True)
class AgreementFacts:
    """What the house must know about a measure to show it and to put its chance level beside it."""

    name: str
    """The key in JSON: the function's name."""
    title: str
    """What a page calls it."""
    meaning: str
    """One sentence for somebody who does not know the field."""
    takes: Takes
    direction: Direction
    """Whether agreement is a high or a low value."""
    within: Range
    """The least and the greatest value there can be."""
    form: Form | None = None
    """The measure of many claims at once, with its exact chance level; None where claims are measured one by one."""

    @property
    def sign(self) -> float:
        """Return 1 where higher is better, −1 where lower is."""
        return 1.0 if self.direction == "higher" else -1.0

    def to_dict(self) -> Mapping[str, Any]:
        """Return the facts as strict JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "meaning": self.meaning,
            "takes": self.takes,
            "direction": self.direction,
            "within": list(self.within),
        }


class Agreement(Protocol[PM]):
    """A function with facts."""

    __name__: str
    facts: AgreementFacts

    def __call__(self, *args: PM.args, **kwargs: PM.kwargs) -> float:
        """Return the value; raises Undefined where there is none."""
        ...


def agreement(
    *, title: str, meaning: str, takes: Takes, direction: Direction, within: Range, form: Form | None = None
) -> Callable[[Callable[P, float]], Agreement[P]]:
    """Attach facts to a function; registers nothing, wraps nothing.

    The parameters are the fields of :class:`AgreementFacts`; the name is the function's.
    """

    def attach(function: Callable[P, float]) -> Agreement[P]:
        marked = cast("Agreement[P]", function)
        marked.facts = AgreementFacts(function.__name__, title, meaning, takes, direction, within, form)
        return marked

    return attach


class Said(NamedTuple):
    """A claim and the witness's scores, checked."""

    places: Ints
    scores: Floats
    stated: Floats | None = None


def said_of(said: ArrayLike, scores: ArrayLike, stated: ArrayLike | None = None, *, some_unsaid: bool = False) -> Said:
    """Return a claim and a witness's scores as arrays that can be compared.

    Parameters
    ----------
    said : array of int, shape (k,)
        Places of the units that the model named, from 0, each once, the most important first.
    scores : array of float, shape (n,)
        The witness's signed score of every unit.
    stated : array of float, shape (k,), optional
        The score that the model stated for each of them.
    some_unsaid : bool
        Whether there must be units that the model did not name.

    Raises
    ------
    InputError
        When a place is none of the question, or is named twice, or a score is no finite number.
    Undefined
        When nothing is named, or nothing else, or all scores are the same.

    Examples
    --------
    >>> said_of([2, 0], [0.1, 0.0, 0.7]).places
    array([2, 0])
    """
    shown = finite("scores", scores)
    places = named_places(said, len(shown))
    told = None if stated is None else finite("stated", stated)
    if told is not None and len(told) != len(places):
        raise InputError(f"`stated` has {len(told)} scores; expected one for each of the {len(places)} units named")
    if not len(places):
        raise Undefined("no unit of the question is named")
    if some_unsaid and len(places) == len(shown):
        raise Undefined("every unit of the question is named, so none is preferred")
    if (shown == shown[0]).all():
        raise Undefined("the witness gives every unit the same score, so it prefers none")
    return Said(places, shown, told)


def named_places(said: ArrayLike, n: int) -> Ints:
    """Return places of a question of n units, each named once; raises InputError otherwise."""
    given = np.asarray(said)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(
            f"`said` is {given.dtype} of shape {given.shape}; expected places of units, whole numbers in one row",
            hint="said=[4, 1] names the fifth unit and the second",
        )
    places = given.astype(np.int64)
    outside = np.flatnonzero((places < 0) | (places >= n))
    if len(outside):
        raise InputError(f"`said[{outside[0]}]` is {places[outside[0]]}; expected a place from 0 to {n - 1}")
    if len(set(places.tolist())) < len(places):
        twice = next(place for place in places.tolist() if (places == place).sum() > 1)
        raise InputError(f"`said` names place {twice} twice; expected each unit once", hint="leave repetitions out")
    return places


def finite(name: str, numbers: ArrayLike) -> Floats:
    """Return finite numbers in one row; raises InputError otherwise."""
    given = np.asarray(numbers, dtype=np.float64)
    if given.ndim != 1:
        raise InputError(f"`{name}` has shape {given.shape}; expected one row of numbers")
    bad = np.flatnonzero(~np.isfinite(given))
    if len(bad):
        raise InputError(f"`{name}[{bad[0]}]` is {given[bad[0]]}; expected a finite number")
    return given


def measured(measure: Agreement[...], said: ArrayLike, scores: ArrayLike, stated: ArrayLike | None = None) -> float:
    """Return a measure of a claim; stated scores are handed on to measures that take them.

    Raises
    ------
    Undefined
        When the measure has no value here.
    """
    if measure.facts.takes not in STATED:
        return measure(said, scores)
    return measure(said, scores, stated=stated)
