"""The same numbers by others' code, and by the slow definition."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from agreement.claims import Case, cases
from selfexplain.agreement.iou_at_k import iou_at_k
from selfexplain.agreement.jaccard import jaccard
from selfexplain.agreement.kendall_tau_b import kendall_tau_b
from selfexplain.agreement.named_auroc import named_auroc
from selfexplain.agreement.named_average_precision import named_average_precision
from selfexplain.agreement.overlap_at_k import overlap_at_k
from selfexplain.agreement.rank_biased_overlap import rank_biased_overlap
from selfexplain.agreement.rbo_at_k import rbo_at_k
from selfexplain.agreement.spearman_rho import spearman_rho

patient = settings(deadline=None)  # a loaded machine is no bug


def everywhere(case: Case, *, stated: bool) -> list[float]:
    """Return the claim's number of every unit."""
    numbers = [0.0] * len(case.scores)
    for place, unit in enumerate(case.said):
        numbers[unit] = case.stated[place] if stated else float(len(case.said) - place)
    return numbers


@pytest.mark.parametrize("stated", [False, True])
@patient
@given(case=cases(longest=12))
def test_correlations_are_scipys(case: Case, *, stated: bool) -> None:
    """On numbers for all units, ties among both sides included."""
    claimed = everywhere(case, stated=stated)
    assume(len(set(claimed)) > 1 and len(set(case.scores)) > 1)
    told = case.stated if stated else None

    tau, rho = kendall_tau_b(case.said, case.scores, stated=told), spearman_rho(case.said, case.scores, stated=told)

    assert tau == pytest.approx(stats.kendalltau(claimed, case.scores, variant="b").statistic, abs=1e-12)
    assert rho == pytest.approx(stats.spearmanr(claimed, case.scores).statistic, abs=1e-12)


@patient
@given(case=cases(longest=12))
def test_the_auroc_is_scikit_learns(case: Case) -> None:
    named = np.isin(range(len(case.scores)), case.said)
    assume(0 < named.sum() < len(named) and len(set(case.scores)) > 1)

    assert named_auroc(case.said, case.scores) == pytest.approx(roc_auc_score(named, case.scores), abs=1e-12)


@patient
@given(case=cases(longest=12))
def test_average_precision_is_scikit_learns_where_nothing_ties(case: Case) -> None:
    """Where units tie it takes the group in one step; ours is the mean over all orders, tested for every measure."""
    scores = [score + place / 100 for place, score in enumerate(case.scores)]
    named = np.isin(range(len(scores)), case.said)
    assume(0 < named.sum() < len(named))

    assert named_average_precision(case.said, scores) == pytest.approx(average_precision_score(named, scores))


@patient
@given(case=cases(longest=12))
def test_sets_and_rankings_are_those_of_lists_where_nothing_ties(case: Case) -> None:
    """The witness's top k written down."""
    scores = [score + place / 100 for place, score in enumerate(case.scores)]
    k = len(case.said)
    assume(0 < k < len(scores))
    top = sorted(range(len(scores)), key=lambda unit: -scores[unit])[:k]

    assert overlap_at_k(case.said, scores) == pytest.approx(len(set(top) & set(case.said)) / k)
    assert iou_at_k(case.said, scores) == pytest.approx(jaccard(case.said, top))
    assert rbo_at_k(case.said, scores) == pytest.approx(rank_biased_overlap(case.said, top))
