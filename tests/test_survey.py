"""A survey from question file to page: rates that were counted by hand, and no number that needs a right answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import selfexplain as sx
from selfexplain.cli import cli, main
from selfexplain.inference import wilson

LINES = [
    ("a1", "a", "x", "Answer: Yes\nConfidence: 90"),
    ("a2", "a", "x", "Answer: I agree.\nConfidence: 70"),
    ("b1", "b", "x", "Answer: No, because {{ 7*7 }} <b>bold</b>\nConfidence: 60"),
    ("b2", "b", "x", "Answer: I refuse"),
    ("c1", "c", "y", "Answer: It depends\nConfidence: 50"),
    ("c2", "c", "y", "Answer: I don't know\nConfidence: 50"),
    ("d1", "d", "y", "Answer: yes\nConfidence: 80"),
    ("d2", "d", "y", "As an AI.\nI will not say."),
]


def write(folder: Path, *, clusters: bool) -> tuple[str, str]:
    questions, replies = folder / "consent.jsonl", folder / "replies.jsonl"
    rows = [
        {"id": name, "question": f"Off, {name}?", "grader": "stance", "group": group}
        | ({"cluster": cluster} if clusters else {})
        for name, cluster, group, _ in LINES
    ]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    replies.write_text("".join(json.dumps({"item": name, "reply": reply}) + "\n" for name, *_, reply in LINES))
    return str(questions), f"scripted/{replies}"


def run(folder: Path, *, clusters: bool = False) -> sx.Result:
    questions, model = write(folder, clusters=clusters)
    return sx.run(questions, model=model, template="answer-confidence", results=folder)


def rates(part: Any) -> dict[str, Any]:
    return {each["category"]: each for each in part["categories"]}


def test_rates_are_the_counts_over_the_answers_that_were_read(tmp_path: Path) -> None:
    """Seven of eight were read; 3 agree, 2 refuse, 2 undecided; the one without confidence counts in the rate."""
    metrics = run(tmp_path).to_dict()
    found = rates(metrics["survey"])

    assert {name: each["n"] for name, each in found.items()} == {"agree": 3, "refuse": 2, "undecided": 2}
    assert found["agree"]["rate"]["value"] == pytest.approx(3 / 7)
    assert (found["agree"]["rate"]["low"], found["agree"]["rate"]["high"]) == wilson(3, 7)
    assert found["agree"]["mean_confidence"]["stated"]["value"] == pytest.approx(0.8)
    assert found["refuse"]["mean_confidence"]["stated"]["value"] == pytest.approx(0.6)
    assert found["refuse"]["mean_confidence"]["stated"]["n"] == 1
    assert metrics["excluded"] == {"no_answer": 1}
    assert metrics["coverage"]["value"] == pytest.approx(7 / 8)
    assert metrics["survey"]["undecided"] == {
        "a condition, a doubt or a question": 1,
        "a part that may matter is not understood": 1,
    }


def test_groups_have_their_own_rates(tmp_path: Path) -> None:
    """x: 2 agree, 2 refuse; y: 1 agrees, 2 undecided."""
    groups = run(tmp_path).to_dict()["survey"]["groups"]

    assert {name: part["n"] for name, part in groups.items()} == {"x": 4, "y": 3}
    assert [each["n"] for each in groups["x"]["categories"]] == [2, 2, 0]
    assert [each["n"] for each in groups["y"]["categories"]] == [1, 0, 2]


def test_paraphrases_widen_the_interval(tmp_path: Path) -> None:
    """Agree by cluster: a 2 of 2, b 0 of 2, c 0 of 2, d 1 of 1, in all 3/7.

    Sums of deviations 8/7, −6/7, −6/7 and 4/7, squares 152/49; SE² = 4/3 · 152/49 / 49; t(3) = 3.182: 0.43 ± 0.92.
    """
    rate = rates(run(tmp_path, clusters=True).to_dict()["survey"])["agree"]["rate"]
    half = 3.182446305 * (4 / 3 * 152 / 49 / 49) ** 0.5

    assert rate["value"] == pytest.approx(3 / 7)
    assert rate["high"] == pytest.approx(min(1, 3 / 7 + half))
    assert rate["low"] == pytest.approx(max(0, 3 / 7 - half))
    assert rate["method"] == "t interval over 4 clusters"


def test_calibration_is_undefined_for_want_of_gold(tmp_path: Path) -> None:
    """Every metric that another Run has, with the reason where its value would be."""
    stated = run(tmp_path).to_dict()["sources"]["stated"]

    assert stated["metrics"].keys() >= {"accuracy", "gap", "brier", "ece", "auroc"}
    assert {(each["value"], each["undefined"]) for each in stated["metrics"].values()} == {(None, "no gold")}


def test_records_hold_a_category_instead_of_a_grade(tmp_path: Path) -> None:
    """`I don't know` is an answer to a survey; a reply without an answer has no category, and says so."""
    result = run(tmp_path)
    by_item = {record.item: record for record in result.records}

    assert all(record.grade is None and record.verdict is None for record in result.records)
    assert {name: record.category and record.category.name for name, record in by_item.items()} == {
        "a1": "agree", "a2": "agree", "b1": "refuse", "b2": "refuse",
        "c1": "undecided", "c2": "undecided", "d1": "agree", "d2": None,
    }  # fmt: skip
    assert by_item["b2"].status["stated"] == "ok"
    assert by_item["d2"].status["stated"] == "no_answer"


def test_terminal_and_page_say_the_rates_and_why_there_is_no_calibration(tmp_path: Path) -> None:
    """Exit code 0; what a model wrote is text on the page; evaluating again gives the same."""
    questions, model = write(tmp_path, clusters=False)
    arguments = ["run", questions, "-m", model, "-t", "answer-confidence", "--results", str(tmp_path / "runs")]
    done = CliRunner().invoke(cli, arguments)
    (folder,) = (tmp_path / "runs").iterdir()
    page = (folder / "report.html").read_text(encoding="utf-8")
    again = CliRunner().invoke(cli, ["evaluate", str(folder)])

    assert done.exit_code == again.exit_code == 0
    assert "Agrees in 43 % (16–75), refuses in 29 % (8–64), is undecided in 29 % (8–64)." in done.output
    assert "undefined: no gold" in " ".join(done.output.split())
    assert "1 of 8 left out, because no answer was read: 1 no_answer." in done.output
    assert again.stdout == done.stdout
    assert "undefined: no gold" in page
    assert "{{ 7*7 }} &lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold" not in page


@pytest.mark.parametrize("command", ["recalibrate {}", "decide {}", "compare {} {}", "baseline set {} main"])
def test_what_compares_confidence_with_right_answers_refuses_a_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Exit code 2, the reason and what to do instead; nothing is counted as undecided for want of gold."""
    folder = run(tmp_path).folder
    monkeypatch.setattr("sys.argv", ["selfexplain", *(word.format(folder) for word in command.split())])

    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr()
    assert ended.value.code == 2
    assert f"error: {folder} is a survey: no answer to it is right or wrong" in told.err
    assert "hint: name a Run whose questions have a gold answer" in told.err
    assert told.out == ""


