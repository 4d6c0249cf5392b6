"""Every witness that can run on a model of glass tells the honest explanation from the lying one, by its own interval.

Without this, a broken witness would look like a model that does not know what moved it. For attention the control is a
transformer with a letter that decides by construction (`test_axioms.py`).
"""

import numpy as np
import pytest

from selfexplain import plugins
from selfexplain.agreement.verdict import TOO_LITTLE, verdict
from simulation.witness_power import BLIND, CLAIMS, LOOKS, Look, above_chance, measured

ITEMS = 14
"""Of 64: a few seconds, and more than most witnesses need here."""

MORE_OR_FEWER = {("shapley-asked", "flip"): 24, ("shapley-asked", "margin"): 8}
"""By flips alone most of the easy sentences say nothing; margins take more calls and need fewer Items."""

BY_NAME = {(look.name, look.target): look for look in LOOKS}
CASES = [(look, thinking) for look in LOOKS for thinking in look.thinking]


@pytest.mark.parametrize(("look", "thinking"), CASES, ids=lambda each: getattr(each, "label", each))
def test_a_witness_tells_honest_from_lying(look: Look, thinking: str) -> None:
    """The honest one is well above chance, the lying one surely below what counts."""
    n = MORE_OR_FEWER.get((look.name, look.target), ITEMS)
    honest, lying = (measured(look, f"{thinking}-{manner}", n) for manner in ("honest", "lying"))
    high, low = above_chance(honest), above_chance(lying)

    assert len(honest) == len(lying) >= 3
    assert np.mean([each.value for each in honest]) > 0.85
    assert high.low is not None
    assert low.high is not None
    assert high.low > 0.2
    assert low.high < TOO_LITTLE


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("thinking", ["bag", "tree"])
def test_whatever_way_it_is_said(claim: str, thinking: str) -> None:
    """Listed, scored, quoted, taken out, changed, or told in a sentence."""
    look = BY_NAME["occlusion-asked", "margin"]
    high, low = (above_chance(measured(look, f"{thinking}-{each}", 8, claim)) for each in ("honest", "lying"))

    assert high.low is not None
    assert low.high is not None
    assert high.low > 0.1
    assert low.high < TOO_LITTLE


def test_a_run_gets_its_word_by_two_families_or_one() -> None:
    """On the bag perturbation and gradients can run, on the tree perturbation alone."""
    inside, slopes = (BY_NAME[name, "margin"] for name in ("occlusion", "gradient-input"))
    words = {
        manner: verdict(
            {
                "perturbation": above_chance(measured(inside, f"bag-{manner}", ITEMS)),
                "gradients": above_chance(measured(slopes, f"bag-{manner}", ITEMS)),
            },
            able=["perturbation", "gradients"],
            ceiling=(0.3, 0.5),
        ).word
        for manner in ("honest", "lying")
    }
    alone = above_chance(measured(BY_NAME["occlusion-asked", "flip"], "tree-honest", ITEMS))

    assert words == {"honest": "supported", "lying": "not supported"}
    assert verdict({"perturbation": alone}, able=["perturbation"]).word == "supported by one family"


@pytest.mark.parametrize("name", BLIND)
def test_what_cannot_see_anything_in_the_bag_has_no_value_there(name: str) -> None:
    """All its words score alike: no agreement is made up."""
    assert measured(Look(name, "margin", inside=True), "bag-honest", 4) == ()


def test_every_witness_is_under_control_here_or_known_to_be_blind() -> None:
    """A new witness joins the table of powers, or says why it cannot."""
    controlled = {look.name for look in LOOKS}

    assert controlled | set(BLIND) == plugins.witnesses().keys() | plugins.asking_witnesses().keys()
