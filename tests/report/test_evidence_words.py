"""What is said of witnesses where there is little to say: no claim, or far too few answers."""

from typing import Any

from selfexplain.report import evidence_words as say


def numbers(*claims: str, gap: tuple[float, float] = (-0.1, 0.2), confidence: tuple[float, float] = (0.0, 0.1)) -> Any:
    """Return as much of `witness --json` as the sentences need."""
    slopes = {
        name: {"value": sum(ends) / 2, "low": ends[0], "high": ends[1]}
        for name, ends in (("gap_slope", gap), ("confidence_slope", confidence))
    }
    none = {"value": None, "undefined": "no Record has a value"}
    return {
        "claim": "rationale",
        "claims": list(claims),
        "verdicts": {"rationale": {"word": "no verdict", "why": "nobody knows", "families": {"gradients": none}}},
        "witnesses": {"attention": {"family": "gradients", "target": "", "baseline": ""}},
        "joined": {"n": 3, "sure": 0.9, "n_sure_wrong_unsupported": 0, **slopes},
    }


def test_where_no_answer_claims_anything_that_is_said_first_and_no_verdict() -> None:
    """Page, terminal and reports take their first lines from here."""
    without, held = numbers(), numbers("rationale")

    assert say.headline(without) == "No claim: no answer says what mattered to it."
    assert "ask with top-words" in say.because(without)
    assert say.sentences(without) == []
    assert say.headline(held).startswith("No verdict")
    assert say.because(held) == "Nobody knows."
    assert len(say.sentences(held)) == 1


def test_an_interval_that_holds_every_change_is_not_written_as_thousands_of_points() -> None:
    """The gap can change by 200 points at most, the confidence by 100."""
    few = " ".join(say.joined(numbers(gap=(-326.1, 332.7), confidence=(-46.9, 45.3))))
    known = " ".join(say.joined(numbers()))

    assert few.count("no telling how much") == 2
    assert "32611" not in few
    assert "changes by +0.5 points (−1.0 to +2.0)" in known
    assert "no telling" not in known
    assert "no telling" not in " ".join(say.joined(numbers(gap=(-1.5, 2.5), confidence=(-0.9, 1.5))))
