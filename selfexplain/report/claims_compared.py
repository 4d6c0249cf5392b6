"""What became of the claims from A to B, in sentences: each number beside what chance would give."""

from collections.abc import Iterator

from selfexplain.inference import Estimate
from selfexplain.pipeline.claims import TITLES, missing_in_words
from selfexplain.pipeline.claims_compared import ClaimsCompared, Overlap, Translated
from selfexplain.report.numbers import percent, signed


def claims_in_words(claims: ClaimsCompared) -> Iterator[str]:
    """Yield the lines of the section `Claims` of a comparison."""
    yield "Claims"
    told = claims.answer_changed.value is not None
    changed = f"in {share_of(claims.answer_changed)}" if told else "cannot be told"
    yield (
        f"  Answer changed{'' if told else ':'} {changed}; right on one side only in "
        f"{share_of(claims.grade_changed)}; confidence {points_of(claims.confidence_difference)}."
    )
    if claims.translated is not None:
        yield f"  {links_in_words(claims.translated)}"
    for overlap in claims.overlaps:
        yield from overlap_in_words(overlap, unit="words" if claims.translated is None else "words or linked groups")
    yield from (f"  {why[:1].upper()}{why[1:]}." for why in claims.why)


def links_in_words(found: Translated) -> str:
    """Say of how many answers the question is a translation, and how much of it is linked."""
    return (
        f"Translated: {found.n:,} answers, compared by linked groups of words, {found.groups:.1f} in a question; "
        f"{found.outside_a:.1f} of {found.words_a:.1f} words in A and "
        f"{found.outside_b:.1f} of {found.words_b:.1f} in B are in no link."
    )


def overlap_in_words(overlap: Overlap, *, unit: str) -> Iterator[str]:
    """Yield what is said of one kind of claim."""
    title = (
        "Rationale"
        if overlap.claim == "rationale"
        else next(name for kind, name in TITLES.items() if kind == overlap.claim).capitalize()
    )
    left_out = "; ".join(
        f"missing in {side}: {missing_in_words(missing)}"
        for side, missing in (("A", overlap.missing_a), ("B", overlap.missing_b))
        if missing
    )
    if overlap.words_a is None or overlap.words_b is None:
        yield f"  {title}: no question has a claim on both sides ({left_out or 'none was asked'})."
        return
    sizes = f"{overlap.words_a:.1f} and {overlap.words_b:.1f} {unit} of the question named on average"
    if overlap.outside_a is not None and overlap.outside_b is not None:
        sizes += f", and {overlap.outside_a:.1f} and {overlap.outside_b:.1f} words in no link"
    length = overlap.length_difference
    longer = f"; B {length.value:+.1f} words longer" if length is not None and length.value is not None else ""
    yield f"  {title} ({overlap.n:,} answers with a claim on both sides): {sizes}{longer}."
    yield f"    {beside_chance('same words', overlap.jaccard, overlap.jaccard_by_chance, overlap.jaccard_above_chance)}"
    if overlap.ranked is not None and overlap.ranked_above_chance is not None:
        ranked = beside_chance("same order", overlap.ranked, overlap.ranked_by_chance, overlap.ranked_above_chance)
        yield f"    {ranked}"
    if left_out:
        yield f"    {left_out}"


def beside_chance(name: str, value: Estimate, chance: float | None, above: Estimate) -> str:
    """Say a measure beside its value by chance."""
    if value.value is None or chance is None:
        return f"{name}: undefined, no claim names a word of its question"
    return f"{name}: {value.value:.2f}, by chance {chance:.2f}; above chance {interval_of(above)}"


def interval_of(estimate: Estimate) -> str:
    """Write a difference with its interval."""
    if estimate.value is None:
        return "undefined"
    value = f"{estimate.value:+.2f}".replace("-", "−")
    if estimate.low is None or estimate.high is None:
        return f"{value} ({estimate.no_interval})"
    return f"{value} ({estimate.low:+.2f} to {estimate.high:+.2f})".replace("-", "−")


def share_of(estimate: Estimate) -> str:
    """Write a share, of how many, with its interval."""
    if estimate.value is None:
        return f"no comparable answer ({estimate.undefined})"
    known = estimate.low is not None and estimate.high is not None
    limits = f", {percent(estimate.low or 0.0)} to {percent(estimate.high or 0.0)}" if known else ""
    return f"{percent(estimate.value)} (of {estimate.n:,}{limits})"


def points_of(estimate: Estimate) -> str:
    """Write a difference of confidences in points."""
    if estimate.value is None:
        return "not stated on both sides"
    known = estimate.low is not None and estimate.high is not None
    limits = f", {signed(estimate.low or 0.0)} to {signed(estimate.high or 0.0)}" if known else ""
    return f"{signed(estimate.value)} points (of {estimate.n:,}{limits})"
