"""What several kinds of tests need: the reference data beside the checkout, and the embedded model."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from selfexplain.providers import model_file

settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of reference data: `SELFEXPLAIN_SHARED`, else `shared` beside the checkout; skip without it."""
    stated = os.environ.get("SELFEXPLAIN_SHARED")
    folder = Path(stated) if stated else Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}: name its folder in SELFEXPLAIN_SHARED")
    return folder


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """Return the embedded model's file, fetched if need be; a machine that cannot fetch it fails these tests."""
    return model_file.pull_model(print)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what a plain run leaves out."""
    left = terminalreporter.stats.get("deselected", [])  # empty under -n, whose workers keep it to themselves
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if config.option.markexpr == "not ray" and (whole or any(item.get_closest_marker("ray") for item in left)):
        terminalreporter.write_line(
            "left out: what needs a Ray cluster; pip install -c constraints.txt -e '.[dev,scale]' and pytest -m ray"
        )
