"""Random claims: all of them or draws, percentiles, what is undefined."""

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import assume, given, settings

from agreement.claims import Case, cases
from selfexplain.agreement.beside_chance import averaged, beside, beside_chance
from selfexplain.agreement.comprehensiveness import comprehensiveness
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.null import Null, listed, null_of, null_of_values, random_claims
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.rbo_at_k import rbo_at_k
from selfexplain.agreement.sufficiency import sufficiency
from selfexplain.errors import InputError, Undefined

LONG = list(np.linspace(1, 0, 40))


def null(values: list[float], *, every: bool = True) -> Null:
    return Null(np.array(values), fmean(values), 0.0, every, "made")


def test_a_percentile_counts_equal_claims_half() -> None:
    """Beats one of four, equals two."""
    assert null([0.0, 0.5, 0.5, 1.0]).percentile(0.5) == 0.5
    assert null([0.0, 0.5, 0.5, 1.0]).percentile(1.0) == 0.875
    assert null([0.0, 0.5, 0.5, 1.0]).percentile(1.0, sign=-1) == 0.125


def test_equal_is_not_a_matter_of_rounding() -> None:
    """0.1 + 0.2 is not 0.3 in binary, and would otherwise beat it."""
    assert null([0.3, 0.3]).percentile(0.1 + 0.2) == 0.5
    assert null([0.3, 0.3]).p(0.3 - 1e-16) == 1.0


def test_p_counts_what_is_as_good_and_of_draws_the_value_itself() -> None:
    assert null([0.0, 0.5, 0.5, 1.0]).p(0.5) == 0.75
    assert null([0.0, 0.5, 0.5, 1.0]).p(0.5, sign=-1) == 0.75
    assert null([0.0, 0.5, 0.5, 1.0], every=False).p(2.0) == 0.2  # never 0: (0 + 1) / (4 + 1)


@settings(deadline=None)
@given(case=cases())
def test_the_mean_percentile_of_all_random_claims_is_a_half(case: Case) -> None:
    assume(0 < len(case.said) < len(case.scores) and len(set(case.scores)) > 1)
    found = null_of(overlap_at_k, case.said, case.scores)

    assert fmean(found.percentile(value) for value in found.values) == pytest.approx(0.5)


def test_few_claims_are_all_measured_and_of_many_some_are_drawn() -> None:
    """Three of forty are 9,880 sets, four are 91,390; in order three are 59,280."""
    assert null_of(named_auroc, [0, 1, 2], LONG).method == "all 9,880 claims"
    drawn = null_of(named_auroc, [0, 1, 2, 3], LONG, draws=500)
    assert drawn.method == "formula; 500 draws"
    assert len(drawn.values) == 500
    assert not drawn.every
    assert null_of(rbo_at_k, [0, 1, 2], LONG).method == "formula; 2,000 draws"
    assert null_of(rbo_at_k, [0, 1], LONG).every


def test_long_claims_are_listed_as_far_as_memory_allows() -> None:
    """All but two of 160: 12,720 claims of 158 places each would be two million numbers."""
    assert random_claims(158, 160, ordered=False, seed=0, draws=7)[0].shape == (7, 158)
    assert random_claims(159, 160, ordered=False, seed=0, draws=7)[0].shape == (160, 159)


def test_draws_follow_their_seed_and_lie_about_the_formula() -> None:
    """Within five standard errors, which one seed in a million is not."""
    one, same, other = (null_of(named_auroc, [0, 1, 2, 3], LONG, seed=seed) for seed in (1, 1, 2))
    error = float(one.values.std() / math.sqrt(len(one.values)))

    assert one.values.tolist() == same.values.tolist() != other.values.tolist()
    assert one.mean == same.mean == other.mean == pytest.approx(0.5)
    assert abs(float(one.values.mean()) - 0.5) < 5 * error


