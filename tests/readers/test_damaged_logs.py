"""Logs that are damaged, hostile or odd: a clear error that names the place, or the right status; never a number."""

import json
import math
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.answer_files import FileAnswers, read_answers
from selfexplain.errors import InputError
from selfexplain.readers import log_file
from selfexplain.readers.lm_eval import share

LOGS = Path(__file__).with_name("logs")
SMALL = LOGS / "inspect" / "small.eval"
STATED: dict[str, Any] = {"columns": {"confidence": "output"}, "scale": "percent"}

HEADER: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {"task": "t", "model": "m", "dataset": {"name": "d"}},
    "plan": {"steps": []},
}


def answer(name: Any = "a", **changed: Any) -> dict[str, Any]:
    """Return a sample of Inspect's: right, with a confidence of 90 in its text."""
    text = "ANSWER: A\nCONFIDENCE: 90"
    output = {"choices": [{"message": {"content": text}, "stop_reason": "stop"}], "completion": text}
    whole = {"id": name, "epoch": 1, "input": "?", "target": "A", "output": output, "scores": {"match": {"value": "C"}}}
    return whole | changed


def inspect_json(folder: Path, *samples: Any, header: Mapping[str, Any] = HEADER) -> Path:
    path = folder / "log.json"
    path.write_text(json.dumps({**header, "samples": list(samples)}))
    return path


