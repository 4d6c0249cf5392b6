"""Pictures, each with the numbers behind it.

A display is made from what was measured, draws on the axes that it is given and leaves matplotlib's settings alone::

    from selfexplain.display import ReliabilityDisplay

    ReliabilityDisplay.from_evaluation(sx.evaluate(confidence, correct)).plot(ax)
    ReliabilityDisplay.from_evaluation(result.metrics["sources"]["stated"]).plot(ax)

`.frame()` returns its numbers. matplotlib and pandas are imported by whoever draws or frames.
"""

from selfexplain.display.confidence_by_correctness import ConfidenceByCorrectnessDisplay
from selfexplain.display.corp import CorpDisplay
from selfexplain.display.decision import DecisionDisplay
from selfexplain.display.groups import GroupForestDisplay
from selfexplain.display.recalibration import RecalibrationDisplay
from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.risk_coverage import RiskCoverageDisplay

__all__ = [
    "ConfidenceByCorrectnessDisplay",
    "CorpDisplay",
    "DecisionDisplay",
    "GroupForestDisplay",
    "RecalibrationDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
]
