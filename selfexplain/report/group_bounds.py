"""Groups in which much is missing: what their gap could be over everything that was asked."""

from selfexplain.report import sentences as say
from selfexplain.report.numbers import percent, signed
from selfexplain.report.rows import LONGEST_NAME, cut

MOST = 5
"""Sentences; a table of hundreds of groups is not followed by hundreds of lines."""


def group_bounds(metrics: say.Metrics) -> tuple[str, ...]:
    """Say for each group of each source what its gap lies between, where more than 2 % are missing; the worst first."""
    found = []
    for source, data in metrics["sources"].items():
        by = f" by {say.source_words(source).title}" if len(metrics["sources"]) > 1 else ""
        for name, group in data.get("groups", {}).items():
            bounds = group.get("worst_case", {})
            missing, asked = sum(bounds.get("missing", {}).values()), bounds.get("n", 0)
            if missing > say.MUCH_MISSING * asked and "gap" in bounds:
                low, high = (signed(bounds["gap"][end]) for end in ("low", "high"))
                told = f"In {cut(name, LONGEST_NAME)}{by}, {percent(missing / asked)} are missing: "
                told += f"the gap over all {asked:,} lies between {low} and {high} points."
                found.append((missing / asked, told))
    found.sort(key=lambda pair: -pair[0])  # stable: equal shares keep the order of the table
    sentences = [sentence for _, sentence in found[:MOST]]
    if len(found) > MOST:
        sentences.append(f"In {len(found) - MOST:,} more groups over 2 % are missing: `worst_case` in the JSON.")
    return tuple(sentences)
