"""Logs of lm-evaluation-harness that are damaged or odd: a clear error that names the place; shares that add up."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.made_logs import lines, options_line, refusal
from selfexplain.answer_files import read_answers
from selfexplain.readers.lm_eval import share


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
