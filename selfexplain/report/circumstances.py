"""How a model was asked, how open it is, and what it took, as rows of text; each is empty when it is not recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selfexplain.report.sentences import Metrics

Rows = tuple[tuple[str, str], ...]
"""A name and a text each."""

SETTINGS: Mapping[str, str] = {
    "temperature": "Temperature",
    "seed": "Seed",
    "scale": "Scale of the confidence",
    "elicitation": "How it was asked",
    "draws": "Replies drawn for each answer",
    "elicits": "Asked for",
    "audience": "Explains for",
    "language": "Language",
    "about": "The confidence is about",
    "repeats": "Times each question was asked",
    "created": "Begun (UTC)",
    "batched": "Asked in batches",
    "identity": "Identity of the model",
    "not_taken": "Not taken by the provider",
    "roles": "Other models that were asked, by role",
    "versions": "Versions",
}
"""The order in which they are read; what is not listed follows under its own name."""

NOT_SET: Mapping[str, str] = {"temperature": "the provider's own", "seed": "none"}

ABOUT: Mapping[str, str] = {"own_answer": "the model's own answer", "event": "an event"}

ASPECTS: Mapping[str, tuple[str, str]] = {
    "weights": ("Weights", "can its inner workings be looked at?"),
    "parameters": ("Parameters", "is it known how large it is?"),
    "training_process": ("Training process", "is it known how it was made?"),
    "training_data": ("Training data", "is it known what it learned from?"),
    "token_probabilities": ("Token probabilities", "does it tell how likely each word was?"),
    "reasoning_text": ("Reasoning text", "is what it thinks before answering shown?"),
    "licence": ("Licence", "may it be used and examined freely?"),
}

USAGE: Mapping[str, str] = {
    "calls": "Calls",
    "failed_tries": "Failed tries",
    "prompt_tokens": "Tokens read",
    "completion_tokens": "Tokens written",
    "cached_tokens": "Tokens read from a cache",
    "without_usage": "Replies without token counts",
    "seconds": "Waiting time, summed over calls",
    "batched": "Calls that came in a batch",
}


@dataclass(frozen=True)
class Openness:
    """One aspect of a model: whether it is open, and what is known of it."""

    name: str
    question: str
    state: str
    detail: str


def settings(metrics: Metrics) -> Rows:
    """Return what was set when the model was asked."""
    given = metrics.get("settings") or {}
    names = [*(name for name in SETTINGS if name in given), *(name for name in given if name not in SETTINGS)]
    return tuple((SETTINGS.get(name, _plain(name)), _setting(name, given[name])) for name in names)


def transparency(metrics: Metrics) -> tuple[Openness, ...]:
    """Return the transparency card of the model."""
    return tuple(
        Openness(*ASPECTS.get(name, (_plain(name), "")), aspect["state"], aspect["detail"])
        for name, aspect in (metrics.get("transparency") or {}).items()
    )


def usage(metrics: Metrics) -> Rows:
    """Return what the calls took, and what that cost."""
    given = metrics.get("usage") or {}
    rows = [(USAGE.get(name, _plain(name)), _amount(name, value)) for name, value in given.items()]
    if cost := metrics.get("cost"):
        rows.append(("Cost", _cost(cost)))
        if (share := cost.get("batch_share")) is not None:
            rows.append(("Share of the price that is paid in a batch", f"{share:.0%}"))
    return tuple(rows)


def _setting(name: str, value: Any) -> str:
    if name == "about":
        return ABOUT.get(value, str(value))
    if value is None:
        return NOT_SET.get(name, "not set")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items()) or "none"
    return (", ".join(map(str, value)) or "none") if isinstance(value, list | tuple) else str(value)


def _amount(name: str, value: float | None) -> str:
    if value is None:
        return "not reported"
    return _duration(value) if name == "seconds" else f"{value:,}"


def _duration(seconds: float) -> str:
    """Write a duration for people.

    >>> _duration(41.2), _duration(123.4), _duration(7260)
    ('41.2 s', '2 min 3 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _cost(cost: Mapping[str, Any]) -> str:
    """Write an amount of money, else the reason why it is not known.

    >>> _cost({"amount": 0.0123, "currency": "USD", "unknown": None})
    '0.0123 USD'
    """
    amount = cost["amount"]
    if amount is None:
        return f"not known: {cost.get('unknown') or 'no reason was given'}"
    text = f"{amount:,.2f}" if amount >= 1 else f"{amount:.3g}"
    return " ".join(filter(None, (text, cost.get("currency"))))


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
