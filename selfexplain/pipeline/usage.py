"""What a Run used and what that costs, as `metrics.json` says it; a number that nobody stated is null, never 0."""

from typing import Any

from selfexplain.runs.totals import Totals
from selfexplain.settings import Price


def usage_of(totals: Totals) -> dict[str, Any]:
    """Return calls, tokens and seconds, summed over all recorded calls of a Run, also those of earlier processes.

    `calls` are the tries that got a reply, `failed_tries` the others; tokens are sums over the replies that stated
    theirs, null when none did. `batched`, where there are any: replies that came in a batch.
    """
    known = totals.with_usage > 0
    return {
        "calls": totals.replies,
        "failed_tries": totals.failed_tries,
        "prompt_tokens": totals.prompt if known else None,
        "completion_tokens": totals.completion if known else None,
        "cached_tokens": totals.cached if known else None,
        "without_usage": totals.without_usage,
        "seconds": round(totals.seconds, 3),
        **({"batched": totals.batched} if totals.batched else {}),
    }


def cost_of(totals: Totals, price: Price | None, *, model: str) -> dict[str, Any]:
    """Return what the recorded calls cost, or why that is unknown.

    Failed tries count as free. A local model has no price either until its user sets one: nobody else knows what
    their electricity costs.
    """
    if price is None:
        return unknown(no_price(model))
    if totals.without_usage:
        return unknown(f"{totals.without_usage} of {totals.replies} replies did not state their tokens", price.currency)
    return known(spent(totals, price), price, in_batches=totals.batched > 0)


def spent(totals: Totals, price: Price) -> float:
    """Return the cost of all tokens that were stated; those that came in a batch cost `price.batch` of it."""
    whole = price.of(prompt=totals.prompt, completion=totals.completion, cached=totals.cached)
    in_batches = price.of(
        prompt=totals.batched_prompt, completion=totals.batched_completion, cached=totals.batched_cached
    )
    return whole - (1 - price.batch) * in_batches


def known(amount: float, price: Price, *, in_batches: bool = False) -> dict[str, Any]:
    """Return a cost that is known; with `batch_share`, the share of the price that is paid in a batch, if one is."""
    share = {"batch_share": price.batch} if in_batches else {}
    return {"amount": round(amount, 9), "currency": price.currency, "unknown": None, **share}


def unknown(why: str, currency: str | None = None) -> dict[str, Any]:
    """Return a cost that is not known, with its reason."""
    return {"amount": None, "currency": currency, "unknown": why}


def no_price(model: str) -> str:
    """Return the reason for an unknown cost that every Run without a price has."""
    return f"no price is set for {model}"
