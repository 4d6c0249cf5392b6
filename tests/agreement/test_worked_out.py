"""Values worked out by hand, and the facts about short questions that the documentation states."""

import itertools
import math
from fractions import Fraction
from statistics import fmean

import numpy as np
import pytest

from selfexplain.agreement.aopc_comprehensiveness import aopc_comprehensiveness
from selfexplain.agreement.aopc_sufficiency import aopc_sufficiency
from selfexplain.agreement.comprehensiveness import comprehensiveness, normalised_comprehensiveness
from selfexplain.agreement.flip_rate import flip_rate
from selfexplain.agreement.iou_at_k import iou_at_k
from selfexplain.agreement.jaccard import expected_jaccard
from selfexplain.agreement.kendall_tau_b import kendall_tau_b
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.named_average_precision import named_average_precision
from selfexplain.agreement.null import null_of
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.rank_biased_overlap import expected_rank_biased_overlap
from selfexplain.agreement.rbo_at_k import rbo_at_k
from selfexplain.agreement.sign_agreement import sign_agreement
from selfexplain.agreement.spearman_rho import spearman_rho
from selfexplain.agreement.sufficiency import normalised_sufficiency, sufficiency
from selfexplain.agreement.targets import bin_sizes
from selfexplain.errors import InputError, Undefined

