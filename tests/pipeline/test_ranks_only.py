"""A source that only puts answers in order: rankings are shown, and nothing that takes it for a probability."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.errors import InputError, Undefined
from selfexplain.pipeline.evaluate import ORDER_ONLY, evaluate_sources
from selfexplain.records import RANKS_ONLY, Answered
from selfexplain.report import sentences
from selfexplain.report.families import HEADLINE

METRICS = plugins.metrics()
RANKING = {name for name, metric in METRICS.items() if metric.facts.ranks}
SURE = [0.2, 0.4, 0.6, 0.8]
RIGHT = [False, True, True, True]


def measured(source: str, metrics: list[str]) -> Mapping[str, Any]:
    rows = [
        Answered(f"q{n}", f"q{n}", "towns", confidence, correct, "ok")
        for n, (confidence, correct) in enumerate(zip(SURE, RIGHT, strict=True))
    ]
    about = {"about": "own_answer"}
    return evaluate_sources({source: rows}, metrics=[METRICS[name] for name in metrics], about=about)  # type: ignore[dict-item]


def test_these_metrics_look_at_the_order_alone() -> None:
    """A list to argue about: one that is added must pass the test below."""
    assert {
        "accuracy",
        "auroc",
        "aurc",
        "e_aurc",
        "augrc",
        "prr",
        "average_precision",
        "average_precision_wrong",
        "accuracy_at_coverage",
        "coverage_at_accuracy",
    } == RANKING


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=12),
    steps=st.lists(st.integers(1, 9), min_size=11, max_size=11),
)
@pytest.mark.parametrize("name", sorted(RANKING))
def test_a_ranking_does_not_change_under_a_rising_map(
    name: str, rows: list[tuple[int, bool]], steps: list[int]
) -> None:
    """Other numbers in the same order, the same value: that is what makes it right for an entropy."""
    mapped = [total / 100 for total in itertools.accumulate(steps)]
    right = [correct for _, correct in rows]
    values = []
    for confidence in ([rank / 10 for rank, _ in rows], [mapped[rank] for rank, _ in rows]):
        try:
            values.append(METRICS[name](confidence, right))
        except Undefined as undefined:
            values.append(undefined.message)

    assert values[0] == values[1] or np.isclose(values[0], values[1])


@pytest.mark.parametrize("source", sorted(RANKS_ONLY))
def test_only_rankings_have_a_value(source: str) -> None:
    """Over all answers and in each group; the others say why not. Stated with the same numbers all have one."""
    found = measured(source, [*HEADLINE, "aurc"])["sources"][source]
    known = {name for name, each in found["metrics"].items() if each["value"] is not None}
    grouped = {name for name, each in found["groups"]["towns"]["metrics"].items() if each["value"] is not None}

    assert known == grouped == {"accuracy", "auroc", "aurc"}
    assert list(found["metrics"]) == [*HEADLINE, "aurc"]
    assert found["metrics"]["ece"]["undefined"] == ORDER_ONLY
    assert found["metrics"]["auroc"]["value"] == 1.0
    assert measured("consistency", ["ece"])["sources"]["consistency"]["metrics"]["ece"]["value"] is not None


def test_sentences_speak_of_order_and_of_no_gap() -> None:
    metrics = measured("entropy", list(HEADLINE))

    assert sentences.headline(metrics, "entropy") == (
        "only puts answers in order: its numbers are no probabilities, so there is no gap"
    )
    assert "gap" not in sentences.verdict(metrics, "entropy")
    assert "AUROC" in sentences.discrimination(metrics, "entropy")


def test_recalibrated_it_is_a_probability() -> None:
    """Before it there is a ranking alone; after it every number."""
    from selfexplain.pipeline.recalibrate import before_and_after, usable_of
    from selfexplain.report.recalibration import change_in_words

    rows = [Answered(f"q{n}", f"q{n}", None, SURE[n % 4], n % 4 > n % 3, "ok") for n in range(80)]
    metrics = [METRICS[name] for name in ("gap", "brier", "auroc")]
    found = before_and_after(
        plugins.recalibrator("platt")(), usable_of(rows), metrics=metrics, folds=5, seed=0, source="entropy"
    )

    assert [each["value"] is None for each in found["stated"]["metrics"].values()] == [True, True, False]
    assert all(each["value"] is not None for each in found["recalibrated"]["metrics"].values())
    assert change_in_words(found["brier_change"]).endswith(f"by the Brier score: {ORDER_ONLY}.")


def test_the_error_of_the_gate_names_a_remedy() -> None:
    """No baseline, no comparison of gaps."""
    from selfexplain.verdicts import require_probability

    require_probability("consistency")
    with pytest.raises(InputError, match="'entropy' only puts answers in order") as caught:
        require_probability("entropy")

    assert caught.value.hint == "recalibrate it first, or name a source that is a probability"
