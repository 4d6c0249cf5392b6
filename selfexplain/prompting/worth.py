"""What a number is worth on a scale: the probabilities it may mean, or the reason why it means none."""

from fractions import Fraction
from typing import Literal, get_args

from selfexplain.prompting.single_numbers import WORTH, Quantity
from selfexplain.records import Reading

Scale = Literal["probability", "percent", "0-20", "words"]

SCALES: tuple[Scale, ...] = get_args(Scale)
TOP: dict[Scale, int] = {"probability": 1, "percent": 100, "0-20": 20}
"""What a bare number on the scale is divided by; `words` has none."""


def worth(quantity: Quantity, scale: Scale) -> frozenset[Fraction] | Reading[float]:
    """Return the probabilities that a number may mean on a scale, or the reason why it means none."""
    if quantity.kind == "unreadable":
        return Reading(None, "non_numeric")
    if quantity.kind == "point":
        return _point(quantity, scale)
    low, high = (
        None if limit is None else _candidates(limit, quantity, scale) for limit in (quantity.low, quantity.high)
    )
    outside = any(limit and not any(0 <= one <= 1 for one in limit) for limit in (low, high))
    beyond = quantity.strict and (low == frozenset({Fraction(1)}) or high == frozenset({Fraction(0)}))
    if outside or beyond:
        return Reading(None, "out_of_range", detail=quantity.kind)
    return Reading(None, "ambiguous", detail=quantity.kind, low=_only(low), high=_only(high))


def _point(quantity: Quantity, scale: Scale) -> frozenset[Fraction] | Reading[float]:
    if quantity.low is None:
        return Reading(None, "non_numeric")
    if quantity.idiom or (quantity.unit == "bare" and scale == "words"):
        return Reading(None, "ambiguous", detail="scale")
    possible = frozenset(one for one in _candidates(quantity.low, quantity, scale) if 0 <= one <= 1)
    return possible or Reading(None, "out_of_range")


def _candidates(number: Fraction, quantity: Quantity, scale: Scale) -> frozenset[Fraction]:
    """Return what a number may mean: several things when its form belongs to another scale than the one asked for."""
    worth = WORTH.get(quantity.unit)
    if worth is not None:
        return frozenset({number / worth})
    if scale == "words":
        return frozenset({number, number / 100})  # no scale of numbers was asked for: nobody can tell which was meant
    meant = frozenset({number / TOP[scale]})
    # 0.8 where 0 to 100 was asked: 0.8 percent, or the other customary scale. A whole 1 is on the scale.
    return meant | {number} if quantity.decimal and 0 <= number <= 1 else meant


def _only(limit: frozenset[Fraction] | None) -> float | None:
    return float(next(iter(limit))) if limit and len(limit) == 1 else None
