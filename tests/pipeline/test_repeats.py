"""What asking again shows: counted pair by pair, and never more than the repeats can tell."""

from pathlib import Path

import numpy as np
import pytest

from selfexplain.pipeline.repeats import asked_again, spread_of
from selfexplain.records import Answered
from selfexplain.report.again import in_words
from selfexplain.tables import evaluate_file
from sides import row


def times(item: str, *said: tuple[float | None, bool]) -> list[Answered]:
    """Return an Item's answers, one for each time; without a confidence it is not usable."""
    return [
        row(item, confidence, right, repeat=place, status="no_confidence" if confidence is None else "ok")
        for place, (confidence, right) in enumerate(said)
    ]


FOUR = [
    *times("a", (0.9, True), (0.9, True), (0.7, True)),
    *times("b", (0.8, True), (0.8, False), (0.8, False)),
    *times("c", (0.6, False), (None, False), (0.6, False)),
    *times("d", (0.5, True)),
]


def test_nothing_asked_twice_has_no_noise_to_show() -> None:
    assert asked_again([row("a"), row("b")]) is None


def test_shares_are_counted_over_one_time_and_the_next() -> None:
    """Item a: two pairs, one with .9 → .7; b: two, one right → wrong; c: two, neither usable; d is no pair."""
    answers = {("a", 0): "lima", ("a", 1): "lima", ("a", 2): "lima", ("b", 0): "lima", ("b", 1): "quito"}
    found = asked_again(FOUR, answers)

    assert found is not None
    assert (found["n_items"], found["times"], found["n_pairs"]) == (3, 3, 4)
    assert found["answers_changed"] == pytest.approx(1 / 3)
    assert found["grades_changed"] == pytest.approx(1 / 4)
    assert found["confidences_changed"] == pytest.approx(1 / 4)
    assert found["confidence_moved"] == pytest.approx(0.2 / 4)
    assert found["usable_changed"] == pytest.approx(2 / 6)


def test_the_gap_of_the_second_time_is_compared_with_the_first_and_no_later_one() -> None:
    """Items a and b have both: confidence stays, one of two right answers became wrong, so the gap rises by 1/2."""
    found = asked_again(FOUR)

    assert found is not None
    assert found["answers_changed"] is None
    assert found["gap"]["difference"]["value"] == pytest.approx(0.5)
    assert found["gap"]["difference"]["n"] == 2


def test_correlation_and_spread_are_those_that_repeats_were_made_with() -> None:
    """Half of the variance is the Item's own, so ρ = ½; a difference of two times has the variance 2 · 1."""
    rng = np.random.default_rng(5)
    own = rng.standard_normal(4000)
    found = spread_of([np.array(value + rng.standard_normal(2 + place % 3)) for place, value in enumerate(own)])

    assert found["correlation"] == pytest.approx(0.5, abs=0.03)
    assert found["spread"] == pytest.approx(2**0.5, abs=0.03)


def test_answers_that_never_vary_have_no_correlation_and_a_drift_is_called_so() -> None:
    same = asked_again([each for i in range(40) for each in times(str(i), (0.8, True), (0.8, True))])
    drift = asked_again(
        [each for i in range(40) for each in times(str(i), (0.8, i % 5 > 0), (0.9 + i % 3 / 100, i % 5 > 0))]
    )

    assert same is not None
    assert drift is not None
    assert same["gap"]["correlation"] is None
    assert "noise" in in_words(same)
    assert "drifted" in in_words(drift)


def test_a_table_with_repeats_says_so_and_one_without_does_not(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("item,repeat,confidence,correct\na,0,0.9,1\na,1,0.7,1\nb,0,0.6,0\nb,1,0.6,0\n")
    again = evaluate_file(table).metrics["sources"]["given"]["repeats"]
    table.write_text("item,confidence,correct\na,0.9,1\nb,0.6,0\n")

    assert (again["n_items"], again["confidence_moved"]) == (2, pytest.approx(0.1))
    assert "repeats" not in evaluate_file(table).metrics["sources"]["given"]
