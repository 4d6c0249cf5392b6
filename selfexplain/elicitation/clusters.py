"""Which of several answers to one Item say the same."""

from collections.abc import Callable, Sequence


def clusters(answers: Sequence[str], same: Callable[[str, str], bool]) -> list[list[int]]:
    """Return the places of answers that say the same, in the order in which each meaning came first.

    Two answers stand together when a chain of answers that say the same leads from one to the other, so that the order
    in which they came decides nothing.

    >>> clusters(["Lima", "Cusco", "lima", "Lima"], lambda one, other: one.casefold() == other.casefold())
    [[0, 2, 3], [1]]
    """
    found: list[list[int]] = []
    for place, answer in enumerate(answers):
        joined = [each for each in found if any(same(answers[other], answer) for other in each)]
        if not joined:
            found.append([place])
            continue
        first, *others = joined
        first.extend(other for each in others for other in each)
        first.append(place)
        first.sort()
        found = [each for each in found if all(each is not other for other in others)]
    return found
