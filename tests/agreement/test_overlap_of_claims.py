"""Overlap of two claims, and of two drawn at random: by hand, by drawing all of them, and by simulation."""

import itertools
from fractions import Fraction
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.agreement.jaccard import expected_jaccard, jaccard
from selfexplain.agreement.rank_biased_overlap import expected_rank_biased_overlap, rank_biased_overlap
from selfexplain.errors import Undefined


@pytest.mark.parametrize(
    ("a", "b", "value"),
    [({1, 2}, {1, 2}, 1.0), ({1, 2}, {3}, 0.0), ({1, 2, 3}, {2, 3, 4}, 0.5), (set(), {1}, 0.0)],
)
def test_jaccard_is_the_share_of_all_named_words_that_both_name(a: set[int], b: set[int], value: float) -> None:
    assert jaccard(a, b) == jaccard(b, a) == value


def test_two_empty_claims_neither_agree_nor_differ() -> None:
    with pytest.raises(Undefined, match="neither side claims"):
        jaccard([], [])
    with pytest.raises(Undefined, match="neither side claims"):
        expected_jaccard(0, 0, 5)
    with pytest.raises(Undefined, match="ranks no word"):
        rank_biased_overlap([], [1])
    with pytest.raises(Undefined, match="ranks no word"):
        expected_rank_biased_overlap(0, 1, 5)


SIZES = st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(1, n), st.just(n)))


@given(SIZES)
@settings(deadline=None)  # a loaded machine is no bug
def test_expected_jaccard_is_the_mean_over_all_pairs_of_sets(sizes: tuple[int, int, int]) -> None:
    """One set fixed: by symmetry the mean is the same over both."""
    a, b, n = sizes
    others = list(itertools.combinations(range(n), b))

    mean = fmean(jaccard(range(a), other) for other in others)

    assert expected_jaccard(a, b, n) == pytest.approx(mean, abs=1e-12)


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(*[st.permutations(range(n))] * 2)), st.integers(1, 8), st.data())
@settings(deadline=None)  # a loaded machine is no bug
def test_the_overlap_of_rankings_is_the_endless_sum(
    rankings: tuple[list[int], list[int]], length: int, data: st.DataObject
) -> None:
    """Webber et al.: beyond its end a ranking is taken to agree as it did there; the sum is (1 − p) Σ pᵈ⁻¹ A(d)."""
    a, b = rankings[0][:length], rankings[1][: data.draw(st.integers(1, 8))]
    p = data.draw(st.sampled_from([0.5, 0.9]))
    shorter, longer = sorted((len(a), len(b)))

    def agreement(d: int) -> float:
        common = len(set(a[:d]) & set(b[:d]))
        at_end = len(set(a[:shorter]) & set(b[:shorter])) / shorter
        return agreement(longer) if d > longer else (common + at_end * max(0, d - shorter)) / d

    endless = (1 - p) * sum(p ** (d - 1) * agreement(d) for d in range(1, 400))

    assert rank_biased_overlap(a, b, persistence=p) == pytest.approx(endless, abs=1e-9)


def test_expected_jaccard_by_hand() -> None:
    """Two of four each: in common 0, 1 or 2 with 1/6, 4/6, 1/6; overlap 0, 1/3, 1: mean 4/18 + 1/6."""
    assert expected_jaccard(2, 2, 4) == pytest.approx(float(Fraction(4, 18) + Fraction(1, 6)))


def test_expected_jaccard_of_a_long_question_does_not_overflow() -> None:
    assert 0 < expected_jaccard(3_000, 2_000, 100_000) < 0.1


@given(SIZES.filter(lambda sizes: sizes[0] > 0))
@settings(deadline=None)  # a loaded machine is no bug
def test_expected_rank_biased_overlap_is_the_mean_over_all_rankings(sizes: tuple[int, int, int]) -> None:
    a, b, n = sizes
    others = list(itertools.permutations(range(n), b))

    mean = fmean(rank_biased_overlap(range(a), other) for other in others)

    assert expected_rank_biased_overlap(a, b, n) == pytest.approx(mean, abs=1e-12)


def test_rank_biased_overlap_by_hand() -> None:
    """Persistence 1/2, [1, 2] and [1, 3]: agreement 1, then 1/2, and 1/2 ever after: ½·1 + ¼·½ + ¼·½ = 3/4."""
    assert rank_biased_overlap([1, 2], [1, 3], persistence=0.5) == pytest.approx(0.75)


RANKINGS = st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True)


@given(RANKINGS, RANKINGS)
@settings(deadline=None)  # a loaded machine is no bug
def test_rank_biased_overlap_is_symmetric_and_a_share(a: list[int], b: list[int]) -> None:
    """One for a ranking with itself, nothing for strangers."""
    value = rank_biased_overlap(a, b)

    assert value == pytest.approx(rank_biased_overlap(b, a))
    assert -1e-12 <= value <= 1 + 1e-12
    assert rank_biased_overlap(a, a) == pytest.approx(1)
    assert rank_biased_overlap(a, [n + 100 for n in b]) == 0


def test_the_top_counts_most() -> None:
    """The same three words: a swap at the top costs more than one at the end."""
    top, end = rank_biased_overlap([1, 2, 3], [2, 1, 3]), rank_biased_overlap([1, 2, 3], [1, 3, 2])

    assert top < end < 1