def inspect_zip(folder: Path, members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "log.eval"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def options_line(**changed: Any) -> dict[str, Any]:
    """Return a line of lm-evaluation-harness: three to one for the first of two options, which is right."""
    whole = {
        "doc_id": 0,
        "doc": {"q": "?"},
        "target": "0",
        "arguments": {"gen_args_0": {"arg_0": "?", "arg_1": " yes"}, "gen_args_1": {"arg_0": "?", "arg_1": " no"}},
        "resps": [[["-1", "False"]], [["-2", "False"]]],
        "filtered_resps": [[str(math.log(0.6)), "False"], [str(math.log(0.2)), "False"]],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1.0,
    }
    return whole | changed


def lines(folder: Path, *rows: Any) -> Path:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def result(place: int = 0, **changed: Any) -> dict[str, Any]:
    """Return a result of promptfoo's: right, with a confidence of 90 in its text."""
    said = {"pass": True, "score": 1, "assertion": {"type": "contains", "value": "A"}}
    whole = {
        "promptIdx": 0,
        "testIdx": place,
        "success": True,
        "failureReason": 0,
        "provider": {"id": "p", "label": ""},
        "prompt": {"label": "q"},
        "vars": {"n": place},
        "testCase": {"assert": [said["assertion"]]},
        "gradingResult": {"pass": True, "componentResults": [said]},
        "response": {"output": "ANSWER: A\nCONFIDENCE: 90", "finishReason": "stop"},
    }
    return whole | changed


def promptfoo(folder: Path, *results: Any) -> Path:
    path = folder / "results.json"
    path.write_text(json.dumps({"results": {"results": list(results), "stats": {}}, "config": {}}))
    return path


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_answers(path, **(options or STATED))
    assert refused.value.hint
    return str(refused.value).replace(f"{path.parent}/", "")


# --- Inspect AI: what becomes of an answer --------------------------------------------------------------------------


def scored(value: Any, **more: Any) -> dict[str, Any]:
    return {"scores": {"match": {"value": value, **more}}}


def ended(reason: str, text: str = "ANSWER: A\nCONFIDENCE: 90") -> dict[str, Any]:
    return {"output": {"choices": [{"message": {"content": text}, "stop_reason": reason}]}}


@pytest.mark.parametrize(
    ("changed", "correct", "status"),
    [
        ({}, True, "ok"),
        (scored("I"), False, "ok"),
        (scored(1), True, "ok"),
        (scored(0.0), False, "ok"),
        (scored(value=True), True, "ok"),
        (scored("yes"), True, "ok"),
        (scored("P"), None, "undecided"),
        (scored(0.5), None, "undecided"),
        (scored(math.nan), None, "undecided"),
        (scored(["C"]), None, "undecided"),
        (scored("I", reason="grader_failed"), None, "undecided"),
        ({"scores": {}}, None, "undecided"),
        (scored("N"), None, "no_answer"),
        (scored("I", answer=""), False, "no_answer"),
        (scored("I", reason="invalid_response_format"), False, "no_answer"),
        (scored("I", reason="refusal"), False, "refused"),
        (ended("content_filter"), True, "refused"),
        (ended("max_tokens"), True, "truncated"),
        (ended("model_length"), True, "truncated"),
        ({"limit": {"type": "token", "limit": 5}}, True, "truncated"),
        (ended("stop", " "), True, "no_answer"),
        ({"output": {"choices": []}}, True, "no_answer"),
        ({"error": {"message": "timeout"}}, True, "failed"),
        ({"invalidation": {"author": "me"}}, True, "failed"),
        ({"error": {"message": "x"}, **ended("max_tokens")}, True, "failed"),
        (ended("stop", "ANSWER: A\nCONFIDENCE: 60-80"), True, "ambiguous"),
        (ended("stop", "ANSWER: A\nCONFIDENCE: n/a"), True, "declined"),
    ],
)
def test_an_inspect_sample_has_the_first_status_that_applies(
    tmp_path: Path, changed: dict[str, Any], *, correct: bool | None, status: str
) -> None:
    """Beside a sample that nothing is wrong with."""
    found = read_answers(inspect_json(tmp_path, answer(), answer("b", **changed)), **STATED)

    assert (found.rows[1].correct, found.rows[1].status) == (correct, status)
    assert found.rows[0].status == "ok"


def test_a_text_that_the_log_holds_once_is_looked_up(tmp_path: Path) -> None:
    """As an attachment; and content that comes in parts is joined, its reasoning left out."""
    output = {"choices": [{"message": {"content": "attachment://x"}, "stop_reason": "stop"}]}
    parts = [{"type": "reasoning", "reasoning": "CONFIDENCE: 10"}, {"type": "text", "text": "CONFIDENCE: 70"}]
    long = answer("a", output=output, attachments={"x": "CONFIDENCE: 80"})
    path = inspect_json(tmp_path, long, answer("b", output={"choices": [{"message": {"content": parts}}]}))

    assert [row.confidence for row in read_answers(path, **STATED).rows] == [0.8, 0.7]


def test_a_score_of_several_values_is_opened_by_name(tmp_path: Path) -> None:
    path = inspect_json(tmp_path, answer(**scored({"correct": 1, "confidence": 0.75})))

    assert "holds several values: 'correct', 'confidence'\nhint: name one: --scorer match.correct" in refusal(path)
    found = read_answers(path, scorer="match.correct", columns={"confidence": "scores.match.confidence"})
    assert [(row.confidence, row.correct) for row in found.rows] == [(0.75, True)]


def test_a_confidence_in_the_scores_metadata_needs_no_word_and_one_in_the_datasets_does(tmp_path: Path) -> None:
    """What a dataset calls confidence may be somebody else's."""
    left = inspect_json(tmp_path, answer(**scored("C", metadata={"confidence": 0.6})))
    assert [row.confidence for row in read_answers(left).rows] == [0.6]

    dataset = inspect_json(tmp_path, answer(metadata={"confidence": 0.6}))
    assert "does not say where the confidence stands" in refusal(dataset, format="inspect")


def test_half_characters_in_the_tools_own_names_are_made_whole(tmp_path: Path) -> None:
    """No file that is written of them could hold the half ones."""
    half = json.loads(json.dumps(HEADER).replace('"m"', '"\\ud800"').replace('"t"', '"\\ud800"'))
    sample = answer(scores={"\ud800": {"value": "C"}})
    found = read_answers(inspect_json(tmp_path, sample, header=half | {"status": "\udfff"}), **STATED)

    assert msgspec.json.encode((found.provenance, found.how, found.remarks, found.note))


def test_an_evaluation_that_did_not_end_well_says_so(tmp_path: Path) -> None:
    broken = read_answers(inspect_json(tmp_path, answer(), header=HEADER | {"status": "error"}), **STATED)
    short = read_answers(inspect_json(tmp_path, answer(), header=HEADER | {"results": {"total_samples": 3}}), **STATED)

    assert broken.remarks == ["Inspect says that this evaluation ended with the status 'error': 1 samples are there"]
    assert short.remarks == ["1 of 3 samples stand in the log"]


def test_an_archive_of_an_interrupted_evaluation_is_read_from_its_journal(tmp_path: Path) -> None:
    """No header was written; an older Inspect packed with deflate."""
    members = {"_journal/start.json": json.dumps(HEADER | {"status": "started"})}
    members["samples/a_epoch_1.json"] = json.dumps(answer())
    found = read_answers(inspect_zip(tmp_path, members), **STATED)

    assert [row.status for row in found.rows] == ["ok"]
    assert "status 'started'" in found.remarks[0]


# --- Inspect AI: damage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "log.json holds no samples"),
        ([answer(scores=None)], "no sample has a score"),
        ([answer(), answer()], "log.json, sample 'a', epoch 1: a second answer to 'a', repeat 0"),
        ([answer(1), answer("1")], "a second answer to '1', repeat 0"),
        ([answer(epoch=0)], "log.json, sample 'a', epoch 0: `epoch` is 0; expected a whole number from 1"),
        ([answer(epoch="x")], "log.json, sample 'a', epoch x: Expected `int`, got `str` - at `$.epoch`"),
        ([answer(scores=[])], "log.json, sample 'a', epoch 1: Expected `object | null`, got `array` - at `$.scores`"),
        ([{}], "log.json, samples[0]: Object missing required field `id`"),
        ([7], "log.json, samples[0]: Expected `object`, got `int`"),
        ([answer("\ud800")], "a name holds half a character"),
        ([answer() | {"\ud800": 1}], "sample 'a', epoch 1: 'utf-8' codec can't encode"),
        (
            [answer(), answer(epoch=2, target="B")],
            "two questions are called 'a', the second at log.json, sample 'a', epoch 2",
        ),
    ],
)
def test_a_damaged_inspect_log_names_the_sample_and_the_field(tmp_path: Path, samples: list[Any], said: str) -> None:
    assert said in refusal(inspect_json(tmp_path, *samples))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1e999", "sample 'a', epoch 1: scores.sure is Infinity; expected a number or a text"),
        ("true", "scores.sure is true; expected a number or a text"),
        ("[1]", "scores.sure is [1]; expected a number or a text"),
        ("1" + "0" * 400, "1 of 1 confidences are out of range on the scale probability"),
        ("1" + "0" * 5000, "log.json: not JSON (Exceeds the limit"),
        ("NaN", None),
        ("null", None),
    ],
)
def test_a_confidence_that_is_no_probability_is_no_number(tmp_path: Path, number: str, said: str | None) -> None:
    """Inspect writes NaN for what could not be scored: no confidence."""
    path = inspect_json(tmp_path, answer(scores={"match": {"value": "C"}, "sure": {"value": "NUMBER"}}))
    path.write_text(path.read_text().replace('"NUMBER"', number))
    options: dict[str, Any] = {"scorer": "match", "columns": {"confidence": "scores.sure"}}
    if said is None:
        (row,) = read_answers(path, **options).rows
        assert (row.confidence, row.status) == (None, "no_confidence")
    else:
        assert said in refusal(path, **options)


