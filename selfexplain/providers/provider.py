"""What every adapter promises."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from selfexplain.errors import InputError
from selfexplain.records import Request, Response, Transparency


@runtime_checkable
class Provider(Protocol):
    """Something that answers Requests.

    A class with a `prefix` and this protocol is found by `-m PREFIX/NAME`; its constructor takes NAME, and
    `base_url` and `api_key` by keyword where it can use them. It may also have a `transparency`, a
    [Transparency](../records.py) that says what it knows of its model; without one nothing is known. And a `stated`, a
    [Stated](stated_limits.py) that it tells what its server says of its limits; without one they are found out. And a
    `first_alone`, of a [FirstAlone](first_alone.py), where a Request may find out for others what is refused.
    """

    name: str
    """`prefix/NAME`, as it stands in files and on pages; never holds a secret."""

    concurrency: int
    """How many requests at once it can make use of."""

    identity: Mapping[str, str]
    """What else decides its replies (an address, a file's sha256): part of the Run's hash, so no secrets."""

    async def generate(self, request: Request) -> Response:
        """Send one Request; raise ProviderError when no whole reply came back."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and servers."""
        ...


def transparency_of(provider: Provider) -> Transparency:
    """Return what a provider says of its model; one that says nothing leaves everything unknown.

    Raises
    ------
    InputError
        When what it says is not a Transparency.
    """
    card = getattr(provider, "transparency", None)
    if card is None:
        return Transparency()
    if not isinstance(card, Transparency):
        raise InputError(
            f"the `transparency` of {provider.name} is a {type(card).__name__}; expected a Transparency",
            hint="make one with selfexplain.records.Transparency, or leave the attribute out",
        )
    return card


def wanted(request: Request) -> set[str]:
    """Return the optional parameters that a Request asks for: what is not sent of them stands in `dropped`."""
    present = {"temperature": request.temperature is not None, "seed": request.seed is not None}
    present |= {"logprobs": request.logprobs, "top_logprobs": request.logprobs and request.top_logprobs > 0}
    present |= {"grammar": request.grammar is not None, "effort": request.effort is not None}
    present |= {"form": request.form is not None}
    return {name for name, is_there in present.items() if is_there}
