"""Whether two answers to one Item are the same, by the Item's own grader."""

from msgspec.structs import replace

from selfexplain.grading.exact import exact
from selfexplain.grading.grader import Grader
from selfexplain.records import Item


def same_answer(answer: str, other: str, item: Item, grader: Grader) -> bool | None:
    """Tell whether two answers are the same: equal as texts, or each right where the other is the gold answer.

    Parameters
    ----------
    answer, other : str
        As the model gave them.
    item : Item
        Says how answers are compared: choices, tolerance.
    grader : Grader
        The one that grades the Item.

    Returns
    -------
    bool or None
        None where the grader cannot tell.

    Examples
    --------
    >>> from selfexplain.grading.numeric import numeric
    >>> item = Item("sum", "8 + 7?", ("15",), grader="numeric")
    >>> [same_answer("15", other, item, numeric) for other in ("8 + 7 = 15", "16", "many")]
    [True, False, None]
    """
    if exact(other, replace(item, gold=(answer,))).verdict == "correct":
        return True
    one, two = (grader(said, replace(item, gold=(gold,))).verdict for said, gold in ((other, answer), (answer, other)))
    if "correct" in {one, two}:
        return True
    return False if {one, two} == {"wrong"} else None
