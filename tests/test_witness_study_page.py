"""docs/witness_study.md: every number of its tables and of its first lines is what the command has printed."""

import json
import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "witness_study.md").read_text(encoding="utf-8")
NUMBERS = json.loads((DOCS / "asked" / "judgements-witness.json").read_text(encoding="utf-8"))

SCRIPT = runpy.run_path(str(DOCS / "witness_study.py"))


def test_the_tables_are_those_of_the_script() -> None:
    rows = [line for line in SCRIPT["tables"](NUMBERS) if line]

    assert len(rows) > 20
    assert [row for row in rows if row not in TEXT.splitlines()] == []


def test_the_first_lines_say_what_the_numbers_say() -> None:
    above, plus = SCRIPT["above"], SCRIPT["plus"]
    verdict, ceiling, said = NUMBERS["verdicts"]["words"], NUMBERS["ceiling"], " ".join(TEXT.split())

    assert f"that is *{verdict['word']}*" in said
    for family, found in verdict["families"].items():
        assert f"by {family} {above(found)}" in said
    assert f"{ceiling['value']:.2f}, {plus(ceiling['above_chance']['value'])} above chance" in said
    for family, found in verdict["families"].items():
        other = found["other_item"]["above_chance"]
        assert f"by {family} {plus(other['value'])}" in said
        assert other["low"] <= 0 <= other["high"]


def test_the_study_is_as_large_as_it_says() -> None:
    """240 for each witness, but for those with nothing to distribute, and no answer that would have been another."""
    seen = {name: each["n"] + sum(each["excluded"].values()) for name, each in NUMBERS["witnesses"].items()}

    assert set(seen.values()) == {240}
    assert NUMBERS["check"]["answer_mismatch"] == 0
    assert NUMBERS["joined"]["n"] == 237
