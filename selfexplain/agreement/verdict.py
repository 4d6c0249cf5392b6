"""What may be said of a Run's self-explanations: supported, not supported, or no verdict.

Never of one Record, and never "faithful": only that claims agree with witnesses, or do not.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Range

Family = Literal["perturbation", "gradients", "attention"]

FAMILIES: tuple[Family, ...] = get_args(Family)

NEVER_ALONE: frozenset[Family] = frozenset({"attention"})
"""Evidence where it agrees with another family, and none by itself (Jain & Wallace 2019; Wiegreffe & Pinter 2019)."""

Word = Literal["supported", "supported by one family", "not supported", "no verdict"]

TOO_LITTLE = 0.05
"""An agreement that is surely less than this above chance supports nothing."""


class Verdict(NamedTuple):
    """A word, and the sentence that says why."""

    word: Word
    why: str


def verdict(
    above_chance: Mapping[Family, Range | Estimate | None],
    able: Collection[Family],
    ceiling: Range | Estimate | None = None,
) -> Verdict:
    """Return what may be said of a Run.

    *Supported*: the lower limit of agreement − matched null is above 0 in two families of witnesses. *Supported by one
    family*: the same where only one can run on this model, and that is not attention. *Not supported*: the upper limit
    is below 0.05 in every family that was asked, as many as support would need, and the witnesses agree with each other
    more than chance. Else *no verdict*. The first that holds is returned.

    One measure must be chosen beforehand, and one row a family: where several of its witnesses ran, average them Record
    by Record before the interval is made. Choosing the best of several makes chance look like support.

    Parameters
    ----------
    above_chance : mapping of family to (low, high), an Estimate, or None
        The limits of the mean difference between the claims' agreement with the family and their matched null. None,
        and an Estimate without limits, say nothing.
    able : collection of family
        Those that can run on this model, whether they were asked or not.
    ceiling : (low, high), an Estimate, or None
        The limits of the witnesses' agreement with each other, less their own null.

    Raises
    ------
    InputError
        When a family is unknown, or one was measured that is not able to run.

    Examples
    --------
    >>> verdict({"perturbation": (0.1, 0.3), "gradients": (0.02, 0.2)}, able=["perturbation", "gradients"]).word
    'supported'
    >>> verdict({"perturbation": (0.1, 0.3)}, able=["perturbation"]).word
    'supported by one family'
    >>> verdict({"perturbation": (-0.02, 0.03)}, able=["perturbation"], ceiling=(0.1, 0.4)).word
    'not supported'
    """
    require_families(above_chance, able)
    known = {family: limits for family in FAMILIES if (limits := limits_of(above_chance.get(family))) is not None}
    needed = min(2, len(set(able)))
    above = [family for family, (low, _) in known.items() if low > 0]
    if len(above) >= needed and set(above) - NEVER_ALONE:
        if needed == 1:
            return Verdict("supported by one family", f"above chance by {above[0]}, the only family that can run here")
        return Verdict("supported", f"above chance by {' and '.join(above)}")
    if not set(known) - NEVER_ALONE:
        return Verdict("no verdict", "attention is never alone" if known else "no family of witnesses has an interval")
    if len(known) < needed:
        return Verdict(
            "no verdict", f"one family is not enough where another can run: {what_is_missing(above_chance, able)}"
        )
    return not_supported(known, above, limits_of(ceiling))


def what_is_missing(above_chance: Mapping[Family, Range | Estimate | None], able: Collection[Family]) -> str:
    """Say which families were asked in vain, and which are left to ask.

    >>> what_is_missing({"perturbation": (0.1, 0.3), "attention": None}, ["perturbation", "gradients", "attention"])
    'attention has no interval; ask gradients'
    """
    in_vain = [family for family in FAMILIES if family in above_chance and limits_of(above_chance[family]) is None]
    told = [f"{family} has no interval" for family in in_vain]
    left = [family for family in FAMILIES if family in able and family not in above_chance]
    return "; ".join([*told, *([f"ask {' or '.join(left)}"] if left else [])])


def not_supported(known: Mapping[Family, Range], above: Sequence[Family], ceiling: Range | None) -> Verdict:
    """Return whether enough families that do not support a Run speak against it."""
    open_ = [family for family, (_, high) in known.items() if not high < TOO_LITTLE]
    if open_ and above:
        return Verdict("no verdict", f"above chance by {above[0]} alone, where two families can run")
    if open_:
        return Verdict("no verdict", f"by {' and '.join(open_)} it may be {TOO_LITTLE} above chance or more")
    if ceiling is None:
        return Verdict("no verdict", "whether the witnesses agree with each other is not known")
    if not ceiling[0] > 0:
        return Verdict("no verdict", "the witnesses do not agree with each other more than chance")
    return Verdict(
        "not supported", f"less than {TOO_LITTLE} above chance by {' and '.join(known)}, which agree themselves"
    )


def limits_of(given: Range | Estimate | None) -> Range | None:
    """Return two limits, or None where there are none."""
    if not isinstance(given, Estimate):
        return given
    return None if given.low is None or given.high is None else (given.low, given.high)


def require_families(measured: Mapping[Family, object], able: Collection[Family]) -> None:
    """Raise InputError when a family is unknown, or measured without being able to run."""
    for family in (*measured, *able):
        if family not in FAMILIES:
            raise InputError(f"{family!r} is no family of witnesses", hint=f"known: {', '.join(FAMILIES)}")
    unable = [family for family in measured if family not in able]
    if unable:
        raise InputError(f"{unable[0]} was measured and is not among those able to run: {', '.join(able) or 'none'}")
