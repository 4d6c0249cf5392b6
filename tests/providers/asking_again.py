"""Asks as a Run does of whom a server teaches what to leave out: again at once, and nothing else again."""

from selfexplain.errors import ProviderError
from selfexplain.providers.provider import Provider
from selfexplain.records import Request, Response


async def answered(model: Provider, request: Request) -> Response:
    """Return the reply, after tries that taught which parameter to leave out; raise whatever else ends one."""
    while True:
        try:
            return await model.generate(request)
        except ProviderError as error:
            if error.again != "at once":
                raise
