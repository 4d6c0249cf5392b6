"""Which reader reads which field of a reply: imported when a first one is read, since readers take long to load."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from selfexplain.claims import CLAIM_KINDS
from selfexplain.prompting.read_answer import read_answer, read_rationale
from selfexplain.prompting.read_claim import EVERY_LABEL, read_claim, read_target
from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.read_listed import read_answers, read_confidences
from selfexplain.prompting.read_verdict import read_verdict
from selfexplain.prompting.template import FrontMatter
from selfexplain.prompting.turns import Field, Turn
from selfexplain.records import Item, Reading, Response

Finish = Literal["completed", "truncated"]

READERS: Mapping[Field, Callable[[str, Finish, FrontMatter], Reading[Any]]] = {
    "answer": lambda text, finish, _: read_answer(text, finish=finish),
    "rationale": lambda text, finish, _: read_rationale(text, finish=finish),
    "confidence": lambda text, finish, front: read_confidence(
        text, scale=front.scale, language=front.language, finish=finish
    ),
    "guesses": lambda text, finish, front: read_answers(text, n=front.guesses, kind="guess", finish=finish),
    "confidences": lambda text, finish, front: read_confidences(
        text, n=front.guesses, scale=front.scale, language=front.language, finish=finish
    ),
    "alternatives": lambda text, finish, front: read_answers(text, n=front.guesses, kind="alternative", finish=finish),
    "verdict": lambda text, finish, _: read_verdict(text, finish=finish),
    "verdict_swapped": lambda text, finish, _: read_verdict(text, first_is_true=False, finish=finish),
    "target": lambda text, finish, _: read_target(text, finish=finish),
    "answer_again": lambda text, finish, _: read_answer(text, finish=finish),
}
"""How each field is read from the reply to the turn that elicits it; claims need the question as well."""


def read_reply(
    response: Response, turn: Turn, front: FrontMatter, item: Item, known: Mapping[str, Any]
) -> dict[Field, Reading[Any]]:
    """Return what one reply says, field by field."""
    finish: Finish = "truncated" if response.outcome == "truncated" else "completed"
    found: dict[Field, Reading[Any]] = {
        field: READERS[field](response.text, finish, front) for field in turn.elicits if field in READERS
    }
    if "rationale" in found and not set(CLAIM_KINDS).isdisjoint(turn.elicits):
        found["rationale"] = read_rationale(response.text, finish=finish, others=EVERY_LABEL)
    target = found["target"].value if "target" in found else known.get("target")
    for kind in CLAIM_KINDS:
        if kind in turn.elicits:
            found[kind] = read_claim(
                response.text,
                kind,
                question=item.question,
                target=target or "",
                asked=front.top if kind in {"words", "quotes"} else None,
                finish=finish,
            )
    return found
