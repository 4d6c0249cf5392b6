"""The house itself: what is public, what is imported when, and what the README promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import selfexplain

ROOT = Path(__file__).parents[1]

HEAVY = (
    "openai",
    "anthropic",
    "numpy",
    "scipy",
    "pandas",
    "sklearn",
    "matplotlib",
    "torch",
    "transformers",
    "xllamacpp",
    "ray",
)


@pytest.mark.parametrize(
    "code",
    [
        "import selfexplain",
        "import selfexplain.cli",
        "from selfexplain.cli import cli, COMMANDS; [cli.get_command(None, name) for name in COMMANDS]",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(code: str) -> None:
    """`--help` must come at once: no SDK, no numbers, no pictures."""
    script = f"import sys; {code}; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_the_first_request_waits_for_nothing_that_only_reading_and_measuring_need(tmp_path: Path) -> None:
    """They are half of all that a Run imports: a second, on top of the SDK's own half."""
    (tmp_path / "questions.csv").write_text("question,gold\nPeru?,Lima\n")
    script = """if True:
        import os, sys
        from selfexplain.cli import cli
        from selfexplain.providers.openai import OpenAI

        async def generate(self, request):
            print("asked", *sorted(sys.modules), flush=True)
            os._exit(0)

        OpenAI.generate = generate
        cli(["run", "questions.csv", "-m", "openai/any", "--base-url", "http://127.0.0.1:9/v1"])
    """
    path = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path, env=path
    )
    first, *imported = done.stdout.split()

    assert first == "asked"
    assert "openai" in imported
    late = {*HEAVY, "pyarrow", "selfexplain.prompting.read_reply", "selfexplain.prompting.read_confidence"} - {"openai"}
    assert set(imported).isdisjoint(late)


def test_the_public_names_are_these() -> None:
    """Scripts rely on them: adding one is a decision, losing one is a break."""
    assert selfexplain.__all__ == sorted(selfexplain.__all__)
    assert selfexplain.__all__ == [
        "BudgetSpent",
        "Dataset",
        "InputError",
        "Item",
        "Policy",
        "ProviderError",
        "Reading",
        "Recalibration",
        "Record",
        "ReplyError",
        "Result",
        "SelfexplainError",
        "TrialResult",
        "Undefined",
        "WitnessResult",
        "compare",
        "decide",
        "dry_run",
        "evaluate",
        "evaluate_file",
        "evaluate_run",
        "gate",
        "history",
        "load_map",
        "merge",
        "plan",
        "pull_model",
        "read_confidence",
        "recalibrate",
        "run",
        "run_ways",
        "set_baseline",
        "trial",
        "witness",
    ]
    assert all(getattr(selfexplain, name) is not None for name in selfexplain.__all__)


def test_every_public_thing_has_a_docstring_with_an_example_or_is_plain_data() -> None:
    """Functions that people call show how."""
    called = [name for name in selfexplain.__all__ if name[0].islower() and name not in {"evaluate_run", "pull_model"}]
    for name in called:
        assert ">>>" in (getattr(selfexplain, name).__doc__ or ""), name


def test_the_readme_begins_with_two_commands_of_one_line() -> None:
    """The first two `sh` blocks are the quickstart and the tests; every other block uses another name."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)

    assert [block.count("\n") for block in blocks] == [1, 1]
    assert "selfexplain run" in blocks[0]
    assert "constraints.txt" in blocks[1]
    assert "pytest" in blocks[1]


def test_the_version_stands_in_one_place_and_agrees() -> None:
    project = (ROOT / "pyproject.toml").read_text()

    assert f'version = "{selfexplain.__version__}"' in project


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = selfexplain.nothing
