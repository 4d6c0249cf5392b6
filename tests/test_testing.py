"""`selfexplain.testing` and the pytest plugin: what passes, what fails and says why, what is skipped, what it costs."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.calibration.ceiling import error_when_sure
from selfexplain.inference import clopper_pearson
from selfexplain.pipeline.calibrated import Limits, judge_calibration
from selfexplain.pipeline.gate import gate
from selfexplain.runs.baseline import write_baseline
from selfexplain.settings import Policy, SureLimit
from selfexplain.testing import assert_calibrated, assert_not_worse
from sides import missing, side, stated

ROOT = Path(__file__).parents[1]


def table(confidence: float, n: int = 1000, right: float = 0.8) -> pd.DataFrame:
    return pd.DataFrame({"item": range(n), "confidence": confidence, "correct": [int(i < right * n) for i in range(n)]})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("confidence", "n", "verdict"),
    [
        (0.8, 1000, "pass"),
        (0.9, 1000, "fail"),
        (0.7, 1000, "fail"),
        (0.84, 1000, "inconclusive"),
        (0.8, 100, "inconclusive"),
    ],
)
def test_a_limit_is_kept_or_exceeded_when_the_whole_interval_says_so(confidence: float, n: int, verdict: str) -> None:
    """1,000 answers, 80 % right: ± 2.5 points around the gap; 100 answers: ± 8."""
    found = judge_calibration(side(stated(confidence, n)), Limits(gap=0.05))

    assert found.verdict == verdict


def test_each_limit_is_judged_by_itself() -> None:
    """Always 0.9 and right four times in five: gap and ECE 0.1, a fifth wrong though stated with 0.9."""
    limits = Limits(gap=0.2, ece=0.05, error_when_sure=SureLimit(0.9, 0.1))
    found = judge_calibration(side(stated(0.9)), limits)

    assert {rule.name: rule.verdict for rule in found.rules} == {
        "max_gap": "pass",
        "max_ece": "fail",
        "max_error_when_sure": "fail",
    }
    assert [rule.harm for rule in found.rules] == pytest.approx([0.1, 0.1, 0.2])


@pytest.mark.parametrize(("gone", "verdict"), [(0, "pass"), (100, "pass"), (900, "inconclusive")])
def test_a_limit_on_sure_answers_is_kept_where_none_is_sure_as_the_gate_says(gone: int, verdict: str) -> None:
    """Nothing is stated with .9; of lost right ones none is wrong, of a hundred wrong ones all may have been sure."""
    rows, limit = missing(stated(0.8), range(gone)), SureLimit(0.9, 0.05)
    ours = judge_calibration(side(rows), Limits(error_when_sure=limit)).rules[0]
    theirs = next(rule for rule in gate(side(rows), side(stated(0.8)), Policy(max_error_when_sure=limit)).rules[-1:])

    assert ours.verdict == verdict
    assert (theirs.name, theirs.verdict) == (ours.name, verdict)
    assert ours.why == theirs.why or verdict == "inconclusive"
    if verdict == "pass":
        assert ours.why == "no answer is stated with at least 0.9"


def test_twenty_right_answers_do_not_keep_a_limit_on_the_gap() -> None:
    """Stated .95 to .99 and all right: of a model right in 85 %, which is off by 12 points, one in 25 such sets is."""
    rows = [row._replace(confidence=(0.95, 0.97, 0.99)[place % 3]) for place, row in enumerate(stated(0.9, 100)[:20])]
    (rule,) = judge_calibration(side(rows), Limits(gap=0.05)).rules
    gap = sx.evaluate(confidence=[row.confidence or 0.0 for row in rows], correct=[1] * 20).metrics["gap"]

    assert rule.verdict == "inconclusive"
    assert rule.high == pytest.approx(max(-(gap.low or 0.0), gap.high or 0.0))


def test_few_wrong_clusters_among_sure_ones_leave_room_for_those_to_come() -> None:
    """Forty questions asked twice and sure, one of them wrong: Student's t over clusters would end at 7.6 %."""
    sure = error_when_sure([0.9] * 80, [0] * 2 + [1] * 78, [place // 2 for place in range(80)], at=0.9)

    assert sure.value == pytest.approx(1 / 40)
    assert sure.high is not None
    assert sure.high > clopper_pearson([1], [40], level=0.9)[1][0]  # 11.3 %


def test_repeats_of_one_question_are_no_independent_answers() -> None:
    """Ten repeats of each of 100 questions that agree: as wide as 100 answers, not 1,000."""
    rows = [row._replace(repeat=repeat) for row in stated(0.8, 100) for repeat in range(10)]
    (once,) = judge_calibration(side(stated(0.8, 100)), Limits(gap=0.05, ece=None)).rules
    (often,) = judge_calibration(side(rows), Limits(gap=0.05)).rules

    assert often.verdict == "inconclusive"
    assert often.high == pytest.approx(once.high, rel=0.01)


def test_what_is_missing_is_counted_at_its_worst_or_fails() -> None:
    """Of 1,000: 1 % is let pass; of 2.5 % the 20 right ones may have been stated with 0; 10 % are too many."""
    verdicts = {
        gone: judge_calibration(side(missing(stated(0.8), range(0, 1000, 1000 // gone))), Limits(gap=0.04))
        for gone in (10, 25, 100)
    }

    assert [each.verdict for each in verdicts.values()] == ["pass", "inconclusive", "fail"]
    assert "25 answers that cannot be used" in verdicts[25].rules[0].why
    assert verdicts[25].rules[0].high == pytest.approx((975 * 0.0251 + 20) / 1000, abs=2e-4)
    assert verdicts[25].needed == {}
    assert [rule.name for rule in verdicts[100].rules if rule.verdict == "fail"] == ["min_coverage"]


def test_no_usable_answer_at_all_fails() -> None:
    found = judge_calibration(side(missing(stated(0.8, 300), range(300))), Limits(gap=0.05, ece=0.1))

    assert (found.verdict, found.mean_confidence) == ("fail", None)


def test_so_many_answers_as_are_said_decide() -> None:
    """Rightness and confidence stay, only the number grows."""
    few = judge_calibration(side(stated(0.82, 500)), Limits(gap=0.05))
    n = few.needed["max_gap"]

    assert few.verdict == "inconclusive"
    assert judge_calibration(side(stated(0.82, n)), Limits(gap=0.05)).verdict == "pass"
    assert judge_calibration(side(stated(0.82, n // 3)), Limits(gap=0.05)).verdict == "inconclusive"


def test_a_failure_names_the_rules_their_numbers_and_what_to_do() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_calibrated(table(0.95), gap=0.05, error_when_sure=(0.9, 0.5))

    said = str(failure.value).splitlines()
    assert said[0] == "A limit is exceeded: Gap, in either direction."
    assert said[2].startswith("• Gap, in either direction: the harm is at least 0.125, above the tolerance 0.05. Harm")
    assert "(+0.125 to +0.175), tolerated 0.05, n = 1,000" in said[2]
    assert said[3].startswith("Mean confidence 0.950, right 0.800. 1,000 of 1,000 answers usable; given confidence")
    assert "selfexplain recalibrate" in said[4]
    assert len(said) == 5


def test_what_cannot_be_told_skips_with_the_number_that_would_decide(home: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"It cannot be told .* about 1,\d00 answers decide it"):
        assert_calibrated(table(0.82, 500))

    (home / "pyproject.toml").write_text('[tool.selfexplain.gate]\non_inconclusive = "fail"\n')
    with pytest.raises(AssertionError, match="It cannot be told"):
        assert_calibrated(table(0.82, 500))


def test_not_worse_takes_a_baselines_name_or_another_run() -> None:
    sx.set_baseline(table(0.8), "main")

    assert_not_worse(table(0.8), "main")
    assert_not_worse(table(0.8), table(0.8))
    for baseline in ("main", table(0.8)):
        with pytest.raises(AssertionError, match="trusted less than before: Overconfidence grew") as failure:
            assert_not_worse(table(0.9), baseline)
        assert "• Overconfidence grew: the harm is at least" in str(failure.value)
        assert "selfexplain compare" in str(failure.value)
    with pytest.raises(AssertionError, match="trusted less than before"):
        assert_not_worse(table(0.8), table(0.9, right=0.9))


def test_the_looks_of_a_plan_begin_with_one_whatever_the_baseline_is() -> None:
    sx.set_baseline(table(0.8), "main")
    for baseline in ("main", table(0.8)):
        with pytest.raises(sx.InputError, match="look is 0"):
            assert_not_worse(table(0.8), baseline, look=0)


def test_a_gap_of_one_answer_has_a_size_and_no_sign() -> None:
    (found,) = judge_calibration(side(stated(0.8, 1, right=1.0)), Limits(gap=0.5)).rules

    assert found.harm == pytest.approx(0.2)
    assert (found.verdict, found.low, found.high) == ("inconclusive", None, None)


def test_what_cannot_be_compared_fails_with_the_list() -> None:
    other = table(0.8).assign(item=range(5000, 6000))

    with pytest.raises(AssertionError, match="Nothing can be said") as failure:
        assert_not_worse(other, table(0.8))
    said = str(failure.value).splitlines()
    assert said[3].startswith("• 1000 Items only in this run: 5000, 5001")
    assert said[-1].endswith("or set a baseline of these.")


def test_too_few_pairs_skip_or_fail_as_the_policy_says() -> None:
    few = table(0.8, 50)

    with pytest.raises(pytest.skip.Exception, match="too few: 50 pairs"):
        assert_not_worse(few, few)
    with pytest.raises(AssertionError, match="This policy counts it as failed"):
        assert_not_worse(few, few, policy=sx.Policy(on_inconclusive="fail"))


def test_a_run_and_its_result_are_taken_and_a_result_of_a_table_is_refused(home: Path) -> None:
    (home / "q.csv").write_text("id,question,gold\n" + "".join(f"q{i},Capital {i}?,Lima\n" for i in range(40)))
    (home / "s.jsonl").write_text('{"item": "*", "reply": "Answer: Lima\\nConfidence: 70"}')
    result = sx.run("q.csv", model="scripted/s.jsonl", template="answer-confidence")
    for run in (result, result.folder, str(result.folder)):
        assert run is not None
        assert_calibrated(run, gap=1.0)
        with pytest.raises(AssertionError, match=r"right 1\.000\. 40 of 40 answers usable; stated confidence"):
            assert_calibrated(run, gap=0.001)

    table(0.8).to_csv("t.csv", index=False)
    assert_calibrated("t.csv")
    with pytest.raises(sx.InputError, match="holds its numbers, not its answers"):
        assert_calibrated(sx.evaluate_file("t.csv"))
    with pytest.raises(sx.InputError, match="Evaluation holds no answers"):
        assert_calibrated(sx.evaluate([0.5], [1]))  # type: ignore[arg-type]


def test_limits_are_shares_and_at_least_one_is_set() -> None:
    with pytest.raises(sx.InputError, match="gap is 5"):
        assert_calibrated(table(0.8), gap=5)
    with pytest.raises(sx.InputError, match="no limit is set"):
        assert_calibrated(table(0.8), gap=None)


def test_names_from_files_cannot_write_to_the_terminal() -> None:
    rows = [row._replace(group="\x1b]0;owned\x07\nx") for row in stated(0.9)]
    write_baseline(Path("results"), "main", side([row._replace(confidence=0.8) for row in rows]), version="1")
    frame = pd.DataFrame([row._asdict() for row in rows])
    with pytest.raises(AssertionError) as failure:
        assert_not_worse(frame, "main", policy=sx.Policy(per_group=True))

    assert "\x1b" not in str(failure.value)
    assert "owned" in str(failure.value)


def test_in_unittest_a_skip_is_its_own_also_where_pytest_is_imported(home: Path) -> None:
    """Pytest's skip is no Exception: it would end unittest's whole session."""
    (home / "test_unit.py").write_text(
        "import unittest, pytest\n"
        "from selfexplain.testing import settle\n"
        "class Test(unittest.TestCase):\n"
        "    def test_a(self): settle(['why', 'not'], skips=True)\n"
        "    def test_b(self): settle(['why', 'not'], skips=False)\n"
    )
    command = [sys.executable, "-m", "unittest", "-v", "test_unit"]
    env = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)

    assert "skipped 'why not'" in done.stderr
    assert "FAILED (failures=1, skipped=1)" in done.stderr


TESTS = """
import pandas as pd
from selfexplain.testing import assert_calibrated

def table(confidence, n=1000):
    return pd.DataFrame({"item": range(n), "confidence": confidence, "correct": [int(i < 0.8 * n) for i in range(n)]})

def test_passes(selfexplain):
    selfexplain.assert_calibrated(table(0.8))
    selfexplain.assert_not_worse(table(0.8), "main")

def test_fails(selfexplain):
    selfexplain.assert_not_worse(table(0.95), "main")

def test_fails_alone():
    assert_calibrated(table(0.95))

def test_is_skipped(selfexplain):
    selfexplain.assert_calibrated(table(0.82, 500))

def test_misuse(selfexplain):
    selfexplain.assert_not_worse(table(0.95), "nowhere")
"""


def session(home: Path, *arguments: str) -> str:
    """Run pytest in a process of its own, with the plugin as an installed one would be."""
    plugins = ["-p", "selfexplain.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    command = [sys.executable, "-m", "pytest", *plugins]
    env = {"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, *arguments], cwd=home, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_session_shows_the_verdict_the_tests_own_line_and_no_more(home: Path) -> None:
    (home / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\nselfexplain_results = kept\n")
    (home / "test_it.py").write_text(TESTS)
    sx.set_baseline(table(0.8), "main", results="kept")
    said = session(home, "-rs")

    assert "3 failed, 1 passed, 1 skipped" in said
    assert "E       AssertionError: Confidence can be trusted less than before: Overconfidence grew" in said
    assert 'selfexplain.assert_not_worse(table(0.95), "main")' in said
    assert "selfexplain.errors.InputError: there is no baseline 'nowhere'" in said
    assert "testing.py" not in said, "where it happened in the product is noise"
    assert "SKIPPED [1] test_it.py:19: It cannot be told" in said.replace("\n", " ")


def test_the_results_folder_is_an_option_too_and_the_policy_that_of_the_root(home: Path) -> None:
    """The session begins in another folder: the option is seen from there, the policy from the root."""
    project, elsewhere = home / "project", home / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    policy = '[tool.selfexplain.gate]\non_inconclusive = "fail"\n'
    (project / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{policy}")
    (project / "test_it.py").write_text(TESTS)
    sx.set_baseline(table(0.8), "main", results=elsewhere / "kept")
    said = session(elsewhere, "--rootdir", str(project), "--selfexplain-results", "kept", "-q", "../project/test_it.py")

    assert "4 failed, 1 passed" in said


def test_a_session_that_does_not_use_it_does_not_pay_for_it(home: Path) -> None:
    """No numbers, no SDK, none of our own but the package itself."""
    (home / "test_cost.py").write_text(
        "import sys\n"
        "def test_cost():\n"
        "    assert not {'numpy', 'pandas', 'msgspec', 'openai', 'click', 'yaml'} & set(sys.modules)\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('selfexplain'))\n"
        "    assert ours == ['selfexplain', 'selfexplain.pytest_plugin']\n"
    )
    said = session(home, "-q")

    assert "1 passed" in said, said
