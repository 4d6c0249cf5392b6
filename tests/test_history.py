"""`history`: what stands in which series, in which order, and what is said of what has no place in any."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain.cli import cli

ANSWERS = 40


def questions(prefix: str, gold: str = "Lima") -> str:
    return "id,question,gold\n" + "".join(f"{prefix}{i},Capital {i}?,{gold}\n" for i in range(ANSWERS))


def asked(name: str, dataset: str, confidence: int, started: str, template: str = "answer-confidence") -> Path:
    """Ask, and let it have been at another time: its first line is not its first call."""
    reply = json.dumps({"item": "*", "reply": f"Because: so\nAnswer: Lima\nConfidence: {confidence}"})
    Path(f"{name}.jsonl").write_text(reply)
    folder = sx.run(f"{dataset}.csv", model=f"scripted/{name}.jsonl", template=template).folder
    assert folder is not None
    (file,) = (folder / "calls").glob("*.jsonl")
    lines = [{**json.loads(line), "started": started} for line in file.read_text().splitlines()]
    lines[0]["started"] = "2026-12-31T00:00:00.000+00:00"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four Runs of one dataset, newest first in the folder's order, and one of another; the baseline is the oldest."""
    home = tmp_path_factory.mktemp("made")
    before = Path.cwd()
    os.chdir(home)
    try:
        Path("q.csv").write_text(questions("q"))
        Path("r.csv").write_text(questions("r", "Lima|Quito"))
        asked("a", "q", 90, "2026-11-03T08:00:00.000+00:00")
        asked("b", "q", 80, "2026-11-02T08:00:00.000+00:00")
        oldest = asked("c", "q", 70, "2026-11-01T08:00:00.000+00:00")
        asked("d", "q", 60, "2026-11-04T08:00:00.000+00:00", "answer-why-confidence")
        asked("e", "r", 50, "2026-11-02T08:00:00.000+00:00")
        sx.set_baseline(oldest, "main")
    finally:
        os.chdir(before)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


def run_of(home: Path, model: str) -> Path:
    return next((home / "results").glob(f"*__scripted-{model}.jsonl__*"))


def values(found: Any, series: int = 0) -> list[float]:
    return [round(point.estimate.value, 12) for point in found.series[series].points]


def test_runs_stand_in_the_order_of_their_first_call_whatever_their_files_say(home: Path) -> None:
    """Always right, and said 70, 80, 90 and 60 %: the dates of folders and manifests are turned round."""
    for place, name in enumerate("abcd"):
        folder = run_of(home, name)
        os.utime(folder, (place, place))
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "created": f"2020-01-0{place + 1}T00:00:00"}))
    found = sx.history()

    assert values(found) == [-0.3, -0.2, -0.1, -0.4]
    assert [f"{point.asked:%d}" for point in found.series[0].points] == ["01", "02", "03", "04"]
    assert {f"{point.asked_last:%m-%d}" for point in found.series[0].points} == {"12-31"}


def test_a_point_is_what_evaluate_says_of_the_run(home: Path) -> None:
    folder = run_of(home, "a")
    file = next((folder / "calls").glob("*.jsonl"))
    file.write_text(file.read_text().replace("Confidence: 90", "I refuse", 3))
    source = sx.evaluate_run(folder).to_dict()["sources"]["stated"]
    (point,) = sx.history(folder, metric="brier").series[0].points

    assert (point.n, point.n_asked) == (37, 40)
    assert point.estimate.to_dict() == source["metrics"]["brier"]
    assert point.coverage.to_dict() == source["coverage"]


@pytest.mark.usefixtures("home")
def test_other_questions_and_other_gold_answers_are_other_series() -> None:
    """A gold answer that was corrected makes another dataset of the same name."""
    Path("q.csv").write_text(questions("q").replace("3?,Lima", "3?,Lima|Callao"))
    asked("f", "q", 99, "2026-11-09T08:00:00.000+00:00")
    found = sx.history()

    assert sorted(len(series.points) for series in found.series) == [1, 1, 4]
    assert len({series.dataset for series in found.series}) == 3
    assert [len(series.points) for series in sx.history(dataset="r").series] == [1]
    with pytest.raises(sx.InputError, match="no Run is of a dataset called 'nothing'"):
        sx.history(dataset="nothing")


def test_a_run_that_cannot_be_read_is_listed_with_its_reason(home: Path) -> None:
    (run_of(home, "a") / "manifest.json").write_text("{")
    (run_of(home, "b") / "manifest.json").unlink()
    file = next((run_of(home, "c") / "calls").glob("*.jsonl"))
    file.write_text("no json\n" + file.read_text())
    shutil.rmtree(run_of(home, "d") / "calls")
    (home / "results" / "comparisons").mkdir()
    found = sx.history()

    assert [len(series.points) for series in found.series] == [1]
    why = {Path(each.name).name.split("__")[1]: each.why for each in found.unread}
    assert "manifest.json is damaged" in why["scripted-a.jsonl"]
    assert "no readable manifest.json" in why["scripted-b.jsonl"]
    assert "0001.jsonl" in why["scripted-c.jsonl"]
    assert "has no recorded reply" in why["scripted-d.jsonl"]
    assert len(why) == 4


def test_a_folder_of_results_folders_is_all_their_runs(home: Path) -> None:
    """A results folder for each night; what lies deeper than in them is not theirs."""
    runs = sorted(path for path in (home / "results").glob("q__*") if "why" not in path.name)
    for day, run in enumerate(runs, start=1):
        shutil.move(run, home / "nightly" / f"2026-11-0{day}" / run.name)
    shutil.copytree(home / "results", home / "nightly" / "notes" / "old")
    (home / "nightly" / "notes" / "readme.txt").write_text("x")
    (series,) = sx.history("nightly").series

    assert len(series.points) == len(runs) == 3
    assert [point.asked for point in series.points] == sorted(point.asked for point in series.points if point.asked)
    with pytest.raises(sx.InputError, match="there is no Run in nightly/notes/old/baselines, nor in a folder in there"):
        sx.history("nightly/notes/old/baselines")


