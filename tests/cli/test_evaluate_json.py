"""`selfexplain evaluate FILE --json`: every count of few confidences, and a sentence in the place of very many."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from selfexplain.cli import cli


def printed(folder: Path, values: int) -> Any:
    """Return what is printed of a file with so many different confidences, each of which is right."""
    path = folder / "t.csv"
    path.write_text("confidence,correct\n" + "".join(f"{i / values},1\n" for i in range(values)))
    result = CliRunner().invoke(cli, ["evaluate", str(path), "--json", "--metrics", "gap"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["sources"]["given"]


def test_a_thousand_confidences_are_printed_with_their_counts(tmp_path: Path) -> None:
    """The last one is 0.999."""
    found = printed(tmp_path, 1_000)

    assert len(found["table"]) == 1_000
    assert found["table"][-1] == [0.999, 1, 1]
    assert "table_note" not in found


def test_of_more_the_binned_curve_is_left_and_a_sentence_says_so(tmp_path: Path) -> None:
    """1,001 rows in ten bins."""
    found = printed(tmp_path, 1_001)

    assert found["table"] is None
    assert found["table_note"].startswith("1,001 different confidences: their counts are left out")
    assert sum(found["reliability"]["n"]) == 1_001
    assert len(found["reliability"]["n"]) == 10
    assert found["metrics"]["gap"]["value"] == pytest.approx(sum(range(1_001)) / 1_001**2 - 1)
