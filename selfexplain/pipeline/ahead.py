"""A budget for what is asked in batches: whatever is on its way counts with the most that it may come to.

Asked one by one, a Run can stop when its recorded calls have cost the budget. A batch is tens of thousands of calls
that nobody can call back; so here a Request waits while those before it may use up what is left, and goes when their
replies turn out to be shorter.
"""

from selfexplain.errors import BudgetSpent
from selfexplain.pipeline.budget import Ahead, Budget, money, refusal
from selfexplain.pipeline.forecast import estimated_tokens
from selfexplain.pipeline.usage import spent
from selfexplain.records import Ask, Request, Response
from selfexplain.runs.calls import Calls


def within(ask: Ask, budget: Budget, calls: Calls) -> Ask:
    """Return `ask`, except that nothing is sent that could take more than is left.

    Parameters
    ----------
    ask : callable
        Sends a Request and records what comes back.
    budget : Budget
        The amount, and the Runs that it is for.
    calls : Calls
        Of the Run that asks: by them its price is found.

    Raises
    ------
    BudgetSpent
        Instead of sending, when nothing is on its way any more and still too little is left.
    """
    ahead = budget.ahead or Ahead()

    async def take(cost: float, tokens: int) -> None:
        async with ahead.line:  # the first in line alone looks whether it fits; the others would not fit either
            await fits(budget, ahead, cost, tokens)
            ahead.cost, ahead.tokens, ahead.requests = ahead.cost + cost, ahead.tokens + tokens, ahead.requests + 1
            budget.sent += 1

    async def ask_when_it_fits(request: Request) -> Response:
        cost, tokens = at_most(request, budget, calls)
        taken = take(cost, tokens)
        await (taken if budget.time is None else budget.time.waited(taken))
        try:
            return await ask(request)
        finally:
            ahead.cost, ahead.tokens, ahead.requests = ahead.cost - cost, ahead.tokens - tokens, ahead.requests - 1
            ahead.came_back.set()

    return ask_when_it_fits


async def fits(budget: Budget, ahead: Ahead, cost: float, tokens: int) -> None:
    """Return when a Request may be sent that takes at most so much."""
    while True:
        if (stop := refusal(budget)) is not None:
            raise stop
        lacking = too_little(budget, ahead.cost + cost, ahead.tokens + tokens)
        if lacking is None:
            return
        if not ahead.requests:
            raise lacking
        ahead.came_back.clear()
        await ahead.came_back.wait()


def at_most(request: Request, budget: Budget, calls: Calls) -> tuple[float, int]:
    """Return about how much money and how many tokens a Request may take, were its reply as long as it may be."""
    totals, prompt = calls.totals_of(request.role), estimated_tokens(request)
    price = next((run.price for run in budget.runs if run.totals is totals), None)
    cost = 0.0 if price is None else price.batch * price.of(prompt=prompt, completion=request.max_tokens)
    return cost, prompt + request.max_tokens


def too_little(budget: Budget, cost: float, tokens: int) -> BudgetSpent | None:
    """Return why so much more may not be taken, None while it may."""
    hint = "run the same command with a higher {}: it asks only what is missing"
    prices = [run.price for run in budget.runs if run.price is not None]
    if budget.most is not None and prices:
        taken = sum(spent(run.totals, run.price) for run in budget.runs if run.price is not None)
        if taken + cost > budget.most:
            currency = prices[0].currency
            return BudgetSpent(
                f"{money(taken, currency)} spent of {money(budget.most, currency)}, and the next request of a batch "
                f"may cost {money(cost, currency)}; every reply is recorded",
                hint=hint.format("--max-cost"),
            )
    taken_tokens = sum(run.tokens for run in budget.runs)
    if budget.most_tokens is not None and taken_tokens + tokens > budget.most_tokens:
        return BudgetSpent(
            f"{taken_tokens:,} tokens taken of {budget.most_tokens:,}, and the next request of a batch may take "
            f"{tokens:,}; every reply is recorded",
            hint=hint.format("--max-tokens"),
        )
    return None