def test_drawn_claims_name_different_units_each_as_often_as_another() -> None:
    rows, every = random_claims(5, 30, ordered=False, seed=3, draws=4_000)

    assert not every
    assert all(len(set(row)) == 5 for row in rows.tolist())
    often = np.bincount(rows.ravel(), minlength=30)
    assert np.abs(often - 4_000 * 5 / 30).max() < 5 * math.sqrt(4_000 / 6 * 5 / 6)


def test_listed_claims_are_shared_and_cannot_be_changed() -> None:
    assert len(listed(3, 8, ordered=False)) == 56
    assert len(listed(3, 8, ordered=True)) == 336
    with pytest.raises(ValueError, match="read-only"):
        listed(3, 8, ordered=False)[0, 0] = 1


def test_without_another_claim_there_is_no_chance_level() -> None:
    scores = [0.4, 0.3, 0.2, 0.1]

    with pytest.raises(Undefined, match="2 units are named and only 1 could be by chance"):
        null_of(overlap_at_k, [0, 1], scores, candidates=[True, False, False, False])
    with pytest.raises(Undefined, match="only one claim of that size"):
        null_of(overlap_at_k, [0, 1], scores, candidates=[True, True, False, False])
    assert null_of(rbo_at_k, [0, 1], scores, candidates=[True, True, False, False]).method == "all 2 claims"
    with pytest.raises(Undefined, match="only one claim of that size"):
        null_of(rbo_at_k, [0], scores, candidates=[True, False, False, False])


def test_candidates_are_a_mask_of_all_units() -> None:
    with pytest.raises(InputError, match="expected True or False for each of 3 units"):
        null_of(overlap_at_k, [0], [0.3, 0.2, 0.1], candidates=[0, 1])


def test_a_claim_outside_the_candidates_is_measured_beside_them() -> None:
    """It names the lowest, a function word; chance is one of the other two, of which one is the top."""
    found = beside_chance(overlap_at_k, [2], [0.3, 0.2, 0.1], candidates=[True, True, False])

    assert (found.value, found.chance, found.above_chance, found.percentile) == (0.0, 0.5, -0.5, 0.25)


def test_random_claims_name_candidates_wherever_they_stand() -> None:
    """The best unit is no candidate, so no random claim names it."""
    found = null_of(overlap_at_k, [0], [0.9, 0.2, 0.1], candidates=[False, True, True])

    assert found.values.tolist() == [0.0, 0.0]
    assert found.mean == 0.0


def test_random_removals_have_a_mean_with_an_error() -> None:
    """Of 0.1 and 0.3: 0.2 ± 0.1. One removal says nothing of how far off it is."""
    assert null_of_values([0.1, 0.3]).mean == pytest.approx(0.2)
    assert null_of_values([0.1, 0.3]).standard_error == pytest.approx(0.1)
    assert null_of_values([0.1]).standard_error is None
    with pytest.raises(Undefined, match="no random removal"):
        null_of_values([])
    with pytest.raises(InputError, match="finite numbers"):
        null_of_values([math.nan])


def test_where_lower_is_better_losing_less_is_above_chance() -> None:
    found = beside(sufficiency, 0.1, null_of_values([0.5, 0.3]))
    other = beside(comprehensiveness, 0.1, null_of_values([0.5, 0.3]))

    assert [found.above_chance, found.percentile] == pytest.approx([0.3, 1.0])
    assert [other.above_chance, other.percentile] == pytest.approx([-0.3, 0.0])


def test_witnesses_of_a_family_are_averaged() -> None:
    one = beside(comprehensiveness, 0.5, null_of_values([0.1, 0.3]))
    two = beside(comprehensiveness, 0.1, null_of_values([0.1, 0.3]))

    both = averaged([one, two])
    assert (both.value, both.above_chance, both.percentile) == pytest.approx((0.3, 0.1, 0.625))
    assert both.standard_error == pytest.approx(0.1)
    assert averaged([one, beside(comprehensiveness, 0.5, null_of_values([0.1]))]).standard_error is None