WHOLE = {"header.json": json.dumps(HEADER), "samples/a_epoch_1.json": json.dumps(answer())}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"samples/a_epoch_1.json": WHOLE["samples/a_epoch_1.json"]}, "and no header.json"),
        ({"header.json": WHOLE["header.json"]}, "log.eval holds no samples"),
        (WHOLE | {"header.json": "{}"}, "log.eval, member 'header.json': Object missing required field `eval`"),
        (WHOLE | {"samples/b.json": "{"}, "log.eval, member 'samples/b.json': not JSON"),
        (WHOLE | {"samples/b.json": b"\xff"}, "log.eval, member 'samples/b.json': not UTF-8"),
        (WHOLE | {"samples/b.json": "[" * 100_000}, "log.eval, member 'samples/b.json': not JSON"),
        (WHOLE | {"samples/b.json": '{"id": 1, "id": 2}'}, "the field 'id' stands twice"),
        (
            WHOLE | {"samples/../../b.json": "[]"},
            "log.eval, member 'samples/../../b.json': Expected `object`, got `array`",
        ),
    ],
)
def test_a_damaged_archive_names_the_member(tmp_path: Path, members: dict[str, str | bytes], said: str) -> None:
    assert said in refusal(inspect_zip(tmp_path, members), format="inspect", **STATED)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them counts would depend on who reads."""
    path = inspect_zip(tmp_path, WHOLE)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("header.json", "{}")

    assert "the member 'header.json' stands twice" in refusal(path)


@pytest.mark.parametrize("path", [SMALL, None], ids=["zstd", "deflate"])
def test_an_archive_that_was_cut_off_or_changed_is_refused(tmp_path: Path, path: Path | None) -> None:
    whole = (path or inspect_zip(tmp_path, WHOLE)).read_bytes()
    cut, changed = tmp_path / "cut.eval", tmp_path / "changed.eval"
    cut.write_bytes(whole[: len(whole) // 2])
    place = whole.index(b"samples/") + 60
    changed.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])

    assert "cut.eval: not readable as a zip (File is not a zip file)" in refusal(cut)
    assert "changed.eval, member 'samples/" in refusal(changed)


def test_a_checksum_that_is_another_is_refused_though_it_unpacks(tmp_path: Path) -> None:
    """Zstd's own checksum may be left out, so the zip's is compared: 16 bytes into the directory's entry."""
    content = SMALL.read_bytes()
    place = content.rindex(b"samples/peru_epoch_1.json") - 46 + 16
    path = tmp_path / "other.eval"
    path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])

    assert "other.eval, member 'samples/peru_epoch_1.json': its checksum is another" in refusal(path)


