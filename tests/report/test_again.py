"""The section "Asked again": there where something was repeated, nowhere else, and in the same words everywhere."""

import io

from rich.console import Console

from selfexplain.report import html, markdown
from selfexplain.report.again import in_words
from selfexplain.report.terminal import summary
from selfexplain.report.view import view_of

from .made import FACTS, estimate, evaluation, source

FOUND = {
    "n_items": 90,
    "times": 3,
    "n_pairs": 180,
    "answers_changed": 0.034,
    "grades_changed": 0.0,
    "confidences_changed": 0.25,
    "confidence_moved": 0.0123,
    "usable_changed": 0.0,
    "gap": {"difference": estimate(0.01, -0.02, 0.04), "spread": 0.2, "correlation": 0.71},
    "brier": {"difference": estimate(0.0, -0.01, 0.01), "spread": 0.1, "correlation": 0.7},
}

WORDS = (
    "90 questions asked up to 3 times: from one time to the next the answer was another in 3.4 %; right became wrong "
    "or wrong right in 0 %; the confidence was another in 25 %, by 1.2 points on average over all."
)


def test_the_sentence_says_each_share_and_what_the_difference_is_worth() -> None:
    assert in_words(FOUND).startswith(WORDS)
    assert "differs from the first by +1.0 points (−2 to +4)" in in_words(FOUND)
    assert "correlates by 0.71 from time to time: nothing was changed" in in_words(FOUND)


def test_a_table_cannot_tell_one_wrong_answer_from_another() -> None:
    assert "the answer was another" not in in_words({**FOUND, "answers_changed": None})


def test_the_page_the_comment_and_the_terminal_show_it_once_for_each_source_that_has_it() -> None:
    metrics = evaluation(stated=source() | {"repeats": FOUND}, token=source())
    view = view_of(metrics, FACTS)
    shown = io.StringIO()
    Console(width=2000, file=shown).print(summary(metrics, FACTS))

    assert [title for title, _ in view.again] == ["Stated confidence"]
    page = html.render(view)
    assert page.count('<h2 id="again">') == 1
    assert 'href="#again"' in page
    assert "from one time to the next the answer was another in" in page
    assert markdown.render(view).count(f"- **Stated confidence, asked again**: {WORDS}") == 1
    assert shown.getvalue().count("asked again: 90 questions") == 1


def test_without_repeats_there_is_no_such_section() -> None:
    view = view_of(evaluation(stated=source()), FACTS)

    assert view.again == ()
    assert 'id="again"' not in html.render(view)
    assert "asked again" not in markdown.render(view)
