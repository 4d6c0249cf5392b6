"""The summary fits 80 columns, needs no colour, and trusts no text."""

import io

from rich.console import Console

from selfexplain.report.terminal import summary

from .made import FACTS, Made, estimate, evaluation, source


def printed(metrics: Made, note: str = "", width: int = 80) -> str:
    """Return what a terminal without colour shows."""
    out = io.StringIO()
    Console(file=out, width=width, no_color=True).print(summary(metrics, FACTS, note))
    return out.getvalue()


def test_the_sentence_stands_first_and_every_line_fits() -> None:
    """Two sources with intervals side by side in 80 columns."""
    text = printed(evaluation(stated=source(), token=source()), note="Tiny models are demonstrations.")

    lines = text.splitlines()
    assert lines[0] == "Stated confidence"
    assert lines[1].rstrip() == "  Says 87 % sure, is right 61 %: overconfident by 26 points (19–33)."
    assert max(map(len, lines)) <= 80
    assert "+26 points (+19 to +33)   +26 points (+19 to +33)" in text
    assert "Tiny models are demonstrations." in text
    assert "\x1b" not in text


def test_groups_and_what_was_left_out_are_shown() -> None:
    """A group without a value is shown without a number."""
    stated = source(n=87, excluded={"refused": 3})
    stated["groups"] = {
        "[red]s\x1b[2J": {
            "n": 87,
            "metrics": {"accuracy": estimate(0.2, 0.1, 0.3), "auroc": estimate(None, why="x")},
        }
    }

    text = printed(evaluation(stated=stated))

    assert "[red]s⟨U+001B⟩[2J" in text
    assert "undefined" in text
    assert "Stated confidence: 3 of 90 left out: 3 refused;" in text


def test_what_groups_lack_stands_under_their_table() -> None:
    """One line, with a hostile name made harmless."""
    stated = source()
    bounds = {"n": 10, "missing": {"right": 0, "wrong": 0, "unknown": 2}, "gap": {"low": -0.1, "high": 0.3}}
    stated["groups"] = {"a\x1b[2J": {"n": 8, "metrics": {"accuracy": estimate(0.2, 0.1, 0.3)}, "worst_case": bounds}}

    text = printed(evaluation(stated=stated))

    told = "In a⟨U+001B⟩[2J, 20 % are missing: the gap over all 10 lies between −10 and +30 points."
    assert told in " ".join(text.split())


def test_nothing_to_show_is_said() -> None:
    """A Run that was interrupted at once."""
    assert printed(evaluation(n_items=0)).strip() == "No confidence was asked for."


def test_a_group_that_only_the_second_source_has_keeps_its_name() -> None:
    """The name stands on the group's first line, whichever source that is."""
    token = source()
    token["groups"] = {"sums": {"n": 3, "metrics": {"accuracy": estimate(0.2, 0.1, 0.3)}}}
    lines = printed(evaluation(stated=source(), token=token)).splitlines()

    assert any(line.startswith("sums") and "token" in line for line in lines)


def test_a_number_whose_interval_is_too_narrow_is_marked_and_the_reason_said() -> None:
    """Once for all metrics that it concerns; other warnings stand below, without a mark."""
    reason = "the interval rests on 3 wrong answers; below 30 it tends to be too narrow"
    few = estimate(0.63, 0.21, 0.91) | {"warnings": [reason]}
    text = printed(
        evaluation(stated=source(auroc=few, brier=few, gap=estimate(0.1, 0.0, 0.2) | {"warnings": ["other"]}))
    )

    assert "0.63 (0.21–0.91) *" in text
    assert f"* Brier, AUROC: {reason}." in " ".join(text.split())
    assert "Confidence gap: other." in text
    assert "*" not in printed(evaluation(stated=source()))


def test_the_method_of_each_interval_is_named() -> None:
    """Metrics of one method together, and none that has no interval."""
    wilson = estimate(0.61, 0.51, 0.70) | {"method": "Wilson interval"}
    alone = estimate(0.28) | {"warnings": ["no honest interval is known"]}
    text = " ".join(printed(evaluation(stated=source(accuracy=wilson, ece=alone))).split())

    assert (
        "95 % intervals: Wilson interval (Accuracy); made up (Mean confidence, Confidence gap, Brier, AUROC)." in text
    )
    assert "Ece: no honest interval is known." in text


def test_why_there_is_no_value_and_why_no_interval_stands_in_the_text() -> None:
    """In one sentence for all metrics of one reason."""
    undefined = estimate(None, why="all answers are right")
    alone = estimate(0.28) | {"warnings": ["there is a single answer", "computed for independent rows"]}
    text = " ".join(printed(evaluation(stated=source(auroc=undefined, gap=undefined, brier=alone))).split())

    assert "Confidence gap, AUROC: undefined, all answers are right." in text
    assert "Brier: no interval, there is a single answer." in text
    assert "Brier: computed for independent rows." in text


def test_a_mark_in_the_table_of_groups_is_explained_under_it() -> None:
    """Where no number has it, nothing is explained."""
    narrow = {
        **estimate(0.5, 0.3, 0.7),
        "warnings": ["the interval rests on 9 wrong answers; below 30 it tends to be too narrow"],
    }
    plain, marked = source(), source()
    for each, auroc in ((plain, estimate(0.5, 0.3, 0.7)), (marked, narrow)):
        each["groups"] = {"sums": {"n": 30, "metrics": {"accuracy": estimate(0.3, 0.2, 0.5), "auroc": auroc}}}

    told = "* In a group: few answers of a kind, or few clusters, so the interval tends to be too narrow."
    assert told in " ".join(printed(evaluation(stated=marked)).split())
    assert "In a group" not in printed(evaluation(stated=plain))
