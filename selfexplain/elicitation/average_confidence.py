"""Answer and confidence drawn several times, and averaged over the draws that agree."""

import math
from collections.abc import Mapping, Sequence

from selfexplain.elicitation.clusters import clusters
from selfexplain.elicitation.draws import at_zero, choose, drawn, enough, n_valid_note, share, together, too_few
from selfexplain.elicitation.elicitation import SameAnswer, Sampling, elicitation
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Reading, SelfReport


@elicitation("average-confidence", compares=True)
async def average_confidence(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, same: SameAnswer
) -> SelfReport:
    """Draw M answers, each with its stated confidence, and weigh the draws by what they state.

    With answers aₘ and confidences cₘ of the draws where both were read, source `consistency` is
    Σ 1[aₘ = a] cₘ / Σ cₘ, and the answer a is the one with most of it (avg-conf of Xiong et al. 2024,
    arXiv:2306.13063). Source `stated` is the mean confidence of the draws that gave this answer. The plain share of
    draws stands in the notes. Ties and draws that could not be read are treated as in self-consistency; where every
    stated confidence is 0 there is nothing to divide by, and the most frequent answer stands.

    Parameters
    ----------
    item, template, ask, sampling, repeat, same
        As for self-consistency; the template elicits a confidence too.
    """
    reports, _ = await drawn(item, template, ask, sampling=sampling, repeat=repeat)
    read = {place: report.answer.value for place, report in enumerate(reports) if report.answer.value is not None}
    places, answers = list(read), list(read.values())
    if not enough(len(answers), len(reports)):
        return too_few(reports, places, ["consistency", "stated"])
    groups = clusters(answers, lambda one, other: same(one, other, item))
    stated = [reports[place].confidence["stated"].value for place in places]
    found = [[value for each in group if (value := stated[each]) is not None] for group in groups]
    n_both = sum(map(len, found))
    total = math.fsum(value for values in found for value in values)
    weighs = total > 0 and enough(n_both, len(reports))
    chosen = await choose(
        [math.fsum(values) if weighs else len(group) for group, values in zip(groups, found, strict=True)],
        greedy=at_zero(item, template, ask, sampling=sampling, repeat=repeat),
        says=lambda group, answer: any(same(answers[each], answer, item) for each in groups[group]),
    )
    group, values = groups[chosen.group], found[chosen.group]
    notes = (
        same.rule(item),
        *n_valid_note(n_both, len(reports)),
        f"consistency {share(len(group), len(answers)):g}",
        *chosen.notes,
    )
    why = "every stated confidence is 0" if n_both and not total else f"{n_both} of {len(reports)} draws were read"
    missing: Reading[float] = Reading(None, "absent", detail=why)
    mean: Reading[float] = Reading(share(math.fsum(values), len(values)), "read", notes=notes) if values else missing
    return together(
        [*reports, *([] if chosen.settled_by is None else [chosen.settled_by])],
        places[group[0]],
        confidence={
            "consistency": Reading(share(math.fsum(values), total), "read", notes=notes) if weighs else missing,
            "stated": mean if enough(n_both, len(reports)) else missing,
        },
        candidates=candidates_of(answers, groups, found, total if weighs else 0.0),
        counted=places,
    )


def candidates_of(
    answers: Sequence[str], groups: Sequence[Sequence[int]], found: Sequence[Sequence[float]], total: float
) -> tuple[Candidate, ...]:
    """Return each different answer and its part of all stated confidence, None where there is none to share."""
    parts: Mapping[int, float] = {place: math.fsum(values) for place, values in enumerate(found)} if total else {}
    return tuple(
        Candidate(answers[group[0]], share(parts[place], total) if total else None)
        for place, group in enumerate(groups)
    )
