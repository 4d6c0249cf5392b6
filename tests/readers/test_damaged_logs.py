"""Real logs, damaged anywhere: an input error, or nothing that is read has changed."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from readers.made_logs import LOGS, STATED
from selfexplain.answer_files import FileAnswers, read_answers
from selfexplain.errors import InputError

REAL = sorted(path for path in LOGS.rglob("*") if path.is_file())


@given(path=st.sampled_from(REAL), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_is_an_input_error_or_changes_nothing_that_is_read(path: Path, data: st.DataObject) -> None:
    """Bytes cut off or changed anywhere: no other exception, and never a confidence outside [0, 1]."""
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(max_size=4))
    damaged = whole[:start] + put + whole[start + data.draw(st.integers(0, 40)) :]
    if data.draw(st.booleans()):
        damaged = whole[:start]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(damaged)
        try:
            found: FileAnswers = read_answers(copy, **options_for(path))
        except InputError:
            return
        assert all(row.confidence is None or 0 <= row.confidence <= 1 for row in found.rows)
        assert msgspec.json.encode((found.rows, found.provenance, found.how, found.remarks, found.note))


def options_for(path: Path) -> dict[str, Any]:
    """Return how each kind of real log is read."""
    if path.name.startswith("samples_options"):
        return {"scorer": "acc_norm"}
    if path.name.startswith("samples_replies"):
        return {"only": {"filter": "letter"}, **STATED}
    if path.name == "two_scorers.json":
        return {"scorer": "choice", "scale": "percent"}
    return (
        {"only": {"provider": "openai:chat:small"}, "scorer": "letter", **STATED}
        if "promptfoo" in str(path)
        else STATED
    )
