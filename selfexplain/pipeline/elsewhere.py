"""Claims about other Items, measured here: a habit of place beats random words, and is no better than these.

Nothing is asked: the claims of a Run and what witnesses found are there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from selfexplain.agreement.beside_chance import BesideChance, beside
from selfexplain.agreement.measure import OF_A_CLAIM, Agreement, measured
from selfexplain.agreement.other_item import By, Elsewhere, other_item_null
from selfexplain.errors import Undefined
from selfexplain.inference import stream
from selfexplain.pipeline.claimed_places import Claimed

BY: By = "share"
"""The habit that is looked for: how far along the question a word stands."""

MOST_OTHERS = 100
"""So many other claims are measured at most for each Record, drawn with a seed: all pairs would be too many."""


class Here(NamedTuple):
    """A claim about one question, and a witness's scores of its units."""

    claim: Claimed
    scores: Sequence[float]
    owner: str
    """What its Item was drawn with: none of these is another Item."""


def beside_other_items(measure: Agreement[...], rows: Sequence[Here], *, seed: int) -> list[BesideChance | str]:
    """Measure each claim beside the claims about other Items.

    Stated scores belong to their own question, so the measure is that of the places named, here as there.

    Parameters
    ----------
    measure : Agreement
    rows : sequence of Here
        One for each Record.
    seed : int
        Of the choice of others.

    Returns
    -------
    list of BesideChance or str
        For each Record; where there is none, why.
    """
    known = [(elsewhere(row.claim), row.owner) for row in rows]
    found: list[BesideChance | str] = []
    for number, row in enumerate(rows):
        others = [claim for claim, owner in known if owner != row.owner and claim[0]]
        if len(others) > MOST_OTHERS:
            chosen = stream(seed + number).choice(len(others), MOST_OTHERS, replace=False)
            others = [others[place] for place in sorted(chosen.tolist())]
        try:
            found.append(one_beside(measure, row, others))
        except Undefined as undefined:
            found.append(str(undefined))
    return found


def elsewhere(claim: Claimed) -> Elsewhere:
    """Return a claim as places among the units that a random claim may name, and how many these are.

    >>> elsewhere(Claimed((3, 0), candidates=(False, True, True, True)))  # the first is no content word
    ([2], 3)
    """
    places = {place: number for number, place in enumerate(n for n, able in enumerate(claim.candidates) if able)}
    return [places[place] for place in claim.said if place in places], len(places)


def one_beside(measure: Agreement[...], row: Here, others: Sequence[Elsewhere]) -> BesideChance:
    """Measure one claim beside others; raises Undefined where it cannot be."""
    takes = measure.facts.takes
    if row.claim.why:
        raise Undefined(row.claim.why)
    if takes not in OF_A_CLAIM or takes == "signs":
        raise Undefined("stated scores are not carried over to another question")
    if takes != "set" and not row.claim.has_order:
        raise Undefined("the claim has no order")
    places = list(row.claim.said)
    null = other_item_null(measure, places, row.scores, others, candidates=list(row.claim.candidates), by=BY)
    return beside(measure, measured(measure, places, row.scores), null)