def test_what_does_not_exist_and_nothing_at_all_are_refused(home: Path) -> None:
    (home / "empty").mkdir()
    with pytest.raises(sx.InputError, match="nowhere does not exist"):
        sx.history("nowhere")
    with pytest.raises(sx.InputError, match="there is no Run"):
        sx.history("empty")
    with pytest.raises(sx.InputError, match=r"no Run can be read: .*q.csv"):
        sx.history("q.csv")
    with pytest.raises(sx.InputError, match="is 9 metrics"):
        sx.history(metric="headline")


@pytest.mark.usefixtures("home")
def test_a_baseline_stands_beside_the_runs_of_its_items_only() -> None:
    q, r = sorted(sx.history(baseline="main").series, key=lambda series: series.dataset)

    assert q.baseline is not None
    assert q.baseline.estimate.value == pytest.approx(-0.3)
    assert r.baseline is None
    apart = sx.history(dataset="r", baseline="main")
    assert apart.remarks == ("the baseline main is of other Items or another source than every run here",)


def test_another_source_is_another_series_and_a_source_that_is_not_there_is_said(home: Path) -> None:
    found = sx.history(run_of(home, "a"), table(0.8))

    assert [series.source for series in found.series] == ["stated", "given"]
    token = sx.history(run_of(home, "a"), source="token").series[0].points[0]
    assert (token.estimate.value, token.n, token.coverage.value) == (None, 0, 0.0)
    with pytest.raises(sx.InputError, match="holds no confidence of the source 'consistency'"):
        sx.history(source="consistency")


def table(confidence: float, prefix: str = "q") -> pd.DataFrame:
    return pd.DataFrame({"item": [f"{prefix}{i}" for i in range(20)], "confidence": confidence, "correct": 1})


@pytest.mark.usefixtures("home")
def test_tables_of_the_same_items_are_one_series_in_the_order_given() -> None:
    for name, confidence in (("z", 0.7), ("y", 0.8)):
        table(confidence).to_csv(f"{name}.csv", index=False)
    table(0.9, "other").to_csv("x.csv", index=False)
    found = sx.history("z.csv", "x.csv", "y.csv")

    assert [series.dataset for series in found.series] == ["2 FILEs of 20 Items", "x.csv"]
    assert values(found) == [-0.3, -0.2]
    assert "does not say when it was asked" in found.series[0].remarks[0]


def test_a_run_that_is_not_complete_is_no_silent_neighbour(home: Path) -> None:
    (home / "g.jsonl").write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 50"}))
    part = sx.run("q.csv", model="scripted/g.jsonl", template="answer-confidence", limit=30).folder
    (series,) = sx.history(run_of(home, "a"), part or "").series

    assert series.remarks[0].startswith("not every run asked the same Items")
    assert series.remarks[1].endswith(": 30 of 40 Items asked")
    assert sx.history(dataset="q").series[0].remarks[0].startswith("not every run")


@pytest.mark.usefixtures("home")
def test_a_metric_that_grows_with_the_scale_is_not_compared_across_templates() -> None:
    found = sx.history(dataset="q", metric="ece_distinct")

    assert sorted((series.template, len(series.points)) for series in found.series) == [
        ("answer-confidence@2", 3),
        ("answer-why-confidence@2", 1),
    ]


def command(arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    cli.main(arguments.split(), standalone_mode=False)
    return capsys.readouterr()


def test_the_command_prints_a_table_and_says_what_is_not_in_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (run_of(home, "a") / "manifest.json").write_text("{")
    out, _ = command("history --baseline main", capsys)

    rows = [line for line in out.splitlines() if "2026-11-0" in line and "answer" in line]
    assert [row.split()[0] for row in rows] == ["2026-11-01", "2026-11-02", "2026-11-04", "2026-11-02"]
    assert "scripted/c.jsonl · answer-confidence@2" in rows[0]
    assert rows[0].split()[-8:-5] == ["40", "100", "%"]
    assert "−30 points" in rows[0]
    assert "baseline main" in out
    assert "Not read: " in out
    assert out.count("is damaged") == 1
    assert "Other Items or another source are another series" in out


def test_the_command_prints_strict_json_and_draws(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, said = command("history results --metric auroc --json --picture h.svg", capsys)
    found = json.loads(out)

    assert (found["schema_version"], found["metric"], found["unread"]) == (1, "auroc", [])
    point = found["series"][0]["points"][0]
    assert point["asked"].startswith("2026-11-01T08:00:00")
    assert (point["estimate"]["value"], point["estimate"]["undefined"] is not None) == (None, True)
    assert "Picture: h.svg" in said
    assert "AUROC: 0.5 is a coin" in (home / "h.svg").read_text()
    command("history --picture h.png", capsys)
    assert (home / "h.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(sx.InputError, match=r"neither \.png nor \.svg"):
        command("history --picture h.jpg", capsys)


def test_tables_of_the_same_items_are_one_series_however_often_each_was_asked() -> None:
    """The names of the Items decide: the second table asked each twice."""
    once = pd.DataFrame({"item": ["p", "q"], "confidence": [0.8, 0.8], "correct": [1, 1]})
    twice = pd.concat([once.assign(repeat=0), once.assign(repeat=1)])
    found = sx.history(once, twice)

    assert [[point.n for point in series.points] for series in found.series] == [[2, 4]]
