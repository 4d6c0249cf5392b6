"""Whether the model that is looked into is the one that answered: the same answer, and probabilities within the noise.

A served model computes with other numbers than one in this process: llama.cpp rounds activations to 8 bits. Log-
probabilities of single tokens then differ by up to 0.4; a close call may go the other way.
"""

from typing import NamedTuple

from msgspec.structs import replace

from selfexplain.errors import InputError
from selfexplain.evidence import Evidence
from selfexplain.records import Response, Token
from selfexplain.white_box import Input, WhiteBox
from selfexplain.witnesses.case import Case

NOISE = 0.5
"""By so much a token's log-probability may differ between two ways of computing one model."""


class Sameness(NamedTuple):
    """How the model in this process and the served one agree about one reply."""

    status: str
    """`ok` or `answer_mismatch`."""
    why: str
    checks: dict[str, float | str | bool]
    """`answer_gap`: by how much, at worst, another token is more probable here than one that was written.
    `served_difference`: how far apart the two log-probabilities of the answer are, by token; missing where the served
    model gave none."""


def same_answer(model: WhiteBox, case: Case, served: Response, *, is_greedy: bool = True) -> Sameness:
    """Tell whether a model in this process would have answered as the served one did.

    One pass over the reply up to the end of the answer.

    Parameters
    ----------
    model : WhiteBox
    case : Case
        What was asked and answered.
    served : Response
        The recorded reply.
    is_greedy : bool
        Whether the most probable token was always written (temperature 0); else only probabilities are compared.

    Raises
    ------
    InputError
        When the reply is not the one that the Case is about.

    Examples
    --------
    >>> from selfexplain.witnesses.case import case_of, plain_layout
    >>> from selfexplain.witnesses.linear_model import LinearModel
    >>> case = case_of(plain_layout("good plot"), "no")
    >>> same_answer(LinearModel({"good": 2.0}), case, Response("completed", "no")).status
    'answer_mismatch'
    """
    start, stop = len(case.said), len(case.said) + len(case.answer)
    if served.text[:stop] != case.said + case.answer:
        raise InputError(
            f"the reply to {case.item!r} does not begin with {case.said + case.answer!r}",
            hint="give the Response that the answer was read from",
        )
    n = len(model.cut(case.messages, case.said, case.answer).answer)
    cut = model.cut(case.messages, "", case.said + case.answer) if case.said.strip() else None
    whole = cut or model.cut(case.messages, case.said, case.answer)
    own, best = model.told(Input(whole.ids), whole.answer)
    gap = float((best - own).max())
    checks: dict[str, float | str | bool] = {"answer_gap": gap}
    told = spoken(served.tokens, start, stop)
    difference = abs(sum(token.logprob for token in told) - float(own[-n:].sum())) / n if told else 0.0
    if told:
        checks["served_difference"] = difference
    if is_greedy and gap > NOISE:
        return Sameness("answer_mismatch", f"here another token is more probable, by {gap:.2f}", checks)
    if difference > NOISE:
        return Sameness(
            "answer_mismatch", f"the log-probabilities of the answer differ by {difference:.2f} a token", checks
        )
    return Sameness("ok", "", checks)


def spoken(tokens: tuple[Token, ...], start: int, stop: int) -> list[Token]:
    """Return the pieces of a reply that hold characters of [start, stop), white space aside."""
    found, at = [], 0
    for token in tokens:
        before = at + len(token.text) - len(token.text.lstrip())
        at += len(token.text)
        if before < stop and at > start and token.text.strip():
            found.append(token)
    return found


def beside(evidence: Evidence, found: Sameness) -> Evidence:
    """Return Evidence with the comparison among its checks; with its status, where the answers differ.

    Parameters
    ----------
    evidence : Evidence
    found : Sameness
    """
    checks = {**evidence.checks, **found.checks}
    if found.status == "ok":
        return replace(evidence, checks=checks)
    return replace(evidence, checks=checks, status=found.status, why=found.why)
