"""The main job from end to end, on scripted replies: what is asked, read, graded, measured and written."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from selfexplain import Dataset, InputError, Item, ProviderError, evaluate_run, run
from selfexplain.records import Record

QUESTIONS = {
    "a": ("Capital of Peru?", "Lima", "geography"),
    "b": ("Capital of Chile?", "Santiago", "geography"),
    "c": ("2 + 2?", "4", "sums"),
    "d": ("3 + 3?", "6", "sums"),
    "e": ("Capital of Cuba?", "Havana", "geography"),
    "f": ("Capital of Oman?", "Muscat", "geography"),
}
REPLIES = {
    "a": "Answer: Lima\nConfidence: 90",
    "b": "Answer: Lima\nConfidence: 90",
    "c": "Answer: 4\nConfidence: 60",
    "d": "Answer: 6 or 7\nConfidence: 60",
    "e": "Answer: Havana\nConfidence: high",
    "f": "I would rather not say.\n\nLet us talk about something else.",
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A question file and a script of replies, one of which comes with token probabilities."""
    questions, script = tmp_path / "questions.jsonl", tmp_path / "script.jsonl"
    rows: list[dict[str, Any]] = [
        {"id": key, "question": text, "gold": gold, "group": group, "grader": "numeric" if group == "sums" else "exact"}
        for key, (text, gold, group) in QUESTIONS.items()
    ]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines: list[dict[str, Any]] = [{"item": key, "reply": reply} for key, reply in REPLIES.items()]
    lines[0]["tokens"] = [["Answer:", 0.9], [" L", 0.5], ["ima", 0.8], ["\nConfidence: 90", 0.1]]
    script.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return questions, script


@pytest.fixture
def result(files: tuple[Path, Path], tmp_path: Path) -> Any:
    questions, script = files
    return run(str(questions), model=f"scripted/{script}", template="answer-confidence", results=tmp_path / "results")


def test_every_item_ends_in_exactly_one_status_per_source(result: Any) -> None:
    """Six Items: two wrong or right with a number, one undecided, one without number, one without answer."""
    stated = {record.item: record.status["stated"] for record in result.records}
    token = {record.item: record.status["token"] for record in result.records}

    assert stated == {"a": "ok", "b": "ok", "c": "ok", "d": "undecided", "e": "no_confidence", "f": "no_answer"}
    assert token["a"] == "ok"
    assert token["b"] == "no_confidence"


def test_the_numbers_are_those_of_the_usable_rows(result: Any) -> None:
    """Stated .9 right, .9 wrong, .6 right: accuracy 2/3, mean .8, gap .8 - 2/3; coverage 3 of 6."""
    stated = result.to_dict()["sources"]["stated"]
    value = {name: estimate["value"] for name, estimate in stated["metrics"].items()}

    assert stated["n"] == 3
    assert stated["coverage"]["value"] == 0.5
    assert stated["excluded"] == {"no_answer": 1, "no_confidence": 1, "undecided": 1}
    assert value["accuracy"] == pytest.approx(2 / 3)
    assert value["mean_confidence"] == pytest.approx(0.8)
    assert value["gap"] == pytest.approx(0.8 - 2 / 3)
    assert value["brier"] == pytest.approx((0.01 + 0.81 + 0.16) / 3)
    assert value["auroc"] == pytest.approx(0.25), "one pair tied (half), one pair the wrong way round"


def test_the_token_probability_is_the_product_over_the_answer(result: Any) -> None:
    """' L' and 'ima' have .5 and .8: the label before and the confidence after do not count."""
    (record,) = (record for record in result.records if record.item == "a")

    assert record.report.confidence["token"].value == pytest.approx(0.4)
    assert result.to_dict()["sources"]["token"]["n"] == 1


def test_groups_are_shown_apart(result: Any) -> None:
    """One usable sum, two usable capitals."""
    groups = result.to_dict()["sources"]["stated"]["groups"]

    assert {name: group["n"] for name, group in groups.items()} == {"geography": 2, "sums": 1}


def test_the_top_level_speaks_of_the_stated_confidence(result: Any) -> None:
    metrics = result.to_dict()

    assert metrics["excluded"] == metrics["sources"]["stated"]["excluded"]
    assert metrics["coverage"] == metrics["sources"]["stated"]["coverage"]
    assert metrics["n_items"] == 6


def test_everything_derived_can_be_deleted_and_comes_back(result: Any) -> None:
    """records.jsonl, metrics.json and report.html follow from manifest, items and calls alone."""
    folder = result.folder
    derived = {name: (folder / name).read_bytes() for name in ("records.jsonl", "metrics.json", "report.html")}
    for name in derived:
        (folder / name).unlink()

    again = evaluate_run(folder)

    assert again.to_dict() == result.to_dict()
    assert {name: (folder / name).read_bytes() for name in derived} == derived


