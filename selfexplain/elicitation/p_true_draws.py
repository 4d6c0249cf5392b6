"""P(True) without token probabilities: how often the model calls its own answer true."""

from msgspec.structs import replace

from selfexplain.elicitation.conversation import ask_apart, converse, report_on
from selfexplain.elicitation.draws import enough, most_frequent, n_valid_note, share
from selfexplain.elicitation.elicitation import Sampling, elicitation, require_turns
from selfexplain.errors import InputError
from selfexplain.prompting.template import Template
from selfexplain.records import Ask, Item, Reading, SelfReport

NOT_READ: Reading[bool] = Reading(None, "absent")


@elicitation("p-true-draws")
async def p_true_draws(item: Item, template: Template, ask: Ask, *, sampling: Sampling, repeat: int = 0) -> SelfReport:
    """Ask for the answer at temperature 0; then draw, in new conversations, M verdicts on whether it is true.

    The confidence, source `probe`, is the share of verdicts that say true, on the grid k/n of those that could be read;
    where fewer than half could, there is none (the estimate of P(True) by sampling of Kadavath et al. 2022,
    arXiv:2207.05221, and Tian et al. 2023, arXiv:2305.14975).

    Parameters
    ----------
    item, template, ask, sampling, repeat
        As for `once`. The template elicits an answer, then a `verdict` in a conversation of its own, and states its
        `draws`.

    Raises
    ------
    InputError
        When it does not.
    """
    require_turns(template, ("answer",), ("verdict",), by=p_true_draws.name)
    draws = template.front.draws
    if draws < 2 or not template.turns[1].fresh:
        raise InputError(
            f"the template {template.id} does not draw several verdicts in new conversations",
            hint="put `draws: 10` into its front matter, and `## new conversation` before its second `## user` block",
        )
    first = replace(template, turns=template.turns[:1])
    greedy = sampling._replace(temperature=0.0)
    report = report_on(await converse(item, first, ask, sampling=greedy, repeat=repeat), first)
    answer = report.answer.value
    if answer is None or report.outcome in {"failed", "refused"}:
        unasked: Reading[float] = Reading(None, "absent", detail="not asked")
        return replace(report, confidence={"probe": unasked, **report.confidence})
    about = {"answer": answer, "rationale": report.rationale.value}
    said = [
        await ask_apart(item, template, ask, turn=1, about=about, sampling=sampling, repeat=repeat, draw=draw)
        for draw in range(draws)
    ]
    verdicts = [reading for one in said if (reading := one.readings.get("verdict", NOT_READ)).value is not None]
    confidence: Reading[float] = Reading(None, "absent", detail=f"{len(verdicts)} of {draws} draws were read")
    if enough(len(verdicts), draws):
        n_true = sum(reading.value is True for reading in verdicts)
        confidence = Reading(share(n_true, len(verdicts)), "read", notes=n_valid_note(len(verdicts), draws))
    return replace(
        report,
        confidence={"probe": confidence, **report.confidence},
        outcome=most_frequent([one.response.outcome for one in said]),
        replies=(*report.replies, *(one.response.text for one in said)),
        calls=(*report.calls, *(one.request.key for one in said)),
    )