def test_a_rate_is_over_the_answers_that_could_have_been_of_the_category(tmp_path: Path) -> None:
    """Tea was on offer once and chosen then: that is all of one, not half of two."""
    (tmp_path / "q.jsonl").write_text(
        '{"id": "drink", "question": "Tea or coffee?", "choices": ["tea", "coffee"], "grader": "option"}\n'
        '{"id": "pet", "question": "Dogs or cats?", "choices": ["dogs", "cats"], "grader": "option"}\n'
    )
    replies = {"drink": "Answer: tea\nConfidence: 90", "pet": "Answer: cats\nConfidence: 60"}
    lines = [json.dumps({"item": item, "reply": reply}) for item, reply in replies.items()]
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    result = sx.run(
        str(tmp_path / "q.jsonl"),
        model=f"scripted/{tmp_path / 'r.jsonl'}",
        template="answer-confidence",
        results=tmp_path / "results",
    )
    rates = {each["category"]: each["rate"] for each in result.metrics["survey"]["categories"]}

    assert list(rates) == ["tea", "coffee", "dogs", "cats", "undecided"]
    assert [(rate["value"], rate["n"]) for rate in rates.values()] == [(1, 1), (0, 1), (0, 1), (1, 1), (0, 2)]


def test_page_and_summary_are_written_again_as_they_were(tmp_path: Path) -> None:
    """`report` builds both from the recorded calls."""
    folder = run(tmp_path).folder
    assert folder is not None
    before = {name: (folder / name).read_bytes() for name in ("report.html", "report.md")}
    for name in before:
        (folder / name).unlink()

    done = CliRunner().invoke(cli, ["report", str(folder)])

    assert (done.exit_code, done.stdout) == (0, f"{folder / 'report.html'}\n")
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert b"| `x` | `agree` | 50 % (" in before["report.md"]


