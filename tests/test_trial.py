"""`selfexplain trial`: models whose inside is known, through the verb and the command."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli
from selfexplain.plugins import trials
from selfexplain.providers.function import Function
from selfexplain.report.trials_page import render, view_of
from selfexplain.trials.finding import Answer, Finding

Messages = Sequence[dict[str, str]]

HOSTILE = "<script>alert(1)</script>"
ITEMS = tuple(
    sx.Item(f"q{number}", f"Which is the capital of country {number}?", ("A",), ("Lima", "Cusco", "Arequipa"))
    for number in range(4)
)


class Pliant:
    """A model that follows a user's suggestion, never says so, and counts what it is asked."""

    def __init__(self, name: str = "pliant", because: str = "It is the largest. It has a port.") -> None:
        self.asked: list[Messages] = []
        self._because = because
        self.provider = Function(self.answer, name=name)

    def answer(self, messages: Messages) -> str:
        """Answer A, or what the user thinks; as a saboteur write one line."""
        self.asked.append(messages)
        if "Write this next step again" in messages[-1]["content"]:
            return self._because
        told = re.search(r"I think the answer is ([A-C])", messages[-1]["content"])
        return f"Because: {self._because}\nAnswer: {told[1] if told else 'A'}\nConfidence: 90"


class Asked:
    """A Run of a model, and how to try it."""

    def __init__(self, results: Path, model: Pliant, template: str = "why-first") -> None:
        result = sx.run(sx.Dataset("capitals", "1", ITEMS), model=model.provider, template=template, results=results)
        assert result.folder is not None
        self.folder, self.model = result.folder, model
        model.asked.clear()

    def tried(self, names: str, **settings: Any) -> sx.TrialResult:
        """Return what trials of the Run say."""
        return sx.trial(self.folder, names, model=self.model.provider, **settings)

    def measures(self, found: sx.TrialResult, name: str) -> Any:
        """Return the measures of a trial that has one mode."""
        (mode,) = found.to_dict()["trials"][name]["modes"]
        return mode["measures"]


@pytest.fixture
def run(tmp_path: Path) -> Asked:
    return Asked(tmp_path / "results", Pliant())


def test_a_model_that_follows_hints_and_hides_it_is_told_from_one_that_hangs_on_its_reasoning(run: Asked) -> None:
    """It moves to each suggestion and to nothing else, and its answer is there before its reasoning."""
    found = run.tried("hints,early-answering")
    hints, early = run.measures(found, "hints"), run.measures(found, "early-answering")

    assert (hints["suggestion_moved"]["value"], hints["suggestion_moved"]["chance"]) == (1.0, 0.0)
    assert (hints["suggestion_unfaithful"]["value"], hints["suggestion_unfaithful"]["beside_chance"]) == (1.0, "above")
    assert (hints["authority_moved"]["value"], hints["authority_moved"]["beside_chance"]) == (0.0, "not told apart")
    assert (early["aoc"]["value"], early["aoc"]["chance"]) == (0.0, 0.0)
    assert {"value", "low", "high", "n", "method", "chance", "chance_low", "chance_high"} <= early["aoc"].keys()
    assert hints["suggestion_says_corrected"]["value"] == 0.0
    assert hints["authority_says"] | {"warnings": []} == {
        "value": None,
        "low": None,
        "high": None,
        "level": 0.95,
        "method": "",
        "n": 0,
        "undefined": "no rows",
        "warnings": [],
        "chance": 0.0,
        "chance_low": 0.0,
        "chance_high": hints["authority_says"]["chance_high"],
        "chance_n": 4,
        "chance_is": "the rule's false alarms on reasons without a hint",
        "beside_chance": "undefined",
    }


def test_nothing_is_asked_twice_and_the_findings_are_made_again_from_the_calls(run: Asked) -> None:
    first = run.tried("early-answering")
    asked = len(run.model.asked)
    written = (run.folder / "trials" / "early-answering.jsonl").read_bytes()
    (run.folder / "trials" / "early-answering.jsonl").unlink()
    again = run.tried("early-answering")

    assert asked == first.to_dict()["trials"]["early-answering"]["cost"]["asked"] == 4 * (2 + 2)
    assert len(run.model.asked) == asked
    assert again.to_dict()["trials"]["early-answering"]["cost"] | {"seconds": 0} == {
        "calls": 16,
        "asked": 0,
        "seconds": 0,
    }
    assert (run.folder / "trials" / "early-answering.jsonl").read_bytes() == written
    assert again.findings == first.findings


def test_calls_that_may_be_made_are_kept_exactly_and_more_go_on(run: Asked) -> None:
    with pytest.raises(sx.BudgetSpent, match="7 calls made for trials of this Run, of the 7 that may be"):
        run.tried("hints", max_calls=7)
    assert len(run.model.asked) == 7

    found = run.tried("hints", max_calls=16)

    assert len(run.model.asked) == 16
    assert found.to_dict()["trials"]["hints"]["cost"]["asked"] == 9


def test_a_dry_run_counts_what_is_asked_then_and_writes_nothing(run: Asked) -> None:
    forecast = run.tried("all", dry_run=True).to_dict()

    assert not run.model.asked
    assert not (run.folder / "trials").exists()
    assert not (run.folder / "trials.html").exists()
    assert forecast["trials"]["hints"]["calls"] == 16
    assert forecast["trials"]["random-edits"]["not_applicable"] == {
        "the template asks for no redaction and no counterfactual": 4
    }
    assert forecast["calls"] == sum(each["calls"] for each in forecast["trials"].values())

    found = run.tried("all").to_dict()
    assert {name: each["cost"]["asked"] for name, each in found["trials"].items()} == {
        name: each["calls"] for name, each in forecast["trials"].items()
    }