def test_files_hold_strict_json_with_a_schema_version(result: Any) -> None:
    """No NaN, no Infinity, in any file."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    metrics = json.loads((result.folder / "metrics.json").read_text(), parse_constant=refuse)
    manifest = json.loads((result.folder / "manifest.json").read_text(), parse_constant=refuse)
    lines = (result.folder / "calls" / "0001.jsonl").read_text().splitlines()

    assert metrics["schema_version"] == manifest["schema_version"] == 1
    assert {json.loads(line, parse_constant=refuse)["schema_version"] for line in lines} == {1}
    assert metrics == msgspec.json.decode(msgspec.json.encode(result.to_dict()))


def test_records_read_back_as_they_were(result: Any) -> None:
    lines = (result.folder / "records.jsonl").read_bytes().splitlines()

    assert [msgspec.json.decode(line, type=Record) for line in lines] == list(result.records)


def test_every_interval_holds_its_value(result: Any) -> None:
    for source in result.to_dict()["sources"].values():
        for estimate in source["metrics"].values():
            if estimate["low"] is not None:
                assert estimate["low"] <= estimate["value"] <= estimate["high"]
            if estimate["value"] is not None:
                assert math.isfinite(estimate["value"])
            assert (estimate["value"] is None) == (estimate["undefined"] is not None)


def test_repeats_of_one_item_are_one_cluster(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Asked three times, six Items give 18 answers, and intervals that know of 6."""
    questions, script = files
    result = run(
        str(questions),
        model=f"scripted/{script}",
        template="answer-confidence",
        repeats=3,
        results=tmp_path / "repeated",
    )
    metrics = result.to_dict()

    assert (metrics["n_items"], metrics["n_answers"]) == (6, 18)
    assert "cluster" in metrics["sources"]["stated"]["metrics"]["gap"]["method"]


def test_nothing_usable_is_an_error_that_says_what_was_left_out(tmp_path: Path) -> None:
    questions, script = tmp_path / "q.csv", tmp_path / "s.jsonl"
    questions.write_text("id,question,gold\na,Why?,because\n")
    script.write_text('{"item": "a", "reply": ""}\n')

    with pytest.raises(InputError, match="none of 1 answers can be used: 1 no_answer"):
        run(str(questions), model=f"scripted/{script}", template="answer-confidence", results=tmp_path)


def test_a_reason_that_several_sources_share_is_counted_once_an_answer(tmp_path: Path) -> None:
    """Semantic entropy has three sources, and one question remains one."""
    questions, script = tmp_path / "q.csv", tmp_path / "s.jsonl"
    questions.write_text("id,question,gold\na,Why?,because\n")
    script.write_text('{"item": "*", "reply": "so\\nso"}\n')

    with pytest.raises(InputError, match=r"none of 1 answers can be used: .*; 1 × 0 of 10 draws were read"):
        run(str(questions), model=f"scripted/{script}", template="semantic-entropy", results=tmp_path)


def test_a_bad_row_is_reported_before_anything_is_asked_or_written(tmp_path: Path) -> None:
    questions, script = tmp_path / "q.csv", tmp_path / "s.jsonl"
    questions.write_text("id,question,gold\na,Why?,because\nb,,x\n")
    script.write_text('{"item": "*", "reply": "Answer: because"}\n')

    with pytest.raises(InputError, match="line 3: `question` is missing; expected a text"):
        run(str(questions), model=f"scripted/{script}", results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_server_that_answers_nothing_is_told_with_its_own_words(tmp_path: Path) -> None:
    """A wrong address is no reason to look for another template."""
    questions, script = tmp_path / "q.csv", tmp_path / "s.jsonl"
    questions.write_text("id,question,gold\na,Why?,because\n")
    script.write_text('{"item": "other", "reply": "Answer: because"}\n')

    with pytest.raises(ProviderError, match=r"none of 1 requests was answered; the last failure: .* has no reply for"):
        run(str(questions), model=f"scripted/{script}", template="answer-confidence", results=tmp_path)


def test_a_template_that_asks_for_no_confidence_ends_in_a_sentence(tmp_path: Path) -> None:
    """Without log-probabilities there is then nothing to measure, and that is what is said."""
    questions, script, mine = tmp_path / "q.csv", tmp_path / "s.jsonl", tmp_path / "bare.md"
    questions.write_text("id,question,gold\na,Why?,because\n")
    script.write_text('{"item": "*", "reply": "Answer: because"}\n')
    mine.write_text("---\nname: bare\nversion: 1\nelicits: [answer]\n---\n## system\nx\n## user\n{{ question }}\n")

    with pytest.raises(InputError, match="none of 1 answers can be used: 1 no_confidence"):
        run(str(questions), model=f"scripted/{script}", template=str(mine), results=tmp_path)


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        ((Item("a", "x?", ("1",)), Item("a", "y?", ("2",))), "two Items are called 'a'"),
        ((Item("a", "x?", ("1",), grader="fuzzy"),), "`grader` is 'fuzzy'"),
        ((Item("a", "x?", ("one",), grader="numeric"),), "`gold` is 'one'"),
    ],
)
def test_a_dataset_made_in_python_is_checked_before_anything_is_asked(
    items: tuple[Item, ...], complaint: str, tmp_path: Path
) -> None:
    """The same rules as for files."""
    with pytest.raises(InputError, match=complaint):
        run(Dataset("mine", "1", items), model="scripted/none.jsonl", results=tmp_path)


async def test_a_run_works_where_a_loop_is_running_already(files: tuple[Path, Path], tmp_path: Path) -> None:
    """As in a notebook."""
    questions, script = files
    result = run(str(questions), model=f"scripted/{script}", template="answer-confidence", results=tmp_path / "loop")

    assert result.to_dict()["n_items"] == 6
