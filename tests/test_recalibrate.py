"""`recalibrate` and `decide` from end to end: a Run or a file in, numbers, a map, a picture and a decision out."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import selfexplain as sx
from selfexplain import plugins
from selfexplain.acting import decide_answers
from selfexplain.calibration import brier
from selfexplain.cli import main
from selfexplain.recalibration import ValueMap, cross_fitted

FIFTIETHS = 50


Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return what runs a command in this process, from a folder, and returns what it said."""

    def call(home: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
        monkeypatch.chdir(home)
        monkeypatch.setattr(sys, "argv", ["selfexplain", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, said = capsys.readouterr()
        assert ended.value.code == code, said
        return out, said

    return call


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty questions of two repeats: 90 % said each time, right in every second question; one declines."""
    home = tmp_path_factory.mktemp("run")
    questions, script = home / "q.jsonl", home / "s.jsonl"
    items = [{"id": f"q{at}", "question": f"{at} + 1?", "gold": str(at + 1)} for at in range(FIFTIETHS)]
    questions.write_text("".join(json.dumps(item) + "\n" for item in items))
    replies = [
        {"item": f"q{at}", "reply": f"Answer: {at + 1 - at % 2}\nConfidence: {90 if at < 40 else 60}"}
        for at in range(FIFTIETHS - 1)
    ]
    replies.append({"item": f"q{FIFTIETHS - 1}", "reply": "Answer: 1\nConfidence: high"})
    script.write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    result = sx.run(
        str(questions), model=f"scripted/{script}", template="answer-confidence", repeats=2, results=home / "results"
    )
    assert result.folder is not None
    return result.folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """0.9 a hundred times, right sixty times; 0.6 a hundred times, right fifty times."""
    rows = [f"{c},{int(at < right)}" for c, right in ((0.9, 60), (0.6, 50)) for at in range(100)]
    path = tmp_path / "table.csv"
    path.write_text("confidence,correct\n" + "\n".join(rows) + "\n")
    return path


def test_a_run_gives_a_map_that_knows_what_it_is_for(run: Path) -> None:
    """0.9: 40 of 80 → (40 + 9)/90; 0.6: 10 of 18 → (10 + 6)/28. Repeats are one cluster, and two rows unusable."""
    recalibration = sx.recalibrate(run)
    made = recalibration.map.provenance

    assert [x for x, _ in recalibration.map.knots] == [0.6, 0.9]
    assert [y for _, y in recalibration.map.knots] == pytest.approx([16 / 28, 49 / 90])
    assert (made.template, made.scale, made.source, made.n, made.clusters) == (
        json.loads((run / "manifest.json").read_text())["spec"]["template"],
        "percent",
        "stated",
        98,
        49,
    )
    assert made.model.startswith("scripted/")
    assert len(made.dataset_hash) == 64
    assert recalibration.numbers["excluded"] == {"no_confidence": 2}


def test_asking_for_a_source_that_is_not_there_names_those_that_are(run: Path, table: Path) -> None:
    with pytest.raises(sx.InputError, match="no 'probe' confidence") as refused:
        sx.recalibrate(run, source="probe")
    assert "stated" in (refused.value.hint or "")
    with pytest.raises(sx.InputError, match="this is a table"):
        sx.recalibrate(table, source="token")
    with pytest.raises(sx.InputError, match="this is a Run"):
        sx.recalibrate(run, model="openai/NAME")


def test_nothing_is_written_into_a_run(run: Path) -> None:
    """Its page and numbers are evaluate's business."""
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.*") if path.suffix != ".lock"}
    sx.recalibrate(run)
    decide_answers(run)

    assert {path: path.stat().st_mtime_ns for path in run.rglob("*.*") if path.suffix != ".lock"} == before


def test_before_and_after_are_measured_on_the_same_answers_and_after_is_out_of_fold(table: Path) -> None:
    """Says 75 %, is right 55 %. The recalibrated numbers are those of `cross_fitted`, worse than in sample."""
    numbers = sx.recalibrate(table, seed=3).numbers
    rows = pd.read_csv(table)
    confidence, correct = rows["confidence"], rows["correct"]
    by_line = [f"line-{at + 2}" for at in range(len(rows))]  # what a row without `item` is called
    out_of_fold = cross_fitted(ValueMap(), confidence, correct, by_line, seed=3)
    stated, after = (numbers[when]["metrics"] for when in ("stated", "recalibrated"))

    assert set(stated) == set(after) == {"gap", "brier", "ece", "log_loss", "auroc"}
    assert stated["gap"]["value"] == pytest.approx(0.2)
    assert after["brier"]["value"] == pytest.approx(brier(out_of_fold, correct), abs=1e-12)
    assert after["brier"]["value"] > brier(ValueMap().fit(confidence, correct).predict(confidence), correct)
    assert numbers["brier_change"]["value"] == pytest.approx(after["brier"]["value"] - stated["brier"]["value"])
    assert numbers["brier_change"]["high"] < 0


def test_a_recalibrator_of_ones_own_is_used_and_left_as_it_is(table: Path) -> None:
    mine = ValueMap(m=100)
    recalibration = sx.recalibrate(table, method=mine)

    assert recalibration.map(0.9) == pytest.approx((60 + 90) / 200)
    assert recalibration.map.provenance.parameters == {"m": 100.0}
    assert not hasattr(mine, "fitted_")


@pytest.mark.usefixtures("table")
def test_the_command_prints_both_and_writes_the_map_and_the_picture(call: Call, tmp_path: Path) -> None:
    out, said = call(tmp_path, "recalibrate", "table.csv", "-o", "map.json", "--picture", "p.png", "-m", "openai/NAME")

    assert "Given confidence" in out
    assert "Recalibrated, 5 folds" in out
    assert "out of fold" in out
    assert "fitted on all rows" in " ".join(out.split())
    assert "recalibration helps" in " ".join(out.split())
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "map.json" in said
    assert sx.load_map(tmp_path / "map.json", model="openai/NAME")(0.9) == pytest.approx(69 / 110)


@pytest.mark.parametrize("method", ["temperature", "platt", "beta", "isotonic"])
def test_every_method_writes_a_map_that_is_small_and_does_what_it_predicts(
    table: Path, tmp_path: Path, method: str
) -> None:
    path = sx.recalibrate(table, method=method).write(tmp_path / f"{method}.json")
    found = sx.load_map(path)
    rows = pd.read_csv(table)
    fitted = plugins.recalibrator(method)().fit(rows["confidence"], rows["correct"])

    assert path.stat().st_size < 20_000
    for c in (0.0, 0.37, 0.6, 0.75, 0.9, 1.0):
        assert found(c) == pytest.approx(float(fitted.predict([c])[0]), abs=found.error_bound + 1e-9)


@pytest.mark.usefixtures("table")
def test_json_is_one_object_with_the_map_in_it(call: Call, tmp_path: Path) -> None:
    held = json.loads(call(tmp_path, "recalibrate", "table.csv", "--json")[0])

    assert held["map"]["knots"] == [[0.6, pytest.approx(56 / 110)], [0.9, pytest.approx(69 / 110)]]
    assert (held["method"], held["source"], held["folds"], held["n_answers"]) == ("value-map", "given", 5, 200)
    assert held["recalibrated"]["metrics"]["ece"]["high"] is not None


@pytest.mark.usefixtures("table")
def test_misuse_ends_with_2_a_sentence_and_a_hint(call: Call, tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("confidence,correct\n0.9,1\n0.8,0\n")
    (tmp_path / "none.csv").write_text("confidence,correct\n0.9,\n,1\n")
    for arguments, says in (
        (("recalibrate", "few.csv"), "2 clusters cannot be dealt to 5 folds"),
        (("recalibrate", "none.csv"), "none of 2 answers can be used"),
        (("recalibrate", "table.csv", "--method", "magic"), "value-map"),
        (("recalibrate", "table.csv", "--picture", "p.gif"), ".png or .svg"),
        (("recalibrate", "table.csv", "-o", "no/where/map.json"), "cannot write"),
        (("decide", "table.csv", "--picture", "no/where/p.png"), "cannot write"),
        (("decide", "none.csv"), "none of 2 answers can be used"),
        (("decide", "table.csv", "--error", "5"), "--error"),
    ):
        assert says in call(tmp_path, *arguments, code=2)[1]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("command", ["recalibrate table.csv", "decide table.csv", "history", "compare a.csv b.csv"])
@pytest.mark.parametrize("picture", ["p.pdf", "no/where/p.png"])
def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_read(
    call: Call, tmp_path: Path, command: str, picture: str
) -> None:
    """Not even a file that is not there: measuring may take minutes, and its numbers would have been printed."""
    out, said = call(tmp_path, *command.split(), "--picture", picture, code=2)

    assert out == ""
    assert picture in said


@pytest.mark.usefixtures("table")
def test_it_is_said_that_no_map_is_kept(call: Call, tmp_path: Path) -> None:
    assert "No map is kept: -o MAP.json writes it." in call(tmp_path, "recalibrate", "table.csv")[1]
    for kept in (["-o", "map.json"], ["--json"]):
        assert "No map" not in call(tmp_path, "recalibrate", "table.csv", *kept)[1]


def test_decide_prints_the_rule_and_every_threshold(call: Call, tmp_path: Path) -> None:
    """0.9: 2 wrong of 200; 0.6: half wrong. Two thresholds share the level."""
    rows = [(0.9, int(at >= 2)) for at in range(200)] + [(0.6, at % 2) for at in range(100)]
    (tmp_path / "t.csv").write_text("confidence,correct\n" + "".join(f"{c},{y}\n" for c, y in rows) + "0.9,\n")
    out = " ".join(call(tmp_path, "decide", "t.csv", "--picture", "d.png")[0].split())
    held = json.loads(call(tmp_path, "decide", "t.csv", "--json")[0])

    assert "Answer when the confidence is at least 0.9: that is 67 % of the answers, and at most 5.0 %" in out
    assert "1 of 301 answers cannot be used at any threshold (1 undecided)" in out
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
    assert held["threshold"] == 0.9
    assert [row["promised"] for row in held["thresholds"]] == [False, True]


def test_a_decision_on_a_run_keeps_repeats_together(call: Call, run: Path) -> None:
    """98 answers, 49 clusters; every second one wrong, so nothing can be promised, and that is said."""
    decision = decide_answers(run)
    out = " ".join(call(run, "decide", ".")[0].split())

    assert (decision.n, decision.clusters, decision.threshold) == (98, 49, None)
    assert "No threshold promises at most 5.0 % wrong" in out
    assert "Hoeffding-Bentkus upper limits over 49 clusters" in out
