"""Small questions with a claim, a witness's scores, stated scores and candidates, for property tests."""

import itertools
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from selfexplain.agreement.measure import STATED, Agreement, Bools, measured
from selfexplain.errors import Undefined


class Case(NamedTuple):
    """One question."""

    said: list[int]
    scores: list[float]
    stated: list[float]
    candidates: Bools

    def of(self, measure: Agreement[...]) -> float | str:
        """Return the measure of this case, or the reason why it has none."""
        try:
            return measured(measure, self.said, self.scores, self.told(measure))
        except Undefined as undefined:
            return undefined.message

    def told(self, measure: Agreement[...]) -> list[float] | None:
        """Return what is stated, for a measure that takes it."""
        return self.stated if measure.facts.takes in STATED else None


@st.composite
def cases(draw: st.DrawFn, longest: int = 6) -> Case:
    """Draw a question of few units, with ties among the scores and claims of any size."""
    n = draw(st.integers(1, longest))
    shown = draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n))
    said = draw(st.permutations(range(n)))[: draw(st.integers(0, n))]
    stated = draw(st.lists(st.integers(-2, 2), min_size=len(said), max_size=len(said)))
    candidates = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return Case(said, [float(x) for x in shown], [x / 2 for x in stated], np.array(candidates, dtype=np.bool_))


@st.composite
def sound_cases(draw: st.DrawFn, longest: int = 6) -> Case:
    """Draw a question in which nearly every measure has a value: some units named, some not, two scores that differ."""
    n = draw(st.integers(2, longest))
    shown = draw(st.lists(st.integers(-2, 2), min_size=n - 1, max_size=n - 1))
    shown.append(shown[0] + draw(st.sampled_from([-1, 1])))
    said = draw(st.permutations(range(n)))[: draw(st.integers(1, n - 1))]
    stated = draw(st.lists(st.integers(-2, 2), min_size=len(said), max_size=len(said)))
    able = draw(st.permutations(range(n)))[: draw(st.integers(len(said), n))]
    return Case(said, [float(x) for x in shown], [x / 2 for x in stated], np.isin(range(n), able))


def strict_orders(scores: list[float]) -> list[list[float]]:
    """Return the scores with ties broken in every way; each order of tied units occurs equally often."""
    return [
        [score * 1000 + place for score, place in zip(scores, order, strict=True)]
        for order in itertools.permutations(range(len(scores)))
    ]