EIGHT = [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
"""Eight units in the witness's order."""


def test_overlap_and_iou_with_a_tie_at_the_border() -> None:
    """Scores 3, 1, 1, 0, two named, the first and the second: the second is in the top two in half of all orders.

    Overlap (1 + ½) / 2; IoU ½ · 1 + ½ · ⅓.
    """
    assert overlap_at_k([0, 1], [3, 1, 1, 0]) == 0.75
    assert iou_at_k([0, 1], [3, 1, 1, 0]) == pytest.approx(2 / 3)


def test_rbo_with_a_tie_at_the_top() -> None:
    """Named 0 then 2, the witness has 0 and 1 level: in common ½ at depth 1, 1 at depth 2 of 2.

    RBO_EXT = 0.1 · (½ + 0.9 · ½) + 0.81 · ½.
    """
    assert rbo_at_k([0, 2], [1, 1, 0, 0]) == pytest.approx(0.1 * (0.5 + 0.9 * 0.5) + 0.81 * 0.5)


def test_average_precision_with_a_tie() -> None:
    """The one named ties with one other for the first place: ½ · 1 + ½ · ½."""
    assert named_average_precision([0], [1, 1, 0]) == pytest.approx(0.75)


def test_auroc_counts_a_tie_as_half() -> None:
    """The one named meets one equal and one lower."""
    assert named_auroc([0], [1, 1, 0]) == 0.75


def test_a_ranking_counts_what_is_unsaid_as_last() -> None:
    """Three of eight in the witness's own order: 18 of 28 pairs are untied in the claim, all concordant."""
    assert kendall_tau_b([0, 1, 2], EIGHT) == pytest.approx(18 / math.sqrt(18 * 28))
    assert kendall_tau_b([0, 1, 2], EIGHT) == pytest.approx(0.80, abs=0.005)


def test_a_unit_stated_to_speak_against_the_answer_stands_below_what_is_unsaid() -> None:
    """Stated +, − and nothing; the witness agrees entirely: +1, and −1 turned round."""
    for correlation in (kendall_tau_b, spearman_rho):
        assert correlation([0, 1], [2.0, -1.0, 0.0], stated=[0.9, -0.4]) == pytest.approx(1.0)
        assert correlation([0, 1], [-2.0, 1.0, 0.0], stated=[0.9, -0.4]) == pytest.approx(-1.0)


@pytest.mark.parametrize("correlation", [kendall_tau_b, spearman_rho])
def test_a_claim_without_order_has_no_correlation(correlation: object) -> None:
    """All units with one stated score, or scores of 0 alone, which is what those that are not named have."""
    assert callable(correlation)
    with pytest.raises(Undefined, match="puts none before another"):
        correlation([0, 1], [0.1, 0.2], stated=[0.5, 0.5])
    with pytest.raises(Undefined, match="puts none before another"):
        correlation([0], [0.1, 0.2], stated=[0.0])
    assert correlation([1], [0.1, 0.2], stated=[0.5]) == pytest.approx(1.0)


def test_signs_agree_or_do_not_or_are_none() -> None:
    """Stated +, +, −, 0, + against −, 0, −, +, +: wrong, half, right, no sign stated, right: 2½ of four."""
    shown, stated = [-0.2, 0.0, -0.9, 0.4, 0.6], [1, 0.5, -0.5, 0, 1]

    assert sign_agreement([0, 1, 2, 3, 4], shown, stated=stated) == pytest.approx(2.5 / 4)
    with pytest.raises(Undefined, match="for or against"):
        sign_agreement([0], [0.1, 0.2], stated=[0.0])
    with pytest.raises(InputError, match="takes the scores that the model states"):
        sign_agreement([0], [0.1, 0.2])


def test_chance_of_signs_is_not_a_half_where_most_units_speak_for_the_answer() -> None:
    """Three of four scores are positive: "for" of two is right with ¾; a for and an against with ½ (¾ + ¼)."""
    scores = [0.1, 0.2, 0.3, -0.4]

    assert null_of(sign_agreement, [0, 1], scores, stated=[1, 1]).mean == pytest.approx(0.75)
    assert null_of(sign_agreement, [0, 1], scores, stated=[1, -1]).mean == pytest.approx(0.5)


def test_three_of_eight_by_chance() -> None:
    """3/8; (30/5 + 15/2 + 1) / 56; [H₈ + 2/7 (8 − H₈)] / 8; ½; 0; and only three of three is rare, one claim of 56."""
    h = sum(Fraction(1, i) for i in range(1, 9))
    ap = float((h + Fraction(2, 7) * (8 - h)) / 8)
    said = [0, 1, 2]

    assert null_of(overlap_at_k, said, EIGHT).mean == pytest.approx(0.375)
    assert null_of(iou_at_k, said, EIGHT).mean == pytest.approx(expected_jaccard(3, 3, 8)) == pytest.approx(14.5 / 56)
    assert null_of(named_average_precision, said, EIGHT).mean == pytest.approx(ap) == pytest.approx(0.5284, abs=5e-5)
    assert null_of(named_auroc, said, EIGHT).mean == pytest.approx(0.5)
    assert null_of(rbo_at_k, said, EIGHT).mean == pytest.approx(expected_rank_biased_overlap(3, 3, 8))
    assert null_of(rbo_at_k, said, EIGHT).mean == pytest.approx(0.339, abs=5e-4)
    assert null_of(kendall_tau_b, said, EIGHT).mean == pytest.approx(0.0, abs=1e-12)
    assert null_of(spearman_rho, said, EIGHT).mean == pytest.approx(0.0, abs=1e-12)

    null = null_of(overlap_at_k, said, EIGHT)
    assert null.p(1.0) == pytest.approx(1 / 56) == pytest.approx(0.018, abs=5e-4)
    assert null.p(2 / 3) == pytest.approx((1 + 15) / 56)  # two of three: three pairs, five for the third
    assert null.p(2 / 3) > 0.05


def test_chance_of_average_precision_by_drawing_all_claims_anew() -> None:
    """Without any of the package's code."""
    values = [
        fmean((found + 1) / (place + 1) for found, place in enumerate(claim))
        for claim in itertools.combinations(range(8), 3)
    ]

    assert fmean(values) == pytest.approx(0.5284, abs=5e-5)


def test_the_matched_null_is_higher_where_content_words_score_high() -> None:
    """The top three of eight are content words, which are four: chance is ¾ and not ⅜."""
    content = np.array([True, True, True, True, False, False, False, False])

    assert null_of(overlap_at_k, [0, 1, 2], EIGHT, candidates=content).mean == pytest.approx(0.75)
    assert null_of(overlap_at_k, [0, 1, 2], EIGHT).mean == pytest.approx(0.375)


def test_comprehensiveness_and_sufficiency_are_differences_of_probabilities() -> None:
    assert comprehensiveness(0.8, 0.3) == pytest.approx(0.5)
    assert comprehensiveness(0.3, 0.8) == pytest.approx(-0.5)
    assert sufficiency(0.8, 0.7) == pytest.approx(0.1)
    assert aopc_comprehensiveness(0.8, [0.8, 0.6, 0.1]) == pytest.approx(0.3)
    assert aopc_sufficiency(0.8, [0.1, 0.5]) == pytest.approx(0.5)
    with pytest.raises(InputError, match=r"`full` is 1\.2; expected a probability"):
        comprehensiveness(1.2, 0.3)
    with pytest.raises(InputError, match=r"`without\[1\]` is -0.1"):
        aopc_comprehensiveness(0.8, [0.2, -0.1])
    with pytest.raises(Undefined, match="`only` is empty"):
        aopc_sufficiency(0.8, [])


def test_normalised_values_need_something_to_gain() -> None:
    """0.6 of 0.7 less chance 0.1 each: 5/6. All there is to gain is 0.05: a quotient of noise."""
    assert normalised_comprehensiveness(0.9, 0.3, nothing=0.2, chance=0.1) == pytest.approx(5 / 6)
    assert normalised_sufficiency(0.9, 0.8, chance=0.4) == pytest.approx(0.75)
    assert normalised_sufficiency(0.9, 0.1, chance=0.4) == pytest.approx(-1.0)
    with pytest.raises(Undefined, match=r"at most 0.05 could be gained"):
        normalised_comprehensiveness(0.25, 0.0, nothing=0.0, chance=0.2)
    with pytest.raises(Undefined, match="could be gained"):
        normalised_sufficiency(0.9, 0.89, chance=0.03)
    with pytest.raises(Undefined, match="could be gained"):
        normalised_sufficiency(0.9, 0.89, chance=-0.4)


def test_bins_are_shares_of_the_question_rounded_up_as_far_as_the_claim_goes() -> None:
    """1, 5, 10, 20 and 50 % of 20 are 0.2, 1, 2, 4, 10: exact products do not round up to the next."""
    assert bin_sizes(20, 20) == [1, 1, 2, 4, 10]
    assert bin_sizes(20, 3) == [1, 1, 2]
    assert bin_sizes(100, 100) == [1, 5, 10, 20, 50]
    assert bin_sizes(30, 30) == [1, 2, 3, 6, 15]
    with pytest.raises(Undefined, match="no unit"):
        bin_sizes(20, 0)


def test_a_flip_needs_a_reply() -> None:
    assert flip_rate([True, False]) == 0.5
    with pytest.raises(Undefined, match="no reply"):
        flip_rate([])
    with pytest.raises(InputError, match="expected True or False"):
        flip_rate([1, 0])
