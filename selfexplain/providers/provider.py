"""What every adapter promises."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from selfexplain.records import Request, Response


@runtime_checkable
class Provider(Protocol):
    """Something that answers Requests.

    A class with a `prefix` and this protocol is found by `-m PREFIX/NAME`; its constructor takes NAME, and
    `base_url` by keyword where it can use one.
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


def wanted(request: Request) -> set[str]:
    """Return the optional parameters that a Request asks for: what is not sent of them stands in `dropped`."""
    present = {"temperature": request.temperature is not None, "seed": request.seed is not None}
    present |= {"logprobs": request.logprobs, "top_logprobs": request.logprobs and request.top_logprobs > 0}
    present |= {"grammar": request.grammar is not None}
    return {name for name, is_there in present.items() if is_there}
