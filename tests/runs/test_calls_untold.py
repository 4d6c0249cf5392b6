"""Faults between a reply and its line: whoever waits for the line is told, and nothing is sent that cannot be kept."""

import asyncio
from pathlib import Path

import pytest

from selfexplain.errors import InputError, ProviderError
from selfexplain.records import Message, Request, Response
from selfexplain.runs.calls import Calls, read_calls, recorded

REQUEST = Request("q1", (Message("user", "2 + 2?"),), 16)
REPLY = Response("completed", "4")


async def fails(_: Request) -> Response:
    raise ProviderError("no", kind="bad_request")


async def replies(_: Request) -> Response:
    return REPLY


async def after_a_failed_try(folder: Path) -> None:
    """Leave a file with one failed try, as an earlier process does."""
    calls = Calls(folder)
    with pytest.raises(ProviderError):
        await recorded(fails, calls)(REQUEST)
    await calls.aclose()


async def in_time(work: asyncio.Future[Response]) -> Response:
    """Return what comes of it; the limit is reached only where somebody waits for ever."""
    return await asyncio.wait_for(work, 20)


async def test_without_room_for_a_thread_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is full of processes refuses with an error that is not the system's own."""

    async def full(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    calls = Calls(tmp_path)
    monkeypatch.setattr(asyncio, "to_thread", full)
    with pytest.raises(InputError, match=r"cannot write to .*: can't start new thread") as caught:
        await in_time(asyncio.ensure_future(recorded(replies, calls)(REQUEST)))
    monkeypatch.undo()
    kept = await recorded(replies, calls)(REQUEST)
    await calls.aclose()

    assert "it resumes" in (caught.value.hint or "")
    assert [call.response for call in read_calls(tmp_path)] == [kept]


async def test_a_bug_in_the_writer_is_told_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> int:
        raise ZeroDivisionError

    calls = Calls(tmp_path)
    monkeypatch.setattr(calls, "_write", broken)
    with pytest.raises(ZeroDivisionError):
        await in_time(asyncio.ensure_future(recorded(replies, calls)(REQUEST)))
    await calls.aclose()


async def test_what_cannot_be_looked_up_afterwards_is_told_and_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of an earlier try is lost while the line is written, or no descriptor is left to read it."""
    await after_a_failed_try(tmp_path)
    calls = Calls(tmp_path)
    written = calls._write

    def write_and_lose(lines: bytes) -> int:
        start = written(lines)
        (tmp_path / "0001.jsonl").rename(tmp_path / "lost")
        return start

    monkeypatch.setattr(calls, "_write", write_and_lose)
    with pytest.raises(InputError, match="cannot read"):
        await in_time(asyncio.ensure_future(recorded(replies, calls)(REQUEST)))
    await calls.aclose()

    assert [call.response for call in read_calls(tmp_path)] == [REPLY]


async def test_what_cannot_be_looked_up_before_is_not_asked(tmp_path: Path) -> None:
    """Asked all the same, its reply would come and could not be kept."""
    await after_a_failed_try(tmp_path)
    calls, sent = Calls(tmp_path), []
    (tmp_path / "0001.jsonl").rename(tmp_path / "lost")

    async def send(request: Request) -> Response:
        sent.append(request)
        return REPLY

    with pytest.raises(InputError, match="cannot read"):
        await recorded(send, calls)(REQUEST)

    assert sent == []


async def test_where_no_file_can_be_made_nothing_is_asked(tmp_path: Path) -> None:
    """No descriptor is left, say: the reply would come and could not be kept."""
    sent = []

    async def send(request: Request) -> Response:
        sent.append(request)
        return REPLY

    calls = Calls(tmp_path / "calls")
    (tmp_path / "calls").write_text("no folder")
    with pytest.raises(InputError, match="cannot write to"):
        await recorded(send, calls)(REQUEST)

    assert sent == []


async def test_each_try_has_its_number(tmp_path: Path) -> None:
    """Also over two processes."""
    await after_a_failed_try(tmp_path)
    await after_a_failed_try(tmp_path)
    calls = Calls(tmp_path)
    await recorded(replies, calls)(REQUEST)
    await calls.aclose()

    assert [call.attempt for call in read_calls(tmp_path)] == [1, 2, 3]
