"""What is still to be collected of a Run's batches, from what is written down of them and of the calls."""

from pathlib import Path

from selfexplain.errors import ProviderFailure
from selfexplain.records import Call, Failure, Message, Request, Response, encode
from selfexplain.runs.batches import Batches, Intent, Submitted, Withdrawn, unfinished

AT = "2026-01-01T00:00:00+00:00"


def handed_in(folder: Path, token: str, *keys: str) -> None:
    batches = Batches(folder)
    batches.write(Intent(token, "", keys, (), None, AT))
    batches.write(Submitted(token, f"batch-{token}", AT))
    batches.close()


def came(folder: Path, key: str, batch: str | None, failure: ProviderFailure | None = None) -> None:
    """Write down a call, in a file of its own."""
    response = Response("completed", "yes", batch=batch)
    if failure is not None:
        response = Response("failed", failure=Failure(failure, "no"), batch=batch)
    calls = folder / "calls"
    calls.mkdir(exist_ok=True)
    number = len(list(calls.iterdir())) + 1
    call = Call(key, Request("q", (Message("user", "?"),), 9), response, AT, 0.1)
    (calls / f"{number:04}.jsonl").write_bytes(encode(call) + b"\n")


def waiting(folder: Path) -> dict[str, set[str]]:
    return {one.intent.token: one.waiting for one in unfinished(folder)}


def test_a_request_that_was_handed_in_anew_is_waited_for_in_the_later_batch_alone(tmp_path: Path) -> None:
    """Collected twice it would be paid twice, and which reply counts would hang on who is read first."""
    handed_in(tmp_path, "one", "a", "b")
    handed_in(tmp_path, "two", "b", "c")

    assert waiting(tmp_path) == {"one": {"a"}, "two": {"b", "c"}}


def test_a_request_is_done_with_by_a_reply_from_anywhere_and_by_a_failure_in_its_own_batch(tmp_path: Path) -> None:
    handed_in(tmp_path, "one", "a", "b", "c", "d")
    came(tmp_path, "a", None)
    came(tmp_path, "b", "batch-one", "overloaded")
    came(tmp_path, "c", "batch-other", "overloaded")

    assert waiting(tmp_path) == {"one": {"c", "d"}}


def test_what_was_withdrawn_is_waited_for_nowhere_and_what_was_not_confirmed_has_no_name(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    batches.write(Intent("one", "", ("a",), (), None, AT))
    batches.write(Intent("two", "", ("b",), (), None, AT))
    batches.write(Withdrawn("one", "refused"))
    batches.close()

    assert [(one.intent.token, one.batch) for one in unfinished(tmp_path)] == [("two", None)]
