"""Recorded calls: what is on disk, when, and what a fault leaves behind."""

import asyncio
import errno
import itertools
import math
import resource
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.errors import InputError, ProviderError
from selfexplain.records import Call, Failure, Message, Request, Response, Token, Usage, encode
from selfexplain.runs import calls as calls_module
from selfexplain.runs.calls import (
    Calls,
    NotAsked,
    next_writer,
    read_calls,
    recorded,
    remembered,
    replayed,
    whole_characters,
)


def request(item: str = "q1", *, repeat: int = 0, draw: int = 0) -> Request:
    return Request(item, (Message("user", "What is 2 + 2?"),), 16, repeat, draw)


def call(item: str, text: str = "4", *, attempt: int = 1) -> Call:
    asked = request(item)
    return Call(asked.key, asked, Response("completed", text), "2026-11-24T00:00:00.000+00:00", 0.5, attempt)


def answering(text: str = "4") -> Callable[[Request], Awaitable[Response]]:
    async def ask(_: Request) -> Response:
        return Response("completed", text)

    return ask


def lines(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines(keepends=True)]


async def test_a_call_is_on_disk_before_append_returns(tmp_path: Path) -> None:
    """Another handle reads it, synced, while the writer is still open."""
    calls = Calls(tmp_path / "calls")
    await calls.append(call("q1"))

    assert list(read_calls(tmp_path / "calls")) == [call("q1")]
    assert calls.reply(call("q1").key) == Response("completed", "4")
    await calls.aclose()


async def test_the_reply_is_on_disk_before_anybody_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole line is written, then synced to disk, then the asker has the answer."""
    order: list[str] = []
    monkeypatch.setattr(calls_module, "sync_to_disk", lambda _: order.append(f"synced {len(lines(tmp_path))}"))
    calls = Calls(tmp_path)
    await recorded(answering(), calls)(request())
    order.append("seen")
    await calls.aclose()

    assert order == ["synced 1", "seen"]


async def test_concurrent_appends_share_a_sync_and_are_all_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred at once: the first group is one, the rest gathers while it is written."""
    syncs: list[int] = []
    monkeypatch.setattr(calls_module, "sync_to_disk", syncs.append)
    calls = Calls(tmp_path)
    await asyncio.gather(*(calls.append(call(f"q{number}", "4" * number)) for number in range(200)))
    await calls.aclose()
    told = [calls.reply(call(f"q{number}").key) for number in range(200)]

    assert sorted(read.request.item for read in read_calls(tmp_path)) == sorted(f"q{number}" for number in range(200))
    assert told == [Response("completed", "4" * number) for number in range(200)], "each has its own, not a neighbour's"
    assert 1 <= len(syncs) <= 3
    assert next_writer(tmp_path).name == "0002.jsonl"


async def test_a_full_disk_is_an_input_error_and_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every asker of the group hears it; nothing of the group is remembered or left in a file; the next group works."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    calls = Calls(tmp_path)
    await calls.append(call("q0"))
    with monkeypatch.context() as patched:
        patched.setattr(calls_module, "sync_to_disk", full)
        ends = await asyncio.gather(*(calls.append(call(f"q{n}")) for n in (1, 2)), return_exceptions=True)

    told = f"cannot write to {tmp_path}: No space left on device"
    hint = "make room or mend the permissions, then run the same command: it resumes"
    assert [str(end) for end in ends] == [f"{told}\nhint: {hint}"] * 2
    assert all(isinstance(end, InputError) for end in ends)
    assert calls.reply(call("q1").key) is None
    assert calls.attempts(call("q1").key) == 0
    assert lines(tmp_path) == [encode(call("q0")) + b"\n"]

    await calls.append(call("q1"))
    await calls.aclose()
    assert list(read_calls(tmp_path)) == [call("q0"), call("q1")]


