"""`action.yml`: what a job on GitHub shows and how it ends, for each verdict, with hostile names and inputs."""

from pathlib import Path
from typing import Any

import pytest

from selfexplain import set_baseline
from workflow import ROOT, Job, action, on_path, run_action, with_selfexplain


def table(path: Path, confidence: float, n: int = 400, prefix: str = "q") -> None:
    rows = [f"{prefix}{i},{confidence},{int(i < 0.8 * n)}" for i in range(n)]
    path.write_text("\n".join(["item,confidence,correct", *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A job's workspace: a baseline, and a table for each verdict."""
    with_selfexplain(tmp_path)
    table(tmp_path / "before.csv", 0.8)
    table(tmp_path / "same.csv", 0.8)
    table(tmp_path / "after.csv", 0.95)
    table(tmp_path / "few.csv", 0.8, 50)
    table(tmp_path / "other.csv", 0.8, prefix="z")
    for name in ("before", "few"):
        set_baseline(tmp_path / f"{name}.csv", name, results=tmp_path / "results")
    return tmp_path


def gate(home: Path, run: str, baseline: str = "before", **given: str) -> Job:
    (home / "summary").unlink(missing_ok=True)
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    return run_action(Job(home), action(), {"run": run, "baseline": baseline, **inputs})


@pytest.mark.parametrize(
    ("sides", "verdict", "codes", "command"),
    [
        (("same.csv", "before"), "pass", ("0", 0), ""),
        (("after.csv", "before"), "fail", ("1", 1), "::error title=selfexplain gate::Confidence can be trusted less"),
        (("few.csv", "few"), "inconclusive", ("3", 0), "::warning title=selfexplain gate::It cannot be told"),
        (("other.csv", "before"), "not comparable", ("4", 4), "::error title=selfexplain gate::Nothing can be said"),
    ],
)
def test_each_verdict_has_its_mark_its_outputs_and_its_end(
    home: Path, sides: tuple[str, str], verdict: str, codes: tuple[str, int], command: str
) -> None:
    """Inconclusive is a warning on a green step; what cannot be compared is an error."""
    job = gate(home, *sides)
    out = job.outputs["gate"]

    assert (out["verdict"], out["exit-code"], job.code) == (verdict, *codes), job.said
    assert Path(out["markdown"]).read_text(encoding="utf-8") == job.summary
    assert job.summary.startswith("### ")
    assert Path(out["junit"]).read_bytes().startswith(b"<?xml")
    assert [line.startswith(command) for line in job.commands] == ([True] if command else [])


def test_inconclusive_fails_where_the_input_says_so_and_is_then_an_error(home: Path) -> None:
    job = gate(home, "few.csv", "few", on_inconclusive="fail")

    assert (job.code, job.outputs["gate"]["verdict"], job.outputs["gate"]["exit-code"]) == (1, "inconclusive", "1")
    assert job.commands[0].startswith("::error ")


def test_inputs_come_before_the_policy(home: Path) -> None:
    """A gap that rose by 15 points is tolerated where 20 are, and the rule for the Brier score is off."""
    lenient = gate(home, "after.csv", tolerance="overconfidence=0.2\nunderconfidence=0.2", off="brier coverage")

    assert lenient.outputs["gate"]["verdict"] == "pass", lenient.said
    assert gate(home, "same.csv", max_gap="0.0001", level="0.9").outputs["gate"]["verdict"] != "pass"
    assert gate(home, "same.csv", per_group="true", anchor="before", look="2").code == 0
    assert gate(home, "same.csv", max_error_when_sure="0.5=0.01").code == 1


def test_a_log_is_read_as_the_inputs_say(home: Path) -> None:
    for given, said in (
        ({"format": "nonsense"}, "no format is called 'nonsense'"),
        ({"scorer": "exact"}, "--scorer and --only are for logs"),
        ({"only": "filter=strict\nfilter=loose"}, "--only"),
    ):
        job = gate(home, "same.csv", **given)
        assert (job.code, said in job.commands[0]) == (2, True), job.said
    assert gate(home, "same.csv", format="table").code == 0


def test_a_pattern_names_one_run_or_is_refused(home: Path) -> None:
    (home / "with space").mkdir()
    (home / "same.csv").rename(home / "with space" / "same.csv")
    (home / "few.csv").rename(home / "--json.csv")

    assert gate(home, "with*/s?me.csv").code == 0
    assert gate(home, "--json.csv", "few").outputs["gate"]["verdict"] == "inconclusive", "a name is no option"
    several, nothing = gate(home, "*.csv"), gate(home, "nothing-*")
    assert (several.code, nothing.code) == (2, 2)
    assert "matches more than one:%0A--json.csv%0Aafter.csv%0A" in several.commands[0]
    assert nothing.outputs["gate"] == {"exit-code": "2"}


def test_misuse_is_an_error_with_its_remedy(home: Path) -> None:
    job = gate(home, "same.csv", "nowhere")

    assert (job.code, job.outputs["gate"]) == (2, {"exit-code": "2"})
    assert "there is no baseline 'nowhere'" in job.commands[0]
    assert "hint: there are: before, few" in job.commands[0]


HOSTILE = "x\n::error::owned\n::add-mask::a\n##[add-mask]b 100%\r\n::set-env name=A::b"


def test_names_that_hold_commands_are_shown_and_not_obeyed(home: Path) -> None:
    """An Item's id, a group's name and a file's name come from outside."""
    rows = ["item,group,confidence,correct"]
    quoted = '"' + HOSTILE + '"'
    rows += [f"q{i},{quoted},{0.95},{int(i < 320)}" for i in range(400)]
    (home / "hostile.csv").write_text("\n".join(rows) + "\n")
    before = [line.replace(",0.95,", ",0.8,") for line in rows]
    (home / "calm.csv").write_text("\n".join(before) + "\n")
    set_baseline(home / "calm.csv", "calm", results=home / "results")
    job = gate(home, "hostile.csv", "calm", per_group="true")

    assert job.code == 1
    assert len(job.commands) == 1, job.commands
    assert "owned" in job.commands[0]
    assert "\n::" not in job.summary


@pytest.mark.parametrize("field", ["run", "baseline", "results", "source", "map", "tolerance", "off", "level", "look"])
def test_an_input_is_a_value_and_never_a_command(home: Path, field: str) -> None:
    evil = f'"; touch {home}/owned; $(touch {home}/owned) `touch {home}/owned` --help\n::error::owned\n--json'
    job = run_action(Job(home), action(), {"run": "same.csv", "baseline": "before", field: evil})

    assert job.code == 2, job.said
    assert not (home / "owned").exists()
    assert all(line.startswith("::error title=selfexplain gate::") for line in job.commands)


def scripts(found: Any) -> list[str]:
    return [step["run"] for step in found["runs"]["steps"] if "run" in step]


def test_no_expression_stands_in_a_script_and_every_input_is_used() -> None:
    found = action()
    text = (ROOT / "action.yml").read_text(encoding="utf-8")

    assert not any("${{" in script for script in scripts(found))
    assert all(f"inputs.{name} " in text for name in found["inputs"])
    assert all(each["description"] for each in found["inputs"].values())
    uses = [step["uses"] for step in found["runs"]["steps"] if "uses" in step]
    assert all(len(each.partition("@")[2]) == 40 for each in uses), "an action of others is pinned by its hash"


PIP = """
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit; fi
echo "$@" >> "$HOME/asked"
"""


@pytest.mark.parametrize(
    ("version", "asked"), [("1.2.3", "selfexplain==1.2.3"), ("", str(ROOT)), ("--index-url=x", None), ("1;x", None)]
)
def test_the_install_step_takes_a_version_or_the_actions_own(tmp_path: Path, version: str, asked: str | None) -> None:
    """Where the job has a selfexplain of its own, that one is used, which the other tests show."""
    on_path(tmp_path, "python3", PIP)
    found = action()
    found["runs"]["steps"] = [step for step in found["runs"]["steps"] if step.get("id") == "install"]
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    job = Job(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        patch.setenv("HOME", str(tmp_path))
        run_action(job, found, {"version": version})

    if asked is None:
        assert job.code == 2
        assert not (tmp_path / "asked").exists()
    else:
        assert (tmp_path / "asked").read_text().split()[-1] == asked
        assert job.outputs["install"]["command"].endswith("/bin/selfexplain")