def test_a_log_reads_the_same_however_it_is_packed(tmp_path: Path) -> None:
    """Zstd as Inspect packs today, deflate as it did before, or not at all."""
    members = {name: json.dumps(content) for name, content in log_file.LogFile(SMALL).documents(lambda _: True)}
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        assert read_answers(inspect_zip(tmp_path, members, method), **STATED) == read_answers(SMALL, **STATED)


@pytest.mark.parametrize("real", [True, False], ids=["zstd", "deflate"])
def test_what_unpacks_to_more_than_a_log_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, real: bool
) -> None:
    """No more than the limit and one byte is ever unpacked."""
    monkeypatch.setattr(log_file, "LARGEST_MEMBER", 1000)
    path = SMALL if real else inspect_zip(tmp_path, WHOLE | {"samples/b.json": "[" + "0," * 10_000 + "0]"})

    assert "unpacks to more than" in refusal(path)
    monkeypatch.setattr(log_file, "LARGEST_ARCHIVE", 1000)
    assert "unpacks to more than 0 GiB" in refusal(path)


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """Its directory says 10 bytes for a member that has more: the checksum of 10 bytes is another."""
    content = inspect_zip(tmp_path, WHOLE).read_bytes()
    name = b"samples/a_epoch_1.json"
    entry = content.rindex(name) - 46  # in the directory, whose entries begin 46 bytes before the name
    size = entry + 24
    path = tmp_path / "lies.eval"
    path.write_bytes(content[:size] + (10).to_bytes(4, "little") + content[size + 4 :])

    assert "not readable as a zip (Bad CRC-32" in refusal(path)


def test_without_anything_that_unpacks_zstd_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "zipfile_knows_zstd", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    assert "inspect log convert LOG.eval --to json" in refusal(SMALL)


# --- lm-evaluation-harness ------------------------------------------------------------------------------------------


def test_the_share_of_the_chosen_option_is_three_to_one(tmp_path: Path) -> None:
    (row,) = read_answers(lines(tmp_path, options_line())).rows

    assert row.confidence == 0.75