async def test_half_a_line_does_not_stay_before_the_next(tmp_path: Path) -> None:
    """A real short write: the system takes ten bytes of the line, then says that the file is too large."""
    calls = Calls(tmp_path)
    await calls.append(call("q0"))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = len(b"".join(lines(tmp_path)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limit[1]))
    try:
        with pytest.raises(InputError, match=r"cannot write to .*: File too large"):
            await calls.append(call("q1"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    await calls.append(call("q2"))
    await calls.aclose()

    assert list(read_calls(tmp_path)) == [call("q0"), call("q2")]


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "calls").write_text("")
    calls = Calls(tmp_path / "calls" / "inside")

    with pytest.raises(InputError, match=r"cannot write to .*: Not a directory"):
        await calls.append(call("q1"))
    await calls.aclose()


async def test_a_torn_last_line_is_left_out_and_a_new_writer_takes_a_new_file(tmp_path: Path) -> None:
    """What `kill -9` leaves: the torn call counts as in flight and is asked again; its bytes are not touched."""
    torn = encode(call("q1")) + b"\n" + encode(call("q2"))[:40]
    (tmp_path / "0001.jsonl").write_bytes(torn)
    calls = Calls(tmp_path)

    assert calls.reply(call("q1").key) is not None
    assert calls.reply(call("q2").key) is None
    await calls.append(call("q2"))
    await calls.aclose()
    assert (tmp_path / "0001.jsonl").read_bytes() == torn
    assert list(read_calls(tmp_path)) == [call("q1"), call("q2")]
    assert calls.was_there(call("q1").key)
    assert not calls.was_there(call("q2").key)


async def test_files_of_other_names_are_nobodys_writers(tmp_path: Path) -> None:
    """A user's copy `old.jsonl` is read and never written to; ² is a digit and no number."""
    for name in ("0007.jsonl", "old.jsonl", "².jsonl"):
        (tmp_path / name).write_bytes(b"")
    calls = Calls(tmp_path)
    await calls.append(call("q1"))
    await calls.aclose()

    assert (tmp_path / "0008.jsonl").read_bytes() == encode(call("q1")) + b"\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "Input data was truncated"),
        (b"", "Input data was truncated"),
        (b"[1]", "Expected `object`, got `array`"),
        (encode(call("q1"))[:-40] + b"}", "JSON is malformed"),
        (b"\xff", "JSON is malformed"),
        (b'{"key": ' * 100_000, "Expected `str`, got `object`"),
        (b'{"unknown": ' + b"[" * 200_000, "maximum recursion depth exceeded"),
        (encode(call("q1")).replace(b'"4"', b'"\xff"'), "'utf-8' codec can't decode byte 0xff"),
        (encode(call("q1")).replace(b'"4"', rb'"\ud800"'), "JSON is malformed"),
    ],
)
def test_a_broken_line_in_the_middle_names_file_and_line(tmp_path: Path, line: bytes, told: str) -> None:
    """It is no crash's doing: somebody or something changed the file."""
    good = encode(call("q1")) + b"\n"
    (tmp_path / "0001.jsonl").write_bytes(good + line + b"\n" + good)

    with pytest.raises(InputError) as caught:
        list(read_calls(tmp_path))
    assert caught.value.message.startswith(f"{tmp_path / '0001.jsonl'}, line 2: not a recorded call (")
    assert told in caught.value.message
    assert caught.value.hint == "the file was changed or damaged: move that line elsewhere, and its Item is asked again"


@pytest.mark.parametrize("line", [msgspec.structs.replace(call("q1"), schema_version=2), {"schema_version": 2}])
def test_a_call_of_a_newer_schema_is_refused(tmp_path: Path, line: object) -> None:
    """To read it as if it were ours might be to misread it; one of another form is not damaged, and stays."""
    (tmp_path / "0001.jsonl").write_bytes(encode(line) + b"\n")

    with pytest.raises(
        InputError, match=r"line 1: schema 2; this selfexplain reads up to 1\nhint: upgrade selfexplain"
    ):
        Calls(tmp_path)


async def test_a_file_deleted_meanwhile_is_not_written_to_in_silence(tmp_path: Path) -> None:
    """The system takes every byte for a file without a name; the next group begins a new one."""
    calls = Calls(tmp_path / "calls")
    await calls.append(call("q1"))
    shutil.rmtree(tmp_path / "calls")

    with pytest.raises(InputError, match=r"cannot write to .*: 0001\.jsonl was deleted while the Run went on"):
        await calls.append(call("q2"))
    assert calls.reply(call("q2").key) is None
    await calls.append(call("q2"))
    await calls.aclose()
    assert list(read_calls(tmp_path / "calls")) == [call("q2")]


async def test_a_failed_try_is_recorded_and_never_a_reply(tmp_path: Path) -> None:
    """It is asked again, and attempts count on, in this process and the next."""
    tries = itertools.count(1)

    async def fails_twice(_: Request) -> Response:
        if next(tries) < 3:
            raise ProviderError("too many requests", kind="rate", hint="wait")
        return Response("completed", "4")

    calls = Calls(tmp_path)
    ask = remembered(recorded(fails_twice, calls), calls)
    with pytest.raises(ProviderError, match="too many"):
        await ask(request())
    assert calls.reply(request().key) is None
    assert calls.outcome(request().key) == Response("failed", failure=Failure("rate", "too many requests"))
    await calls.aclose()

    calls = Calls(tmp_path)
    ask = remembered(recorded(fails_twice, calls), calls)
    with pytest.raises(ProviderError, match="too many"):
        await ask(request())
    assert [await ask(request()), await ask(request())] == [Response("completed", "4")] * 2
    await calls.aclose()

    assert [(read.attempt, read.response.outcome) for read in read_calls(tmp_path)] == [
        (1, "failed"),
        (2, "failed"),
        (3, "completed"),
    ]
    assert Calls(tmp_path).outcome(request().key) == Response("completed", "4")
    assert Calls(tmp_path).attempts(request().key) == 3


