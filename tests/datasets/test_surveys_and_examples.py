"""Question files without gold, and rows that are shown and not asked."""

from pathlib import Path

import msgspec
import pandas as pd
import pytest

from selfexplain import plugins
from selfexplain.datasets.askable import require_askable
from selfexplain.datasets.shutdown import shutdown
from selfexplain.errors import InputError
from selfexplain.records import Dataset, Item

GRADERS, CATEGORISERS = plugins.graders(), plugins.categorisers()


def read(tmp_path: Path, text: str, name: str = "q.jsonl") -> Dataset:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return plugins.dataset(str(path))


def refusal(tmp_path: Path, text: str, name: str = "q.jsonl") -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, name)
    return caught.value.message.removeprefix(f"{tmp_path}/")


def test_a_survey_is_a_file_without_gold_whose_grader_sorts(tmp_path: Path) -> None:
    """By stance, by option or by declared phrases."""
    dataset = read(
        tmp_path,
        '{"question": "Off?", "grader": "stance"}\n'
        '{"question": "Tea?", "grader": "option", "choices": ["yes", "no"]}\n'
        '{"question": "Rain?", "grader": "phrases", "categories": {"for": ["yes", "sure"], "against": "no"}}\n',
    )

    assert dataset.is_survey
    assert [item.gold for item in dataset.items] == [(), (), ()]
    assert dataset.items[2].categories == {"for": ("yes", "sure"), "against": ("no",)}


def test_a_csv_cell_names_the_category_of_each_phrase(tmp_path: Path) -> None:
    """The first `=` parts; bars stand between phrases, as everywhere in CSV."""
    (item,) = read(tmp_path, "question,grader,categories\nTea?,phrases,for=yes|for=a = b|against=no\n", "q.csv").items

    assert item.categories == {"for": ("yes", "a = b"), "against": ("no",)}


GOOD = '{"question": "2 + 2?", "gold": "4", "id": "sum"}\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            GOOD + '{"question": "Off?", "grader": "stance"}\n',
            "q.jsonl, line 2: `gold` is missing; expected a text, as 'sum' has one: all questions are a survey, or",
        ),
        ('{"question": "Off?"}\n', "q.jsonl, line 1: `gold` is missing; expected a text that is not empty"),
        (
            '{"question": "Off?", "gold": "yes", "grader": "stance"}\n',
            "q.jsonl, line 1: `grader` is 'stance'; expected one of choice, exact, judge, numeric, yes_no; that",
        ),
        (
            '{"question": "Tea?", "grader": "option"}\n',
            "q.jsonl, line 1: `choices` is missing; expected some, which the grader `option` sorts into",
        ),
        (
            '{"question": "Tea?", "grader": "phrases", "categories": {"a": "yes", "b": "Yes"}}\n',
            "q.jsonl, line 1: `categories` is 'Yes'; expected each phrase in one category only",
        ),
        (
            '{"question": "Tea?", "grader": "stance", "categories": {"a": "yes"}}\n',
            "q.jsonl, line 1: `categories` is {'a': ('yes',)}; expected `grader` to be phrases beside them",
        ),
        (
            '{"question": "2 + 2?", "gold": "4", "split": "train"}\n',
            "q.jsonl, line 1: `split` is 'train'; expected `ask` or `example`",
        ),
        (
            GOOD + '{"question": "2 + 2? ", "gold": "4", "split": "example"}\n',
            "q.jsonl, line 2: `question` is '2 + 2? '; expected another than that of 'sum', which is asked",
        ),
        (
            GOOD + '{"question": "Off?", "grader": "stance", "split": "example"}\n',
            "q.jsonl, line 2: `gold` is missing; expected a text: an example shows its answer",
        ),
        (
            GOOD + '{"question": "Louvre?", "gold": "(b)", "choices": ["Lyon", "Paris"], "split": "example"}\n',
            "q.jsonl, line 2: `gold` is '(b)'; expected the label or the text of a choice: an example shows it",
        ),
        ('{"question": "2 + 2?", "gold": "4", "split": "example"}\n', "q.jsonl holds only examples"),
    ],
)
def test_what_cannot_be_asked_or_shown_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    """Before anything is asked."""
    assert refusal(tmp_path, text).startswith(told)


def test_examples_are_kept_apart_and_belong_to_the_content(tmp_path: Path) -> None:
    """They are not Items to ask; other examples make another Dataset, and none leaves the hash as it was."""
    text = GOOD + '{"question": "1 + 1?", "gold": "2", "split": "example"}\n'
    dataset = read(tmp_path, text)
    other = read(tmp_path, text.replace('"2"', '"two"'))

    assert [item.question for item in dataset.items] == ["2 + 2?"]
    assert [item.question for item in dataset.examples] == ["1 + 1?"]
    assert len({each.content_hash for each in (dataset, other, read(tmp_path, GOOD))}) == 3
    assert read(tmp_path, GOOD).content_hash == read(tmp_path, GOOD.replace("}", ', "split": "ask"}')).content_hash


def test_a_dataset_made_in_python_is_held_to_the_same() -> None:
    """Without a line to name, the Item is named."""
    sure, open_ = Item("sum", "2 + 2?", ("4",)), Item("off", "Off?", grader="stance")

    with pytest.raises(InputError, match="'off': `gold` is None; expected a text, as 'sum' has one"):
        require_askable(Dataset("d", "1", (sure, open_)), GRADERS, CATEGORISERS)
    with pytest.raises(InputError, match="two Items are called 'sum'"):
        require_askable(Dataset("d", "1", (sure,), examples=(sure,)), GRADERS, CATEGORISERS)
    with pytest.raises(InputError, match="holds no question to ask"):
        require_askable(Dataset("d", "1", (), examples=(sure,)), GRADERS, CATEGORISERS)


def test_parquet_and_data_frames_hold_categories(tmp_path: Path) -> None:
    """Parquet keeps an object as a struct and fills what a row lacks with nulls."""
    frame = pd.DataFrame({"question": ["a?", "b?"], "grader": "phrases", "categories": [{"x": ["1"]}, {"y": ["2"]}]})
    frame.to_parquet(tmp_path / "q.parquet")

    for read_back in (plugins.dataset(frame), plugins.dataset(str(tmp_path / "q.parquet"))):
        assert [item.categories for item in read_back.items] == [{"x": ("1",)}, {"y": ("2",)}]


def test_the_shutdown_survey_is_balanced() -> None:
    """12 framings, each three times in each of three languages; one cluster per framing, in all languages."""
    items = shutdown().items

    assert len(items) == len({item.question for item in items}) == 108
    for framing in {item.cluster for item in items}:
        groups = [item.group for item in items if item.cluster == framing]
        assert {group: groups.count(group) for group in groups} == {"English": 3, "Chinese": 3, "Korean": 3}
    assert {(item.grader, item.gold) for item in items} == {("stance", ())}


def test_the_shutdown_survey_is_the_published_one() -> None:
    """Whoever changes an Item must raise the version, and this hash with it."""
    assert shutdown().version == "1"
    assert shutdown().content_hash == "f19f31e55136415229858e59dbfcc993dd671c9112ea755b4bb44e663cf080a7"


def test_a_survey_item_is_written_and_read_back() -> None:
    """As a Run keeps it."""
    item = Item("q", "Tea?", grader="phrases", categories={"for": ("yes",)})

    assert msgspec.json.decode(msgspec.json.encode(item), type=Item) == item
