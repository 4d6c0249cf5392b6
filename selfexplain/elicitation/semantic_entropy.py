"""How many different things a model means when it is asked again and again."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from selfexplain.elicitation.clusters import clusters
from selfexplain.elicitation.conversation import NO_REPLY, Said, ask_apart
from selfexplain.elicitation.draws import at_zero, choose, drawn, enough, n_valid_note, share, together, too_few
from selfexplain.elicitation.elicitation import SameAnswer, Sampling, elicitation
from selfexplain.elicitation.token_probability import answer_logprobs
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Candidate, Item, Reading, SelfReport

ROLE = "entailment"


@elicitation("semantic-entropy", compares=True)
async def semantic_entropy(
    item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0, same: SameAnswer
) -> SelfReport:
    """Draw M answers, sort them by meaning, and report how far they are from meaning many things.

    The entropy H = −Σ p ln p goes over the meanings; p is the share of draws (source `entropy`, the discrete variant),
    or the share of exp(mean log-probability of the answer's tokens) where there are any (`weighted_entropy`).
    Reported is 1 − H / ln M: 1 when all draws mean the same, 0 when each means something else. It only puts answers in
    order and is no probability. Beside it stands `consistency`, the share of draws that mean what the answer means.

    Two answers mean the same when the project's matcher says so. Where the template names the role `entailment`, its
    model is asked too whether each of two answers follows from the other, about the first draw of each meaning so far;
    a verdict that cannot be read joins nothing, and is counted in the notes (Kuhn et al. 2023, arXiv:2302.09664;
    Farquhar et al. 2024, doi:10.1038/s41586-024-07421-0).

    Parameters
    ----------
    item, template, ask, sampling, repeat, same
        As for self-consistency; a template with the role has a second turn, in a new conversation, which elicits a
        `verdict` on `{{ reply.answer }}` and `{{ reply.other }}`.
    """
    judge = len(template.turns) - 1 if ROLE in template.front.roles else None
    asked = template if judge is None else replace(template, turns=template.turns[:judge])
    reports, answered = await drawn(item, asked, ask, sampling=sampling, repeat=repeat)
    read = {place: report.answer.value for place, report in enumerate(reports) if report.answer.value is not None}
    places, answers = list(read), list(read.values())
    if not enough(len(answers), len(reports)):
        return too_few(reports, places, ["consistency", "entropy", "weighted_entropy"])
    groups = clusters(answers, lambda one, other: same(one, other, item))
    said: list[Said] = []
    if judge is not None:
        groups, said = await joined(
            item, template, ask, judge=judge, answers=answers, groups=groups, sampling=sampling, repeat=repeat
        )
    chosen = await choose(
        [len(group) for group in groups],
        greedy=at_zero(item, asked, ask, sampling=sampling, repeat=repeat),
        says=lambda group, answer: any(same(answers[each], answer, item) for each in groups[group]),
    )
    notes = (same.rule(item), *n_valid_note(len(answers), len(reports)), *notes_on(said))
    logprobs = [answer_logprobs(answered[place], reports[place].answer) for place in places]
    whole = together(
        [*reports, *([] if chosen.settled_by is None else [chosen.settled_by])],
        places[groups[chosen.group][0]],
        confidence={
            "consistency": Reading(
                share(len(groups[chosen.group]), len(answers)), "read", notes=(*notes, *chosen.notes)
            ),
            "entropy": certainty([len(group) for group in groups], len(reports), notes),
            "weighted_entropy": weighted(logprobs, groups, len(reports), notes),
        },
        candidates=tuple(Candidate(answers[group[0]], share(len(group), len(answers))) for group in groups),
        counted=places,
    )
    return with_calls(whole, said)


async def joined(
    item: Item,
    template: Template,
    ask: Ask,
    *,
    judge: int,
    answers: Sequence[str],
    groups: Sequence[Sequence[int]],
    sampling: Sampling,
    repeat: int,
) -> tuple[list[list[int]], list[Said]]:
    """Return the groups, those joined whose first answers follow from each other, and what was said of them.

    Judged at temperature 0. Each judgement is a draw of its own turn, so that each has its own place in the calls.
    """
    said: list[Said] = []

    async def follows(one: str, other: str) -> bool:
        verdict = await ask_apart(
            item,
            template,
            ask,
            turn=judge,
            about={"answer": one, "other": other},
            sampling=sampling._replace(temperature=0.0),
            repeat=repeat,
            draw=len(said),
            role=ROLE,
        )
        said.append(verdict)
        return verdict.readings.get("verdict", UNREAD).value is True

    meanings: list[list[int]] = []
    for group in groups:
        for meaning in meanings:
            one, other = answers[meaning[0]], answers[group[0]]
            if await follows(one, other) and await follows(other, one):
                meaning.extend(group)
                break
        else:
            meanings.append(list(group))
    return meanings, said


UNREAD: Reading[bool] = Reading(None, "absent")


def certainty(weights: Sequence[float], draws: int, notes: tuple[str, ...]) -> Reading[float]:
    """Return 1 − H / ln M of weights that need not add up to 1.

    >>> certainty([4, 1], 5, ()).value  # H = −0.8 ln 0.8 − 0.2 ln 0.2 = 0.5004, ln 5 = 1.6094
    0.689082492917
    >>> certainty([5], 5, ()).value, certainty([1, 1, 1, 1, 1], 5, ()).value
    (1.0, 0.0)
    """
    total = math.fsum(weights)
    entropy = -math.fsum(weight / total * math.log(weight / total) for weight in weights if weight > 0)
    value = min(1.0, max(0.0, float(f"{1 - entropy / math.log(draws):.12g}")))
    if value < 1e-12:  # what rounding leaves of ln M − ln M
        value = 0.0
    return Reading(value, "read", notes=(*notes, f"meanings {len(weights)}", f"entropy {max(0.0, entropy):.4g}"))


def weighted(
    logprobs: Sequence[Sequence[float]], groups: Sequence[Sequence[int]], draws: int, notes: tuple[str, ...]
) -> Reading[float]:
    """Return the certainty of meanings weighted by the length-normalised probability of their draws."""
    if not all(logprobs):
        return Reading(None, "absent", detail="no token probabilities")
    likely = [math.exp(math.fsum(each) / len(each)) for each in logprobs]
    weights = [math.fsum(likely[each] for each in group) for group in groups]
    if not math.fsum(weights):
        return Reading(None, "absent", detail="every draw has probability 0")
    return certainty(weights, draws, notes)


def notes_on(said: Sequence[Said]) -> tuple[str, ...]:
    """Return what to note of the judgements: how many there were, and how many of them say nothing."""
    unread = sum(one.readings.get("verdict", UNREAD).value is None for one in said)
    asked = (f"entailment asked {len(said)}",) if said else ()
    return (*asked, *((f"entailment unread {unread}",) if unread else ()))


def with_calls(report: SelfReport, said: Sequence[Said]) -> SelfReport:
    """Return a report that rests on these judgements too; where one failed, nothing can be said of meanings."""
    report = replace(
        report,
        replies=(*report.replies, *(one.response.text for one in said)),
        calls=(*report.calls, *(one.request.key for one in said)),
    )
    if not any(one.response.outcome in NO_REPLY for one in said):
        return report
    lost: Reading[float] = Reading(None, "absent", detail="a judgement of entailment failed")
    return replace(report, confidence=dict.fromkeys(report.confidence, lost))
