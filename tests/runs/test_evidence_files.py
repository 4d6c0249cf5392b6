"""`evidence/NAME.jsonl`: what was found is found again by what decided it, and a killed process costs its last line."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from selfexplain.errors import InputError
from selfexplain.runs.evidence_files import EvidenceFile, Found

SETTINGS = {"unit": "word", "target": "margin"}
FOUND = Found(
    witness="occlusion",
    item="q",
    repeat=0,
    target="margin",
    unit="word",
    baseline="embed",
    reply="k1",
    inside={"name": "hf/tiny"},
    settings=SETTINGS,
)


def test_what_was_found_is_found_again_by_reply_model_and_settings_alone(tmp_path: Path) -> None:
    EvidenceFile(tmp_path, "occlusion").append(FOUND)
    again = EvidenceFile(tmp_path, "occlusion")

    assert again.get(FOUND.place) == FOUND
    assert again.get(replace(FOUND, settings=SETTINGS | {"target": "prob"}).place) is None
    assert again.get(replace(FOUND, inside={"name": "hf/other"}).place) is None
    assert again.get(replace(FOUND, inside={"name": "hf/tiny", "weights": "another"}).place) is None
    assert again.get(replace(FOUND, reply="k2").place) is None


def test_a_torn_last_line_is_cut_off_by_the_next_one(tmp_path: Path) -> None:
    """A process was killed while it wrote: its Record is looked at again, all others are kept."""
    file = EvidenceFile(tmp_path, "occlusion")
    file.append(FOUND)
    with file.path.open("ab") as torn:
        torn.write(b'{"witness": "occlusion", "item')
    again, second = EvidenceFile(tmp_path, "occlusion"), replace(FOUND, reply="k2")

    assert len(again) == 1
    again.append(second)
    assert len(file.path.read_bytes().splitlines()) == 2
    assert EvidenceFile(tmp_path, "occlusion").get(second.place) == second


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path, "occlusion")
    file.append(FOUND)
    file.path.write_bytes(b"{}\n" + file.path.read_bytes())

    with pytest.raises(InputError, match="line 1, is damaged"):
        EvidenceFile(tmp_path, "occlusion")


def test_what_could_not_be_looked_at_stays_open_and_is_not_written_twice(tmp_path: Path) -> None:
    file, failed = EvidenceFile(tmp_path, "occlusion"), replace(FOUND, status="not_applicable", why="too long")
    file.append(failed)
    file.append(failed)

    assert file.is_open(FOUND.place)
    assert len(file.path.read_bytes().splitlines()) == 1
    file.append(replace(failed, why="no answer"))  # another reason is news
    assert EvidenceFile(tmp_path, "occlusion").get(FOUND.place) == replace(failed, why="no answer")
    file.append(FOUND)
    assert not file.is_open(FOUND.place)
    assert EvidenceFile(tmp_path, "occlusion").get(FOUND.place) == FOUND
