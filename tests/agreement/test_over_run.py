"""A Run: means with intervals over clusters, flips beside two floors, words that stand nowhere, the ceiling."""

import numpy as np
import pytest

from selfexplain.agreement.beside_chance import BesideChance
from selfexplain.agreement.ceiling import witness_against_witness
from selfexplain.agreement.hallucinated import hallucinated_over_run, hallucinated_rate
from selfexplain.agreement.kendall_tau_b import kendall_tau_b
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.over_run import flips_over_run, over_run
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.rbo_at_k import rbo_at_k
from selfexplain.agreement.sign_agreement import sign_agreement
from selfexplain.agreement.sufficiency import sufficiency
from selfexplain.claims import Place
from selfexplain.errors import InputError, Undefined
from selfexplain.inference import mean_by_cluster_t, mean_by_t

RNG = np.random.default_rng(5)


def record(value: float, chance: float, sign: float = 1.0) -> BesideChance:
    return BesideChance(value, chance, sign * (value - chance), 0.5, 0.0, "made")


ROWS = [record(value, chance) for value, chance in RNG.random((40, 2))]
PASSAGES = [place // 4 for place in range(40)]


def test_value_chance_and_difference_each_have_the_interval_of_a_mean() -> None:
    found = over_run(overlap_at_k, ROWS, range(40))
    values, gaps = [row.value for row in ROWS], [row.value - row.chance for row in ROWS]

    assert found.n == 40
    assert found.value == mean_by_t(values, within=(0.0, 1.0))
    assert found.above_chance == mean_by_t(gaps, within=(-1.0, 1.0))
    assert found.chance.value == pytest.approx(np.mean([row.chance for row in ROWS]))


def test_records_of_one_passage_are_one_cluster() -> None:
    found = over_run(overlap_at_k, ROWS, PASSAGES)

    assert found.above_chance.method == "t interval over 10 clusters"
    gaps = [row.value - row.chance for row in ROWS]
    assert found.above_chance == mean_by_cluster_t(gaps, PASSAGES, within=(-1.0, 1.0))


def test_the_same_record_copied_makes_no_interval_narrower() -> None:
    once = over_run(overlap_at_k, ROWS, range(40)).above_chance
    copied = over_run(overlap_at_k, ROWS * 5, list(range(40)) * 5).above_chance

    assert once.low is not None
    assert copied.low is not None
    assert copied.low == pytest.approx(once.low, abs=1e-9)


def test_where_lower_is_better_the_difference_is_turned() -> None:
    found = over_run(sufficiency, [record(0.1, 0.4, -1.0), record(0.2, 0.3, -1.0)], [1, 2])

    assert found.value.value == pytest.approx(0.15)
    assert found.above_chance.value == pytest.approx(0.2)


def test_without_a_record_there_is_a_reason() -> None:
    found = over_run(overlap_at_k, [], [])

    assert (found.n, found.value.undefined) == (0, "no Record has a value")
    with pytest.raises(InputError, match="`cluster` has 1 labels; expected one for each of the 40 Records"):
        over_run(overlap_at_k, ROWS, [1])


def test_flips_are_paired_with_random_removals_and_with_the_noise_floor() -> None:
    """The noise of each question cancels: it flips as often whatever is removed, so nothing is above random."""
    noise = RNG.random(30)
    found = flips_over_run(noise, noise, np.zeros(30), range(30))

    assert found.above_random.value == 0.0
    assert found.above_random.method == "exact interval for 30 equal rows"
    assert found.above_noise.value == found.rate.value == pytest.approx(noise.mean())
    assert found.noise_floor.value == 0.0


def test_flip_rates_are_shares_and_as_many_of_each() -> None:
    with pytest.raises(InputError, match=r"`random\[1\]` is 2.0; expected a share"):
        flips_over_run([0, 1], [0, 2], [0, 0], [1, 2])
    with pytest.raises(InputError, match="there are 2, 1 and 2 flip rates"):
        flips_over_run([0, 1], [0], [0, 0], [1, 2])
    assert flips_over_run([], [], [], []).rate.undefined == "no Record has a value"


def test_words_that_stand_nowhere_are_counted() -> None:
    """Repetitions and free text are not looked for."""
    places: list[Place] = ["placed", "not_in_text", "not_in_text", "duplicate", "ambiguous", "free_text"]

    assert hallucinated_rate(places) == 0.5
    with pytest.raises(Undefined, match="names nothing that could stand"):
        hallucinated_rate(["duplicate", "free_text"])


def test_over_a_run_every_named_word_counts_once_and_claims_are_clusters() -> None:
    """One claim of four words, all missing, one of one, there: 4/5, and two claims to learn from."""
    found = hallucinated_over_run([["not_in_text"] * 4, ["placed"]], ["a", "b"])

    assert (found.value, found.n, found.method) == (0.8, 5, "t interval over 2 clusters")
    assert hallucinated_over_run([[], []], ["a", "b"]).undefined == "no rows"


def test_two_witnesses_with_the_same_order_agree_entirely() -> None:
    scores = [0.9, 0.1, 0.5, 0.0, -0.2, 0.3]

    for measure in (overlap_at_k, named_auroc, rbo_at_k):
        found = witness_against_witness(measure, scores, [2 * x + 1 for x in scores], 3)
        assert found.value == pytest.approx(1.0)
        assert 0 < found.chance < 1
    opposed = witness_against_witness(named_auroc, scores, [-x for x in scores], 3)
    assert [opposed.value, opposed.chance] == pytest.approx([0.0, 0.5])


def test_the_ceiling_is_the_same_both_ways() -> None:
    """AUROC is not symmetric, so each witness takes the part of the claim once."""
    one, other = [0.9, 0.1, 0.5, 0.0], [0.2, 0.3, 0.9, 0.1]

    there, back = (witness_against_witness(named_auroc, *pair, 1) for pair in ((one, other), (other, one)))
    assert there.value == back.value
    assert there.value == pytest.approx((named_auroc([0], other) + named_auroc([2], one)) / 2)


def test_a_witness_with_ties_claims_each_of_them_in_turn() -> None:
    """Units 1 to 20 tie; whichever comes first in the text must not be taken: unit 1 alone is right, 1 time in 20."""
    one, other = [0.0] + [1.0] * 20, [0.0, 1.0, *np.linspace(0.9, 0.1, 19)]
    values = [witness_against_witness(overlap_at_k, one, other, 1, seed=seed).value for seed in range(20)]

    assert np.mean(values) == pytest.approx(1 / 20, abs=0.03)
    assert len(set(values)) > 1


def test_signed_measures_let_a_witness_state_its_scores() -> None:
    """The two strongest units of `one` are 0 and 3, for and against; `other` has both signs so."""
    one, other = [0.9, 0.1, 0.0, -0.8], [0.2, -0.3, -0.1, -0.5]

    found = witness_against_witness(sign_agreement, one, other, 2)
    assert found.value == pytest.approx((1.0 + (1 + 0) / 2) / 2)  # of `other` 3 and 1, which `one` has − and +
    assert witness_against_witness(kendall_tau_b, one, one, 4).value == pytest.approx(1.0)


def test_a_witness_without_preference_is_no_ceiling() -> None:
    with pytest.raises(Undefined, match="the same score"):
        witness_against_witness(overlap_at_k, [1, 1, 1], [1, 2, 3], 1)
    with pytest.raises(InputError, match="score 3 and 2 units"):
        witness_against_witness(overlap_at_k, [1, 2, 3], [1, 2], 1)
