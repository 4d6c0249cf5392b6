"""How long witnesses will look, before they do: from what the Evidence that a Run holds has taken."""

from collections.abc import Iterable, Mapping

from selfexplain.runs.evidence_files import Found
from selfexplain.witnesses.witness import Cost


def seconds_ahead(lines: Mapping[str, Iterable[Found]], left: Mapping[str, Cost]) -> float | None:
    """Return how many seconds passes will take; None where nothing is known that could tell.

    Parameters
    ----------
    lines : mapping of witness to iterable of Found
        What lies in the Run, by these witnesses and others.
    left : mapping of witness to Cost
        Passes that are still to be made. A witness takes as long a pass as it took, one that has not looked yet as long
        as all others together.
    """
    spent = {
        name: (sum(each.seconds for each in found), sum(each.n_forward + each.n_backward for each in found))
        for name, found in ((name, list(found)) for name, found in lines.items())
    }
    together = tuple(map(sum, zip(*spent.values(), strict=True))) if spent else (0.0, 0)
    total = 0.0
    for name, cost in left.items():
        passes = cost.forward + cost.backward
        if passes:
            seconds, made = next((each for each in (spent.get(name, together), together) if each[1]), (0.0, 0))
            if not made:
                return None
            total += passes * seconds / made
    return total


def told(seconds: float | None) -> str:
    """Return a forecast in words.

    >>> told(None), told(0.0), told(83.4)
    ('how long that takes is told after the first answer', 'nothing is left to look at', 'about 83 s for what is left')
    """
    if seconds is None:
        return "how long that takes is told after the first answer"
    return f"about {seconds:,.0f} s for what is left" if seconds else "nothing is left to look at"
