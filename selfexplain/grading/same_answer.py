"""Whether two answers say the same, by the grader of their Item and without its gold answer."""

from collections.abc import Mapping

from msgspec.structs import replace

from selfexplain.grading.categoriser import UNDECIDED, Categoriser
from selfexplain.grading.exact import normalised
from selfexplain.grading.grader import Grader
from selfexplain.records import Item

VERSION = 1


class SameAnswer:
    """Compares two answers to an Item.

    Two answers say the same when the grader of the Item calls each of them right if the other is gold: numbers with
    their units, labels and texts of choices, yes and no, normalised text. The Item's tolerance is left out, since it
    would make 1 and 3 the same as 2. In a survey they say the same when they fall into the same category. Answers that
    the grader cannot decide on are compared as text.

    Parameters
    ----------
    graders : mapping of name to Grader
    categorisers : mapping of name to Categoriser

    Examples
    --------
    >>> from selfexplain.grading.exact import exact
    >>> from selfexplain.grading.numeric import numeric
    >>> same = SameAnswer({"exact": exact, "numeric": numeric}, {})
    >>> towns, sums = Item("q", "Capital of Peru?", ("Lima",)), Item("q", "5 + 8?", ("13",), grader="numeric")
    >>> same("lima.", "Lima", towns), same("Lima", "Cusco", towns), same("5 + 8 = 13", "13.0", sums)
    (True, False, True)
    >>> same.rule(sums)
    'same-answer@1 by numeric@2'
    """

    def __init__(self, graders: Mapping[str, Grader], categorisers: Mapping[str, Categoriser]) -> None:
        self._graders, self._categorisers = graders, categorisers

    def __call__(self, one: str, other: str, item: Item) -> bool:
        """Return whether two answers to an Item say the same."""
        if one.strip() == other.strip() or normalised(one) == normalised(other) != "":
            return True
        if item.is_survey:
            return self._same_category(one, other, item)
        grader = self._graders[item.graded_by]
        return all(
            grader(said, replace(item, gold=(gold,), tolerance=0.0)).verdict == "correct"
            for said, gold in ((one, other), (other, one))
        )

    def _same_category(self, one: str, other: str, item: Item) -> bool:
        sort = self._categorisers[item.graded_by]
        names = {sort(answer, item).name for answer in (one, other)}
        return len(names) == 1 and not names & {None, UNDECIDED}

    def rule(self, item: Item) -> str:
        """Return name and version of the rule, with those of the grader or categoriser it rests on."""
        facts = (self._categorisers if item.is_survey else self._graders)[item.graded_by].facts
        return f"same-answer@{VERSION} by {facts.name}@{facts.version}"
