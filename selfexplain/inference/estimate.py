"""A value and how sure it is."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from selfexplain.inference.arrays import Range


class Estimate(msgspec.Struct, frozen=True):
    """A value and how sure it is.

    NaN is refused and an infinite value becomes `undefined="infinite"`, so an Estimate is always strict JSON.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    """The share of repetitions of the whole study in which [low, high] covers the truth, such as 0.95."""
    method: str
    """How the interval was made, in words for a reader; empty when there is none."""
    n: int
    """Rows that the value rests on."""
    undefined: str | None = None
    """Why there is no value; None when there is one."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is None:
                continue
            if math.isnan(number):
                raise ValueError(f"an Estimate's {name} is NaN; what has no value must be raised as Undefined")
            msgspec.structs.force_setattr(self, name, float(number) if math.isfinite(number) else None)
            if name == "value" and self.value is None:
                msgspec.structs.force_setattr(self, "undefined", "infinite")
        if self.value is None and self.undefined is None:
            raise ValueError("an Estimate without a value must say why it is undefined")

    @classmethod
    def missing(cls, why: str, *, n: int, level: float) -> "Estimate":
        """Return the Estimate of something that has no value here, and why."""
        return cls(value=None, low=None, high=None, level=level, method="", n=n, undefined=why)

    @property
    def no_interval(self) -> str:
        """Why a value has no interval; empty where it has one, and where there is no value.

        >>> Estimate(0.5, None, None, 0.95, "", 1, warnings=("one row says nothing of how rows vary",)).no_interval
        'no interval, one row says nothing of how rows vary'
        """
        if self.value is None or not (self.low is None or self.high is None):
            return ""
        why = next(iter(self.warnings), "no reason was given")
        return why if "interval" in why else f"no interval, {why}"

    def warned(self, *warnings: str) -> "Estimate":
        """Return this Estimate with more warnings."""
        return msgspec.structs.replace(self, warnings=(*self.warnings, *warnings))

    def to_dict(self) -> Mapping[str, Any]:
        """Return the fields as strict JSON values: value, low, high, level, method, n, undefined, warnings."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields | {"warnings": list(self.warnings)}


def around(value: float, half: float, within: Range, *, n: int, level: float, method: str) -> Estimate:
    """Return the Estimate with limits `half` away on either side, cut to the range."""
    low, high = max(within[0], value - half), min(within[1], value + half)
    return Estimate(value=value, low=low, high=high, level=level, method=method, n=n)


def value_alone(value: float, n: int, level: float, why: str) -> Estimate:
    """Return the Estimate of a value that has no interval, and why."""
    return Estimate(value=value, low=None, high=None, level=level, method="", n=n, warnings=(why,))
