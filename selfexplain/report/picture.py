"""The one picture of a Run: what each source claims against how often it is right, with the sentences over it."""

from typing import TYPE_CHECKING

from selfexplain.display.reliability import ReliabilityDisplay
from selfexplain.display.two_sources import side_by_side
from selfexplain.report.sentences import Metrics, discrimination, drawn_together, headline, sentence, source_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def display_of(metrics: Metrics, source: str) -> ReliabilityDisplay:
    """Return the reliability diagram of one source, its axes in the words of what the confidence is about."""
    label, event = source_words(source).title, metrics["about"] == "event"
    return ReliabilityDisplay.from_evaluation(metrics["sources"][source], label, event=event)


def picture_of(metrics: Metrics) -> "Figure":
    """Return the picture that goes into a README or a slide: it must be understood without its page."""
    sources = list(metrics["sources"])
    captions = [
        [sentence(words) for words in (headline(metrics, name), discrimination(metrics, name)) if words]
        + [words for words in [drawn_together(metrics["sources"][name].get("clusters"), "lines take")] if words]
        for name in sources
    ]
    title = " · ".join(filter(None, (metrics["dataset"]["name"], metrics.get("model"), metrics.get("template"))))
    return side_by_side([display_of(metrics, s) for s in sources], captions, title)
