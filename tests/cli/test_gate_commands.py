"""`compare`, `baseline set` and `gate` as people type them, and docs/gate.md with them."""

import json
import re
from pathlib import Path

import pytest

from selfexplain.cli import cli, main
from selfexplain.errors import InputError
from selfexplain.settings import PAIRED_RULES, RULES_ON_REQUEST, Policy, read_settings

PAGE = (
    (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8").partition("\n## Two real cases\n")[0]
)
"""What follows is run by tests/test_gate_cases.py, on files of this project."""


def table(path: Path, confidence: str, n: int = 400) -> None:
    rows = [f"q{i},{confidence},{int(i < 0.8 * n)}" for i in range(n)]
    path.write_text("\n".join(["item,confidence,correct", *rows]) + "\n")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run before and one after that promises more."""
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "before.csv", "0.8")
    table(tmp_path / "after.csv", "0.95")
    return tmp_path


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = cli.main(command.split(), standalone_mode=False)
    return code or 0, capsys.readouterr().out


def test_the_page_shows_what_the_commands_print(capsys: pytest.CaptureFixture[str]) -> None:
    for block in re.findall(r"^```console\n\$ selfexplain (.*?)^```", PAGE, re.M | re.S):
        command, shown = block.split("\n", 1)
        assert run(command, capsys)[1].startswith(shown), command


def test_the_pages_policy_can_be_read_and_every_key_is_explained(home: Path) -> None:
    (home / "pyproject.toml").write_text(re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)[0])
    keys = re.findall(r"^\| `(\w+)` \|", PAGE.partition("| key |")[2], re.M)

    assert read_settings(home).gate.anchor == "first"
    assert keys == [
        *PAIRED_RULES,
        *RULES_ON_REQUEST,
        *(name for name in Policy.__struct_fields__ if name not in {"tolerance", "off"}),
    ]


def test_a_gate_prints_its_verdict_as_json_and_writes_both_texts(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("baseline set before.csv main", capsys)
    code, out = run("gate after.csv --baseline main --json --markdown g.md --junit g.xml", capsys)

    found = json.loads(out)
    assert (code, found["verdict"], found["source"]) == (1, "fail", "given")
    assert [rule["name"] for rule in found["rules"]] == list(PAIRED_RULES)
    assert (home / "g.md").read_text().startswith("### ❌")
    assert (home / "g.xml").read_bytes().startswith(b"<?xml")


def test_flags_come_before_the_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "pyproject.toml").write_text("[tool.selfexplain.gate]\noverconfidence = 0.5\nbrier = false\n")
    run("baseline set before.csv main", capsys)
    lenient = json.loads(run("gate after.csv --baseline main --json", capsys)[1])
    strict = json.loads(run("gate after.csv --baseline main --tolerance overconfidence=0.01 --json", capsys)[1])

    assert (lenient["verdict"], strict["verdict"]) == ("pass", "fail")
    assert "brier" not in [rule["name"] for rule in strict["rules"]]


def test_a_file_in_which_every_confidence_is_missing_fails_and_is_no_misuse(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("baseline set before.csv main", capsys)
    table(home / "after.csv", "")

    assert run("gate after.csv --baseline main --json", capsys)[0] == 1


@pytest.mark.parametrize("source", ["entropy", "weighted_entropy"])
def test_numbers_that_only_rank_are_no_probabilities_to_gate_on(
    home: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("baseline set before.csv main", capsys)

    for command in (f"gate {home / 'after.csv'} --baseline main", "baseline set after.csv other"):
        with pytest.raises(InputError, match="only puts answers in order"):
            run(f"{command} --source {source}", capsys)


def test_jsonl_rows_without_the_name_confidence_are_missing_ones_and_no_misuse(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tool that leaves out what there is none of says by `status` what became of each; a misspelt name says `ok`."""

    def jsonl(name: str, **more: object) -> None:
        rows = [{"item": f"q{i}", "correct": i < 320, **more} for i in range(400)]
        (home / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    run("baseline set before.csv main", capsys)
    jsonl("silent.jsonl", status="no_confidence")
    jsonl("misspelt.jsonl", status="ok", confidance=0.8)
    jsonl("unsaid.jsonl", confidance=0.8)

    assert run("gate silent.jsonl --baseline main --json", capsys)[0] == 1
    assert run("compare before.csv silent.jsonl --json", capsys)[0] == 0
    assert run("baseline set silent.jsonl silent", capsys)[0] == 0
    for name in ("misspelt", "unsaid"):
        with pytest.raises(InputError, match="confidence"):
            run(f"gate {name}.jsonl --baseline main", capsys)


def test_a_baseline_says_what_its_smallest_tolerance_rests_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Assumed at first; measured where it has repeats, or where it replaces one that can be read."""

    def told(command: str) -> str:
        cli.main(f"baseline set {command}".split(), standalone_mode=False)
        return capsys.readouterr().err

    numbers = [(i, r, 0.8 - 0.1 * ((i + r) % 7 == 0), int(i % 5 > 0)) for i in range(200) for r in range(2)]
    rows = [f"q{i},{r},{confidence},{right}" for i, r, confidence, right in numbers]
    (home / "twice.csv").write_text("\n".join(["item,repeat,confidence,correct", *rows]) + "\n")

    assert "assuming that a second run's errors correlate" in told("before.csv main")
    assert "measured on its repeats: an answer's errors correlate by 0.9" in told("twice.csv twice")
    assert "measured on 400 pairs with the baseline that it replaces" in told("after.csv main --replace")
    (home / "results" / "baselines" / "main.pairs.csv").write_text("edited\n")
    assert "assuming" in told("before.csv main --replace")


def test_too_few_and_not_comparable_have_their_codes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(home / "few.csv", "0.8", 50)
    run("baseline set few.csv few", capsys)

    assert run("gate few.csv --baseline few", capsys)[0] == 3
    assert run("gate few.csv --baseline few --on-inconclusive fail", capsys)[0] == 1
    assert run("gate after.csv --baseline few", capsys)[0] == 4
    assert run("compare few.csv after.csv", capsys)[0] == 4
    assert json.loads(run("compare before.csv after.csv --json", capsys)[1])["comparable"] is True


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("item,confidence,correct\na,0.5,1\na,0.6,1\n", "the row at 2 has the same item and repeat 0"),
        ("confidence,correct\n0.5,1\n", "has no column 'item'"),
        ("item,confidence,correct\n,0.5,1\n", "has no column 'item'"),
    ],
)
def test_rows_that_cannot_be_joined_are_refused(
    home: Path, rows: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "bad.csv").write_text(rows)

    with pytest.raises(InputError, match=complaint):
        run("compare bad.csv before.csv", capsys)


def test_a_run_is_compared_with_another_and_gated_by_its_stated_confidence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "q.csv").write_text("id,question,gold\n" + "".join(f"q{i},Capital {i}?,Lima\n" for i in range(120)))
    for name, stated in (("one", 80), ("two", 95)):
        reply = json.dumps({"item": "*", "reply": f"Answer: Lima\nConfidence: {stated}"})
        (home / f"{name}.jsonl").write_text(reply)
        run(f"run q.csv -m scripted/{name}.jsonl -t answer-confidence --json", capsys)
    one, two = (next((home / "results").glob(f"q__scripted-{name}*")) for name in ("one", "two"))
    found = json.loads(run(f"compare {one} {two} --json", capsys)[1])

    assert found["a"]["source"] == "stated"
    assert found["metrics"]["gap"]["difference"]["value"] == pytest.approx(0.15)
    assert "model" in [each["what"] for each in found["differs"]]
    run(f"baseline set {one} main", capsys)
    assert run(f"gate {two} --baseline main", capsys)[0] == 3, "no answer is wrong: too few errors"
    assert run(f"gate {two} --baseline main --source token", capsys)[0] == 4


def test_on_github_a_log_is_annotated_and_files_are_added_to(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("baseline set before.csv main", capsys)
    for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (home / variable).write_text("there\n")
        monkeypatch.setenv(variable, str(home / variable))
    code, out = run("gate after.csv --baseline main --github", capsys)
    first, *_, resumed, command = out.splitlines()

    assert code == 1
    assert first == f"::stop-commands::{resumed.strip(':')}"
    assert command.startswith("::error title=selfexplain gate::Confidence can be trusted less than before")
    assert (home / "GITHUB_OUTPUT").read_text() == "there\nverdict=fail\n"
    assert (home / "GITHUB_STEP_SUMMARY").read_text().startswith("there\n### ❌ Confidence gate: fail")
    with pytest.raises(InputError, match="both write to stdout"):
        run("gate after.csv --baseline main --github --json", capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nothing.csv --baseline main", "nothing.csv"),
        ("after.csv --baseline nowhere", "there is no baseline 'nowhere' in results/baselines%0Ahint: there are: main"),
        ("after.csv --baseline main --tolerance brier=5", "--tolerance has '5'%0Ahint: expected a number from 0 to 1"),
        ("after.csv --baseline main --level 2", "Invalid value for '--level'"),
        ("after.csv --baseline main --level nan", "Invalid value for '--level': nan is no number"),
        ("after.csv --baseline main --max-gap nan", "Invalid value for '--max-gap': nan is no number"),
        ("after.csv --baseline main --nonsense", "No such option"),
        ("--baseline main", "Missing argument 'RUN|FILE'"),
        ("after.csv --baseline main --markdown nowhere/there/g.md", "nowhere"),
    ],
)
def test_on_github_what_cannot_be_used_is_an_error_on_the_job(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("baseline set before.csv main", capsys)
    for github in ("--github ", ""):
        monkeypatch.setattr("sys.argv", ["selfexplain", *f"gate {github}{arguments}".split()])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr().out
        commands = [line for line in out.splitlines() if line.startswith("::error")]

        assert ended.value.code == 2
        assert len(commands) == bool(github)
        assert all(line.startswith("::error title=selfexplain gate::The gate could not run.%0A") for line in commands)
        assert all(said in line for line in commands)


def test_on_github_no_error_is_obeyed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub reads stderr as well, and a name may hold a line of its own."""
    run("baseline set before.csv main", capsys)
    evil = "x\n::add-mask::a\n##[add-mask]b 100%"
    monkeypatch.setattr("sys.argv", ["selfexplain", "gate", evil, "--baseline", "main", "--github"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr()

    assert [line[:7] for line in printed.out.splitlines()] == ["::error"]
    assert "100%25" in printed.out
    assert not any(line.startswith("::") or "##[" in line for line in printed.err.splitlines())
