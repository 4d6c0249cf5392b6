"""The page of published figures is what its command prints."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_of_published_figures_is_what_its_command_prints(shared: Path) -> None:
    # Every line of the page says how many figures agree; so a metric or grader that changes changes the page.
    printed = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "published_numbers.py"), str(shared / "data")],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )

    assert printed.stdout == (ROOT / "docs" / "published_numbers.md").read_text(encoding="utf-8")
