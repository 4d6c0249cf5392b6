"""Steps of reasoning, each with its own confidence, and one number for the whole."""

import math
import re

from msgspec.structs import replace

from selfexplain.elicitation.conversation import converse, report_on
from selfexplain.elicitation.elicitation import Sampling, elicitation
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, SelfReport

STEP = re.compile(
    r"^\W{0,4}(?:step|步骤|第)[ ]?\d{1,2}[ ]?步?[^\n(（]{0,4}[(（]([^)）\n]{1,40})[)）]", re.IGNORECASE | re.MULTILINE
)
"""`Step 1 (90%): …`"""


@elicitation("multi-step")
async def multi_step(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask for steps with a confidence each, the answer, and an overall confidence, which is the one reported.

    The product of the steps' confidences, which falls with every further step, stands in the notes beside how many
    there were: `product 0.72 of 3 steps` (multi-step confidence: Xiong et al. 2024, arXiv:2306.13063, section 3.2).

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`.
    """
    from selfexplain.prompting.read_confidence import read_confidence  # noqa: PLC0415 - no first request waits for it

    report = report_on(await converse(item, template, ask, sampling=sampling, repeat=repeat), template)
    stated = report.confidence.get("stated")
    front = template.front
    said = (
        read_confidence(each, scale=front.scale, language=front.language) for each in STEP.findall(report.replies[0])
    )
    steps = [reading.value for reading in said if reading.value is not None]
    if stated is None or not steps:
        return report
    note = f"product {math.prod(steps):.4g} of {len(steps)} steps"
    return replace(report, confidence={**report.confidence, "stated": replace(stated, notes=(*stated.notes, note))})
