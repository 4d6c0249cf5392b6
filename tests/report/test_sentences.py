"""The sentences say what the intervals show, and nothing more."""

import pytest

from selfexplain.report import sentences as say

from .made import estimate, evaluation, source


def test_an_overconfident_model_is_told_in_one_sentence() -> None:
    """The gap's interval lies above 0."""
    assert (
        say.headline(evaluation(stated=source()), "stated")
        == "says 87 % sure, is right 61 %: overconfident by 26 points (19–33)"
    )


def test_a_negative_gap_is_underconfidence_and_its_interval_is_written_without_signs() -> None:
    """The interval −25 to −11 reads 11–25."""
    token = source(
        mean_confidence=estimate(0.44, 0.4, 0.5), accuracy=estimate(0.62, 0.5, 0.7), gap=estimate(-0.18, -0.25, -0.11)
    )

    assert (
        say.headline(evaluation(token=token), "token")
        == "puts 44 % on its answers, is right 62 %: underconfident by 18 points (11–25)"
    )


def test_an_interval_that_includes_zero_shows_nothing() -> None:
    """The gap is 1 point, and could be −3 or +5."""
    stated = source(
        mean_confidence=estimate(0.62, 0.6, 0.64), accuracy=estimate(0.61, 0.5, 0.7), gap=estimate(0.01, -0.03, 0.05)
    )

    assert (
        say.headline(evaluation(stated=stated), "stated")
        == "says 62 % sure, is right 61 %: no over- or underconfidence visible (−3 to +5 points)"
    )


def test_without_an_interval_there_is_no_verdict() -> None:
    """A gap of 26 points may still be chance."""
    stated = source(gap=estimate(0.26))

    assert (
        say.headline(evaluation(stated=stated), "stated")
        == "says 87 % sure, is right 61 %: +26 points, no verdict without an interval"
    )


def test_numbers_that_would_not_add_up_when_rounded_get_a_decimal() -> None:
    """86.6 − 61.4 = 25.2 would read 87, 61, 25."""
    stated = source(mean_confidence=estimate(0.866), accuracy=estimate(0.614), gap=estimate(0.252, 0.2, 0.3))

    assert (
        say.headline(evaluation(stated=stated), "stated")
        == "says 86.6 % sure, is right 61.4 %: overconfident by 25.2 points (20–30)"
    )


def test_an_undefined_gap_gives_its_reason() -> None:
    """A missing number is never a zero."""
    stated = source(gap=estimate(None, why="there is one answer only"))

    assert (
        say.headline(evaluation(stated=stated), "stated")
        == "no verdict: the gap is undefined, there is one answer only"
    )


def test_nothing_usable_is_said_as_such() -> None:
    """All questions were asked, none gave a confidence."""
    stated = source(n=0, excluded={"no_confidence": 90})

    assert (
        say.headline(evaluation(stated=stated), "stated")
        == "no verdict: none of 90 questions gave a graded answer with a confidence"
    )


def test_the_probability_of_an_event_is_neither_sure_nor_right() -> None:
    """`about: event` has its own words."""
    metrics = evaluation(about="event", stated=source())

    assert say.headline(metrics, "stated") == "expects 87 %, it happens 61 %: too high by 26 points (19–33)"
    assert "what happens from what does not" in say.discrimination(metrics, "stated")


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.53, 0.41, 0.65, "its confidence does not reliably tell right from wrong answers"),
        (0.60, 0.35, 0.85, "it is open whether its confidence tells right from wrong answers"),
        (0.60, 0.52, 0.68, "its confidence tells right from wrong answers only weakly"),
        (0.70, 0.55, 0.85, "its confidence tells right from wrong answers better than chance"),
        (0.80, 0.72, 0.88, "its confidence tells right from wrong answers moderately well or better"),
        (0.90, 0.84, 0.96, "its confidence tells right from wrong answers well"),
        (0.30, 0.15, 0.45, "its confidence points the wrong way, wrong answers get more of it"),
    ],
)
def test_the_interval_of_auroc_decides_the_words(value: float, low: float, high: float, words: str) -> None:
    """A lower limit of 0.72 allows "moderately well", however high the value."""
    metrics = evaluation(stated=source(auroc=estimate(value, low, high)))

    expected = f"{words}: AUROC {value:.2f} ({low:.2f}–{high:.2f}), 0.50 is a coin"
    assert say.discrimination(metrics, "stated") == expected


def test_auroc_without_an_interval_leaves_it_open() -> None:
    """0.9 of three answers is no evidence."""
    metrics = evaluation(stated=source(auroc=estimate(0.9)))

    assert say.discrimination(metrics, "stated").startswith("without an interval it is open")


def test_an_undefined_auroc_gives_its_reason() -> None:
    """Only right answers: nothing to tell apart."""
    metrics = evaluation(stated=source(auroc=estimate(None, why="all answers are right")))

    assert (
        say.discrimination(metrics, "stated")
        == "whether its confidence tells right from wrong answers is undefined: all answers are right"
    )


