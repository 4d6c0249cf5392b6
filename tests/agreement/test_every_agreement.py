"""What every measure of agreement must do, those not yet written included: the list is what `plugins` finds.

To join, put a file with a function marked `@agreement` into `selfexplain/agreement/`; nothing here changes.
"""

import inspect
import json
import math
from operator import attrgetter
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agreement.claims import Case, cases, sound_cases, strict_orders
from selfexplain import plugins
from selfexplain.agreement.measure import (
    OF_A_CLAIM,
    STATED,
    Agreement,
    agreement,
    finite,
    measured,
    named_places,
    said_of,
)
from selfexplain.agreement.null import listed, null_of
from selfexplain.agreement.ties import within_top
from selfexplain.errors import InputError, Undefined

ALL: list[Agreement[...]] = list(plugins.agreements().values())
OF_CLAIMS = [each for each in ALL if each.facts.takes in OF_A_CLAIM]
BY_ORDER = [each for each in ALL if each.facts.takes in {"set", "ranking"}]
OF_TARGETS = [each for each in ALL if each.facts.takes == "targets"]
TARGETS: dict[str, tuple[Any, ...]] = {
    "comprehensiveness": (0.9, 0.2),
    "sufficiency": (0.9, 0.2),
    "aopc_comprehensiveness": (0.9, [0.2, 0.7]),
    "aopc_sufficiency": (0.9, [0.2, 0.7]),
    "flip_rate": ([True, False],),
}
"""Arguments of the measures of targets that ship; one added later is tested by its own file."""

every = pytest.mark.parametrize("measure", ALL, ids=attrgetter("__name__"))
every_of_a_claim = pytest.mark.parametrize("measure", OF_CLAIMS, ids=attrgetter("__name__"))
patient = settings(deadline=None, max_examples=60)  # a loaded machine is no bug


def test_all_that_ship_are_found() -> None:
    assert {each.__name__ for each in ALL} >= {
        "aopc_comprehensiveness",
        "aopc_sufficiency",
        "comprehensiveness",
        "flip_rate",
        "iou_at_k",
        "kendall_tau_b",
        "named_auroc",
        "named_average_precision",
        "overlap_at_k",
        "rbo_at_k",
        "sign_agreement",
        "spearman_rho",
        "sufficiency",
    }


@every
def test_facts_are_complete(measure: Agreement[...]) -> None:
    facts = measure.facts

    assert facts.name == measure.__name__
    assert facts.title
    assert facts.meaning.endswith(".")
    assert "faithful" not in facts.meaning.lower()
    assert facts.within[0] < facts.within[1]
    assert all(map(math.isfinite, facts.within))
    assert json.loads(json.dumps(facts.to_dict(), allow_nan=False))["direction"] == facts.direction


@every
def test_the_docstring_is_the_page(measure: Agreement[...]) -> None:
    page = inspect.getdoc(measure) or ""

    for part in ("**Definition.**", "**Chance.**", "**How it misleads.**", "**Edge cases.**", "References", ">>> "):
        assert part in page, f"{measure.__name__} lacks {part}"


@every_of_a_claim
def test_nothing_named_and_a_witness_without_preference_are_undefined(measure: Agreement[...]) -> None:
    told: list[float] | None = [] if measure.facts.takes in STATED else None

    with pytest.raises(Undefined, match="no unit of the question is named"):
        measured(measure, [], [0.1, 0.2], told)
    with pytest.raises(Undefined, match="the same score"):
        measured(measure, [1], [0.3, 0.3, 0.3], None if told is None else [0.5])


@pytest.mark.parametrize("measure", [each for each in ALL if each.facts.takes == "set"], ids=attrgetter("__name__"))
def test_a_set_of_all_units_prefers_none(measure: Agreement[...]) -> None:
    with pytest.raises(Undefined, match="every unit of the question is named"):
        measure([0, 1], [0.1, 0.2])


@every_of_a_claim
@pytest.mark.parametrize(
    ("said", "scores", "message"),
    [
        ([2], [0.1, 0.2], r"`said\[0\]` is 2; expected a place from 0 to 1"),
        ([-1], [0.1, 0.2], r"`said\[0\]` is -1"),
        ([0, 0], [0.1, 0.2], "`said` names place 0 twice"),
        ([0.5], [0.1, 0.2], "`said` is float64"),
        ([0], [0.1, math.nan], r"`scores\[1\]` is nan"),
        ([0], [[0.1, 0.2]], r"`scores` has shape \(1, 2\)"),
    ],
)
def test_what_is_no_claim_or_no_scores_is_refused(
    measure: Agreement[...], said: Any, scores: Any, message: str
) -> None:
    told = [0.5] * len(said) if measure.facts.takes in STATED else None

    with pytest.raises(InputError, match=message):
        measured(measure, said, scores, told)


@pytest.mark.parametrize("measure", [each for each in ALL if each.facts.takes in STATED], ids=attrgetter("__name__"))
def test_as_many_scores_are_stated_as_units_named(measure: Agreement[...]) -> None:
    with pytest.raises(InputError, match="`stated` has 1 scores; expected one for each of the 2 units named"):
        measure([0, 1], [0.1, 0.2, 0.4], stated=[0.5])


@every_of_a_claim
@patient
@given(case=cases())
def test_a_value_is_within_its_range(measure: Agreement[...], case: Case) -> None:
    low, high = measure.facts.within
    value = case.of(measure)

    assert isinstance(value, str) or low - 1e-12 <= value <= high + 1e-12


