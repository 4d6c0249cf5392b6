"""A page shows the alarming Records first, and says what it does not show."""

import pytest

from selfexplain import plugins
from selfexplain.report import rows as rows_module
from selfexplain.report.families import FAMILIES, HEADLINE, family_of
from selfexplain.report.html import render
from selfexplain.report.numbers import P_VALUES, written
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


def test_many_metrics_are_folded_by_family_and_the_headline_ones_stay_open() -> None:
    """As with `--metrics all`; one of your own is among the others."""
    stated = source(**{name: estimate(0.5) for name in (*HEADLINE, *plugins.metrics(), "my_own")})  # type: ignore[arg-type]

    view = view_of(evaluation(stated=stated), FACTS)

    assert [row.name for row in view.main_metrics] == [n for n in stated["metrics"] if n in HEADLINE]
    folded = [row.name for _, rows in view.families for row in rows]
    assert sorted(folded) == sorted(set(stated["metrics"]) - set(HEADLINE))
    assert [(name, [row.name for row in rows]) for name, rows in view.families][-1] == (
        "Others",
        sorted(["brier", "my_own"], key=list(stated["metrics"]).index)[-1:] + ["coverage"] * ("coverage" in folded),
    )
    page = render(view)
    assert page.index("further metrics</summary>") < page.index("<h3>Calibration error</h3>")


def test_a_few_metrics_that_were_asked_for_by_name_stay_open() -> None:
    stated = source(smooth_ece=estimate(0.1), skce=estimate(0.0))

    view = view_of(evaluation(stated=stated), FACTS)

    assert (view.families, view.main_metrics) == ((), view.metrics)


def test_every_metric_of_a_family_exists_in_that_family_alone() -> None:
    """A renamed metric would silently move to the others."""
    named = [name for names in FAMILIES.values() for name in names]

    assert len(named) == len(set(named))
    assert set(named) | set(HEADLINE) <= set(plugins.metrics())
    assert family_of("skce") == "Calibration error"


def test_a_p_value_is_never_written_as_nought() -> None:
    """0.0004 would read 0.000; and every p-value of the registry is known to be one."""
    assert str(written("calibration_p", estimate(0.0004))) == "< 0.001"
    assert str(written("calibration_p", estimate(0.001))) == "0.001"
    assert str(written("brier", estimate(0.0004))) == "0.000"
    assert {name for name, found in plugins.metrics().items() if "p-value" in found.facts.title} == P_VALUES


def test_what_was_not_asked_for_of_a_group_is_none_and_one_group_is_no_forest() -> None:
    stated = source()
    stated["groups"] = {"one": {"n": 5, "metrics": {"gap": estimate(0.1, 0.0, 0.2)}}}

    view = view_of(evaluation(stated=stated), FACTS)

    (cell,) = view.groups[0].cells
    assert cell is not None
    assert (str(cell.gap), cell.accuracy, cell.auroc) == ("+10 points (0 to +20)", None, None)
    assert view.cards[0].forest is None
    assert "was not measured" not in render(view)


def test_a_forest_is_said_in_words_for_whoever_does_not_see_it() -> None:
    stated = source()
    stated["groups"] = {name: {"n": 5, "metrics": {"gap": estimate(0.1, 0.0, 0.2)}} for name in ("a", "b\u202ec")}

    forest = view_of(evaluation(stated=stated), FACTS).cards[0].forest

    assert forest is not None
    assert forest.alternative == (
        "Forest plot of groups, Stated confidence: a, Gap +10 points (0 to +20), Right –, AUROC –; "
        "b⟨U+202E⟩c, Gap +10 points (0 to +20), Right –, AUROC –."
    )


def test_the_corp_picture_is_said_in_words_and_its_band_is_called_a_test() -> None:
    """0.5: 6 of 10, 1.0: 48 of 80, both 60 %, one level. Brier: (6 · 0.25 + 4 · 0.25 + 32) / 90 = 0.383."""
    corp = view_of(evaluation(stated=source()), FACTS).cards[0].corp

    assert corp.alternative == ("CORP reliability diagram, Stated confidence: from 50 % to 100 % the curve is at 60 %.")
    assert corp.sentence.startswith("The Brier score of 0.383 is 0.143 (MCB: a rising map could mend it) − 0.000 (DSC")
    assert "no interval but a test" in corp.sentence
    # 0.5: P(at most 2 of 10) = 5.5 %, so 2 to 8; 1.0: always right.
    assert [(row[0], row[3], row[4]) for row in corp.rows] == [("50 %", "60 %", "20–80"), ("100 %", "60 %", "100–100")]
    assert corp.sentence.endswith("1 of 2 lie outside.")


def test_pictures_say_that_they_take_rows_for_independent_only_where_they_are_not() -> None:
    """On the page, in words; the lines of a picture cannot say it."""
    apart = view_of(evaluation(stated=source()), FACTS).cards[0]
    together = view_of(evaluation(stated=source() | {"clusters": 40}), FACTS).cards[0]
    said = "each answer by itself; these came in 40 clusters, so the truth may lie further off than drawn."

    assert apart.diagram.sentence == ""
    assert together.diagram.sentence == f"The lines of the dots take {said}"
    assert together.corp.sentence.endswith(f"Lines and band take {said}")
    assert "clusters" not in apart.corp.sentence


def test_the_headline_metrics_with_too_narrow_intervals_are_named_for_the_summary() -> None:
    """Four by name, and how many more."""
    reason = "the interval rests on 20 clusters; below 30 it tends to be too narrow"
    made = source()
    made["metrics"] = {name: each | {"warnings": [reason]} for name, each in made["metrics"].items()}

    cautions = view_of(evaluation(stated=made), FACTS).cautions

    assert cautions == (f"Accuracy, Mean confidence, Confidence gap, Brier and 2 more: {reason}.",)
