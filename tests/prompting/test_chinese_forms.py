"""Every Chinese form has the structure of its English one: what differs between their Runs is the language."""

import msgspec
import pytest

from selfexplain.prompting import template

SHIPPED = {path.stem: path for path in template.folders()[1].glob("*.md")}
CHINESE = sorted(name for name in SHIPPED if name.endswith("-zh"))
OWN = {"name", "version", "source", "language", "audience"}
"""What each says in its own words."""


@pytest.mark.parametrize("name", CHINESE)
def test_a_chinese_form_asks_what_the_english_one_asks(name: str) -> None:
    """Turns, roles, fields and their order, scale, draws, needs and length; an audience where that has one."""
    english, chinese = (template.load(SHIPPED[each]) for each in (name.removesuffix("-zh"), name))
    one, other = (msgspec.structs.asdict(each.front) for each in (english, chinese))

    assert {key for key in one if one[key] != other[key]} <= OWN
    assert (one["language"], other["language"]) == ("en", "zh")
    assert bool(one["audience"]) == bool(other["audience"])
    assert [turn.elicits for turn in english.turns] == [turn.elicits for turn in chinese.turns]
    assert [[block.role for block in turn.blocks] for turn in english.turns] == [
        [block.role for block in turn.blocks] for turn in chinese.turns
    ]


def test_there_are_chinese_forms() -> None:
    """So that the test above is of some."""
    assert {"answer-confidence-zh", "two-turn-zh", "self-consistency-zh", "top-words-zh"} <= set(CHINESE)
