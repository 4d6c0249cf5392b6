"""A Record's claim as it is shown: marked in the question, with rank or score as text, and never as markup."""

from collections.abc import Callable

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from selfexplain import plugins
from selfexplain.choosing import chosen_metrics, metric_facts
from selfexplain.claims import CLAIM_KINDS, Claim, ClaimKind, Unit
from selfexplain.pipeline.claims import TITLES, measure_claims
from selfexplain.pipeline.evaluate import evaluate_sources, rows_of
from selfexplain.prompting.read_claim import read_claim
from selfexplain.records import Grade, Item, Reading, Record, SelfReport
from selfexplain.report.claimed import NOTES, claim_shown, mark_of, pieces
from selfexplain.report.html import render
from selfexplain.report.terminal import summary
from selfexplain.report.view import RunView, view_of

from .made import record

Show = Callable[..., webdriver.Chrome]

PERU = "What is the capital of Peru?"
EVIL = "<script>alert(1)</script>"


def claimed(kind: ClaimKind, reply: str, question: str = PERU) -> Record:
    """Return a Record with one claim, answered again with `unknown` where the question was edited."""
    report = SelfReport(
        Reading("Lima", "read"),
        Reading(None, "absent"),
        {"stated": Reading(0.9, "read")},
        "completed",
        (reply,),
        ("k",),
        attribution={kind: read_claim(reply, kind, question=question)},
        answer_again=Reading(None, "declined") if kind == "redaction" else None,
    )
    return Record(kind, report, Grade("correct", "exact"), {"stated": "ok"})


def view(*records: Record, question: str = PERU) -> RunView:
    items = {each.item: Item(each.item, question, ("Lima",)) for each in records}
    about = {
        "run": "r",
        "dataset": {"name": "made", "version": "1"},
        "model": "m",
        "template": "t",
        "about": "own_answer",
    }
    metrics = evaluate_sources(rows_of(records, items), metrics=chosen_metrics("headline"), about=about)
    metrics |= measure_claims(records, items, plugins.graders())
    return view_of(metrics, metric_facts(), records, items)


ALL = (
    claimed("words", "Words: capital, Peru, city, Peru"),
    claimed("word_scores", "Scores:\ncapital 0.9\nthe -0.25\nPeru 7"),
    claimed("quotes", 'Quotes: "the capital of", "of Peru"'),
    claimed("redaction", "Redacted: What is the [REDACTED] of ___?"),
    claimed("counterfactual", "Edited: What is the big capital of Chile?"),
    claimed("steps", "Steps:\n1. Peru.\n2. Lima."),
)


def test_every_kind_and_note_has_words() -> None:
    """A kind or note without words would break the page of the first Run that has it."""
    assert TITLES.keys() == set(CLAIM_KINDS)
    assert {each.item for each in ALL} == set(CLAIM_KINDS)
    noted = ("inflected", "quotes_stripped", "other_script", "no_score", "score_out_of_range", "more_places")
    of_claims = ("wrong_count", "more_units", "other_place_possible", "everything_removed", "not_minimal")
    assert {*noted, *of_claims, "label_leaked", "coarse_diff", "more_text"} == NOTES.keys()


def test_marks_say_rank_score_or_what_was_done() -> None:
    """As text, so that nobody needs to see colours."""
    shown = {row.item: row.claims[0] for row in view(*ALL).rows}

    assert [(p.text, p.mark) for p in shown["words"].pieces if p.mark] == [("capital", "1"), ("Peru", "2")]
    assert [(p.text, p.mark) for p in shown["word_scores"].pieces if p.mark] == [
        ("the", "−0.25"),
        ("capital", "0.9"),
        ("Peru", "no score"),
    ]
    assert [(p.text, p.mark) for p in shown["quotes"].pieces if p.mark] == [
        ("the capital ", "1"),
        ("of", "1 · 2"),
        (" Peru", "2"),
    ]
    assert {p.mark for p in shown["redaction"].pieces if p.mark} == {"removed"}
    assert [(m, t) for m, t, _ in shown["counterfactual"].units] == [
        ("added", "(nothing) → big"),
        ("changed", "Peru → Chile"),
    ]
    assert shown["words"].units[2:] == (("3", "city", "not in the question"), ("", "Peru", "said before"))
    assert shown["redaction"].after == "declined"


