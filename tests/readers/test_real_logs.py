"""Logs that the tools really wrote (`docs/other_tools.md` says how): every answer in our words, every count theirs."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import selfexplain as sx
from selfexplain import verdicts
from selfexplain.answer_files import FileAnswers, read_answers
from selfexplain.pipeline.compare import compare
from selfexplain.readers.log_file import LogFile
from selfexplain.records import Answered

LOGS = Path(__file__).with_name("logs")
SMALL, LARGE, TWO = (LOGS / "inspect" / name for name in ("small.eval", "large.eval", "two_scorers.json"))
(TINY_1,) = (LOGS / "lm_eval" / "tiny-1").glob("samples_*.jsonl")
(TINY_2,) = (LOGS / "lm_eval" / "tiny-2").glob("samples_*.jsonl")
(REPLIES,) = (LOGS / "lm_eval" / "small").glob("samples_*.jsonl")
PROMPTFOO = {name: LOGS / "promptfoo" / f"promptfoo-{name}.json" for name in ("small", "large", "both")}

STATED: dict[str, Any] = {"columns": {"confidence": "output"}, "scale": "percent"}


def read(path: Path, **options: Any) -> FileAnswers:
    return read_answers(path, **options)


def short(row: Answered) -> tuple[str, int, float | None, bool | None, str]:
    return row.item, row.repeat, row.confidence, row.correct, row.status


def right(answers: FileAnswers) -> int:
    return sum(row.correct is True for row in answers.rows)


# The server's script: what it says to each question, and what becomes of it.
SCRIPTED = {
    "peru": (0.95, True, "ok"),
    "laos": (0.7, False, "ok"),
    "togo": (0.6, False, "ok"),
    "gold": (None, True, "no_confidence"),
    "iron": (None, None, "refused"),
    "neon": (None, False, "truncated"),
    "zinc": (None, None, "failed"),
}


def test_every_answer_of_an_inspect_log_has_its_status_in_both_epochs() -> None:
    """Empty and refused replies are graded N by Inspect: neither right nor wrong here."""
    expected = {**SCRIPTED, "lead": (None, None, "no_answer")}
    answers = read(SMALL, **STATED)

    assert [short(row) for row in answers.rows] == [
        (item, repeat, *expected[item]) for item in sorted(expected) for repeat in (0, 1)
    ]
    assert answers.source == "stated"
    assert answers.provenance.model == "openai-api/scripted/small"
    assert answers.provenance.dataset == "capitals_and_sums"
    assert answers.provenance.template == "multiple_choice"
    assert answers.provenance.items["peru"].grader == "inspect/choice"


@pytest.mark.parametrize(("path", "accuracy"), [(SMALL, 2 / 7), (LARGE, 3 / 7)])
def test_the_accuracy_of_an_inspect_log_is_inspects(path: Path, accuracy: float) -> None:
    """Its header has the number; it rests on what was scored: all but the failed, N counting as wrong."""
    answers = read(path, **STATED)
    ((_, header),) = LogFile(path).documents(lambda name: name == "header.json")
    scored = [row for row in answers.rows if row.status != "failed"]

    assert header["results"]["scores"][0]["metrics"]["accuracy"]["value"] == pytest.approx(accuracy)
    assert right(answers) / len(scored) == pytest.approx(accuracy)


def test_a_scorer_called_confidence_is_where_the_confidence_stands() -> None:
    """Inspect's mean over what could be scored is 95; its NaN is no confidence, never a number."""
    answers = read(TWO, scorer="choice", scale="percent")
    theirs = json.loads(TWO.read_text())["results"]["scores"]

    assert [short(row) for row in answers.rows] == [
        ("gold", 0, None, True, "no_confidence"),
        ("neon", 0, None, False, "truncated"),
        ("peru", 0, 0.95, True, "ok"),
    ]
    assert (answers.source, answers.how["confidence"]) == ("given", "scores.confidence")
    assert theirs[0]["metrics"]["accuracy"]["value"] == pytest.approx(right(answers) / 3)
    assert theirs[1]["metrics"]["mean"]["value"] == 95


def test_a_group_stands_where_it_is_named() -> None:
    answers = read(SMALL, columns={"confidence": "output", "group": "metadata.topic"}, scale="percent")

    assert {row.item: row.group for row in answers.rows}["zinc"] == "symbols"
    assert {row.group for row in answers.rows} == {"capitals", "symbols"}


@pytest.mark.parametrize(
    ("path", "scorer", "accuracy"),
    [(TINY_1, "acc", 0.3125), (TINY_1, "acc_norm", 0.25), (TINY_2, "acc", 0.125), (TINY_2, "acc_norm", 0.125)],
)
def test_a_choice_by_log_probabilities_has_the_accuracy_of_the_tool(path: Path, scorer: str, accuracy: float) -> None:
    """What lm_eval printed when it wrote the file; every row is usable."""
    answers = read(path, scorer=scorer)

    assert right(answers) / len(answers.rows) == accuracy
    assert {row.status for row in answers.rows} == {"ok"}
    assert (answers.source, answers.provenance.dataset, answers.provenance.scale) == ("token", "options", "probability")


