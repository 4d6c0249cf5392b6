"""The list of commands: known without importing one, and the same as they say of themselves."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from selfexplain import cli as package
from selfexplain.cli import COMMANDS, cli, main
from selfexplain.cli.termination import Termination


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_its_own_first_sentence(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]

    assert command is not None
    assert command.name == name
    assert COMMANDS[name] == f"{command.get_short_help_str(10_000).rstrip('.')}."


def test_every_file_with_a_command_of_its_name_is_listed() -> None:
    """Whoever adds a file adds a line."""
    files = [path.stem for path in Path(package.__file__).parent.glob("[a-z]*.py")]
    modules = {name: vars(import_module(f"selfexplain.cli.{name}")) for name in files}
    own = {name: found.get(name, found.get(f"{name}_")) for name, found in modules.items()}

    assert sorted(name for name, found in own.items() if isinstance(found, click.Command)) == list(COMMANDS)


def test_an_unknown_command_is_misuse() -> None:
    found = CliRunner().invoke(cli, ["ask"])

    assert found.exit_code == 2
    assert "No such command 'ask'" in found.output


def test_help_imports_no_command() -> None:
    """Nor what they need: that is most of what starting costs."""
    script = "import sys; from selfexplain.__main__ import main\ntry: main()\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True)

    assert "Ask a model every question" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    verbs = {"selfexplain.asking", "selfexplain.measuring", "selfexplain.cli.run"}
    assert not loaded & {*verbs, "msgspec", "asyncio", "jinja2", "yaml"}


def test_what_is_stopped_before_it_begins_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while a command is imported; and one that has said more itself is not talked over."""
    told: list[str] = []

    def stopped(*, obj: Termination, standalone_mode: bool) -> None:
        assert not standalone_mode
        for what_is_left in told:
            obj.tell(what_is_left)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", stopped)
    for said in ("Interrupted.\n", "Interrupted. All is kept.\n"):
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 130
        assert capsys.readouterr() == ("", said)
        told.append("All is kept.")
