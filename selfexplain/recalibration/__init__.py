"""From what a model says to what that is worth: maps fitted to confidences and outcomes, judged out of fold.

Each method is one file, a scikit-learn estimator of one column::

    from selfexplain.recalibration import ValueMap, cross_fitted

    ValueMap().fit([0.9, 0.9, 0.6], [1, 0, 1]).predict([0.9])
    cross_fitted(ValueMap(), confidence, correct, cluster)

A saved map needs none of them: :class:`ConfidenceMap` reads its file without numpy and scikit-learn, so nothing is
imported here before it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfexplain.recalibration.beta import Beta
    from selfexplain.recalibration.confidence_map import ConfidenceMap
    from selfexplain.recalibration.cross_fitting import cross_fitted
    from selfexplain.recalibration.isotonic import Isotonic
    from selfexplain.recalibration.platt import Platt
    from selfexplain.recalibration.recalibrator import Recalibrator
    from selfexplain.recalibration.temperature import Temperature
    from selfexplain.recalibration.value_map import ValueMap

HOMES = {
    "Beta": "beta",
    "ConfidenceMap": "confidence_map",
    "Isotonic": "isotonic",
    "Platt": "platt",
    "Recalibrator": "recalibrator",
    "Temperature": "temperature",
    "ValueMap": "value_map",
    "cross_fitted": "cross_fitting",
}

__all__ = [
    "Beta",
    "ConfidenceMap",
    "Isotonic",
    "Platt",
    "Recalibrator",
    "Temperature",
    "ValueMap",
    "cross_fitted",
]


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
