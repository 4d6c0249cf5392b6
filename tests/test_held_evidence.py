"""Evidence that lies in a Run already: later commands conclude over all of it, and the reports of the Run say so."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.report import evidence_words
from selfexplain.report.explained_by import BEGIN, END

N = 12
SECTION = 'id="explained"'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    found = sx.run("reviews", model="glass/bag-honest", template="top-words", results=results, limit=N)
    assert found.folder is not None
    return found.folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A Run that nobody has looked at."""
    return shutil.copytree(made, tmp_path / made.name)


def test_a_second_command_concludes_over_what_the_first_one_found(run: Path) -> None:
    """One family is not enough where another can run; both together are, in either order and as at once."""
    alone = sx.witness(run, "gradient-input").to_dict()
    both = sx.witness(run, "occlusion").to_dict()

    assert alone["verdicts"]["words"]["word"] == "no verdict"
    assert both["verdicts"]["words"]["word"] == "supported"
    assert both["found_before"] == ["gradient-input"]
    assert both["witnesses"]["gradient-input"]["n_new"] == 0
    at_once = sx.witness(run, "occlusion,gradient-input").to_dict()
    assert at_once["found_before"] == []
    assert at_once["verdicts"] == both["verdicts"]
    assert json.loads((run / "witness.json").read_text(encoding="utf-8"))["verdicts"] == both["verdicts"]


def test_where_gradients_can_run_nothing_is_supported_by_one_family_whoever_was_asked(run: Path) -> None:
    """Asking again says of this model what occlusion inside says: by one family, where another could have looked."""
    asked = sx.witness(run, "occlusion-asked").to_dict()["verdicts"]["words"]
    inside = sx.witness(run, "occlusion").to_dict()["verdicts"]["words"]

    assert asked["word"] == inside["word"] == "no verdict"
    assert asked["why"] == inside["why"]
    assert sx.witness(run, "occlusion-asked").to_dict()["verdicts"]["words"]["word"] == "no verdict"


def test_two_targets_side_by_side_are_told(run: Path) -> None:
    asked = sx.witness(run, "occlusion-asked", limit=3)
    both = sx.witness(run, "occlusion,attention", limit=3)

    told = evidence_words.targets(both.to_dict())
    assert evidence_words.targets(asked.to_dict()) == ""
    assert "margin by occlusion, attention; flip by occlusion-asked." in told
    assert both.page is not None
    assert "flip by occlusion-asked" in both.page.read_text(encoding="utf-8")


def test_where_nothing_but_asking_can_run_one_family_supports(tmp_path: Path) -> None:
    tree = sx.run("reviews", model="glass/tree-honest", template="top-words", results=tmp_path, limit=N)
    assert tree.folder is not None

    assert (
        sx.witness(tree.folder, "occlusion-asked").to_dict()["verdicts"]["words"]["word"] == "supported by one family"
    )


def test_what_was_looked_at_beyond_a_limit_is_concluded_over_too(run: Path) -> None:
    sx.witness(run, "gradient-input", limit=9)
    found = sx.witness(run, "occlusion", limit=4).to_dict()

    assert {name: each["n"] for name, each in found["witnesses"].items()} == {"occlusion": 4, "gradient-input": 9}
    assert found["n_records"] == 9


@pytest.mark.parametrize("other", [{"target": "prob"}, {"unit": "sentence"}])
def test_evidence_with_other_settings_is_not_joined_in(run: Path, other: dict[str, str]) -> None:
    sx.witness(run, "gradient-input", **other)  # type: ignore[arg-type]

    assert list(sx.witness(run, "occlusion").to_dict()["witnesses"]) == ["occlusion"]


def test_the_reports_say_what_witnesses_say_as_soon_as_they_have_looked(run: Path) -> None:
    """Put in by `witness` as `report` draws it; nothing but the marks stands there before."""
    sx.evaluate_run(run)  # the summary says where the Run lies
    page, summary = run / "report.html", run / "report.md"
    before = page.read_text(encoding="utf-8"), summary.read_text(encoding="utf-8")
    sx.witness(run, "occlusion,gradient-input")
    put_in = page.read_text(encoding="utf-8"), summary.read_text(encoding="utf-8")
    evaluated = CliRunner().invoke(cli, ["evaluate", str(run)])

    assert "\nExplanations: Supported: what the model names agrees" in evaluated.stdout
    assert SECTION not in before[0]
    assert "Explanations" not in before[1]
    assert "Supported: what the model names agrees" in put_in[0].partition(SECTION)[2]
    assert all("Above claims about other questions, put as far along these" in each for each in put_in)
    assert '<a href="evidence.html">' in put_in[0]
    assert "named\\_auroc 1.00" in put_in[1]
    assert "\n\n**Explanations**: Supported" in put_in[1]  # no point of the list above it, which would go on with it
    assert (between(page), summary.read_text(encoding="utf-8")) == (between_text(put_in[0]), put_in[1])
    sx.witness(run, "occlusion", target="prob")
    assert page.read_text(encoding="utf-8").count(SECTION) == 1
    assert "No verdict" in between(page)
    assert summary.read_text(encoding="utf-8").count("\n**Explanations**:") == 1


def between(page: Path) -> str:
    return between_text(page.read_text(encoding="utf-8"))


def between_text(text: str) -> str:
    """Return what stands between the marks, whatever the spaces."""
    return " ".join(text.partition(BEGIN)[2].partition(END)[0].split())


def test_without_a_verdict_that_can_be_read_a_report_has_no_such_section(run: Path) -> None:
    (run / "witness.json").write_text("[torn", encoding="utf-8")
    sx.evaluate_run(run)

    assert SECTION not in (run / "report.html").read_text(encoding="utf-8")
    sx.witness(run, "occlusion")
    (run / "witness.json").unlink()
    sx.evaluate_run(run)
    assert SECTION not in (run / "report.html").read_text(encoding="utf-8")


def test_a_run_that_was_never_measured_gets_evidence_and_no_report(run: Path) -> None:
    for name in ("report.html", "report.md"):
        (run / name).unlink()
    sx.witness(run, "occlusion")

    assert not (run / "report.html").exists()