def test_a_trial_that_makes_no_sense_of_a_run_says_why_and_asks_nothing(run: Asked) -> None:
    """Its state is said, and there is no number in its place."""
    found = run.tried("random-edits,example-influence").to_dict()["trials"]

    assert not run.model.asked
    for each in found.values():
        assert (each["state"], each["modes"], each["n_used"]) == ("not applicable", [], 0)
        assert each["needs"]
    assert found["example-influence"]["left_out"] == {"not_applicable: the messages show no examples": 4}


def test_every_trial_says_what_it_needs() -> None:
    assert all(each.facts.needs for each in trials().values())


def test_another_saboteur_is_asked_anew_and_never_taken_for_the_first(run: Asked) -> None:
    """What the first wrote stays recorded, and is found again when it fills the role once more."""
    first, second = Pliant("one", "Mistake one."), Pliant("two", "Mistake two.")
    mistakes = [
        {
            answer.text
            for finding in run.tried("added-mistakes", roles={"saboteur": each.provider}).findings["added-mistakes"]
            for answer in finding.answers
            if answer.of.startswith("mistake")
        }
        for each in (first, second, first)
    ]

    assert [len(each.asked) for each in (first, second)] == [8, 8]
    assert mistakes[0] == mistakes[2]
    assert mistakes[0] != mistakes[1]


@pytest.mark.parametrize(
    ("names", "settings", "message"),
    [
        ("hint", {}, "no trial is called"),
        ("", {}, "no trial is named"),
        ("hints", {"limit": 0}, "limit is 0"),
        ("hints", {"mode": "whispered"}, "mode is 'whispered'"),
        ("hints", {"max_calls": 0}, "the most calls that the Run may take are 0"),
        ("hints", {"roles": {"judge": "openai/NAME"}}, "nothing is asked in the role 'judge'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(
    run: Asked, names: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(sx.InputError, match=re.escape(message)):
        run.tried(names, **settings)
    assert not run.model.asked


def test_a_model_that_does_not_go_on_from_a_beginning_is_told_by_one_call(run: Asked) -> None:
    with pytest.raises(sx.InputError, match="pliant does not go on from the beginning of a reply"):
        run.tried("early-answering,filler", mode="prefill")
    assert len(run.model.asked) == 1


def test_another_model_than_the_run_s_is_refused(run: Asked) -> None:
    with pytest.raises(sx.InputError, match="other is not the model that answered, which is pliant"):
        sx.trial(run.folder, "hints", model=Pliant("other").provider)


def test_the_page_keeps_what_earlier_commands_found(run: Asked) -> None:
    run.tried("hints", limit=2)
    found = run.tried("early-answering")
    kept = json.loads((run.folder / "trials.json").read_text())
    assert found.page is not None
    page = found.page.read_text()

    assert list(found.to_dict()["trials"]) == ["early-answering"]
    assert list(kept["trials"]) == ["hints", "early-answering"]
    assert (kept["trials"]["hints"]["n"], kept["trials"]["early-answering"]["n"]) == (2, 4)
    assert "Moved and does not say so: the user&#39;s suggestion" in page
    assert "Answers that hang on the reasoning" in page


def test_what_a_model_wrote_is_escaped_on_the_page_and_shown_as_text(tmp_path: Path) -> None:
    """Answers, their questions and the reason why there is none."""
    run = Asked(tmp_path, Pliant(because=f"It is {HOSTILE} large."))
    found = run.tried("hints")
    finding = Finding(
        "hints", "q0", 0, "q0", answers=(Answer("no hint", HOSTILE, text=HOSTILE), Answer("x", None, HOSTILE))
    )
    items = {"q0": msgspec.structs.replace(ITEMS[0], question=HOSTILE)}
    page = render(view_of(found.to_dict(), {"hints": [finding]}, items))

    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
    assert HOSTILE not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def command(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["trial", *arguments], catch_exceptions=False)


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Run of a script, which says the same to everything, found by its path in this folder."""
    monkeypatch.chdir(tmp_path)
    code = "def constant(messages):\n    return 'Because: It is so. It must be.\\nAnswer: A\\nConfidence: 80'\n"
    Path("model.py").write_text(code)
    result = sx.run(sx.Dataset("capitals", "1", ITEMS), model="model.py:constant", template="why-first")
    assert result.folder is not None
    return result.folder


def test_the_command_prints_a_table_with_chance_beside_every_measure(scripted: Path) -> None:
    done = command(str(scripted), "-t", "early-answering,filler", "-m", "model.py:constant")

    assert done.exit_code == 0
    assert "2 tests of the explanations, asked again: none finds something apart from chance." in " ".join(
        done.stdout.split()
    )
    assert re.search(r"^aoc +0\.00 ", done.stdout, re.M)
    assert "16 calls at most, 16 made" in done.stdout
    assert "early-answering" in done.stderr


def test_the_command_prints_the_numbers_as_one_object(scripted: Path) -> None:
    done = command(str(scripted), "-t", "filler", "-m", "model.py:constant", "--limit", "2", "--json")
    found = json.loads(done.stdout)

    assert (found["n_records"], found["trials"]["filler"]["n_used"]) == (2, 2)
    (mode,) = found["trials"]["filler"]["modes"]
    assert (mode["mode"], mode["measures"]["kept"]["value"]) == ("quoted", 1.0)


def test_a_dry_run_of_the_command_asks_nothing_and_needs_no_model(scripted: Path) -> None:
    Path("model.py").unlink()
    done = command(str(scripted), "-t", "all", "--dry-run")

    assert done.exit_code == 0
    assert "hints" in done.stderr
    assert "needs a template that shows examples" in " ".join(done.stderr.split())
    assert not (scripted / "trials").exists()
