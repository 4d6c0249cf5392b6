"""What holds for every trial, also for those that are added later."""

import random

import pytest
from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.records import Failure, Item, Outcome, Request, Response
from selfexplain.trials.conduct import conduct, cost_of
from trials.tried import HOW, asking, numbered, subject

TRIALS = plugins.trials()
WHOLE = "Because: It adds up. It is 5.\nAnswer: 5\nConfidence: 90"


def test_names_and_addresses_are_nobody_else_s() -> None:
    """Ten trials; each has its thousand, above every template's turns."""
    assert len(TRIALS) == 10
    assert len({each.facts.address for each in TRIALS.values()}) == len(TRIALS)
    assert all(each.facts.address >= 1000 and each.facts.address % 1000 == 0 for each in TRIALS.values())
    assert all(each.facts.question.endswith("?") and each.facts.source and each.__doc__ for each in TRIALS.values())


@pytest.mark.parametrize("outcome", ["completed", "truncated", "refused", "failed"])
@pytest.mark.parametrize("name", TRIALS)
async def test_every_trial_survives_every_outcome_and_asks_at_most_what_it_said(name: str, outcome: Outcome) -> None:
    """Choices and an open question; a whole reply in the Run, then only one outcome. No finding without a status."""
    trial = TRIALS[name]
    items = [*numbered(2), Item("c", "Which is a number?", ("B",), ("a", "5", "c"))]
    subjects = [await subject(item, way, lambda _: WHOLE) for item in items for way in ("why-first", "few-shot")]
    how = HOW._replace(roles=frozenset({trial.facts.role} - {""}))
    sent: list[Request] = []

    def reply(_: Request) -> Response:
        if outcome == "failed":
            return Response("failed", failure=Failure("overloaded", "too much"))
        return Response(outcome, "" if outcome == "refused" else WHOLE)

    findings = await conduct(trial, subjects, asking(reply, sent), how)

    assert len(findings) == len(subjects)
    assert len(sent) <= cost_of([trial], subjects, how).total()
    assert len({each.key for each in sent}) == len(sent)
    assert all(trial.facts.address <= each.turn < trial.facts.address + 1000 for each in sent)
    assert all(each.status in {"ok", "not_applicable", "no_answer", "failed"} for each in findings)
    assert all(bool(each.why) == (each.status in {"not_applicable", "no_answer"}) for each in findings)
    for summary in trial.facts.summarise(findings):
        assert summary.n_used == sum(each.status == "ok" and each.mode == summary.mode for each in findings)
        assert sum(summary.left_out.values()) == summary.n - summary.n_used
        assert summary.to_dict()["trial"] == name


async def test_what_is_looked_into_is_the_call_that_the_answer_stands_in_whatever_came_later() -> None:
    """In the first conversation the model answers, in the second it is asked what it says without the words."""
    said = "Answer: 5\nConfidence: 90\nRedacted question: What is [REDACTED] + [REDACTED]?"
    found = await subject(numbered(1)[0], "redact", lambda request: "Answer: unknown" if request.turn else said)

    assert (found.answer, found.turn) == ("5", 0)
    assert (found.request.turn, found.response.text) == (0, said)


async def test_each_trial_item_repeat_and_seed_has_draws_of_its_own_and_always_the_same() -> None:
    """A seed that changes nothing, or one that every question shares, would repeat one stroke of luck."""
    one, other = [await subject(item, "why-first", lambda _: WHOLE) for item in numbered(2)]
    later = one._replace(record=replace(one.record, repeat=1))
    drawn = [
        how.draw(name, each).random()
        for how in (HOW, HOW._replace(seed=1))
        for name in ("hints", "random-edits")
        for each in (one, other, later)
    ]

    assert len(set(drawn)) == len(drawn)
    assert HOW.draw("hints", one).random() == drawn[0] == random.Random("0/hints/q0/0").random()  # in every process


def test_an_unknown_trial_is_answered_with_what_there_is() -> None:
    with pytest.raises(InputError, match="no trial is called"):
        plugins.trial("hint")