async def test_replay_sends_nothing(tmp_path: Path) -> None:
    """A recorded reply or failure comes back; what was never asked is a state of its own."""
    (tmp_path / "0001.jsonl").write_bytes(encode(call("q1")) + b"\n")
    ask = replayed(Calls(tmp_path))

    assert await ask(request("q1")) == Response("completed", "4")
    with pytest.raises(NotAsked):
        await ask(request("q2"))


@pytest.mark.parametrize(("seconds", "counts"), [((0, 0), "one"), ((1, 2), "one"), ((2, 1), "two")])
async def test_of_two_replies_to_one_request_the_first_counts(
    tmp_path: Path, seconds: tuple[int, int], counts: str
) -> None:
    """Also when merged shards asked twice, whatever their files are called: read again, a Run says the same again."""
    for name, text, second in zip(("0001", "0002"), ("one", "two"), seconds, strict=True):
        said = msgspec.structs.replace(call("q1", text), started=f"2026-11-24T00:00:0{second}.000+00:00")
        (tmp_path / f"{name}.jsonl").write_bytes(encode(said) + b"\n")

    assert await replayed(Calls(tmp_path))(request("q1")) == Response("completed", counts)


async def test_two_keys_that_share_their_first_half_are_two_requests(tmp_path: Path) -> None:
    """The index knows only that half; the line itself says which of the two it answers."""
    one = msgspec.structs.replace(call("q1", "one"), key="f" * 16 + "1" * 16)
    other = msgspec.structs.replace(call("q2", "other"), key="f" * 16 + "2" * 16)
    failed = Response("failed", failure=Failure("rate", "wait"))
    calls = Calls(tmp_path)
    for each in (msgspec.structs.replace(one, response=failed), other, one):
        await calls.append(each)
    await calls.aclose()

    for found in (calls, Calls(tmp_path)):
        assert [found.outcome(each.key) for each in (one, other)] == [one.response, other.response]
        assert found.reply("f" * 16 + "3" * 16) is None
        assert found.attempts("f" * 32) == 0


async def test_a_line_changed_while_the_run_goes_on_is_told(tmp_path: Path) -> None:
    """Its reply is not in memory any more: what the file says now is all there is."""
    calls = Calls(tmp_path)
    await calls.append(call("q1"))
    await calls.append(call("q2"))
    await calls.aclose()
    path = tmp_path / "0001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"item":"q2"', b'"item": q2"'))

    assert calls.reply(call("q1").key) == Response("completed", "4")
    with pytest.raises(InputError, match=r"0001\.jsonl, line 2: not a recorded call"):
        calls.reply(call("q2").key)


async def test_a_cancelled_asker_loses_nothing_of_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled while its line is being written: the line is there whole and counted; the others hear nothing."""
    writing, may_go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_in_the_thread(_: int) -> None:
        loop.call_soon_threadsafe(writing.set)
        asyncio.run_coroutine_threadsafe(may_go_on.wait(), loop).result()

    monkeypatch.setattr(calls_module, "sync_to_disk", wait_in_the_thread)
    calls = Calls(tmp_path)
    cancelled = asyncio.create_task(calls.append(call("q1")))
    same_group = asyncio.create_task(calls.append(call("q2")))
    await writing.wait()
    next_group = asyncio.create_task(calls.append(call("q3")))
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    may_go_on.set()
    await asyncio.gather(same_group, next_group)
    await calls.aclose()

    assert list(read_calls(tmp_path)) == [call("q1"), call("q2"), call("q3")]
    assert calls.attempts(call("q1").key) == 1
    assert calls.reply(call("q1").key) == Response("completed", "4")


async def test_what_was_asked_is_counted_and_what_was_dropped_is_known(tmp_path: Path) -> None:
    """For whoever reads the Run: each Item once in each repeat, and parameters that some reply came without."""
    calls = Calls(tmp_path)

    async def ask(_: Request) -> Response:
        return Response("completed", "4", dropped=("seed",))

    for asked in (request("b"), request("a"), request("b", repeat=1), request("b", draw=1)):
        await recorded(ask, calls)(asked)
    await calls.aclose()

    for each in (calls, Calls(tmp_path)):
        assert (each.asked, each.repeats) == (3, {0, 1})
        assert each.dropped == {"seed"}


async def test_half_a_character_becomes_the_replacement_character(tmp_path: Path) -> None:
    """JSON over the wire can hold a lone surrogate, UTF-8 cannot: what is seen now is what the file will say later."""

    async def ask(_: Request) -> Response:
        return Response("completed", "a\ud800b", (Token("a\ud800", -0.5), Token("b", -1.0)), "m\udfff", "\ud800")

    calls = Calls(tmp_path)
    seen = await recorded(ask, calls)(request())
    await calls.aclose()

    assert seen == Response("completed", "a\ufffdb", (Token("a\ufffd", -0.5), Token("b", -1.0)), "m\ufffd", "\ufffd")
    assert Calls(tmp_path).reply(request().key) == seen


async def test_a_failure_may_hold_half_a_character_too(tmp_path: Path) -> None:
    """The server's words stand in it."""

    async def ask(_: Request) -> Response:
        raise ProviderError("no \ud800", kind="bad_request")

    calls = Calls(tmp_path)
    with pytest.raises(ProviderError):
        await recorded(ask, calls)(request())
    await calls.aclose()

    assert Calls(tmp_path).outcome(request().key) == Response("failed", failure=Failure("bad_request", "no \ufffd"))


