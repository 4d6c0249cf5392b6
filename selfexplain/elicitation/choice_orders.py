"""The probability of each option, averaged over orders in which the options are shown."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.draws import enough, most_frequent, share
from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.errors import InputError
from selfexplain.prompting.option_labels import label_masses, label_places, plain, token_at, unable
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Option, Reading, Response, SelfReport


@elicitation("choice-orders")
async def choice_orders(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask for the label of an option once for each of several orders, and average what the options get.

    The orders are cyclic: each moves the first option to the end, so that with as many orders as options every option
    stands once in every place, and a liking for a place or a letter takes nothing from one option to give to another.
    In each order the labels' probabilities are those of `choice-probability`, taken back to the options; the answer is
    the option with the highest mean. Its probability in the order of the Item alone stands in the notes as `raw`
    (Kadavath et al. 2022, arXiv:2207.05221, for the labels; cyclic orders: Zheng et al. 2024, arXiv:2309.03882).

    Orders in which no label could be read are left out; where fewer than half were read, there is no confidence, and
    the answer is what was written in the Item's own order.

    Parameters
    ----------
    item : Item
        What to ask; one with choices.
    template, ask, sampling, repeat
        As for choice-probability; the template states its `orders`.

    Raises
    ------
    InputError
        When the template does not ask for alternatives.
    """
    if not template.front.top_logprobs:
        raise InputError(
            f"the template {template.id} asks for no alternatives to the tokens, which choice-orders needs",
            hint="put `top_logprobs: 20` into its front matter",
        )
    orders = min(template.front.orders, len(item.choices))
    reports, shares = [], []
    for order in range(orders):
        turned = replace(item, choices=(*item.choices[order:], *item.choices[:order]))
        said = await converse(turned, template, ask, sampling=sampling, repeat=repeat, draw=order)
        report = report_on(said, template)
        found = shares_of(said[report.read_in.get("answer", 0)].response, report.answer, turned.options)
        reports.append(report)
        shares.append(tuple(found[(place - order) % len(found)] for place in range(len(found))) if found else ())
    return averaged(item, reports, shares)


def shares_of(response: Response, written: Reading[str], options: Sequence[Option]) -> tuple[float, ...]:
    """Return the share of all labels' probability that each label has, in the order shown; empty where it has none."""
    labels = [option.label for option in options]
    places = {} if unable(response, written, labels) else label_places(response.text, written, labels)
    if len(places) != 1:
        return ()
    ((label, position),) = places.items()
    token = token_at(response.tokens, position)
    if plain(token.text) != plain(label):
        return ()
    masses = label_masses(token, labels)
    total = math.fsum(masses.values())
    return tuple(masses[each] / total for each in labels)


def averaged(item: Item, reports: Sequence[SelfReport], shares: Sequence[tuple[float, ...]]) -> SelfReport:
    """Return the report on all orders together."""
    valid = [found for found in shares if found]
    answer = reports[0].answer
    candidates: tuple[Candidate, ...] = ()
    confidence: Reading[float] = Reading(None, "absent", detail=f"{len(valid)} of {len(shares)} orders were read")
    if enough(len(valid), len(shares)):
        means = [math.fsum(found[place] for found in valid) / len(valid) for place in range(len(item.choices))]
        best = max(range(len(means)), key=lambda place: means[place])  # `max` keeps the first of equals
        candidates = tuple(Candidate(text, share(mean, 1)) for text, mean in zip(item.choices, means, strict=True))
        raw = (f"raw {shares[0][best]:.4g}",) if shares[0] else ()
        notes = (f"mean of {len(valid)} orders", *raw)
        confidence = Reading(share(means[best], 1), "read", notes=notes)
        answer = Reading(item.options[best].label, "read", notes=notes)
    return SelfReport(
        answer=answer,
        rationale=reports[0].rationale,
        confidence={"token": confidence},
        outcome=most_frequent([report.outcome for report in reports]),
        replies=tuple(reply for report in reports for reply in report.replies),
        calls=tuple(call for report in reports for call in report.calls),
        candidates=candidates,
    )
