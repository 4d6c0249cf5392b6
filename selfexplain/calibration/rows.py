"""The door: what a row's confidence and correctness may be, and the one place where a confidence is rounded.

A confidence is the decimal it was stated as. At the door it is rounded to 12 significant digits: 0.3 and 0.1 + 0.2, 0.9
and 90/100 meet there, while a token probability of 1e-30 survives. (Two confidences above 0.1 closer than 1e-12 become
one value.) After the door, equal means equal.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.errors import InputError
from selfexplain.inference import Floats, Ints

Scale = Literal["probability", "percent"]

DIGITS = 12
"""Significant digits that a confidence keeps."""

_POWERS = np.array([float(f"1e{k}") for k in range(23)])
"""10⁰ to 10²², read from text: each is a double without error, which numpy's power function does not promise."""

_PERCENT_HINT = "divide percentages by 100, or build the table with CalibrationTable.from_rows(…, scale='percent')"
_MISSING_HINT = "leave rows without a usable confidence out and report them as coverage; never fill them in"


def read_confidence(confidence: ArrayLike, *, scale: Scale = "probability", name: str = "confidence") -> Floats:
    """Return confidences as rounded probabilities, or raise an InputError that names the row.

    Parameters
    ----------
    confidence : array of float, shape (n,)
        Stated confidences, in [0, 1] or, for `scale="percent"`, in [0, 100].
    scale : {"probability", "percent"}
    name : str
        What the caller calls the array; errors use it.

    Examples
    --------
    >>> read_confidence([0.1 + 0.2, 0.3])
    array([0.3, 0.3])
    """
    numbers = _numbers(confidence, name, "a probability in [0, 1]" if scale == "probability" else "a percentage")
    if scale not in ("probability", "percent"):
        raise InputError(f"`scale` is {scale!r}; expected 'probability' or 'percent'")
    top, what = (1.0, "a probability in [0, 1]") if scale == "probability" else (100.0, "a percentage in [0, 100]")
    with np.errstate(invalid="ignore"):
        outside = ~((numbers >= 0) & (numbers <= top))  # NaN is neither
    if outside.any():
        place = int(np.argmax(outside))
        found = float(numbers[place])
        if np.isnan(found):
            raise InputError(f"`{name}[{place}]` is NaN (no value); expected {what}", hint=_MISSING_HINT)
        hint = _PERCENT_HINT if top == 1.0 and 1 < found <= 100 else "find out where this number comes from"
        raise InputError(f"`{name}[{place}]` is {found}; expected {what}", hint=hint)
    return round_significant(numbers if top == 1.0 else numbers / 100)


def read_correct(correct: ArrayLike, *, n: int, name: str = "correct") -> Ints:
    """Return correctness as 0 and 1, or raise an InputError that names the row.

    Parameters
    ----------
    correct : array of bool or of 0 and 1, shape (n,)
    n : int
        How many confidences there are.
    name : str
    """
    numbers = _numbers(correct, name, "0 or 1")
    if len(numbers) != n:
        raise InputError(
            f"`{name}` has {len(numbers)} rows and `confidence` has {n}; expected one of each per answer",
            hint="drop the same rows from both",
        )
    wrong = ~((numbers == 0) | (numbers == 1))
    if wrong.any():
        place = int(np.argmax(wrong))
        found = "NaN (no value)" if np.isnan(numbers[place]) else float(numbers[place])
        raise InputError(
            f"`{name}[{place}]` is {found}; expected 0 (wrong) or 1 (correct)",
            hint="leave undecided answers out and report them as coverage",
        )
    return numbers.astype(np.int64)


@dataclass(frozen=True, eq=False)
class LookedUp(Sequence[str]):
    """Labels that many things have, looked up already; of rows, some row has each."""

    names: Sequence[str]
    """The distinct labels in order."""
    place: Ints
    """Which of them each has."""

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self.names[place] for place in self.place[index].tolist()]
        return self.names[int(self.place[index])]


def read_labels(labels: Iterable[Hashable], *, n: int, name: str) -> tuple[Sequence[str], Ints]:
    """Return the distinct labels of rows in order, and which one each row has.

    Parameters
    ----------
    labels : iterable of hashable, length n
        A cluster or group per row; compared as text, so that 7 and "7" are one.
    n : int
        How many confidences there are.
    name : str

    Returns
    -------
    names : sequence of str
        Sorted.
    index : array of int, shape (n,)
        Position in `names`.

    Raises
    ------
    InputError
        If a label is missing: rows without one would become one cluster by accident.
    """
    if isinstance(labels, LookedUp):
        require_as_many(labels.place, n=n, name=name)
        return labels.names, labels.place
    # A dictionary, not numpy.unique: sorting a million strings takes seconds, hashing them a tenth of one.
    seen: dict[str, int] = {}
    places = []
    for row, label in enumerate(labels):
        if label is None or label != label:  # noqa: PLR0124 - NaN alone differs from itself
            raise InputError(
                f"`{name}[{row}]` is {label}; expected a name", hint="give rows that stand alone a name each"
            )
        places.append(seen.setdefault(str(label), len(seen)))
    index = np.array(places, dtype=np.int64)
    require_as_many(index, n=n, name=name)
    names = sorted(seen)
    rank = np.empty(len(names), dtype=np.int64)
    rank[[seen[label] for label in names]] = np.arange(len(names))
    return names, rank[index]


def require_as_many(index: Ints, *, n: int, name: str) -> None:
    """Raise InputError unless there is one label per answer."""
    if len(index) != n:
        raise InputError(f"`{name}` has {len(index)} rows and `confidence` has {n}; expected one per answer")


def round_significant(x: NDArray[np.floating]) -> Floats:
    """Return numbers in [0, 1] rounded to 12 significant digits, each the double nearest to its decimal."""
    if x.dtype != np.float64:
        # A float32 of 0.3 is 0.300000012 as a double: read what it prints as, which is what was stated.
        distinct, index = np.unique(x, return_inverse=True)
        return round_significant(np.array([float(str(value)) for value in distinct], dtype=np.float64))[index]
    rounded = np.zeros_like(x)
    # digits and power are exact, so their quotient is the double nearest to the decimal: the one that text would give.
    plain = x >= 1e-10
    power = _POWERS[DIGITS - 1 - np.floor(np.log10(x[plain])).astype(np.int64)]
    rounded[plain] = np.rint(x[plain] * power) / power
    tiny = (x > 0) & ~plain
    rounded[tiny] = [float(f"{value:.{DIGITS}g}") for value in x[tiny]]
    return rounded


def _numbers(values: ArrayLike, name: str, expected: str) -> NDArray[np.floating]:
    """Return a one-dimensional array of floats; text and None are not numbers, whatever numpy thinks."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(f"`{name}` has {array.ndim} dimensions; expected one, with a row per answer")
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "biu" or array.size == 0:
        return array.astype(np.float64)
    for place, value in enumerate(array.tolist()):
        if isinstance(value, str | bytes) or not isinstance(value, int | float | np.number | None):
            hint = "turn text into numbers first, and decide there what unreadable text means"
            raise InputError(f"`{name}[{place}]` is {value!r}; expected {expected}", hint=hint)
    return array.astype(np.float64)  # None becomes NaN, which the caller names