def test_a_choice_by_length_divides_by_characters_without_the_space(tmp_path: Path) -> None:
    """`yes` has −3 over 3 characters, `no` −2.5 over 2: −1 beats −1.25, while the sums say `no`."""
    pairs = [["-3", "False"], ["-2.5", "False"]]
    row = options_line(filtered_resps=pairs, metrics=["acc", "acc_norm"], acc=0.0, acc_norm=1.0)
    path = lines(tmp_path, row)
    (normed,) = read_answers(path, scorer="acc_norm").rows
    (summed,) = read_answers(path, scorer="acc").rows

    assert (normed.correct, summed.correct) == (True, False)
    assert normed.confidence == pytest.approx(1 / (1 + math.exp(-0.25)))
    assert summed.confidence == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_the_options_without_their_question_are_no_options(tmp_path: Path) -> None:
    """With mutual information the file holds each option twice; the first half was chosen from."""
    call = options_line()["arguments"]
    four = {f"gen_args_{n}": call[f"gen_args_{n % 2}"] for n in range(4)}
    pairs = [*options_line()["filtered_resps"], ["-0.1", "False"], ["-0.1", "False"]]
    row = options_line(arguments=four, filtered_resps=pairs, metrics=["acc", "acc_mutual_info"], acc_mutual_info=1.0)
    (found,) = read_answers(lines(tmp_path, row), scorer="acc").rows

    assert found.confidence == 0.75


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"acc": 0.0}, "acc is 0.0, and by its log-probabilities the answer is option 0"),
        ({"filtered_resps": [["NaN", "False"], ["-1", "False"]]}, "doc_id 0: 'NaN' is no log-probability"),
        ({"filtered_resps": [["-1e1_0", "False"], ["-1", "False"]]}, "'-1e1_0' is no log-probability"),
        ({"filtered_resps": [[3.5, "False"], ["-1", "False"]]}, "3.5 is no log-probability"),
        ({"filtered_resps": [[[], "False"], ["-1", "False"]]}, "[] is no log-probability"),
        (
            {"filtered_resps": [["-1", "False"]], "arguments": [["?", " yes"]]},
            "one log-probability, so nothing was chosen",
        ),
        ({"metrics": ["f1"], "f1": 1.0}, "no confidence belongs to the metric 'f1'"),
        ({"metrics": ["acc", "f1"]}, "line 1: the metric 'f1' has no value"),
        ({"doc_id": []}, "line 1: Expected `int | str`, got `array` - at `$.doc_id`"),
        ({"arguments": 3}, "does not say where the confidence stands"),
        ({"arguments": [3, 4]}, "does not say where the confidence stands"),
    ],
)
def test_a_damaged_sample_file_names_the_line_or_the_question(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    assert said in refusal(lines(tmp_path, options_line(**changed)), format="lm-eval")


def test_options_without_any_probability_have_no_confidence(tmp_path: Path) -> None:
    """Minus infinity is a log-probability; all of them leave nothing to share."""
    impossible = options_line(doc_id=1, filtered_resps=[["-inf", "False"]] * 2)
    likely = options_line(filtered_resps=[["-1", "False"], ["-inf", "False"]])
    rows = read_answers(lines(tmp_path, likely, impossible)).rows

    assert [(row.confidence, row.status) for row in rows] == [(1.0, "ok"), (None, "no_confidence")]


def test_a_question_twice_in_a_sample_file_is_refused(tmp_path: Path) -> None:
    assert "a second answer to '0', repeat 0" in refusal(lines(tmp_path, options_line(), options_line()), scorer="acc")


def test_a_line_that_was_cut_off_is_named(tmp_path: Path) -> None:
    path = lines(tmp_path, options_line(), options_line(doc_id=1))
    path.write_text(path.read_text()[:-40])

    assert "samples.jsonl, line 2: not JSON" in refusal(path, scorer="acc")


@given(compared=st.lists(st.floats(-300, 0), min_size=2, max_size=8), shift=st.floats(-300, 300))
def test_the_shares_of_all_options_are_one_whole_whatever_is_added(compared: list[float], shift: float) -> None:
    shares = [share(compared, place) for place in range(len(compared))]
    best = compared.index(max(compared))

    assert math.fsum(shares) == pytest.approx(1)
    assert shares[best] >= 1 / len(compared) - 1e-11
    assert share([each + shift for each in compared], best) == pytest.approx(shares[best])


# --- promptfoo ------------------------------------------------------------------------------------------------------


def response(output: Any, **more: Any) -> dict[str, Any]:
    return {"response": {"output": output, **more}}


@pytest.mark.parametrize(
    ("changed", "correct", "status"),
    [
        ({}, True, "ok"),
        ({"failureReason": 2, "success": False, "gradingResult": None, "response": None}, None, "failed"),
        ({"failureReason": None, "error": "timeout", "response": None, "success": False}, None, "failed"),
        (response("I will not. CONFIDENCE: 90", isRefusal=True), True, "refused"),
        (response("", finishReason="content_filter"), True, "refused"),
        (response("CONFIDENCE: 90", finishReason="length"), True, "truncated"),
        (response(""), True, "no_answer"),
        (response(None), True, "no_answer"),
        ({"gradingResult": {"componentResults": []}}, None, "undecided"),
        ({"gradingResult": None}, None, "undecided"),
    ],
)
def test_a_promptfoo_result_has_the_first_status_that_applies(
    tmp_path: Path, changed: dict[str, Any], *, correct: bool | None, status: str
) -> None:
    """A test without assertions passes in promptfoo: here nobody said that it is right."""
    found = read_answers(promptfoo(tmp_path, result(), result(1, **changed)), **STATED)

    assert (found.rows[1].correct, found.rows[1].status) == (correct, status)


def test_a_test_without_assertions_is_not_right_even_when_all_of_them_are_asked_for(tmp_path: Path) -> None:
    path = promptfoo(tmp_path, result(), result(1, gradingResult={"componentResults": []}))

    assert [row.correct for row in read_answers(path, scorer="pass", **STATED).rows] == [True, None]


def test_a_reply_that_is_an_object_is_opened_by_name(tmp_path: Path) -> None:
    path = promptfoo(tmp_path, result(**response({"answer": "A", "confidence": 90})))
    found = read_answers(path, columns={"confidence": "output.confidence"}, scale="percent")

    assert (found.rows[0].confidence, found.source) == (0.9, "stated")
    assert "testIdx 0: output is {" in refusal(path)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "results.json holds no samples"),
        ([result(gradingResult=None)], "no test has an assertion, so nothing says right or wrong"),
        ([{}], "results.results[0]: Object missing required field"),
        ([result(success="yes")], "results.results[0]: Expected `bool`, got `str` - at `$.success`"),
        ([result(vars=[])], "results.results[0]: Expected `object`, got `array` - at `$.vars`"),
        (
            [result(gradingResult={"componentResults": [{"pass": True, "assertion": {"type": "contains"}}] * 2})],
            "testIdx 0: 2 assertions are called 'contains'",
        ),
    ],
)
def test_damaged_results_name_the_result_and_the_field(tmp_path: Path, results: list[Any], said: str) -> None:
    assert said in refusal(promptfoo(tmp_path, *results))


