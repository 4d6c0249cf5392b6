"""Items that are too many to be kept are the same Items, however they are looked at."""

import json
import tempfile
from pathlib import Path

import pytest

from selfexplain import asking, many_items, plugins
from selfexplain.datasets.questions import read_questions
from selfexplain.errors import InputError
from selfexplain.many_items import kept
from selfexplain.records import Dataset, Item
from selfexplain.runs.folder import RunFolder
from selfexplain.stored import Stored

ITEMS = tuple(Item(f"q{n}", f"What is {n}?\n\u2028", (str(n),)) for n in range(9))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four are too many."""
    monkeypatch.setattr(many_items, "MOST_KEPT", 3)
    monkeypatch.setattr("selfexplain.runs.folder.MOST_KEPT", 3)


def test_few_are_a_tuple_and_many_are_the_same_from_a_file() -> None:
    assert kept(iter(ITEMS[:3])) == ITEMS[:3]
    stored = kept(iter(ITEMS))

    assert isinstance(stored, Stored)
    assert len(stored) == 9
    assert tuple(stored) == tuple(stored) == ITEMS
    for part in (slice(4), slice(None, None, 2), slice(2, 7), slice(-3, None), slice(20, 30), slice(None, None, -2)):
        assert tuple(stored[part]) == ITEMS[part]
        assert len(stored[part]) == len(ITEMS[part])
    assert (stored[0], stored[-1], stored[1:][2]) == (ITEMS[0], ITEMS[-1], ITEMS[3])
    with pytest.raises(IndexError):
        stored[9]


def test_the_file_goes_with_the_items_and_with_their_last_part() -> None:
    stored = kept(iter(ITEMS))
    assert isinstance(stored, Stored)
    path, part = stored._path, stored[:2]
    del stored

    assert tuple(part) == ITEMS[:2]
    del part
    assert not path.exists()


def test_a_dataset_has_one_hash_however_its_items_are_kept() -> None:
    """It names Runs: those of before are found again."""
    sure = Item("e", "An example?", ("yes",))
    for examples in ((), (sure,)):
        dataset = Dataset("d", "1", ITEMS, examples)
        assert Dataset("d", "1", kept(iter(ITEMS)), examples).content_hash == dataset.content_hash
    assert Dataset("d", "1", ()).content_hash == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def written(tmp_path: Path, rows: list[dict[str, str]]) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_large_file_is_asked_to_its_end_and_resumed(tmp_path: Path) -> None:
    """The Run keeps no Item either; what was asked is not asked again, whatever the limit."""
    path = written(tmp_path, [{"id": item.id, "question": item.question, "gold": item.gold[0]} for item in ITEMS])
    asked: list[str] = []

    def ask(messages: list[dict[str, str]]) -> str:
        asked.append(messages[-1]["content"])
        return "Answer: 1\nConfidence: 90"

    for limit in (5, None):
        asking.run(str(path), model=ask, template="answer-confidence", limit=limit, results=tmp_path)
    (run,) = tmp_path.glob("questions__*")

    assert len(asked) == len(set(asked)) == 9
    assert isinstance(RunFolder(run).items, Stored)
    assert tuple(RunFolder(run).items) == ITEMS
    (run / "items.jsonl").write_text((run / "items.jsonl").read_text().replace("q7", "q8"))
    with pytest.raises(InputError, match=r"items\.jsonl was changed"):
        RunFolder(run)


def test_a_repeated_id_is_found_without_keeping_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where every digest is the same: then ids are compared, and those that differ are no repetition."""
    monkeypatch.setattr("selfexplain.datasets.questions.digest_of", lambda _: 7)
    graders, rows = plugins.graders(), [{"id": item.id, "question": "?", "gold": "x"} for item in ITEMS]

    assert len(read_questions(written(tmp_path, rows), graders=graders).items) == 9
    path = written(tmp_path, [*rows, rows[2], {"question": "?"}, rows[2]])
    with pytest.raises(InputError) as caught:
        read_questions(path, graders=graders)
    assert caught.value.message.splitlines() == [
        f"{path}, line 10: `id` is 'q2'; expected an id that no earlier row has",
        f"{path}, line 11: `gold` is missing; expected a text that is not empty",
        f"{path}, line 12: `id` is 'q2'; expected an id that no earlier row has",
    ]


def test_nothing_is_left_of_a_large_file_with_a_line_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = written(tmp_path, [{"question": "?", "gold": "x"}] * 9)
    path.write_text(path.read_text() + "{\n")

    with pytest.raises(InputError, match="line 10: not JSON"):
        read_questions(path, graders=plugins.graders())
    assert list((tmp_path / "temporary").iterdir()) == []
