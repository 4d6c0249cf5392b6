"""What a Run used and cost, and what its calls showed: every number is a sum over recorded calls, or null."""

import pytest

from selfexplain.pipeline.openness import as_seen
from selfexplain.pipeline.usage import cost_of, usage_of
from selfexplain.records import Call, Failure, Message, Openness, Request, Response, Token, Transparency, Usage
from selfexplain.runs.totals import Totals
from selfexplain.settings import Price


def totals(*responses: Response, logprobs: bool = True, seconds: float = 0.5) -> Totals:
    """Return what calls with these responses add up to."""
    found = Totals()
    for n, response in enumerate(responses):
        request = Request(f"q{n}", (Message("user", "?"),), 8, logprobs=logprobs)
        found.add(Call(request.key, request, response, "2026-01-01T00:00:00+00:00", seconds))
    return found


FAILED = Response("failed", failure=Failure("overloaded", "too much"))
READ = Response("completed", "x", usage=Usage(prompt=100, completion=10, cached=40))
SILENT = Response("completed", "x")
PRICE = Price(input=2.0, output=20.0, cached=1.0, currency="EUR")


def test_usage_is_the_sum_over_replies() -> None:
    """Two stated replies, one silent, one failed try; half a second each."""
    assert usage_of(totals(READ, FAILED, SILENT, READ)) == {
        "calls": 3,
        "failed_tries": 1,
        "prompt_tokens": 200,
        "completion_tokens": 20,
        "cached_tokens": 80,
        "without_usage": 1,
        "seconds": 2.0,
    }


def test_tokens_that_nobody_stated_are_null_and_not_0() -> None:
    usage = usage_of(totals(SILENT, FAILED))

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["cached_tokens"]) == (None, None, None)
    assert usage["without_usage"] == 1


def test_the_cost_is_worked_out_by_the_price() -> None:
    """Each reply: 60 fresh at 2, 40 cached at 1, 10 written at 20: (120 + 40 + 200) / 1e6."""
    assert cost_of(totals(READ, READ, FAILED), PRICE, model="openai/x") == {
        "amount": pytest.approx(720 / 1e6),
        "currency": "EUR",
        "unknown": None,
    }


@pytest.mark.parametrize(
    ("responses", "price", "currency", "why"),
    [
        ((READ,), None, None, "no price is set for openai/x"),
        ((READ, SILENT), PRICE, "EUR", "1 of 2 replies did not state their tokens"),
        ((SILENT,), PRICE, "EUR", "1 of 1 replies did not state their tokens"),
    ],
)
def test_a_cost_that_is_not_known_has_a_reason_and_no_number(
    responses: tuple[Response, ...], price: Price | None, currency: str | None, why: str
) -> None:
    assert cost_of(totals(*responses), price, model="openai/x") == {
        "amount": None,
        "currency": currency,
        "unknown": why,
    }


def test_a_price_of_nothing_is_a_price() -> None:
    assert cost_of(totals(READ), Price(0.0, 0.0), model="local/x")["amount"] == 0.0


HELD = Response("completed", "x", tokens=(Token("x", -0.1),))
SAID = Openness("open", "somebody said so")


@pytest.mark.parametrize(
    ("found", "dropped", "expected"),
    [
        (totals(HELD, HELD), (), Openness("open", "2 of 2 replies held them")),
        (totals(HELD, SILENT), (), Openness("open", "1 of 2 replies held them")),
        (totals(SILENT, SILENT), (), Openness("closed", "asked for, and none in 2 replies")),
        (
            totals(SILENT),
            ("logprobs", "seed"),
            Openness("closed", "asked for, and the provider does not take the question: none in 1 replies"),
        ),
        (totals(SILENT, logprobs=False), (), SAID),
        (totals(FAILED, Response("refused", "no"), Response("completed", "")), (), SAID),
        (totals(), (), SAID),
    ],
)
def test_token_probabilities_are_found_by_trying(found: Totals, dropped: tuple[str, ...], expected: Openness) -> None:
    """Replies decide; where none could show anything, what was declared stands. Nothing else on the card moves."""
    card = Transparency(token_probabilities=SAID, licence=Openness("open", "MIT"))

    assert as_seen(card, found, dropped) == Transparency(token_probabilities=expected, licence=card.licence)