# --- any damage at all ----------------------------------------------------------------------------------------------


REAL = sorted(path for path in LOGS.rglob("*") if path.is_file())


@given(path=st.sampled_from(REAL), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_is_an_input_error_or_changes_nothing_that_is_read(path: Path, data: st.DataObject) -> None:
    """Bytes cut off or changed anywhere: no other exception, and never a confidence outside [0, 1]."""
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(max_size=4))
    damaged = whole[:start] + put + whole[start + data.draw(st.integers(0, 40)) :]
    if data.draw(st.booleans()):
        damaged = whole[:start]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(damaged)
        try:
            found: FileAnswers = read_answers(copy, **options_for(path))
        except InputError:
            return
        assert all(row.confidence is None or 0 <= row.confidence <= 1 for row in found.rows)
        assert msgspec.json.encode((found.rows, found.provenance, found.how, found.remarks, found.note))


def options_for(path: Path) -> dict[str, Any]:
    """Return how each kind of real log is read."""
    if path.name.startswith("samples_options"):
        return {"scorer": "acc_norm"}
    if path.name.startswith("samples_replies"):
        return {"only": {"filter": "letter"}, **STATED}
    if path.name == "two_scorers.json":
        return {"scorer": "choice", "scale": "percent"}
    return (
        {"only": {"provider": "openai:chat:small"}, "scorer": "letter", **STATED}
        if "promptfoo" in str(path)
        else STATED
    )
