"""Agreement of two Runs' claims with the same witnesses, in sentences."""

from collections.abc import Iterable

from selfexplain.pipeline.agreement_compared import AgreementCompared
from selfexplain.report.evidence_words import TITLES
from selfexplain.report.gate_words import number, number_of


def agreement_in_words(found: AgreementCompared, names: tuple[str, str] = ("A", "B")) -> Iterable[str]:
    """Yield what is said of agreement; one sentence where it is not compared.

    >>> from selfexplain.inference import Estimate
    >>> sure = Estimate(value=-0.2, low=-0.25, high=-0.15, level=0.95, method="t interval", n=64)
    >>> both = AgreementCompared(
    ...     measure="named_auroc", claim="words", witnesses=("occlusion",), a=0.3, b=0.1, difference=sure
    ... )
    >>> next(iter(agreement_in_words(both)))
    'Agreement of named words with occlusion, above random content words (named_auroc): surely fell.'
    """
    if found.why:
        yield f"Agreement with witnesses is not compared: {found.why}."
        return
    what = f"Agreement of {TITLES.get(found.claim, found.claim)} with {', '.join(found.witnesses)}"
    each = found.difference
    if each.value is None or found.a is None or found.b is None:
        yield f"{what}: {each.undefined}."
    else:
        yield f"{what}, above random content words ({found.measure}): {direction(found)}."
        ends = "no interval" if each.low is None or each.high is None else f"{number(each.low)} to {number(each.high)}"
        a, b = names
        numbers = f"{a} {number(found.a)}, {b} {number(found.b)}, {b} − {a} {number(each.value)} ({ends})"
        yield f"{numbers}, over {number_of(each.n, 'answer')} that have it on both sides."
    lost = [f"{n:,} only in {side}" for n, side in zip((found.n_lost, found.n_gained), names, strict=True) if n]
    if lost:
        yield f"Agreement has a value for {' and '.join(lost)}: these are left out."
    yield from (f"Agreement: {remark}." for remark in found.remarks)


def direction(found: AgreementCompared) -> str:
    """Return what the interval says of a change."""
    low, high = found.difference.low, found.difference.high
    if low is None or high is None:
        return "whether it changed cannot be told"
    if low == high == 0:
        return "the same"
    return "surely rose" if low > 0 else "surely fell" if high < 0 else "no change is sure"
