"""What can go wrong, as a person needs to hear it.

::

    SelfexplainError           a sentence, and a hint that says what to do
    ├── InputError             what the user gave cannot be used: a file, an option, a template
    │   ├── NothingAsked       a Run holds no answer yet
    │   └── NothingUsable      answers are there, and not one of them can be measured
    ├── BudgetSpent            what a Run may cost is spent; what was asked is kept
    ├── ProviderError          the model's server refused, failed or went away; `kind` says how
    │   └── ReplyError         a reply arrived and is not what the protocol promises
    └── Undefined              a metric has no value here; the reason is the message
"""

from typing import Literal

ProviderFailure = Literal[
    "auth",  # no key or a wrong one: the Run stops
    "quota",  # no money left: the Run stops
    "unavailable",  # nothing listens there, or the model does not exist: the Run stops
    "rate",  # too many requests: wait
    "overloaded",  # the server is in trouble: wait
    "timeout",
    "connection",
    "context_too_long",  # this Item does not fit
    "bad_request",  # this request is refused, whatever it is
    "bad_reply",  # a reply that cannot be read as one
]

FATAL: frozenset[ProviderFailure] = frozenset({"auth", "quota", "unavailable"})
"""Failures that asking the next Item cannot mend: the Run stops at once and stays resumable."""

Again = Literal[
    "at once",  # the try has taught what to leave out
    "later",  # the server says that it is worth it
    "never",  # the server says that it is not
]
"""When to ask again, where a failure says more of that than its kind."""

TRANSIENT: frozenset[ProviderFailure] = frozenset({"rate", "overloaded", "timeout", "connection"})
"""Failures that waiting may mend."""


class SelfexplainError(Exception):
    """Anything that selfexplain raises on purpose.

    Parameters
    ----------
    message : str
        Where it happened, what was found, what was expected.
    hint : str, optional
        What to do about it, as an instruction.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class InputError(SelfexplainError):
    """What the user gave cannot be used: a row, a value, an option, a template."""


class NothingAsked(InputError):  # noqa: N818 - reads as the state it is
    """A Run holds no answer yet; of a small shard that may be all there is to say."""


class NothingUsable(InputError):  # noqa: N818 - reads as the state it is
    """Answers are there, and not one of them can be measured; the message counts the reasons."""


class BudgetSpent(SelfexplainError):  # noqa: N818 - a state of a Run, which goes on with more, not a failure
    """What a Run may cost is spent, or can no longer be told; what was asked is recorded, and the Run can go on."""


class ProviderError(SelfexplainError):
    """A request did not come back with a reply.

    Parameters
    ----------
    kind : str
        One of `ProviderFailure`; decides whether to wait, to give up this Item or to stop the Run.
    retry_after : float, optional
        Seconds that the server asked us to wait.
    batch : str, optional
        The provider's name of the batch in which the request was asked.
    again : str, optional
        One of `Again`, by default what follows from the kind.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ProviderFailure,
        hint: str | None = None,
        retry_after: float | None = None,
        batch: str | None = None,
        again: Again | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind: ProviderFailure = kind
        self.retry_after, self.batch = retry_after, batch
        self.again: Again | None = again


class ReplyError(ProviderError):
    """A reply arrived that is not what the protocol promises, such as a proxy's HTML page."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, kind="bad_reply", hint=hint)


class Undefined(SelfexplainError):  # noqa: N818 - reads as a state in `raise Undefined("…")`, and is one
    """A metric has no value for this table; the message is the reason that files and pages show."""
