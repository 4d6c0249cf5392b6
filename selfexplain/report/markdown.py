"""A summary for a pull request: short enough for one comment, and harmless whatever a model or a data set wrote.

What is not ours stands in code spans, where Markdown, HTML, mentions, references, emoji names and addresses are plain
text; the few sentences that quote names from files have their punctuation escaped and their triggers broken.
"""

import re

from selfexplain.report.cards import Card
from selfexplain.report.explained_by import ExplainedBy
from selfexplain.report.families import SUMMARY
from selfexplain.report.rows import RecordRow
from selfexplain.report.view import RunView
from selfexplain.report.visible import visible

WORST = 5
"""Answers that are wrong and sure."""
SHORT, LONG = 60, 160
"""Characters of a name, and of a question or an answer."""
SENTENCE = 320
"""Characters of a sentence that quotes names."""
METHODS = 1_000
"""Characters of the sentence on how intervals were made."""
MOST = 24
"""Lines of the table of groups."""
WARNINGS = 5
NOTES = 8
SOURCES = 6

EXPLAINED = "**Explanations**:"
"""How the part on explanations begins: a paragraph, which keeps its list apart from one before it. No text that is not
ours begins a line so."""

LOOK_ALIKES = str.maketrans({"`": "ˋ", "|": "¦"})
"""The two characters that could end a code span or a cell, as others that look like them."""

JOINER = "\u2060"
"""Takes no room and forbids no reading; after it GitHub sees no mention, reference, address or emoji name."""


def render(view: RunView) -> str:
    """Return the summary as GitHub-flavoured Markdown, always below 20,000 characters.

    Parameters
    ----------
    view : RunView
        The same that the page shows; its texts are raw.
    """
    cards = view.cards[:SOURCES]
    blocks = [
        f"### selfexplain: {code(view.title, 3 * SHORT)}",
        f"**{view.headline}** {view.subline}".strip(),
        *(f"> {quoted(text)}" for text in (view.caveat, view.note, *view.warnings[:WARNINGS]) if text),
        _metrics(view, cards),
        *(quoted(caution) for caution in view.cautions[:WARNINGS]),
        "\n".join(f"- {quoted(note)}" for note in view.notes[:NOTES]),
        _groups(view, cards),
        "\n".join(f"- **{title}, asked again**: {words}" for title, words in view.again[:SOURCES]),
        _left_out(cards),
        _worst(view),
        explained(view.evidence),
        (f"Brackets hold {quoted(view.methods, METHODS)}" if view.methods else f"Brackets hold {view.level} intervals.")
        + (f" Every answer and every number: `report.html` in {code(view.run, 3 * SHORT)}." if view.run else ""),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def code(text: str, limit: int) -> str:
    r"""Return a foreign text as one code span on one line.

    Parameters
    ----------
    text : str
        Raw.
    limit : int
        Characters that are kept; the cut is said.

    >>> code("a `b` | @c\n\n# d", 40)
    '`a ˋbˋ ¦ @c # d`'
    """
    shown = " ".join(visible(text).split()).translate(LOOK_ALIKES)
    if len(shown) > limit:
        shown = f"{shown[:limit]}…"
    # A span of nothing would be two backticks, which open another span.
    return f"`{shown}`" if shown else "–"


def quoted(text: str, limit: int = SENTENCE) -> str:
    r"""Return a sentence of ours that quotes names from a file, its punctuation as plain text.

    >>> quoted("harder in <b> by @you").replace(JOINER, "·")
    'harder in \\<b\\> by \\@·you'
    """
    shown = " ".join(visible(text).split())
    if len(shown) > limit:
        shown = f"{shown[:limit]}…"
    shown = re.sub(r"\b(www|gh)(?=[.-])|[@#:](?=\S)", rf"\g<0>{JOINER}", shown, flags=re.IGNORECASE)
    # A name of a commit is seven or more hexadecimal digits.
    shown = re.sub(r"[0-9a-f]{6}(?=[0-9a-f])", rf"\g<0>{JOINER}", shown, flags=re.IGNORECASE)
    return re.sub(r"[][\\`*_{}<>()#+!|~$&:@/=-]", r"\\\g<0>", shown)


def _metrics(view: RunView, cards: tuple[Card, ...]) -> str:
    if not cards:
        return ""
    rows = [row for row in view.metrics if row.name in SUMMARY]
    lines = [[row.title, *("–" if cell is None else str(cell) for cell in row.cells[: len(cards)])] for row in rows]
    lines.append(["Answers used", *(f"{card.n:,}" for card in cards)])
    lines.append(["Coverage", *(str(card.coverage) for card in cards)])
    return table(["", *(card.title for card in cards)], lines)


def _groups(view: RunView, cards: tuple[Card, ...]) -> str:
    lines = [
        [
            code(row.name, SHORT),
            card.title,
            *("–" if cell is None else str(cell) for cell in (group.accuracy, group.mean_confidence, group.auroc)),
            f"{group.n:,}",
        ]
        for row in view.groups
        for card, group in zip(cards, row.cells, strict=False)
        if group is not None
    ]
    if not lines:
        return ""
    right, sure = view.words.right.capitalize(), view.words.sure.capitalize()
    parts = [table(["Group", "Source", right, sure, "AUROC", "Answers"], lines[:MOST])]
    if len(lines) > MOST:
        parts.append(f"{len(lines) - MOST:,} more lines of groups are on the page.")
    if view.group_caution:
        parts.append(quoted(view.group_caution))
    parts += [quoted(bounds) for bounds in view.group_bounds]
    if view.group_mix:
        parts.append(quoted(view.group_mix))
    return "\n\n".join(parts)


def _left_out(cards: tuple[Card, ...]) -> str:
    return "\n".join(
        f"- **{card.title}**: {' '.join(filter(None, (card.left_out, card.worst_case)))}" for card in cards
    )


def explained(found: ExplainedBy | None) -> str:
    """Return what witnesses say of the explanations, as one list; empty where none has looked."""
    if found is None:
        return ""
    told = [f"- {quoted(sentence, 2 * SENTENCE)}" for sentence in found.sentences]
    head = f"{EXPLAINED} {quoted(found.headline)} {quoted(found.because)}"
    return "\n".join([head, *told, f"- Word by word: `{found.page}`."])


def put_in(summary: str, section: str) -> str:
    """Return a summary with this list in the place of the one that it has, or before its last lines."""
    blocks = [block for block in summary.strip().split("\n\n") if not block.startswith(EXPLAINED)]
    return "\n\n".join(filter(None, [*blocks[:-1], section, blocks[-1]])) + "\n"


def _worst(view: RunView) -> str:
    """Return the answers that are wrong and sure, the surest first, folded away."""
    alarming = [row for row in view.rows if {"wrong", "sure"} <= set(row.kinds.split())]
    if not alarming:
        return ""
    title = view.words.wrong_and_sure.format(view.sure)
    count = f"{title}: {len(alarming):,}" + (f", the first {WORST}" if len(alarming) > WORST else "")
    lines = [_answer(view, row) for row in alarming[:WORST]]
    return "\n\n".join([f"<details><summary>{count}</summary>", "\n".join(lines), "</details>"])


def _answer(view: RunView, row: RecordRow) -> str:
    _, confidence, _ = row.confidences[0]
    told = f"- {confidence}: {code(row.question, LONG)} → {code(row.answer, LONG)}"
    return f"{told} ({view.words.gold.lower()}: {code(row.gold, LONG)})" if row.gold else told


def table(head: list[str], lines: list[list[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))
