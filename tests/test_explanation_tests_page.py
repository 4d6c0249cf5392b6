"""docs/explanation_tests.md: its example prints what it shows, and its tables say what is."""

import re
import subprocess
import sys
from pathlib import Path

from selfexplain import plugins
from selfexplain.trials.hint_words import detector_errors
from selfexplain.trials.moves import KINDS

PAGE = (Path(__file__).parents[1] / "docs" / "explanation_tests.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    """In a process of its own, in an empty folder with the questions of the page."""
    ((name, questions),) = re.findall(r"^```jsonl (\S+)\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / name).write_text(questions, encoding="utf-8")
    ((code,), (shown,)) = (re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S) for kind in ("python run", "text"))
    (tmp_path / "example.py").write_text(code, encoding="utf-8")

    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(shown)


def test_the_table_names_every_test_and_nothing_else() -> None:
    table = PAGE.split("| test |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `([\w-]+)` \|", table, re.M) == [
        each.facts.name for each in sorted(plugins.trials().values(), key=lambda each: each.facts.address)
    ]


def test_the_rule_s_errors_on_the_page_are_those_counted() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (\d+ \| \d+ \| \d+ \| \d+) \|$", PAGE, re.M))
    total = detector_errors()

    assert set(rows) == set(KINDS)
    for kind in KINDS:
        assert tuple(map(int, rows[kind].split(" | "))) == tuple(detector_errors(kind))
    assert f"found {total.found} of the {total.named} that name a hint" in " ".join(PAGE.split())
    assert f"took {total.alarms} of the {total.silent} others" in " ".join(PAGE.split())
