"""What the parts of a page say: calibration in plain words, statuses, settings, openness, cost."""

import re
from collections.abc import Callable

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from selfexplain.records import STATUSES
from selfexplain.report.circumstances import settings, transparency, usage
from selfexplain.report.explained import calibration_explained
from selfexplain.report.figures import apart_figures, reliability_figure
from selfexplain.report.html import render
from selfexplain.report.statuses import status_rows
from selfexplain.report.view import view_of

from .made import FACTS, Made, estimate, evaluation, source

Show = Callable[..., webdriver.Chrome]

CIRCUMSTANCES: Made = {
    "settings": {
        "temperature": None,
        "seed": 1,
        "elicits": ["answer", "confidence"],
        "about": "own_answer",
        "identity": {"gguf_sha256": "ab" * 32},
        "not_taken": [],
        "versions": {"selfexplain": "0.1.0"},
        "scale": "percent",
        "new_thing": "<b>",
    },
    "transparency": {
        "weights": {"state": "open", "detail": "a file <i>here</i>"},
        "training_data": {"state": "unknown", "detail": "not stated"},
    },
    "usage": {"calls": 1234, "prompt_tokens": None, "seconds": 123.4},
    "cost": {"amount": None, "currency": None, "unknown": "no price is set for openai/NAME"},
}


def test_calibration_is_explained_with_the_numbers_of_the_run() -> None:
    """The fullest tenth: 80 answers at 100 %, 60 % right, interval 48 to 71 %, which does not hold 100 %."""
    idea, example, gap, limits = calibration_explained(evaluation(stated=source()), "stated")

    assert idea.startswith("A confidence is calibrated when it can be taken at its word")
    assert example == (
        "Here, the tenth of the scale with the most answers holds 80, with 100 % on average; 60 % of them are right: "
        "further apart than chance allows (48 % to 71 %)."
    )
    assert gap.endswith("confidence gap: +26 points here.")
    assert "a model that always said 61 % would be calibrated here" in limits


def test_what_lies_inside_its_interval_is_not_called_off() -> None:
    """50 % on average, 60 % right, interval 26 to 88 %."""
    stated = source()
    stated["reliability"] = {name: values[:1] for name, values in stated["reliability"].items()}

    example = calibration_explained(evaluation(stated=stated), "stated")[1]

    assert example.endswith("60 % of them are right: no more apart than chance allows (26 % to 88 %).")


def test_without_numbers_only_the_idea_is_explained() -> None:
    """Nothing is made up."""
    stated = source(n=0, gap=estimate(None, why="nothing"), accuracy=estimate(None, why="nothing"))
    stated["reliability"] = {name: [] for name in stated["reliability"]}

    assert len(calibration_explained(evaluation(stated=stated), "stated")) == 1


def test_every_status_is_listed_with_its_count_and_a_meaning() -> None:
    """Those that never occurred too; the usable first."""
    stated, token = source(n=87, excluded={"no_confidence": 2, "truncated": 1}), source(n=90)

    rows = status_rows(evaluation(stated=stated, token=token))

    assert [row.status for row in rows] == ["ok", *(status for status in STATUSES if status != "ok")]
    counts = {row.status: row.counts for row in rows}
    assert (counts["ok"], counts["no_confidence"], counts["truncated"], counts["refused"]) == (
        (87, 90),
        (2, 0),
        (1, 0),
        (0, 0),
    )
    assert all(row.meaning.endswith(".") for row in rows)


def test_what_was_not_set_is_said_and_what_is_new_is_shown() -> None:
    """In reading order; an unknown setting under its own name."""
    rows = settings(CIRCUMSTANCES)

    assert rows == (
        ("Temperature", "the provider's own"),
        ("Seed", "1"),
        ("Scale of the confidence", "percent"),
        ("Asked for", "answer, confidence"),
        ("The confidence is about", "the model's own answer"),
        ("Identity of the model", f"gguf_sha256 {'ab' * 32}"),
        ("Not taken by the provider", "none"),
        ("Versions", "selfexplain 0.1.0"),
        ("New thing", "<b>"),
    )


