"""Agreement through the verbs and commands: a model of glass that begins to lie gives the same answers, and fails."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.errors import InputError
from selfexplain.settings import Policy
from selfexplain.testing import assert_not_worse
from selfexplain.ways import WaysResult

N = 40
ASKED_FOR = ["--tolerance", "agreement=0.05"]


def command(*arguments: object) -> Any:
    return CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest and a lying bag of words, looked at, an honest one that nobody has looked at, and two baselines."""
    results = tmp_path_factory.mktemp("results")
    for name, manner in (("honest", "honest"), ("lying", "lying")):
        run = sx.run("reviews", model=f"glass/bag-{manner}", template="top-words", results=results, limit=N)
        assert run.folder is not None
        shutil.move(run.folder, results / name)
    shutil.copytree(results / "honest", results / "unseen")
    sx.set_baseline(results / "unseen", "old", results=results)
    for name in ("honest", "lying"):
        sx.witness(results / name, "occlusion,gradient-input")
    sx.set_baseline(results / "honest", "main", results=results)
    return results


def test_a_comparison_says_that_agreement_surely_fell(results: Path) -> None:
    found = sx.compare(results / "honest", results / "lying").to_dict()["agreement"]
    shown = " ".join(command("compare", results / "honest", results / "lying").stdout.split())

    assert (found["claim"], found["measure"], found["difference"]["n"]) == ("words", "named_auroc", N)
    assert found["difference"]["high"] < -0.4
    assert found["a"] == pytest.approx(found["b"] - found["difference"]["value"])
    assert "Agreement of named words with gradient-input, occlusion" in shown
    assert "surely fell" in shown


def test_a_comparison_with_what_nobody_looked_at_says_so_in_a_line(results: Path) -> None:
    printed = command("compare", results / "honest", results / "unseen")

    assert printed.return_value == 0
    assert "is not compared: no witness has looked at B" in " ".join(printed.stdout.split())
    assert "agreement" not in sx.compare(results / "unseen", results / "unseen").to_dict()


def rules(printed: Any) -> dict[str, str]:
    return {rule["name"]: rule["verdict"] for rule in json.loads(printed.stdout)["rules"]}


def test_a_gate_fails_what_begins_to_lie_without_the_runs_of_its_baseline(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results / "baselines", tmp_path / "baselines")
    options = ["--baseline", "main", "--results", tmp_path, *ASKED_FOR]
    lying = command("gate", results / "lying", *options, "--json")
    shown = " ".join(command("gate", results / "lying", *options).stdout.split())

    assert (lying.return_value, rules(lying)["agreement"]) == (1, "fail")
    assert "Explanations agree less with what moved the answers than before: Agreement fell." in shown
    assert rules(command("gate", results / "honest", *options, "--json"))["agreement"] == "pass"
    assert rules(command("gate", results / "unseen", *options, "--json"))["agreement"] == "inconclusive"
    assert "agreement" not in rules(
        command("gate", results / "lying", "--baseline", "main", "--results", tmp_path, "--json")
    )


def test_a_baseline_without_agreement_goes_on_working_and_cannot_judge_it(results: Path) -> None:
    options = ["gate", results / "honest", "--baseline", "old", "--results", results]

    assert "agreement" not in (results / "baselines" / "old.json").read_text(encoding="utf-8")
    assert command(*options, "--json").return_value == 3  # 40 answers are too few for the other rules
    with pytest.raises(InputError, match="the baseline 'old' holds none"):
        command(*options, *ASKED_FOR)


def test_the_policy_of_a_project_asks_for_agreement(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.selfexplain.gate]\nagreement = 0.05\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    options = ["gate", results / "lying", "--baseline", "main", "--results", results, "--json"]

    assert rules(command(*options))["agreement"] == "fail"
    assert "agreement" not in rules(command(*options, "--off", "agreement"))