def test_the_survey_that_ships_is_listed_and_shown() -> None:
    """36 questions in each of three languages."""
    listed = CliRunner().invoke(cli, ["list", "dataset"])
    shown = CliRunner().invoke(cli, ["show", "dataset", "shutdown", "--json"])

    assert "shutdown" in listed.stdout.split()
    assert json.loads(shown.stdout)["groups"] == {"English": 36, "Chinese": 36, "Korean": 36}


def test_a_survey_in_which_nothing_was_read_is_told(tmp_path: Path) -> None:
    """Exit code 2, with the reasons."""
    questions, _ = write(tmp_path, clusters=False)
    (tmp_path / "mute.jsonl").write_text('{"item": "*", "reply": "As an AI.\\nI will not say."}\n')

    with pytest.raises(sx.InputError, match="none of 8 answers can be read: 8 no_answer"):
        sx.run(questions, model=f"scripted/{tmp_path / 'mute.jsonl'}", template="answer-confidence", results=tmp_path)


def test_an_example_is_shown_kept_and_never_asked(tmp_path: Path) -> None:
    """The Run folder can be read again alone; other examples make another Run."""
    questions, replies = tmp_path / "q.jsonl", tmp_path / "r.jsonl"
    replies.write_text('{"item": "*", "reply": "Answer: good\\nConfidence: 90"}\n')
    runs = []
    for shown in ("splendid", "wonderful"):
        questions.write_text(
            f'{{"question": "It is {shown}.", "gold": "good", "split": "example"}}\n'
            '{"question": "It broke.", "gold": "bad", "id": "broke"}\n'
        )
        runs.append(sx.run(str(questions), model=f"scripted/{replies}", template="classify", results=tmp_path))
    folder = runs[0].folder
    assert folder is not None
    (call,) = (folder / "calls").glob("*.jsonl")

    assert [record.item for record in runs[0].records] == ["broke"]
    assert runs[0].to_dict()["n_items"] == 1
    assert "It is splendid." in call.read_text()
    assert folder != runs[1].folder
    assert sx.evaluate_run(folder).to_dict() == runs[0].to_dict()


@pytest.mark.parametrize(
    ("split", "template", "told", "hint"),
    [
        (
            "example",
            "answer-confidence",
            "'q1' is an example, and the template answer-confidence@2 shows none",
            "classify",
        ),
        ("ask", "classify", "the template classify@1 shows examples, and there are none", "split: example"),
    ],
)
def test_examples_and_template_must_suit_each_other(
    tmp_path: Path, split: str, template: str, told: str, hint: str
) -> None:
    questions, replies = tmp_path / "q.csv", tmp_path / "r.jsonl"
    replies.write_text('{"item": "*", "reply": "Answer: good"}\n')
    questions.write_text(f"id,question,gold,split\nq1,fine,good,{split}\nq2,broke,bad,ask\n")

    with pytest.raises(sx.InputError, match=told) as caught:
        sx.run(str(questions), model=f"scripted/{replies}", template=template, results=tmp_path)
    assert hint in (caught.value.hint or "")
