"""How far two rankings agree, the top counting most, and how far two rankings drawn at random would."""

from collections.abc import Hashable, Iterator, Sequence

from selfexplain.errors import Undefined

PERSISTENCE = 0.9
"""How likely a reader of a ranking is to go on to its next place; the first ten places carry 86 % of the weight."""


def rank_biased_overlap(a: Sequence[Hashable], b: Sequence[Hashable], *, persistence: float = PERSISTENCE) -> float:
    """Return the rank-biased overlap of two rankings, extrapolated beyond their ends, in [0, 1]; 1 is the same ranking.

    Parameters
    ----------
    a, b : sequence
        Places of words in one question, the most important first, each at most once. They may differ in length.
    persistence : float, in (0, 1)

    Raises
    ------
    Undefined
        When a ranking is empty.

    References
    ----------
    Webber, Moffat & Zobel 2010, ACM TOIS 28(4):20, equation 32 (RBO_EXT).

    Examples
    --------
    >>> rank_biased_overlap([1, 2, 3], [1, 2, 3])
    1.0
    >>> round(rank_biased_overlap([1, 2], [2, 1]), 12)  # nothing at depth 1, everything at depth 2
    0.9
    """
    if not a or not b:
        raise Undefined("a side ranks no word of the question")
    return extrapolated(list(overlaps(a, b)), min(len(a), len(b)), persistence)


def expected_rank_biased_overlap(a: int, b: int, n: int, *, persistence: float = PERSISTENCE) -> float:
    """Return the mean rank-biased overlap of two rankings drawn at random from the same words.

    At depth d the two have, on average, min(d, a) · min(d, b) / n words in common, and the overlap is a weighted sum of
    these: exact, no draws are made.

    Parameters
    ----------
    a, b : int
        How many words each side ranks, in [1, n].
    n : int
        How many words there are to rank.
    persistence : float, in (0, 1)

    Raises
    ------
    Undefined
        When a ranking is empty.

    Examples
    --------
    >>> round(expected_rank_biased_overlap(1, 1, 4), 12)
    0.25
    """
    if not a or not b:
        raise Undefined("a side ranks no word of the question")
    depths = range(1, max(a, b) + 1)
    return extrapolated([min(d, a) * min(d, b) / n for d in depths], min(a, b), persistence)


def overlaps(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[int]:
    """Yield at each depth how many words the two have in common; a ranking that has ended stays as it is."""
    seen_a, seen_b = set[Hashable](), set[Hashable]()
    common = 0
    for depth in range(max(len(a), len(b))):
        for own, others, seen in ((a, seen_b, seen_a), (b, seen_a, seen_b)):
            if depth < len(own):
                seen.add(own[depth])
                common += own[depth] in others
        yield common


def extrapolated(common: Sequence[float], shorter: int, persistence: float) -> float:
    """Return RBO_EXT from the words in common at each depth, which may be means; the shorter ranking's length is s."""
    longer, at_end = len(common), common[shorter - 1]
    total = sum(x / d * persistence**d for d, x in enumerate(common, 1))
    total += sum(at_end * (d - shorter) / (shorter * d) * persistence**d for d in range(shorter + 1, longer + 1))
    rest = ((common[-1] - at_end) / longer + at_end / shorter) * persistence**longer
    return (1 - persistence) / persistence * total + rest