@pytest.mark.parametrize("shown", ALL, ids=[each.item for each in ALL])
def test_the_pieces_join_to_the_question(shown: Record) -> None:
    """Nothing of it is lost or doubled, whatever overlaps."""
    reading = next(iter(shown.report.attribution.values()))
    assert reading.value is not None
    found = list(pieces(PERU, reading.value))

    assert "".join(piece.text for piece in found) in {PERU, ""}


def test_what_a_model_wrote_is_no_markup() -> None:
    """In units, edited questions, later answers and questions."""
    question = f"What is {EVIL} of Peru?"
    records = [
        claimed("words", f"Words: {EVIL}, Peru, <b>x</b>", question),
        claimed("redaction", f"Redacted: What is {EVIL} of ___?", question),
        claimed("counterfactual", f"Edited: What is {EVIL} of <img src=x onerror=alert(1)>?", question),
    ]
    page = render(view(*records, question=question))

    assert EVIL not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_claim_that_was_not_read_says_why() -> None:
    shown = claim_shown("redaction", Reading(None, "ambiguous", detail="not_a_redaction"), PERU, record("a"))

    assert (shown.why, shown.pieces, shown.units) == ("not a redaction", (), ())


def test_a_claim_of_thousands_of_units_stays_readable() -> None:
    """Sixty are listed and the rest counted; a question beyond two thousand characters is cut."""
    claim = Claim("words", tuple(Unit(f"w{n}", "not_in_text", rank=n) for n in range(1, 1001)))
    shown = claim_shown("words", Reading(claim, "read"), "x" * 5_000, record("a"))

    assert (len(shown.units), shown.more) == (60, 940)
    far = Claim("words", (Unit("x", "placed", ((4_000, 4_001),), rank=1),))
    assert claim_shown("words", Reading(far, "read"), "x" * 5_000, record("a")).pieces == ()


def test_a_run_without_claims_has_a_page_without_them() -> None:
    made = view(record("a"), record("b", "wrong"))

    assert (made.claims, made.edited) == ((), ())
    assert 'id="claims"' not in render(made)


@pytest.mark.parametrize("width", [1280, 390])
def test_claims_fit_on_a_screen_and_are_read_without_colour(show: Show, width: int) -> None:
    """No sideways scrolling; each mark has its text inside it; the section says what it is not."""
    browser = show(render(view(*ALL)), width=width)

    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    marks = browser.find_elements(By.CSS_SELECTOR, ".claimed mark")
    assert len(marks) >= 8
    assert all(mark.find_element(By.TAG_NAME, "sup").text for mark in marks)
    section = browser.find_element(By.CSS_SELECTOR, "section[aria-labelledby=claims]").text
    assert "the answer was no longer given in 1 of 1" in section
    assert "self-consistency of the explanation, not its faithfulness" in section


def test_the_terminal_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    records = ALL[:4]
    items = {each.item: Item(each.item, PERU, ("Lima",)) for each in records}
    about = {
        "run": "r",
        "dataset": {"name": "made", "version": "1"},
        "model": "m",
        "template": "t",
        "about": "own_answer",
    }
    metrics = evaluate_sources(rows_of(records, items), metrics=chosen_metrics("headline"), about=about)
    metrics |= measure_claims(records, items, plugins.graders())
    Console(width=200).print(summary(metrics, metric_facts()))
    said = capsys.readouterr().out

    assert "Important words: read in 1 of 1, 67 % of the units in the question." in said
    assert "Redaction: the answer was no longer given in 1 of 1" in said
    assert "Self-consistency, not faithfulness." in said


def test_mark_of_a_repeated_or_unplaced_unit_is_what_it_claims() -> None:
    assert mark_of(Unit("x", "not_in_text"), Claim("quotes", ())) == ""
    assert mark_of(Unit("x", "duplicate"), Claim("words", ())) == ""
    assert mark_of(Unit("x", "free_text", rank=2), Claim("steps", ())) == "2"
