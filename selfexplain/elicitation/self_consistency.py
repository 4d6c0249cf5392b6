"""How often a model gives the same answer when it is asked again and again."""

from selfexplain.elicitation.clusters import clusters
from selfexplain.elicitation.draws import at_zero, choose, drawn, enough, n_valid_note, share, together, too_few
from selfexplain.elicitation.elicitation import SameAnswer, Sampling, elicitation
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Reading, SelfReport


@elicitation("self-consistency", compares=True)
async def self_consistency(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, same: SameAnswer
) -> SelfReport:
    """Draw M answers; the answer is the most frequent one, its confidence the share of draws that agree with it.

    The draws are sorted by the project's matcher, without the gold answer. A tie is settled by one more reply at
    temperature 0 if that is among the tied, else by what was seen first. Draws without an answer count neither above
    nor below the line (`n_valid` in the notes); where fewer than half were read, the Item has no answer.

    Confidences lie on the grid k/n, and are too high for small n, because the answer was picked for being frequent
    (Wang et al. 2023, arXiv:2203.11171; as a confidence: Xiong et al. 2024, arXiv:2306.13063).

    Parameters
    ----------
    item : Item
        What to ask.
    template : Template
        Elicits an answer, and states its `draws`.
    ask : callable
        Sends a Request, returns its Response.
    sampling : Sampling
        Temperature, above 0, and seed.
    repeat : int
        Which repetition this is, from 0.
    same : SameAnswer
        Tells whether two answers say the same.
    """
    reports, _ = await drawn(item, template, ask, sampling=sampling, repeat=repeat)
    read = {place: report.answer.value for place, report in enumerate(reports) if report.answer.value is not None}
    places, answers = list(read), list(read.values())
    if not enough(len(answers), len(reports)):
        return too_few(reports, places, ["consistency"])
    groups = clusters(answers, lambda one, other: same(one, other, item))
    chosen = await choose(
        [len(group) for group in groups],
        greedy=at_zero(item, template, ask, sampling=sampling, repeat=repeat),
        says=lambda group, answer: any(same(answers[each], answer, item) for each in groups[group]),
    )
    notes = (same.rule(item), *n_valid_note(len(answers), len(reports)), *chosen.notes)
    return together(
        [*reports, *([] if chosen.settled_by is None else [chosen.settled_by])],
        places[groups[chosen.group][0]],
        confidence={
            "consistency": Reading(share(len(groups[chosen.group]), len(answers)), "read", notes=notes),
        },
        candidates=tuple(Candidate(answers[group[0]], share(len(group), len(answers))) for group in groups),
        counted=places,
    )