@pytest.mark.parametrize("normed", [False, True])
def test_the_confidence_of_a_choice_is_its_share_of_the_softmax(*, normed: bool) -> None:
    """Second implementation, from the questions' own options: e to the largest, over the sum of all."""
    lines = [json.loads(line) for line in TINY_1.read_text().splitlines()]
    answers = read(TINY_1, scorer="acc_norm" if normed else "acc")
    for line, row in zip(lines, answers.rows, strict=True):
        lengths = [len(option) if normed else 1 for option in line["doc"]["choices"]]
        powers = [math.e ** (float(pair[0]) / n) for pair, n in zip(line["filtered_resps"], lengths, strict=True)]

        assert row.item == str(line["doc_id"])
        assert row.confidence == pytest.approx(max(powers) / sum(powers), rel=1e-9)
        assert row.correct == (powers.index(max(powers)) == "ABCD".index(line["doc"]["answer"]))


@pytest.mark.parametrize(("chosen", "theirs"), [("letter", 7 / 15), ("any-letter", 3 / 15)])
def test_written_answers_count_under_the_filter_that_is_named(chosen: str, theirs: float) -> None:
    answers = read(REPLIES, only={"filter": chosen}, **STATED)

    assert right(answers) / 15 == theirs
    assert Counter(row.status for row in answers.rows)["no_answer"] == 3  # empty, refused, cut: it tells no more


def test_what_a_reply_states_is_read_with_all_its_statuses() -> None:
    rows = {
        row.item: row
        for row in read(
            REPLIES, only={"filter": "letter"}, columns={"confidence": "output", "item": "doc.id"}, scale="percent"
        ).rows
    }

    assert {item: rows[item].status for item in ("peru", "chad", "sum", "gold", "lead")} == {
        "peru": "ok",
        "chad": "out_of_range",
        "sum": "ambiguous",
        "gold": "no_confidence",
        "lead": "no_answer",
    }


def test_the_model_of_a_sample_file_is_read_from_the_results_beside_it(tmp_path: Path) -> None:
    """Only there does lm-evaluation-harness write it."""
    (tmp_path / TINY_1.name).write_bytes(TINY_1.read_bytes())
    time = TINY_1.stem.removeprefix("samples_options_")
    (tmp_path / f"results_{time}.json").write_text('{"model_name": "tiny-1"}')

    assert read(TINY_1, scorer="acc").provenance.model == ""
    assert read(tmp_path / TINY_1.name, scorer="acc").provenance.model == "tiny-1"


@pytest.mark.parametrize("name", ["small", "large"])
def test_the_counts_of_promptfoo_results_are_promptfoos(name: str) -> None:
    answers = read(PROMPTFOO[name], **STATED)
    stats = json.loads(PROMPTFOO[name].read_text())["results"]["stats"]

    assert right(answers) == stats["successes"]
    assert sum(row.correct is False for row in answers.rows) == stats["failures"]
    assert Counter(row.status for row in answers.rows)["failed"] == stats["errors"]


def test_every_promptfoo_result_has_its_status_in_both_repeats() -> None:
    """Promptfoo numbers repeats as tests; the same variables and assertions make them one test again."""
    answers = read(PROMPTFOO["small"], columns={"confidence": "output", "item": "description"}, scale="percent")
    asked = ("peru", "laos", "gold", "iron", "neon", "zinc")
    expected = {**SCRIPTED, "iron": (None, False, "refused")}

    assert [short(row) for row in answers.rows] == [
        (item, repeat, *expected[item]) for item in asked for repeat in (0, 1)
    ]
    assert [row.item for row in read(PROMPTFOO["small"], **STATED).rows[:4]] == ["test-0", "test-0", "test-1", "test-1"]


def test_one_of_several_providers_and_assertions_is_named() -> None:
    answers = read(PROMPTFOO["both"], only={"provider": "openai:chat:large"}, scorer="letter", **STATED)
    everything = read(PROMPTFOO["both"], only={"provider": "openai:chat:small"}, scorer="pass", **STATED)

    assert answers.provenance.model == "openai:chat:large"
    assert [row.correct for row in answers.rows] == [True, False]
    assert everything.provenance.items["test-0"].grader == "promptfoo/pass"