@pytest.mark.parametrize("logprob", [math.nan, -math.inf, math.inf])
async def test_tokens_without_a_number_are_no_tokens(tmp_path: Path, logprob: float) -> None:
    """Strict JSON would hold null, and the whole Run would be unreadable."""

    async def ask(_: Request) -> Response:
        return Response("completed", "ab", (Token("a", -0.5), Token("b", logprob)))

    calls = Calls(tmp_path)
    seen = await recorded(ask, calls)(request())
    await calls.aclose()

    assert seen == Response("completed", "ab")
    assert Calls(tmp_path).reply(request().key) == seen


TEXTS = st.text(st.characters(exclude_categories=[]), max_size=20)
TOKENS = st.builds(Token, TEXTS.map(whole_characters), st.floats(allow_nan=False, allow_infinity=False))
RESPONSES = st.builds(
    Response,
    st.sampled_from(["completed", "truncated", "refused", "failed"]),
    TEXTS.map(whole_characters),
    st.lists(TOKENS, max_size=3).map(tuple),
    st.none() | TEXTS.map(whole_characters),
    st.none() | TEXTS.map(whole_characters),
    st.none() | st.builds(Usage, st.integers(0, 2**62), st.integers(0, 2**62), st.integers(0, 9)),
    st.lists(st.sampled_from(["seed", "logprobs"]), max_size=2).map(tuple),
    st.none() | st.builds(Failure, st.just("rate"), TEXTS.map(whole_characters)),
)
REQUESTS = st.builds(
    Request,
    TEXTS.map(whole_characters),
    st.lists(st.builds(Message, st.sampled_from(["system", "user"]), TEXTS.map(whole_characters)), max_size=3).map(
        tuple
    ),
    st.integers(1, 10**6),
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.floats(0, 2),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none() | TEXTS.map(whole_characters),
)


@given(request=REQUESTS, response=RESPONSES, seconds=st.floats(0, 1e6), attempt=st.integers(1, 99))
def test_a_call_is_one_line_and_comes_back_equal(
    request: Request, response: Response, seconds: float, attempt: int
) -> None:
    """Any text: line ends, separators, quotes and nulls inside it never make a second line."""
    made = Call(request.key, request, response, "now", seconds, attempt)
    line = encode(made)

    assert len(line.splitlines()) == 1
    assert msgspec.json.decode(line, type=Call) == made


@given(text=TEXTS)
def test_whole_characters_can_always_be_written(text: str) -> None:
    """Same length, and unchanged where nothing was wrong."""
    whole = whole_characters(text)

    assert len(whole) == len(text)
    assert whole.encode().decode() == whole
    assert "\ufffd" in whole or whole == text


def test_a_key_is_for_ever() -> None:
    """Another hash here means that no recorded Run can be resumed: raise the schema, or take the change back."""
    asked = Request(
        item="q1",
        messages=(Message("system", "Be brief."), Message("user", "2 + 2?")),
        max_tokens=16,
        temperature=0.0,
        seed=1,
        logprobs=True,
    )

    assert request().key == "bf09ac6e8707a1db2ada5bf1922f94ca"
    assert asked.key == "c710add2fffc4c5b454d308bcffb8a1b"


def test_every_field_of_a_request_is_in_its_key() -> None:
    """Two Items with one question, two repeats, two draws never share a reply."""
    base = request()
    others = {
        "item": "q2",
        "messages": (Message("user", "What is 2 + 3?"),),
        "max_tokens": 17,
        "repeat": 1,
        "draw": 1,
        "temperature": 0.0,
        "seed": 0,
        "logprobs": True,
        "grammar": "root ::= [0-9]",
        "top_logprobs": 5,
        "turn": 1,
        "role": "entailment",
        "effort": "low",
        "form": {"type": "object"},
        "again": 1,
    }

    assert others.keys() == set(Request.__struct_fields__)
    keys = {msgspec.structs.replace(base, **{name: value}).key for name, value in others.items()}
    assert len(keys | {base.key}) == len(others) + 1
