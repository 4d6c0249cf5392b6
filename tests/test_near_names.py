"""What a mistyped name, path or command is answered with."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from selfexplain import plugins
from selfexplain.cli import cli
from selfexplain.errors import InputError
from selfexplain.near_names import LOOKED_THROUGH, about_path
from selfexplain.prompting.template import named
from selfexplain.runs.folder import disk_errors, read_manifest


def test_a_path_that_leads_nowhere_is_answered_with_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "questions.csv").touch()

    assert about_path(tmp_path / "question.csv") == "did you mean questions.csv? check the path"
    assert about_path(tmp_path / "else.csv") == "check the path"
    assert about_path(tmp_path / "none" / "questions.csv") == f"there is no folder {tmp_path / 'none'}"
    assert about_path(tmp_path) == "that is a folder: name a file in it"


def test_a_name_too_long_and_a_full_folder_are_answered_too(tmp_path: Path) -> None:
    for number in range(LOOKED_THROUGH + 5):
        (tmp_path / f"f{number}").touch()

    assert about_path(tmp_path / ("x" * 5000)) == "check the path"


def test_a_folder_is_no_question_file_and_is_not_to_be_renamed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder\nhint: name a .csv, .jsonl or .parquet file in it"):
        plugins.dataset(str(tmp_path))


@pytest.mark.parametrize("name", ["qickstart", "few-shott"])
def test_a_mistyped_dataset_or_template_is_answered_with_the_nearest(name: str) -> None:
    look_up = plugins.dataset if name == "qickstart" else named

    with pytest.raises(InputError, match=r"did you mean (?:quickstart|few-shot)"):
        look_up(name)


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    near, far = (CliRunner().invoke(cli, [name]) for name in ("runn", "xyz"))

    assert "No such command 'runn'. Did you mean run?" in near.output
    assert "No such command 'xyz'.\n" in far.output
    assert near.exit_code == far.exit_code == 2


def test_a_function_is_named_by_its_file() -> None:
    with pytest.raises(InputError, match=r"python/ask is a function.*\nhint: name its file: FILE.py:ask"):
        plugins.provider("python/ask")


def test_a_run_that_is_not_there_is_not_said_to_hold_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(InputError, match=r"there is no folder .*none\nhint: check the path"):
        read_manifest(tmp_path / "none")
    with pytest.raises(InputError, match="empty is not a Run"):
        read_manifest(tmp_path / "empty")


def test_a_missing_folder_is_no_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="hint: make that folder first, or name another place"),
        disk_errors(tmp_path / "none"),
    ):
        (tmp_path / "none" / "map.json").touch()
