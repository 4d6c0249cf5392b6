"""A verdict for pull requests and CI services: names from files and models do nothing there."""

import io
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt
from rich.console import Console

from selfexplain.pipeline.gate import Verdict, gate
from selfexplain.report import gate_markdown, gate_terminal, junit
from selfexplain.report.gate_words import consequence, headline
from selfexplain.report.github import annotation
from selfexplain.settings import Policy
from sides import missing, row, side, stated

HOSTILE = "@all |`<img src=x onerror=alert(1)>`| [a](http://x.y) **b** #1\n\n# big\x00\ufffe www.x.y"


def hostile(confidence: float = 0.95) -> Verdict:
    before = [row(i, 0.8, i < 320, group=HOSTILE) for i in range(400)]
    after = [one._replace(confidence=confidence) for one in before]
    return gate(side(after, name=HOSTILE), side(before, name=HOSTILE), Policy(per_group=True))


def test_hostile_names_are_shown_as_code_and_make_no_markup() -> None:
    text = gate_markdown.render(hostile())
    page = MarkdownIt("gfm-like", {"linkify": False}).render(text)

    assert page.count("<table>") == page.count("<h3>") == 1
    assert not any(mark in page for mark in ("<img", "<a ", "<h1>", "<em>"))
    assert page.count("<strong>") == 1
    # Services look for mentions in the text of a page, but not in code.
    outside = "".join(part.split("</code>")[-1] for part in page.split("<code>"))
    assert not any(mark in outside for mark in ("@", "www", "http"))


def test_markdown_says_the_verdict_first_and_is_the_same_each_time() -> None:
    lines = gate_markdown.render(hostile()).splitlines()

    assert lines[0] == "### ❌ Confidence gate: fail"
    assert gate_markdown.render(hostile()) == gate_markdown.render(hostile())


def test_junit_holds_a_test_per_rule_and_survives_what_xml_cannot_hold() -> None:
    suite = ET.fromstring(junit.render(hostile()))

    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("8", "2", "0")
    names = [case.get("name") or "" for case in suite]
    assert names[0] == "overconfidence"
    assert "⟨U+0000⟩⟨U+FFFE⟩" in names[4]


def test_inconclusive_is_skipped_and_failed_where_the_policy_says_so() -> None:
    rows = side(stated(0.8, 50))
    lenient, strict = (
        ET.fromstring(junit.render(gate(rows, rows, Policy(on_inconclusive=word)))) for word in ("warn", "fail")
    )

    assert (lenient.get("failures"), lenient.get("skipped")) == ("0", "4")
    assert (strict.get("failures"), strict.get("skipped")) == ("4", "0")


def test_more_items_or_a_wider_tolerance_are_advised_where_they_decide() -> None:
    """An interval is narrowed by Items; nothing but the missing answers themselves decides what they were."""
    policy = Policy(tolerance={"brier": 0.004}, off=("coverage",))
    before = stated(0.8)
    lost = gate(side(missing(before, range(988, 1000))), side(before), policy)
    right = gate(side(stated(0.9, right=1.0)), side(stated(0.9, right=1.0)), Policy())
    few = gate(side(stated(0.8, 50)), side(stated(0.8, 50)), Policy())
    wide = gate(side([*stated(0.81, 60), *stated(0.8, 150)[60:]]), side(stated(0.8, 150)), Policy(off=("brier",)))

    assert consequence(lost).startswith("What is missing might tip it")
    assert consequence(right).startswith("Too few answers are wrong")
    assert "wider tolerance does not" in consequence(few)
    assert "More Items, or a wider tolerance, decide it" in consequence(wide)
    assert not any("or a wider tolerance, decide" in consequence(each) for each in (lost, right))


def test_what_cannot_be_compared_is_an_error_with_its_reasons() -> None:
    verdict = gate(side(stated(0.8, 50)), side(stated(0.8, 51)), Policy())
    (problem,) = ET.fromstring(junit.render(verdict)).iter("error")

    assert problem.text == "1 Item only in the baseline: 50"
    assert "do not go together" in headline(verdict)
    assert "1 Item only in the baseline: 50" in gate_markdown.render(verdict)


def test_a_verdict_of_a_hundred_groups_still_fits_into_a_comment() -> None:
    """GitHub takes 65,536 characters; and two names are longer than that; what fails is shown first."""
    names = ["a" * 70_000, *(f"group {place}" for place in range(98)), "z" * 70_000]
    before = [row(i, 0.8, i // 100 % 5 > 0, group=names[i % 100]) for i in range(12_000)]
    after = [one._replace(confidence=0.95) if one.group == names[-1] else one for one in before]
    text = gate_markdown.render(gate(side(after), side(before), Policy(per_group=True)))
    rows = [line for line in text.splitlines() if line.startswith("| ") and "rule | verdict" not in line]

    assert len(text) < 65_536
    assert len(rows) == gate_markdown.SHOWN
    assert "zzzz" in rows[0] or "zzzz" in rows[1]
    assert f"{404 - gate_markdown.SHOWN} more rules" in text


def test_an_annotation_is_one_line_of_any_names() -> None:
    for verdict in (hostile(), gate(side([row("x" * 10_000)]), side([row(HOSTILE)]), Policy())):
        command = annotation(verdict)

        assert command.startswith("::error title=selfexplain gate::")
        assert len(command.splitlines()) == 1
        assert len(command) < 3_000


def test_a_harm_below_zero_of_identical_runs_is_explained() -> None:
    """A model that says 80 % and is right 60 %: underconfidence grew by min(0, −0.2), though nothing changed."""
    same, other = side(stated(0.8, right=0.6)), side(stated(0.9, right=0.6))
    shown = io.StringIO()
    Console(width=2000, file=shown).print(gate_terminal.summary(gate(same, same, Policy())))

    assert "−0.200" in shown.getvalue()
    assert "A harm below zero is no change then" in shown.getvalue()
    assert "A harm below zero is no change then" in gate_markdown.render(gate(same, same, Policy()))
    assert "A harm below zero" not in gate_markdown.render(gate(other, same, Policy()))
