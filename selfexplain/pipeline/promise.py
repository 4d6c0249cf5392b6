"""What a Run's answers allow to promise: from each confidence on, how much is answered, and how much of it is wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from selfexplain.calibration.decision import decide
from selfexplain.pipeline.recalibrate import number_usable, usable_of
from selfexplain.records import RANKS_ONLY, Answered, Source

FEWEST = 50
"""With fewer usable answers, or clusters of them, no limit is low enough to be of use."""

MOST_THRESHOLDS = 20
"""The promise is shared by all thresholds, so more than these are replaced by a few."""

ROUND = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Those few; they must not be chosen by what was right."""


def if_decided(source: Source, rows: Sequence[Answered], about: str) -> dict[str, Any] | None:
    """Return the thresholds of a source with their promises; None where answers or clusters are few.

    Parameters
    ----------
    source : str
        One that is a probability; the others are decided on by request alone.
    rows : sequence of Answered
    about : {"own_answer", "event"}
        An event is not answered, whatever its probability.
    """
    if about == "event" or source in RANKS_ONLY or number_usable(rows) < FEWEST:
        return None
    kept = usable_of(rows)
    if kept.clusters < FEWEST:
        return None
    few = len(np.unique(kept.confidence)) <= MOST_THRESHOLDS
    decision = decide(kept.confidence, kept.correct, cluster=kept.cluster, thresholds=None if few else ROUND)
    return dict(decision.to_dict())
