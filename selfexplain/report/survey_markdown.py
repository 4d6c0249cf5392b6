"""The summary of a survey for a pull request: its rates, short and harmless as that of any other Run."""

from selfexplain.report.markdown import LONG, MOST, SHORT, SOURCES, WARNINGS, code, quoted, table
from selfexplain.report.survey import RateRow, SurveyView


def render(view: SurveyView) -> str:
    """Return the summary as GitHub-flavoured Markdown, always below 20,000 characters.

    Parameters
    ----------
    view : SurveyView
        The same that the page shows; its texts are raw.
    """
    blocks = [
        f"### selfexplain: {code(view.title, 3 * SHORT)}",
        # The headline quotes names of categories.
        f"**{quoted(view.headline)}** {view.explained}",
        *(f"> {quoted(text)}" for text in (view.note, *view.warnings[:WARNINGS]) if text),
        _rates(view),
        quoted(view.undecided),
        *(f"- **{each.title}**: {each.left_out} Coverage {each.coverage}." for each in view.used),
        f"Brackets hold {view.level} intervals; paraphrases of one question count as one."
        + (f" Every answer and every number: `report.html` in {code(view.run, LONG)}." if view.run else ""),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _rates(view: SurveyView) -> str:
    """Return the rates over all, then group by group, as far as there is room."""
    titles = list(view.titles.values())[:SOURCES]
    lines = [_line(row, len(titles)) for row in view.rates[:MOST]]
    parts = [table(["Group", "Category", "Share", "Answers", *(f"{title}, mean" for title in titles)], lines)]
    if len(view.rates) > MOST:
        parts.append(f"{len(view.rates) - MOST:,} more lines of rates are on the page.")
    return "\n\n".join(parts)


def _line(row: RateRow, sources: int) -> list[str]:
    sure = ("–" if each.reason else str(each) for each in row.sure[:sources])
    return [code(row.group, SHORT), code(row.category, SHORT), str(row.rate), f"{row.n:,}", *sure]
