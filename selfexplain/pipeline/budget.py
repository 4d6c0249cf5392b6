"""Stop asking when a Run, or several that are asked together, have cost what they may cost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from selfexplain.errors import BudgetSpent, InputError
from selfexplain.pipeline.time_limit import TimeLimit
from selfexplain.pipeline.usage import no_price, spent
from selfexplain.records import Ask, Request, Response
from selfexplain.runs.totals import Totals
from selfexplain.settings import Price


class Metered(NamedTuple):
    """A Run's recorded calls, kept up to date by whoever records, and what their tokens cost."""

    totals: Totals
    price: Price | None
    """None where only the tokens count."""

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.totals.prompt + self.totals.completion


@dataclass
class Ahead:
    """What is on its way, at most: with batches that is nearly everything, and nothing of it can be called back."""

    cost: float = 0.0
    tokens: int = 0
    requests: int = 0
    came_back: asyncio.Event = field(default_factory=asyncio.Event)
    line: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Budget:
    """What Runs may take together: money, in one currency, tokens, read and written, calls and time."""

    most: float | None
    runs: Sequence[Metered]
    most_tokens: int | None = None
    most_calls: int | None = None
    ahead: Ahead | None = None
    """Of Runs that are asked in batches."""
    time: TimeLimit | None = None
    """Of this command alone: those before it had their own."""
    sent: int = 0
    """Calls since: each is one, whatever becomes of it."""
    more: Callable[[], Awaitable[bool]] | None = None
    """Of a budget that is one process's part of several's: draws more, and tells whether there was any."""
    before: int = field(init=False)
    """Calls that were recorded when asking began."""

    def __post_init__(self) -> None:
        self.before = sum(run.totals.replies + run.totals.failed_tries for run in self.runs)

    @property
    def calls(self) -> int:
        """Tries that were sent, replied or failed: counted as they go, since one that is recorded may still land."""
        return self.before + self.sent


def budgeted(ask: Ask, budget: Budget) -> Ask:
    """Return `ask`, except that nothing more is sent once the recorded calls of the Runs have cost the budget.

    The cost of a request is known when its reply is; so a Run can go over by what was in flight when it got there. The
    number of calls is known before, and kept exactly.

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
        while (stop := refusal(budget)) is not None:
            if budget.more is None or not await budget.more():
                raise stop
        budget.sent += 1
        return await ask(request)

    return ask_within


def refusal(budget: Budget) -> BudgetSpent | None:
    """Return why nothing more may be sent, None while something may."""
    replies = sum(run.totals.replies for run in budget.runs)
    if budget.time is not None and budget.time.is_over:
        return budget.time.spent(replies)
    if unknown := uncounted(budget):
        return BudgetSpent(
            f"{unknown} of {replies} replies did not state their tokens, so nobody can tell "
            "what they cost; asking has stopped, and every reply is recorded",
            hint="run the same command without --max-cost and --max-tokens to go on",
        )
    taken = reached(budget)
    if taken is None:
        return None
    amount, most, option = taken
    may_cost = "this Run may cost" if len(budget.runs) == 1 else f"these {len(budget.runs)} Runs may cost"
    return BudgetSpent(
        f"{amount} spent of the {most} that {may_cost}, in {replies} calls; every reply is recorded",
        hint=f"run the same command with a higher {option}: it asks only what is missing; "
        "`selfexplain evaluate RUN` measures what there is",
    )


def uncounted(budget: Budget) -> int:
    """Return how many replies did not state their tokens, where these are what is limited."""
    limited = budget.most is not None or budget.most_tokens is not None
    return sum(run.totals.without_usage for run in budget.runs) if limited else 0


def reached(budget: Budget) -> tuple[str, str, str] | None:
    """Return which limit is reached: what was taken, what may be and the option to raise; None while none is."""
    return next(filter(None, (money_taken(budget), tokens_taken(budget), calls_taken(budget))), None)


def money_taken(budget: Budget) -> tuple[str, str, str] | None:
    """Return what was spent, what may be and the option to raise, once that is reached."""
    prices = [run.price for run in budget.runs if run.price is not None]
    if budget.most is None or not prices:
        return None
    amount, currency = sum(spent(run.totals, run.price) for run in budget.runs if run.price), prices[0].currency
    return None if amount < budget.most else (money(amount, currency), money(budget.most, currency), "--max-cost")


def tokens_taken(budget: Budget) -> tuple[str, str, str] | None:
    """Return what was taken, what may be and the option to raise, once that is reached."""
    tokens = sum(run.tokens for run in budget.runs)
    if budget.most_tokens is None or tokens < budget.most_tokens:
        return None
    return f"{tokens:,} tokens", f"{budget.most_tokens:,} tokens", "--max-tokens"


def calls_taken(budget: Budget) -> tuple[str, str, str] | None:
    """Return what was made, what may be and the option to raise, once that is reached."""
    if budget.most_calls is None or budget.calls < budget.most_calls:
        return None
    return f"{budget.calls:,} calls", f"{budget.most_calls:,} calls", "--max-calls"


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


def require_tokens(most: int | None, *, what: str = "tokens") -> None:
    """Raise InputError unless a number of tokens, or of calls, is one that something can be asked for."""
    if most is not None and most < 1:
        raise InputError(f"the most {what} that the Run may take are {most}", hint="expected a whole number above 0")


def money(amount: float, currency: str) -> str:
    """Return an amount as people read it: cents where there are any, else as many digits as it takes.

    >>> money(12.3456, "USD"), money(0.0000123, "EUR"), money(0, "USD")
    ('12.35 USD', '0.000012 EUR', '0.00 USD')
    """
    return f"{amount:.2f} {currency}" if amount >= 0.1 or not amount else f"{Decimal(f'{amount:.2g}'):f} {currency}"
