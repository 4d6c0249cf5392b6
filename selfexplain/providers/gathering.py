"""Questions that come one by one are answered many at once: who waits is gathered, and one thread does the work."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

LINGER_SECONDS = 0.02
"""How long a batch that has room waits for more: what was just answered is on disk by then, and the next is asked."""

Asked = TypeVar("Asked")
Said = TypeVar("Said")
T = TypeVar("T")


class Seat(Generic[Asked, Said]):
    """One place in a batch: what is asked, and the way to tell who waits for it, from any thread."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._loop = asyncio.get_running_loop()
        self.said: asyncio.Future[Said] = self._loop.create_future()

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits any more: answered, or gone away."""
        return self.said.done()

    def answer(self, said: Said) -> None:
        """Tell who waits; whoever has gone away in the meantime hears nothing."""
        self._tell(lambda: self.said.set_result(said))

    def fail(self, error: BaseException) -> None:
        """Tell who waits that there is no answer."""
        self._tell(lambda: self.said.set_exception(error))

    def _tell(self, tell: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(lambda: None if self.said.done() else tell())
        except RuntimeError:  # the loop is closed: nobody is left to hear it
            return


class Gathering(Generic[Asked, Said]):
    """The line in front of one worker thread, which takes as many at once as fit.

    Parameters
    ----------
    work : callable
        Gets the Seats of a batch and an Event; answers or fails each Seat, and returns soon after the Event is set.
        It runs in the worker thread.
    how_many : callable
        Gets what all that wait have asked, first come first; returns how many of them, at least 1, go together.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Seat[Asked, Said]], threading.Event], None],
        how_many: Callable[[Sequence[Asked]], int],
    ) -> None:
        self._work, self._how_many = work, how_many
        self._waiting: list[Seat[Asked, Said]] = []
        self._thread: ThreadPoolExecutor | None = None
        self._serving: asyncio.Task[None] | None = None

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Return what a function returns in the worker thread, where it has the model for itself."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def ask(self, asked: Asked) -> Said:
        """Return the answer to one question, which is answered together with those that wait beside it."""
        seat: Seat[Asked, Said] = Seat(asked)
        self._waiting.append(seat)
        if self._serving is None or self._serving.done():  # also when it belonged to a loop that has ended
            self._serving = asyncio.create_task(self._serve())
        return await seat.said

    async def _serve(self) -> None:
        while self._waiting:
            if self._how_many([seat.asked for seat in self._waiting]) == len(self._waiting):
                await asyncio.sleep(LINGER_SECONDS)
            self._waiting = [seat for seat in self._waiting if not seat.is_empty]
            if not self._waiting:
                return
            n = self._how_many([seat.asked for seat in self._waiting])
            batch, self._waiting = self._waiting[:n], self._waiting[n:]
            await self._answer(batch)

    async def _answer(self, batch: Sequence[Seat[Asked, Said]]) -> None:
        enough = threading.Event()
        try:
            await self.in_thread(lambda: self._work(batch, enough))
        except asyncio.CancelledError:
            enough.set()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            for seat in batch:
                seat.fail(error)

    async def aclose(self) -> None:
        """End the thread, after the step that it is in."""
        if self._serving is not None:
            self._serving.cancel()
        thread, self._thread, self._serving = self._thread, None, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown, cancel_futures=True)
