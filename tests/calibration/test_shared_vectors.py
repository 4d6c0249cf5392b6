"""Inputs and values on which independent implementations agree, from a folder `shared` beside the checkout."""

import json
import math
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selfexplain import calibration
from selfexplain.calibration import (
    CalibrationTable,
    accuracy,
    aurc,
    auroc,
    average_precision,
    average_precision_wrong,
    brier,
    corp_dsc,
    corp_mcb,
    corp_unc,
    e_aurc,
    ece,
    gap,
    log_loss,
    murphy_reliability,
    murphy_resolution,
    murphy_uncertainty,
)
from selfexplain.calibration import mean_confidence as mean
from selfexplain.calibration.isotonic_fit import pooled_blocks
from selfexplain.calibration.risk_coverage import least_mean_risk
from selfexplain.errors import Undefined
from selfexplain.inference import clopper_pearson, mean_by_cluster_t, mean_by_t, t_quantile, wilson

SHARED = Path(os.environ.get("SELFEXPLAIN_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
FAMILIES = sorted((SHARED / "vectors").glob("*.json"))

APART_BY_ULPS = ("neighbours_of_",)
"""Cases whose values differ by single ulps: the vectors keep them apart, the door (12 significant digits) does not."""

LOOSER = {"smooth_ece": 2e-5}
"""Agreed tolerances other than 1e-9; the slopes and intercepts agree to 1e-9 though 1e-6 is asked."""

WANTED: dict[str, Callable[[CalibrationTable], float]] = {
    "accuracy": accuracy,
    "mean_confidence": mean,
    "gap": gap,
    "brier": brier,
    "auroc": auroc,
    "ece_distinct": partial(ece, scheme="distinct"),
    "log_loss_unclipped": partial(log_loss, clip=0),
    "log_loss_clip_1e-15": partial(log_loss, clip=1e-15),
    **{
        each.facts.name: each
        for each in (
            murphy_reliability,
            murphy_resolution,
            murphy_uncertainty,
            corp_mcb,
            corp_dsc,
            corp_unc,
            average_precision,
            average_precision_wrong,
            aurc,
            e_aurc,
        )
    },
    "aurc_oracle": lambda table: float(least_mean_risk(table.n, table.n_correct)),
}
WANTED |= {
    name: getattr(calibration, name)
    for name in (
        "ecce_mad_distinct",
        "ecce_r_distinct",
        "ece_sq_debiased_distinct",
        "ece_sq_debiased_width_10_right_closed",
        "spiegelhalter_z",
        "spiegelhalter_p_two_sided",
        "smooth_ece",
    )
}
WANTED["ece_sq_plugin_distinct"] = lambda table: calibration.rmsce(table, scheme="distinct") ** 2
for clip in ("1e-3", "1e-6"):
    WANTED[f"calibration_slope_clip_{clip}"] = partial(calibration.calibration_slope, clip=float(clip))
    WANTED[f"calibration_intercept_clip_{clip}"] = partial(calibration.calibration_intercept, clip=float(clip))
    WANTED[f"calibration_in_the_large_clip_{clip}"] = partial(
        calibration.calibration_intercept, clip=float(clip), slope=1
    )
for bins in (10, 15, 20, 100):
    WANTED[f"mce_width_{bins}_right_closed"] = partial(calibration.mce, bins=bins, fewest=1)
    WANTED[f"mce_width_{bins}_left_closed"] = partial(calibration.mce, bins=bins, closed="left", fewest=1)
    WANTED[f"ece_width_{bins}_right_closed"] = partial(ece, bins=bins)
    WANTED[f"ece_width_{bins}_left_closed"] = partial(ece, bins=bins, closed="left")
WANTED["e_aurc_asymptotic"] = lambda table: aurc(table) - asymptotic_least(1 - accuracy(table))

WHERE_DEFINED: dict[str, Callable[[CalibrationTable], float]] = {"ece_equal_mass_10": partial(ece, scheme="mass")}
"""The vectors leave these undefined where a tie would have to be cut; ours never cuts one and is defined there too."""

BY_INTERVALS = ("_se_iid", "_se_cluster_cr1", "distinct", "overall_wilson_95")
"""Keys that the second test compares; with an underscore in front, the ends of keys."""

NOT_COMPARED = {
    "n": "a count that goes in",
    "n_correct": "a count that goes in",
    "pav_blocks": "compared below, as blocks",
    "mce_distinct": "no such metric here: one answer by itself would decide it",
    "ece_sq_debiased_width_": "only ten bins are offered; those are compared",
    "_se_cluster_cr0": "only the corrected form (CR1) is used",
    "smooth_ece_sigma": "the bandwidth stays inside; the value that it leads to is compared",
    "smooth_ece_relplot": "another program's approximation of `smooth_ece`",
    "temperature_clip_1e-3": "no metric; the recalibrator has tests of its own",
    "_after_temperature": "no metric; the recalibrator has tests of its own",
}
"""Keys of the vectors that nothing is compared with here, and why; `_x` is the end of keys, `x_` their beginning."""


def named(key: str, names: Iterable[str]) -> bool:
    """Tell whether a key is one of the names, or has its beginning or end among them."""
    return any(
        key == name or (name.startswith("_") and key.endswith(name)) or (name.endswith("_") and key.startswith(name))
        for name in names
    )


def asymptotic_least(risk: float) -> float:
    """Return the least AURC of many answers, r + (1 − r) ln(1 − r)."""
    return risk + ((1 - risk) * math.log(1 - risk) if risk < 1 else 0.0)


def cases() -> list[Any]:
    found = [
        pytest.param(case, id=f"{path.stem}-{case['name']}")
        for path in FAMILIES
        for case in json.loads(path.read_text())["cases"]
        if not case["name"].startswith(APART_BY_ULPS)
    ]
    missing = pytest.mark.skip(reason=f"no vectors in {SHARED}; set SELFEXPLAIN_SHARED to the folder that has them")
    return found or [pytest.param({}, marks=missing, id="absent")]


@pytest.mark.parametrize("case", cases())
def test_metrics_agree_with_the_shared_vectors(case: dict[str, Any]) -> None:
    """Every key of the case that is a metric built here, within the tolerance agreed there."""
    table = CalibrationTable.from_rows(case["confidence"], case["correct"])
    checked = 0
    for key, metric in WANTED.items():
        if key not in case["values"]:
            continue
        value = case["values"][key]
        checked += 1
        if value is None:
            assert estimate_of_undefined(metric, table), key
        else:
            tolerance = case.get("tolerance", {}).get(key, LOOSER.get(key, 1e-9))
            assert metric(table) == pytest.approx(float(value), rel=tolerance, abs=tolerance), key

    for key, metric in WHERE_DEFINED.items():
        if case["values"][key] is not None:
            assert metric(table) == pytest.approx(case["values"][key], abs=1e-9), key
    assert checked >= 20
    n, n_correct = pooled_blocks(table)
    assert [n.tolist(), n_correct.tolist()] == [
        [block[key] for block in case["values"]["pav_blocks"]] for key in ("n", "n_correct")
    ]


@pytest.mark.parametrize("case", cases())
def test_what_is_not_compared_is_named_with_its_reason(case: dict[str, Any]) -> None:
    """So that no key of the vectors is passed over unseen."""
    compared = {*WANTED, *WHERE_DEFINED}

    assert [key for key in case["values"] if not named(key, (*compared, *BY_INTERVALS, *NOT_COMPARED))] == []


def test_every_exclusion_excludes_something() -> None:
    """An excluded name or key that no vector has is a mistake, or out of date."""
    if not FAMILIES:
        pytest.skip(f"no vectors in {SHARED}")
    found = [case for path in FAMILIES for case in json.loads(path.read_text())["cases"]]
    keys = {key for case in found for key in case["values"]}

    assert all(any(case["name"].startswith(prefix) for case in found) for prefix in APART_BY_ULPS)
    assert all(any(named(key, [name]) for key in keys) for name in NOT_COMPARED)


def estimate_of_undefined(metric: Any, table: CalibrationTable) -> bool:
    try:
        metric(table)
    except Undefined:
        return True
    return False


@pytest.mark.parametrize("case", cases())
def test_intervals_agree_with_the_shared_vectors(case: dict[str, Any]) -> None:
    """Wilson and Clopper-Pearson of each distinct value, and the standard errors of rows and of clusters."""
    table = CalibrationTable.from_rows(case["confidence"], case["correct"])
    shares = case["values"]["distinct"]
    low, high = clopper_pearson([cell["n_correct"] for cell in shares], [cell["n"] for cell in shares])
    for place, cell in enumerate(shares):
        assert (low[place], high[place]) == pytest.approx(cell["clopper_pearson_95"], abs=1e-7)
        assert wilson(cell["n_correct"], cell["n"]) == pytest.approx(cell["wilson_95"], abs=1e-9)
    assert wilson(int(table.n_correct.sum()), table.total) == pytest.approx(case["values"]["overall_wilson_95"])

    confidence, correct = np.array(case["confidence"]), np.array(case["correct"])
    for name, x in {"accuracy": correct, "gap": confidence - correct, "brier": (confidence - correct) ** 2}.items():
        if np.ptp(x) < 1e-9 or f"{name}_se_iid" not in case["values"]:
            continue  # equal rows have the exact interval instead
        wide = (-1e9, 1e9)  # nothing is cut, so that the standard error can be read off the width
        assert half_width(mean_by_t(x, within=wide), len(x)) == pytest.approx(case["values"][f"{name}_se_iid"])
        if "cluster" in case and len(set(case["cluster"])) < len(x):
            clustered = mean_by_cluster_t(x, case["cluster"], within=wide)
            expected = case["values"][f"{name}_se_cluster_cr1"]
            assert half_width(clustered, len(set(case["cluster"]))) == pytest.approx(expected)


def half_width(estimate: Any, units: int) -> float:
    return float((estimate.high - estimate.low) / 2 / t_quantile(0.95, units - 1))
