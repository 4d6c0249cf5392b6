"""Stop asking when a Run has cost what it may cost."""

from decimal import Decimal
from typing import NamedTuple

from selfexplain.errors import BudgetSpent, InputError
from selfexplain.pipeline.usage import no_price, spent
from selfexplain.records import Ask, Request, Response
from selfexplain.runs.totals import Totals
from selfexplain.settings import Price


class Budget(NamedTuple):
    """What a Run may cost, in the currency of the price, and the price by which its tokens are counted."""

    most: float
    price: Price


def budgeted(ask: Ask, totals: Totals, budget: Budget) -> Ask:
    """Return `ask`, except that nothing more is sent once the recorded calls of the Run have cost the budget.

    The cost of a request is known when its reply is; so a Run can go over by what was in flight when it got there.

    Parameters
    ----------
    ask : callable
        Sends a Request and records what comes back.
    totals : Totals
        What the Run's recorded calls add up to, kept up to date by whoever records.
    budget : Budget
        The amount, and what tokens cost.

    Raises
    ------
    BudgetSpent
        Instead of sending, when the amount is reached, or when a reply came without its token counts, so that nobody
        can tell.
    """

    async def ask_within(request: Request) -> Response:
        stop = refusal(totals, budget)
        if stop is not None:
            raise stop
        return await ask(request)

    return ask_within


def refusal(totals: Totals, budget: Budget) -> BudgetSpent | None:
    """Return why nothing more may be sent, None while something may."""
    if totals.without_usage:
        return BudgetSpent(
            f"{totals.without_usage} of {totals.replies} replies did not state their tokens, so nobody can tell "
            "what they cost; asking has stopped, and every reply is recorded",
            hint="run the same command without --max-cost to go on",
        )
    amount, currency = spent(totals, budget.price), budget.price.currency
    if amount < budget.most:
        return None
    return BudgetSpent(
        f"{money(amount, currency)} spent of the {money(budget.most, currency)} that this Run may cost, "
        f"in {totals.replies} calls; every reply is recorded",
        hint="run the same command with a higher --max-cost: it asks only what is missing; "
        "`selfexplain evaluate RUN` measures what there is",
    )


def budget_of(most: float, price: Price | None, *, model: str) -> Budget:
    """Return the budget of a Run.

    Raises
    ------
    InputError
        When the amount is none, or no price is set for the model; the hint is the table to write.
    """
    if not 0 < most < float("inf"):
        raise InputError(f"the most that the Run may cost is {most}", hint="expected an amount above 0")
    if price is None:
        raise InputError(
            f"--max-cost needs prices, and {no_price(model)}",
            hint="write what a million tokens cost into pyproject.toml: "
            f'[tool.selfexplain.prices."{model}"] with the lines input = … and output = …',
        )
    return Budget(most, price)


def money(amount: float, currency: str) -> str:
    """Return an amount as people read it: cents where there are any, else as many digits as it takes.

    >>> money(12.3456, "USD"), money(0.0000123, "EUR"), money(0, "USD")
    ('12.35 USD', '0.000012 EUR', '0.00 USD')
    """
    return f"{amount:.2f} {currency}" if amount >= 0.1 or not amount else f"{Decimal(f'{amount:.2g}'):f} {currency}"
