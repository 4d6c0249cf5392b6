"""A model that nearly always says the same is told so beside its numbers."""

import numpy as np
import pandas as pd
import pytest

import selfexplain as sx
from selfexplain import plugins
from selfexplain.errors import NothingUsable
from selfexplain.pipeline.evaluate import evaluate_sources
from selfexplain.records import Answered


@pytest.mark.parametrize(("same", "told"), [(96, True), (95, False)])
def test_nearly_one_confidence_is_said_also_where_all_others_differ(same: int, *, told: bool) -> None:
    """More than 95 of 100 say 0.9, and no two of the others the same."""
    stated = np.concatenate([np.full(same, 0.9), np.linspace(0.1, 0.5, 100 - same)])
    found = sx.evaluate_file(pd.DataFrame({"confidence": stated, "correct": True}), metrics="gap").metrics["warnings"]

    expected = "given: 96 of 100 answers have the same confidence, 90%; it cannot tell them apart"
    assert (expected in found) == told
    assert told or not any("same confidence" in each for each in found)


def test_one_answer_has_nothing_to_be_told_apart_from() -> None:
    frame = pd.DataFrame({"confidence": [0.9], "correct": [True]})

    assert not any("same confidence" in each for each in sx.evaluate_file(frame, metrics="gap").metrics["warnings"])


def test_without_any_stated_confidence_it_is_said_what_may_help() -> None:
    """A small model that was asked for a number in a form of its own; the token probabilities are there."""
    none = [Answered(f"q{n}", f"q{n}", None, None, n % 2 > 0, "no_confidence") for n in range(10)]
    token = [one._replace(confidence=0.1 * n, status="ok") for n, one in enumerate(none)]
    metrics = [plugins.metrics()["gap"]]

    def told(**sources: list[Answered]) -> list[str]:
        found = evaluate_sources(sources, metrics=metrics, about={"about": "own_answer"})  # type: ignore[arg-type]
        return [each for each in found["warnings"] if "few-shot" in each]

    assert told(stated=none, token=token)[0].startswith("no stated confidence can be used: another template")
    assert told(stated=[*none[1:], token[0]], token=token) == []
    with pytest.raises(NothingUsable) as nothing:
        told(stated=none)
    assert "few-shot" in (nothing.value.hint or "")
