"""The answer first; then, in a conversation that knows nothing of it, how likely it is to be right."""

from msgspec.structs import replace

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, SelfReport


@elicitation("probe")
async def probe(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask the turns of a template once, and take the confidence for the judgement of an answer that is shown.

    In a conversation of its own the model does not see itself answering; the template may even say that somebody else
    gave the answer. The number is therefore another source, `probe`, and is never pooled with what is stated beside an
    answer (self-probing: Xiong et al. 2024, arXiv:2306.13063, section 3).

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`; the turn that elicits the confidence begins a new conversation.

    Raises
    ------
    InputError
        When it does not.
    """
    judging = next((turn for turn in template.turns if "confidence" in turn.elicits), None)
    if judging is None or not judging.fresh or judging is template.turns[0]:
        raise InputError(
            f"the template {template.id} judges no answer in a conversation of its own",
            hint="put `## new conversation` before the `## user` block that elicits the confidence",
        )
    report = report_on(await converse(item, template, ask, sampling=sampling, repeat=repeat), template)
    confidence = {"probe" if source == "stated" else source: found for source, found in report.confidence.items()}
    return replace(report, confidence=confidence)
