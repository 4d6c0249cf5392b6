"""The pytest plugin: the fixture `selfexplain`, whose assertions know where results lie.

pytest loads this file in every session of whoever has selfexplain installed, so it imports nothing but pytest.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selfexplain.testing import Assertions


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a session say where results lie."""
    parser.getgroup("selfexplain").addoption(
        "--selfexplain-results",
        metavar="DIR",
        help="where Runs and the folder `baselines` lie (default: the ini option selfexplain_results)",
    )
    parser.addini("selfexplain_results", "the same, from the root directory (default: results)", default="results")


@pytest.fixture(scope="session")
def selfexplain(pytestconfig: pytest.Config) -> "Assertions":
    """Give assertions on the confidence of Runs and tables: `assert_calibrated` and `assert_not_worse`."""
    from selfexplain.testing import Assertions  # noqa: PLC0415 - only who uses the fixture pays for it

    stated = pytestconfig.getoption("--selfexplain-results")
    if stated is None:
        results = pytestconfig.rootpath / pytestconfig.getini("selfexplain_results")
    else:
        results = pytestconfig.invocation_params.dir / stated
    return Assertions(results, pytestconfig.rootpath)
