"""Which optional parameters a server takes is found out by one Request, for which others that ask for the same wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager

from selfexplain.errors import ProviderError


class FirstAlone:
    """Lets the first Request go alone that asks for what no Request before it has asked for.

    A refused parameter is a call that was sent, is counted and recorded: of many at once each would pay for what one
    can find out. Whatever else comes of the first one, the others follow: a server that is in trouble, or slow, is
    waited for once.
    """

    def __init__(self) -> None:
        self._settled: set[str] = set()
        self._trying: asyncio.Event | None = None

    def knows(self, asked: AbstractSet[str]) -> bool:
        """Tell whether nothing needs finding out."""
        return asked <= self._settled

    @asynccontextmanager
    async def of(self, asked: Callable[[], AbstractSet[str]]) -> AsyncIterator[None]:
        """Wait for one's turn, and find out, in a block that sends.

        Parameters
        ----------
        asked : callable
            Returns the parameters that would be sent now: fewer, when one has been refused meanwhile.
        """
        while not self.knows(asked()) and self._trying is not None:
            await self._trying.wait()
        if self.knows(asked()):
            yield
            return
        trying, sent = asyncio.Event(), asked()
        self._trying = trying
        try:
            yield
        except ProviderError as error:
            if error.again != "at once":
                self._settled |= sent
            raise
        else:
            self._settled |= sent
        finally:  # also where it was cancelled: then the next one finds out
            self._trying = None
            trying.set()
