"""What a witness is given of a Record: its own reply, its own settings, and only other people's words."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from selfexplain import plugins
from selfexplain.pipeline.witness import Asked, Look, Settings, answered_by, explainable
from selfexplain.records import Call, Item, Message, Outcome, Reading, Record, Request, Response, SelfReport, encode
from selfexplain.runs.calls import Calls

NO_RUN = cast("Any", None)
REQUEST = Request("q", (Message("user", "?"),), 9)


def look(settings: Settings, pool: tuple[str, ...] = ()) -> Look:
    template, witnesses = plugins.template("top-words"), {"occlusion": plugins.witness("occlusion")}
    return Look(NO_RUN, template, witnesses, settings, None, None, pool)


def asked(question: str) -> Asked:
    report = SelfReport(Reading("yes", "read"), Reading(None, "absent"), {}, "completed", ("yes",), ("k",))
    record = Record("q", report, None, {})
    return Asked(record, Item("q", question, ("yes",)), REQUEST, Response("completed", "yes"))


def test_words_that_stand_in_never_come_from_the_question_itself() -> None:
    """Else a word may be replaced by itself, and seems not to matter."""
    replaces = look(Settings(baseline="replace"), ("A plot.", "An actor.", "A film."))

    assert replaces.keywords("occlusion", asked("An actor."))["pool"] == ["A plot.", "A film."]
    assert "pool" not in look(Settings(baseline="delete"), ("A plot.",)).keywords("occlusion", asked("An actor."))


@pytest.mark.parametrize(
    "other", [Settings(unit="sentence"), Settings(target="prob"), Settings(baseline="mask"), Settings(seed=1)]
)
def test_whatever_is_asked_of_a_witness_decides_where_its_evidence_is_found_again(other: Settings) -> None:
    """Evidence that was found with other settings must not be taken for it."""
    assert look(other).how("occlusion") != look(Settings()).how("occlusion")


@pytest.mark.parametrize("read_in", [0, 1])
def test_the_reply_that_the_answer_was_read_from_is_explained_and_no_later_one(tmp_path: Path, read_in: int) -> None:
    requests = {key: replace(REQUEST, turn=turn) for turn, key in enumerate(("a1", "b2"))}
    lines = [
        encode(Call(key, request, Response("completed", f"reply {request.turn}"), f"2026-01-0{request.turn + 1}", 0.1))
        for key, request in requests.items()
    ]
    (tmp_path / "0001.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    report = SelfReport(
        Reading("yes", "read"),
        Reading(None, "absent"),
        {},
        "completed",
        ("reply 0", "reply 1"),
        ("a1", "b2"),
        read_in={"answer": read_in},
    )
    found = answered_by(Record("q", report, None, {}), requests, Calls(tmp_path))

    assert found is not None
    assert (found[0].turn, found[1].text) == (read_in, f"reply {read_in}")


def test_records_that_cannot_be_explained_are_told_by_what_became_of_them(tmp_path: Path) -> None:
    """A refusal or a lost reply is no answer that was given and not understood."""
    outcomes: tuple[Outcome, ...] = ("completed", "refused", "failed", "failed", "truncated")
    nothing: Reading[str] = Reading(None, "absent")
    records = [
        Record(f"q{n}", SelfReport(nothing, nothing, {}, outcome, ("",), ()), None, {})
        for n, outcome in enumerate(outcomes)
    ]
    folder = cast("Any", SimpleNamespace(path=tmp_path, calls=lambda: Calls(tmp_path / "calls")))
    found, left_out = explainable(folder, records, {}, limit=3)

    assert found == []
    assert left_out == {"no_answer": 1, "refused": 1, "failed": 2, "truncated": 1}
