"""Words that a model names as important and that do not stand in the question at all."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from selfexplain.claims import Place
from selfexplain.errors import Undefined
from selfexplain.inference import Estimate, share

LOOKED_FOR: frozenset[Place] = frozenset({"placed", "ambiguous", "not_in_text"})
"""A repetition is no word more, and free text is not claimed to stand in the question."""


def hallucinated_rate(places: Sequence[Place]) -> float:
    """Return the share of the named units that stand nowhere in the question, in [0, 1].

    No measure of agreement can see them, so they are counted and shown beside it, never silently dropped.

    Parameters
    ----------
    places : sequence of str
        The `place` of each Unit of a claim.

    Raises
    ------
    Undefined
        When the claim names nothing that could be looked for.

    Examples
    --------
    >>> hallucinated_rate(["placed", "not_in_text", "duplicate", "ambiguous"])
    0.3333333333333333
    """
    looked_for = [place for place in places if place in LOOKED_FOR]
    if not looked_for:
        raise Undefined("the claim names nothing that could stand in the question")
    return looked_for.count("not_in_text") / len(looked_for)


def hallucinated_over_run(
    claims: Sequence[Sequence[Place]], cluster: Sequence[str | int], *, level: float = 0.95
) -> Estimate:
    """Estimate the share of all named units of a Run that stand nowhere in their question.

    Parameters
    ----------
    claims : sequence of n sequences of str
        The `place` of each Unit, claim by claim.
    cluster : sequence, of length n
        What each claim was drawn with; words of one claim always belong together.
    level : float, in (0, 1)

    Examples
    --------
    >>> found = hallucinated_over_run([["placed", "not_in_text"], ["placed", "placed"]], ["a", "b"])
    >>> found.value, found.n, found.method
    (0.25, 4, 't interval over 2 clusters')
    """
    words = [
        (place == "not_in_text", owner)
        for places, owner in zip(claims, cluster, strict=True)
        for place in places
        if place in LOOKED_FOR
    ]
    owners: ArrayLike = [owner for _, owner in words]
    return share([missing for missing, _ in words], owners, level=level)
