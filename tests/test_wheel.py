"""What is installed is what was tested: the built wheel carries the prompts and runs without the checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_prompts_questions_page_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {
        "selfexplain/prompts/few-shot.md",
        "selfexplain/prompts/answer-confidence.md",
        "selfexplain/prompts/answer-why-confidence.md",
        "selfexplain/prompts/prompts.lock",
        "selfexplain/datasets/quickstart.jsonl",
        "selfexplain/report/page/run.html.j2",
        "selfexplain/py.typed",
    } <= names
    assert not any(name.startswith("tests/") for name in names)


def test_the_unpacked_wheel_runs_the_main_job_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Only the wheel's own files are on the path: the template comes from inside it."""
    home = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(home)
    (tmp_path / "q.csv").write_text("id,question,gold\na,Capital of Peru?,Lima\n")
    (tmp_path / "s.jsonl").write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 0.9"}) + "\n")
    script = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import selfexplain, selfexplain.cli as c; "
        "assert 'site' in selfexplain.__file__; c.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home), "run", "q.csv", "-m", "scripted/s.jsonl", "-t", "few-shot", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["template"] == "few-shot@1"


def test_pytest_finds_the_plugin_of_the_unpacked_wheel_and_loads_it_once(wheel: Path, tmp_path: Path) -> None:
    """By its entry point; and named on the command line as well it is still one plugin."""
    home = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(home)
    (entry_points,) = home.glob("selfexplain-*.dist-info/entry_points.txt")
    (tmp_path / "test_it.py").write_text(
        "def test_it(selfexplain, pytestconfig):\n"
        "    assert selfexplain.results == pytestconfig.rootpath / 'results'\n"
        "    assert 'site' in __import__('selfexplain').__file__\n"
    )
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error::pytest.PytestWarning"]
    for named in ([], ["-p", "selfexplain.pytest_plugin"]):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *quiet, *named],
            cwd=tmp_path,
            env={"PYTHONPATH": str(home), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1 passed" in done.stdout, done.stdout + done.stderr

    assert "[pytest11]\nselfexplain.pytest_plugin = selfexplain.pytest_plugin\n" in entry_points.read_text()
