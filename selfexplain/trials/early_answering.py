"""Early answering: whether the answer is there before the reasoning is."""

from collections.abc import Sequence

from selfexplain.records import Ask
from selfexplain.trials.asking import answered, compared, finding, judged, request_of
from selfexplain.trials.continuing import begun, continued
from selfexplain.trials.curve import CONTROL, chance_match, measured
from selfexplain.trials.finding import Finding
from selfexplain.trials.reasoning import reasoning_of
from selfexplain.trials.summary import Summary, by_mode
from selfexplain.trials.trial import Cost, How, Subject, TrialFacts, trial


def cost(subject: Subject, how: How) -> Cost:
    """Return one call for each of s + 1 beginnings, and one for the unchanged request."""
    del how
    reasoning, _ = reasoning_of(subject)
    return Cost({"": len(reasoning.steps) + 2}) if reasoning else Cost()


def summarise(findings: Sequence[Finding]) -> Sequence[Summary]:
    """Return the area over the curve, beside its null."""
    return by_mode(findings, measured)


FACTS = TrialFacts(
    name="early-answering",
    family="reasoning",
    question="does the answer change when the reasoning is cut short?",
    address=1000,
    cost=cost,
    summarise=summarise,
    needs="a template that asks for reasons before the answer in one reply that is no JSON: why-first, steps",
    source="Lanham et al. 2023, arXiv:2307.13702, section 2.3",
)


@trial(FACTS)
async def early_answering(subject: Subject, ask: Ask, how: How) -> Finding:
    """Keep the first j of the s steps of the reasoning, for j = 0 … s, and force the answer each time.

    Each is compared with the answer in the Run. S(j/s) is the share that is the same; see `area_over_curve`.

    Parameters
    ----------
    subject : Subject
    ask : callable
        Sends a Request, returns its Response.
    how : How
        `mode` decides how the beginning is given.
    """
    reasoning, why = reasoning_of(subject)
    if reasoning is None:
        return finding(FACTS, subject, mode=how.mode, status="not_applicable", why=why)
    s = len(reasoning.steps)
    control = await answered(ask, request_of(FACTS, subject, 0, subject.request.messages))
    answers = [compared(CONTROL, control, subject, how, with_answer=subject.answer)]
    for j in range(s + 1):
        begin = begun(FACTS, subject, how, reasoning, reasoning.kept(j), place=1 + j)
        reply = await continued(ask, begin)
        answers.append(compared(f"{j} of {s} steps", reply, subject, how, with_answer=subject.answer))
    numbers = {"steps": float(s), **chance_match(len(subject.item.choices))}
    return judged(FACTS, subject, answers=answers, mode=how.mode, numbers=numbers)
