"""What asking every question again changed, in sentences for the page, the terminal and a pull request."""

from typing import Any

from selfexplain.report.numbers import percent, written
from selfexplain.report.sentences import Metrics, sentence, source_words


def asked_again(metrics: Metrics) -> tuple[tuple[str, str], ...]:
    """Return the title of each source that was asked more than once, and what the repeats show of it."""
    repeated = ((source, data["repeats"]) for source, data in metrics["sources"].items() if data.get("repeats"))
    return tuple((source_words(source).title, in_words(found)) for source, found in repeated)


def in_words(found: dict[str, Any]) -> str:
    """Return what repeats show, in three sentences.

    Parameters
    ----------
    found : dict
        What `selfexplain.pipeline.repeats.asked_again` returns.
    """
    often = "twice" if found["times"] == 2 else f"up to {found['times']} times"
    asked = f"{found['n_items']:,} {'question' if found['n_items'] == 1 else 'questions'} asked {often}"
    if not found["n_pairs"]:
        return sentence(f"{asked}; none was usable two times in a row")
    moved = f"by {100 * found['confidence_moved']:.2g} points on average over all"
    parts = [
        f"right became wrong or wrong right in {share(found['grades_changed'])}",
        f"the confidence was another in {share(found['confidences_changed'])}, {moved}",
    ]
    if found["answers_changed"] is not None:
        parts.insert(0, f"the answer was another in {share(found['answers_changed'])}")
    said = [f"{asked}: from one time to the next {parts[0]}", *parts[1:]]
    return f"{sentence('; '.join(said))} {difference(found)}"


def difference(found: dict[str, Any]) -> str:
    """Return by how much the gap of the second time differs from that of the first, and what that is good for."""
    gap, estimate = found["gap"], found["gap"]["difference"]
    told = f"the gap of the second time differs from the first by {written('gap', estimate, 1)}"
    if gap["correlation"] is not None:
        told += f"; an answer's error correlates by {gap['correlation']:.2f} from time to time"
    if estimate["low"] is None or estimate["high"] is None:
        return sentence(told)
    if estimate["low"] > 0 or estimate["high"] < 0:
        return sentence(
            f"{told}: nothing was changed here, and yet this is more than chance; the provider may have drifted"
        )
    return sentence(f"{told}: nothing was changed, so a difference of such a size is noise")


def share(value: float) -> str:
    """Write a share of pairs, one decimal below ten per cent.

    >>> share(0.034), share(0.34)
    ('3.4 %', '34 %')
    """
    return percent(value, 1 if 0 < value < 0.1 else 0)
