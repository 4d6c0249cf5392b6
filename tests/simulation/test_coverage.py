"""The short form of the study of interval coverage, and its page.

The full form draws every model, size and kind of rows and writes `docs/interval_coverage.md`; its command stands at the
top of that page and of `interval_coverage.py`.
"""

import dataclasses
import re
from pathlib import Path

import pytest

from selfexplain import plugins
from selfexplain.calibration import CalibrationTable, brier, ece, estimate
from selfexplain.calibration.brier_score import squared_residual
from selfexplain.calibration.cluster_table import Counts
from selfexplain.calibration.metric import Metric, by_bootstrap
from selfexplain.inference import Estimate, mean_by_t
from simulation.coverage_page import entry
from simulation.interval_coverage import METRICS, SIZES, Cell, study
from simulation.truths import KINDS, TRUTHS, Truth, beta

PAGE = Path(__file__).parents[2] / "docs" / "interval_coverage.md"
VERY_SURE = beta("Beta(40, 1), calibrated", 40)
"""Where the floor of the honest interval is needed: without it 0.90 is covered."""
BY_NAME: dict[str, Truth] = {truth.name: truth for truth in (*TRUTHS, VERY_SURE)}


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("truth", "n", "kind"),
    [
        ("calibrated", 100, "independent"),
        ("small errors, mixed signs", 300, "clustered"),
        ("Beta(12, 1), calibrated", 300, "independent"),
        ("one wrong in 200", 100, "independent"),
        (VERY_SURE.name, 100, "independent"),
    ],
)
def test_the_honest_interval_of_the_ece_covers_as_it_must(truth: str, n: int, kind: str) -> None:
    """At least 0.95 less three simulation errors, on 500 data sets each."""
    (cell,) = study(BY_NAME[truth], n, kind, ("ece",), scale=2)

    assert cell.intervals == 500
    assert cell.kept, cell


@pytest.mark.simulation
@pytest.mark.parametrize("kind", KINDS)
def test_an_interval_covers_or_says_that_it_is_too_narrow(kind: str) -> None:
    """Where one answer in 200 is wrong, which most sets of 100 do not show."""
    names = ("accuracy", "gap", "brier", "log_loss", "auroc", "aurc", "calibration_slope_clip_5e-3", "rmsce")

    cells = study(BY_NAME["one wrong in 200"], 100, kind, names, scale=3)

    assert [cell for cell in cells if not cell.kept] == []
    assert {cell.metric for cell in cells if cell.covers} >= {"gap", "brier", "log_loss", "rmsce"}


@pytest.mark.simulation
def test_the_study_finds_out_a_percentile_bootstrap_of_the_ece(monkeypatch: pytest.MonkeyPatch) -> None:
    """It covers a calibrated model's ECE of 0 in no data set."""
    monkeypatch.setattr(ece, "facts", dataclasses.replace(ece.facts, interval=by_bootstrap))

    (cell,) = study(BY_NAME["calibrated"], 100, "independent", ("ece",), scale=50)

    assert cell.coverage == 0.0
    assert not cell.kept


@pytest.mark.simulation
def test_the_study_finds_out_a_plain_t_interval_where_wrong_answers_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why pseudo-rows are added."""

    def plain(metric: Metric[...], counts: Counts, *, level: float, seed: int) -> Estimate:  # noqa: ARG001 - no draws
        confidence, correct, times = counts.pooled.cells()
        return mean_by_t(squared_residual(confidence, correct), within=(0.0, 1.0), times=times, level=level)

    monkeypatch.setattr(brier, "facts", dataclasses.replace(brier.facts, interval=plain))

    (cell,) = study(BY_NAME["one wrong in 200"], 100, "independent", ("brier",), scale=5)

    assert cell.coverage < 0.5
    assert not cell.kept


def test_the_study_has_every_metric_that_prints_an_interval() -> None:
    """A new metric joins the study, or prints no interval."""
    table = CalibrationTable.from_counts({0.5: (40, 25), 0.7: (60, 40), 0.9: (150, 130), 1.0: (50, 47)})
    printed = {name for name, metric in plugins.metrics().items() if estimate(metric, table).low is not None}

    assert printed == set(METRICS)


def test_a_cell_of_few_intervals_says_that_they_are_too_few() -> None:
    """In what writes the page, and in every cell of the page."""
    few, enough = (Cell("calibrated", 100, "independent", "auroc", sets=90, intervals=n) for n in (49, 50))
    _, cells = PAGE.read_text(encoding="utf-8").split("## Every cell")
    told = re.findall(r"\) ([\d,]+)(, too few)? (?=\|)", cells)

    assert entry(few) == "100.0 (0.0 / 0.0) 49, too few"
    assert entry(enough) == "100.0 (0.0 / 0.0) 50"
    assert len(told) > 1_000
    assert all((int(n.replace(",", "")) < 50) == bool(mark) for n, mark in told)


def test_the_page_has_every_metric_model_size_and_kind_of_rows() -> None:
    """Written by the full study, which is not run here; it says so itself if the rule of the study was broken."""
    page = PAGE.read_text(encoding="utf-8")
    _, *sections = re.split(r"^### ", page, flags=re.MULTILINE)
    columns = [f"{kind}, {n:,}" for kind in KINDS for n in SIZES]

    assert [section.split("`")[1] for section in sections] == list(METRICS)
    for section in sections:
        head, _, *rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
        assert head == ["model", *columns]
        assert [row[0] for row in rows] == [truth.name for truth in TRUTHS]
        assert {len(row) for row in rows} == {1 + len(columns)}
    assert "The rule is kept in all" in page