@every_of_a_claim
@patient
@given(case=cases(), order=st.permutations(range(6)))
def test_what_the_units_are_called_does_not_matter(measure: Agreement[...], case: Case, order: list[int]) -> None:
    """Renumbering the units of claim and witness alike; so row order never breaks a tie."""
    names = [name for name in order if name < len(case.scores)]
    scores = [0.0] * len(names)
    for place, score in enumerate(case.scores):
        scores[names[place]] = score
    renamed = case._replace(said=[names[place] for place in case.said], scores=scores)

    before, after = case.of(measure), renamed.of(measure)
    assert after == (before if isinstance(before, str) else pytest.approx(before, abs=1e-12))


@every_of_a_claim
@patient
@given(case=cases())
def test_only_the_order_and_sign_of_scores_count(measure: Agreement[...], case: Case) -> None:
    """A cube keeps both and no distance."""
    before, after = case.of(measure), case._replace(scores=[score**3 for score in case.scores]).of(measure)

    assert after == (before if isinstance(before, str) else pytest.approx(before, abs=1e-12))


@pytest.mark.parametrize("measure", BY_ORDER, ids=attrgetter("__name__"))
@patient
@given(case=sound_cases(longest=5))
def test_a_tie_is_the_mean_over_all_orders(measure: Agreement[...], case: Case) -> None:
    value = case.of(measure)
    assume(not isinstance(value, str))

    one_by_one = [measure(case.said, scores) for scores in strict_orders(case.scores)]
    assert value == pytest.approx(fmean(one_by_one), abs=1e-12)


@pytest.mark.parametrize("measure", [m for m in OF_CLAIMS if m.facts.form], ids=attrgetter("__name__"))
@patient
@given(case=sound_cases())
def test_many_claims_at_once_and_their_mean_are_those_of_each_alone(measure: Agreement[...], case: Case) -> None:
    """With ties, for the candidates alone: the formula of the chance level is the mean over all claims there are."""
    able = np.flatnonzero(case.candidates)
    assume(not isinstance(case.of(measure), str))
    told = case.told(measure)
    claims = able[listed(len(case.said), len(able), ordered=True)]
    form = measure.facts.form
    assert form is not None

    alone = [measured(measure, claim, case.scores, told) for claim in claims]
    stated = None if told is None else np.array(told)
    together = form.values(claims, np.array(case.scores), stated)
    assert together.tolist() == pytest.approx(alone, abs=1e-12)
    chance = form.expected(len(case.said), np.array(case.scores), case.candidates, stated)
    assert chance == pytest.approx(fmean(alone), abs=1e-12)


@every_of_a_claim
@patient
@given(case=sound_cases())
def test_without_its_formula_a_measure_has_the_same_null(measure: Agreement[...], case: Case) -> None:
    """What a new measure gets that brings none."""

    @agreement(
        title="Slow", meaning="Slow.", takes=measure.facts.takes, direction="higher", within=measure.facts.within
    )
    def slow(*args: Any, **kwargs: Any) -> float:
        return measure(*args, **kwargs)

    told = case.told(measure)
    try:
        fast = null_of(measure, case.said, case.scores, stated=told, candidates=case.candidates)
    except Undefined as undefined:
        with pytest.raises(Undefined, match=undefined.message.split(",", maxsplit=1)[0]):
            null_of(slow, case.said, case.scores, stated=told, candidates=case.candidates)
        return
    one_by_one = null_of(slow, case.said, case.scores, stated=told, candidates=case.candidates)

    assert one_by_one.values.tolist() == pytest.approx(fast.values.tolist(), abs=1e-12)
    assert one_by_one.mean == pytest.approx(fast.mean, abs=1e-12)


@pytest.mark.parametrize("measure", BY_ORDER, ids=attrgetter("__name__"))
def test_the_witness_repeated_is_best_and_turned_round_is_worse(measure: Agreement[...]) -> None:
    scores = [0.5, 0.1, 0.9, 0.2, 0.7, 0.0]

    best, worst = measure([2, 4], scores), measure([5, 1], scores)
    assert best == pytest.approx(measure.facts.within[1])
    assert worst < 0.3


@pytest.mark.parametrize("measure", OF_TARGETS, ids=attrgetter("__name__"))
def test_targets_are_in_range_and_are_no_claims(measure: Agreement[...]) -> None:
    """A null by drawing claims would need the model, so it is refused with what to do instead."""
    if measure.__name__ in TARGETS:
        low, high = measure.facts.within
        assert low <= measure(*TARGETS[measure.__name__]) <= high
    with pytest.raises(InputError, match="compares targets"):
        null_of(measure, [0], [0.1, 0.2])


def test_a_new_measure_is_ten_lines_and_gets_its_chance_level_by_measuring_claims() -> None:
    """The example of `measure.py`: two of four named, so half of all claims hold the best."""

    @agreement(title="Best word named", meaning="Yes.", takes="set", direction="higher", within=(0.0, 1.0))
    def best_is_named(said: Any, scores: Any) -> float:
        claim = said_of(said, scores, some_unsaid=True)
        return float(within_top(claim.scores, 1)[claim.places].sum())

    null = null_of(best_is_named, [0, 1], [0.1, 0.9, 0.2, 0.3])
    assert best_is_named([0, 1], [0.1, 0.9, 0.2, 0.3]) == 1.0
    assert (null.mean, null.standard_error, null.method) == (0.5, 0.0, "all 6 claims")


def test_one_row_is_one_row() -> None:
    with pytest.raises(InputError, match=r"of shape \(1, 1\)"):
        named_places([[0]], 3)
    assert named_places([], 3).tolist() == []
    assert finite("x", [1, 2]).tolist() == [1.0, 2.0]
