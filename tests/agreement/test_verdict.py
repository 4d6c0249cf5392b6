"""The words that may be said of a Run: the whole rule as a table."""

import pytest

from selfexplain.agreement.verdict import FAMILIES, Family, Word, verdict
from selfexplain.errors import InputError
from selfexplain.inference import Estimate, Range

P, G, A = FAMILIES
ABOVE, LITTLE, BELOW, OPEN = (0.1, 0.3), (0.01, 0.03), (-0.1, 0.04), (-0.02, 0.2)
AGREE, QUARREL = (0.1, 0.4), (-0.1, 0.4)

TABLE: list[tuple[dict[Family, Range | None], list[Family], Range | None, Word, str]] = [
    ({P: ABOVE, G: ABOVE}, [P, G, A], None, "supported", "perturbation and gradients"),
    ({P: ABOVE, A: ABOVE}, [P, G, A], QUARREL, "supported", "perturbation and attention"),
    ({G: ABOVE, A: ABOVE, P: BELOW}, [P, G, A], AGREE, "supported", "gradients and attention"),
    ({P: LITTLE, G: LITTLE}, [P, G], AGREE, "supported", "perturbation and gradients"),
    ({P: ABOVE}, [P], None, "supported by one family", "the only family that can run"),
    ({G: ABOVE}, [G], None, "supported by one family", "by gradients"),
    ({A: ABOVE}, [A], AGREE, "no verdict", "attention is never alone"),
    ({A: BELOW}, [A], AGREE, "no verdict", "attention is never alone"),
    ({A: ABOVE}, [P, A], AGREE, "no verdict", "attention is never alone"),
    ({P: ABOVE}, [P, G], None, "no verdict", "ask gradients"),
    ({P: ABOVE}, [P, G, A], None, "no verdict", "ask gradients or attention"),
    ({P: BELOW}, [P, G], AGREE, "no verdict", "ask gradients"),
    ({P: ABOVE, G: OPEN}, [P, G], AGREE, "no verdict", "by perturbation alone"),
    ({P: ABOVE, G: BELOW}, [P, G], AGREE, "no verdict", "by perturbation alone"),
    ({P: OPEN, G: BELOW}, [P, G], AGREE, "no verdict", "by perturbation it may be 0.05"),
    ({P: BELOW, G: BELOW, A: OPEN}, [P, G, A], AGREE, "no verdict", "by attention it may be 0.05"),
    ({P: BELOW, G: BELOW}, [P, G], AGREE, "not supported", "perturbation and gradients, which agree"),
    ({P: LITTLE, G: BELOW}, [P, G], AGREE, "not supported", "less than 0.05"),
    ({P: BELOW}, [P], AGREE, "not supported", "less than 0.05"),
    ({P: BELOW, A: BELOW}, [P, A], AGREE, "not supported", "perturbation and attention"),
    ({P: BELOW, G: BELOW}, [P, G], QUARREL, "no verdict", "do not agree with each other"),
    ({P: BELOW, G: BELOW}, [P, G], None, "no verdict", "not known"),
    ({P: (-0.1, 0.05), G: BELOW}, [P, G], AGREE, "no verdict", "may be 0.05"),
    ({P: (0.0, 0.3), G: ABOVE}, [P, G], AGREE, "no verdict", "by gradients alone"),
    ({P: BELOW, G: BELOW}, [P, G], (0.0, 0.4), "no verdict", "do not agree with each other"),
    ({P: None, G: ABOVE}, [P, G], AGREE, "no verdict", "perturbation has no interval"),
    ({P: ABOVE, A: None}, [P, G, A], AGREE, "no verdict", "can run: attention has no interval; ask gradients"),
    ({P: ABOVE, A: None}, [P, A], AGREE, "no verdict", "where another can run: attention has no interval"),
    ({P: None}, [P], AGREE, "no verdict", "no family of witnesses has an interval"),
    ({}, [P, G, A], AGREE, "no verdict", "no family of witnesses has an interval"),
    ({}, [], None, "no verdict", "no family of witnesses has an interval"),
]


@pytest.mark.parametrize(("above_chance", "able", "ceiling", "word", "why"), TABLE)
def test_the_rule(
    above_chance: dict[Family, Range | None], able: list[Family], ceiling: Range | None, word: Word, why: str
) -> None:
    found = verdict(above_chance, able, ceiling)

    assert found.word == word
    assert why in found.why
    assert "faithful" not in found.why


def test_an_estimate_stands_for_its_limits() -> None:
    sure = Estimate(0.2, 0.1, 0.3, 0.95, "t interval", 50)
    one_row = Estimate(0.2, None, None, 0.95, "", 1, warnings=("one row",))

    assert verdict({P: sure, G: sure}, [P, G]).word == "supported"
    assert verdict({P: sure, G: one_row}, [P, G]).word == "no verdict"
    assert verdict({P: BELOW, G: BELOW}, [P, G], sure).word == "not supported"


def test_a_family_that_cannot_run_has_no_limits() -> None:
    with pytest.raises(InputError, match="gradients was measured and is not among those able to run: perturbation"):
        verdict({P: ABOVE, G: ABOVE}, [P])
    with pytest.raises(InputError, match="'astrology' is no family"):
        verdict({}, ["astrology"])  # type: ignore[list-item]
