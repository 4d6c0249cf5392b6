"""`evidence/removals.jsonl`: effects are found again by set, whatever command found them; a torn line costs itself."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from selfexplain.errors import InputError
from selfexplain.runs.removal_files import Effect, Gone, RemovalsFile, Removed

LINE = Removed(
    item="q",
    repeat=0,
    reply="k1",
    inside={"name": "hf/tiny"},
    settings={"unit": "word", "baseline": "embed", "target": "prob"},
    effects=(Effect(Gone(()), 0.9), Effect(Gone((1, 4)), 0.5)),
    n_forward=2,
    seconds=0.5,
)
ASKED = replace(
    LINE,
    settings={"unit": "word", "baseline": "delete", "target": "flip"},
    effects=(Effect(Gone((), 1), 0.0), Effect(Gone((1,)), None, "declined")),
)


def test_what_several_commands_took_away_is_known_together(tmp_path: Path) -> None:
    """Costs add up; a set that is there is not missing, one that was taken away otherwise is."""
    file = RemovalsFile(tmp_path)
    for line in (LINE, ASKED, replace(LINE, effects=(Effect(Gone((2,)), 0.7),), n_forward=1, seconds=0.25)):
        file.append(line)
    again = RemovalsFile(tmp_path)

    for known in (file, again):
        assert {gone: each.value for gone, each in known.known(LINE.place).items()} == {
            Gone(()): 0.9,
            Gone((1, 4)): 0.5,
            Gone((2,)): 0.7,
        }
        assert known.cost(LINE.place) == (3, 0.75)
        assert known.missing(LINE.place, [Gone((1, 4)), Gone((3,)), Gone((3,))]) == [Gone((3,))]
        assert known.missing(ASKED.place, [Gone((1, 4)), Gone((), 1), Gone((), 2)]) == [Gone((1, 4)), Gone((), 2)]
        assert known.known(ASKED.place)[Gone((1,))].why == "declined"
        assert known.missing(replace(LINE, reply="k2").place, [Gone(())]) == [Gone(())]


def test_a_torn_last_line_is_cut_off_by_the_next_one(tmp_path: Path) -> None:
    RemovalsFile(tmp_path).append(LINE)
    path = tmp_path / "evidence" / "removals.jsonl"
    with path.open("ab") as torn:
        torn.write(b'{"item": "q", "effe')
    again = RemovalsFile(tmp_path)
    again.append(ASKED)

    assert len(path.read_bytes().splitlines()) == 2
    assert RemovalsFile(tmp_path).known(LINE.place).keys() == {Gone(()), Gone((1, 4))}


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    RemovalsFile(tmp_path).append(LINE)
    path = tmp_path / "evidence" / "removals.jsonl"
    path.write_bytes(path.read_bytes() + b"[]\n")

    with pytest.raises(InputError, match="line 2, is damaged"):
        RemovalsFile(tmp_path)
