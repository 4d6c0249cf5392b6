"""The one way from the verbs, which wait, into what runs asynchronously."""

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run async work to its end, also where a loop is running already, as in a notebook; an interrupt stops both."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    begun: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = concurrent.futures.Future()

    async def begin() -> T:
        task = asyncio.ensure_future(work)
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as elsewhere:
        running = elsewhere.submit(asyncio.run, begin())
        try:
            return running.result()
        except BaseException:
            if not running.done():  # an interrupt in the caller's thread must not leave requests going on in the other
                loop, task = begun.result()
                loop.call_soon_threadsafe(task.cancel)
            raise
