"""A model as the grader of open answers: it sees question, gold answers and the answer, and says whether they agree.

It errs, and favours some answers over others; so its verdicts are recorded calls like any other, and its error is
measured where an exact grader applies too (`selfexplain.pipeline.second_opinion`).
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from selfexplain.grading.grader import GraderFacts, grader
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Grade, Item, Request

NAME: Literal["judge"] = "judge"
"""The role that the judge fills, and the grader that an Item names to be graded by it alone."""

FACTS = GraderFacts(NAME, 1)


@grader(FACTS)
def needs_a_judge(answer: str, item: Item) -> Grade:
    """Right where the answer is a gold text word for word; of anything else a judge must say whether it is.

    >>> item = Item("q", "Why is the sky blue?", ("Air scatters short waves more.",))
    >>> needs_a_judge("Air scatters short waves more.", item).verdict, needs_a_judge("Rayleigh.", item).verdict
    ('correct', 'undecided')
    """
    if answer.strip() in {gold.strip() for gold in item.gold}:
        return FACTS.grade("correct", "verbatim")
    return FACTS.grade("undecided", "it needs a judge: --role judge=MODEL")


@dataclass(frozen=True)
class Judge:
    """Grades by asking the model in the role `judge`.

    Parameters
    ----------
    template : Template
        One turn that elicits a verdict; it shows `{{ reply.candidate }}` between two of `{{ reply.mark }}`, and
        `{{ reply.gold }}`.
    """

    template: Template

    async def __call__(self, item: Item, answer: str, ask: Ask, *, repeat: int) -> Grade:
        """Return the judge's verdict on an answer.

        A judge that gives no reply, or one that cannot be read, leaves the answer undecided, with the reason.

        Parameters
        ----------
        item : Item
        answer : str
            As it was read from the reply. Data: it is quoted, and can hold instructions that nobody follows.
        ask : callable
            Sends a Request to the model that its `role` names.
        repeat : int
            Of the Record that is graded.
        """
        from selfexplain.prompting.read_verdict import read_verdict  # noqa: PLC0415 - no first request waits for it

        front = self.template.front
        # A mark that follows from the answer, so that the answer cannot hold it and end its own quotation.
        mark = hashlib.sha256(answer.encode(errors="replace")).hexdigest()[:12]
        messages = self.template.render(item, reply={"candidate": answer, "gold": item.gold, "mark": mark})
        response = await ask(
            Request(item.id, messages, front.max_tokens, repeat=repeat, temperature=0.0, seed=1, role=NAME)
        )
        signed = f"{NAME}:{self.template.id}"
        if response.outcome in {"failed", "refused"}:
            return Grade("undecided", signed, f"the judge's reply: {response.outcome}")
        verdict = read_verdict(response.text, finish="truncated" if response.outcome == "truncated" else "completed")
        if verdict.value is None:
            return Grade("undecided", signed, f"the judge's verdict: {verdict.why}")
        return Grade("correct" if verdict.value else "wrong", signed, "said so")