def test_agreement_in_a_baseline_cannot_be_edited_unnoticed(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results / "baselines", tmp_path / "baselines")
    file = tmp_path / "baselines" / "main.agreement.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:-1], lines[-1].rsplit(",", 1)[0] + ",-0.5"]) + "\n", encoding="utf-8")

    assert lines[0] == "item,repeat,gradient-input,occlusion"
    assert lines[1:] == sorted(lines[1:])
    with pytest.raises(InputError, match=r"main\.agreement\.csv is not the file that main\.json was written with"):
        command("gate", results / "honest", "--baseline", "main", "--results", tmp_path)
    file.unlink()
    with pytest.raises(InputError, match=r"main\.agreement\.csv, which cannot be read"):
        command("gate", results / "honest", "--baseline", "main", "--results", tmp_path)


def test_a_baseline_that_is_set_again_without_evidence_leaves_none_behind(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results / "baselines", tmp_path / "baselines")
    sx.set_baseline(results / "unseen", "main", results=tmp_path, replace=True)

    assert not (tmp_path / "baselines" / "main.agreement.csv").exists()
    assert command("gate", results / "honest", "--baseline", "main", "--results", tmp_path).return_value == 3


def test_ways_of_asking_side_by_side_show_agreement_once_witnesses_have_looked(tmp_path: Path) -> None:
    """The same command asks nothing again, and its page has what changed from the first way to the second."""
    models = ["glass/bag-honest", "glass/bag-lying"]

    def both() -> WaysResult:
        return sx.run_ways("reviews", models=models, templates=["top-words"], results=tmp_path, limit=12)

    before = both().page.read_text(encoding="utf-8")
    for run in tmp_path.glob("reviews__*"):
        sx.witness(run, "occlusion,gradient-input")
    found = both()
    page = found.page.read_text(encoding="utf-8")
    agreement = {way["model"]: way["agreement"] for way in found.to_dict()["comparison"]["ways"]}

    assert 'id="agreement"' not in before
    assert 'id="agreement"' in page
    assert "surely fell" in page
    assert agreement["glass/bag-honest"] is None
    assert agreement["glass/bag-lying"]["difference"]["high"] < 0


def looked_with(results: Path, run: Path) -> dict[str, Any]:
    """Return by which witnesses a baseline of a Run holds agreement, each with its target."""
    path = sx.set_baseline(run, "now", results=results, replace=True)
    known = json.loads(path.read_text(encoding="utf-8"))["agreement"]["witnesses"]
    return {name: each["settings"]["target"] for name, each in known.items()}


def test_what_the_last_look_concluded_over_is_what_counts_and_without_it_the_fullest_evidence(
    results: Path, tmp_path: Path
) -> None:
    """First by margin at all answers, then by probability at 35, by one witness."""
    run = shutil.copytree(results / "honest", tmp_path / "run")
    sx.witness(run, "occlusion", target="prob", limit=35)
    last = looked_with(tmp_path, run)
    (run / "witness.json").unlink()

    assert last == {"occlusion": "prob"}
    assert looked_with(tmp_path, run) == {"gradient-input": "margin", "occlusion": "margin"}


def test_a_run_is_judged_by_evidence_with_the_settings_of_its_baseline(results: Path, tmp_path: Path) -> None:
    """Whatever it was looked at for since."""
    run = shutil.copytree(results / "honest", tmp_path / "run")
    sx.witness(run, "occlusion", target="prob", limit=35)
    judged = command("gate", run, "--baseline", "main", "--results", results, *ASKED_FOR, "--json")

    (rule,) = (each for each in json.loads(judged.stdout)["rules"] if each["name"] == "agreement")
    assert (rule["verdict"], rule["n"]) == ("pass", N)


def test_a_test_that_asserts_no_worse_than_another_run_judges_agreement_too(results: Path) -> None:
    others = ("overconfidence", "underconfidence", "brier", "coverage")
    policy = Policy(tolerance={"agreement": 0.05}, off=others)

    assert_not_worse(results / "honest", results / "honest", policy=policy)
    with pytest.raises(AssertionError, match="Agreement fell"):
        assert_not_worse(results / "lying", results / "honest", policy=policy)
