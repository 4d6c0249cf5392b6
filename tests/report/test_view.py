"""A page shows the alarming Records first, and says what it does not show."""

import pytest

from selfexplain.report import rows as rows_module
from selfexplain.report.view import view_of

from .made import FACTS, estimate, evaluation, item, record, source


def test_wrong_and_sure_comes_first_and_what_is_excluded_last() -> None:
    """Wrong before right, the surest first."""
    records = [
        record("right-sure", "correct", 1.0),
        record("left-out", "wrong", None, status="no_confidence"),
        record("wrong-unsure", "wrong", 0.1),
        record("right-unsure", "correct", 0.2),
        record("wrong-sure", "wrong", 0.95),
    ]

    view = view_of(evaluation(stated=source()), FACTS, records, {})

    order = [row.item for row in view.rows]
    assert order == ["wrong-sure", "wrong-unsure", "right-sure", "right-unsure", "left-out"]
    assert [row.kinds for row in view.rows] == ["wrong sure", "wrong", "right sure", "right", "wrong excluded"]
    assert view.rows_note == ""


def test_too_many_records_are_sampled_the_same_way_each_time_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten places: five for what is wrong and sure, five for a sample of the rest."""
    monkeypatch.setattr(rows_module, "LIMIT", 10)
    records = [record(f"wrong-{i}", "wrong", 1.0) for i in range(8)] + [record(f"right-{i}") for i in range(40)]

    view = view_of(evaluation(stated=source()), FACTS, records, {})

    assert len(view.rows) == 10
    assert [row.item for row in view.rows[:5]] == [f"wrong-{i}" for i in range(5)]
    assert view.rows_note.startswith("This page shows 10 of 48 Records: 5 of 8 that are wrong and sure")
    assert view.rows == view_of(evaluation(stated=source()), FACTS, records[::-1], {}).rows


def test_a_record_whose_item_is_missing_is_shown_under_its_id() -> None:
    """A Run may be read without its data set."""
    (row,) = view_of(evaluation(stated=source()), FACTS, [record("q7")], {"q8": item("q8")}).rows

    assert (row.question, row.gold, row.group) == ("q7", "", "")


def test_a_long_reply_is_cut_and_the_cut_is_counted() -> None:
    """200,000 characters: 20,000 are shown."""
    (row,) = view_of(evaluation(stated=source()), FACTS, [record("q", reply="x" * 200_000)], {}).rows

    assert row.reply.endswith("… (180,000 more characters cut)")
    assert len(row.reply) < 20_100


def test_confidence_close_to_certain_is_not_shown_as_certain() -> None:
    """99.7 % is not 100 %."""
    (row,) = view_of(evaluation(stated=source()), FACTS, [record("q", confidence=0.997)], {}).rows

    assert row.confidences == (("stated", "99.7 %", 0.997),)


def test_a_metric_without_a_fact_is_shown_under_its_own_name() -> None:
    """The page is driven by the metrics object."""
    stated = source(new_thing=estimate(0.5, 0.4, 0.6))

    last = view_of(evaluation(stated=stated, token=source()), FACTS).metrics[-1]

    assert (last.title, last.meaning, last.best) == ("New thing", "", "")
    assert [None if cell is None else str(cell) for cell in last.cells] == ["0.500 (0.400–0.600)", None]


def test_an_evaluation_without_any_source_still_makes_a_page() -> None:
    """A Run that was interrupted at once."""
    view = view_of(evaluation(n_items=0), FACTS)

    assert view.headline == "No confidence was asked for."
    assert view.rows == ()
