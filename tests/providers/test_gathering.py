"""Who waits at the same time is answered at the same time, by one thread; without any model."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from selfexplain.providers import gathering as gathering_module
from selfexplain.providers.gathering import Gathering, Seat

Work = Callable[[Sequence[Seat[int, int]], threading.Event], None]


def gathering(work: Work, *, most: int = 3) -> Gathering[int, int]:
    return Gathering(work, lambda asked: min(most, len(asked)))


async def test_as_many_as_fit_go_together_first_come_first() -> None:
    """Seven with three at once: 3, 3, 1."""
    batches: list[list[int]] = []

    def double(batch: Sequence[Seat[int, int]], _: threading.Event) -> None:
        batches.append([seat.asked for seat in batch])
        for seat in batch:
            seat.answer(2 * seat.asked)

    line = gathering(double)
    answers = await asyncio.gather(*map(line.ask, range(7)))
    await line.aclose()

    assert answers == [0, 2, 4, 6, 8, 10, 12]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_a_batch_that_has_room_waits_for_who_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next question is asked when the reply to the last is on disk."""
    batches: list[int] = []

    def note(batch: Sequence[Seat[int, int]], _: threading.Event) -> None:
        batches.append(len(batch))
        for seat in batch:
            seat.answer(0)

    monkeypatch.setattr(gathering_module, "LINGER_SECONDS", 0.3)
    line = gathering(note)
    first = asyncio.create_task(line.ask(1))
    for _ in range(5):
        await asyncio.sleep(0)
    await asyncio.gather(first, line.ask(2))
    await line.aclose()

    assert batches == [2]


async def test_a_batch_that_breaks_fails_those_that_are_not_answered_yet() -> None:
    """The next batch is another matter."""

    def first_only(batch: Sequence[Seat[int, int]], _: threading.Event) -> None:
        batch[0].answer(1)
        if len(batch) > 1:
            raise OSError("broken")

    line = gathering(first_only)
    answers = await asyncio.gather(*map(line.ask, range(4)), return_exceptions=True)
    await line.aclose()

    assert answers[0] == 1
    assert [type(each) for each in answers[1:3]] == [OSError, OSError]
    assert answers[3] == 1


async def test_who_has_left_the_line_is_not_asked_for() -> None:
    """Neither does the work begin where all have left."""
    batches: list[list[int]] = []

    def note(batch: Sequence[Seat[int, int]], _: threading.Event) -> None:
        batches.append([seat.asked for seat in batch])
        for seat in batch:
            seat.answer(0)

    line = gathering(note)
    for leaving in ({0}, {0, 1}):
        tasks = [asyncio.create_task(line.ask(place)) for place in range(2)]
        await asyncio.sleep(0)
        for place in leaving:
            tasks[place].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await line.aclose()

    assert batches == [[1]]


async def test_closing_tells_the_work_to_end() -> None:
    """It would go on for ever."""
    begun, ended = threading.Event(), threading.Event()

    def endless(_: Sequence[Seat[int, int]], enough: threading.Event) -> None:
        begun.set()
        assert enough.wait(timeout=60)
        ended.set()

    line = gathering(endless)
    task = asyncio.create_task(line.ask(1))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await line.aclose()

    assert ended.is_set()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_line_outlives_its_loop() -> None:
    """Cut off in the middle of its work, it serves the next loop."""
    begun = threading.Event()

    def slow_at_first(batch: Sequence[Seat[int, int]], enough: threading.Event) -> None:
        if not begun.is_set():
            begun.set()
            assert enough.wait(timeout=60)
        for seat in batch:
            seat.answer(seat.asked)

    line = gathering(slow_at_first)

    async def cut_off() -> None:
        waiting = asyncio.create_task(line.ask(1))
        await asyncio.to_thread(begun.wait)
        waiting.cancel()

    asyncio.run(cut_off())

    assert asyncio.run(line.ask(5)) == 5
    asyncio.run(line.aclose())
