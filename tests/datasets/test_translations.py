"""Rows that translate another question and say which words say what: read in every kind of file, and refused."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from selfexplain import InputError, plugins
from selfexplain.datasets.askable import require_askable
from selfexplain.datasets.questions import read_questions
from selfexplain.datasets.rows import Table
from selfexplain.pipeline.shared_units import shared_units
from selfexplain.records import Dataset, Item

ASKED = Path(__file__).parents[2] / "docs" / "asked" / "quickstart-zh.jsonl"
ROW: dict[str, Any] = {
    "question": "秘鲁的首都是什么？",
    "gold": "利马",
    "original": "What is the capital of Peru?",
    "aligned": [["秘鲁", "Peru"], ["首都", "the capital"]],
}
PAIRS = (("秘鲁", "Peru"), ("首都", "the capital"))


def read(table: Table) -> Dataset:
    return read_questions(table, graders=plugins.graders(), categorisers=plugins.categorisers())


def read_row(folder: Path, **changed: object) -> Dataset:
    path = folder / "q.jsonl"
    path.write_text(json.dumps({name: value for name, value in (ROW | changed).items() if value is not None}))
    return read(path)


def test_links_are_read_from_every_kind_of_file(tmp_path: Path) -> None:
    """In a CSV cell pairs stand between bars."""
    sheet = tmp_path / "q.csv"
    sheet.write_text(
        "question,gold,original,aligned\n"
        "秘鲁的首都是什么？,利马,What is the capital of Peru?,秘鲁=Peru|首都 = the capital\n"
    )
    frame = pd.DataFrame([ROW])
    frame.to_parquet(tmp_path / "q.parquet")

    for dataset in (read_row(tmp_path), read(sheet), read(frame), read(tmp_path / "q.parquet")):
        assert dataset.items[0].original == "What is the capital of Peru?"
        assert dataset.items[0].aligned == PAIRS


TWICE = (
    "expected a piece of `question` '秘鲁的首都的名字是什么？': it stands there 2 times: write `的[1]` for the first"
)
NOWHERE = "expected a piece of `original` 'What is the capital of Peru?': it does not stand there"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"aligned": [["秘鲁", "Chile"]]}, f"`aligned` is 'Chile'; {NOWHERE}"),
        (
            {"aligned": [["智利", "Peru"]]},
            "`aligned` is '智利'; expected a piece of `question` '秘鲁的首都是什么？': it does not stand there",
        ),
        (
            {"question": "秘鲁的首都的名字是什么？", "aligned": [["的", "of"]]},
            f"`aligned` is '的'; {TWICE}",
        ),
        ({"aligned": None}, "`aligned` is missing; expected pairs of a piece of `question` and one of `original`"),
        ({"original": None}, "`original` is missing; expected the question that `aligned` links this one to"),
        (
            {"aligned": [["秘鲁"]]},
            "`aligned` is [['秘鲁']]; expected pairs of two texts, a piece of `question` and one of `original`",
        ),
        (
            {"aligned": {"秘鲁": "Peru"}},
            "`aligned` is {'秘鲁': 'Peru'}; expected pairs of two texts, a piece of `question` and one of `original`",
        ),
        (
            {"aligned": []},
            "`aligned` is []; expected pairs of two texts, a piece of `question` and one of `original`",
        ),
        ({"original": ["?"]}, "`original` is ['?']; expected a text"),
    ],
    ids=str,
)
def test_a_link_that_holds_nothing_is_told_line_piece_and_remedy(
    tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_row(tmp_path, **changed)

    assert f"q.jsonl, line 1: {told}\n" in f"{refused.value}\n"


def test_a_cell_without_a_sign_between_two_pieces_is_no_pair(tmp_path: Path) -> None:
    sheet = tmp_path / "q.csv"
    sheet.write_text("question,gold,original,aligned\n秘鲁？,利马,Peru?,秘鲁 Peru\n")
    with pytest.raises(InputError, match="expected pairs of two texts"):
        read(sheet)


def test_links_of_a_dataset_made_in_python_are_looked_at_too() -> None:
    item = Item("peru", "秘鲁？", ("利马",), original="Peru?", aligned=(("秘鲁", "Chile"),))
    with pytest.raises(InputError, match="Item 'peru': `aligned` is 'Chile'"):
        require_askable(Dataset("towns", "1", (item,)), plugins.graders())


def test_the_shipped_translation_links_the_first_questions_of_the_quickstart() -> None:
    """Five groups in each; of the original only `the` is in no link, and in Chinese nothing."""
    translated = read(ASKED).items
    originals = plugins.dataset("quickstart").items[: len(translated)]
    shared = [shared_units(one, other) for one, other in zip(originals, translated, strict=True)]

    assert len(translated) == 18
    for original, item, found in zip(originals, translated, shared, strict=True):
        assert (item.id, item.group, item.original, item.graded_by) == (
            original.id,
            original.group,
            original.question,
            original.graded_by,
        )
        assert set(original.gold) <= set(item.gold)  # an answer in English is right too
        assert found is not None
        assert (found.n, found.b.n_outside) == (5, 0)
        assert {word.text for at, word in enumerate(found.a.words) if at not in found.a.unit_of} <= {"the"}
