"""The turns of a template, asked once."""

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, SelfReport


@elicitation("once", asks=converse)
async def once(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask the turns of a template once, and read answer, rationale and stated confidence from the replies.

    The token probability of the same answer comes along wherever the provider gives log-probabilities
    (verbal confidence in one turn and in two: Tian et al. 2023, arXiv:2305.14975; Xiong et al. 2024, arXiv:2306.13063).

    Parameters
    ----------
    item : Item
        What to ask.
    template : Template
        Its turns and what each elicits.
    ask : callable
        Sends a Request, returns its Response.
    sampling : Sampling
        Temperature and seed.
    repeat : int
        Which repetition this is, from 0.
    """
    return report_on(await converse(item, template, ask, sampling=sampling, repeat=repeat), template)
