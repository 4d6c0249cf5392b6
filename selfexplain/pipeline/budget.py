"""Stop asking when a Run, or several that are asked together, have cost what they may cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from selfexplain.errors import BudgetSpent, InputError
from selfexplain.pipeline.usage import no_price, spent
from selfexplain.records import Ask, Request, Response
from selfexplain.runs.totals import Totals
from selfexplain.settings import Price


class Metered(NamedTuple):
    """A Run's recorded calls, kept up to date by whoever records, and what their tokens cost."""

    totals: Totals
    price: Price


class Budget(NamedTuple):
    """What Runs may cost together, in the one currency of their prices."""

    most: float
    runs: tuple[Metered, ...]


def budgeted(ask: Ask, budget: Budget) -> Ask:
    """Return `ask`, except that nothing more is sent once the recorded calls of the Runs have cost the budget.

    The cost of a request is known when its reply is; so a Run can go over by what was in flight when it got there.

    Parameters
    ----------
    ask : callable
        Sends a Request and records what comes back.
    budget : Budget
        The amount, and the Runs that it is for.

    Raises
    ------
    BudgetSpent
        Instead of sending, when the amount is reached, or when a reply came without its token counts, so that nobody
        can tell.
    """

    async def ask_within(request: Request) -> Response:
        stop = refusal(budget)
        if stop is not None:
            raise stop
        return await ask(request)

    return ask_within


def refusal(budget: Budget) -> BudgetSpent | None:
    """Return why nothing more may be sent, None while something may."""
    replies = sum(run.totals.replies for run in budget.runs)
    unknown = sum(run.totals.without_usage for run in budget.runs)
    if unknown:
        return BudgetSpent(
            f"{unknown} of {replies} replies did not state their tokens, so nobody can tell "
            "what they cost; asking has stopped, and every reply is recorded",
            hint="run the same command without --max-cost to go on",
        )
    amount, currency = sum(spent(*run) for run in budget.runs), budget.runs[0].price.currency
    if amount < budget.most:
        return None
    may_cost = "this Run may cost" if len(budget.runs) == 1 else f"these {len(budget.runs)} Runs may cost"
    return BudgetSpent(
        f"{money(amount, currency)} spent of the {money(budget.most, currency)} that {may_cost}, "
        f"in {replies} calls; every reply is recorded",
        hint="run the same command with a higher --max-cost: it asks only what is missing; "
        "`selfexplain evaluate RUN` measures what there is",
    )


def prices_for(most: float, models: Mapping[str, Price | None]) -> dict[str, Price]:
    """Return the price of every model, for a budget.

    Raises
    ------
    InputError
        When the amount is none, or a model has no price (the hint is the table to write), or one in another currency.
    """
    if not 0 < most < float("inf"):
        raise InputError(f"the most that the Run may cost is {most}", hint="expected an amount above 0")
    found = {}
    for model, price in models.items():
        if price is None:
            raise InputError(
                f"--max-cost needs prices, and {no_price(model)}",
                hint="write what a million tokens cost into pyproject.toml: "
                f'[tool.selfexplain.prices."{model}"] with the lines input = … and output = …',
            )
        found[model] = price
    currencies = sorted({price.currency for price in found.values()})
    if len(currencies) > 1:
        raise InputError(
            f"--max-cost is one amount, and the models have prices in {' and '.join(currencies)}",
            hint="set all prices in one currency, or ask the models in commands of their own",
        )
    return found


def money(amount: float, currency: str) -> str:
    """Return an amount as people read it: cents where there are any, else as many digits as it takes.

    >>> money(12.3456, "USD"), money(0.0000123, "EUR"), money(0, "USD")
    ('12.35 USD', '0.000012 EUR', '0.00 USD')
    """
    return f"{amount:.2f} {currency}" if amount >= 0.1 or not amount else f"{Decimal(f'{amount:.2g}'):f} {currency}"
