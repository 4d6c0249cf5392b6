"""Which optional parameters a server takes is found out by one Request, for which others that ask for the same wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Any

from selfexplain.errors import ProviderError
from selfexplain.records import Ask, Request, Response

Waiting = Callable[[Awaitable[Any]], Awaitable[Any]]
"""From a wait to one that may end sooner, by raising."""


def patient(wait: Awaitable[Any]) -> Awaitable[Any]:
    """Return a wait as it is: however long it takes."""
    return wait


class FirstAlone:
    """Lets the first Request go alone that asks for what no Request before it has asked for.

    A refused parameter is a call that was sent, is counted and recorded: of many at once each would pay for what one
    can find out. Whatever else comes of the first one, the others follow: a server that is in trouble, or slow, is
    waited for once.
    """

    def __init__(self) -> None:
        self._settled: set[str] = set()
        self._trying: asyncio.Event | None = None
        self._whose: asyncio.Task[Any] | None = None

    def knows(self, asked: AbstractSet[str]) -> bool:
        """Tell whether nothing needs finding out."""
        return asked <= self._settled

    @asynccontextmanager
    async def of(
        self,
        asked: Callable[[], AbstractSet[str]],
        *,
        waiting: Waiting = patient,
    ) -> AsyncIterator[None]:
        """Wait for one's turn, and find out, in a block that sends; within such a block of one's own, do neither.

        Parameters
        ----------
        asked : callable
            Returns the parameters that would be sent now: fewer, when one has been refused meanwhile.
        waiting : callable
            From a wait for the first one to a wait that may end sooner, by raising.
        """
        me = asyncio.current_task()
        while not self.knows(asked()) and self._trying is not None and self._whose is not me:
            await waiting(self._trying.wait())
        if self.knows(asked()) or self._trying is not None:
            yield
            return
        trying, sent = asyncio.Event(), asked()
        self._trying, self._whose = trying, me
        try:
            yield
        except ProviderError as error:
            if error.again != "at once":
                self._settled |= sent
            raise
        else:
            self._settled |= sent
        finally:  # also where it was cancelled: then the next one finds out
            self._trying = self._whose = None
            trying.set()


def first_alone(
    send: Ask,
    by_role: Mapping[str, Any],
    *,
    waiting: Waiting = patient,
) -> Ask:
    """Return `send`, for which whoever waits for the first Request to find out has not begun.

    A Provider makes them wait, too, where it is asked by itself. But who waits there holds a place in flight, is
    counted as a call, and goes as soon as the first is back, whatever that one has brought: the end of the time, a
    wrong key, a server that wants peace.

    Parameters
    ----------
    send : callable
        Sends a Request in its turn.
    by_role : mapping of role to Provider
        Who is asked; those that find nothing out have no `first_alone`.
    waiting : callable
        From a wait to one that may end sooner, by raising.
    """
    gates = {role: gate for role, each in by_role.items() if (gate := getattr(each, "first_alone", None)) is not None}

    async def send_after_the_first(request: Request) -> Response:
        gate = gates.get(request.role)
        turn = None if gate is None else gate(request, waiting=waiting)
        if turn is None:
            return await send(request)
        async with turn:
            return await send(request)

    return send_after_the_first
