"""What calibration is, for somebody who asks, told with the numbers of the Run at hand."""

from selfexplain.records import RANKS_ONLY
from selfexplain.report.numbers import percent, signed
from selfexplain.report.sentences import Metrics


def calibration_explained(metrics: Metrics, source: str) -> tuple[str, ...]:
    """Return a few plain sentences: the idea, this Run's fullest tenth, the gap, and what calibration is not.

    Parameters
    ----------
    metrics : mapping
        The object that `metrics.json` holds.
    source : str
        Which source of confidence the example is taken from.
    """
    event = metrics["about"] == "event"
    idea = (
        "A forecast is calibrated when it can be taken at its word: of everything called 80 % likely, 80 % happens, "
        "and of everything called 30 % likely, 30 %."
        if event
        else "A confidence is calibrated when it can be taken at its word: of all answers given with 80 %, 80 % are "
        "right, and of those given with 30 %, 30 %."
    )
    if source in RANKS_ONLY:
        return (idea,)
    return tuple(filter(None, (idea, _example(metrics, source), _gap(metrics, source), _limits(metrics, source))))


def _example(metrics: Metrics, source: str) -> str:
    """Take the dot with the most answers."""
    dots = metrics["sources"][source]["reliability"]
    if not dots["n"]:
        return ""
    most = max(range(len(dots["n"])), key=lambda i: (dots["n"][i], -i))
    n, says, right = dots["n"][most], dots["mean_confidence"][most], dots["accuracy"][most]
    low, high = dots["low"][most], dots["high"][most]
    noun = "forecast" if metrics["about"] == "event" else "answer"
    truth = "happened" if metrics["about"] == "event" else "are right" if n > 1 else "is right"
    told = (
        f"Here, the tenth of the scale with the most {noun}s holds {n:,}, with {percent(says)} on average; "
        f"{percent(right)} of them {truth}"
    )
    if low is None or high is None:
        return f"{told}."
    if low <= says <= high:
        return f"{told}: no more apart than chance allows ({percent(low)} to {percent(high)})."
    return f"{told}: further apart than chance allows ({percent(low)} to {percent(high)})."


def _gap(metrics: Metrics, source: str) -> str:
    gap = metrics["sources"][source]["metrics"].get("gap")
    if gap is None or gap["value"] is None:
        return ""
    share = "the share that happened" if metrics["about"] == "event" else "the share that is right"
    return f"Over everything, mean confidence minus {share} is the confidence gap: {signed(gap['value'])} points here."


def _limits(metrics: Metrics, source: str) -> str:
    """Say what calibration does not tell, with the model that always says the same."""
    accuracy = metrics["sources"][source]["metrics"].get("accuracy")
    if accuracy is None or accuracy["value"] is None:
        return ""
    always = percent(accuracy["value"])
    if metrics["about"] == "event":
        return (
            f"Calibration is not all: somebody who always said {always} would be calibrated here, and never tell what "
            "happens from what does not. Whether they can be told apart is another question; AUROC answers it."
        )
    return (
        f"Calibration is not all: a model that always said {always} would be calibrated here, and never tell a right "
        "answer from a wrong one. Whether it can is another question; AUROC answers it."
    )