def test_a_cost_that_is_not_known_has_a_reason() -> None:
    """Missing is a state, never a number."""
    assert usage(CIRCUMSTANCES) == (
        ("Calls", "1,234"),
        ("Tokens read", "not reported"),
        ("Waiting time, summed over calls", "2 min 3 s"),
        ("Cost", "not known: no price is set for openai/NAME"),
    )
    assert [aspect.state for aspect in transparency(CIRCUMSTANCES)] == ["open", "unknown"]


@pytest.mark.parametrize("known", [*CIRCUMSTANCES, "nothing", "everything"])
def test_each_part_is_shown_only_when_its_facts_are_there(known: str) -> None:
    """A Run of an older version has none of them."""
    given = CIRCUMSTANCES if known == "everything" else {known: CIRCUMSTANCES[known]} if known != "nothing" else {}
    page = render(view_of({**evaluation(stated=source()), **given}, FACTS))

    assert ('id="circumstances"' in page) == (known != "nothing")
    assert ("<h3>Settings</h3>" in page) == ("settings" in given)
    assert ("<h3>How open the model is</h3>" in page) == ("transparency" in given)
    assert ("<h3>Usage and cost</h3>" in page) == ("usage" in given or "cost" in given)
    assert "<b>" not in page
    assert "<i>here" not in page


def test_a_picture_is_said_in_words_and_in_a_table_with_the_same_numbers() -> None:
    """0.5: 10 answers, 6 right; 1.0: 80 answers, 48 right. Above 1.0: 80 of 90 kept, 32 wrong."""
    metrics = evaluation(stated=source())
    by_correctness, risk_coverage = apart_figures(metrics, "stated")

    assert reliability_figure(metrics, "stated").rows[1] == ("over 90 % up to 100 %", "100 %", "60 %", "48–71", "80")
    assert by_correctness.rows == (("over 45 % up to 50 %", "6", "4"), ("over 95 % up to 100 %", "48", "32"))
    # (6 · 0.5 + 48) / 54 = 94 %, (4 · 0.5 + 32) / 36 = 94 %
    assert by_correctness.sentence == "Right answers come with 94 % confidence on average, wrong ones with 94 %."
    assert [row[:4] for row in risk_coverage.rows] == [
        ("≥ 100 %", "80", "89 %", "40 %"),
        ("≥ 50 %", "90", "100 %", "40 %"),
    ]
    assert risk_coverage.sentence.startswith("Keeping only answers with at least 100 % leaves 89 % of them; 40 % of")


def test_one_value_for_everything_divides_nothing() -> None:
    """No threshold is recommended where there is none."""
    stated = source()
    stated["table"] = [[0.9, 90, 55]]

    assert apart_figures(evaluation(stated=stated), "stated")[1].sentence == (
        "Everything has the same confidence, 90 %: no threshold divides it."
    )


def test_many_thresholds_make_a_table_of_sixty_rows_that_says_so() -> None:
    """5,000 token probabilities are all different."""
    stated = source()
    stated["table"] = [[i / 5_000, 1, i % 2] for i in range(5_000)]

    figure = apart_figures(evaluation(stated=stated), "stated")[1]

    assert len(figure.rows) == 60
    assert figure.rows[-1][2] == "100 %"
    assert figure.note == "4,940 more thresholds lie between; metrics.json has every count."


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_parts_fit_with_every_table_open(show: Show, width: int, scheme: str) -> None:
    """No horizontal overflow; every region, button and picture has a name; every summary can be reached."""
    metrics = {**evaluation(stated=source(), token=source()), **CIRCUMSTANCES}
    metrics["settings"] = {**metrics["settings"], "identity": {"k": "W" * 900}}
    browser = show(render(view_of(metrics, FACTS)), width=width, scheme=scheme)
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")

    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert len(browser.find_elements(By.CSS_SELECTOR, ".behind table")) == 8
    for element in browser.find_elements(By.CSS_SELECTOR, "section, nav, [role=region], [role=img], [role=group]"):
        assert element.accessible_name, element.get_attribute("outerHTML")
    assert not re.search(r"\bNone\b", browser.find_element(By.TAG_NAME, "body").text)