@pytest.mark.parametrize(
    ("measured", "said", "verdict"),
    [
        (("accuracy", "mean_confidence"), "says 87 % sure, is right 61 %", ""),
        (("brier",), "90 answers measured", ""),
        (("gap",), "overconfident by 26 points (19–33)", "overconfident"),
        (("auroc",), "90 answers measured", "its confidence does not reliably tell right from wrong answers"),
    ],
)
def test_what_was_not_asked_for_is_not_spoken_of(measured: tuple[str, ...], said: str, verdict: str) -> None:
    """Neither as undefined nor as a missing verdict: nobody asked."""
    stated = source()
    stated["metrics"] = {name: stated["metrics"][name] for name in measured}
    metrics = evaluation(stated=stated)

    assert say.headline(metrics, "stated") == said
    assert say.verdict(metrics, "stated") == verdict
    assert (say.discrimination(metrics, "stated") == "") == ("auroc" not in measured)


def test_a_verdict_needs_no_numbers() -> None:
    """Good news after bad news is joined by "but"."""
    token = source(gap=estimate(-0.2, -0.3, -0.1), auroc=estimate(0.9, 0.85, 0.95))
    metrics = evaluation(stated=source(), token=token)

    assert (
        say.verdict(metrics, "stated")
        == "overconfident, and its confidence does not reliably tell right from wrong answers"
    )
    assert say.verdict(metrics, "token") == "underconfident, but its confidence tells right from wrong answers well"
    assert say.verdict(evaluation(given=source(n=0)), "given") == "no verdict"


def test_what_was_left_out_is_counted_in_the_words_of_the_status_list() -> None:
    """The most frequent reason first; zero counts are not mentioned."""
    stated = source(n=87, excluded={"truncated": 1, "no_confidence": 2, "refused": 0})

    assert say.left_out(evaluation(stated=stated), "stated") == "3 of 90 left out: 2 no_confidence, 1 truncated"
    assert say.left_out(evaluation(stated=source()), "stated") == "all 90 used"
    assert say.left_out(evaluation(n_items=0, stated=source(n=0)), "stated") == "nothing was asked"


def test_the_worst_case_bounds_the_gap_over_all_that_was_asked() -> None:
    """Gap 0.25 over 80 is a sum of 20; 20 missing rows add between −20 and +20: 0 to 40 of 100."""
    stated = source(n=80, excluded={"refused": 20}, gap=estimate(0.25, 0.2, 0.3))

    assert (
        say.worst_case(evaluation(n_items=100, stated=stated), "stated")
        == "20 % are missing: whatever they would have been, the gap over all 100 lies between 0 and +40 points"
    )


def test_two_percent_missing_are_not_worth_a_worst_case() -> None:
    """98 of 100 is on the border."""
    stated = source(n=98, excluded={"refused": 2})

    assert say.worst_case(evaluation(n_items=100, stated=stated), "stated") == ""


def test_a_worst_case_stands_beside_the_headline_only_if_it_could_turn_it_round() -> None:
    """0.25 over 90 is 22.5: 10 missing rows leave at least 12.5 of 100. 30 over 60: 15 − 30 is below 0."""
    few = source(n=90, excluded={"refused": 10}, gap=estimate(0.25, 0.2, 0.3))
    many = source(n=60, excluded={"refused": 30}, gap=estimate(0.25, 0.2, 0.3))

    assert say.worst_case(evaluation(stated=few), "stated").startswith("10 % are missing")
    assert say.caveat(evaluation(stated=few), "stated") == ""
    assert say.caveat(evaluation(stated=many), "stated").endswith("the gap over all 90 lies between −17 and +50 points")


def test_groups_of_different_accuracy_make_part_of_the_pooled_auroc() -> None:
    """Disjoint accuracy intervals say that the groups differ; overlapping ones do not."""
    stated = source()
    stated["groups"] = {
        "sums": {"n": 30, "metrics": {"accuracy": estimate(0.23, 0.12, 0.41)}},
        "capitals": {"n": 30, "metrics": {"accuracy": estimate(0.80, 0.63, 0.90)}},
        "tiny": {"n": 1, "metrics": {"accuracy": estimate(None, why="one answer")}},
    }
    metrics = evaluation(stated=stated)

    assert (
        say.group_mix(metrics, "stated")
        == "accuracy is 23 % in sums and 80 % in capitals: part of the pooled AUROC is this mix of groups, "
        "so read it per group"
    )
    stated["groups"]["sums"]["metrics"]["accuracy"]["high"] = 0.65
    assert say.group_mix(metrics, "stated") == ""


def test_a_source_that_is_not_known_is_called_by_its_name() -> None:
    """New sources need no change here."""
    assert say.headline(evaluation(inner_voice=source()), "inner_voice").startswith("gives 87 %, is right 61 %")
    assert say.source_words("inner_voice").title == "Inner voice"
