"""The card of a model as a Run saw it: what was declared, and what the recorded calls showed."""

from collections.abc import Collection

import msgspec

from selfexplain.records import Openness, Transparency
from selfexplain.runs.totals import Totals


def as_seen(card: Transparency, totals: Totals, dropped: Collection[str]) -> Transparency:
    """Return a declared card with what the calls showed of token probabilities in place: a reply is better evidence.

    Parameters
    ----------
    card : Transparency
        What the provider or the user says of the model.
    totals : Totals
        What the recorded calls add up to.
    dropped : collection of str
        Parameters that some Request was sent without.

    Examples
    --------
    >>> as_seen(Transparency(), Totals(asked_for_tokens=90, with_tokens=90), ()).token_probabilities.detail
    '90 of 90 replies held them'
    """
    asked, held = totals.asked_for_tokens, totals.with_tokens
    if not asked:
        return card
    if held:
        seen = Openness("open", f"{held} of {asked} replies held them")
    elif "logprobs" in dropped:
        seen = Openness("closed", f"asked for, and the provider does not take the question: none in {asked} replies")
    else:
        seen = Openness("closed", f"asked for, and none in {asked} replies")
    return msgspec.structs.replace(card, token_probabilities=seen)