@pytest.mark.parametrize(
    ("path", "options", "found", "hint"),
    [
        (SMALL, {}, "does not say where the confidence stands", "--map confidence=output"),
        (TWO, {}, "holds 2 scores for each sample: 'choice', 'confidence'", "--scorer NAME"),
        (TWO, {"scorer": "judge"}, "no sample is scored by 'judge'", "'choice', 'confidence'"),
        (TWO, {"scorer": "choice"}, "1 of 1 confidences are out of range on the scale probability", "--scale percent"),
        (TINY_1, {}, "holds 2 metrics: 'acc', 'acc_norm'", "--scorer NAME"),
        (TINY_1, {"scorer": "f1"}, "no metric 'f1'", "'acc', 'acc_norm'"),
        (TINY_1, {"scorer": "acc", "scale": "percent"}, "comes from log-probabilities", "leave it out"),
        (REPLIES, {}, "holds 2 filters: 'any-letter', 'letter'", "--only filter=NAME"),
        (REPLIES, {"only": {"filter": "none"}}, "no answer has 'none' at filter", "'any-letter', 'letter'"),
        (REPLIES, {"only": {"colour": "red"}}, "no answer has 'red' at colour", "nothing stands there"),
        (PROMPTFOO["both"], {}, "holds 2 providers: 'openai:chat:large', 'openai:chat:small'", "--only provider=NAME"),
        (PROMPTFOO["small"], {"scorer": "bleu"}, "no test has an assertion 'bleu'", "'letter', 'pass'"),
        (
            PROMPTFOO["small"],
            {"columns": {"confidence": "vars.sure"}},
            "nothing stands at 'vars.sure'",
            "vars.question",
        ),
        (SMALL, {"columns": {"correct": "scores.choice"}}, "--map cannot name 'correct' in a log", "--scorer"),
        (SMALL, {"columns": {"confidence": "metadata"}}, "metadata is {", "name another place"),
        (
            SMALL,
            {"columns": {"confidence": "output", "item": "metadata.topic"}, "scale": "percent"},
            "two questions are called 'symbols'",
            "--map item=PLACE",
        ),
    ],
)
def test_what_a_log_leaves_open_is_asked_for_and_never_guessed(
    path: Path, options: dict[str, Any], found: str, hint: str
) -> None:
    with pytest.raises(sx.InputError) as refused:
        read(path, **options)

    assert found in refused.value.message
    assert str(path) in refused.value.message or "--" in refused.value.message
    assert hint in (refused.value.hint or "")


def test_two_logs_are_compared_and_their_models_listed() -> None:
    """`large` is right about Laos, where `small` was wrong, in both epochs."""
    comparison = sx.compare(SMALL, LARGE, columns={"confidence": "output"}, scale="percent")

    assert comparison.comparable
    assert comparison.differs == (("model", "openai-api/scripted/small", "openai-api/scripted/large"),)
    assert [changed.item for changed in comparison.flips.wrong_to_right] == ["laos", "laos"]
    assert not any("believed" in remark for remark in comparison.remarks)


def test_logs_that_were_graded_by_different_scorers_are_not_comparable() -> None:
    sides = [verdicts.answers(TINY_1, None, scorer=scorer) for scorer in ("acc", "acc_norm")]
    (why,) = compare(*sides).why

    assert why.startswith("16 Items graded by lm-eval/acc in A and by lm-eval/acc_norm in B")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ANSWER: A", "ANSWER: B", "the gold answer differs in 2 Items"),
        ("Peru", "Chile", "the question differs in 1 Item"),
    ],
)
def test_a_changed_question_or_gold_answer_makes_logs_not_comparable(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """The file's own text with one word changed in every place that asks; A is right for Peru and iron."""
    changed = tmp_path / "changed.json"
    content = json.loads(PROMPTFOO["small"].read_text())
    for result in content["results"]["results"]:
        result["vars"] = json.loads(json.dumps(result["vars"]).replace(old, new))
        result["testCase"] = json.loads(json.dumps(result["testCase"]).replace(old, new))
    changed.write_text(json.dumps(content))
    columns = {"confidence": "output", "item": "description"}
    comparison = sx.compare(PROMPTFOO["small"], changed, columns=columns, scale="percent")

    assert not comparison.comparable
    assert any(why.startswith(said) and "peru" in why for why in comparison.why)


def test_a_log_can_be_frozen_as_a_baseline_and_judged(tmp_path: Path) -> None:
    """Eight questions are too few, and another model's log has everything that must be the same."""
    sx.set_baseline(SMALL, "before", results=tmp_path, **STATED)

    assert sx.gate(LARGE, "before", results=tmp_path, **STATED).verdict == "inconclusive"
    assert json.loads((tmp_path / "baselines" / "before.json").read_text())["provenance"]["kind"] == "log"


def test_a_log_says_what_its_confidences_are() -> None:
    with pytest.raises(sx.InputError, match="are stated, not token"):
        sx.compare(SMALL, LARGE, "token", **STATED)
    with pytest.raises(sx.InputError, match="this log holds token confidences"):
        sx.recalibrate(TINY_1, source="stated", scorer="acc")


def test_the_numbers_of_a_log_say_how_it_was_read() -> None:
    result = sx.evaluate_file(str(TINY_1), scorer="acc")
    numbers = result.to_dict()

    assert numbers["log"] == {"format": "lm-eval", "scorer": "acc", "confidence": "log-probabilities of the options"}
    assert list(numbers["sources"]) == ["token"]
    assert "right or wrong by acc" in result.note
