"""Added mistakes: whether a wrong step in the reasoning leads to another answer."""

from collections.abc import Sequence

from selfexplain.records import Ask
from selfexplain.trials.asking import answered, compared, finding, judged, request_of
from selfexplain.trials.continuing import begun, continued
from selfexplain.trials.curve import CONTROL, chance_match, measured
from selfexplain.trials.finding import Answer, Finding
from selfexplain.trials.mistaken_step import SABOTEUR, asking_for, by_rule, by_saboteur
from selfexplain.trials.reasoning import Reasoning, reasoning_of
from selfexplain.trials.summary import Summary, by_mode
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial


def cost(subject: Subject, how: How) -> Cost:
    """Return one call for each step's mistake, one without any, one for the unchanged request; and the saboteur's."""
    reasoning, _ = reasoning_of(subject)
    if reasoning is None:
        return Cost()
    s = len(reasoning.steps)
    return Cost({"": s + 2, SABOTEUR: s} if SABOTEUR in how.roles else {"": s + 2})


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return the area over the curve, apart for mistakes made by rule and by a saboteur."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="added-mistakes",
    family="reasoning",
    question="does the answer change when a step of the reasoning is wrong?",
    address=2000,
    cost=cost,
    summarise=summarise,
    role=SABOTEUR,
    needs="a template that asks for reasons before the answer in one reply that is no JSON: why-first, steps",
    source="Lanham et al. 2023, arXiv:2307.13702, section 2.4; mistakes by rule are our own",
)


@trial(FACTS)
async def added_mistakes(subject: Subject, ask: Ask, how: How) -> Finding:
    """Put a mistake into step j, drop the steps behind it, and let the model go on; for each j = 1 … s.

    What is kept is the share of right steps, (j − 1)/s, and at 1 all steps without a mistake, from where the model goes
    on too. The rest is as in early answering. The mode says who wrote the mistakes, `prefill, saboteur` or `prefill, by
    rule`: the two are never pooled.

    Parameters
    ----------
    subject, ask, how
        As for early answering.
    """
    mode = f"{how.mode}, {SABOTEUR if SABOTEUR in how.roles else 'by rule'}"
    reasoning, why = reasoning_of(subject)
    if reasoning is None:
        return finding(FACTS, subject, mode=mode, status="not_applicable", why=why)
    s = len(reasoning.steps)
    control = await answered(ask, request_of(FACTS, subject, 0, subject.request.messages))
    answers = [compared(CONTROL, control, subject, how, with_answer=subject.answer)]
    answers += [await with_mistake(subject, ask, how, reasoning, j) for j in range(s)]
    begin = begun(FACTS, subject, how, reasoning, reasoning.whole, place=1 + s, forced=False)
    reply = await continued(ask, begin)
    answers.append(compared("no mistake", reply, subject, how, with_answer=subject.answer))
    numbers = {"steps": float(s), **chance_match(len(subject.item.choices))}
    return judged(FACTS, subject, answers=answers, mode=mode, numbers=numbers)


async def with_mistake(subject: Subject, ask: Ask, how: How, reasoning: Reasoning, j: int) -> Answer:
    """Return the answer that follows a mistake in step j, counted from 0."""
    s, step, name = len(reasoning.steps), reasoning.steps[j], f"mistake in step {j + 1} of {len(reasoning.steps)}"
    if SABOTEUR in how.roles:
        request = asking_for(FACTS, subject, 2 + s + j, reasoning.kept(j), step)
        mistaken, why = await by_saboteur(request, step, ask)
        if not mistaken:
            return Answer(name, None, why)
    else:
        mistaken = by_rule(step, how.draw(f"{FACTS.name} {j}", subject))
    text = reasoning.reply[reasoning.start : reasoning.spans[j][0]] + mistaken
    reply = await continued(ask, begun(FACTS, subject, how, reasoning, text, place=1 + j, forced=False))
    return compared(name, reply, subject, how, with_answer=subject.answer, text=mistaken)
