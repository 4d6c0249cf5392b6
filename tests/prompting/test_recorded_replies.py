"""243 real replies, each read with care by people: what the parser makes of them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from selfexplain.prompting.read_confidence import read_confidence
from selfexplain.prompting.worth import Scale

BESIDE = Path(__file__).resolve().parents[2].parent / "shared"
REPLIES = Path(os.environ.get("SELFEXPLAIN_SHARED", BESIDE)) / "data" / "messy_confidence.jsonl"

READ_OTHERWISE = {
    "messy/213": (
        "`RESPONSE: ANSWER 50`: the careful reader takes the 50 behind the decision word and flags the reading as "
        "uncertain. No label and no word calls it a probability, so the contract has nothing to read."
    ),
}
"""Where the contract reads otherwise than the people did, and why it should."""


def recorded() -> list[dict[str, Any]]:
    if not REPLIES.is_file():
        pytest.skip(f"the recorded replies are not beside the checkout: {REPLIES}")
    return [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]


def asked(row: dict[str, Any]) -> tuple[Scale, str | None]:
    """Return scale and label of what the prompt asked for; five prompts name the field, the others name none."""
    scale: Scale = "words" if "verbal" in row["asked"] else "percent"
    return scale, "PROBABILITY_YES" if "PROBABILITY_YES" in row["asked"] else None


def test_every_recorded_reply_is_read_as_people_read_it() -> None:
    rows = recorded()
    otherwise = {}
    for row in rows:
        scale, label = asked(row)
        reading = read_confidence(row["raw"], scale=scale, label=label)
        if reading.value != pytest.approx(row["value"], abs=1e-9):
            otherwise[row["id"]] = (reading, row["value"])

    assert len(rows) == 243
    assert otherwise.keys() == READ_OTHERWISE.keys(), otherwise


def test_without_the_label_no_recorded_reply_yields_a_number_that_people_did_not_read() -> None:
    """The usual names do not hold PROBABILITY_YES: a reader who does not know the field finds nothing, or the same."""
    for row in recorded():
        value = read_confidence(row["raw"], scale=asked(row)[0]).value

        assert value is None or value == pytest.approx(row["value"], abs=1e-9), row["id"]
